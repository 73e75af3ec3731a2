"""Validates a file of rules with every validator there is; runs in the environment of its own.

    sigma_check.py RULES ATTACK D3FEND

Prints a JSON list of pairs: the name of an issue, and the log source of its rule.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from sigma.collection import SigmaCollection
from sigma.data import mitre_attack, mitre_d3fend
from sigma.plugins import InstalledSigmaPlugins
from sigma.validation import SigmaValidator


def main() -> None:
    """Validate the file named on the command line."""
    rules, attack, d3fend = sys.argv[1:]
    with tempfile.TemporaryDirectory() as caches:
        for data, path in ((mitre_attack, attack), (mitre_d3fend, d3fend)):
            data.set_cache_dir(str(Path(caches, data.__name__)))
            data.set_url(path)
        validators = InstalledSigmaPlugins.autodiscover().validators
        validator = SigmaValidator(set(validators.values()))
        collection = SigmaCollection.from_yaml(Path(rules).read_text("utf-8"))
        issues = [issue for rule in collection.rules for issue in validator.validate_rule(rule)]
        issues += validator.finalize()
    found = [
        (
            type(issue).__name__.removesuffix("Issue"),
            str(rule.logsource.category or rule.logsource.service),
        )
        for issue in issues
        for rule in issue.rules
    ]
    print(json.dumps(sorted(found)))  # noqa: T201 - a program of its own


if __name__ == "__main__":
    main()
