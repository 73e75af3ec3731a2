"""Elastic: indicators as ECS documents, and indicator-match rules that compare them with events.

`README.md`, which is part of the folder, says how each file is loaded. A document's id is its
indicator's, so that loading it again changes and adds, and doubles nothing; what an earlier output
in the folder had and this one has not is deleted by a file of its own.

An indicator-match rule compares whole values of one case. So a domain stands for its subdomains
by `dns.question.registered_domain` alone, or by a sub-field of name parts where the deployment
names one; what neither can compare, like networks and mail addresses (in any case), is left to
ordinary rules.
"""

from __future__ import annotations

import json
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.indicators.public_suffix import is_public_suffix
from sigma_socdefenders.outputs.lookups.elastic.deletions import with_deletions
from sigma_socdefenders.outputs.lookups.elastic.documents import (
    DOCUMENTS,
    KINDS,
    documents,
    index_name,
    index_settings,
    ingest_pipeline,
)
from sigma_socdefenders.outputs.lookups.elastic.match_rules import match_rules
from sigma_socdefenders.outputs.lookups.files import File, numbered
from sigma_socdefenders.outputs.lookups.lists import is_network
from sigma_socdefenders.outputs.lookups.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists

__all__ = ["KINDS", "files", "holds", "with_deletions"]

_RULES = "detection-rules/rules-*.ndjson"
# Elastic advises bulk requests of 5 to 15 MB; an HTTP request has 100 MB at most. Kibana imports
# files of 10 MB at most.
_BULK_BYTES, _IMPORT_BYTES = 10_000_000, 9_000_000


def holds(indicator: Indicator, deployment: Deployment) -> bool:
    """Say whether an indicator-match rule finds all that the indicator's own rule finds."""
    if indicator.type is IndicatorType.DOMAIN:
        return bool(deployment.subfield) or _is_registered(indicator.value)
    return indicator.type in KINDS and not is_network(indicator)


def _is_registered(name: str) -> bool:
    _, _, above = name.partition(".")
    return bool(above) and is_public_suffix(above) and not is_public_suffix(name)


def files(lists: Lists, grouped: str, deployment: Deployment) -> Iterator[File]:
    """Yield the index, the documents and the rules; `grouped` are those that need no index."""
    index = index_name(lists)
    guide = (resources.files(__package__) / "loading.md").read_text(encoding="utf-8")
    yield File("README.md", Template(guide).substitute(index=index, list=lists.list_name.title))
    yield File("pipeline.json", _pretty(ingest_pipeline(lists)))
    yield File("index.json", _pretty(index_settings(lists, subfield=deployment.subfield)))
    lines = (_line(action) + _line(document) for action, document in documents(lists))
    yield from numbered(DOCUMENTS, lines, _BULK_BYTES)
    rules = [*map(_line, match_rules(lists, deployment)), *grouped.splitlines(keepends=True)]
    yield from numbered(_RULES, rules, _IMPORT_BYTES)


def _line(document: object) -> str:
    return json.dumps(document, ensure_ascii=False) + "\n"


def _pretty(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"


LOOKUP = Platform(files, holds, KINDS, "siem_rule_ndjson")
