"""Which types and log sources each target covers: found out by converting one of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.ioc_types import TYPES, IndicatorType
from sigma_socdefenders.rules.build import BuiltRule, build_rules
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets import Target, convert

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Coverage", "coverage"]


class Coverage(NamedTuple):
    """What a target makes of one rule of a profile.

    Attributes:
        type: the rule's indicator type.
        logsource: the rule's log source: `category`, `product/category` or `product/service`.
        query: the query; empty where the target has none.
        reason: why it has none, as a sentence for a person; else empty.
    """

    type: IndicatorType
    logsource: str
    query: str
    reason: str


def coverage(target: Target, profile: str = "default") -> Iterator[Coverage]:
    """Yield what a target makes of each rule of a profile, in the profile's order of types.

    Raises:
        ProfileError: there is no such profile.
    """
    loaded = load_profile(profile)
    for kind, facts in TYPES.items():
        indicator = Indicator.from_record({"type": kind.value, "value": facts.example})
        for rule in build_rules(indicator, loaded):
            source = rule.logsource
            parts = (source.product, source.category or source.service)
            name = "/".join(part for part in parts if part)
            title = rule.title
            try:
                queries = convert([BuiltRule(rule, (indicator,))], target)
            except TargetError as error:
                reason = str(error).removeprefix(
                    f"'{title}' cannot be converted for {target.name}: "
                )
                yield Coverage(kind, name, "", reason)
            else:
                yield Coverage(kind, name, queries[0], "")
