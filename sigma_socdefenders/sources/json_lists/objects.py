"""One JSON object, read as a row of a table is: by what its keys say that they hold."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.audit.skipped import Reason, Refusal
from sigma_socdefenders.errors import shorten
from sigma_socdefenders.indicators.normalize import IndicatorType, refang
from sigma_socdefenders.sources.cells.fields import record_fields
from sigma_socdefenders.sources.cells.values import NETWORK, in_cell, of_type, whole_url
from sigma_socdefenders.sources.cells.vocabulary import (
    ANY,
    UNSUPPORTED,
    type_hint,
    vocabulary,
    word,
)
from sigma_socdefenders.sources.json_lists.keys import (
    LISTS,
    Key,
    holds_objects,
    holds_value,
    leaves,
    texts_of,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Row",
    "RowValue",
    "beside_lists",
    "containers",
    "envelope_fields",
    "fields_beside",
    "row_of",
]

_SAMPLE = 20
# What tells of a value beside it, and is a value where it stands alone.
_TELLING = {"cve": "tags", "mitre-attack": "mitre_techniques"}
_OF_ENVELOPES = LISTS | {"tlp", "feed_name", "article_url", "article_title"}
_OF_LISTS = frozenset({IndicatorType.DOMAIN, IndicatorType.URL, IndicatorType.EMAIL})


class RowValue(NamedTuple):
    """A value of a row.

    Attributes:
        hint: its declared type or group, as in `values.in_cell`, or `unsupported`.
        text: the value.
        listed: whether it is one of a list.
        refusal: why it is no indicator, or None.
    """

    hint: str
    text: str
    listed: bool
    refusal: Refusal | None = None


class Row(NamedTuple):
    """What an object holds.

    Attributes:
        values: its values.
        fields: the record's fields that it says of them.
        certain: whether one of them is readable, so that nothing else has to tell that the object
            speaks of indicators.
    """

    values: list[RowValue]
    fields: dict[str, Any]
    certain: bool


def row_of(found: dict[str, Any]) -> Row | None:
    """Return what an object's keys say that it holds, or None where none of them names a value."""
    held = dict(leaves(found))
    keys = {path: told(path) for path in held}
    texts = {
        path: listed
        for path, inside in held.items()
        if (listed := texts_of(inside, keys[path].roles))
    }
    kind = _type_path(texts, keys)
    hint = type_hint(texts[kind][0]) if kind is not None else ANY
    main = _value_path(texts, keys, kind, hint)
    refusal = None
    if kind is not None and hint == UNSUPPORTED:
        said = texts[kind][0]
        if main is not None and whole_url(said, texts[main][0]):
            hint = "url"
        else:
            refusal = Refusal(Reason.UNSUPPORTED, f"no rule looks for type '{shorten(said)}'")
    paths = [] if main is None else [(main, hint)]
    paths += [
        (path, str(keys[path].hint))
        for path in texts
        if path not in (kind, main) and holds_value(path)
    ]
    values = _distinct(
        RowValue(each, text, isinstance(held[path], list), refusal if path == main else None)
        for path, each in paths
        for text in texts[path]
    )
    if not values:
        nothing = RowValue(hint, "", listed=False, refusal=refusal)
        return Row([nothing], {}, certain=False) if refusal else None
    fields = _fields({path: texts[path] for path in texts if path not in (kind, main)}, keys)
    values = _without_telling(values, fields)
    certain = any(in_cell(ANY, each.text)[0].type is not None for each in values[:_SAMPLE])
    if kind is not None and main is not None:
        values = _without_surroundings(values)
    return Row(_without_parts(values), fields, certain)


def _distinct(values: Iterable[RowValue]) -> list[RowValue]:
    """Return the values, without those that a record says twice of itself, by name and address."""
    seen: set[str] = set()
    kept = []
    for each in values:
        if each.listed or each.text not in seen:
            kept.append(each)
        seen.add(each.text)
    return kept


def _type_path(texts: dict[str, list[str]], keys: dict[str, Key]) -> str | None:
    """Return the path of the type: a sure word before `indicator`, which must hold a known type."""
    paths = sorted(
        (path for path in texts if "type" in keys[path].roles), key=lambda path: path.count(".")
    )
    sure = [path for path in paths if "value" not in keys[path].roles]
    hints = vocabulary().hints
    return next(iter([*sure, *(path for path in paths if word(texts[path][0]) in hints)]), None)


def _value_path(
    texts: dict[str, list[str]], keys: dict[str, Key], kind: str | None, hint: str
) -> str | None:
    """Return the path of the value: `value` before others, a sure word before `name`, then the id.

    A name is a value only where a known type or a score stands beside it: packages, products and
    people have names too. An id is one where it is of the type beside it.
    """
    known = kind is not None and hint != ANY
    scored = known or any("confidence" in keys[path].roles for path in texts)
    paths = [path for path in texts if path != kind and "value" in keys[path].roles]
    paths.sort(key=lambda path: (len(keys[path].roles), keys[path].rank, path.count(".")))
    for path in paths:
        roles, text = keys[path].roles, texts[path][0]
        if "context" in roles and known:
            fits = hint != UNSUPPORTED and of_type(hint, text) is not None
        else:
            fits = len(roles) == 1 or known or in_cell(ANY, text)[0].type is not None
        if fits and (scored or "context" not in roles):
            return path
    ids = [path for path in texts if known and hint != UNSUPPORTED and "id" in keys[path].roles]
    return next((path for path in ids if of_type(hint, texts[path][0]) is not None), None)


