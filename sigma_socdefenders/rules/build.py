"""Indicators become `SigmaRule` objects, built directly: no YAML is written on the way."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sigma.rule import SigmaRule, SigmaRuleTag

from sigma.pipelines.socdefenders.rule_formats.attack import technique
from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.indicators.bounded_cache import remembered
from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.indicators.tlp import tlp_label
from sigma_socdefenders.rules.identity import FEED, ListName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime
    from uuid import UUID

    from sigma.rule import SigmaLevel

    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
    from sigma_socdefenders.rules.profiles.model import Metadata, Profile, RuleTemplate

__all__ = [
    "TITLE_LENGTH",
    "BuiltRule",
    "build_all",
    "build_rule",
    "build_rules",
    "named_in_tags",
    "rule_days",
    "rule_id",
    "rule_level",
    "technique_tags",
    "tlp_tag",
    "with_rules",
    "without_rule",
]

TITLE_LENGTH = 256
"""The longest title that the Sigma specification allows, in characters."""

# pySigma reads the years 1000 to 3999 back from YAML, and no others.
_FIRST_YEAR, _LAST_YEAR = 1000, 3999


def rule_id(indicator: Indicator, logsource: str = "", list_name: ListName = FEED) -> UUID:
    """Return the id of an indicator's rule: the same for every spelling of the value.

    Args:
        indicator: whose rule it is.
        logsource: `category/product/service`, where the profile gives the indicator more than
            one rule; else empty.
        list_name: the list that the rule is of.
    """
    return list_name.id(f"{indicator.key}|{logsource}" if logsource else indicator.key)


def build_rules(indicator: Indicator, profile: Profile) -> Iterator[SigmaRule]:
    """Yield the rules of one indicator, in the profile's order; none where it has no such type."""
    for template in profile.types.get(indicator.type, ()):
        yield build_rule(indicator, template, profile.metadata)


class BuiltRule(NamedTuple):
    """A rule and the indicators that it looks for, all of one type."""

    rule: SigmaRule
    indicators: tuple[Indicator, ...]


def build_all(found: Iterable[SourcedIndicator], profile: Profile) -> Iterator[BuiltRule]:
    """Yield the rules of indicators, in order; none for those of a type that the profile lacks."""
    for sourced in found:
        for rule in build_rules(sourced.indicator, profile):
            yield BuiltRule(rule, (sourced.indicator,))


def with_rules(
    found: Iterable[SourcedIndicator], profile: Profile
) -> Iterator[SourcedIndicator | Skipped]:
    """Yield the indicators that the profile has a rule for; the others are skipped."""
    types = profile.types
    for sourced in found:
        yield sourced if types.get(sourced.indicator.type) else without_rule(sourced, profile)


def without_rule(found: SourcedIndicator, profile: Profile) -> Skipped:
    """Return that an indicator is skipped, as the profile has no rule for its type."""
    detail = f"profile {profile.name} has no rule for {found.indicator.type}"
    return Skipped(found.position, found.indicator.value, Reason.NO_RULE, detail)


def build_rule(indicator: Indicator, template: RuleTemplate, metadata: Metadata) -> SigmaRule:
    """Return the rule of one indicator."""
    variables = {"value": indicator.value, "context": indicator.context or ""}
    title = template.title.fill(variables)
    if len(title) > TITLE_LENGTH:
        surplus = len(title) - TITLE_LENGTH + 1
        variables["value"] = indicator.value[:-surplus] + "…"
        title = template.title.fill(variables)[:TITLE_LENGTH]
        variables["value"] = indicator.value
    day, changed = rule_days(indicator.first_seen, indicator.last_seen, metadata)
    return SigmaRule(
        title=title,
        id=rule_id(indicator, template.identity, metadata.list_name),
        status=metadata.status,
        description=template.description.fill(variables) or None,
        references=_references(indicator, metadata),
        tags=_tags(indicator, template, metadata),
        author=metadata.author,
        date=day,
        modified=changed,
        fields=list(template.fields),
        falsepositives=list(metadata.falsepositives),
        level=rule_level(indicator, metadata),
        logsource=template.logsource,
        detection=template.detection.fill((indicator,)),
    )


def rule_level(indicator: Indicator, metadata: Metadata) -> SigmaLevel | None:
    """Return the level that the profile gives an indicator's confidence."""
    confidence = indicator.confidence.value if indicator.confidence is not None else "none"
    return metadata.levels.get(confidence)


