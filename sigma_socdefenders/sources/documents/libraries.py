"""The libraries of the extra `documents`, imported when a document is read that needs one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sigma_socdefenders.errors import UnrecognisedSourceError

__all__ = ["library"]


def library(module: str, name: str) -> Any:
    """Return a module of the libraries that read documents.

    Args:
        module: its full name.
        name: of the source that it is needed for.

    Raises:
        UnrecognisedSourceError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise UnrecognisedSourceError(
            f"Cannot read '{name}': documents need the package '{module.partition('.')[0]}':"
            " pip install 'sigma-socdefenders[documents]'"
        ) from error
