"""Templates of Azure Resource Manager, in which Sentinel's portal imports rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.processing.finalization import Finalizer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MakeTemplates", "literal", "templates"]

# What Azure Resource Manager takes as one template:
# https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices
_MOST_RESOURCES, _LARGEST_TEMPLATE = 800, 4_000_000


def literal(text: str) -> str:
    """Return a text that a template does not take for an expression.

    One that does not end with a bracket is none, and has to stay as it is ("Escape characters").
    """
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text


def templates(rules: Iterable[Any]) -> str:
    """Return rules as one template, or as several, a line each, if they do not fit one."""
    parts: list[list[Any]] = [[]]
    size = 0
    for rule in rules:
        length = len(json.dumps(rule, ensure_ascii=False, indent=2).encode()) * 2
        if len(parts[-1]) == _MOST_RESOURCES or size + length > _LARGEST_TEMPLATE:
            parts.append([])
            size = 0
        parts[-1].append(rule)
        size += length
    indent = 2 if len(parts) == 1 else None
    texts = (json.dumps(_template(part), indent=indent, ensure_ascii=False) for part in parts)
    return "\n".join(texts)


@dataclass
class MakeTemplates(Finalizer):
    """Put the rules into templates."""

    def apply(self, queries: list[Any]) -> str:
        """Return the templates as one text; see `templates`."""
        return templates(queries)


def _template(resources: list[Any]) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {
        "$schema": schema,
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "String"}},
        "resources": resources,
    }
