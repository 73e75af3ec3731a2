"""Indicators in hand-written rules: `socdefenders_placeholders`.

`DestinationIp|expand: '%socdefenders_ipv4%'` becomes a list of addresses, and so for each type.
Nothing is read, and the package that reads is not even imported, before a rule asks for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations.base import ValueTransformation
from sigma.types import (
    Placeholder,
    SigmaCIDRExpression,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["socdefenders_placeholders"]


@dataclass
class _FillPlaceholders(ValueTransformation):
    """Put indicators in the place of `%socdefenders_…%`; other placeholders stay.

    Raises:
        SigmaError: no source of indicators is named or it has none of the type.
    """

    _source: Any = field(init=False, compare=False, default=None)

    def apply_value(
        self,
        field: str | None,  # noqa: ARG002 - the base class's signature
        val: SigmaType,
    ) -> list[SigmaType] | None:
        if not isinstance(val, (SigmaString, SigmaRegularExpression)):
            return None
        parts = (val.regexp if isinstance(val, SigmaRegularExpression) else val).s
        if not any(self._is_ours(part) for part in parts):
            return None
        if len(parts) == 1 and isinstance(parts[0], Placeholder) and type(val) is SigmaString:
            whole = parts[0]
            return [_alone(value, whole) for value in self._values(whole, spelled=True)]
        escape = re.escape if isinstance(val, SigmaRegularExpression) else str

        def filled(placeholder: Placeholder) -> Iterator[str | Placeholder]:
            if not self._is_ours(placeholder):
                yield placeholder
                return
            values = self._values(placeholder, spelled=False)
            # A network within a longer text means nothing.
            yield from (escape(value) for value in values if not _is_network(placeholder, value))

        return list(val.replace_placeholders(filled))

    def _is_ours(self, part: object) -> bool:
        return isinstance(part, Placeholder) and part.name.startswith("socdefenders_")

    def _values(self, placeholder: Placeholder, *, spelled: bool) -> list[str]:
        # Imported here alone: listing pipelines must stay quick, and must not need this package.
        from sigma_socdefenders.outputs.placeholders import (  # noqa: PLC0415
            PlaceholderValues,
            placeholder_type,
        )

        if self._source is None:
            self._source = PlaceholderValues()
        kind = placeholder_type(placeholder.name)
        assert kind is not None
        values: list[str] = self._source.values(kind, spelled=spelled)
        return values


def _is_network(placeholder: Placeholder, value: str) -> bool:
    return "/" in value and placeholder.name in {"socdefenders_ipv4", "socdefenders_ipv6"}


def _alone(value: str, placeholder: Placeholder) -> SigmaType:
    """Return a value that stands alone: a network as such, anything else literally."""
    if _is_network(placeholder, value):
        return SigmaCIDRExpression(value)
    return SigmaString.from_str(value)


def socdefenders_placeholders() -> ProcessingPipeline:
    """Return the pipeline that fills placeholders with indicators, for any backend."""
    return ProcessingPipeline(
        name="SOC Defenders: placeholders filled with indicators",
        priority=5,
        items=[
            ProcessingItem(
                identifier="socdefenders_placeholders", transformation=_FillPlaceholders()
            )
        ],
    )
