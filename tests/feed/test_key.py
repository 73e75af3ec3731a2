"""The key is found where it should be, and shown nowhere."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from sigma_socdefenders.errors import (
    FeedError,
    InvalidKeyError,
    MissingKeyError,
    ParameterError,
)
from sigma_socdefenders.feed import ApiKey, FeedClient, RetryPolicy
from sigma_socdefenders.testing import faults
from tests.feed.helpers import ids

SECRET = "sk_live_s3cr3t"


def test_the_key_is_looked_for_in_order(tmp_path):
    """The argument counts before the file, the file before the environment's key and file."""
    named, listed = tmp_path / "named", tmp_path / "listed"
    named.write_text("named\n")
    listed.write_text("listed\n")
    environment = {"SOCDEFENDERS_API_KEY": "variable", "SOCDEFENDERS_API_KEY_FILE": str(listed)}
    assert ApiKey.find("passed", None, environment).header() == {"Authorization": "Bearer passed"}
    assert ApiKey.find(None, named, environment).header() == {"Authorization": "Bearer named"}
    assert ApiKey.find(None, None, environment).header() == {"Authorization": "Bearer variable"}
    del environment["SOCDEFENDERS_API_KEY"]
    assert ApiKey.find(None, None, environment).header() == {"Authorization": "Bearer listed"}
    with pytest.raises(ParameterError):
        ApiKey.find("passed", named, {})


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_a_missing_key_says_where_one_can_be_put(text):
    """Whoever has no key is told where it would be looked for, before any request."""
    with pytest.raises(MissingKeyError, match=r"SOCDEFENDERS_API_KEY.*--api-key-file"):
        ApiKey.find(text, None, {})


@pytest.mark.parametrize("text", ["two words", "line\r\nX-Evil: 1", "schlüssel", "x" * 5000])
def test_what_cannot_be_a_key_is_refused(text):
    """Nothing that would end a header or that no key has is sent, nor shown."""
    with pytest.raises(InvalidKeyError) as caught:
        ApiKey(text)
    assert text not in str(caught.value)


def test_a_key_file_that_cannot_be_read_is_told(tmp_path):
    """The error names the file."""
    with pytest.raises(InvalidKeyError, match="none-such"):
        ApiKey.find(None, tmp_path / "none-such", {})
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidKeyError, match="is not text"):
        ApiKey.find(None, tmp_path / "binary", {})


def test_the_key_does_not_show_itself():
    """No repr, format or pickle of a key holds it."""
    key = ApiKey(SECRET)
    assert SECRET not in f"{key} {key!r} {key!s} {[key]} {vars}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert key.redact(f"bad {SECRET}, sk_live_another") == "bad [api key], [api key]"


def shown(error):
    """Return all that a traceback with local variables, chained errors included, would show."""
    lines = []
    while error is not None:
        captured = traceback.TracebackException.from_exception(error, capture_locals=True)
        frames = [frame for frame in captured.stack if "sigma_socdefenders" in frame.filename]
        lines += [str(error), repr(vars(error)), repr([frame.locals for frame in frames])]
        error = error.__cause__ or error.__context__
    return "\n".join(lines)


FAULTS = {
    "quoted by the server": faults.error(401, "invalid_api_key", f"no such key {SECRET}"),
    "quoted in a page": faults.status(500, f"<title>{SECRET}</title>", "text/html"),
    "reset": faults.reset(),
    "truncated": faults.truncated(),
    "page": faults.page(),
    "redirect": faults.redirect("https://evil.example/"),
    "endless": faults.rate_limited(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_no_error_log_or_traceback_shows_the_key(feed, connect, caplog, fault):
    """Whatever goes wrong, at any level of logging, with locals and causes, the key is hidden."""
    caplog.set_level(logging.DEBUG)
    feed.key = SECRET
    feed.fail(fault, times=50)
    client = connect(SECRET, retries=RetryPolicy(attempts=2))
    with pytest.raises(FeedError) as caught:
        list(client.read())
    assert SECRET not in shown(caught.value)
    assert caplog.records
    for record in caplog.records:
        assert SECRET not in record.getMessage()


def test_a_good_run_logs_no_key(feed, connect, caplog):
    """The HTTP library's own debug log does not hold the key either."""
    caplog.set_level(logging.DEBUG)
    assert len(ids(connect().read())) == 250
    assert caplog.records
    assert feed.requests[0].headers["authorization"] == f"Bearer {feed.key}"
    assert feed.key not in caplog.text


def test_a_client_sends_no_key_in_the_clear():
    """A client of a feed over plain HTTP is not made, unless that is asked for."""
    with pytest.raises(ParameterError, match="in the clear"):
        FeedClient(SECRET, base_url="http://feed.example")
    FeedClient(SECRET, base_url="http://feed.example", allow_http=True).close()


def test_a_base_url_may_have_a_path(feed, connect):
    """A feed behind a gateway is asked below the gateway's path."""
    client = connect(base_url=f"{feed.url}/gateway/")
    with pytest.raises(FeedError, match="check the base URL"):
        list(client.read())
    assert feed.requests[0].path == "/gateway/api/v1/iocs"


def test_the_environment_names_the_feed(feed, monkeypatch):
    """Key and base URL come from the environment where none are passed."""
    monkeypatch.setenv("SOCDEFENDERS_BASE_URL", feed.url)
    monkeypatch.setenv("SOCDEFENDERS_API_KEY", feed.key)
    with FeedClient() as client:
        assert len(ids(client.read())) == 250
