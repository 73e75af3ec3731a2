"""The one Sigma rule of each type, as `rules.yml` has them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import yaml

from sigma_socdefenders.indicators.normalize import IndicatorType

__all__ = ["LookupRule", "lookup_rules", "table_name"]


class LookupRule(NamedTuple):
    """A rule over a type's table.

    Attributes:
        kind: the type.
        title: the rule's title.
        id: its id.
        description: what it detects.
        tags: its tags.
        text: its YAML.
    """

    kind: IndicatorType
    title: str
    id: str
    description: str
    tags: tuple[str, ...]
    text: str


def table_name(kind: IndicatorType) -> str:
    """Return the name of a type's table, which is that of its placeholder, too."""
    return f"socdefenders_{kind.value.replace('-', '_')}"


@cache
def lookup_rules() -> dict[IndicatorType, LookupRule]:
    """Return the rule of each type that can be held in a table."""
    whole = (resources.files(__package__) / "rules.yml").read_text(encoding="utf-8")
    rules = {}
    for text in whole.split("---\n")[1:]:
        rule = yaml.safe_load(text)
        kind = next(
            kind for kind in IndicatorType if rule["description"].endswith(table_name(kind))
        )
        rules[kind] = LookupRule(
            kind, rule["title"], rule["id"], rule["description"], tuple(rule["tags"]), text
        )
    return rules
