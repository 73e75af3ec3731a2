"""What a run would do: wanted documents against the folder, with nothing written yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.outputs.rule_folder.loss import looked_for
from sigma_socdefenders.outputs.rule_folder.manifest import Entry, digest
from sigma_socdefenders.outputs.rule_folder.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma_socdefenders.outputs.rule_folder.folder import Folder, Found
    from sigma_socdefenders.outputs.rule_folder.manifest import Journal
    from sigma_socdefenders.outputs.rule_folder.naming import Document

__all__ = ["make_plan"]


def make_plan(folder: Folder, wanted: Iterable[Document], *, deprecate: bool, force: bool) -> Plan:
    """Return what makes the folder hold the wanted documents.

    Args:
        folder: the folder, which is only read.
        wanted: the documents, each held in memory only where it has to be written.
        deprecate: whether rules that are no longer wanted stay, with the status `deprecated`;
            not those of which every value has moved to other rules.
        force: whether files that were made or edited by hand give way.

    Raises:
        RepositoryError: the folder is damaged or cannot be read.
    """
    manifest, journal = folder.load(force=force)
    plan = Plan(manifest)
    planner = _Planner(folder, plan, journal, force=force)
    for document in wanted:
        planner.want(document)
    for path in sorted((manifest.keys() | journal.keys()) - planner.wanted):
        planner.give_up(path, deprecate=deprecate)
    folder.refuse_links((*plan.after, *manifest, *journal))
    for paths in (plan.added, plan.changed, plan.edited, plan.foreign):
        paths.sort()
    return plan


class _Planner:
    def __init__(self, folder: Folder, plan: Plan, journal: Journal, *, force: bool) -> None:
        self.folder = folder
        self.plan = plan
        self.unfinished = journal
        self.force = force
        self.wanted: set[str] = set()
        self._kept: set[bytes] | None = None

    def want(self, document: Document) -> None:
        plan, path = self.plan, document.path
        self.wanted.add(path)
        found = self.folder.look(path)
        entry = Entry(digest(document.content), document.indicators)
        if found is not None and found.sha256 == entry.sha256:
            plan.unchanged += 1
            self._remember(path, found)
        elif found is None or self._may_replace(path, found):
            (plan.added if found is None else plan.changed).append(path)
            self._write(path, document.content, found, entry)
            return
        elif path in plan.before:
            plan.edited.append(path)
            entry = plan.before[path]
        else:
            plan.foreign.append(path)
            return
        plan.after[path] = entry

    def give_up(self, path: str, *, deprecate: bool) -> None:
        plan = self.plan
        found = self.folder.look(path)
        if found is None:
            return
        if not self._may_replace(path, found):
            if path in plan.before:
                plan.edited.append(path)
                plan.after[path] = plan.before[path]
            return
        content = self._to_deprecate(path) if deprecate and found.sha256 else None
        if content is None:
            plan.removed.append(path)
            plan.found[path] = found
            self._remember(path, found)
            return
        entry = Entry(digest(content), 0)
        if entry.sha256 == found.sha256:
            plan.unchanged += 1
            plan.after[path] = entry
            self._remember(path, found)
        else:
            plan.deprecated.append(path)
            self._write(path, content, found, entry)

    def _to_deprecate(self, path: str) -> bytes | None:
        """Return the rule as deprecated; None where other rules have taken over all it had."""
        if self._kept is None:
            self._kept = set().union(*map(looked_for, self.plan.contents.values()))
        content = (self.folder.root / path).read_bytes()
        values = looked_for(content)
        return None if values and values <= self._kept else _deprecated(content)

    def _may_replace(self, path: str, found: Found) -> bool:
        return self._is_ours(path, found) or (self.force and not found.is_folder)

    def _is_ours(self, path: str, found: Found) -> bool:
        entry = self.plan.before.get(path)
        known = self.unfinished.get(path, ())
        return found.sha256 in known or (entry is not None and found.sha256 == entry.sha256)

    def _write(self, path: str, content: bytes, found: Found | None, entry: Entry) -> None:
        self.plan.contents[path] = content
        self.plan.found[path] = found
        self.plan.after[path] = entry
        self._remember(path, found)
        self.plan.journal.setdefault(path, []).append(entry.sha256)

    def _remember(self, path: str, found: Found | None) -> None:
        """Carry what an unfinished run has left there into this run's journal."""
        if found is not None and found.sha256 in self.unfinished.get(path, ()):
            self.plan.journal[path] = [found.sha256]


_STATUS = re.compile(rb"^status: .*$", re.MULTILINE)
_ID = re.compile(rb"^id: .*$", re.MULTILINE)


def _deprecated(content: bytes) -> bytes:
    """Return a rule of this package with the status `deprecated`, else as it was."""
    changed, count = _STATUS.subn(b"status: deprecated", content, count=1)
    return changed if count else _ID.sub(rb"\g<0>\nstatus: deprecated", content, count=1)
