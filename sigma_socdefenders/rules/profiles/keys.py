"""Which keys a profile can have, so that a misspelt one is refused and not passed over."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import ProfileError, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["check_keys"]

_PROFILE = ("extends", "description", "rule", "types")
_METADATA = (
    *("author", "status", "references", "article_references", "dates", "falsepositives"),
    *("tags", "indicator_tags", "levels"),
)
_LEVELS = ("high", "medium", "low", "none")
_RULE = ("title", "description", "tags", "fields", "logsource", "detection", "name")
_TYPE = (*_RULE, "rules")
_LOG_SOURCE = ("category", "product", "service", "definition")


def check_keys(document: Mapping[Any, Any], name: str) -> None:
    """Refuse keys that mean nothing, in every part of a profile's document but its detections.

    Raises:
        ProfileError: there is such a key; the message names it, and what it may have been meant as.
    """
    for place, found, known in _parts(document):
        if not isinstance(found, dict):
            continue
        for key in found:
            if key not in known:
                where = f", {place}" if place else ""
                raise ProfileError(
                    f"Profile '{name}'{where}: '{shorten(key)}' is no key here; {_hint(key, known)}"
                )


def _hint(key: object, known: Iterable[str]) -> str:
    close = get_close_matches(str(key)[:100], known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"the keys are {', '.join(known)}."


def _parts(document: Mapping[Any, Any]) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Yield the place, the mapping and the keys of each part that has keys of its own."""
    yield "", document, _PROFILE
    metadata = document.get("rule")
    yield "rule", metadata, _METADATA
    if isinstance(metadata, dict):
        yield "rule.levels", metadata.get("levels"), _LEVELS
    types = document.get("types")
    for kind, entry in types.items() if isinstance(types, dict) else ():
        place = f"types.{kind}"
        yield place, entry, _TYPE
        rules = entry.get("rules") if isinstance(entry, dict) else None
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            here = f"{place}.rules[{number}]"
            yield here, rule, _RULE
            if isinstance(rule, dict):
                yield f"{here}.logsource", rule.get("logsource"), _LOG_SOURCE
