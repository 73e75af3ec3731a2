"""ATT&CK in a rule's tags: `attack.command-and-control`, `attack.t1071.001`.

pySigma's own table of ATT&CK is downloaded when it is first asked for; these pipelines never ask.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.rule import SigmaRuleTag

__all__ = ["TACTICS", "tactics", "techniques"]

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
