"""The form of a platform's lookup: what the modules beside this one say of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.indicators.ioc_types import IndicatorType
    from sigma_socdefenders.outputs.lookups.files import File
    from sigma_socdefenders.outputs.lookups.lists import Lists

__all__ = ["Platform", "always"]


@dataclass(frozen=True, slots=True)
class Platform:
    """How a target keeps tables; `Target.lookups` names the target's own.

    Attributes:
        files: gives the files for lists, the text of what is left to grouped rules, and the
            deployment's settings.
        holds: says whether a table does all that the indicator's own rule does, as it is
            deployed.
        kinds: the types that have a table.
        output_format: the target's format of the grouped rules.
        published_files: gives the files where queries fetch the tables from an address, which
            comes last; None where they cannot.
    """

    files: Callable[[Lists, str, Deployment], Iterator[File]]
    holds: Callable[[Indicator, Deployment], bool]
    kinds: frozenset[IndicatorType]
    output_format: str = "default"
    published_files: Callable[[Lists, str, Deployment, str], Iterator[File]] | None = None


def always(holds: Callable[[Indicator], bool]) -> Callable[[Indicator, Deployment], bool]:
    """Return `holds` for a platform where no setting changes the answer."""
    return lambda indicator, _: holds(indicator)
