"""ATT&CK in a rule's tags: `attack.command-and-control`, `attack.t1071.001`.

pySigma's own table of ATT&CK is downloaded when it is first asked for; these pipelines never ask.
`attack.json` has the techniques of MITRE ATT&CK Enterprise 17.0, and is read when one is looked up.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.rule import SigmaRuleTag

__all__ = [
    "TACTICS",
    "Technique",
    "by_tactic",
    "subtechniques",
    "tactics",
    "technique",
    "techniques",
    "without_unknown",
]

# The enterprise matrix: https://attack.mitre.org/tactics/enterprise/
TACTICS = {
    "reconnaissance": ("TA0043", "Reconnaissance"),
    "resource-development": ("TA0042", "Resource Development"),
    "initial-access": ("TA0001", "Initial Access"),
    "execution": ("TA0002", "Execution"),
    "persistence": ("TA0003", "Persistence"),
    "privilege-escalation": ("TA0004", "Privilege Escalation"),
    "defense-evasion": ("TA0005", "Defense Evasion"),
    "credential-access": ("TA0006", "Credential Access"),
    "discovery": ("TA0007", "Discovery"),
    "lateral-movement": ("TA0008", "Lateral Movement"),
    "collection": ("TA0009", "Collection"),
    "command-and-control": ("TA0011", "Command and Control"),
    "exfiltration": ("TA0010", "Exfiltration"),
    "impact": ("TA0040", "Impact"),
}


def tactics(tags: Iterable[SigmaRuleTag]) -> list[str]:
    """Return the tactics that the tags name, as keys of `TACTICS`, each once and in order."""
    named = (tag.name.replace("_", "-") for tag in tags if tag.namespace == "attack")
    return list(dict.fromkeys(name for name in named if name in TACTICS))


def techniques(tags: Iterable[SigmaRuleTag]) -> list[str]:
    """Return the technique ids (`T1071.001`) that the tags name, each once and in order."""
    named = (tag.name.upper() for tag in tags if tag.namespace == "attack")
    return list(dict.fromkeys(n for n in named if re.fullmatch(r"T\d{4}(\.\d{3})?", n)))


def by_tactic(tags: Iterable[SigmaRuleTag]) -> dict[str, list[str]]:
    """Return the tags' tactics, each with those of the tags' techniques that serve it.

    A technique that serves none of the tags' tactics adds its own. One that the table does not
    know, being newer, stands with the tags' first tactic, or nowhere.

    Returns:
        Technique ids by tactic, the tactics as keys of `TACTICS` and in its order.
    """
    tags = list(tags)
    named = dict.fromkeys(tactics(tags))
    found: dict[str, list[str]] = {tactic: [] for tactic in named}
    for identifier in techniques(tags):
        known = technique(identifier)
        serving = list(named)[:1] if known is None else known.tactics
        for tactic in [one for one in serving if one in named] or serving:
            found.setdefault(tactic, []).append(identifier)
    return {tactic: found[tactic] for tactic in TACTICS if tactic in found}


def without_unknown(tags: Iterable[SigmaRuleTag]) -> list[SigmaRuleTag]:
    """Return the tags without techniques that the table does not know."""
    return [tag for tag in tags if all(technique(one) for one in techniques([tag]))]


def subtechniques(identifiers: Iterable[str]) -> dict[str, list[str]]:
    """Return techniques, those of sub-techniques included, each with its sub-techniques."""
    found: dict[str, list[str]] = {}
    for identifier in identifiers:
        below = found.setdefault(identifier.partition(".")[0], [])
        if "." in identifier:
            below.append(identifier)
    return found


class Technique(NamedTuple):
    """A technique or sub-technique of ATT&CK.

    Attributes:
        name: its name, of a sub-technique without that of the technique above it.
        tactics: what it is used for, as keys of `TACTICS`.
    """

    name: str
    tactics: tuple[str, ...]


def technique(identifier: str) -> Technique | None:
    """Return the technique of an id such as `T1071.001`; None where the table has no such id."""
    return _techniques().get(identifier.upper())


@cache
def _techniques() -> dict[str, Technique]:
    text = Path(__file__).with_suffix(".json").read_text("utf-8")
    rows: dict[str, list[str]] = json.loads(text)["techniques"]
    return {
        identifier: Technique(name, tuple(under)) for identifier, (name, *under) in rows.items()
    }
