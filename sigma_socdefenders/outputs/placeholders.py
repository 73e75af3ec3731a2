"""The indicators that fill placeholders of hand-written rules: read once, and only when asked for.

They come from the file or folder that `SOCDEFENDERS_IOCS` names, else from the feed, where
`SOCDEFENDERS_API_KEY` or `SOCDEFENDERS_BASE_URL` is set. The pipeline `socdefenders_placeholders`
asks for them.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.rules.spellings import SPELLINGS, WHOLE
from sigma_socdefenders.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator

__all__ = ["PREFIX", "PlaceholderValues", "placeholder_type"]

PREFIX = "socdefenders_"
_logger = logging.getLogger(__name__)


def placeholder_type(name: str) -> IndicatorType | None:
    """Return the type of `socdefenders_ipv4` and its like; None for other placeholders.

    Raises:
        SourceError: the name begins like one of them and names no type.
    """
    if not name.startswith(PREFIX):
        return None
    wanted = name.removeprefix(PREFIX).replace("_", "-")
    for kind in IndicatorType:
        if kind.value == wanted:
            return kind
    known = ", ".join(f"%{PREFIX}{kind.value.replace('-', '_')}%" for kind in IndicatorType)
    raise SourceError(f"There is no placeholder %{name}%: use one of {known}.")


class PlaceholderValues:
    """Values for placeholders.

    Args:
        environment: where to look for the settings (default: the process's environment).
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._by_type: dict[IndicatorType, list[Indicator]] = {}

    def values(self, kind: IndicatorType, *, spelled: bool) -> list[str]:
        """Return the values of one type, networks included, each once and in the source's order.

        Args:
            kind: the type.
            spelled: give each value in every spelling that logs have of it.

        Raises:
            SourceError: no source is named, it cannot be read, or it has no such indicator.
        """
        names = WHOLE.get(kind, ("value",)) if spelled else ("value",)
        return list(
            dict.fromkeys(
                text
                for indicator in self._indicators(kind)
                for name in names
                for text in SPELLINGS[name](indicator)
            )
        )

    def _indicators(self, kind: IndicatorType) -> list[Indicator]:
        path = self._environment.get("SOCDEFENDERS_IOCS")
        if path:
            if not self._by_type:
                summary = Summary(errors="skip")
                self._keep(path, flow.from_sources([path], Selection(), summary), summary)
            source = path
        elif {"SOCDEFENDERS_API_KEY", "SOCDEFENDERS_BASE_URL"} & set(self._environment):
            if kind not in self._by_type:
                self._ask_feed(kind)
            source = "the feed"
        else:
            raise SourceError(
                f"Nothing fills %{PREFIX}{kind.value.replace('-', '_')}%: set SOCDEFENDERS_IOCS to"
                " a file of indicators, or SOCDEFENDERS_API_KEY for the feed."
            )
        if not (found := self._by_type.get(kind)):
            raise SourceError(
                f"There is no {kind.value} in {source}: a rule that asks for one would match"
                " everything or nothing."
            )
        return found

    def _ask_feed(self, kind: IndicatorType) -> None:
        from sigma_socdefenders.feed import Filters, open_client  # noqa: PLC0415 - needs HTTP

        self._by_type[kind] = []
        with open_client(None, None, None, None, allow_http=False) as client:
            query = Filters.parse(type=kind.value)
            summary = Summary(errors="skip")
            found = flow.from_feed(client.read(query), Selection(), summary)
            self._keep("the feed", found, summary)

    def _keep(self, source: str, found: Iterable[SourcedIndicator], summary: Summary) -> None:
        for indicator, _ in found:
            self._by_type.setdefault(indicator.type, []).append(indicator)
        if summary.dropped:
            reasons = ", ".join(f"{reason} {count}" for reason, count in summary.dropped.items())
            _logger.warning("%s: read %d, dropped %s", source, summary.read, reasons)
