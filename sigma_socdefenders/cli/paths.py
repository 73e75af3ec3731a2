"""Files that must not be one another: what is read, what is written, and the report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["refuse_as_report"]


def refuse_as_report(path: str, sources: Iterable[str], outputs: Iterable[str]) -> None:
    """Refuse a report that would take the place of what is read, or of another output.

    Args:
        path: of the report.
        sources: files and folders that are read, `-` aside.
        outputs: files that are written.

    Raises:
        click.UsageError: the report is one of them, under whatever name, or stands in a folder
            that is read.
    """
    report = _real(path)
    if report.exists() and not report.is_file():
        return
    for source in sources:
        if source != "-" and _is_in(report, _real(source)):
            raise click.UsageError(
                f"--report '{path}' would overwrite '{source}', which is read, or stand in"
                " it: name another file."
            )
    for output in outputs:
        if output != "-" and _is_same(report, _real(output)):
            raise click.UsageError(
                f"--report '{path}' is where the result goes: name another file."
            )


def _real(path: str) -> Path:
    return Path(os.path.realpath(path))


def _is_in(report: Path, source: Path) -> bool:
    return source in report.parents if source.is_dir() else _is_same(report, source)


def _is_same(one: Path, other: Path) -> bool:
    # Two names of one file need not look alike: hard links, or a disk that ignores case.
    return one == other or (one.exists() and other.exists() and one.samefile(other))
