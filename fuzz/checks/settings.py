"""Files of the user's own and of earlier runs: understood, or refused in one sentence."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

import click

from fuzz.checks.errors import shown
from sigma_socdefenders.cli import cli
from sigma_socdefenders.cli.config import load_defaults
from sigma_socdefenders.errors import (
    ProfileError,
    RepositoryError,
    SelectionError,
    SocDefendersError,
    StateError,
)
from sigma_socdefenders.feed.state import FeedState
from sigma_socdefenders.indicators.filters import Filters
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.outputs.rule_folder.manifest import (
    dump_journal,
    dump_manifest,
    load_journal,
    load_manifest,
)
from sigma_socdefenders.outputs.rule_folder.naming import PATH
from sigma_socdefenders.rules.build import build_rules
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import to_yaml
from sigma_socdefenders.selection.allowlist import Allowlist

__all__ = [
    "check_allowlist",
    "check_config",
    "check_journal",
    "check_manifest",
    "check_profile",
    "check_state",
]

_FEED = "https://feed.example"
_NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
_SAMPLES = tuple(
    Indicator.from_record({"type": kind, "value": value})
    for kind, value in (
        ("ipv4", "192.0.2.7"),
        ("domain", "a.example"),
        ("url", "https://a.example/x"),
        ("sha256", "a" * 64),
    )
)


@lru_cache(maxsize=1)
def _file() -> Path:
    """Return a file that inputs are put into, in memory where the system has a place for that."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of this process's own is made in it
    folder = tempfile.mkdtemp(dir=memory if memory.is_dir() else None)
    return Path(folder, "input")


def _put(data: bytes) -> Path:
    file = _file()
    file.write_bytes(data)
    return file


def check_profile(data: bytes) -> None:
    """Check a profile; rules of what is one can be built and written."""
    path = str(_put(data))
    load_profile.cache_clear()
    try:
        profile = load_profile(path)
    except ProfileError as error:
        shown(error)
        return
    for indicator in _SAMPLES:
        to_yaml(build_rules(indicator, profile))


def check_config(data: bytes) -> None:
    """Check a configuration file: defaults of options that there are, or a usage error."""
    try:
        found = load_defaults(cli, click.Context(cli), str(_put(data)))
    except click.UsageError as error:
        assert error.format_message()
        return
    assert all(isinstance(options, dict) for options in found.values())


def check_state(data: bytes) -> None:
    """Check the file that remembers the last complete run of a query."""
    state = FeedState(_put(data))
    for query in (Filters(), Filters(type=(IndicatorType.IPV4,))):
        _check_since(state, query)


def _check_since(state: FeedState, query: Filters) -> None:
    try:
        since = state.since(_FEED, query, now=_NOW)
    except StateError as error:
        shown(error)
        return
    assert since is None or since.tzinfo is not None


def check_manifest(data: bytes) -> None:
    """Check a folder's manifest: what is read is written alike."""
    file = _put(data)
    try:
        manifest, about = load_manifest(file, PATH)
    except RepositoryError as error:
        shown(error)
        return
    assert not any(part in {"", ".", ".."} for path in manifest for part in path.split("/"))
    file.write_bytes(dump_manifest(manifest, about))
    assert load_manifest(file, PATH) == (manifest, about)


def check_journal(data: bytes) -> None:
    """Check the journal of a run that did not end."""
    file = _put(data)
    try:
        journal = load_journal(file, PATH)
    except RepositoryError as error:
        shown(error)
        return
    assert not any(part in {"", ".", ".."} for path in journal for part in path.split("/"))
    file.write_bytes(dump_journal(journal))
    assert load_journal(file, PATH) == journal


def check_allowlist(data: bytes) -> None:
    """Check an allowlist: every line of it is heeded, or all of it refused."""
    try:
        allowed = Allowlist.from_files([_put(data)])
    except SelectionError as error:
        shown(error)
        return
    for indicator in _SAMPLES:
        with suppress(SocDefendersError):
            reason = allowed.allows(indicator.type, indicator.value)
            assert reason is None or reason
