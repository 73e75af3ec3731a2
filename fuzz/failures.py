"""Inputs that broke something: kept once for each place that broke, the shortest of them."""

from __future__ import annotations

import hashlib
import os
import sys
import traceback
from typing import TYPE_CHECKING

from fuzz.doors import HERE

if TYPE_CHECKING:
    from pathlib import Path

    from fuzz.doors import Door

__all__ = ["FAILURES", "WORK", "command", "keep", "kept"]

WORK = HERE / ".work"
"""What runs leave behind, not committed: the inputs that reached new code, logs, failures."""
FAILURES = WORK / "failures"


def keep(door: Door, data: bytes, error: Exception) -> Path:
    """Keep an input that broke something, and what it broke beside it; return its file."""
    told = "".join(traceback.format_exception(error))
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    place = f"{type(error).__name__}-{last.filename}-{last.lineno}"
    name = hashlib.sha256(place.encode()).hexdigest()[:12]
    folder = FAILURES / door.name
    file = folder / name
    if file.exists() and file.stat().st_size <= len(data):
        return file
    new = not file.exists()
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    file.with_suffix(".txt").write_text(told, encoding="utf-8", errors="backslashreplace")
    if new:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        sys.stderr.write(f"FAILED {door.name}: {said!a}\n")
    return file


def kept(door: Door) -> list[Path]:
    """Return the inputs that broke something at a door."""
    folder = FAILURES / door.name
    if not folder.is_dir():
        return []
    return [file for file in sorted(folder.iterdir()) if file.suffix != ".txt"]


def command(door: Door, file: Path) -> str:
    """Return the command that shows a failure again."""
    return f"python3 tasks.py fuzz --replay {os.path.relpath(file, HERE.parent)} {door.name}"
