"""Reads the served source into a snapshot, in a child process, so that it may take its time."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.feed import FeedClient
from sigma_socdefenders.rules.build import build_rules, rule_id, without_rule
from sigma_socdefenders.rules.identity import FEED, ListName
from sigma_socdefenders.rules.profiles import profile_names
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import yaml_documents
from sigma_socdefenders.selection import Selection
from sigma_socdefenders.selection.sectors import sector_words
from sigma_socdefenders.server.blobs import Blob
from sigma_socdefenders.server.snapshot import CONFIDENCES, TYPES, Columns, Snapshot
from sigma_socdefenders.sources import is_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
    from sigma_socdefenders.sources import InputFormat, ToIds

__all__ = ["CSV_COLUMNS", "Fingerprint", "Served", "fingerprint", "load"]

CSV_COLUMNS = (
    "id", "type", "value", "confidence", "first_seen", "last_seen",
    "source_article", "source_feed", "category", "tags",
)  # fmt: skip

_MOST_DROPS_KEPT = 100_000
Fingerprint = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Served:
    """What is served: a source, and what is taken from it.

    Attributes:
        sources: files, folders, and addresses of TAXII and MISP servers; none for the feed.
        selection: the parameters of `Selection.parse`, as the command line writes them.
        profile: the profile of the rules, by name or path.
        list_name: the list that the rules are of.
        to_ids: see `sigma_socdefenders.sources.read`.
        input_format: see `sigma_socdefenders.sources.read`.
        errors: whether a bad record is counted, or fails the whole list.
        api_key_file: the feed's, as for `FeedClient`.
        base_url: the feed's.
        allow_http: the feed's.
    """

    sources: tuple[str, ...] = ()
    selection: Mapping[str, Any] = field(default_factory=dict)
    profile: str = "default"
    list_name: ListName = FEED
    to_ids: ToIds = "auto"
    input_format: InputFormat = "auto"
    errors: Literal["raise", "skip"] = "skip"
    api_key_file: str | None = None
    base_url: str | None = None
    allow_http: bool = False

    @property
    def is_files(self) -> bool:
        """Whether files are served, whose changes can be seen, and nothing that has to be asked."""
        return bool(self.sources) and not any(map(is_server, self.sources))

    @property
    def title(self) -> str:
        """Where the list comes from, for a person."""
        if self.list_name.name:
            return self.list_name.name
        if self.sources:
            return ", ".join(map(_title, self.sources))
        return self.base_url or os.environ.get("SOCDEFENDERS_BASE_URL") or "the SOC Defenders feed"


def _title(source: str) -> str:
    if is_server(source):
        # An address may be refused for the credentials in it: show the host alone.
        return source.partition("?")[0].rpartition("@")[2].partition("://")[2] or source[:5]
    return Path(source).name or source


def fingerprint(served: Served) -> Fingerprint:
    """Return what tells one state of the served files from another; empty without any.

    Allowlists and a profile of the user's own belong to them. Size, time and inode are enough: a
    file that is replaced has another inode, one that is written to another time.
    """
    if not served.is_files:
        return ()
    allowlist = served.selection.get("allowlist") or ()
    names = [*served.sources, *((allowlist,) if isinstance(allowlist, str) else allowlist)]
    if served.profile not in profile_names():
        names.append(served.profile)
    found = []
    for path in _files(names):
        with contextlib.suppress(OSError):
            state = path.stat()
            found.append((str(path), state.st_mtime_ns, state.st_size, state.st_ino))
    return tuple(found)


def _files(names: list[str]) -> Iterator[Path]:
    for name in names:
        path = Path(name)
        yield path
        if path.is_dir():
            yield from sorted(path.rglob("*"))


def load(served: Served) -> Snapshot:
    """Return the snapshot of a source as it is now.

    Raises:
        SocDefendersError: it cannot be read, or holds nothing to serve.
    """
    drops: list[Skipped] = []
    summary = Summary(
        errors=served.errors,
        on_skipped=lambda drop: drops.append(drop) if len(drops) < _MOST_DROPS_KEPT else None,
    )
    profile = load_profile(served.profile, served.list_name)
    before = fingerprint(served)
    began = time.time()
    kept = list(_selected(served, summary))
    if not kept:
        raise SourceError(
            f"Nothing to serve: of {summary.read} records in {served.title} none was kept."
        )
    documents: list[bytes] = []
    for sourced in kept:
        rules = list(build_rules(sourced.indicator, profile))
        if not rules:
            summary.skip(without_rule(sourced, profile))
        documents.append(
            "".join(f"---\n{one}" for rule in rules for one in yaml_documents([rule])).encode()
        )
    if fingerprint(served) != before:
        raise SourceError(f"{served.title} changed while it was read.")
    newest = max((state[1] / 1e9 for state in before), default=began)
    found = [sourced.indicator for sourced in kept]
    records = [_record(indicator, served.list_name) for indicator in found]
    return Snapshot.build(
        title=served.title,
        profile=profile.name,
        read=summary.read,
        dropped=dict(summary.dropped),
        drops=tuple(drops),
        read_at=began,
        modified=newest,
        columns=_columns(found, served.list_name),
        rules=Blob(documents),
        records=Blob(json.dumps(record, ensure_ascii=False).encode() + b"," for record in records),
        rows=Blob(_row(record) for record in records),
        values=Blob(f"{indicator.value}\n".encode() for indicator in found),
        positions=Blob(json.dumps(sourced.position).encode() for sourced in kept),
    )


def _selected(served: Served, summary: Summary) -> Iterator[SourcedIndicator]:
    selection = Selection.parse(**served.selection)
    if served.sources:
        yield from flow.from_sources(
            served.sources,
            selection,
            summary,
            to_ids=served.to_ids,
            input_format=served.input_format,
        )
        return
    with FeedClient(
        api_key_file=served.api_key_file, base_url=served.base_url, allow_http=served.allow_http
    ) as client:
        yield from flow.from_feed(client.read(selection.filters), selection, summary)


def _record(indicator: Indicator, list_name: ListName) -> dict[str, Any]:
    """Return an indicator in the documented shape, with an id even where its source gave none."""
    return {"id": str(rule_id(indicator, list_name=list_name)), **indicator.to_record()}


def _columns(found: list[Indicator], list_name: ListName) -> Columns:
    columns = Columns()
    for number, indicator in enumerate(found):
        columns.types.append(TYPES.index(indicator.type))
        level = indicator.confidence
        columns.confidences.append(CONFIDENCES.index(None if level is None else level.value))
        seen = indicator.last_seen or indicator.first_seen
        columns.seen.append(float("nan") if seen is None else seen.timestamp())
        columns.ids.append(rule_id(indicator, list_name=list_name).bytes)
        columns.by_value.setdefault(indicator.value, []).append(number)
        for word in set(sector_words(indicator)):
            columns.by_word.setdefault(word, []).append(number)
        for category in {(source.category or "").lower() for source in indicator.sources}:
            columns.by_category.setdefault(category, []).append(number)
    return columns


def _row(record: dict[str, Any]) -> bytes:
    sources = record.get("sources") or [record.get("source") or {}]
    cells = {
        **record,
        "source_article": sources[0].get("article_title", ""),
        "source_feed": sources[0].get("feed_name", ""),
        "category": sources[0].get("category", ""),
        "tags": ",".join(record.get("tags", ())),
    }
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([cells.get(name, "") for name in CSV_COLUMNS])
    return line.getvalue().encode()
