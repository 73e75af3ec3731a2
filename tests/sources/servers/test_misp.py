"""MISP searches as sources, over real HTTP."""

from __future__ import annotations

import json

import pytest

from sigma_socdefenders.audit.skipped import Reason
from sigma_socdefenders.errors import (
    AnswerError,
    AuthenticationError,
    IncompleteError,
    NotJSONError,
    ParameterError,
    UnreachableError,
)
from sigma_socdefenders.http.connection import AnswerLimits
from sigma_socdefenders.indicators.timestamps import parse_instant
from sigma_socdefenders.sources import read
from sigma_socdefenders.sources.servers import misp as reader
from tests.sources.servers.helpers import (
    KEY,
    attribute,
    broken_json,
    cut_short,
    drip,
    opened,
    reset,
    says,
    values,
)

ALL = [f"198.51.0.{number + 1}" for number in range(1, 26)]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Ask for ten attributes a page."""
    monkeypatch.setattr(reader, "_PAGE_SIZE", 10)


@pytest.mark.parametrize("path", ["", "/", "/attributes/restSearch"])
def test_all_pages_are_read(misp, path):
    """Pages are asked for until one is empty; each value comes once, with its event's word."""
    found = list(read([f"misp+http://{misp.host}{path}"]))
    assert values(found) == ALL
    assert found[0].record["tlp"] == "tlp:green"
    assert found[0].record["source"]["article_title"] == "Campaign"
    assert found[10].position.source.endswith("/attributes/restSearch, page 2")
    assert found[10].position[1:] == (1, "attribute")
    searches = [json.loads(each.body) for each in misp.requests]
    assert [(each["page"], each["limit"]) for each in searches] == [
        (1, 10), (2, 10), (10, 1), (3, 10), (20, 1), (4, 10),
    ]  # fmt: skip
    assert searches[0] == {
        "returnFormat": "json",
        "limit": 10,
        "page": 1,
        "published": True,
        "includeEventTags": True,
        "to_ids": "1",
        "order": "Attribute.id ASC",
    }
    assert misp.requests[0].headers["authorization"] == KEY


def test_a_misp_below_a_path(misp):
    """A MISP need not stand at the top of its host."""
    misp.prefix = "/misp"
    assert values(read([misp.address])) == ALL


def test_what_is_searched_for_goes_along(misp):
    """Parameters of the address are the search's, several of a name as a list; since as well."""
    server, _ = opened(misp.address + "?tags=tlp:white&tags=!old&type=ip-dst&limit=7&last=7d")
    list(server.records(to_ids="all", since=parse_instant("2026-06-01")))
    search = json.loads(misp.requests[0].body)
    assert (search["tags"], search["type"]) == (["tlp:white", "!old"], "ip-dst")
    assert (search["limit"], search["last"]) == (7, "7d")
    assert search["publish_timestamp"] == 1780272000
    assert "to_ids" not in search
    server, _ = opened(misp.address + "?publish_timestamp=7d")
    with pytest.raises(ParameterError, match="publish_timestamp"):
        list(server.records(since=parse_instant("2026-06-01")))


def test_what_is_not_marked_is_left_at_the_server_or_skipped(misp):
    """By default only what is marked for detection is asked for; a search may say otherwise."""
    misp.attributes[3]["to_ids"] = False
    assert len(values(read([misp.address]))) == 24
    assert values(read([misp.address], to_ids="all")) == ALL
    misp.attributes[4]["deleted"] = True
    reasons = [each.reason for each in read([misp.address]) if hasattr(each, "reason")]
    assert reasons == [Reason.DELETED]


def test_a_page_without_anything_left_is_not_the_end(misp):
    """A page that the server emptied itself, by one list or another, is followed by others."""
    misp.warned = {str(number) for number in range(1, 21)}
    assert values(read([misp.address])) == ALL[20:]
    misp.allowed, misp.warned = misp.warned, set()
    assert values(read([misp.address])) == ALL[20:]
    emptied = says(200, {"response": {"Attribute": []}}, X_Result_Count="7")
    misp.faults.extend([emptied] * 1000)
    with pytest.raises(IncompleteError, match="100 empty pages"):
        list(read([misp.address]))


@pytest.mark.parametrize("deleted", [[0], [3, 7], list(range(10)), list(range(17))])
@pytest.mark.parametrize("page", [2, 3, 4])
def test_what_is_deleted_meanwhile_costs_nothing_else(misp, deleted, page):
    """Attributes that move up to a page already read, as others are deleted, are not lost."""
    kept = [each for number, each in enumerate(misp.attributes) if number not in deleted]

    def delete(search):
        if (search["page"], search["limit"]) == (page, 10):
            misp.attributes = kept

    misp.before = delete
    found = values(read([misp.address]))
    assert {each["value"] for each in kept} <= set(found)
    assert len(found) == len(set(found))


