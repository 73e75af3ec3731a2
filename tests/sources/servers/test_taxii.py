"""TAXII 2.1 collections as sources: paging, faults and bounds, over real HTTP."""

from __future__ import annotations

import pytest

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import (
    AnswerError,
    AuthenticationError,
    FeedError,
    IncompleteError,
    MissingKeyError,
    NotJSONError,
    ParameterError,
    RateLimitError,
    ServerError,
    UnreachableError,
)
from sigma_socdefenders.http.connection import AnswerLimits
from sigma_socdefenders.indicators.timestamps import parse_instant
from sigma_socdefenders.sources import read
from sigma_socdefenders.sources.servers import BearerToken, Login
from sigma_socdefenders.sources.servers import taxii as reader
from tests.sources.servers.helpers import (
    COLLECTION,
    TOKEN,
    Answer,
    TaxiiServer,
    added,
    basic,
    bomb,
    broken_json,
    cut_short,
    drip,
    indicator,
    opened,
    reset,
    says,
    send,
    values,
)

OBJECTS = f"/api/collections/{COLLECTION}/objects/"
ALL = [f"198.51.0.{number + 1}" for number in range(35)]


@pytest.mark.parametrize("paging", ["token", "held", "added"])
def test_all_pages_are_read(taxii, paging):
    """Whatever way a server has to its next page, every object comes once and in order."""
    taxii.paging = paging
    assert values(read([taxii.address])) == ALL
    assert len(taxii.requests) == 4
    assert {each.query["limit"] for each in taxii.requests} == {"1000"}


@pytest.mark.parametrize(
    "path",
    ["", "/", "/taxii2/", "/api", "/api/", "/api/collections/", OBJECTS, OBJECTS[:-1],
     OBJECTS.removesuffix("objects/")],
)  # fmt: skip
def test_any_resource_leads_to_the_objects(taxii, path):
    """A host, discovery, an API root, the list of collections or one of them will do."""
    assert values(read([f"taxii+http://{taxii.host}{path}"])) == ALL


def test_records_say_where_they_stand(taxii):
    """A position names page and object; what is skipped is named by its id as well."""
    taxii.objects[12] = indicator(12, pattern="[file:name = 'x' AND file:size > 3]")
    found = list(read([taxii.address]))
    assert str(found[34].position) == f"http://{taxii.host}{OBJECTS}, page 4, object 5"
    skipped = next(each for each in found if isinstance(each, Skipped))
    assert str(skipped.position).endswith("page 2, object 3")
    assert taxii.objects[12]["id"] in skipped.detail


def test_objects_of_different_pages_know_each_other(taxii):
    """A marking on the last page counts for the first, and a later version replaces an earlier."""
    marking = {
        "type": "marking-definition",
        "id": "marking-definition--00000000-0000-4000-8000-000000000001",
        "definition_type": "tlp",
        "definition": {"tlp": "red"},
    }
    taxii.objects[0]["object_marking_refs"] = [marking["id"]]
    later = indicator(1, "203.0.113.9", modified="2026-05-02T00:00:00.000Z")
    taxii.objects += [marking, later]
    found = list(read([taxii.address]))
    assert found[0].record["tlp"] == "red"
    assert found[1].reason is Reason.SUPERSEDED
    assert values(found)[-1] == "203.0.113.9"


def test_collections_that_may_not_be_read_are_skipped_by_name(taxii):
    """Of an API root all collections are read that may be; the others are accounted for."""
    taxii.collections = {
        "secret": {"id": "secret", "title": "S", "can_read": False},
        **taxii.collections,
    }
    skipped, *found = read([f"taxii+http://{taxii.host}/api/"])
    assert (skipped.reason, skipped.value) == (Reason.UNREADABLE, "secret")
    assert values(found) == ALL
    del taxii.collections[COLLECTION]
    with pytest.raises(IncompleteError, match="no collection that these credentials may read"):
        list(read([f"taxii+http://{taxii.host}/api/"]))
    with pytest.raises(AuthenticationError, match=r"may read|read this: not for you"):
        list(read([taxii.address.replace(COLLECTION, "secret")]))


def test_what_is_asked_for_goes_along(taxii):
    """Parameters of the address, `since`, and the types that `only` needs reach the server."""
    query = "?match[spec_version]=2.1&limit=7&match[id]=a--1&match[id]=b--2"
    server, _ = opened(taxii.address + query)
    list(server.records(since=parse_instant(added(29)), to_ids="only"))
    asked = taxii.requests[0].query
    assert asked["match[spec_version]"] == "2.1"
    assert asked["limit"] == "7"
    assert asked["match[id]"] == "a--1,b--2"
    assert asked["added_after"] == "2026-06-01T00:00:29Z"
    assert asked["match[type]"].startswith("indicator,")
    assert taxii.requests[0].headers["accept"] == reader.ACCEPT
    server, _ = opened(taxii.address + "?added_after=2026-01-01")
    with pytest.raises(ParameterError, match="added_after"):
        list(server.records(since=parse_instant("2026-01-01")))


