"""Ages past which indicators are left out: `30d` for all, `ipv4=30d` for one type, `default`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from sigma_socdefenders.errors import SelectionError, shorten
from sigma_socdefenders.indicators.ioc_types import TYPES, IndicatorType, indicator_type

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MaxAge", "default_ages", "parse_ages"]

MaxAge: TypeAlias = "str | timedelta | Iterable[str] | Mapping[str, str | timedelta]"

_AGE = re.compile(r"([0-9]{1,6})\s*([hdwmy])", re.IGNORECASE)
_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
_LONGEST = timedelta(days=365_000)


def default_ages() -> Mapping[IndicatorType, timedelta]:
    """Return the age that `default` means for each type that ages."""
    return {
        kind: timedelta(days=facts.days) for kind, facts in TYPES.items() if facts.days is not None
    }


def parse_ages(given: MaxAge | None) -> Mapping[IndicatorType, timedelta]:
    """Return the greatest age of each type; what is missing does not age.

    Args:
        given: `default`, an age such as `12h`, `30d`, `8w`, `6m` or `1y` for every type, or
            `TYPE=AGE`; several, of which the later ones win, separated by commas or in a list; or
            a mapping from types to ages.

    Raises:
        SelectionError: it is none of those.
    """
    if given is None:
        return {}
    if isinstance(given, timedelta):
        return dict.fromkeys(IndicatorType, given)
    if isinstance(given, Mapping):
        return {_type(str(kind)): _age(age) for kind, age in given.items()}
    ages: dict[IndicatorType, timedelta] = {}
    for each in [given] if isinstance(given, str) else given:
        for part in each.split(","):
            name, mark, age = part.partition("=")
            if mark:
                ages[_type(name)] = _age(age)
            elif part.strip().lower() == "default":
                ages.update(default_ages())
            else:
                ages.update(dict.fromkeys(IndicatorType, _age(part)))
    return ages


def _type(name: str) -> IndicatorType:
    kind = indicator_type(name)
    if kind is None:
        raise SelectionError(f"max-age: '{shorten(name)}' is none of {', '.join(IndicatorType)}.")
    return kind


def _age(text: str | timedelta) -> timedelta:
    if isinstance(text, timedelta):
        return text
    found = _AGE.fullmatch(text.strip())
    age = int(found[1]) * _UNITS[found[2].lower()] if found else None
    if age is None or age > _LONGEST:
        raise SelectionError(
            f"max-age: '{shorten(text)}' is no age such as 30d, 8w, 6m (months) or 1y; 'default'"
            " stands for the usual ages."
        )
    return age
