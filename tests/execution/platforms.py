"""Each target with the engine that runs its queries and the form of its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engines.logscale import LogScaleEngine
from engines.udm import UdmEngine
from events import crowdstrike, elastic, kusto, qradar, secops, splunk

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.selection import KEEPABLE, Selection
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pytest
    from engines import Engine
    from engines.event import Event
    from events import Sighting


EVERYTHING = Selection(keep=frozenset(KEEPABLE))
"""Leaves out nothing: what the queries find is tried, not what one should look for."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A target in one of its query formats.

    Attributes:
        target: The target's name in the package's own table.
        output_format: The format whose output is a list of queries.
        engine: The engine that runs them, or its fixture's name where it has to be set up.
        event: Writes a sighting down as the platform has it.
        lacks: The types that the platform has no field for.
        unseen: The kinds of sightings that it has no events of, and of others (`kind type`) the
            types that these do not show.
    """

    target: str
    output_format: str
    engine: str | Callable[[], Engine]
    event: Callable[[Sighting], Event]
    lacks: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The target's name, and the format where it is not the usual one."""
        usual = self.output_format == "default"
        return self.target if usual else f"{self.target} ({self.output_format})"

    def shows(self, kind: str, type_: str) -> bool:
        """Whether its events of a kind show indicators of a type."""
        return type_ not in self.lacks and not {kind, f"{kind} {type_}"} & self.unseen

    def running(self, request: pytest.FixtureRequest) -> Engine:
        """The engine, set up."""
        if isinstance(self.engine, str):
            engine: Engine = request.getfixturevalue(self.engine)
            return engine
        return self.engine()

    def queries(
        self,
        records: Sequence[dict[str, Any]],
        profile: str = "default",
        *,
        leave_out: bool = False,
    ) -> list[str]:
        """Convert records to the target's queries.

        With `leave_out`, a rule of a log source that the target has no place for is passed over.
        """
        collection = SocDefendersCollection.from_records(
            records, profile=profile, selection=EVERYTHING
        )
        backend = find_target(self.target).make_backend()
        backend.collect_errors = leave_out
        found: list[str] = backend.convert(collection, self.output_format)
        return found

    def grouped_queries(
        self,
        records: Sequence[dict[str, Any]],
        profile: str = "default",
        *,
        leave_out: bool = False,
    ) -> list[str]:
        """Convert records as the command line does: as many to a query as the target takes."""
        collection = SocDefendersCollection.from_records(
            records,
            profile=profile,
            group=QueryCapacity(self.target),
            selection=EVERYTHING,
            collect_errors=leave_out,
        )
        backend = find_target(self.target).make_backend()
        backend.collect_errors = leave_out
        found: list[str] = backend.convert(collection, self.output_format)
        return found

    def found(self, engine: Engine, queries: Iterable[str], events: Sequence[Event]) -> set[int]:
        """The positions of the events that any of the queries finds."""
        return set().union(*(engine.matches(query, events) for query in queries))


# The data models have no place for loaded images and drivers.
_NO_MODULES = frozenset({"image_load", "driver_load"})
PLATFORMS = (
    Platform("splunk", "default", "spl", splunk.sysmon),
    Platform("splunk-cim", "default", "spl", splunk.data_model, unseen=_NO_MODULES),
    Platform("splunk-cim", "data_model", "spl", splunk.data_model, unseen=_NO_MODULES),
    Platform("elastic", "default", "lucene", elastic.ecs),
    Platform("esql", "default", "esql", elastic.ecs),
    Platform("eql", "default", "eql", elastic.ecs),
    Platform("opensearch", "default", "lucene", elastic.ecs),
    Platform(
        "crowdstrike",
        "default",
        LogScaleEngine,
        crowdstrike.falcon,
        frozenset({"sha1", "sha512", "cve", "mitre-attack", "email"}),
        frozenset(
            {
                *("create_stream_hash", "file_delete", "file_delete_logged"),
                "network_connection domain",
            }
        ),
    ),
    Platform("defender", "default", "defender", kusto.defender, frozenset({"sha512"})),
    Platform("qradar", "default", "aql", qradar.events, frozenset({"sha512"})),
    Platform("secops", "default", UdmEngine, secops.udm, frozenset({"sha512"})),
    Platform("sentinel", "default", "sentinel", kusto.sentinel),
)