def _references(indicator: Indicator, metadata: Metadata) -> list[str]:
    if not metadata.article_references or not indicator.sources:
        return list(metadata.references)
    references = list(metadata.references)
    for source in indicator.sources:
        if source.article_url and source.article_url not in references:
            references.append(source.article_url)
    return references


def rule_days(
    first: datetime | None, last: datetime | None, metadata: Metadata
) -> tuple[date | None, date | None]:
    """Return a rule's `date` and `modified`, None each where the profile leaves it out.

    There is no date without a sighting, and no `modified` on the day of `date`, as SigmaHQ asks.
    """
    day, changed = _day(first, "date", metadata), _day(last, "modified", metadata)
    return day, None if changed == day else changed


def _day(seen: datetime | None, name: str, metadata: Metadata) -> date | None:
    if seen is None or name not in metadata.dates or not _FIRST_YEAR <= seen.year <= _LAST_YEAR:
        return None
    return seen.date()


_VULNERABILITY = re.compile(r"CVE-([0-9]{4}-[0-9]{4,19})", re.IGNORECASE)
_TECHNIQUE = re.compile(r"\bT[0-9]{4}(?:\.[0-9]{3})?\b", re.IGNORECASE)


def _tags(indicator: Indicator, template: RuleTemplate, metadata: Metadata) -> list[SigmaRuleTag]:
    """The template's tags, then what the indicator says of techniques, vulnerabilities and TLP."""
    if not metadata.indicator_tags:
        return [*template.tags, *metadata.tags]
    techniques, vulnerabilities = named_in_tags(indicator)
    tags = [*template.tags, *technique_tags(techniques, template.tags)]
    tags += [_tag("cve", number) for number in vulnerabilities]
    tags += metadata.tags
    if indicator.tlp is not None and (label := tlp_label(indicator.tlp)):
        tags.append(tlp_tag(label))
    return tags


def technique_tags(
    techniques: Iterable[str], given: Iterable[SigmaRuleTag]
) -> Iterator[SigmaRuleTag]:
    """Yield the tags of techniques, after the tactics of those that have none among `given`."""
    techniques = list(techniques)
    tactics = {tag.name: None for tag in given if tag.namespace == "attack"}
    for name in techniques:
        if (known := technique(name)) is not None and tactics.keys().isdisjoint(known.tactics):
            tactics.update(dict.fromkeys(known.tactics))
            yield from (_tag("attack", tactic) for tactic in known.tactics)
    yield from (_tag("attack", name.lower()) for name in techniques)


def tlp_tag(label: str) -> SigmaRuleTag:
    """Return the tag of a traffic-light label; Sigma writes `tlp.amber-strict`."""
    return _tag("tlp", label.replace("+", "-"))


# The types whose values are named in tags, and what most indicators name.
_NAMING = frozenset({IndicatorType.MITRE_ATTACK, IndicatorType.CVE})
_NOTHING: tuple[dict[str, None], dict[str, None]] = {}, {}


def named_in_tags(indicator: Indicator) -> tuple[dict[str, None], dict[str, None]]:
    """Return the techniques, and the numbers of the vulnerabilities, that an indicator names."""
    if not indicator.tags and not indicator.techniques and indicator.type not in _NAMING:
        return _NOTHING
    techniques: dict[str, None] = dict.fromkeys(indicator.techniques)
    vulnerabilities: dict[str, None] = {}
    if indicator.type is IndicatorType.MITRE_ATTACK:
        techniques = {indicator.value: None, **techniques}
    elif indicator.type is IndicatorType.CVE:
        vulnerabilities[indicator.value[4:]] = None
    for tag in indicator.tags:
        named, numbered = _named_in(tag)
        techniques.update(named)
        vulnerabilities.update(numbered)
    return techniques, vulnerabilities


_tag = lru_cache(maxsize=4096)(SigmaRuleTag)


@remembered(4096)
def _named_in(tag: str) -> tuple[dict[str, None], dict[str, None]]:
    """Return the techniques and the vulnerability numbers that a source's tag names."""
    techniques = dict.fromkeys(found.upper() for found in _TECHNIQUE.findall(tag))
    return techniques, dict.fromkeys(_VULNERABILITY.findall(tag))
