"""How rules are deployed: where they search, how often they run, and how far back they look.

A processing pipeline carries these settings as its `vars`, so that every tool that runs pySigma
can give them; each is named as here, behind `socdefenders_`:

```yaml
name: Our deployment
priority: 100
vars:
  socdefenders_index: [win, sysmon]
  socdefenders_every: 15m
```

A new setting is one more field of `Deployment`: the command line's option, the key of the
configuration file and the variable follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaConfigurationError

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

__all__ = ["PREFIX", "Deployment", "duration_text", "parse_duration", "parse_list_name"]

PREFIX = "socdefenders_"
"""What the names of the variables begin with."""

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


def _interval(given: object) -> timedelta:
    found = parse_duration(given)
    if not found:
        raise ValueError("has to be at least one minute")
    return found


def _switch(given: object) -> bool:
    word = str(given).strip().lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    if word in {"false", "no", "off", "0"}:
        return False
    raise ValueError("is neither true nor false")


def _texts(given: object) -> tuple[str, ...]:
    parts = given if isinstance(given, (list, tuple)) else str(given).split(",")
    texts = tuple(dict.fromkeys(text for part in parts if (text := str(part).strip())))
    for text in texts:
        if not text.isprintable() or re.search(r"[\"'`|\\\[\]]", text):
            raise ValueError("holds quotes, brackets, backslashes, pipes or control characters")
    return texts


def _macros(given: object) -> tuple[str, ...]:
    parts = given if isinstance(given, (list, tuple)) else [given]
    texts = tuple(dict.fromkeys(str(part).strip().strip("`") for part in parts))
    if not all(map(_MACRO.fullmatch, texts)):
        raise ValueError("is not a macro's name, with or without arguments in brackets")
    return texts


def _properties(given: object) -> tuple[str, ...]:
    texts = _texts(given)
    for text in texts:
        name, equals, column = text.partition("=")
        if not (name.isidentifier() and equals and column):
            raise ValueError("is not of the form NAME=PROPERTY")
    return texts


def _field_name(given: object) -> str:
    text = str(given)
    if not _FIELD_NAME.fullmatch(text):
        raise ValueError("is not a sub-field's name of letters, digits and underscores")
    return text


def _option(
    parse: Callable[[object], Any], text: str, metavar: str = "", flags: str = ""
) -> dict[str, object]:
    """Return how a setting is read, and what the command line says of it."""
    return {"parse": parse, "help": text, "metavar": metavar, "flags": flags}


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where rules search, how often they run, and how far back they look.

    What a platform has no word for, its formats leave out.

    Attributes:
        name: the name of the list that the rules come from; empty for the feed.
        every: how often a rule runs.
        window: how far back a run looks: the interval and the delay, which is the default, or
            longer, so that no event is missed.
        delay: how late events may arrive. Where a platform reports an event once for each run
            that sees it, a run looks at what is at least as old as that.
        enabled: whether a rule runs as soon as it is imported.
        index: the indices or index patterns to search.
        sourcetype: Splunk's source types to search.
        source_macro: Splunk's macros that narrow a search down, such as `sysmon`.
        analytic_story: the analytic stories of Splunk's that alerts belong to.
        subfield: Elasticsearch's and OpenSearch's sub-field of DNS names, which holds a name and
            every name above it; empty for none.
        email_subfield: their sub-field of mail addresses, which holds them in lower case; empty
            for none.
        throttle: how long one alert keeps the next about the same values back; zero for never.
        qradar_property: QRadar's custom event properties under other names, such as
            `sender=Mail From`.
    """

    name: str = field(default="", metadata={"parse": parse_list_name})
    every: timedelta = field(
        default=timedelta(hours=1),
        metadata=_option(_interval, "How often each rule runs: 15m, 1h, 1d (default: 1h).", "TIME"),
    )
    window: timedelta | None = field(
        default=None,
        metadata=_option(
            _interval,
            "How far back each run looks: --every plus --delay (default), or longer.",
            "TIME",
        ),
    )
    delay: timedelta = field(
        default=timedelta(minutes=5),
        metadata=_option(parse_duration, "How late events may arrive (default: 5m).", "TIME"),
    )
    enabled: bool = field(
        default=False,
        metadata=_option(
            _switch,
            "Have rules run once they are imported, or leave enabling them to a person (default).",
            flags="--enable/--disable",
        ),
    )
    index: tuple[str, ...] = field(
        default=(),
        metadata=_option(_texts, "Search in this index or index pattern; repeatable.", "PATTERN"),
    )
    sourcetype: tuple[str, ...] = field(
        default=(),
        metadata=_option(_texts, "Search this source type of Splunk's; repeatable.", "NAME"),
    )
    source_macro: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            _macros,
            "Begin each search with this macro of Splunk's, such as sysmon; repeatable.",
            "MACRO",
        ),
    )
    analytic_story: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            _texts, "File alerts under this analytic story of Splunk's; repeatable.", "NAME"
        ),
    )
    subfield: str = field(
        default="",
        metadata=_option(
            _field_name,
            "Look for DNS names in this sub-field of Elasticsearch's (see the page on Elastic).",
            "NAME",
        ),
    )
    email_subfield: str = field(
        default="",
        metadata=_option(
            _field_name,
            "Look for mail addresses in this lower-case sub-field of Elasticsearch's.",
            "NAME",
        ),
    )
    throttle: timedelta = field(
        default=timedelta(days=1),
        metadata=_option(
            parse_duration,
            "Alert at most once in TIME about the same values; 0 for every time (default: 1d).",
            "TIME",
        ),
    )

    qradar_property: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            _properties,
            "Search this custom event property of QRadar's: domain, url, host, md5, sha1, sha256, "
            "threat, rule or sender=PROPERTY; repeatable.",
            "NAME=PROPERTY",
        ),
    )

    @property
    def look_back(self) -> timedelta:
        """How far back a run looks: `window`, or the interval and the delay."""
        return self.every + self.delay if self.window is None else self.window

    @classmethod
    def parse(cls, given: Mapping[str, object], *, prefix: str = "") -> Deployment:
        """Return the settings for texts, as a pipeline's variables or a user's options hold them.

        Args:
            given: settings by name; a list of texts, or one with commas, for several.
            prefix: what stands before the names, for the message.

        Raises:
            SigmaConfigurationError: a value is not one of its setting's, or the window leaves out
                what happens between two runs.
        """
        found: dict[str, Any] = {}
        for each in cls.settings():
            if each.name in given:
                value = given[each.name]
                try:
                    found[each.name] = each.metadata["parse"](value)
                except ValueError as error:
                    shown = repr(value) if isinstance(value, str) else str(value)
                    raise SigmaConfigurationError(
                        f"{prefix}{each.name}: {shown[:80]} {error}."
                    ) from None
        made = cls(**found)
        if made.look_back < made.every + made.delay:
            window, every, delay = map(duration_text, (made.look_back, made.every, made.delay))
            raise SigmaConfigurationError(
                f"A window of {window} is shorter than the interval ({every}) and the delay"
                f" ({delay}) together, so that events between two runs would be missed."
            )
        return made

    @classmethod
    def of(cls, pipeline: ProcessingPipeline | None) -> Deployment:
        """Return the settings among a pipeline's variables; the defaults for what is not there.

        Raises:
            SigmaConfigurationError: see `parse`; or a variable's name is almost a setting's.
        """
        variables = {} if pipeline is None else pipeline.vars
        given = {
            name.removeprefix(PREFIX): value
            for name, value in variables.items()
            if isinstance(name, str) and name.startswith(PREFIX)
        }
        if not given:
            return _DEFAULT
        known = [each.name for each in cls.settings()]
        for name in given:
            # Others are left alone: placeholders take their values from variables, too.
            if name not in known and (close := get_close_matches(name, known, 1, 0.75)):
                raise SigmaConfigurationError(
                    f"There is no setting {PREFIX}{name}: did you mean {PREFIX}{close[0]}?"
                )
        return cls.parse(given, prefix=PREFIX)

    def variables(self, said: Container[str] = ()) -> dict[str, object]:
        """Return what differs from the defaults as a pipeline's variables, and what was said."""
        return {
            f"{PREFIX}{each.name}": _as_variable(value)
            for each in self.settings()
            if (value := getattr(self, each.name)) != each.default or each.name in said
        }

    @classmethod
    def settings(cls) -> tuple[Field[Any], ...]:
        """Return the settings: each field's metadata say how it is read, and what it is for."""
        return fields(cls)


def _as_variable(value: Any) -> object:
    if isinstance(value, timedelta):
        return duration_text(value)
    return list(value) if isinstance(value, tuple) else value


_DEFAULT = Deployment()
