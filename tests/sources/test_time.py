"""Reading takes time in proportion to what is read, whatever repeats itself in it."""

import io
import json
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import SocDefendersError
from sigma_socdefenders.indicators.fields import LONGEST_TEXT
from sigma_socdefenders.selection import Selection
from sigma_socdefenders.sources import read

SIZE = 16_000
TIMES = 4
# In characters alone, 16,000 squared are some tenths of a second; noise and start-up are less.
UNNOTICED, ALLOWED = 0.15, 8


def seconds(text):
    """Return the processor time that reading, validating and selecting take."""
    start = time.process_time()
    try:
        stream = io.BytesIO(text.encode("utf-8", "replace"))
        for _ in flow.from_sources([stream], Selection(), Summary(errors="skip")):
            pass
    except SocDefendersError:
        pass
    return time.process_time() - start


def check(text_of, size=SIZE):
    """Compare the time for a text with that for one `TIMES` as long, where it is any at all."""
    small = seconds(text_of(size))
    if small > UNNOTICED:
        large = seconds(text_of(size * TIMES))
        assert large < small * ALLOWED, f"{small:.2f} s, and {large:.2f} s for {TIMES} times that"


# What the expressions and the parsers look for.
FRAGMENTS = [
    *("[", "[[.", "[.", ".]", "(", "((dot)", ")", "{", "}", "<", ">", "[.]", "[dot]", "[at]"),
    *("[:]", "\\", "\\.", '\\"', "0:", ":", "::", "a.", ".", "a.b/", "/", "http://"),
    *("hxxp[:]//", "//", "@", "a@", "a@b.", "=", '="', "- ", "* ", "1. ", "| ", "|a", "a,"),
    *(",", ";", "'", '"', '"a",', "#", " # ", " // ", "<a>", "<a-", "%41", "&amp;", "-", "--"),
    *("----", "-|", "|-", ":-", "a-", "_", "1", "1.2.3.4", "1.2.3.4,", "1.2.3.4 "),
    *("a.example ", "md5:", "sha256=", "CVE-", "T1059.", "\t", " ", "  ", "\n", " \n", "\n\n"),
    *("; ", "[a](", "](", "![", "`", "```", "~~~", "^", "+", "++", "**", "__", "== ", "===="),
    *("....", "|===", "cols=", "'a' ", "[a:b = 'c'] OR ", "AND ", "/*", "*/", "not ", "and "),
    *("1 of a* ", "( ", "Detects ", " from SOC Defenders feed", "attack", "technique="),
    *("confidence-in-", "confidence-level=", "0.0.0.0 ", "||a^", "address=/", "IN CNAME ."),
    *("aa ", "alert a ", "->", "rule ", "title: a\n", "a: ", "--- ", "---\n", "&a ", "*a "),
    *("[a, ", "{}", "{},", '{"a":', "[{", "[],", ",,", "\u200b", "\u00fc", "\u3002", "xn--"),
    *("<td>", "<tr><td>", "<td colspan=9 rowspan=9>", "<table>", "<p>", "<br>", "<pre>", "<!--"),
    *("1.2.3.4 - ", "255.0.0.0 "),
]  # fmt: skip
RULE = """title: a
status: {0}
tags: [{0}]
description: {0}
logsource: {{category: x}}
detection:
  s:
    c-uri: {0}
  t:
    Hashes|contains: {0}
  condition: {1}
"""


def bundle(run):
    quoted = run.replace("\\", "").replace("'", "")
    objects = [
        {"type": "indicator", "id": "indicator--1", "pattern": run, "description": run},
        {"type": "indicator", "id": "indicator--2", "pattern": f"[url:value = '{quoted}']"},
    ]
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects})


def event(run):
    tags = [{"name": start + run} for start in ("", "attack", "confidence-in-", "technique=")]
    attribute = {"type": "url", "value": run, "comment": run, "timestamp": run}
    inside = {"info": run, "Tag": tags, "Attribute": [attribute, {"type": run, "value": run}]}
    return json.dumps({"Event": inside})


FORMS = {
    "bare": lambda run: run,
    "text": lambda run: f"x {run}x",
    "csv": lambda run: f"type,value,note\ndomain,{run},x\nurl,http://a.example/{run}\n",
    "markdown": lambda run: f"# a\n| a |\n|---|\n| {run} |\n\n{run}\n\n- a.example: {run}\n",
    "asciidoc": lambda run: f'= a\n\n[cols="1"]\n|===\n|IOC\n\n|{run}\n|===\n{run}\n',
    "html": lambda run: f"<html><table><tr><td>{run}</td><td>a</td></tr></table><p>{run}</p>{run}",
    "json": lambda run: json.dumps(
        [{"type": "url", "value": f"http://a.example/{run}", "tags": run, "first_seen": run}]
    ),
    "row": lambda run: json.dumps([{"ioc": run, "tags": [run], "note": run}]),
    "cut": lambda run: '{"data":[{"value":"a.example"},' + run,
    "cut list": lambda run: '[{"value":"a.example"},{"value":' + run,
    "lines": lambda run: '{"value":"a.example"}\n' * 2 + '{"value":"' + run,
    "stix": bundle,
    "misp": event,
    "sigma": lambda run: RULE.format(json.dumps(run), "s"),
    "condition": lambda run: RULE.format("x", json.dumps(f"s {run}")),
    "yaml": lambda run: RULE.format("x", "s") + run,
}
RUNS = st.tuples(
    st.one_of(st.just(""), st.sampled_from(FRAGMENTS)),
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=2).map("".join),
    st.sampled_from(["", "!", "x", "\n", "]", '"', "|", "a.example"]),
)


