"""What a failure says, and how long a server that asks for patience is given."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.http.credentials import Credentials
from sigma_socdefenders.http.failures import Told, reset_wait, told_by


def test_a_wait_until_a_time_gone_by_is_none_at_all():
    """A reset or date of the past lets the next request go out at once."""
    for header in ({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}, {"x-ratelimit-reset": "1e9"}):
        assert reset_wait(header) == 0


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_any_wait_is_a_number_of_seconds_or_none(text):
    """No header makes the program wait backwards, or for ever."""
    for name in ("x-ratelimit-reset", "retry-after"):
        wait = reset_wait({name: text})
        assert wait is None or (wait >= 0 and math.isfinite(wait))


def test_a_failure_that_says_much_is_not_looked_at():
    """Of a failure whose body is longer than any message, no values are built."""
    body = b'{"error": "told", "x": "%s"}'
    for length, message in ((1, "told"), (1 << 20, "")):
        told = told_by(400, {}, body % (b"a" * length), Credentials())
        assert told == Told(400, {}, message, None, None)
