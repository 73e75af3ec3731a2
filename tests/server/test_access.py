"""Keys of requests, and what their tiers allow."""

from __future__ import annotations

import base64
import os
import time
from datetime import datetime, timezone

import pytest

from sigma_socdefenders.server.keys import Tier, add_key, revoke_key
from sigma_socdefenders.testing import sample_records
from tests.server.helpers import Clock, TestServer

RECORDS, RULES = "/api/v1/iocs", "/api/v1/iocs/sigma"
DAY = 86_400


@pytest.fixture
def fresh(tmp_path):
    """A keyed server whose clock stands an hour after the last of 120 records was seen."""
    clock = Clock(datetime(2026, 1, 1, 2, 59, tzinfo=timezone.utc).timestamp())
    return TestServer(tmp_path, sample_records(120), keys=True, clock=clock)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_api_key"),
        ({"Authorization": "Bearer"}, "missing_api_key"),
        ({"Authorization": "Bearer sk_live_wrong"}, "invalid_api_key"),
        ({"Authorization": "Basic !!"}, "invalid_api_key"),
        ({"X-API-Key": "sk_live_wrong"}, "invalid_api_key"),
        ({"X-API-Key": "☠".encode()}, "invalid_api_key"),
    ],
)
@pytest.mark.parametrize("path", [RECORDS, RULES, "/metrics"])
def test_without_a_good_key_there_is_nothing(keyed, path, headers, code):
    """A missing or wrong key is a 401 in the documented body, which does not repeat it."""
    answer = keyed.get(path, **headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == code
    assert "wrong" not in answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_comes_in_three_ways(keyed):
    """Bearer, X-API-Key, and as the password that TAXII clients send."""
    basic = base64.b64encode(f"anybody:{keyed.pro}".encode()).decode()
    for headers in (
        {"Authorization": f"Bearer {keyed.pro}"},
        {"authorization": f"bearer {keyed.pro}"},
        {"X-API-Key": keyed.pro},
        {"Authorization": f"Basic {basic}"},
    ):
        assert keyed.get(f"{RECORDS}?limit=1", **headers).status_code == 200


def test_a_free_key_has_no_rules(fresh):
    """Rules are a 403 for a free key."""
    answer = fresh.get(RULES, key=fresh.free)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "tier_required"
    assert fresh.get(RULES, key=fresh.pro).status_code == 200


def test_a_free_key_has_100_records_of_one_day(fresh):
    """A larger limit is refused; what is older than a day is not there, and `meta` says so."""
    answer = fresh.get(f"{RECORDS}?limit=101", key=fresh.free)
    assert answer.status_code == 400
    assert "1 to 100" in answer.json()["error"]["message"]
    meta = fresh.get(RECORDS, key=fresh.free).json()["meta"]
    assert meta["total"] == 120
    assert meta["filters"]["since"] == "2025-12-31T02:59:00Z"
    fresh.clock.now += DAY - 3600 - 60 * 60
    meta = fresh.get(RECORDS, key=fresh.free).json()["meta"]
    # Those of the first hour are more than a day old by now.
    assert meta["total"] == 120 - 59
    assert fresh.get(RECORDS, key=fresh.pro).json()["meta"]["total"] == 120


def test_since_within_the_reach_is_left_as_it_is(fresh):
    """What a free key asks for within its day is what `meta` says was answered."""
    since = "2026-01-01T01:00:00Z"
    meta = fresh.get(f"{RECORDS}?since={since}", key=fresh.free).json()["meta"]
    assert meta["filters"]["since"] == since
    assert meta["total"] == 59


def test_limits_by_key_with_the_documented_headers(fresh):
    """Ten requests a minute; the eleventh is a 429 that says when to come back."""
    for left in range(9, -1, -1):
        headers = fresh.get(f"{RECORDS}?limit=1", key=fresh.free).headers
        assert headers["x-ratelimit-limit"] == "10"
        assert headers["x-ratelimit-remaining"] == str(left)
    answer = fresh.get(RECORDS, key=fresh.free)
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    reset = int(answer.headers["x-ratelimit-reset"])
    assert reset == fresh.clock.now + 60
    assert "retry-after" not in answer.headers
    assert fresh.get(RECORDS, key=fresh.pro).status_code == 200
    fresh.clock.now = reset
    assert fresh.get(RECORDS, key=fresh.free).status_code == 200


def test_errors_of_a_key_count_and_carry_the_headers(fresh):
    """A refused parameter is a request like any other, and says what is left."""
    answer = fresh.get(f"{RECORDS}?limit=x", key=fresh.free)
    assert answer.headers["x-ratelimit-remaining"] == "9"


def test_the_keys_file_is_read_again(fresh):
    """A new key is good, and a revoked one is not, a second later; a broken file is no change."""
    added = add_key(fresh.keys_path, tier=Tier.PRO, label="", expires=None)
    fresh.clock.now += 1
    assert fresh.get(RECORDS, key=added[1]).status_code == 200
    revoke_key(fresh.keys_path, added[0].id)
    fresh.clock.now += 1
    assert fresh.get(RECORDS, key=added[1]).json()["error"]["code"] == "invalid_api_key"
    fresh.keys_path.write_text("{", "utf-8")
    fresh.clock.now += 1
    assert fresh.get(RECORDS, key=fresh.pro).status_code == 200


def test_an_expired_key_is_told_so(fresh):
    """A key whose time has ended has a code of its own."""
    end = datetime.fromtimestamp(fresh.clock.now + 30, timezone.utc)
    _, text = add_key(fresh.keys_path, tier=Tier.PRO, label="", expires=end)
    os.utime(fresh.keys_path, (time.time() + 5, time.time() + 5))
    fresh.clock.now += 29
    assert fresh.get(RECORDS, key=text).status_code == 200
    fresh.clock.now += 1
    assert fresh.get(RECORDS, key=text).json()["error"]["code"] == "expired_api_key"


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:8000", "192.0.2.1", ""])
def test_without_keys_only_local_names_are_answered(server, host):
    """A page from elsewhere cannot read the list through a name that it points here."""
    answer = server.get(RECORDS, Host=host)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "local_only"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "[::1]"]
)
def test_local_names(server, host):
    """This machine has several names."""
    assert server.get(f"{RECORDS}?limit=1", Host=host).status_code == 200


def test_health_needs_no_key(keyed):
    """Whether the server works is told to everybody, and nothing of the list."""
    answer = keyed.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_metrics_need_a_key_and_do_not_count(fresh):
    """The counters are for whoever has a key, as often as it likes."""
    for _ in range(20):
        answer = fresh.get("/metrics", key=fresh.free)
    assert 'socdefenders_indicators{type="domain"} 30' in answer.text
    assert fresh.get(RECORDS, key=fresh.free).headers["x-ratelimit-remaining"] == "9"
