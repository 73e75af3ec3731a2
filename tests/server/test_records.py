"""`GET /api/v1/iocs`."""

from __future__ import annotations

import csv
import io
import uuid

import pytest

from sigma_socdefenders.rules.identity import PROJECT_NAMESPACE
from tests.server.helpers import TestServer

PATH = "/api/v1/iocs"


def test_json_has_data_meta_and_links(server):
    """The document is the documented one, and `links.next` leads through all of it."""
    found, path = [], f"{PATH}?limit=100"
    while path:
        document = server.get(path).json()
        assert set(document) == {"data", "meta", "links"}
        assert document["meta"]["total"] == 243
        found += document["data"]
        path = document["links"].get("next")
    assert len({record["value"] for record in found}) == len(found) == 243
    record = found[0]
    assert record["id"] == "ioc_5feceb66ffc86f38"
    assert record["source"]["feed_name"] == "Example Research"


def test_meta_says_what_was_asked_and_how_old_the_list_is(server):
    """`meta` repeats the filters, and has the time and age of the list."""
    meta = server.get(f"{PATH}?type=domain&confidence=high&limit=3&offset=2").json()["meta"]
    assert meta["filters"] == {"type": "domain", "confidence": "high"}
    assert (meta["limit"], meta["offset"], meta["total"]) == (3, 2, 20)
    assert meta["stale"] is False
    assert meta["source"] == "list.json"


def test_every_record_has_an_id(server):
    """Where the source gave none, the id is that of the indicator's rule."""
    record = server.get(f"{PATH}?type=email").json()["data"][0]
    assert record["id"] == str(uuid.uuid5(PROJECT_NAMESPACE, "email:sender@evil.example"))
    assert record["value"] == "sender@evil.example"


def test_csv_has_the_documented_columns(server):
    """CSV is the documented columns, a row for each indicator."""
    answer = server.get(f"{PATH}?format=csv&limit=2")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert list(rows[0]) == [
        "id", "type", "value", "confidence", "first_seen", "last_seen",
        "source_article", "source_feed", "category", "tags",
    ]  # fmt: skip
    assert rows[1]["value"] == "host-1.example.net"
    assert rows[1]["tags"] == "loader,healthcare"
    assert rows[1]["category"] == "phishing"


def test_txt_is_one_value_a_line(server):
    """TXT is the bare values."""
    answer = server.get(f"{PATH}?format=txt&type=domain&limit=2")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "host-1.example.net\nhost-5.example.net\n"


@pytest.mark.parametrize("form", ["json", "csv", "txt"])
@pytest.mark.parametrize("query", ["limit=10000", "type=md5", "type=domain", "offset=1000000"])
def test_lengths_are_right(server, form, query):
    """The length that is said is the length that comes, plain or compressed, empty or not."""
    plain = server.get(f"{PATH}?format={form}&{query}", Accept_Encoding="identity")
    assert len(plain.content) == int(plain.headers["content-length"])
    packed = server.get(f"{PATH}?format={form}&{query}", Accept_Encoding="gzip")
    assert packed.content == plain.content


def test_gzip_is_whole_and_the_same_each_time(server):
    """What is compressed once serves every answer, each with a `meta` of its own."""

    def packed():
        server.clock.now += 5
        return server.get(f"{PATH}?limit=1000", Accept_Encoding="gzip").json()

    first, second = packed(), packed()
    assert first["data"] == second["data"]
    assert second["meta"]["age_seconds"] == first["meta"]["age_seconds"] + 5


def test_a_private_address_is_left_out(server):
    """What would do harm is not served."""
    assert "10.0.0.1" not in server.get(f"{PATH}?format=txt&limit=1000").text


@pytest.mark.parametrize("query", ["limit=0", "format=xml", "offset=x", "profile=default"])
def test_bad_values(server, query):
    """A bad value, or a parameter of the other endpoint, is refused by name."""
    answer = server.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error"]["message"]


def test_other_paths_and_methods(server):
    """What is not there, or not allowed, is answered in the documented body as well."""
    assert server.get("/api/v2/iocs").json()["error"]["code"] == "not_found"
    answer = server.get(PATH, method="POST")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"
    assert server.get(PATH, method="HEAD").content == b""


def test_a_fault_of_the_server_is_answered_in_the_documented_body(tmp_path):
    """Whatever fails inside, the client gets an error with the id that the log has."""
    broken = TestServer(tmp_path, [{"value": "evil.example"}])
    broken.service.store._current = None
    answer = broken.get(PATH)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "no list was read" not in answer.text
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]
