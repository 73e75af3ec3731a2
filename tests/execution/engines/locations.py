"""Where the installed parts of the engines are; `install.py` puts them there."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent

INSTALLED = Path(os.environ.get("SOCDEFENDERS_ENGINES", HERE.parent / ".engines"))
"""The folder of everything built or downloaded for the engines."""

NODE_MODULES = INSTALLED / "kusto" / "node_modules"
LUCENE_CLASSES = INSTALLED / "lucene"
JAVA_LIBRARIES = Path("/usr/share/java")
LUCENE_LIBRARIES = ("lucene-core", "lucene-queryparser", "lucene-analyzers-common", "gson")


def lucene_class_path() -> list[Path]:
    """The archives that the Lucene program needs; one that is absent is left out."""
    found = [sorted(JAVA_LIBRARIES.glob(f"{name}*.jar")) for name in LUCENE_LIBRARIES]
    return [archives[0] for archives in found if archives]
