"""TAXII 2.1, by the rules of its specification and by a client that is not ours."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone

import pytest
import stix2
from stix2patterns.v21.pattern import Pattern
from taxii2client.v21 import Server, as_pages

from sigma_socdefenders.indicators.indicator import Indicator, IndicatorType
from sigma_socdefenders.indicators.stix import stix_object
from sigma_socdefenders.rules.build import rule_id
from sigma_socdefenders.server.keys import Tier, add_key
from sigma_socdefenders.server.taxii import COLLECTION, ROOT
from sigma_socdefenders.sources import read
from sigma_socdefenders.testing import sample_records
from tests.server.helpers import TestServer, running

NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)
MEDIA = "application/taxii+json;version=2.1"
OBJECTS = f"{ROOT}collections/{COLLECTION}/objects/"
MANIFEST = f"{ROOT}collections/{COLLECTION}/manifest/"


def pages(server, path, **parameters):
    """Yield the envelopes of all pages, and the headers of each."""
    following = None
    while True:
        asked = "&".join(f"{name}={value}" for name, value in parameters.items())
        answer = server.get(f"{path}?{asked}" + (f"&next={following}" if following else ""))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == MEDIA
        document = answer.json()
        yield document, answer.headers
        if not document["more"]:
            assert "next" not in document
            return
        following = document["next"]


def objects(server, **parameters):
    """Return the objects of all pages."""
    return [
        one for page, _ in pages(server, OBJECTS, **parameters) for one in page.get("objects", ())
    ]


def test_discovery_leads_to_the_collection(server):
    """From /taxii2/ a client finds the root, and in it the one collection."""
    found = server.get("/taxii2/", Accept=MEDIA)
    assert found.headers["content-type"] == MEDIA
    assert found.json()["default"] == f"http://127.0.0.1{ROOT}"
    assert server.get(ROOT).json()["versions"] == [MEDIA]
    (collection,) = server.get(f"{ROOT}collections/").json()["collections"]
    assert (collection["can_read"], collection["can_write"]) == (True, False)
    path = f"{ROOT}collections/{collection['id']}/"
    assert server.get(path).json() == collection
    assert server.get(f"{ROOT}collections/indicators/").json() == collection


def test_every_indicator_is_an_object_once(server):
    """Page by page, each indicator comes once, as an object that the STIX library takes."""
    found = objects(server, limit=50)
    assert len({one["id"] for one in found}) == len(found) == 243
    for one in found:
        stix2.parse(one, version="2.1", allow_custom=False)
    kinds = {one["type"] for one in found}
    assert kinds == {"indicator", "vulnerability", "attack-pattern"}


def test_objects_of_a_type_or_an_id(server):
    """`match[type]` and `match[id]` choose; the single object has a path of its own."""
    (cve,) = objects(server, **{"match[type]": "vulnerability,report"})
    assert cve["name"] == "CVE-2021-44228"
    assert objects(server, **{"match[id]": cve["id"]}) == [cve]
    assert server.get(f"{OBJECTS}{cve['id']}/").json()["objects"] == [cve]
    versions = server.get(f"{OBJECTS}{cve['id']}/versions/").json()["versions"]
    assert versions == [cve["modified"]]
    assert objects(server, **{"match[version]": cve["modified"], "match[id]": cve["id"]}) == [cve]
    assert objects(server, **{"match[spec_version]": "2.0"}) == []
    wrong = cve["id"].replace("vulnerability", "indicator")
    assert server.get(f"{OBJECTS}{wrong}/").status_code == 404


def test_what_was_added_after_is_all_that_is_new(tmp_path):
    """A client that sends back the last date gets nothing, and later what was added or changed."""
    server = TestServer(tmp_path, sample_records(30))
    *_, (_, headers) = pages(server, OBJECTS, limit=7)
    last = headers["x-taxii-date-added-last"]
    assert objects(server, added_after=last) == []
    changed = [dict(record) for record in server.records]
    changed[3]["confidence"] = "low" if changed[3]["confidence"] != "low" else "high"
    server.write([{"value": "late.example", "last_seen": "2020-01-01"}, *reversed(changed)])
    server.reload()
    found = objects(server, added_after=last, limit=1)
    assert sorted(one["name"] for one in found) == sorted(["late.example", changed[3]["value"]])
    *_, (_, headers) = pages(server, MANIFEST, added_after=last)
    assert objects(server, added_after=headers["x-taxii-date-added-last"]) == []


def test_a_list_that_changes_between_two_pages_loses_nothing(tmp_path):
    """Paging goes on after the last object, wherever it stands in the list by now."""
    server = TestServer(tmp_path, sample_records(30))
    first = server.get(f"{OBJECTS}?limit=10").json()
    server.write([*reversed(server.records), {"value": "late.example"}])
    server.reload()
    rest, following = [], first["next"]
    while following:
        page = server.get(f"{OBJECTS}?limit=10&next={following}").json()
        rest += page["objects"]
        following = page.get("next")
    names = [one["name"] for one in first["objects"] + rest]
    assert sorted(names) == sorted(
        [record["value"] for record in server.records] + ["late.example"]
    )


def test_the_manifest_names_the_same_objects(server):
    """The manifest has the ids, versions and dates of the objects, in their order."""
    listed = [one for page, _ in pages(server, MANIFEST, limit=100) for one in page["objects"]]
    assert [(one["id"], one["version"]) for one in listed] == [
        (one["id"], one["modified"]) for one in objects(server, limit=100)
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{OBJECTS}?limit=0", 400),
        (f"{OBJECTS}?limit=x", 400),
        (f"{OBJECTS}?added_after=yesterday", 400),
        (f"{OBJECTS}?next=1", 400),
        (f"{ROOT}collections/none/", 404),
        (f"{ROOT}status/1/", 404),
        (f"{OBJECTS}indicator--0/", 404),
    ],
)
def test_errors_are_taxiis(server, path, status):
    """An error is a message in TAXII's own form."""
    answer = server.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA
    assert answer.json()["http_status"] == str(status)