def test_a_list_that_changes_all_the_time_is_an_error(misp):
    """Where attributes vanish faster than they can be read, the run ends."""
    misp.attributes = [attribute(number) for number in range(1, 2000)]

    def delete(_search):
        del misp.attributes[:7]

    misp.before = delete
    with pytest.raises(IncompleteError, match="changes faster"):
        list(read([misp.address]))


@pytest.mark.parametrize("fault", [cut_short, broken_json, reset, says(500), says(429)])
def test_a_page_that_fails_is_asked_for_again(misp, fault):
    """A fault in the middle loses nothing."""
    misp.faults.extend([None, fault])
    server, notes = opened(misp.address)
    assert values(server.records()) == ALL
    assert len(notes.waited) == 1


def test_a_page_that_never_comes_is_an_error(misp):
    """A list with a page missing is never taken for the whole."""
    misp.faults.extend([None, *[cut_short] * 20])
    server, notes = opened(misp.address)
    with pytest.raises(UnreachableError):
        list(server.records())
    assert notes.end[1] is not None


def test_a_page_that_is_repeated_is_an_error(misp):
    """A server that gives the same page for ever is found out."""
    misp.pages = False
    with pytest.raises(IncompleteError, match="page 2, holds nothing that no earlier"):
        list(read([misp.address]))


def test_what_is_read_is_bounded(misp, monkeypatch):
    """More attributes than anybody searches for are an error."""
    monkeypatch.setattr(reader, "MOST_ATTRIBUTES", 15)
    with pytest.raises(IncompleteError, match="ask for fewer"):
        list(read([misp.address]))


def test_a_wrong_key_is_told(misp, environment):
    """MISP's 403 is told as one of the key, in MISP's words."""
    environment.setenv("SOCDEFENDERS_MISP_KEY", "wrong")
    with pytest.raises(AuthenticationError, match="Authentication failed"):
        list(read([misp.address]))


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (says(200, b"<html><title>MISP</title>", "text/html"), NotJSONError, "login"),
        (says(200, {"response": {"Attribute": "x"}}), AnswerError, "list of attributes"),
        (says(200, {"Event": {}}), AnswerError, "list of attributes"),
        (says(200, {"response": [1]}), AnswerError, "list of attributes"),
        (says(302, Location="https://evil.example/"), AnswerError, "redirects to"),
        (drip, UnreachableError, "did not finish"),
    ],
)
def test_answers_that_are_none(misp, fault, kind, told):
    """Something else than a list of attributes ends the reading."""
    misp.faults.extend([drip(misp.closing) if fault is drip else fault] * 6)
    server, _ = opened(misp.address, limits=AnswerLimits(seconds=1))
    with pytest.raises(kind, match=told):
        list(server.records())


def test_an_empty_search_is_no_error(misp):
    """Nothing found is nothing to read, in either form that MISP gives it."""
    misp.attributes = []
    assert list(read([misp.address])) == []
    misp.faults.append(says(200, {"response": []}))
    assert list(read([misp.address])) == []


def test_types_and_tags_are_read_as_in_an_export(misp):
    """A page is read as an event is: composites, unsupported types, references."""
    misp.attributes = [
        attribute(1, type="domain|ip", value="evil.example|198.51.100.7"),
        attribute(2, type="mutex", value="Global\\x"),
    ]
    found = list(read([misp.address]))
    assert values(found) == ["evil.example", "198.51.100.7"]
    assert found[-1].reason is Reason.UNSUPPORTED


def test_parts_of_a_url_are_told_by_their_object(misp):
    """What an object lists beside its URL is no indicator, as in an event; other objects count."""
    of_url = {"object_id": "3"}
    misp.attributes = [
        attribute(1, type="domain", value="host.example", object_relation="domain", **of_url),
        attribute(2, type="url", value="http://host.example/x", object_relation="url", **of_url),
        attribute(3, type="ip-dst", value="198.51.100.3", object_relation="ip", **of_url),
        attribute(4, type="domain", value="c2.example", object_relation="domain", object_id="4"),
        attribute(5, type="domain", value="alone.example", object_id="0"),
    ]
    for limit in (10, 2):
        found = list(read([f"{misp.address}?limit={limit}"]))
        assert values(found) == ["http://host.example/x", "c2.example", "alone.example"]
        skipped = [each.reason for each in found if hasattr(each, "reason")]
        assert skipped == [Reason.DERIVED, Reason.DERIVED]
