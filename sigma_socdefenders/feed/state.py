"""When each query was last read to its end: what `--since last` goes on from."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from sigma_socdefenders.errors import OutputError, StateError
from sigma_socdefenders.files import atomic_writer
from sigma_socdefenders.indicators.timestamps import format_instant, parse_instant

if TYPE_CHECKING:
    import os

    from sigma_socdefenders.indicators.filters import Filters

__all__ = ["OVERLAP", "FeedState"]

# Records may be stamped before they can be read; reading some twice does no harm.
OVERLAP = timedelta(hours=1)

_VERSION = 1
_LOCK_SECONDS = 10.0
# A time further ahead than clocks differ would skip what comes until then.
_MOST_AHEAD = timedelta(days=1)


class FeedState:
    """A small JSON file with the time of the last complete run of each query and base URL.

    It is safe to be shared by runs at the same time, and to be killed at any point: the file is
    replaced in one step, under a lock (`FILE.lock` beside it). Two jobs that read the same query
    for different outputs need a file each.

    Args:
        path: the file; it and its folder need not be there yet.
        overlap: how far before the last complete run the next one begins.
    """

    def __init__(self, path: str | os.PathLike[str], *, overlap: timedelta = OVERLAP) -> None:
        self.path = Path(path)
        self.overlap = overlap

    def since(
        self, base_url: str, query: Filters, *, now: datetime | None = None
    ) -> datetime | None:
        """Return where to go on, or None where this query was never read to its end.

        Args:
            base_url: the feed's address, as `FeedClient.base_url` has it.
            query: what is read; its `since` and `limit` do not matter.
            now: the time (default: this machine's).

        Raises:
            StateError: the file cannot be read, is no such file, or holds a time to come.
        """
        key = _key(base_url, query)
        for run in self._load():
            if _run_key(run) == key:
                return self._start(run, now or datetime.now(timezone.utc))
        return None

    def record(self, base_url: str, query: Filters, started_at: datetime) -> None:
        """Remember a complete run; call it once its output is safe.

        Args:
            base_url: the feed's address.
            query: what was read.
            started_at: when the run began, by the feed's clock (`FeedRun.started_at`).

        Raises:
            StateError: the file cannot be read or written.
        """
        key = _key(base_url, query)
        entry = {
            "base_url": base_url,
            "query": _parameters(query),
            "completed": format_instant(started_at),
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS):
                runs = [run for run in self._load() if _run_key(run) != key]
                self._save([*runs, entry])
        except Timeout:
            raise StateError(f"the state file {self.path} is held by another program") from None
        except OutputError as error:
            raise StateError(f"the state file cannot be written: {error}") from None
        except OSError as error:
            raise StateError(
                f"the state file {self.path} cannot be written: {error.strerror}"
            ) from None

    def _load(self) -> list[dict[str, Any]]:
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            version, runs = document["version"], document["runs"]
            if version == _VERSION and all(isinstance(run, dict) for run in runs):
                return list(runs)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StateError(
                f"the state file {self.path} cannot be read: {error.strerror}"
            ) from None
        except (ValueError, TypeError, KeyError, RecursionError):
            pass
        raise self._foreign()

    def _save(self, runs: list[dict[str, Any]]) -> None:
        document = {"version": _VERSION, "runs": sorted(runs, key=_run_key)}
        with atomic_writer(self.path) as stream:
            json.dump(document, stream, indent=2)
            stream.write("\n")

    def _start(self, run: dict[str, Any], now: datetime) -> datetime:
        try:
            completed = parse_instant(run["completed"])
            start = completed - self.overlap
        except (KeyError, ValueError, AttributeError, OverflowError):
            raise self._foreign() from None
        if completed - now > _MOST_AHEAD:
            raise StateError(
                f"the state file {self.path} says that the last run was at "
                f"{format_instant(completed)}, which is still to come: check this machine's clock, "
                "or move the file away to start over"
            )
        return start

    def _foreign(self) -> StateError:
        return StateError(
            f"the state file {self.path} is none of this program: move it away to start over"
        )


def _parameters(query: Filters) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(query.parameters())
    parameters.pop("since", None)
    if query.type:
        parameters["type"] = sorted(kind.value for kind in query.type)
    return parameters


def _key(base_url: str, query: Filters) -> str:
    return json.dumps([base_url, _parameters(query)], sort_keys=True)


def _run_key(run: dict[str, Any]) -> str:
    return json.dumps([run.get("base_url"), run.get("query")], sort_keys=True)
