"""How one value is spelled in logs: the variables that a profile's templates can use."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.normalize import IndicatorType

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["SPELLINGS", "WHOLE"]


def _value(indicator: Indicator) -> tuple[str, ...]:
    return (indicator.value,)


def _upper(indicator: Indicator) -> tuple[str, ...]:
    return (indicator.value.upper(),)


def _uncompressed(indicator: Indicator) -> tuple[str, ...]:
    """Eight groups without leading zeros, as Sysmon's network events have IPv6 addresses."""
    if "/" in indicator.value:
        return (indicator.value,)
    packed = ipaddress.IPv6Address(indicator.value).packed
    groups = (packed[i : i + 2].hex().lstrip("0") or "0" for i in range(0, 16, 2))
    return (":".join(groups),)


_OTHER_SCHEME = {"http": "https", "https": "http"}


def _url_spellings(indicator: Indicator) -> tuple[str, ...]:
    """As given, the other scheme, no scheme; each bare host also with a closing slash."""
    scheme, _, rest = indicator.value.partition("://")
    other = _OTHER_SCHEME.get(scheme)
    spelled = [indicator.value, *([f"{other}://{rest}"] if other else []), rest]
    if not any(mark in rest for mark in "/?#\\"):
        spelled += [f"{text}/" for text in spelled]
    return tuple(spelled)


SPELLINGS: dict[str, Callable[[Indicator], tuple[str, ...]]] = {
    "value": _value,
    "upper": _upper,
    "uncompressed": _uncompressed,
    "spellings": _url_spellings,
}

WHOLE = {IndicatorType.IPV6: ("value", "uncompressed"), IndicatorType.URL: ("spellings",)}
"""Types whose whole value logs spell in several ways, and the variables that have them."""
