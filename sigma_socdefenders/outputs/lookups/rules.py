"""The one Sigma rule of each type, as `rules.yml` has them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from string import Template
from typing import NamedTuple

import yaml
from sigma.rule import SigmaRuleTag

from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.outputs.lookups.lists import Lists

__all__ = ["LookupRule", "lookup_rules"]


class LookupRule(NamedTuple):
    """A rule over a type's table.

    Attributes:
        kind: the type.
        title: the rule's title.
        id: its id.
        description: what it detects.
        author: who is said to have made it: the list.
        references: where to read about the list.
        level: Sigma's level, by the surest indicator of the table.
        tags: its tags.
        text: its YAML.
    """

    kind: IndicatorType
    title: str
    id: str
    description: str
    author: str
    references: tuple[str, ...]
    level: str
    tags: tuple[str, ...]
    text: str

    @property
    def sigma_tags(self) -> list[SigmaRuleTag]:
        """Its tags as pySigma has them."""
        return [SigmaRuleTag.from_str(tag) for tag in self.tags]


def lookup_rules(lists: Lists | None = None) -> dict[IndicatorType, LookupRule]:
    """Return the rule of each type that can be held in a table.

    Args:
        lists: what the tables hold (default: nothing, of the feed).
    """
    lists = lists or Lists()
    return {kind: _filled(kind, template, lists) for kind, template in _templates().items()}


def _filled(kind: IndicatorType, template: str, lists: Lists) -> LookupRule:
    name = lists.list_name
    references = "".join(f"    - {one}\n" for one in name.references)
    text = Template(template).substitute(
        list=name.title,
        # A name may be a word or number of YAML's own; one with a space is neither.
        author=name.title if " " in name.title else f"'{name.title}'",
        table=name.table(kind),
        level=lists.level(kind),
        references=f"references:\n{references}" if references else "",
    )
    rule = yaml.safe_load(text)
    if name.name:
        own = str(name.id(f"lookup|{kind}"))
        text = text.replace(rule["id"], own)
        rule["id"] = own
    return LookupRule(
        kind,
        rule["title"],
        rule["id"],
        rule["description"],
        rule["author"],
        name.references,
        rule["level"],
        tuple(rule["tags"]),
        text,
    )


@cache
def _templates() -> dict[IndicatorType, str]:
    whole = (resources.files(__package__) / "rules.yml").read_text(encoding="utf-8")
    texts = whole.split("---\n")[1:]
    placeholders = {
        f"%socdefenders_{kind.value.replace('-', '_')}%": kind for kind in IndicatorType
    }
    return {
        next(kind for name, kind in placeholders.items() if name in text): text for text in texts
    }
