"""A folder of rules that follows a source: a file a rule, and only what changed is written.

What people add to the folder or edit in it is theirs: it is named, and left alone. A run may be
killed at any moment; the next one recognises what it left, and finishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.outputs.rule_folder.changes import find_changes
from sigma_socdefenders.outputs.rule_folder.converted import converted_documents
from sigma_socdefenders.outputs.rule_folder.folder import Folder
from sigma_socdefenders.outputs.rule_folder.loss import count_lost, refuse_loss
from sigma_socdefenders.outputs.rule_folder.manifest import MANIFEST, Layout, rule_layout
from sigma_socdefenders.outputs.rule_folder.naming import Document, documents
from sigma_socdefenders.outputs.rule_folder.plan import Plan
from sigma_socdefenders.outputs.rule_folder.planning import make_plan
from sigma_socdefenders.outputs.rule_folder.writing import carry_out
from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from sigma_socdefenders.errors import TargetError
    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.targets import Converter

__all__ = [
    "MANIFEST",
    "MAX_REMOVED",
    "Document",
    "Layout",
    "Plan",
    "keep",
    "refuse_loss",
    "sync",
]

MAX_REMOVED = 0.2
"""The share of the indicators looked for that one run may take away, unless told otherwise."""


def sync(
    folder: str | os.PathLike[str],
    built: Iterable[BuiltRule],
    *,
    list_name: ListName = FEED,
    converter: Converter | None = None,
    on_error: Callable[[BuiltRule, TargetError], object] | None = None,
    dry_run: bool = False,
    deprecate: bool = False,
    force: bool = False,
    max_removed: float = MAX_REMOVED,
    tell_changes: bool = False,
    wait: float = 0,
) -> Plan:
    """Make a folder hold exactly these rules, beside what people made in it.

    Args:
        folder: the folder, made where there is none.
        built: all rules of the source, read once, while the folder is locked; nothing is written
            before the last of them.
        list_name: the list that the rules are of. Each list has a manifest of its own in the
            folder, and a run leaves the rules of the other lists alone.
        converter: what the files hold in the place of Sigma rules: one of the formats that its
            target keeps as files.
        on_error: called with each rule that it cannot convert, which is then left out; without it
            the first such rule ends the run.
        dry_run: only say what would be done; nothing is written, and no loss stops it (see
            `refuse_loss`).
        deprecate: keep rules that the source no longer gives, with the status `deprecated`.
        force: overwrite and remove files that were made or edited by hand, too.
        max_removed: the greatest share, from 0 to 1, of the indicators looked for that may go.
        tell_changes: find out which indicators come and go, for the plan's `changes`.
        wait: seconds to wait for another run on the folder to end.

    Returns:
        What was done, or would be.

    Raises:
        RepositoryError: the folder is in use or damaged, or would lose too much; nothing was
            written.
        OutputError: something could not be written; the next run picks up where this one stopped.
        SettingsError: the converter's format is not kept as files.
        TargetError: without `on_error`, a rule cannot be converted.
    """
    if converter is None:
        wanted, layout = documents(built, list_name), rule_layout(list_name)
    else:
        wanted = converted_documents(built, converter, on_error=on_error)
        written_as = f"{converter.target.name} {converter.output_format}"
        layout = rule_layout(list_name, written_as)
    return keep(
        folder,
        wanted,
        layout,
        dry_run=dry_run,
        deprecate=deprecate,
        force=force,
        max_removed=max_removed,
        tell_changes=tell_changes,
        wait=wait,
    )


def keep(
    folder: str | os.PathLike[str],
    wanted: Iterable[Document],
    layout: Layout,
    *,
    dry_run: bool = False,
    deprecate: bool = False,
    force: bool = False,
    max_removed: float = MAX_REMOVED,
    tell_changes: bool = False,
    wait: float = 0,
) -> Plan:
    """Make a folder hold exactly these files, beside what people made in it; see `sync`."""
    place = Folder(folder, layout)
    with place.locked(wait=wait, writing=not dry_run):
        plan = make_plan(place, wanted, deprecate=deprecate, force=force)
        plan.lost = count_lost(place, plan)
        if tell_changes:
            plan.changes = find_changes(place, plan)
        if not dry_run:
            refuse_loss(plan, max_removed)
            carry_out(place, plan)
    return plan
