"""JSON: the feed, lists, lines, other people's objects, and what is refused."""

import json

import pytest

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.json_lists import parse

MD5 = "0123456789abcdef" * 2
RECORD = {"type": "domain", "value": "bad[.]example", "confidence": "high", "tags": ["a"]}
STIX = {
    "type": "indicator",
    "id": "indicator--1",
    "pattern": "[domain-name:value = 'bad.example']",
}
SHAPES = {
    "feed": {"data": [RECORD], "meta": {"total": 1}, "links": {"next": "https://x.example"}},
    "list": [RECORD],
    "list of texts": ["bad.example"],
    "one record": RECORD,
    "envelope in envelope": {"status": "ok", "data": {"indicators": [RECORD]}},
    "otx": {
        "results": [{"name": "x", "indicators": [{"indicator": "bad.example", "type": "hostname"}]}]
    },
    "threatfox": {"query_status": "ok", "data": [{"ioc": "bad.example", "ioc_type": "domain"}]},
    "abuse.ch export": {"4102": [{"ioc_value": "bad.example", "ioc_type": "domain"}]},
    "by type": {"domains": ["bad.example"], "filenames": ["x.exe"]},
    "typed keys": [{"domain": "bad.example", "description": "x"}],
    "empty page": {"data": []},
    "taxii": {"more": False, "objects": [STIX]},
    "sentinel": {"sourcesystem": "x", "stixobjects": [STIX]},
    "graph": {"@odata.context": "https://x.example", "value": [{"domainName": "bad.example"}]},
    "anomali": {"meta": {}, "objects": [{"value": "bad.example", "itype": "c2_domain"}]},
    "falcon": {"resources": [{"indicator": "bad.example", "type": "domain", "reports": []}]},
    "virustotal": {"data": [{"type": "domain", "id": "bad.example", "attributes": {"x": 1}}]},
    "recorded future": {"results": [{"Name": "bad.example", "Risk": "95", "RiskString": "3/50"}]},
    "entities": {"data": {"results": [{"entity": {"name": "bad.example", "type": "domain"}}]}},
    "yeti": {"observables": [{"type": "hostname", "value": "bad.example", "context": [{}]}]},
    "thehive": [{"dataType": "domain", "data": "bad.example", "ioc": True, "tlp": 2}],
    "ecs": {"threat": {"indicator": {"type": "domain-name", "domain": "bad.example"}}},
    "ecs with dots": [
        {"threat.indicator.type": "url", "threat.indicator.url.domain": "bad.example"}
    ],
    "search answer": {"hits": {"hits": [{"_id": "1", "_source": {"domain": "bad.example"}}]}},
    "graphql": {"data": {"indicators": {"edges": [{"node": {"value": "bad.example"}}]}}},
    "values of a type": {"iocs": [{"type": "domain", "values": ["bad.example"]}]},
    "types below others": {"malware": "X", "network": {"domains": ["bad.example"], "ips": []}},
    "object in a record": [{"indicator": {"type": "domain", "value": "bad.example"}, "score": 7}],
    "empty list before": {"items": [], "indicators": [{"value": "bad.example"}]},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("indent", [None, 2])
def test_shapes(reading, shape, indent):
    """Every shape in which JSON lists of indicators come gives the records in it."""
    result = reading(json.dumps(shape, indent=indent))
    assert result.pairs == ([] if shape == {"data": []} else [("domain", "bad.example")])


def test_feed_record_keeps_its_fields(reading):
    """The feed's own record comes through whole."""
    result = reading(json.dumps({"data": [{**RECORD, "source": {"feed_name": "f"}}]}))
    (found,) = result.indicators
    assert (str(found.confidence), found.tags, found.sources[0].feed_name) == ("high", ("a",), "f")


def test_json_lines(reading):
    """Each line is a record; one that is broken is counted, its neighbours are read."""
    lines = [json.dumps({"value": f"n{i}.example"}) for i in range(50)]
    lines[20] = '{"value": "bro'
    result = reading("\n".join(lines))
    assert len(result.indicators) == 49
    assert result.reasons == {"invalid": 1}
    assert str(result.drops[0].position) == "list, line 21"


def test_long_list_is_read_piece_by_piece(reading):
    """A list much longer than what is held at a time comes out whole and in order."""
    values = [f"name-{i}.example" for i in range(20_000)]
    assert reading(json.dumps([{"value": value} for value in values])).values == values
    assert reading(json.dumps(values, indent=1)).values == values


def test_trailing_commas(reading):
    """A comma before a closing bracket, as in one published event, is overlooked."""
    assert reading('{"data": [{"value": "a.example", "context": "x,]"},],}').values == ["a.example"]
    result = reading('[{"value": "a.example",}, {"value": "b.example", "context": ",}"},]')
    assert result.values == ["a.example", "b.example"]
    assert result.indicators[1].context == ",}"


REFUSED = {
    "block list": {"details": {"server": "192.0.2.7", "blockList": ["a.example", "b.example"]}},
    "settings": {"name": "x", "version": 3, "hosts": {"a": "b"}},
    "list of objects": [{"sku": 1, "price": 2}],
    "list of words": ["alpha", "beta"],
    "list of numbers": [1, 2, 3],
    "number": [[[]]],
    "package": {"name": "socket.io", "version": "4", "repository": {"url": "https://x.example"}},
    "packages": [{"name": "socket.io", "version": "4"}, {"name": "node.js", "version": "20"}],
    "components": {"components": [{"type": "library", "name": "socket.io", "hashes": [{"x": 1}]}]},
    "log": {"source": {"ip": "192.0.2.1"}, "host": {"name": "a.example"}},
    "stix 1": {"stix_header": {"title": "x"}, "observables": {"observables": [{"object": {}}]}},
    "manifest of a misp feed": {"57c06bb1-625c": {"info": "x", "Orgc": {"name": "a.example"}}},
}


@pytest.mark.parametrize("shape", REFUSED.values(), ids=REFUSED.keys())
def test_other_json_is_refused(reading, shape):
    """Valid JSON that is no list of indicators is refused and not searched for values."""
    with pytest.raises(UnrecognisedSourceError, match=r"^Cannot read 'list': it is (a )?JSON"):
        reading(json.dumps(shape))


@pytest.mark.parametrize(
    "text", ['{"data": [', '{"data": [{"value": "a.example"}', '[{"value": "a.example"}, {"va']
)
def test_truncated(reading, text):
    """A document that ends too early is an error that names it, not a short list."""
    with pytest.raises(SourceError, match=r"^Cannot read 'list'"):
        reading(text)


def test_odd_items_are_counted(reading):
    """An item that is no record is counted among those that are."""
    result = reading(
        json.dumps([RECORD, 7, None, {"x": 1}, {"type": "filename", "value": "a.zip"}])
    )
    assert result.values == ["bad.example"]
    assert result.reasons == {"invalid": 3, "unsupported": 1}


def test_path_that_is_a_whole_url(reading):
    """A URL under the type of a URL's path is a URL; a path is of a type that no rule looks for."""
    values = ("http://bad.example/a", "/gate.php")
    result = reading(json.dumps([{"type": "url_path", "value": value} for value in values]))
    assert result.pairs == [("url", "http://bad.example/a")]
    assert result.reasons == {"unsupported": 1}


def test_elastic_documents(reading):
    """Documents of Elastic's threat fields give every hash, and what is said of them."""
    lines = [
        {
            "threat": {
                "indicator": {
                    "type": "file",
                    "name": "setup.com",
                    "file": {"hash": {"md5": MD5, "sha256": MD5 * 2}, "name": "evil.com"},
                    "first_seen": "2026-01-02T00:00:00Z",
                    "provider": "Vendor",
                    "marking": {"tlp": "clear"},
                    "confidence": "High",
                    "tags": ["apt"],
                }
            }
        },
        {"threat": {"indicator": {"type": "cryptocurrency-wallet", "wallet": "bad.example"}}},
    ]
    result = reading("\n".join(map(json.dumps, lines)))
    assert result.pairs == [("md5", MD5), ("sha256", MD5 * 2)]
    assert result.reasons == {"unsupported": 1}
    assert {str(drop.position) for drop in result.drops} == {"list, line 2"}
    found = result.indicators[0]
    assert (str(found.confidence), found.tlp, found.tags) == ("high", "clear", ("apt",))
    assert (found.sources[0].feed_name, found.first_seen.day) == ("Vendor", 2)


def test_what_stands_beside_a_value(reading):
    """Of one object, the host of its URL and what a name resolves to are not indicators too."""
    result = reading(
        json.dumps(
            [
                {"url": "http://shared.example/x.exe", "host": "shared.example", "tags": ["exe"]},
                {"value": "bad.example", "type": "domain", "ip": "192.0.2.1", "uuid": "u"},
                {"ip": "192.0.2.2", "cve": ["CVE-2021-44228"], "technique": "T1059"},
                {"sha256": MD5 * 2, "c2": "192.0.2.3", "cve": []},
                {"type": "md5", "value": MD5, "sha512": MD5 * 4},
                {"cve": "CVE-2021-44228"},
            ]
        )
    )
    assert result.values == [
        *("http://shared.example/x.exe", "bad.example", "192.0.2.2", MD5 * 2, "192.0.2.3"),
        *(MD5, MD5 * 4, "CVE-2021-44228"),
    ]
    assert result.reasons == {"derived": 2}
    assert result.indicators[2].tags == ("CVE-2021-44228",)
    assert result.indicators[2].techniques == ("T1059",)


def test_what_an_envelope_says(reading):
    """Name, link, tags and TLP of a list count for all in it; its own link is no indicator."""
    pulse = {
        "name": "A pulse",
        "url": "https://vendor.example/a",
        "author_name": "Vendor",
        "TLP": "amber",
        "tags": ["apt"],
        "attack_ids": ["T1059"],
        "indicators": [
            {"indicator": "bad.example", "type": "hostname", "title": "a C2"},
            {"indicator": MD5, "type": "FileHash-IMPHASH"},
        ],
    }
    result = reading(json.dumps({"results": [pulse, {"value": "other.example"}]}))
    assert result.values == ["bad.example", "other.example"]
    assert result.reasons == {"unsupported": 1, "reference": 1}
    first, other = result.indicators
    assert (first.tlp, first.tags, first.techniques) == ("amber", ("apt",), ("T1059",))
    assert (first.context, first.sources[0].article_title) == ("a C2", "A pulse")
    assert first.sources[0].feed_name == "Vendor"
    assert other.sources == other.tags == ()


ODD_FIELDS = [
    {"confidence": "very likely"},
    {"first_seen": 1767312000},
    {"last_seen": "28.05.2026"},
    {"tags": [{"name": "apt"}]},
    {"tlp": {"name": "red"}},
    {"source": {"category": []}},
    {"context": [{"source": "x"}]},
]


@pytest.mark.parametrize("fields", ODD_FIELDS, ids=[next(iter(each)) for each in ODD_FIELDS])
def test_fields_of_another_shape(reading, fields):
    """A description in another shape than the feed's does not cost the value that it describes."""
    (found,) = reading(
        json.dumps([{"type": "domain", "value": "bad.example", **fields}])
    ).indicators
    assert found.value == "bad.example"
    if "first_seen" in fields:
        assert found.first_seen.year == 2026
    if "tags" in fields:
        assert found.tags == ("apt",)


@pytest.mark.parametrize("fields", [{"revoked": True}, {"deleted": 1}, {"is_active": 0}])
def test_withdrawn(reading, fields):
    """What its source has deleted or switched off is revoked."""
    (found,) = reading(json.dumps([{"ioc": "bad.example", **fields}])).indicators
    assert found.revoked


def test_lists_keep_their_repetitions(reading):
    """Every value of a list is counted, also those that it repeats."""
    assert reading(json.dumps({"domains": ["a.example", "a.example"]})).read == 2


@pytest.mark.parametrize("key", ["action", "Action"])
def test_allowed_values_are_as_revoked(reading, key):
    """What a list allows, beside what it blocks, is no indicator unless it is asked for."""
    rows = [
        {"type": "domain", "value": "bad.example", key: "Block"},
        {"type": "domain", "value": "good.example", key: "Allowed"},
    ]
    table = f"type,value,{key}\ndomain,bad.example,Block\ndomain,good.example,Allowed\n"
    for given in (json.dumps(rows), json.dumps({"resources": rows}), table):
        found = reading(given).indicators
        assert [(each.value, each.revoked) for each in found] == [
            ("bad.example", False),
            ("good.example", True),
        ]


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000])
def test_numbers_of_many_digits(reading, number):
    """A number of more digits than Python converts costs no record, in any form of JSON."""
    record = f'{{"type": "domain", "value": "a.example", "score": {number}}}'
    other = '{"type": "domain", "value": "b.example", "count": 3}'
    for text in (f"[{record}, {other}]", f'{{"data": [{record}, {other}]}}', f"{record}\n{other}"):
        assert reading(text).values == ["a.example", "b.example"]


