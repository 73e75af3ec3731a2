"""What one cell, field or word holds: none, one or several values, and of which type.

The declared type decides only where the value leaves it open. Published lists put addresses in
domain columns, bare names in URL columns and SHA-1 in MD5 columns; the value is right.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.indicators.normalize import canonical, infer_type
from sigma_socdefenders.indicators.public_suffix import ends_in_known_tld
from sigma_socdefenders.sources.cells.spaced import joined
from sigma_socdefenders.sources.cells.vocabulary import ANY, UNSUPPORTED, vocabulary, word

__all__ = [
    "NETWORK",
    "QUOTES",
    "Value",
    "bare_type",
    "in_cell",
    "of_type",
    "stripped_word",
    "whole_url",
    "words",
]

NETWORK = frozenset(
    {IndicatorType.IPV4, IndicatorType.IPV6, IndicatorType.DOMAIN, IndicatorType.URL}
)
_EVERY = frozenset(IndicatorType)
# What a value may turn out to be, by what its source says that it is.
_FAMILY: dict[str, frozenset[IndicatorType]] = (
    {kind.value: frozenset({kind}) for kind in IndicatorType}
    | {kind.value: NETWORK for kind in NETWORK}
    | {kind.value: frozenset(HASHES) for kind in HASHES}
    | {"host": NETWORK, "hash": frozenset(HASHES), ANY: _EVERY}
)
_LIST_MARKS = re.compile(r"[,;|]+")
_SEPARATED = re.compile(r"[\s,;|]")
_NEXT_URL = re.compile(r"(?<![\s,;|])[\s,;|]+(?=[hf][tx]{1,2}ps?(?::|\[))", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/]*//[^/?#]*")
_LABEL = re.compile(
    r"(?:md5|sha-?1|sha-?256|sha-?512|domain|hostname|host|ip|ipv4|ipv6|url|e-?mail)\s*[:=\s]\s*",
    re.IGNORECASE,
)
_OUTER = "\"'`<>(){}*.,;:!?|^=\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026\u2022"
# What ends a quotation behind a URL, and what a sentence; `?` and `!` may belong to the URL.
QUOTES = "'\"`\u2018\u2019\u201c\u201d\u00bb"
_LISTED = QUOTES + ",;"
_SENTENCE = _LISTED + ".:\u2026"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
# `198.51.100.7:None`, as a program writes a port that it does not know, and `:443/tcp`.
_NO_PORT = re.compile(r"([0-9.\[\]]+):[A-Za-z]*|(.+:[0-9]+)/(?:tcp|udp)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?:://|\[:)", re.IGNORECASE)


class Value(NamedTuple):
    """A value and the type to read it as; None leaves it to the value."""

    type: str | None
    value: str


def of_type(hint: str, text: str) -> IndicatorType | None:
    """Return the type of a value that its source calls `hint`, or None if it does not fit.

    Args:
        hint: an indicator type's name, or `host`, `hash` or `any`.
        text: one value, defanged or not.
    """
    kind = infer_type(text)
    return kind if kind in _FAMILY[hint] else None


def bare_type(hint: str, text: str) -> IndicatorType | None:
    """Return the type of a text that is one value and nothing else, or None where it is not."""
    return None if _SEPARATED.search(text) is not None else of_type(hint, text)


def in_cell(hint: str, text: str) -> list[Value]:
    """Return the values that a cell holds: several where it lists them, else one.

    A cell that holds nothing readable comes back as one value under its declared type, for the
    one door to refuse with a reason.
    """
    text = text.strip()
    if (only := bare_type(hint, text)) is not None:
        return [Value(only.value, text)]
    text = joined(text)
    if hint == "url" and _SCHEME.match(text):
        # A path may hold blanks; nothing but another URL can follow one in its own column.
        return [Value("url", part) for part in _NEXT_URL.split(text)]
    found = [value for part in words(text) if (value := stripped_word(hint, part))]
    if not found and (label := _LABEL.match(text)):
        bare = text[label.end() :]
        if _SEPARATED.search(bare) is None and (kind := of_type(hint, bare)):
            found = [Value(kind.value, bare)]
    return found or [Value(_REFUSED_AS.get(hint), text)]


# What a text that does not fit is refused as; where it is left open, the one door tells its type.
# A file that is named by no hash is not what its name looks like: `readme.md` is no host.
_REFUSED_AS = {kind.value: kind.value for kind in IndicatorType} | {"hash": "sha256"}


def whole_url(said: str, text: str) -> bool:
    """Return whether a text that its source calls the path of a URL is a whole URL all the same.

    Args:
        said: the source's word for the type.
        text: the text.
    """
    return word(said) in vocabulary().url_paths and _SCHEME.match(text.strip()) is not None


def words(text: str) -> list[str]:
    """Return the words of a line that lists things, split at blanks and at `,`, `;` and `|`.

    Behind the host of a URL those marks are its own, unless another URL follows.
    """
    found = []
    for run in text.split():
        for part in _NEXT_URL.split(run) if _SCHEME.match(run) else [run]:
            host = _AUTHORITY.match(part)
            if host is not None and _LIST_MARKS.search(host[0]) is None:
                found.append(part)
            else:
                found += [each for each in _LIST_MARKS.split(part) if each]
    return found


def stripped_word(hint: str, text: str, *, alone: bool = False) -> Value | None:
    """Return the value that one word is, rid of punctuation and labels; None where it is none.

    Names have to end in a top-level domain that exists: in running text, `autorun.exe` is none.

    Args:
        hint: an indicator type's name, or `host`, `hash` or `any`.
        text: the word.
        alone: whether it is all of its line, so that a URL's full stop at its end is its own.
    """
    if text[-1:] in ":=" and word(text) in vocabulary().hints:
        return None
    for candidate in _readings(text):
        kind = of_type(hint, candidate)
        if kind is None:
            continue
        if kind in _TOLD_APART and not _is_meant(kind, candidate):
            continue
        if kind is IndicatorType.URL:
            marks = _LISTED if alone and candidate is text else _SENTENCE
            return Value(kind.value, _url_alone(candidate, marks))
        return Value(kind.value, candidate)
    return None


_TOLD_APART = (IndicatorType.DOMAIN, IndicatorType.EMAIL, IndicatorType.IPV6)


def _is_meant(kind: IndicatorType, text: str) -> bool:
    """Return whether a word is a name, sender or address and not a file's name or the time."""
    try:
        found = canonical(kind, text)
    except ValueError:
        return False
    if kind is IndicatorType.IPV6:
        return found != "::"
    # Asterisks in a mailbox hide somebody's address.
    return ends_in_known_tld(found.rpartition("@")[2]) and "*" not in found


def _url_alone(text: str, marks: str) -> str:
    """Return a URL without the marks of the text around it, and without unpaired brackets."""
    end = len(text)
    unpaired = {mark: text.count(mark) - text.count(pair) for mark, pair in _PAIRS.items()}
    while end:
        last = text[end - 1]
        if unpaired.get(last, 0) > 0:
            unpaired[last] -= 1
        elif last not in marks:
            break
        end -= 1
    return text[:end]


def _readings(text: str) -> list[str]:
    bare = text.strip(_OUTER)
    readings = [text] if bare == text else [text, text.lstrip(_OUTER), bare]
    if found := _NO_PORT.fullmatch(bare):
        readings.insert(0, found[1] or found[2])
    head, mark, tail = bare.partition("=")
    if not mark:
        head, mark, tail = bare.partition(":")
    if tail and vocabulary().hints.get(word(head), UNSUPPORTED) != UNSUPPORTED:
        readings.append(tail.strip(_OUTER))
    if bare[:1] == "[" or bare[-1:] == "]":
        readings.append(bare.strip("[]").strip(_OUTER))
    return readings
