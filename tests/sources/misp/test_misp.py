"""MISP: events, objects, composites, and the event's own word on detection."""

import json

import pytest
from pymisp import MISPEvent, MISPObject

MD5 = "0123456789abcdef" * 2
SHA1 = "0123456789abcdef" * 2 + "01234567"


def event(*attributes, **fields):
    return {
        "Event": {"info": "An event", "date": "2026-01-02", "Attribute": list(attributes), **fields}
    }


def attribute(kind, value, **fields):
    return {"type": kind, "value": value, "to_ids": False, **fields}


COMPOSITES = [
    ("filename|md5", f"evil.com|{MD5}", [("md5", MD5)]),
    ("malware-sample", f"a.exe|{MD5}", [("md5", MD5)]),
    ("ip-dst|port", "192.0.2.7|443", [("ipv4", "192.0.2.7")]),
    ("ip-src", "2001:db8::1", [("ipv6", "2001:db8::1")]),
    ("domain|ip", "bad.example|192.0.2.7", [("domain", "bad.example"), ("ipv4", "192.0.2.7")]),
    ("hostname|port", "bad.example|8080", [("domain", "bad.example")]),
    ("url", "now.bad.example:80", [("domain", "now.bad.example")]),
    ("url", "smb://192.0.2.7/a.exe", [("url", "smb://192.0.2.7/a.exe")]),
    ("email-src", "a@bad.example", [("email", "a@bad.example")]),
    ("vulnerability", "CVE-2021-44228", [("cve", "CVE-2021-44228")]),
]


@pytest.mark.parametrize(("kind", "value", "expected"), COMPOSITES)
def test_attribute_types(reading, kind, value, expected):
    """Each attribute type that detection can use gives its values, composites in their parts."""
    assert reading(json.dumps(event(attribute(kind, value)))).pairs == expected


@pytest.mark.parametrize(
    "kind",
    [
        *("filename", "imphash", "sha3-256", "sha224", "text", "yara", "link", "btc", "other"),
        *("ja3-fingerprint-md5", "whois-registrant-email", "email-message-id", "jabber-id"),
        *("regkey|value", "x509-fingerprint-sha1"),
    ],
)
def test_attribute_types_that_no_rule_looks_for(reading, kind):
    """A value of a type that no rule looks for is counted, whatever it looks like."""
    assert reading(json.dumps(event(attribute(kind, "evil.com")))).reasons == {"unsupported": 1}


ENVELOPES = {
    "event": lambda e: e,
    "search": lambda e: {"response": [e]},
    "list": lambda e: [e],
    "attributes": lambda e: {"response": {"Attribute": e["Event"]["Attribute"]}},
    "bare": lambda e: e["Event"],
}


