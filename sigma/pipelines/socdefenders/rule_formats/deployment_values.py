"""How the values of deployment settings are read, from texts and from variables of pipelines."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = [
    "duration_text",
    "parse_duration",
    "parse_field_name",
    "parse_interval",
    "parse_list_name",
    "parse_macros",
    "parse_properties",
    "parse_switch",
    "parse_texts",
]

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(?:[0-9]{1,6}[mhd])+|0")
_LONGEST = timedelta(days=366)
_LIST_NAME = re.compile(r"(?=.{1,40}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)
_MACRO = re.compile(r"\w+(?:\([^`|\"\\()\n\r]*\))?", re.ASCII)


def parse_duration(given: object) -> timedelta:
    """Return the length of time that a text such as `15m`, `1h`, `1h30m` or `1d` says.

    Raises:
        ValueError: it says none, or more than a year.
    """
    text = str(given).strip().lower()
    if not _DURATION.fullmatch(text):
        raise ValueError("is not a length of time such as 15m, 1h or 1d")
    parts = re.findall(r"([0-9]+)([mhd])", text)
    total = sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
    if total > _LONGEST:
        raise ValueError("is longer than a year")
    return total


def duration_text(duration: timedelta) -> str:
    """Return a length of whole minutes as `parse_duration` reads it, in its largest unit."""
    minutes = duration // timedelta(minutes=1)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def parse_list_name(given: object) -> str:
    """Return the name of a list; a name is part of file names and of tables' names.

    Raises:
        ValueError: it is not 1 to 40 lower-case letters, digits and single hyphens.
    """
    text = str(given)
    if not _LIST_NAME.fullmatch(text):
        raise ValueError("is not made of lower-case letters, digits and hyphens (1 to 40)")
    return text


def parse_interval(given: object) -> timedelta:
    """Return a length of time as `parse_duration`, but not none at all.

    Raises:
        ValueError: it says none, less than a minute, or more than a year.
    """
    found = parse_duration(given)
    if not found:
        raise ValueError("has to be at least one minute")
    return found


def parse_switch(given: object) -> bool:
    """Return the truth that a word such as `true`, `yes`, `on` or `1` says, or its contrary.

    Raises:
        ValueError: it is no such word.
    """
    word = str(given).strip().lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    if word in {"false", "no", "off", "0"}:
        return False
    raise ValueError("is neither true nor false")


def parse_texts(given: object) -> tuple[str, ...]:
    """Return the texts of a list, or of one text with commas, each once and in order.

    Raises:
        ValueError: one holds what a query would read as more than text.
    """
    parts = given if isinstance(given, (list, tuple)) else str(given).split(",")
    texts = tuple(dict.fromkeys(text for part in parts if (text := str(part).strip())))
    for text in texts:
        if not text.isprintable() or re.search(r"[\"'`|\\\[\]]", text):
            raise ValueError("holds quotes, brackets, backslashes, pipes or control characters")
    return texts


def parse_macros(given: object) -> tuple[str, ...]:
    """Return the calls of Splunk's macros in a list, or the one that is given, without backticks.

    Raises:
        ValueError: one is no macro's name, with or without arguments.
    """
    parts = given if isinstance(given, (list, tuple)) else [given]
    texts = tuple(dict.fromkeys(str(part).strip().strip("`") for part in parts))
    if not all(map(_MACRO.fullmatch, texts)):
        raise ValueError("is not a macro's name, with or without arguments in brackets")
    return texts


def parse_properties(given: object) -> tuple[str, ...]:
    """Return texts of the form `NAME=PROPERTY`; see `parse_texts`.

    Raises:
        ValueError: one is not of that form.
    """
    texts = parse_texts(given)
    for text in texts:
        name, equals, column = text.partition("=")
        if not (name.isidentifier() and equals and column):
            raise ValueError("is not of the form NAME=PROPERTY")
    return texts


def parse_field_name(given: object) -> str:
    """Return the name of a sub-field.

    Raises:
        ValueError: it is not 1 to 40 letters, digits and underscores, a letter first.
    """
    text = str(given)
    if not _FIELD_NAME.fullmatch(text):
        raise ValueError("is not a sub-field's name of letters, digits and underscores")
    return text
