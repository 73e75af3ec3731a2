"""Lookups: lists of any size as the platform's own tables, and one rule a type that uses each.

What a platform's table cannot hold becomes grouped rules, so that no indicator goes missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaConfigurationError

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import SettingsError, TargetError
from sigma_socdefenders.outputs.lookups import elastic
from sigma_socdefenders.outputs.lookups.files import File
from sigma_socdefenders.outputs.lookups.lists import Lists
from sigma_socdefenders.outputs.lookups.rules import lookup_rules
from sigma_socdefenders.outputs.lookups.withdrawals import with_withdrawals
from sigma_socdefenders.outputs.rule_folder import MANIFEST, Document, Layout, Plan, keep
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.identity import FEED
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import to_yaml
from sigma_socdefenders.targets import TARGETS, convert, find_target, load_reference, render
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from sigma_socdefenders.indicators.indicator import SourcedIndicator
    from sigma_socdefenders.outputs.lookups.platform import Platform
    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["PLATFORMS", "lookup_files", "write_files"]


PLATFORMS: dict[str, Platform] = {
    target.name: load_reference(target.lookups) for target in TARGETS.values() if target.lookups
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
        SettingsError: the settings or the address are none that the target can have.
    """
    platform = PLATFORMS.get(target_name)
    if platform is None:
        known = ", ".join(PLATFORMS)
        raise TargetError(f"There are no lookups for '{target_name}': use one of {known}.")
    if published is not None and platform.published_files is None:
        able = ", ".join(name for name, each in PLATFORMS.items() if each.published_files)
        raise SettingsError(f"Only the queries of {able} fetch tables from an address.")
    if published is not None and not _ADDRESS.fullmatch(published):
        # Not shown, for it may be signed, or hold a password.
        raise SettingsError(
            "Tables are fetched from an address such as https://host/folder, and this is none."
        )
    tabled: list[SourcedIndicator] = []
    others: list[SourcedIndicator] = []
    target = find_target(target_name)
    deployment = Deployment() if settings is None else settings.deployed(target.sigma_target)
    for sourced in found:
        (tabled if platform.holds(sourced.indicator, deployment) else others).append(sourced)
    lists = Lists.of(tabled, list_name)
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
    text = render(converted)
    try:
        if published is None or platform.published_files is None:
            yield from platform.files(lists, text, deployment)
        else:
            yield from platform.published_files(lists, text, deployment, published)
    except SigmaConfigurationError as error:
        raise SettingsError(str(error)) from None


_ADDRESS = re.compile(r"https://[A-Za-z0-9.:\[\]-]+(?:/[!#-&(-~]*)?")
_PATH = re.compile(r"(?:[A-Za-z0-9_-]{1,64}/){0,2}[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def write_files(
    folder: str | os.PathLike[str],
    files: Iterable[File],
    *,
    target_name: str = "",
    list_name: ListName = FEED,
    force: bool = False,
    dry_run: bool = False,
    wait: float = 0,
) -> Plan:
    """Make a folder hold exactly these files, beside what people made in it.

    What an earlier run wrote and is no longer wanted is removed; files that were edited by hand, or
    made by others, are left alone and named in the plan. What the files of Elastic and Sentinel no
    longer have is deleted or revoked on the platform by further files.

    Args:
        folder: the folder, made where there is none.
        files: the files, read once; nothing is written before the last of them.
        target_name: the target that they are for.
        list_name: what the list is called.
        force: overwrite and remove what was edited by hand, and what is another target's or list's.
        dry_run: only say what would be done.
        wait: seconds to wait for another run on the folder to end.

    Raises:
        RepositoryError: the folder holds the tables of another target or list, is in use, or is
            damaged; nothing was written.
        OutputError: a file cannot be written; the next run picks up where this one stopped.
    """
    about = {"target": target_name, "list": list_name.name or "feed"} if target_name else {}
    layout = Layout(MANIFEST, _PATH, about, holds_state=False)
    complete = with_withdrawals(folder, elastic.with_deletions(folder, files))
    wanted = (Document(file.path, file.text.encode(), 0) for file in complete)
    return keep(folder, wanted, layout, force=force, dry_run=dry_run, wait=wait)
