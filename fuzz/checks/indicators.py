"""The one door: values have one canonical form, and records come back as they went in."""

from __future__ import annotations

import json

from fuzz.checks.errors import shown
from sigma_socdefenders.errors import InvalidIndicatorError
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.indicators.normalize import canonical, infer_type, refang
from sigma_socdefenders.indicators.timestamps import parse_instant

__all__ = ["check_record", "check_value"]

_TYPES = tuple(IndicatorType)


def check_value(data: bytes) -> None:
    """Check the normaliser: the first byte says the type, the rest is the value."""
    text = data[1:].decode("utf-8", "surrogateescape")
    bare = refang(text)
    assert refang(bare) == bare, f"{text!r} is refanged to {bare!r}, and that once more"
    kind = infer_type(text)
    number = data[0] if data else 0
    if number < len(_TYPES):
        kind = _TYPES[number]
    if kind is None:
        return
    try:
        value = canonical(kind, text)
    except ValueError as error:
        assert str(error)
        return
    assert value.isprintable() or not value.isascii(), f"{value!r} cannot be printed"
    assert canonical(kind, value) == value, f"{text!r} is {value!r}, and then another"


def check_record(data: bytes) -> None:
    """Check `Indicator.from_record` with any JSON value."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        _check_instant(data)
        return
    try:
        found = Indicator.from_record(record)
    except InvalidIndicatorError as error:
        shown(error)
        return
    written = found.to_record()
    json.dumps(written)
    assert Indicator.from_record(written) == found, f"{found} becomes {written}"


def _check_instant(data: bytes) -> None:
    try:
        found = parse_instant(data.decode("utf-8", "replace"))
    except ValueError as error:
        assert str(error)
        return
    assert found.utcoffset() is not None
