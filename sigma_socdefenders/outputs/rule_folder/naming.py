"""Rules become documents of a folder: a path in SigmaHQ's naming, and the bytes of the file.

A path is `type/prefix_ioc_type_slug_id.yml`, with a named list's name in the place of `ioc`:
lower-case ASCII letters, digits and underscores, at most 90 of them, so that it is the same file on
every file system. It comes from the rule's identity alone, so that a rule keeps its file for as
long as it exists.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import yaml

from sigma_socdefenders.rules.build import rule_id
from sigma_socdefenders.rules.identity import FEED
from sigma_socdefenders.rules.yaml_writer import to_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["PATH", "Document", "documents"]

PATH = re.compile(r"[a-z0-9-]{1,32}/[a-z0-9_]{1,86}\.yml")
"""What a rule's path looks like; no other file is ever written or removed as a rule."""

_STEM_LENGTH = 90 - len(".yml")
# 48 bits of the rule's id: enough to tell the files apart, short enough to leave room to read.
_ID_DIGITS = 12
_PREFIX_LENGTH = 32
_LIST_LENGTH = 20
_OTHER = re.compile(r"[^a-z0-9]+")


class Document(NamedTuple):
    """One file of the folder.

    Attributes:
        path: where it stands, with `/`, from the folder on.
        content: its bytes.
        indicators: how many indicators its rule looks for.
    """

    path: str
    content: bytes
    indicators: int


def documents(built: Iterable[BuiltRule], list_name: ListName = FEED) -> Iterator[Document]:
    """Yield the document of each rule, in order; of several with one id, the first alone."""
    ids: set[str] = set()
    paths: set[str] = set()
    for each in built:
        assert each.rule.id is not None
        digits = each.rule.id.hex
        if digits in ids:
            continue
        ids.add(digits)
        path = _path(each, digits[:_ID_DIGITS], list_name)
        if path in paths:
            path = _path(each, digits, list_name)
        paths.add(path)
        yield Document(path, to_yaml([each.rule]).encode(), len(each.indicators))


def _path(built: BuiltRule, digits: str, list_name: ListName) -> str:
    source = built.rule.logsource
    kind = built.indicators[0].type.value
    prefix = _prefix(source.category or "", source.product or "", source.service or "")
    listed = _slugged(list_name.name)[:_LIST_LENGTH].strip("_") or "ioc"
    head = f"{prefix}_{listed}_{kind.replace('-', '_')}_"
    slug = _slugged(_readable(built, list_name)).removeprefix(f"{kind}_")
    slug = slug[: _STEM_LENGTH - len(head) - len(digits) - 1].strip("_")
    return f"{kind}/{head}{slug}_{digits}.yml" if slug else f"{kind}/{head}{digits}.yml"


def _readable(built: BuiltRule, list_name: ListName) -> str:
    """Return the value of a rule that is one indicator's own; a group is no value's."""
    if len(built.indicators) == 1:
        indicator, source = built.indicators[0], built.rule.logsource
        place = f"{source.category or ''}/{source.product or ''}/{source.service or ''}"
        if any(built.rule.id == rule_id(indicator, named, list_name) for named in ("", place)):
            return indicator.value
    return "group"


@lru_cache(maxsize=256)
def _prefix(category: str, product: str, service: str) -> str:
    table = _table()
    known: str | None = table["prefixes"].get(f"{category}/{product}/{service}")
    if known is not None:
        return known
    parts = (category, table["products"].get(product, product), service)
    named = _slugged(" ".join(part for part in parts if part))
    return named[:_PREFIX_LENGTH].strip("_") or "rule"


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    text = (resources.files(__package__) / "prefixes.yml").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = yaml.safe_load(text)
    return table


def _slugged(text: str) -> str:
    return _OTHER.sub("_", text.lower()).strip("_")
