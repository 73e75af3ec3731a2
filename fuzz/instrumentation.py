"""Has atheris count the package's branches. Imports nothing of it before."""

from __future__ import annotations

import importlib
import io
import pkgutil
from contextlib import redirect_stderr

import atheris

__all__ = ["import_instrumented"]

# The program itself, and what is for tests alone.
_NOT_IMPORTED = ("__main__", "testing.plugin")
_PACKAGES = ("sigma_socdefenders", "sigma.pipelines.socdefenders")


def import_instrumented() -> None:
    """Import every module of the package with its branches counted; before any other import.

    The package alone: what its libraries do inside is not what is looked at, and costs as much
    again. Comparisons are looked at too, so that words which the readers look for are found
    without a dictionary.
    """
    # It names each module there.
    with redirect_stderr(io.StringIO()), atheris.instrument_imports(include=list(_PACKAGES)):
        for package in _PACKAGES:
            found = importlib.import_module(package)
            for module in pkgutil.walk_packages(found.__path__, f"{package}."):
                if not module.name.endswith(_NOT_IMPORTED):
                    importlib.import_module(module.name)
