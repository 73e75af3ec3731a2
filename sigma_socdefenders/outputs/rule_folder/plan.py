"""A plan: what a run would do to a folder, or did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sigma_socdefenders.outputs.rule_folder.folder import Found
    from sigma_socdefenders.outputs.rule_folder.manifest import Journal, Manifest

__all__ = ["Change", "Changes", "Plan"]


class Change(NamedTuple):
    """An indicator that has come or gone: its type, and its value without a scheme."""

    type: str
    value: str


class Changes(NamedTuple):
    """What has come and what has gone, each in order."""

    came: list[Change]
    went: list[Change]


@dataclass(slots=True)
class Plan:
    """What a run does to a folder, or did; paths are in order.

    Attributes:
        added: files that are not there yet.
        changed: files whose content becomes another.
        removed: files of rules that the source no longer gives.
        deprecated: such files that get the status `deprecated` instead.
        edited: this package's files that were edited by hand and would have to be changed or
            removed; they are left alone.
        foreign: files of somebody else where a rule would have to be; they are left alone.
        unchanged: how many files are as they should be.
        before: the manifest as it was.
        after: the manifest as it becomes.
        lost: how many of the indicators looked for before are not looked for any more.
        changes: which indicators come and go; None where nobody asked.
    """

    before: Manifest
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    deprecated: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    unchanged: int = 0
    after: Manifest = field(default_factory=dict)
    lost: float = 0.0
    changes: Changes | None = None
    contents: dict[str, bytes] = field(default_factory=dict, repr=False)
    found: dict[str, Found | None] = field(default_factory=dict, repr=False)
    journal: Journal = field(default_factory=dict, repr=False)

    @property
    def looked_for(self) -> int:
        """How many indicators the rules looked for before."""
        return sum(entry.indicators for entry in self.before.values())

    @property
    def writes(self) -> bool:
        """Whether there is anything to write or remove, be it the manifest alone."""
        return bool(self.contents or self.removed) or self.before != self.after

    @property
    def differs(self) -> bool:
        """Whether the folder differs from its source in anything."""
        return self.writes or bool(self.edited or self.foreign)

    def leave(self, path: str, to: list[str]) -> None:
        """Take a file out of the run, to leave it as it is, and name it in that list."""
        for paths in (self.added, self.changed, self.removed, self.deprecated):
            if path in paths:
                paths.remove(path)
        self.contents.pop(path, None)
        self.after.pop(path, None)
        if path in self.before:
            self.after[path] = self.before[path]
        to.append(path)
        to.sort()
