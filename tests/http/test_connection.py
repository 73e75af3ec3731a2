"""One request, one answer: where it may come from, how long it may take, how large it may be."""

from __future__ import annotations

import gzip
import json
import zlib

import httpx
import pytest

from sigma_socdefenders.errors import AnswerError, FeedError, UnreachableError
from sigma_socdefenders.http.connection import AnswerLimits
from sigma_socdefenders.http.failures import Transient
from sigma_socdefenders.testing import FakeFeed, faults

PATH = "/api/v1/iocs"


def ask(connection):
    """Return the answer to a request for the server's list."""
    return connection.fetch(connection.url(PATH, {}), "application/json")


def passing(connection):
    """Return the error of a request that another attempt may mend."""
    with pytest.raises(Transient) as caught:
        ask(connection)
    return caught.value.error


def packed(body=None, share=1.0, encoding="gzip", pack=gzip.compress, behind=b""):
    """Return a fault that sends a compressed body, or a share of it, and more behind it."""

    def fault(exchange):
        whole = pack(exchange.body() if body is None else body)
        sent = whole[: int(len(whole) * share)] + behind
        exchange.send(200, sent, exchange.media, {"Content-Encoding": encoding})

    return fault


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_gets_no_request(server, connect, code):
    """The other host hears nothing, and the error names it."""
    with FakeFeed() as other:
        other.key = server.key
        server.fail(faults.redirect(f"{other.url}{PATH}", code))
        with pytest.raises(AnswerError, match="redirects to http://127"):
            ask(connect())
        assert other.requests == []


def test_a_way_back_with_other_credentials_is_refused(server, connect):
    """Credentials in a redirect or a link would go out in the place of the key."""
    address = server.url.replace("http://", "http://user:pw@") + f"{PATH}?cursor=x"
    server.fail(faults.redirect(address))
    connection = connect()
    with pytest.raises(AnswerError, match="redirects to") as redirected:
        ask(connection)
    with pytest.raises(AnswerError, match="the link to the next page leads to") as linked:
        connection.link(address, connection.base)
    assert "pw" not in f"{redirected.value} {linked.value}"
    assert len(server.requests) == 1


@pytest.mark.parametrize("address", ["https://{key}.example/", "https://{upper}.example/"])
def test_a_key_that_comes_back_in_an_address_is_not_shown(server, connect, address):
    """A server that puts the key into an address brings it into no message, in capitals or not."""
    server.fail(faults.redirect(address.format(key=server.key, upper=server.key.upper())))
    with pytest.raises(AnswerError, match="redirects to") as caught:
        ask(connect())
    assert server.key.lower() not in str(caught.value).lower()


def test_a_client_that_follows_redirects_does_not_here(server, connect):
    """The caller's own client cannot carry the key to another host either."""
    with FakeFeed() as other, httpx.Client(follow_redirects=True) as client:
        server.fail(faults.redirect(f"{other.url}{PATH}"))
        with pytest.raises(AnswerError):
            ask(connect(client=client))
        assert other.requests == []


def test_a_redirect_on_the_same_host_is_followed(server, connect):
    """A path that has moved is asked the same, and circles come to an end."""
    connection = connect()
    server.fail(faults.redirect(PATH))
    answer = connection.fetch(connection.url("/moved", {"limit": "7"}), "application/json")
    assert answer.url.path == PATH
    assert len(json.loads(answer.body)["data"]) == 7
    server.fail(faults.redirect(PATH), times=100)
    with pytest.raises(AnswerError, match="circles"):
        ask(connection)


def test_a_base_url_may_have_a_path(server, connect):
    """A server behind a gateway is asked below the gateway's path."""
    with pytest.raises(FeedError, match="answered 404"):
        ask(connect(base=f"{server.url}/gateway/"))
    assert server.requests[0].path == f"/gateway{PATH}"


@pytest.mark.parametrize("fault", [faults.drip(), faults.drip_headers()], ids=["body", "headers"])
def test_a_slow_drip_is_bounded_in_time(server, connect, fault):
    """An answer that never ends, a byte at a time, is given up after the seconds allowed."""
    server.fail(fault)
    error = passing(connect(limits=AnswerLimits(seconds=0.2)))
    assert isinstance(error, UnreachableError)
    assert "did not finish its answer in 0.2 seconds" in str(error)


@pytest.mark.parametrize(
    "fault",
    [
        faults.endless(),
        packed(b" " * 50_000_000),
        packed(b" " * 50_000_000, encoding="deflate", pack=zlib.compress),
        packed(behind=b"\0" * 2_000_000),
    ],
    ids=["endless", "gzip", "deflate", "behind a compressed body"],
)
def test_a_body_is_bounded_in_bytes(server, connect, fault):
    """The bound holds for what is sent, for what that inflates to, and for what comes behind."""
    server.fail(fault)
    with pytest.raises(AnswerError, match="more than 1000000 bytes"):
        ask(connect(limits=AnswerLimits(bytes=1_000_000)))


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)],
)
def test_a_compressed_answer_is_read(server, connect, encoding, pack):
    """A gzip body is asked for, and read, as is one of zlib's that was not."""
    server.fail(packed(b"indicators", encoding=encoding, pack=pack))
    assert ask(connect()).body == b"indicators"
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_a_compressed_answer_cut_short_is_a_fault(server, connect):
    """A compressed body that ends early is no answer, and worth another attempt."""
    server.fail(packed(share=0.5))
    assert "a compressed answer cut short" in str(passing(connect()))


def test_an_unknown_encoding_is_refused(server, connect):
    """What cannot be bounded is not decompressed."""
    server.fail(packed(encoding="br"))
    with pytest.raises(AnswerError, match="encoding"):
        ask(connect())


def test_nobody_there_is_told(connect):
    """A port that nobody listens on is an error that names the address."""
    with FakeFeed() as gone:
        address = gone.url
    error = passing(connect(base=address))
    assert isinstance(error, UnreachableError)
    assert address in str(error)


def test_a_callers_client_may_raise_anything(connect):
    """An exception of the caller's own client ends as an error of ours."""

    def refuse(request):
        raise LookupError("no route")

    with (
        httpx.Client(transport=httpx.MockTransport(refuse)) as client,
        pytest.raises(UnreachableError, match="no route"),
    ):
        ask(connect(client=client))


def test_a_callers_client_is_used_and_left_open(server, connect):
    """The caller's client sends the requests, with its own headers, and stays open."""
    with httpx.Client(headers={"X-Team": "blue"}, auth=("user", "pass")) as client:
        ours = connect(client=client)
        assert ask(ours).status == 200
        ours.close()
        assert not client.is_closed
    assert server.requests[0].headers["x-team"] == "blue"
    assert server.requests[0].headers["authorization"] == f"Bearer {server.key}"
