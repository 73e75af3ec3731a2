"""The readers: what is read is kept or counted, canonical, and the same however it arrives."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from fuzz.checks.errors import shown
from sigma_socdefenders import flow
from sigma_socdefenders.audit.skipped import Reason
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import SocDefendersError
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.normalize import canonical
from sigma_socdefenders.selection import Selection
from sigma_socdefenders.sources import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.indicator import SourcedIndicator
    from sigma_socdefenders.sources import InputFormat, ToIds

__all__ = ["reader"]

_READ_AGAIN = 8
# A fixed time, so that what fails today fails tomorrow.
_SELECTION = Selection(now=datetime(2026, 1, 1, tzinfo=timezone.utc))


@dataclass
class _Reading:
    """What came of reading something: comparable, errors by their message."""

    indicators: list[SourcedIndicator] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    read: int = 0
    error: str = ""

    def same_as(self, other: _Reading) -> bool:
        """Return whether both are alike; errors within are compared by what they say."""
        return (
            self.indicators == other.indicators
            and self.error == other.error
            and self.read == other.read
            and [one[:4] for one in self.skipped] == [one[:4] for one in other.skipped]
        )


class _Trickle(io.BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7 if size is None or not 0 <= size <= 7 else size)  # noqa: PLR2004


def reader(
    input_format: InputFormat = "auto",
    to_ids: ToIds = "auto",
    pack: Callable[[bytes], bytes] | None = None,
) -> Callable[[bytes], None]:
    """Return the check of reading bytes.

    Args:
        input_format: the form that a caller says they have.
        to_ids: which attributes of a MISP event are taken.
        pack: what the input is put into first, such as a document around its text.
    """

    def check(data: bytes) -> None:
        content = data if pack is None else pack(data)
        found = _read(io.BytesIO(content), input_format, to_ids)
        _check(found)
        # Twice the time: of some inputs, chosen by themselves, so that a failure shows again.
        if zlib.crc32(data) % _READ_AGAIN == 0:
            again = _read(_Trickle(content), input_format, to_ids)
            assert found.same_as(again), f"read again, it is another: {found} and {again}"
            _select(io.BytesIO(content), input_format, to_ids, found)

    return check


def _read(stream: BinaryIO, input_format: InputFormat, to_ids: ToIds) -> _Reading:
    found = _Reading()
    summary = Summary(errors="skip", on_skipped=found.skipped.append)
    try:
        records = read([stream], to_ids=to_ids, input_format=input_format)
        found.indicators.extend(flow.indicators(records, summary))
    except SocDefendersError as error:
        found.error = shown(error)
    found.read = summary.read
    return found


def _check(found: _Reading) -> None:
    assert found.read == len(found.indicators) + len(found.skipped), "a record was lost"
    for indicator, position in found.indicators:
        value = indicator.value
        assert canonical(indicator.type, value) == value, f"{value!r} is not canonical"
        assert Indicator.from_record(indicator.to_record()) == indicator, f"{indicator} changes"
        assert str(position).isprintable()
    for one in found.skipped:
        assert isinstance(one.reason, Reason)
        assert one.detail, f"{one} without a reason for a person"
        assert str(one).isprintable()
        if one.error is not None:
            shown(one.error)


def _select(stream: BinaryIO, input_format: InputFormat, to_ids: ToIds, found: _Reading) -> None:
    """Read once more with the usual selection, which loses no record either."""
    summary = Summary(errors="skip")
    kept: list[SourcedIndicator] = []
    try:
        kept.extend(
            flow.from_sources(
                [stream], _SELECTION, summary, to_ids=to_ids, input_format=input_format
            )
        )
    except SocDefendersError as error:
        assert shown(error) == found.error
        return
    assert summary.read == found.read == len(kept) + summary.dropped.total()
    values = {one.indicator.key for one in found.indicators}
    assert {one.indicator.key for one in kept} <= values, "a value was made up"