@pytest.mark.parametrize("fault", [cut_short, broken_json, reset, says(500), says(503)])
@pytest.mark.parametrize("paging", ["token", "held", "added"])
def test_a_page_that_fails_is_read_all_the_same(taxii, fault, paging):
    """A fault in the middle loses nothing, not even where the server does not send a page twice."""
    taxii.paging = paging
    taxii.faults.extend([None, None, fault])
    server, notes = opened(taxii.address)
    assert values(server.records()) == ALL
    assert len(notes.waited) == 1
    assert notes.end == (35, None)


@pytest.mark.parametrize("paging", ["token", "held", "added"])
def test_a_page_that_never_comes_is_an_error(taxii, paging):
    """A list with a page missing is never taken for the whole."""
    taxii.paging = paging
    taxii.faults.extend([None, None, *[says(500)] * 20])
    server, notes = opened(taxii.address)
    with pytest.raises(ServerError):
        list(server.records())
    assert notes.end[0] == 0


def test_a_place_that_is_always_lost_is_an_error(taxii):
    """A server that keeps the place and fails in every reading is not asked for ever."""
    taxii.paging = "held"
    taxii.faults.extend([None, reset, None] * 3)
    server, _ = opened(taxii.address)
    with pytest.raises(IncompleteError, match="gives no page twice"):
        list(server.records())


def test_rate_limits_are_waited_for(taxii):
    """429 is waited out as `Retry-After` says, and no page is lost; too long a wait is an error."""
    taxii.paging = "held"
    limited = says(429, Retry_After="42")
    taxii.faults.extend([limited, limited])
    server, notes = opened(taxii.address)
    assert values(server.records()) == ALL
    assert [seconds for seconds, _ in notes.waited] == [42, 42]
    taxii.faults.append(says(429, Retry_After="86400"))
    server, _ = opened(taxii.address)
    with pytest.raises(RateLimitError, match="86400 seconds"):
        list(server.records())


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (400, ParameterError, "refuses a parameter"),
        (401, AuthenticationError, "refuses the credentials"),
        (403, AuthenticationError, "does not let"),
        (404, FeedError, "nothing here"),
        (406, FeedError, "refuses the media type asked for .*2.1"),
        (416, FeedError, "2.1 alone"),
        (418, FeedError, "refuses the request"),
    ],
)
def test_what_a_status_means(taxii, status, kind, told):
    """A refusal is told at once, with the server's own word on it."""
    taxii.faults.append(says(status, {"title": "T", "description": "because", "error_code": "E7"}))
    server, notes = opened(taxii.address)
    with pytest.raises(kind, match=told) as caught:
        list(server.records())
    assert str(caught.value).startswith(f"http://{taxii.host}{OBJECTS} ")
    assert "because" in str(caught.value)
    assert caught.value.status == status
    assert not notes.waited


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (says(200, b"<!doctype html><title>Sign in</title>", "text/html"), NotJSONError, "login"),
        (says(200, b"{}", "text/html; charset=utf-8"), NotJSONError, "login"),
        (says(200, {"x": 1}, "application/vnd.oasis.stix+json"), AnswerError, "TAXII 2.0"),
        (says(200, [1]), AnswerError, "list"),
        (says(200, {"objects": "x"}), AnswerError, "envelope"),
        (says(200, {"title": "x"}), AnswerError, "envelope"),
        (says(200, b"[" * 200_000), AnswerError, "nested"),
        (bomb, AnswerError, "more than 1000000 bytes"),
    ],
)  # fmt: skip
def test_answers_that_are_none(taxii, fault, kind, told):
    """Something else than an envelope, or too much, ends the reading."""
    taxii.faults.extend([None, fault])
    server, _ = opened(taxii.address, limits=AnswerLimits(bytes=1_000_000))
    with pytest.raises(kind, match=told):
        list(server.records())


def test_a_body_that_drips_is_given_up(taxii):
    """An answer has a time, however often a byte of it comes."""
    taxii.faults.extend([drip(taxii.closing)] * 6)
    server, _ = opened(taxii.address, limits=AnswerLimits(seconds=0.2))
    with pytest.raises(UnreachableError, match="did not finish"):
        list(server.records())


