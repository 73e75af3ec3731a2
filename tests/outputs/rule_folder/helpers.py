"""Rules to sync, and a folder's files to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.outputs.lookups import lookup_files
from sigma_socdefenders.rules.build import BuiltRule, build_all
from sigma_socdefenders.rules.profiles.loading import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sigma_socdefenders.outputs.lookups.files import File


def tables(values: Iterable[str], target: str, **fields: object) -> Iterator[File]:
    """Yield the files of a target's lookup of values, whose records have these further fields."""
    found = (
        SourcedIndicator(
            Indicator.from_record({"value": value, **fields}), Position("test", number)
        )
        for number, value in enumerate(values, 1)
    )
    return lookup_files(found, target)


def built(values: Iterable[str], profile: str = "default", **fields: object) -> Iterator[BuiltRule]:
    """Yield the rules of values, whose records have these further fields."""
    found = (
        SourcedIndicator(
            Indicator.from_record({"value": value, **fields}), Position("test", number)
        )
        for number, value in enumerate(values, 1)
    )
    return build_all(found, load_profile(profile))


def addresses(first: int, last: int) -> list[str]:
    """Return as many IPv4 addresses, from the first to before the last."""
    return [f"203.0.{113 + number // 256}.{number % 256}" for number in range(first, last)]


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, but for what is only of use to a run."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".socdefenders" not in path.parts
    }


def rules(folder: Path) -> dict[str, bytes]:
    """Return the content of every rule file."""
    return {path: content for path, content in files(folder).items() if path.endswith(".yml")}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what shows that a file was written: its inode and its time of writing."""
    return {
        path: ((folder / path).stat().st_ino, (folder / path).stat().st_mtime_ns)
        for path in files(folder)
    }
