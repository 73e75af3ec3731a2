"""Whatever a server sends is a page, or one of our errors."""

from __future__ import annotations

import csv
import io
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.errors import AnswerError, FeedError
from sigma_socdefenders.feed import ApiKey
from sigma_socdefenders.feed.failures import failure
from sigma_socdefenders.feed.pages import read_page
from sigma_socdefenders.feed.seen import digests
from sigma_socdefenders.http.connection import Answer
from sigma_socdefenders.http.failures import Transient

URL = httpx.URL("https://socdefenders.ai/api/v1/iocs")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=["Z"]))


def answer(body, media="application/json"):
    """Return a whole answer with that body."""
    return Answer(200, {"content-type": media}, body, URL)


@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda j: json.dumps(j).encode()))
@pytest.mark.parametrize("form", ["json", "csv", "txt"])
def test_any_body_is_a_page_or_an_error(form, body):
    """No body raises anything else, and every record of a page can be told from others."""
    try:
        page = read_page(answer(body, "text/plain"), form)
    except (AnswerError, Transient):
        return
    assert len(digests(page.records)) == len(page.records)


@given(st.lists(JSON), st.dictionaries(st.sampled_from(["total", "limit", "filters"]), JSON), JSON)
def test_any_meta_and_links_are_read_around(data, meta, links):
    """What else an answer holds never costs its records."""
    body = json.dumps({"data": data, "meta": meta, "links": links}).encode()
    page = read_page(answer(body), "json")
    assert json.dumps(page.records) == json.dumps(data)
    assert page.total is None or page.total >= 0
    assert page.next is None or isinstance(page.next, str)


@given(st.lists(st.tuples(CELL, CELL, CELL).filter(any)))
def test_csv_comes_out_as_it_was_written(rows):
    """Whatever cells hold, quotes and commas included, the fields come out whole."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["value", "id", "confidence"])
    writer.writerows(rows)
    page = read_page(answer(b"\xef\xbb\xbf" + text.getvalue().encode(), "text/csv"), "csv")
    found = [tuple(r.get(c, "") for c in ("value", "id", "confidence")) for r in page.records]
    assert found == rows


@given(st.integers(201, 599), st.binary() | JSON.map(lambda j: json.dumps({"error": j}).encode()))
def test_any_failure_is_an_error(status, body):
    """Whatever comes with a status that is no success, there is an error for it."""
    found = failure(Answer(status, {"x-request-id": "req_1"}, body, URL), ApiKey("key"))
    error = found.error if isinstance(found, Transient) else found
    assert isinstance(error, FeedError)
    assert error.status == status
    assert "\n" not in str(error)


def test_the_media_type_is_quoted_only_where_it_is_a_common_one():
    """A server may send back what it was sent, the key included, or what drives a terminal."""
    for media in ("text/sd_live_secret", "text/\x1b[31m"):
        with pytest.raises(AnswerError, match="another media type"):
            read_page(answer(b"<html>", media=media), "json")