def _fields(texts: dict[str, list[str]], keys: dict[str, Key]) -> dict[str, Any]:
    roles = ((role, listed) for path, listed in texts.items() for role in keys[path].roles)
    return _joined((role, listed) for role, listed in roles if role not in ("value", "type"))


def fields_beside(found: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return the record's fields that an object says under keys other than those known."""
    held = dict(leaves({key: inside for key, inside in found.items() if key not in known}))
    keys = {path: told(path) for path in held}
    texts = {path: texts_of(inside, keys[path].roles) for path, inside in held.items()}
    return _fields({path: listed for path, listed in texts.items() if listed}, keys)


def _joined(said: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
    """Return the record's fields from the texts of each role: of a list all, else the first."""
    given: dict[str, list[str]] = {}
    for role, listed in said:
        if role in LISTS:
            given.setdefault(role, []).extend(listed)
        else:
            given.setdefault(role, listed[:1])
    return record_fields((role, ",".join(texts)) for role, texts in given.items())


def _without_telling(values: list[RowValue], fields: dict[str, Any]) -> list[RowValue]:
    """Return the values without those that only tell of the others, which go to the fields."""
    others = [each for each in values if each.hint not in _TELLING]
    if not others:
        return values
    for each in values:
        if (key := _TELLING.get(each.hint)) is not None:
            fields[key] = [*fields.get(key, ()), each.text]
    return others


def _without_surroundings(values: list[RowValue]) -> list[RowValue]:
    """Return the values, those refused that only tell where the first one is found.

    Where an object names one value with its type, and that is an address or a name, the addresses
    and names in its other keys are what it resolves to, or the network that it is in.
    """
    if of_type(ANY, values[0].text) not in NETWORK:
        return values
    refusal = Refusal(Reason.DERIVED, "told of the value that is listed beside it")
    return [
        each._replace(refusal=refusal)
        if number and not each.listed and of_type(ANY, each.text) in NETWORK
        else each
        for number, each in enumerate(values)
    ]


def _without_parts(values: list[RowValue]) -> list[RowValue]:
    """Return the values, those refused that are the host of a URL beside them."""
    hosts = {_host_of(each.text) for each in values} - {None}
    refusal = Refusal(Reason.DERIVED, "a part of the URL that is listed beside it")
    return [
        each._replace(refusal=refusal) if hosts and refang(each.text).lower() in hosts else each
        for each in values
    ]


def _host_of(text: str) -> str | None:
    _, mark, rest = refang(text).lower().partition("://")
    for end in "/?#":
        rest = rest.partition(end)[0]
    host = rest.rpartition("@")[2]
    return (host if host.endswith("]") else host.partition(":")[0]) if mark else None


def envelope_fields(found: dict[str, Any]) -> dict[str, Any]:
    """Return what an object says of all the records in its list: their report, tags and TLP."""
    said = []
    for key, inside in found.items():
        roles = ("article_title",) if word(key) in vocabulary().titles else told(key).roles
        listed = texts_of(inside, roles)
        said += [(role, listed) for role in _OF_ENVELOPES.intersection(roles) if listed]
    return _joined(said)


def beside_lists(row: Row) -> Row:
    """Return the row of an object that holds lists of records: its links and names are its own."""
    refusal = Refusal(Reason.REFERENCE, "a link or name of the list itself")
    return row._replace(
        values=[
            each._replace(refusal=refusal)
            if not each.listed and of_type(ANY, each.text) in _OF_LISTS
            else each
            for each in row.values
        ]
    )


def containers(found: dict[str, Any], words: frozenset[str]) -> list[Any]:
    """Return the lists and objects in an object that may hold records.

    They stand under one of the words, or are lists of objects under a word for values, as `urls`,
    or under nothing but numbers, as abuse.ch keys its exports.
    """
    if found and all(key.isdecimal() for key in found):
        lists = [inside if isinstance(inside, list) else [inside] for inside in found.values()]
        return [list(chain.from_iterable(lists))]
    return [
        inside
        for key, inside in found.items()
        if isinstance(inside, (dict, list)) and _may_hold_records(key, inside, words)
    ]


def _may_hold_records(key: str, inside: Any, words: frozenset[str]) -> bool:
    of_values = "value" in told(key).roles or holds_value(key)
    if isinstance(inside, list) and holds_objects(inside):
        return of_values or key.lower() in words
    # Texts under a word for values, and objects under a word for a group, are parts of the row.
    of_row = word(key) in vocabulary().groups if isinstance(inside, dict) else of_values
    return key.lower() in words and not (inside and of_row and words != vocabulary().groups)