@pytest.mark.parametrize("wrap", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_envelopes(reading, wrap):
    """Events are read in every envelope in which they are published."""
    found = wrap(event(attribute("domain", "bad.example")))
    assert reading(json.dumps(found)).values == ["bad.example"]


def test_to_ids(reading):
    """Marks for detection are honoured where an event makes any, unless it is said otherwise."""
    unmarked = event(attribute("domain", "a.example"), attribute("domain", "b.example"))
    mixed = event(attribute("domain", "a.example"), attribute("domain", "b.example", to_ids=True))
    both = json.dumps({"response": [unmarked, mixed]})
    auto = reading(both)
    assert auto.values == ["a.example", "b.example", "b.example"]
    assert auto.reasons == {"to-ids": 1}
    assert reading(both, to_ids="only").values == ["b.example"]
    assert reading(both, to_ids="all").values == ["a.example", "b.example"] * 2


def test_export_of_attributes(reading):
    """An export of attributes of several events keeps apart what each of them marks and says."""
    listed = [
        attribute("domain", "a.example", to_ids=True, event_id="1", Event={"info": "One"}),
        attribute("domain", "b.example", event_id="1", Event={"info": "One"}),
        attribute("domain", "c.example", event_id="2", Event={"info": "Two"}),
    ]
    result = reading(json.dumps({"response": {"Attribute": listed}}))
    assert result.values == ["a.example", "c.example"]
    assert result.reasons == {"to-ids": 1}
    assert [each.sources[0].article_title for each in result.indicators] == ["One", "Two"]


def test_path_without_a_host(reading):
    """A path alone is no URL, whatever its type says."""
    assert reading(json.dumps(event(attribute("uri", "/gate/x.php")))).reasons == {"invalid": 1}


def test_what_is_left_out(reading):
    """Deleted attributes, links to analyses and the parts of a listed URL are no indicators."""
    result = reading(
        json.dumps(
            event(
                attribute("domain", "gone.example", deleted=True),
                attribute("url", "https://vendor.com/blog", category="External analysis"),
                attribute("domain", "bad.example"),
                Object=[
                    {
                        "name": "url",
                        "Attribute": [
                            attribute("url", "http://shared.example/x", object_relation="url"),
                            attribute("domain", "shared.example", object_relation="domain"),
                        ],
                    },
                    {"name": "file", "deleted": "1", "Attribute": [attribute("md5", MD5)]},
                ],
            )
        )
    )
    assert result.values == ["bad.example", "http://shared.example/x"]
    assert result.reasons == {"deleted": 2, "reference": 1, "derived": 1}


def test_decaying_scores(reading):
    """The scores of an export with `includeDecayScore` are kept."""
    model = {"DecayingModel": {"id": "1", "name": "NIDS"}}
    result = reading(
        json.dumps(
            event(
                attribute("domain", "a.bad.example", decay_score=[{"score": 61.5, **model}]),
                attribute(
                    "domain", "b.bad.example", decay_score=[{"score": 0, "decayed": True, **model}]
                ),
            )
        )
    )
    assert [(each.score, each.decayed) for each in result.indicators] == [(61.5, False), (0, True)]


def test_what_an_event_says(reading):
    """Tags become TLP, techniques and tags; the event is the source; dates are kept."""
    result = reading(
        json.dumps(
            event(
                attribute(
                    "domain",
                    "bad.example",
                    comment="a C2",
                    timestamp="1767312000",
                    Tag=[{"name": 'misp-galaxy:mitre-attack-pattern="PowerShell - T1059.001"'}],
                ),
                Orgc={"name": "Vendor"},
                Tag=[
                    {"name": "tlp:green"},
                    {"name": "apt"},
                    {"name": 'estimative-language:confidence-in-analytic-judgment="low"'},
                ],
            )
        )
    )
    (found,) = result.indicators
    assert (found.tlp, found.techniques, found.tags) == ("green", ("T1059.001",), ("apt",))
    assert str(found.confidence) == "low"
    assert (found.context, found.sources[0].article_title) == ("a C2", "An event")
    assert found.sources[0].feed_name == "Vendor"
    assert found.first_seen.isoformat() == "2026-01-02T00:00:00+00:00"
    assert found.last_seen.isoformat() == "2026-01-02T00:00:00+00:00"


def test_written_by_pymisp(reading):
    """An event that MISP's own library writes is read back to the same indicators."""
    made = MISPEvent()
    made.info = "Made"
    made.add_attribute("domain", "bad.example", to_ids=True)
    made.add_attribute("ip-dst|port", "192.0.2.7|443", to_ids=True)
    made.add_attribute("filename|sha1", f"a.exe|{SHA1}", to_ids=True)
    made.add_attribute("url", "http://bad.example/a?b=c", to_ids=True)
    held = MISPObject("file")
    held.add_attribute("md5", MD5, to_ids=True)
    held.add_attribute("filename", "evil.com", to_ids=False)
    made.add_object(held)
    made.add_tag("tlp:red")
    result = reading(json.dumps({"Event": json.loads(made.to_json())}))
    assert result.pairs == [
        ("domain", "bad.example"),
        ("ipv4", "192.0.2.7"),
        ("sha1", SHA1),
        ("url", "http://bad.example/a?b=c"),
        ("md5", MD5),
    ]
    assert {each.tlp for each in result.indicators} == {"red"}


COLUMNS = "uuid,event_id,category,type,value,comment,to_ids,date,object_name,object_relation\n"


def row(event, kind, value, to_ids=0, category="Network activity", **fields):
    holder, relation = fields.get("holder", ""), fields.get("relation", "")
    return (
        f'"",{event},{category},{kind},"{value}","a C2",{to_ids},1767312000,{holder},{relation}\n'
    )


@pytest.mark.parametrize(("kind", "value", "expected"), COMPOSITES)
def test_attribute_types_in_csv(reading, kind, value, expected):
    """The CSV that MISP exports gives the same values as its JSON, composites in their parts."""
    assert reading(COLUMNS + row(1, kind, value)).pairs == expected


def test_to_ids_in_csv(reading):
    """In CSV, too, an event's marks are honoured, wherever in the file its rows stand."""
    text = (
        COLUMNS
        + row(1, "domain", "a.example")
        + row(2, "domain", "b.example")
        + row(2, "domain", "c.example", 1)
        + row(1, "domain", "d.example")
        + row(2, "domain", "e.example")
    )
    auto = reading(text)
    assert auto.values == ["a.example", "c.example", "d.example"]
    assert auto.positions == ["list, line 2", "list, line 4", "list, line 5"]
    assert auto.reasons == {"to-ids": 2}
    assert reading(text, to_ids="only").values == ["c.example"]
    assert reading(text, to_ids="all").values == [f"{letter}.example" for letter in "abcde"]


def test_long_csv(reading):
    """Rows by the ten thousand wait until the last one marks its event."""
    rows = "".join(row(1, "domain", f"n{i}.example") for i in range(20_000))
    result = reading(COLUMNS + rows + row(1, "domain", "bad.example", 1))
    assert result.values == ["bad.example"]
    assert result.reasons == {"to-ids": 20_000}


def test_what_is_left_out_of_csv(reading):
    """Links to analyses and the parts of a listed URL are no indicators in CSV either."""
    result = reading(
        COLUMNS
        + row(1, "url", "https://vendor.com/blog", category="External analysis")
        + row(1, "domain", "shared.example", holder="url", relation="domain")
        + row(1, "filename", "evil.com")
        + row(1, "domain", "")
        + row(1, "domain", "bad.example")
    )
    assert result.values == ["bad.example"]
    assert result.reasons == {"reference": 1, "derived": 1, "unsupported": 1, "empty": 1}


def test_what_csv_says_of_an_event(reading):
    """An export with context gives tags, techniques and the event as the source."""
    (found,) = reading(
        "uuid,type,value,comment,to_ids,date,attribute_tag,event_info,event_source_org,event_date,"
        "event_tag\n"
        "u1,domain,bad.example,a C2,True,1767312000,"
        '"misp-galaxy:mitre-attack-pattern=""PowerShell - T1059.001"",apt",An event,Vendor,'
        "2026-01-01,tlp:green\n"
    ).indicators
    assert (found.tlp, found.techniques, found.tags) == ("green", ("T1059.001",), ("apt",))
    assert (found.id, found.context) == ("u1", "a C2")
    assert found.sources[0].article_title == "An event"
    assert found.sources[0].feed_name == "Vendor"
    assert found.first_seen.isoformat() == "2026-01-01T00:00:00+00:00"
    assert found.last_seen.isoformat() == "2026-01-02T00:00:00+00:00"
