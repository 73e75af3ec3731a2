"""OpenIOC 1.0 and 1.1: the values that a file's indicators look for.

A search term says what an item's content is: `DnsEntryItem/Host`, `FileItem/Md5sum`. Items that
have to hold together (`AND`), that must not hold, or that compare in another way than `is` and
`contains` say more than one value does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position, shorten
from sigma_socdefenders.indicators.ioc_types import HASHES
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.values import bare_type
from sigma_socdefenders.sources.cells.vocabulary import ANY
from sigma_socdefenders.sources.documents.libraries import guarded, library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["read_openioc"]

LARGEST_FILE = 1 << 23
# The last part of a search term, in lower case, to the type of its content; ANY where the content
# has to tell. From the lists of terms published with OpenIOC.
_SUMS = {f"{kind}sum": kind.value for kind in HASHES}
_OF_NETWORKS = frozenset(
    [
        *("dns", "host", "hostname", "recordname", "remoteip", "ipv4address", "ipv6address"),
        *("uri", "url", "sourceurl", "from", "destination", "gateway", "ip", "domain"),
    ]
)
_WHOLE = ("is", "contains")


class _Item(NamedTuple):
    element: Any
    together: bool


def read_openioc(source: TextSource) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each item of a file that looks for one value, in order.

    Raises:
        SourceError: it is damaged, or has more than `LARGEST_FILE` characters.
        UnrecognisedSourceError: the library that reads XML is not installed.
    """
    name = source.name
    parser = library("defusedxml.ElementTree", name)
    text = "".join(source.bounded(LARGEST_FILE, "a file", "split it"))
    root = guarded(lambda: parser.fromstring(text, forbid_dtd=True), name)
    said = _said(root)
    for number, item in enumerate(_items(root), 1):
        yield _record(item, Position(name, number, "item"), said)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _said(root: Any) -> dict[str, Any]:
    """Return what the file says of all that is in it: its title and its author."""
    found: dict[str, str] = {}
    for parent in [root, *(each for each in root if _tag(each) == "metadata")]:
        for each in parent:
            if each.text and each.text.strip():
                found.setdefault(_tag(each), each.text.strip())
    said: dict[str, Any] = {}
    if title := found.get("short_description") or found.get("description"):
        said["context"] = title
    if author := found.get("authored_by"):
        said["source"] = {"feed_name": author}
    return said


def _items(root: Any) -> Iterator[_Item]:
    """Yield each item in order, and whether others have to hold together with it."""
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        element, together = waiting.pop()
        if _tag(element) == "IndicatorItem":
            yield _Item(element, together)
            continue
        children = list(element)
        if _tag(element) == "Indicator":
            joined = str(element.get("operator", "")).upper() != "OR"
            together = together or (joined and len(children) > 1)
        waiting.extend((each, together) for each in reversed(children))


def _record(item: _Item, position: Position, said: dict[str, Any]) -> SourcedRecord | Skipped:
    parts = {_tag(each): each for each in item.element}
    content = parts["Content"].text if "Content" in parts else None
    value = (content or "").strip()
    term = str(parts["Context"].get("search", "")) if "Context" in parts else ""
    condition = str(item.element.get("condition", "is")).lower()
    kind = _kind(term)

    def skipped(reason: Reason, detail: str) -> Skipped:
        return Skipped(position, value, reason, detail)

    if not value:
        return skipped(Reason.EMPTY, "the item has no content")
    if kind is None:
        return skipped(Reason.UNSUPPORTED, f"no rule looks for '{shorten(term)}'")
    if item.together:
        return skipped(Reason.PATTERN, "has to hold together with others (AND)")
    if str(item.element.get("negate", "")).lower() == "true" or condition not in _WHOLE:
        return skipped(Reason.PATTERN, f"is compared by '{shorten(condition)}', or must not hold")
    told = bare_type(kind, value)
    record: dict[str, Any] = {"value": value, **said}
    if told is not None or kind != ANY:
        record["type"] = told or kind
    return SourcedRecord(record, position)


def _kind(term: str) -> str | None:
    """Return the type of a search term's content, or None where no rule looks for it."""
    last = term.rpartition("/")[2].lower()
    for ending, kind in _SUMS.items():
        if last.endswith(ending):
            return kind
    return ANY if last in _OF_NETWORKS else None
