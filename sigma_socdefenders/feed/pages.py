"""One answer of `GET /api/v1/iocs` as a page of records, from each of the feed's three formats."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from sigma_socdefenders.errors import AnswerError, NotJSONError, UnreachableError
from sigma_socdefenders.http.failures import Transient, server_time
from sigma_socdefenders.indicators.timestamps import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sigma_socdefenders.http.connection import Answer

__all__ = ["ACCEPT", "LARGEST_PAGE", "FeedFormat", "Page", "read_page"]

FeedFormat: TypeAlias = Literal["json", "csv", "txt"]

ACCEPT = {
    "json": "application/json",
    "csv": "text/csv, text/plain;q=0.5",
    "txt": "text/plain",
}
# The page size of the highest tier.
LARGEST_PAGE = 10_000
MOST_VALUES = 2_000_000
_BLANK = b" \t\r\n\xef\xbb\xbf"
_TAG_SEPARATORS = str.maketrans("|;", ",,")


class Page(NamedTuple):
    """What one answer holds.

    Attributes:
        records: as they came; one that is no mapping is left for `Indicator.from_record` to judge.
        total: how many records the feed says there are, or None.
        limit: the page size that the feed says it used, or None.
        next: the link to the next page, as it came, or None.
        since: the start of the time window that the feed says it used, or None.
        time: when the answer was made, by the server's clock, or None where it does not say.
    """

    records: list[Any]
    total: int | None = None
    limit: int | None = None
    next: str | None = None
    since: datetime | None = None
    time: datetime | None = None


def read_page(answer: Answer, form: FeedFormat) -> Page:
    """Return the page that an answer holds.

    Raises:
        Transient: the body breaks off.
        AnswerError: it is of another form.
    """
    return _READERS[form](answer)


def _json(answer: Answer) -> Page:
    body = answer.body
    # More than any page has would fill the memory.
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise AnswerError(f"the feed's JSON holds more than {MOST_VALUES} values")
    try:
        document = _decode(body)
    except (ValueError, RecursionError) as error:
        if body.lstrip(_BLANK)[:1] not in {b"{", b""}:
            raise _strange(answer, NotJSONError, "JSON") from None
        broken = UnreachableError(
            f"the feed's JSON breaks off or is malformed after {len(body)} bytes"
            + (f": {error.msg}" if isinstance(error, json.JSONDecodeError) else "")
        )
        raise Transient(broken) from None
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise AnswerError("the feed's JSON has no list of records under 'data'")
    meta = _mapping(document.get("meta"))
    link = _mapping(document.get("links")).get("next")
    return Page(
        document["data"],
        _count(meta.get("total")),
        _count(meta.get("limit")),
        link if isinstance(link, str) and link else None,
        _instant(_mapping(meta.get("filters")).get("since")),
        _earlier(_instant(meta.get("generated_at")), server_time(answer.headers)),
    )


def _decode(body: bytes) -> Any:
    """Return the document; raw control characters or broken UTF-8 spoil one text, not a page."""
    try:
        return json.loads(body)
    except ValueError:
        return json.loads(body.decode("utf-8-sig", "replace"), strict=False)


def _csv(answer: Answer) -> Page:
    rows = csv.reader(io.StringIO(_text(answer, "CSV"), newline=""))
    try:
        columns = [name.strip().lower() for name in next(rows, [])]
        if columns and "value" not in columns:
            raise AnswerError("the feed's CSV has no column 'value'")
        records = [_from_row(dict(zip(columns, row, strict=False))) for row in rows if any(row)]
    except csv.Error as error:
        raise AnswerError(f"the feed's CSV cannot be read, line {rows.line_num}: {error}") from None
    return Page(records, time=server_time(answer.headers))


def _from_row(row: dict[str, str]) -> dict[str, Any]:
    """Return the record of a CSV row: the feed flattens the source, and joins the tags."""
    record: dict[str, Any] = {name: text for name, text in row.items() if text}
    source = {
        name: record.pop(column)
        for column, name in (
            ("source_article", "article_title"),
            ("source_feed", "feed_name"),
            ("category", "category"),
        )
        if column in record
    }
    if source.get("article_title", "").startswith(("http://", "https://")):
        source["article_url"] = source.pop("article_title")
    if source:
        record["source"] = source
    if "tags" in record:
        tags = record["tags"].translate(_TAG_SEPARATORS).split(",")
        record["tags"] = [tag.strip() for tag in tags if tag.strip()]
    return record


def _txt(answer: Answer) -> Page:
    lines = (line.strip() for line in _text(answer, "plain text").split("\n"))
    return Page([{"value": line} for line in lines if line], time=server_time(answer.headers))


_READERS: dict[str, Callable[[Answer], Page]] = {"json": _json, "csv": _csv, "txt": _txt}


def _text(answer: Answer, form: str) -> str:
    media = answer.headers.get("content-type", "")
    if "html" in media or answer.body.lstrip(_BLANK)[:1] in {b"<", b"{"}:
        raise _strange(answer, AnswerError, form)
    return answer.body.decode("utf-8-sig", "replace")


# What a server sends back may be the key that it was sent: none but these are quoted.
_KNOWN_MEDIA = frozenset(
    {"text/html", "text/plain", "text/csv", "text/xml", "application/json", "application/xml",
     "application/xhtml+xml", "application/octet-stream", "application/problem+json"}
)  # fmt: skip


def _strange(answer: Answer, kind: type[AnswerError], form: str) -> AnswerError:
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    shown = media if media in _KNOWN_MEDIA else "another media type" if media else "no media type"
    return kind(
        f"{answer.url.copy_with(query=None)} answered with {shown}, not {form}: check the "
        "base URL, and whether a proxy or login page stands before it",
        status=answer.status,
    )


def _mapping(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _count(found: object) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _instant(found: object) -> datetime | None:
    try:
        return parse_instant(found) if isinstance(found, str) else None
    except ValueError:
        return None


def _earlier(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)
