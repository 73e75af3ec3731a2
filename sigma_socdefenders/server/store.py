"""The list that is served now, and what becomes of its source meanwhile."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import SocDefendersError
from sigma_socdefenders.server.loading import Fingerprint, Served, fingerprint, load
from sigma_socdefenders.server.snapshot import Snapshot, succeed
from sigma_socdefenders.server.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Store"]

_LONGEST_LOAD = 1800.0
_FILES_EVERY, _FEED_EVERY = 2.0, 300.0
# Of files that have not changed since: what failed may have been the machine.
_RETRY_AFTER = 60.0
_log = logging.getLogger(__name__)


class Store:
    """Holds the snapshot in service; a request that has taken one keeps it to its end.

    A source that cannot be read leaves the last good list in service.

    Args:
        served: what is served.
        every: seconds between two looks at files, or two readings of the feed (default: 2, 300).
        clock: Unix time.

    Attributes:
        served: as above.
        failure: why the last reading failed; None after a good one.
        loads: how many readings succeeded.
        failures: how many failed.
        checked_at: when the source was last found to hold what is served, in Unix seconds.
    """

    def __init__(
        self,
        served: Served,
        *,
        every: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.served = served
        self.failure: str | None = None
        self.loads = self.failures = 0
        self.checked_at = 0.0
        self._tried_at = 0.0
        self._every = every or (_FILES_EVERY if served.is_files else _FEED_EVERY)
        self._clock = clock
        self._current: Snapshot | None = None
        self._read_state: Fingerprint | None = None

    @property
    def current(self) -> Snapshot:
        """The snapshot in service; take it once for each request."""
        assert self._current is not None, "no list was read yet"
        return self._current

    @property
    def age(self) -> float:
        """Seconds since the source was last found to hold what is served."""
        return max(0.0, self._clock() - self.checked_at)

    async def load(self) -> bool:
        """Read the source, and put what it holds in service; return whether that succeeded."""
        self._tried_at = self._clock()
        state = await asyncio.to_thread(fingerprint, self.served)
        # A process for each reading: what it took to build a list goes with it.
        worker = Worker(_LONGEST_LOAD)
        try:
            fresh = await worker.run(load, self.served)
            before = self._current
            if before is not None:
                fresh = await asyncio.to_thread(succeed, before, fresh)
        except SocDefendersError as error:
            self.failures += 1
            self.failure = str(error)
            _log.warning(json.dumps({"event": "source failed", "reason": self.failure}))
            return False
        finally:
            worker.close()
            self._read_state = state
        self.put(fresh)
        kept = {"event": "list read", "indicators": len(fresh), "read": fresh.read}
        _log.info(json.dumps(kept))
        return True

    def put(self, snapshot: Snapshot) -> None:
        """Put a snapshot in service, in one step."""
        self._current = snapshot
        self.checked_at = snapshot.read_at
        self.failure = None
        self.loads += 1

    async def follow(self) -> None:
        """Read the source again whenever it changes, or every so often; runs until cancelled."""
        seen = self._read_state
        while True:
            await asyncio.sleep(self._every)
            state = await asyncio.to_thread(fingerprint, self.served)
            settled, seen = state == seen, state
            due = self.failure is not None and self._clock() - self._tried_at > _RETRY_AFTER
            if self.served.is_files and state == self._read_state and not due:
                if self.failure is None:
                    self.checked_at = self._clock()
            # Files that are just being written are left until they stay as they are.
            elif settled or not self.served.is_files:
                await self.load()