def test_long_numbers_at_the_end_of_a_piece(reading):
    """Such a number in an item that the end of a piece of the text cuts off costs nothing."""
    items = [
        f'{{"value": "h{i}.example", "score": {"9" * 5_000}, "context": "{"a" * 3_000}"}}'
        for i in range(100)
    ]
    assert len(reading(f"[{', '.join(items)}]").values) == 100


DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    [
        "[" * DEEP + "]" * DEEP,
        '{"data":' * DEEP + "1" + "}" * DEEP,
        '[{"value": "a.example", "x": ' + "[" * DEEP + "]" * DEEP + "}]",
    ],
    ids=["lists", "objects", "in a record"],
)
def test_what_is_nested_too_deeply(reading, text):
    """What no record is nested as deeply as is refused, with the package's own error."""
    with pytest.raises(SourceError, match="nested too deeply"):
        reading(text)


def test_a_line_that_is_nested_too_deeply(reading):
    """In JSON Lines it costs its line and no other."""
    deep = '{"a":' * DEEP + "1" + "}" * DEEP
    result = reading(f'{{"value": "a.example"}}\n{deep}\n{{"value": "b.example"}}\n')
    assert result.values == ["a.example", "b.example"]
    assert result.reasons == {"invalid": 1}


def test_large_documents_are_bounded(reading, monkeypatch):
    """A JSON document beyond the bound is refused with a way out."""
    monkeypatch.setattr(parse, "LARGEST_DOCUMENT", 1 << 20)
    with pytest.raises(SourceError, match="JSON Lines"):
        reading('{"data": [' + '{"value": "a.example"},' * 100_000 + "]}")
