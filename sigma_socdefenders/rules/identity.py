"""Who rules are: the namespace of their ids, and the list that they come from.

A list without a name is the feed's. A named list has ids, titles, files and tables of its own, and
is named as the source: two lists under two names never overwrite each other on a platform, and the
same list under the same name always meets itself again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from sigma_socdefenders.errors import ListNameError

if TYPE_CHECKING:
    from sigma_socdefenders.indicators.ioc_types import IndicatorType

__all__ = ["FEED", "PROJECT_NAMESPACE", "ListName"]

PROJECT_NAMESPACE = UUID("6a2f5a52-6a0c-5d0c-9b1e-3f6c1f7f4f0e")
"""The namespace of every rule id; it never changes, so that an indicator always keeps its id."""

_FEED_TITLE = "SOC Defenders"
_FEED_ADDRESS = "https://socdefenders.ai"


@dataclass(frozen=True, slots=True)
class ListName:
    """The name of a list of indicators, and what follows from it.

    Attributes:
        name: lower-case letters, digits and single hyphens; empty for the feed.
    """

    name: str = ""

    @classmethod
    def parse(cls, text: str | None) -> ListName:
        """Return the name that a user gives a list; None or an empty text is the feed.

        Raises:
            ListNameError: it cannot be part of the names of files and tables.
        """
        if not text:
            return FEED
        from sigma.pipelines.socdefenders.rule_formats.deployment_values import (  # noqa: PLC0415 - start-up
            parse_list_name,
        )

        try:
            return cls(parse_list_name(text))
        except ValueError as error:
            raise ListNameError(f"The list's name '{text}' {error}.") from None

    @property
    def title(self) -> str:
        """What titles begin with, and who the rules' author is."""
        return self.name or _FEED_TITLE

    @property
    def source(self) -> str:
        """Where the indicators are from, for a sentence."""
        return f"list {self.name}" if self.name else f"{_FEED_TITLE} feed"

    def own_references(self, references: tuple[str, ...]) -> tuple[str, ...]:
        """Return references without the feed's address, unless the list is the feed."""
        return tuple(one for one in references if not self.name or one != _FEED_ADDRESS)

    @property
    def references(self) -> tuple[str, ...]:
        """Where to read about the list; empty for a list that only has a name."""
        return self.own_references((_FEED_ADDRESS,))

    def id(self, key: str) -> UUID:
        """Return the id of what a key names in this list, such as `ipv4:192.0.2.1`."""
        return uuid5(PROJECT_NAMESPACE, f"list|{self.name}|{key}" if self.name else key)

    @property
    def prefix(self) -> str:
        """What the names of the list's tables begin with: `socdefenders[_name]`."""
        parts = ("socdefenders", *filter(None, (self.name,)))
        return "_".join(parts).replace("-", "_")

    def table(self, kind: IndicatorType) -> str:
        """Return the name of the list's table of a type: `socdefenders_[name_]type`."""
        return f"{self.prefix}_{kind.value.replace('-', '_')}"


FEED = ListName()
"""The feed, which needs no name."""
