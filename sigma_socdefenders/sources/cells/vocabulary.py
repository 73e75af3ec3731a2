"""The words that publishers use for types and columns, from `vocabulary.yml`."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from sigma_socdefenders.indicators.bounded_cache import remembered
from sigma_socdefenders.indicators.normalize import IndicatorType

__all__ = [
    "ANY",
    "NO_ADDRESS",
    "NO_HASH",
    "REFERENCE",
    "TITLE",
    "UNSUPPORTED",
    "Vocabulary",
    "is_called_benign",
    "is_note_of_harmless",
    "phrase_hint",
    "term_hint",
    "type_hint",
    "vocabulary",
    "word",
]

ANY = "any"
UNSUPPORTED = "unsupported"
# What `phrase_hint` says beside these and the types.
NO_HASH = "no-hash"
NO_ADDRESS = "no-address"
REFERENCE = "reference"
TITLE = "title"

_OTHER_CHARACTERS = re.compile(r"[\W_]+")
_PARENTHESIS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PHRASE_WORD = re.compile(r"[A-Za-z0-9&]+(?:[-._/\\][A-Za-z0-9]+)*")
_WORDS_OF_A_TERM = 3
_LONGEST_PHRASE = 256
_LONGEST_WORD = 16


@remembered(4096)
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
        headings: words of a heading above indicators of any type.
        prepositions: words of a heading behind which others describe what stands before them.
        benign: words of a heading above what is no indicator.
        not_hashes: words for what looks like the hash of a file and is none.
        not_addresses: words for what looks like an IPv4 address and is none.
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
    headings: frozenset[str]
    prepositions: frozenset[str]
    benign: frozenset[str]
    not_hashes: frozenset[str]
    not_addresses: frozenset[str]
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
    for none in ("unsupported", "not_hashes", "not_addresses"):
        hints |= dict.fromkeys(tables[none], UNSUPPORTED)
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
        frozenset(tables["headings"]),
        frozenset(tables["prepositions"]),
        frozenset(tables["benign"]),
        frozenset(tables["not_hashes"]),
        frozenset(tables["not_addresses"]),
        {each: hint for hint, names in tables["sigma_fields"].items() for each in names},
        frozenset(tables["sigma_narrowing"]),
    )


@remembered(4096)
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


def phrase_hint(text: str, *, whole: bool = False) -> str | None:
    """Return what a heading or label of several words says of the values that it stands before.

    The last known word before the first preposition decides: `Malicious domains used by files`.
    Behind `of` the search goes on: `List of domains`.

    Args:
        text: the heading.
        whole: whether the last word itself has to be known, and not one before it.

    Returns:
        a type's name, a group, `UNSUPPORTED`, or for what only looks like a hash or an address
        `NO_HASH` and `NO_ADDRESS`; `TITLE` for indicators of any type, `REFERENCE` for links to
        read; None where nothing is known.
    """
    return _phrase_hint(text, whole) if len(text) <= _LONGEST_PHRASE else None


@lru_cache(maxsize=4096)
def _phrase_hint(text: str, whole: bool) -> str | None:  # noqa: FBT001 - see `iso`
    words = _PHRASE_WORD.findall(_PARENTHESIS.sub(" ", text)) or _PHRASE_WORD.findall(text)
    prepositions = vocabulary().prepositions
    if not vocabulary().benign.isdisjoint(each.lower() for each in words):
        return REFERENCE
    while words:
        end = next((i for i, each in enumerate(words) if each.lower() in prepositions), len(words))
        for last in range(end, end - 1 if whole else 0, -1):
            for first in range(max(0, last - _WORDS_OF_A_TERM), last):
                found = term_hint(word(" ".join(words[first:last])))
                if found is not None:
                    return found
        if whole or words[end : end + 1] not in (["of"], ["OF"]):
            return None
        words = words[end + 1 :]
    return None


def is_called_benign(text: str) -> bool:
    """Return whether a word in brackets calls something harmless, as `(legitimate)` does."""
    benign = vocabulary().benign
    return any(each[1:-1].strip().lower() in benign for each in _PARENTHESIS.findall(text))


def is_note_of_harmless(text: str) -> bool:
    """Return whether a note calls what it is of harmless: in brackets, or in its only word."""
    if len(text) <= _LONGEST_WORD and text.lower() in vocabulary().benign:
        return True
    return ("(" in text or "[" in text) and is_called_benign(text)


def term_hint(term: str) -> str | None:
    """Return what `phrase_hint` says of one term, as `word` writes it, singular or plural."""
    tables = vocabulary()
    for each in (term, term.removesuffix("s")):
        if each in tables.not_hashes:
            return NO_HASH
        if each in tables.not_addresses:
            return NO_ADDRESS
        if each in tables.references:
            return REFERENCE
        if each in tables.headings:
            return TITLE
        if (hint := tables.hints.get(each)) is not None:
            return hint
    return None
