"""The libraries of the extra `documents`, imported when a document is read that needs one."""

from __future__ import annotations

import re
import warnings
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sigma_socdefenders.errors import SocDefendersError, SourceError, UnrecognisedSourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["each", "guarded", "library"]

_T = TypeVar("_T")
_AT_A_TIME = 200
# As pypdf shows a reference: its two numbers, and an address in memory.
_REFERENCE = re.compile(r"IndirectObject\((\d+), (\d+), \d+\)")


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


def guarded(read: Callable[[], _T], name: str) -> _T:
    """Return what a library reads.

    Raises:
        SourceError: it failed. Libraries raise whatever a damaged document makes them stumble on.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except SocDefendersError:
        raise
    except Exception as error:
        # The same document is refused in the same words.
        told = _REFERENCE.sub(r"object \1 \2", str(error))
        said = f"{type(error).__name__}: {told}" if told else type(error).__name__
        raise SourceError(f"Cannot read '{name}': it is damaged: {said}") from error


def each(items: Iterable[_T], name: str) -> Iterator[_T]:
    """Yield what a library reads, some at a time; as `guarded`."""
    iterator = iter(items)
    while some := guarded(lambda: list(islice(iterator, _AT_A_TIME)), name):
        yield from some
