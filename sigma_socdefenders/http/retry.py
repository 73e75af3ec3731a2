"""Trying again: what is worth it, how long to wait, and when to give up."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from sigma_socdefenders.errors import RateLimitError
from sigma_socdefenders.http.failures import Transient

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Retrier", "RetryPolicy"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient a run is. All times are in seconds.

    Attributes:
        attempts: how often one request is sent before its fault counts.
        first_wait: before the second attempt; doubled before each further one, and shortened by
            up to a half at random, so that many clients do not come back at once.
        longest_wait: where the doubling ends.
        budget: all that faults may cost one run, in failed attempts and the waits after them;
            rate limits do not count.
        rate_limit_wait: the longest wait for one rate limit to lift; a run may meet many.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    budget: float = 300.0
    rate_limit_wait: float = 900.0


@dataclass(slots=True)
class Retrier:
    """Sends requests until one succeeds or patience ends; keeps the budget of a run.

    Args:
        policy: how patient to be.
        on_wait: told the seconds and the error before each wait.
        sleep: waits.
        chance: a number from 0 to 1, at random.
        clock: seconds that only ever grow.
    """

    policy: RetryPolicy = field(default_factory=RetryPolicy)
    on_wait: Callable[[float, str], object] = lambda _seconds, _reason: None
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    _spent: float = 0.0

    def call(self, request: Callable[[], _T]) -> _T:
        """Return what a request returns in the end.

        Raises:
            FeedError: that of the last attempt, or one that no attempt would mend.
        """
        number = 0
        while True:
            number += 1
            began = self.clock()
            try:
                return request()
            except Transient as caught:
                failure = caught
            wait = self._wait(number, failure)
            if self._gives_up(number, failure, wait, self.clock() - began):
                break
            self.on_wait(wait, failure.error.message)
            self.sleep(wait)
        # Raised out here, so that the errors of the attempts do not hang on to it.
        raise failure.error

    def pause(self, seconds: float, reason: str) -> None:
        """Wait before a request that would only be refused, if that is within the policy."""
        if 0 < seconds <= self.policy.rate_limit_wait:
            self.on_wait(seconds, reason)
            self.sleep(seconds)

    def _wait(self, number: int, failure: Transient) -> float:
        """Return the seconds to wait after that many attempts."""
        policy = self.policy
        doubled = policy.first_wait * 2.0 ** (number - 1)
        wait = min(policy.longest_wait, doubled) * (1 - self.chance() / 2)
        # A second more than the server asks for: its clock and ours tick apart.
        return wait if failure.wait is None else max(wait, failure.wait + self.chance())

    def _gives_up(self, number: int, failure: Transient, wait: float, taken: float) -> bool:
        """Say whether patience ends after that many attempts, of which the last took some time."""
        policy = self.policy
        if isinstance(failure.error, RateLimitError):
            return wait > policy.rate_limit_wait + 1 or number >= 2 * policy.attempts
        self._spent += taken + wait
        return number >= policy.attempts or self._spent > policy.budget