# To make a failing example smaller would take long, and show nothing more.
@settings(
    deadline=None,
    max_examples=400,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(RUNS, st.sampled_from(sorted(FORMS)))
def test_no_run_of_anything_hangs(run, form):
    """What repeats itself for the length of a line is read in the time that other text takes."""
    before, unit, after = run
    check(lambda size: FORMS[form](before + unit * (size // len(unit)) + after))


MAIL = """From: a@b.example
To: c@d.example
Content-Type: {}
Content-Transfer-Encoding: {}

"""
LONG = {
    "blank lines": lambda n: "\n" * n,
    "dashes before a mark": lambda n: f"# a\n\n[a](https://a.example)\n\n{'-' * n}!\n",
    "blanks in a ruler": lambda n: f"# a\n\n[a](https://a.example)\n\n|a|\n|--{' ' * n}x|\n",
    "images": lambda n: "![" * (n // 2),
    "a URL before commas": lambda n: json.dumps([{"url": "http://a.example/" + "," * n}]),
    "a URL before blanks": lambda n: f"url,note\nhttp://a.example/{' ' * n}x,b\n",
    "a text without an end": lambda n: '{"data":["' + '\\"' * (n // 2),
    "a condition of nots": lambda n: RULE.format("x", json.dumps("s and not" + " " * n + "!")),
    "many selections": lambda n: (
        "title: a\nstatus: x\nlogsource: {}\ndetection:\n"
        + "".join(f"  s{i}: {{QueryName: n{i}.example}}\n" for i in range(n // 40))
        + f"  condition: s1 {' '.join(f'and not b{i}*' for i in range(n // 40))}\n"
    ),
    "own words": lambda n: RULE.format(json.dumps("Detects " * (n // 8)), "s"),
    "a tag of confidence": lambda n: event("confidence-in-" * (n // 14)),
    "a tag of techniques": lambda n: event("attack" * (n // 6)),
    "comments in a pattern": lambda n: bundle("0.0.0.0 /* " * (n // 11)),
    "tables in tables": lambda n: "<html>" + "<table><tr><td>a" * (n // 15),
    "soft line breaks": lambda n: (
        MAIL.format("text/plain", "quoted-printable") + "=\n= " * (n // 4)
    ),
    "padding of base64": lambda n: MAIL.format("text/plain", "base64") + "QQ==" * (n // 4),
    "fields of a mail": lambda n: MAIL.format("text/plain; " + "a*0=';\";" * (n // 8), "base64"),
    "lines of a field": lambda n: MAIL.format("x/y", "7bit").strip() + "\n a" * (n // 3) + "\n\na",
    "boundaries": lambda n: MAIL.format("multipart/mixed; boundary=a", "7bit") + "--a-\n--\n" * n,
    "cells over others": lambda n: "<html><table>" + "<tr><td colspan=30 rowspan=30>a" * (n // 31),
    "a cell of paragraphs": lambda n: "<html><table><tr><td>" + "<p>a.example" * (n // 12),
    "a cell of lines": lambda n: "= a\n|===\n|IOC\n\n|x\n" + "a b\n" * (n // 4),
}


@pytest.mark.parametrize("text_of", LONG.values(), ids=LONG.keys())
def test_long_runs(text_of):
    """What once took time by the square of its length takes it in proportion."""
    check(text_of, 40_000)


NAMES = [f"n{i}.example" for i in range(4_000)]
TAGS = [f"t{i}" for i in range(20_000)]
SHARED = {
    "a row": json.dumps([{"ioc": ",".join(NAMES), "tags": TAGS}]),
    "an envelope": json.dumps(
        {"tags": TAGS, "iocs": [{"type": "domain", "ioc": n} for n in NAMES]}
    ),
    "an event": json.dumps(
        {
            "Event": {
                "Tag": [{"name": tag} for tag in TAGS],
                "Attribute": [
                    {"type": "domain", "value": n, "Tag": [{"name": "own"}]} for n in NAMES
                ],
            }
        }
    ),
    "a line": " ".join(NAMES) + " # \x01" + "x" * 200_000,
    "a rule": RULE.format("x", "s").replace("tags: [x]", f"tags: {json.dumps(TAGS)}").replace(
        "c-uri: x", f"QueryName: {json.dumps(NAMES)}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED.keys())
def test_what_is_said_of_many_values(text):
    """What one line or envelope says of thousands of values is read and held once, and bounded."""
    start = time.process_time()
    found = list(flow.indicators(read([io.BytesIO(text.encode())]), Summary()))
    assert len({each.indicator.value for each in found} & set(NAMES)) == len(NAMES)
    said = [(sum(map(len, each.indicator.tags)), each.indicator.context) for each in found]
    assert max(tags for tags, _ in said) <= LONGEST_TEXT
    assert max(len(context or "") for _, context in said) <= LONGEST_TEXT
    # It once took minutes.
    assert time.process_time() - start < 10


def test_wide_tables():
    """A header of thousands of columns costs nothing for the rows that have few cells."""
    header = ",".join(["domain", *["ip", "md5"] * 5_000])
    check(lambda size: header + "\n" + "".join(f"n{i}.example,\n" for i in range(size // 10)))
