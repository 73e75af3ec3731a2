"""Which deployment settings a target's format or lookup uses, by what they change in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.indicators.ioc_types import TYPES
from sigma_socdefenders.outputs.lookups import lookup_files
from sigma_socdefenders.rules.build import build_all
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets import Converter, render
from sigma_socdefenders.targets.settings import ConversionSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.targets import Target

__all__ = ["SAMPLES", "used_by_format", "used_by_lookup"]

SAMPLES: dict[str, object] = {
    "every": "3h",
    "window": "2h",
    "delay": "20m",
    "enabled": True,
    "index": ["our-index"],
    "sourcetype": ["OurType"],
    "source_macro": ["ours"],
    "analytic_story": ["Our Story"],
    "subfield": "parts",
    "email_subfield": "lower",
    "throttle": "3h",
    "qradar_property": ["url=Our URL"],
}
"""A value of each setting that no platform has by default."""

_FOUND = [
    SourcedIndicator(Indicator.from_record({"type": kind, "value": row.example}), Position("x", 1))
    for kind, row in TYPES.items()
]


def _ignored(built: BuiltRule, error: Exception) -> None:
    """Leave out what the target has no field for."""


def _changing(made: Callable[[ConversionSettings | None], object]) -> list[str]:
    before = made(None)
    return [
        name
        for name, value in SAMPLES.items()
        if made(ConversionSettings(Deployment.parse({name: value}))) != before
    ]


def used_by_format(target: Target, output_format: str) -> list[str]:
    """Return the names of the settings that change what a format is written as."""

    def made(settings: ConversionSettings | None) -> str:
        converter = Converter(target, output_format, settings)
        queries = converter.all_queries(
            build_all(_FOUND, load_profile("default")), on_error=_ignored
        )
        return render(converter.finish(queries))

    return _changing(made)


def used_by_lookup(target: Target) -> list[str]:
    """Return the names of the settings that change a lookup's files."""
    return _changing(
        lambda settings: list(
            lookup_files(_FOUND, target.name, settings=settings, on_error=_ignored)
        )
    )
