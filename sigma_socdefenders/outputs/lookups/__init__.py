"""Lookups: lists of any size as the platform's own tables, and one rule a type that uses each.

What a platform's table cannot hold becomes grouped rules, so that no indicator goes missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import OutputError, TargetError
from sigma_socdefenders.files import atomic_writer
from sigma_socdefenders.outputs.lookups import defender, elastic, qradar, sentinel, splunk
from sigma_socdefenders.outputs.lookups.files import File
from sigma_socdefenders.outputs.lookups.lists import Lists
from sigma_socdefenders.outputs.lookups.rules import lookup_rules
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.identity import FEED
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import to_yaml
from sigma_socdefenders.targets import convert, find_target, render
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
    from sigma_socdefenders.indicators.normalize import IndicatorType
    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["PLATFORMS", "lookup_files", "write_files"]


@dataclass(frozen=True, slots=True)
class _Platform:
    """How a target keeps tables.

    Attributes:
        files: gives the files for lists, the text of what is left to grouped rules, and the
            deployment's settings.
        holds: says whether a table does all that the indicator's own rule does, as it is
            deployed.
        kinds: the types that have a table.
        output_format: the target's format of the grouped rules.
    """

    files: Callable[[Lists, str, Deployment], Iterator[File]]
    holds: Callable[[Indicator, Deployment], bool]
    kinds: frozenset[IndicatorType]
    output_format: str = "default"


def _always(holds: Callable[[Indicator], bool]) -> Callable[[Indicator, Deployment], bool]:
    return lambda indicator, _: holds(indicator)


PLATFORMS: dict[str, _Platform] = {
    "splunk": _Platform(splunk.files, _always(splunk.holds), splunk.KINDS, "savedsearches"),
    "splunk-cim": _Platform(splunk.cim_files, _always(splunk.holds), splunk.KINDS, "savedsearches"),
    "elastic": _Platform(elastic.files, elastic.holds, elastic.KINDS, "siem_rule_ndjson"),
    "defender": _Platform(defender.files, _always(defender.holds), defender.KINDS),
    "qradar": _Platform(qradar.files, _always(qradar.holds), qradar.KINDS),
    "sentinel": _Platform(sentinel.files, _always(sentinel.holds), sentinel.KINDS),
}
"""The targets that have tables."""


def lookup_files(
    found: Iterable[SourcedIndicator],
    target_name: str,
    *,
    list_name: ListName = FEED,
    published: str | None = None,
    settings: ConversionSettings | None = None,
    on_error: Callable[[BuiltRule, TargetError], object] | None = None,
) -> Iterator[File]:
    """Yield the files of a target's lookup: tables, Sigma rules, queries.

    Every table is there each time, if empty, so that no old one stays behind.

    Args:
        found: the indicators, all of which are held in memory.
        target_name: one of `PLATFORMS`.
        list_name: what the list is called; its rules and tables have names of their own.
        published: where Defender can fetch the tables.
        settings: deployment, further pipelines and backend options.
        on_error: called for each indicator that the target has neither table nor query for;
            without it the first one ends the run.

    Raises:
        TargetError: there are no lookups for the target; or, without `on_error`, see there.
    """
    platform = PLATFORMS.get(target_name)
    if platform is None:
        known = ", ".join(PLATFORMS)
        raise TargetError(f"There are no lookups for '{target_name}': use one of {known}.")
    if published is not None and platform.files is not defender.files:
        raise TargetError("Only Defender's queries fetch tables from an address.")
    tabled: list[SourcedIndicator] = []
    others: list[SourcedIndicator] = []
    deployment = Deployment() if settings is None else settings.deployment
    for sourced in found:
        (tabled if platform.holds(sourced.indicator, deployment) else others).append(sourced)
    lists = Lists.of(tabled, list_name)
    target = find_target(target_name)
    profile = load_profile("default", list_name)
    capacity = QueryCapacity(target, settings=settings)
    grouped = list(build_groups(others, profile, capacity, on_error=on_error))
    yield File("rules/grouped.yml", to_yaml(built.rule for built in grouped))
    for kind, rule in lookup_rules(lists).items():
        if kind in platform.kinds:
            yield File(f"rules/{kind}.yml", rule.text)
    converted = convert(
        grouped, target, platform.output_format, settings=settings, on_error=on_error
    )
    if published is None:
        yield from platform.files(lists, render(converted), deployment)
    else:
        yield from defender.files(lists, render(converted), deployment, published.rstrip("/"))


def write_files(folder: str | os.PathLike[str], files: Iterable[File]) -> int:
    """Write files below a folder, each whole or not at all, and return how many there are.

    Files to import that are left of a longer list are removed, as the only ones whose number
    changes. What Elastic's files no longer have is deleted by one more file.

    Raises:
        OutputError: a file or folder cannot be written, or an old file not removed.
    """
    written = set()
    for file in elastic.with_deletions(folder, files):
        path = Path(folder, file.path)
        written.add(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot make '{path.parent}': {error.strerror}.") from None
        with atomic_writer(path) as stream:
            stream.write(file.text)
    for pattern in (defender.NUMBERED, *elastic.NUMBERED):
        numbered = set(Path(folder).glob(pattern))
        if numbered & written:
            for path in sorted(numbered - written):
                _remove(path)
    return len(written)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"Cannot remove '{path}': {error.strerror}.") from None
