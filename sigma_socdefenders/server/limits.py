"""How often a key may ask: never more than so many in any stretch of so many seconds."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.server.keys import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OPEN", "TIERS", "Limiter", "Quota", "TierLimits"]

_MINUTE, _DAY = 60, 86_400


class TierLimits(NamedTuple):
    """What the API documents for a tier.

    Attributes:
        windows: pairs of seconds, and how many requests are allowed in any so many seconds.
        records: the most records of one answer.
        days: how many days back answers reach; None for all there is.
        rules: whether it may have rules.
    """

    windows: tuple[tuple[int, int], ...]
    records: int
    days: int | None
    rules: bool


TIERS = {
    Tier.FREE: TierLimits(((_MINUTE, 10), (_DAY, 1_000)), 100, 1, rules=False),
    Tier.PRO: TierLimits(((_MINUTE, 1_000),), 10_000, 365, rules=True),
}

OPEN = TierLimits((), 10_000, None, rules=True)
"""What is allowed where no keys are asked for."""


class Quota(NamedTuple):
    """What is left, of the window that has the least.

    Attributes:
        allowed: whether this request is within the limits; it counts only if it is.
        limit: how many the window allows.
        remaining: how many are left.
        reset: the Unix second from which on one more is allowed.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the documented headers."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class Limiter:
    """Counts the requests of each key, in the memory of this process.

    The times of the requests themselves are kept, not a count a minute: around the turn of a
    minute, such counts let twice as many through.

    Args:
        clock: Unix time.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._times: dict[str, deque[float]] = {}

    def ask(self, name: str, windows: tuple[tuple[int, int], ...]) -> Quota:
        """Count one request of a key, if it is allowed.

        Args:
            name: the key's id.
            windows: as in `TierLimits`, the shortest first.
        """
        now = self._clock()
        times = self._times.setdefault(name, deque())
        while times and times[0] <= now - windows[-1][0]:
            times.popleft()
        quotas = [_quota(times, now, seconds, limit) for seconds, limit in windows]
        if all(quota.allowed for quota in quotas):
            times.append(now)
            quotas = [
                quota._replace(
                    remaining=quota.remaining - 1,
                    reset=quota.reset or math.ceil(now + seconds),
                )
                for quota, (seconds, _) in zip(quotas, windows, strict=True)
            ]
        return min(quotas, key=lambda quota: (quota.allowed, quota.remaining, -quota.reset))


def _quota(times: deque[float], now: float, seconds: int, limit: int) -> Quota:
    """Return what one window allows; `reset` is 0 where it is empty."""
    within = 0
    oldest = 0.0
    for time_of in reversed(times):
        if time_of <= now - seconds:
            break
        within += 1
        oldest = time_of
    reset = math.ceil(oldest + seconds) if within else 0
    return Quota(within < limit, limit, max(0, limit - within), reset)
