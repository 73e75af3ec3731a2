"""STIX patterns: down to values, or refused."""

from __future__ import annotations

from sigma_socdefenders.audit.skipped import Refusal
from sigma_socdefenders.sources.stix.patterns import PatternError, alternatives

__all__ = ["check_pattern"]


def check_pattern(data: bytes) -> None:
    """Check a pattern: each alternative is a value of some kind, or says why it is none."""
    text = data.decode("utf-8", "replace")
    try:
        found = alternatives(text)
    except PatternError as error:
        assert str(error)
        return
    assert found, f"{text!r} says nothing"
    for one in found:
        assert one.detail if isinstance(one, Refusal) else one.hint
    assert alternatives(text) == found