def test_it_is_read_only_and_speaks_21_alone(server):
    """Posting objects is refused, as is an answer in a form that TAXII 2.1 does not have."""
    assert server.get(OBJECTS, method="POST").status_code == 405
    assert server.get(OBJECTS, Accept="application/vnd.oasis.taxii+json").status_code == 406


@pytest.mark.parametrize("kind", IndicatorType)
def test_patterns_are_read_back(tmp_path, kind):
    """Each type's pattern parses, quotes and backslashes included, and is read as it was."""
    values = {
        "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "domain": "evil.example", "md5": "0" * 32,
        "url": "http://evil.example/a'b\\c", "sha1": "0" * 40, "sha256": "0" * 64,
        "sha512": "0" * 128, "cve": "CVE-2021-44228", "mitre-attack": "T1059",
        "email": "o'hara@evil.example",
    }  # fmt: skip
    indicator = Indicator.from_record({"type": kind.value, "value": values[kind.value]})
    found = stix_object(indicator, rule_id(indicator), created=NOW, modified=NOW)
    if found["type"] != "indicator":
        assert found["external_references"][0]["external_id"] == indicator.value
        return
    Pattern(found["pattern"])
    stream = io.BytesIO(stix2.Bundle(stix2.parse(found, version="2.1")).serialize().encode())
    stream.name = "bundle.json"
    (record,) = [one.record for one in read([stream])]
    assert Indicator.from_record(record).value == indicator.value


def test_an_independent_client_reads_it(tmp_path):
    """taxii2-client finds and pages the collection, with the key as its password."""
    keys = tmp_path / "keys.json"
    _, text = add_key(keys, tier=Tier.PRO, label="", expires=None)
    path = tmp_path / "list.json"
    path.write_text(json.dumps(sample_records(40)), "utf-8")
    with running(path, "--keys", keys) as server:
        client = Server(f"{server.url}/taxii2/", user="taxii", password=text)
        try:
            (collection,) = client.default.collections
            assert collection.can_read
            found = [
                one
                for page in as_pages(collection.get_objects, per_request=15)
                for one in page["objects"]
            ]
            assert len({one["id"] for one in found}) == 40
            assert collection.get_object(found[0]["id"])["objects"] == [found[0]]
        finally:
            client.close()
