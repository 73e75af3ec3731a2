"""Rules: whatever an indicator holds, its rule's YAML says that and nothing else."""

from __future__ import annotations

import json
from typing import Any

import yaml
from sigma.collection import SigmaCollection

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.outputs.rule_folder.naming import PATH, documents
from sigma_socdefenders.rules.build import build_all
from sigma_socdefenders.rules.grouping import ValueCapacity, build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import to_yaml
from sigma_socdefenders.selection import Selection

__all__ = ["check_rules"]

_EVERYTHING = Selection(keep=frozenset({"private", "expired", "revoked", "no-tld"}))
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_rules(data: bytes) -> None:
    """Check rules of JSON records, one by one and grouped: their YAML reads back as they are."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return
    records = found if isinstance(found, list) else [found]
    summary = Summary(errors="skip")
    kept = list(flow.from_records(records, _EVERYTHING, summary))
    assert summary.read == len(records) == len(kept) + summary.dropped.total()
    profile = load_profile("default")
    for built in (
        list(build_all(kept, profile)),
        list(build_groups(kept, profile, ValueCapacity(3))),
    ):
        rules = [one.rule for one in built]
        if not rules:
            continue
        text = to_yaml(rules)
        documents_read = list(yaml.load_all(text, _LOADER))
        assert [one["title"] for one in documents_read] == [rule.title for rule in rules]
        assert SigmaCollection.from_yaml(text).rules == rules, "the YAML is another rule"
        for document in documents(built):
            assert PATH.fullmatch(document.path), document.path
