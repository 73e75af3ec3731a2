"""What a profile says, ready to be filled in: the rules of each type, and what all say alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma.rule import SigmaLevel, SigmaLogSource, SigmaRuleTag, SigmaStatus

    from sigma_socdefenders.indicators.ioc_types import IndicatorType
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.rules.profiles.detections import DetectionTemplate
    from sigma_socdefenders.rules.profiles.texts import TextTemplate

__all__ = ["Metadata", "Profile", "RuleTemplate"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What all rules of a profile say of themselves.

    `levels` has a level for each confidence; `list_name` says which list the rules come from.
    """

    author: str | None
    status: SigmaStatus | None
    references: tuple[str, ...]
    article_references: bool
    dates: tuple[str, ...]
    falsepositives: tuple[str, ...]
    tags: tuple[SigmaRuleTag, ...]
    indicator_tags: bool
    levels: Mapping[str, SigmaLevel]
    list_name: ListName = FEED


@dataclass(frozen=True, slots=True)
class RuleTemplate:
    """One rule that an indicator of a type becomes.

    `identity` is empty for the only rule of its type, else it names the log source.
    """

    title: TextTemplate
    description: TextTemplate
    tags: tuple[SigmaRuleTag, ...]
    fields: tuple[str, ...]
    logsource: SigmaLogSource
    identity: str
    detection: DetectionTemplate


@dataclass(frozen=True, slots=True)
class Profile:
    """A named way to turn indicators into rules."""

    name: str
    description: str
    metadata: Metadata
    types: Mapping[IndicatorType, tuple[RuleTemplate, ...]]
