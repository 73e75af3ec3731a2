"""Rules and queries that are not ready in the snapshot: made in a child process, and kept."""

from __future__ import annotations

import contextlib
import json
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders import targets
from sigma_socdefenders.errors import Position, SocDefendersError
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.rules.build import build_all
from sigma_socdefenders.rules.grouping import DEFAULT_VALUES, ValueCapacity, build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import to_yaml
from sigma_socdefenders.server.worker import Worker
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigma_socdefenders.errors import TargetError
    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.rules.grouping import Capacity
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.server.snapshot import Snapshot

__all__ = ["Converted", "Rendered", "Renderer", "Wanted"]

_MOST_SECONDS = 120.0
_MOST_KEPT, _MOST_BYTES = 64, 64 << 20


class Wanted(NamedTuple):
    """How rules are to be made.

    Attributes:
        profile: its name or path.
        list_name: the list that the rules are of.
        group: whether indicators share rules.
        target: where to; empty for Sigma YAML.
        format: one of the target's.
    """

    profile: str
    list_name: ListName
    group: bool = False
    target: str = ""
    format: str = "default"


class Rendered(NamedTuple):
    """What was made.

    Attributes:
        text: the rules or queries.
        left_out: why each rule that could not be converted is not there.
    """

    text: bytes
    left_out: tuple[str, ...]


class Converted(NamedTuple):
    """The query of one indicator for one target.

    Attributes:
        target: the target's name.
        title: what it is, for a person.
        text: the query; empty where there is none.
        reason: why there is none.
    """

    target: str
    title: str
    text: str
    reason: str


class Renderer:
    """Makes rules and queries off the event loop; keeps the last few of the list in service."""

    def __init__(self) -> None:
        self._worker = Worker(_MOST_SECONDS)
        self._held: OrderedDict[object, Rendered] = OrderedDict()
        self._size = 0
        self._digest = ""

    async def render(self, snapshot: Snapshot, numbers: Sequence[int], wanted: Wanted) -> Rendered:
        """Return the rules or queries of some indicators of a list.

        Raises:
            WorkError: it took too long, or failed.
        """
        if snapshot.digest != self._digest:
            self._held.clear()
            self._size, self._digest = 0, snapshot.digest
        chosen = numbers if isinstance(numbers, range) else tuple(numbers)
        key = (snapshot.digest, chosen, wanted)
        if (found := self._held.get(key)) is not None:
            self._held.move_to_end(key)
            return found
        records = b"[" + b"".join(snapshot.records.runs(numbers))[:-1] + b"]"
        made = await self._worker.run(render, records, wanted)
        fits = len(made.text) <= _MOST_BYTES // 2 and snapshot.digest == self._digest
        if fits and key not in self._held:
            self._held[key] = made
            self._size += len(made.text)
        while len(self._held) > _MOST_KEPT or self._size > _MOST_BYTES:
            _, oldest = self._held.popitem(last=False)
            self._size -= len(oldest.text)
        return made

    async def convert_all(self, snapshot: Snapshot, number: int, wanted: Wanted) -> list[Converted]:
        """Return the query of one indicator for each target.

        Raises:
            WorkError: it took too long, or failed.
        """
        return await self._worker.run(convert_all, snapshot.records[number][:-1], wanted)

    async def ready(self) -> None:
        """Start the process, and have it load what every target needs."""
        await self._worker.run(load_targets)

    def close(self) -> None:
        """End the process."""
        self._worker.close()


def load_targets() -> None:
    """Import the backends of all targets, which takes longer than to convert a rule."""
    for target in targets.TARGETS.values():
        with contextlib.suppress(SocDefendersError, ImportError):
            target.make_backend()


def render(records: bytes, wanted: Wanted) -> Rendered:
    """Return the rules or queries of records in the feed's shape, as JSON.

    Raises:
        TargetError: there is no such target or format.
        ProfileError: there is no such profile.
    """
    profile = load_profile(wanted.profile, wanted.list_name)
    found = (
        SourcedIndicator(Indicator.from_record(record), Position("list", number))
        for number, record in enumerate(json.loads(records), 1)
    )
    left_out: list[str] = []

    def on_error(built: BuiltRule, error: TargetError) -> None:  # noqa: ARG001 - a callback's
        left_out.append(str(error))

    if wanted.group:
        built = build_groups(found, profile, _capacity(wanted), on_error=on_error)
    else:
        built = build_all(found, profile)
    if not wanted.target:
        return Rendered(to_yaml(one.rule for one in built).encode(), ())
    target = targets.find_target(wanted.target)
    result = targets.convert(built, target, wanted.format, on_error=on_error)
    return Rendered(targets.render(result).encode(), tuple(left_out))


def convert_all(record: bytes, wanted: Wanted) -> list[Converted]:
    """Return the query of one record for each target.

    Raises:
        ProfileError: there is no such profile.
    """
    found = []
    for name, target in targets.TARGETS.items():
        text, reason = "", "The profile has no rule for its type."
        try:
            made = render(b"[" + record + b"]", wanted._replace(target=name))
            text = made.text.decode().rstrip("\n")
            reason = made.left_out[0] if made.left_out else reason
        except (SocDefendersError, ImportError) as error:
            # A backend that is not installed takes no other target's query with it.
            reason = str(error)
        found.append(Converted(name, target.title, text, reason))
    return found


def _capacity(wanted: Wanted) -> Capacity:
    if not wanted.target:
        return ValueCapacity(DEFAULT_VALUES)
    target = targets.find_target(wanted.target)
    return QueryCapacity(target, target.limit, None)
