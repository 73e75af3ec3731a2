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

from collections.abc import Callable, Container, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaConfigurationError

from .deployment_values import (
    duration_text,
    parse_duration,
    parse_field_name,
    parse_interval,
    parse_list_name,
    parse_macros,
    parse_properties,
    parse_switch,
    parse_texts,
)

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

__all__ = ["PREFIX", "Deployment"]

PREFIX = "socdefenders_"
"""What the names of the variables begin with."""


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
        metadata=_option(
            parse_interval, "How often each rule runs: 15m, 1h, 1d (default: 1h).", "TIME"
        ),
    )
    window: timedelta | None = field(
        default=None,
        metadata=_option(
            parse_interval,
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
            parse_switch,
            "Have rules run once they are imported, or leave enabling them to a person (default).",
            flags="--enable/--disable",
        ),
    )
    index: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            parse_texts, "Search in this index or index pattern; repeatable.", "PATTERN"
        ),
    )
    sourcetype: tuple[str, ...] = field(
        default=(),
        metadata=_option(parse_texts, "Search this source type of Splunk's; repeatable.", "NAME"),
    )
    source_macro: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            parse_macros,
            "Begin each search with this macro of Splunk's, such as sysmon; repeatable.",
            "MACRO",
        ),
    )
    analytic_story: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            parse_texts, "File alerts under this analytic story of Splunk's; repeatable.", "NAME"
        ),
    )
    subfield: str = field(
        default="",
        metadata=_option(
            parse_field_name,
            "Look for DNS names in this sub-field of Elasticsearch's (see the page on Elastic).",
            "NAME",
        ),
    )
    email_subfield: str = field(
        default="",
        metadata=_option(
            parse_field_name,
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
            parse_properties,
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
