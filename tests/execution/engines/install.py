"""Installs what the engines need; a second run does nothing. `python3 tasks.py engines` runs it.

From Debian's packages: a Java compiler, Lucene, Gson, Node. From npm, by a lock file: Microsoft's
Kusto language service. From PyPI: the validators of `sigma check`, `sigmac`, Splunk AppInspect,
contentctl, two Kusto engines. Everything that is built or downloaded by hand goes to `.engines`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engines.appinspect import install as _appinspect
from engines.contentctl import install as _contentctl
from engines.kusto.second import install as _second_kusto
from engines.locations import (
    HERE,
    INSTALLED,
    LUCENE_CLASSES,
    LUCENE_LIBRARIES,
    lucene_class_path,
)
from engines.sigma_tools import install as _sigma_tools

_PROGRAMS = {
    "javac": ["default-jdk-headless"],
    "node": ["nodejs"],
    "npm": ["npm"],
    "chromium": ["chromium"],
}
_LUCENE = ["liblucene8-java", "libgoogle-gson-java"]


def main() -> None:
    """Install what is missing."""
    _packages()
    _lucene()
    _kusto()
    _second_kusto()
    _sigma_tools()
    _appinspect()
    _contentctl()


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    print("$", *command, flush=True)  # noqa: T201 - a program of its own
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


def _packages() -> None:
    missing = [
        package
        for program, packages in _PROGRAMS.items()
        if shutil.which(program) is None
        for package in packages
    ]
    if len(lucene_class_path()) < len(LUCENE_LIBRARIES):
        missing += _LUCENE
    if not missing:
        return
    if shutil.which("apt-get") is None:
        sys.exit(f"Install what these Debian packages hold, then run this again: {missing}")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    _run(*apt, "update")
    _run(*apt, "install", "-y", "--no-install-recommends", *missing)


def _lucene() -> None:
    sources = sorted((HERE / "lucene").glob("*.java"))
    class_path = os.pathsep.join(str(path) for path in lucene_class_path())
    if _is_current(LUCENE_CLASSES, sources):
        return
    LUCENE_CLASSES.mkdir(parents=True, exist_ok=True)
    _run("javac", "-Xlint:all", "-Xlint:-path", "-d", LUCENE_CLASSES, "-cp", class_path, *sources)
    _mark(LUCENE_CLASSES, sources)


def _kusto() -> None:
    folder = INSTALLED / "kusto"
    sources = [HERE / "kusto" / "package.json", HERE / "kusto" / "package-lock.json"]
    if _is_current(folder, sources):
        return
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        shutil.copy(source, folder)
    _run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
    _mark(folder, sources)


def _digest(sources: list[Path]) -> str:
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _is_current(folder: Path, sources: list[Path]) -> bool:
    mark = folder / ".made-from"
    return mark.exists() and mark.read_text() == _digest(sources)


def _mark(folder: Path, sources: list[Path]) -> None:
    (folder / ".made-from").write_text(_digest(sources))


if __name__ == "__main__":
    main()