def test_pages_that_lead_in_circles_end(taxii):
    """A server that gives one page for ever is found out after a few of them."""
    taxii.paging = "same"
    server, _ = opened(taxii.address)
    with pytest.raises(IncompleteError, match="brought nothing new"):
        list(server.records())
    assert len(taxii.requests) == 6


def test_more_without_a_way_is_an_error(taxii):
    """`more` without `next` and without the last object's time is no end."""
    taxii.paging = "none"
    with pytest.raises(IncompleteError, match="not how to ask"):
        list(read([taxii.address]))


def test_objects_of_one_instant_are_not_lost(taxii):
    """By time alone, objects of one instant are read together, or the reading fails."""
    taxii.paging = "added"
    taxii.times = [added(number // 7) for number in range(35)]
    assert values(read([taxii.address])) == ALL
    taxii.times = [added(1)] * 35
    with pytest.raises(IncompleteError, match="larger limit"):
        list(read([taxii.address]))


def test_what_is_held_is_bounded(taxii, monkeypatch):
    """A collection beyond the bounds is an error that says how to ask for less."""
    monkeypatch.setattr(reader, "MOST_OBJECTS", 15)
    with pytest.raises(IncompleteError, match="--since"):
        list(read([taxii.address]))


def test_objects_without_an_id_are_not_taken_for_one(taxii):
    """What cannot be told apart is kept, and judged as a file's objects are."""
    for each in taxii.objects:
        del each["id"]
    assert values(read([taxii.address])) == ALL


@pytest.mark.parametrize("name", [None, "", "..", "a/b", "a?b", 7])
def test_collections_without_an_id_are_refused(taxii, name):
    """No id of a collection leads to another path of the server."""
    taxii.collections["x"] = {"id": name, "title": "X", "can_read": True}
    with pytest.raises(AnswerError, match="collection without an id"):
        list(read([f"taxii+http://{taxii.host}/api/"]))


def test_an_empty_collection_is_no_error(taxii):
    """An envelope without objects, or without anything, is an empty page (3.7)."""
    taxii.objects = []
    assert list(read([taxii.address])) == []
    taxii.faults.append(says(200, {}))
    assert list(read([taxii.address])) == []


def test_discovery_without_a_default(taxii):
    """The only API root is taken; of several, the user names one; one elsewhere is not asked."""
    host = f"taxii+http://{taxii.host}"
    del taxii.discovery["default"]
    assert values(read([host])) == ALL
    taxii.discovery["api_roots"] = [f"http://{taxii.host}/api/", "/other/"]
    with pytest.raises(ParameterError, match=r"name one of its own .*/other/"):
        list(read([host]))
    taxii.discovery["default"] = "https://evil.example/api/"
    with pytest.raises(AnswerError, match="away from"):
        list(read([host]))
    taxii.discovery = {"x": 1}
    with pytest.raises(AnswerError, match="check the address"):
        list(read([host]))


def test_no_credentials_are_asked_for_by_name(taxii, environment):
    """A server without credentials set is asked without, and a refusal says what is missing."""
    environment.delenv("SOCDEFENDERS_TAXII_TOKEN")
    with pytest.raises(MissingKeyError, match="none are set"):
        list(read([taxii.address]))
    taxii.token = ""
    assert values(read([taxii.address])) == ALL
    assert "authorization" not in taxii.requests[-1].headers


def test_a_user_and_password_are_sent_as_basic(taxii, environment):
    """A login goes along in UTF-8, from the environment or its caller; a token from its caller."""
    environment.delenv("SOCDEFENDERS_TAXII_TOKEN")
    environment.setenv("SOCDEFENDERS_TAXII_USER", "anna")
    environment.setenv("SOCDEFENDERS_TAXII_PASSWORD", "pass wörd:")
    taxii.token = basic("anna", "pass wörd:")
    assert values(read([taxii.address])) == ALL
    taxii.token = basic("bert", "x")
    server, _ = opened(taxii.address, credentials=Login("bert", "x"))
    assert values(server.records()) == ALL
    taxii.token = f"Bearer {TOKEN}"
    server, _ = opened(taxii.address, credentials=BearerToken(TOKEN))
    assert values(server.records()) == ALL


def test_redirects_stay_at_the_server(taxii):
    """A redirect to another host takes no credentials there; one at the same host is followed."""
    other = TaxiiServer([])
    try:
        taxii.faults.append(says(302, Location=f"http://{other.host}{OBJECTS}"))
        with pytest.raises(AnswerError, match="redirects to"):
            list(read([taxii.address]))
        assert not other.requests
    finally:
        other.close()

    def moved(handler, _answer):
        send(handler, Answer(308, b"", {"Location": OBJECTS}))

    taxii.faults.append(moved)
    assert values(read([taxii.address])) == ALL
