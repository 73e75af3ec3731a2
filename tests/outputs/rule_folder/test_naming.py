"""Paths of rules: SigmaHQ's naming, the same file on every file system."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.errors import InvalidIndicatorError
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.outputs.rule_folder.naming import PATH, documents
from sigma_socdefenders.rules.build import BuiltRule, build_rules
from sigma_socdefenders.rules.profiles import profile_names
from sigma_socdefenders.rules.profiles.loading import load_profile
from tests.outputs.rule_folder.helpers import built
from tests.strategies import records

# The conventions that pySigma and pySigma-validators-sigmahq check.
SIGMAHQ = re.compile(r"(?=.{10,90}$)[a-z0-9_]{10,90}\.yml")
# Windows takes these for devices, whatever their ending.
RESERVED = re.compile(r"con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9]", re.IGNORECASE)


@pytest.mark.parametrize("profile", profile_names())
@given(found=st.lists(records, max_size=8))
def test_every_rule_has_a_path_in_sigmahqs_naming(profile, found):
    """Whatever the values hold, paths follow the convention and no two rules share one."""
    rules = {}
    for record in found:
        try:
            indicator = Indicator.from_record(record)
        except InvalidIndicatorError:
            continue
        for rule in build_rules(indicator, load_profile(profile)):
            rules.setdefault(rule.id, BuiltRule(rule, (indicator,)))
    paths = [document.path for document in documents(rules.values())]
    assert len(paths) == len({path.casefold() for path in paths}) == len(rules)
    for path, each in zip(paths, rules.values(), strict=True):
        folder, _, name = path.partition("/")
        assert folder == each.indicators[0].type.value
        assert SIGMAHQ.fullmatch(name)
        assert PATH.fullmatch(path)
        assert not RESERVED.fullmatch(name.partition(".")[0])
        assert each.rule.id.hex[:12] in name


@pytest.mark.parametrize(
    ("value", "profile", "path"),
    [
        ("192.0.2.1", "default", "ipv4/net_connection_win_ioc_ipv4_192_0_2_1_"),
        ("evil.example", "default", "domain/dns_query_win_ioc_domain_evil_example_"),
        ("evil.example", "network", "domain/net_dns_ioc_domain_evil_example_"),
        ("0" * 32, "default", f"md5/proc_creation_win_ioc_md5_{'0' * 32}_"),
        ("https://evil.example/../../etc/passwd", "default",
         "url/proxy_ioc_url_https_evil_example_etc_passwd_"),
        ("https://con.example/NUL:\u202e?*", "default", "url/proxy_ioc_url_https_con_example_nul_"),
        ("CVE-2021-44228", "default", "cve/av_ioc_cve_2021_44228_"),
        ("T1059.001", "default", "mitre-attack/sysmon_ioc_mitre_attack_t1059_001_"),
    ],
)  # fmt: skip
def test_a_path_is_readable(value, profile, path):
    """A path tells the log source, the type and the value."""
    found = [document.path for document in documents(built([value], profile))]
    assert re.fullmatch(re.escape(path) + r"[0-9a-f]{12}\.yml", found[0])


def test_a_long_value_is_cut():
    """A value that is longer than a name may be leaves room for the id."""
    (document,) = documents(built(["https://evil.example/" + "x" * 500]))
    name = document.path.partition("/")[2]
    assert len(name) == 90
    assert re.search(r"_x{20,}_[0-9a-f]{12}\.yml", name)


def test_ids_that_begin_alike_have_files_of_their_own():
    """Where a part of the id does not tell two rules apart, all of it does."""
    (one,) = built(["192.0.2.1"])
    ids = [UUID("00000000-0000-4000-8000-00000000000" + digit) for digit in "123"]
    rules = [BuiltRule(replace(one.rule, id=each), one.indicators) for each in ids]
    paths = [document.path for document in documents(rules)]
    assert len(set(paths)) == 3
    assert ids[2].hex in paths[2]


def test_a_rule_that_comes_twice_is_one_document():
    """Of several rules with one id the first stands for all."""
    rules = [*built(["192.0.2.1"], context="first"), *built(["192.0.2[.]1"], context="second")]
    (document,) = documents(rules)
    assert b"first" in document.content
