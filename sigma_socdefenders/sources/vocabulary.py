"""The words that publishers use for types and columns, from `vocabulary.yml`."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from sigma_socdefenders.normalize import IndicatorType

__all__ = ["ANY", "UNSUPPORTED", "Vocabulary", "type_hint", "vocabulary", "word"]

ANY = "any"
UNSUPPORTED = "unsupported"

_OTHER_CHARACTERS = re.compile(r"[\W_]+")
_PARENTHESIS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


@lru_cache(maxsize=4096)
def word(text: str) -> str:
    """Return a header or type word as the tables have it: lower-case letters and digits alone.

    What stands in parentheses or brackets is left out, unless nothing else is there.
    """
    lower = text.strip().lower()
    return _OTHER_CHARACTERS.sub("", _PARENTHESIS.sub("", lower)) or _OTHER_CHARACTERS.sub(
        "", lower
    )


class Vocabulary(NamedTuple):
    """The tables, inverted.

    Attributes:
        roles: header word to the roles that its column may have (`value`, `type`, `context` …).
        ranks: header word to its place in its list; the first word of a role fits it best.
        hints: type word to an indicator type, or `any`, `host`, `hash` or `unsupported`.
        unsupported_parts: what makes a longer, unknown type word unsupported.
        url_paths: words for the path of a URL, which some publishers write above whole URLs.
        containers: words for the list of records in a JSON document.
        groups: words for an object inside a JSON record whose keys are the record's own.
        titles: words for the name of a whole list.
        confidence: words for the feed's three levels.
        references: words before a link that is a reference.
        sigma_fields: field of a Sigma rule, in lower case, to an indicator type or group.
        sigma_narrowing: fields that only narrow down what another says.
    """

    roles: dict[str, tuple[str, ...]]
    ranks: dict[str, int]
    hints: dict[str, str]
    unsupported_parts: tuple[str, ...]
    url_paths: frozenset[str]
    containers: frozenset[str]
    groups: frozenset[str]
    titles: frozenset[str]
    confidence: dict[str, str]
    references: frozenset[str]
    sigma_fields: dict[str, str]
    sigma_narrowing: frozenset[str]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Return the tables, read once."""
    import yaml  # noqa: PLC0415 - most commands never read a file of their own

    text = files(__package__).joinpath("vocabulary.yml").read_text("utf-8")
    tables: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    roles: dict[str, tuple[str, ...]] = {}
    ranks: dict[str, int] = {}
    for role, words in tables["headers"].items():
        for rank, each in enumerate(words):
            roles[each] = (*roles.get(each, ()), role)
            ranks[each] = rank
    hints = {each: hint for hint, words in tables["types"].items() for each in words}
    hints |= {kind.value.replace("-", ""): kind.value for kind in IndicatorType}
    hints |= dict.fromkeys(tables["unsupported"], UNSUPPORTED)
    qualified = tables["qualified"]
    for each in (word for hint in qualified["hints"] for word in tables["types"][hint]):
        for qualifier in qualified["by"]:
            if (longer := qualifier + each) not in roles:
                hints.setdefault(longer, hints[each])
    levels = {each: level for level, words in tables["confidence"].items() for each in words}
    return Vocabulary(
        roles,
        ranks,
        hints,
        tuple(word(part) for part in tables["unsupported_parts"]),
        frozenset(tables["url_paths"]),
        frozenset(tables["containers"]),
        frozenset(tables["groups"]),
        frozenset(tables["titles"]),
        levels | {level: level for level in tables["confidence"]},
        frozenset(tables["references"]),
        {each: hint for hint, names in tables["sigma_fields"].items() for each in names},
        frozenset(tables["sigma_narrowing"]),
    )


@lru_cache(maxsize=4096)
def type_hint(text: str) -> str:
    """Return what a publisher's word for a type says of the value: a type's name or a group.

    An unknown word leaves it to the value (`any`), unless it speaks of something unsupported.
    """
    tables = vocabulary()
    name = word(text)
    hint = tables.hints.get(name)
    if hint is not None:
        return hint
    return UNSUPPORTED if any(part in name for part in tables.unsupported_parts) else ANY
