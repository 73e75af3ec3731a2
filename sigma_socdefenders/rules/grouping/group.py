"""A group of indicators and its one rule, whose metadata sums up the members'.

All of the rule depends on the members alone, and on nothing of them that changes by itself: a
rule's text changes when members come or go, or when a member's sources, tags or first sighting
do, and not when one is merely seen again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sigma.rule import SigmaRule, SigmaRuleTag

from sigma_socdefenders.errors import shorten
from sigma_socdefenders.indicators.ioc_types import type_title
from sigma_socdefenders.indicators.tlp import strictest_tlp
from sigma_socdefenders.rules.build import (
    TITLE_LENGTH,
    named_in_tags,
    rule_days,
    technique_tags,
    tlp_tag,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from sigma.rule import SigmaLevel

    from sigma_socdefenders.indicators.indicator import Indicator, IndicatorType
    from sigma_socdefenders.rules.profiles.model import Metadata, RuleTemplate

__all__ = ["Group"]

_MOST_LISTED = 20
_MOST_IN_TEXT = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Indicators of one type and level that share a rule.

    Attributes:
        type: the members' type.
        template: what the rule is built from.
        metadata: what the profile says of all its rules.
        level: the rule's level.
        bucket: the name of the members' bucket, empty for the first one.
        indicators: the members; the rule does not depend on their order.
    """

    type: IndicatorType
    template: RuleTemplate
    metadata: Metadata
    level: SigmaLevel | None
    bucket: str
    indicators: Sequence[Indicator]

    @property
    def id(self) -> UUID:
        """The id of the rule, the same whatever the members are."""
        source = self.template.logsource
        parts = (source.category, source.product, source.service, self.level, self.bucket)
        text = "|".join(str(part or "") for part in parts)
        return self.metadata.list_name.id(f"group|{self.type}|{text}")

    @property
    def label(self) -> str:
        """What stands for the value in the title: type, level, if levels differ, and bucket."""
        levels = set(self.metadata.levels.values())
        level = f"{str(self.level).title()}-" if self.level and len(levels) > 1 else ""
        return f"List {type_title(self.type)}-{level}{self.bucket or '0'}"

    def first(self, count: int) -> Group:
        """Return the group of the first members alone."""
        return replace(self, indicators=self.indicators[:count])

    def bare_rule(self) -> SigmaRule:
        """Return the rule as far as its query depends on it: that is built in half the time."""
        members = {indicator.value: indicator for indicator in self.indicators}
        return SigmaRule(
            title=self.template.title.fill({"value": self.label, "context": ""})[:TITLE_LENGTH],
            id=self.id,
            level=self.level,
            logsource=self.template.logsource,
            detection=self.template.detection.fill([members[value] for value in sorted(members)]),
        )

    def rule(self) -> SigmaRule:
        """Return the rule that finds what the rules of the members find, one by one."""
        metadata = self.metadata
        seen = [i.first_seen for i in self.indicators if i.first_seen is not None]
        variables = {"value": self.label, "context": self._context()}
        rule = self.bare_rule()
        rule.status = metadata.status
        rule.description = self.template.description.fill(variables) or None
        rule.references = self._references()
        rule.tags = self._tags()
        rule.author = metadata.author
        first, last = min(seen, default=None), max(seen, default=None)
        rule.date, rule.modified = rule_days(first, last, metadata)
        rule.fields = list(self.template.fields)
        rule.falsepositives = list(metadata.falsepositives)
        return rule

    def _context(self) -> str:
        """Name the feeds and categories of most members."""
        feeds = _most(self._named("feed_name"), _MOST_IN_TEXT)
        kinds = _most(self._named("category"), _MOST_IN_TEXT)
        named = (("Listed by", feeds), ("Categories:", kinds))
        return " ".join(f"{word} {_enumerated(names)}." for word, names in named if names)

    def _references(self) -> list[str]:
        listed = dict.fromkeys(self.metadata.references)
        if self.metadata.article_references:
            articles = _most(self._named("article_url"), _MOST_LISTED)
            listed.update(dict.fromkeys(articles[:_MOST_LISTED]))
        return list(listed)

    def _tags(self) -> list[SigmaRuleTag]:
        fixed = [*self.template.tags, *self.metadata.tags]
        if not self.metadata.indicator_tags:
            return fixed
        named = [named_in_tags(indicator) for indicator in self.indicators]
        techniques = _most((each[0] for each in named), _MOST_LISTED)[:_MOST_LISTED]
        numbers = _most((each[1] for each in named), _MOST_LISTED)[:_MOST_LISTED]
        tags = [*self.template.tags, *technique_tags(techniques, self.template.tags)]
        tags += [SigmaRuleTag("cve", number) for number in numbers]
        tags += self.metadata.tags
        if strictest := strictest_tlp(i.tlp for i in self.indicators):
            tags.append(tlp_tag(strictest))
        return tags

    def _named(self, field: str) -> Iterator[set[str | None]]:
        """Yield what the sources of each member that has any say in a field."""
        for indicator in self.indicators:
            if indicator.sources:
                yield {getattr(source, field) for source in indicator.sources}


def _most(texts: Iterable[Iterable[str | None]], most: int) -> Sequence[str]:
    """Return the texts of most members, in alphabetical order, and one empty for the rest."""
    counts = Counter(text for said in texts for text in said if text)
    chosen = sorted(counts, key=lambda text: (-counts[text], text))
    return [*sorted(chosen[:most]), *([""] if len(chosen) > most else [])]


def _enumerated(names: Sequence[str]) -> str:
    return ", ".join(shorten(name) for name in names if name) + ("" if names[-1] else " and others")
