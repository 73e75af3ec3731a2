"""The keys file, and the command that keeps it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from sigma_socdefenders.server.keys import (
    KeyFileError,
    Tier,
    add_key,
    read_keys,
    redact_keys,
    revoke_key,
)
from tests.conftest import ROOT


@pytest.fixture
def path(tmp_path):
    """A keys file that is not there yet."""
    return tmp_path / "keys.json"


def test_a_key_is_found_by_its_text_alone(path):
    """The text finds the key, and stands nowhere in the file, which only its owner reads."""
    key, text = add_key(path, tier=Tier.PRO, label="SIEM", expires=None)
    assert text.startswith("sk_live_")
    assert text.removeprefix("sk_live_") not in path.read_text("utf-8")
    found = read_keys(path)
    assert found.find(text) == key
    assert found.find(text[:-1]) is None
    assert found.find("") is None
    assert found.find("\udcff☠") is None
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_revoked_key_is_not_found(path):
    """A revoked key stays in the file, and is no longer found by text or id."""
    key, text = add_key(path, tier=Tier.FREE, label="", expires=None)
    _, other = add_key(path, tier=Tier.FREE, label="", expires=None)
    revoke_key(path, key.id)
    found = read_keys(path)
    assert found.find(text) is None
    assert found.by_id(key.id) is None
    assert found.find(other) is not None
    assert [one.revoked is not None for one in found.all] == [True, False]
    with pytest.raises(KeyFileError, match="no key 'key_0'"):
        revoke_key(path, "key_0")


def test_a_key_expires_at_its_instant(path):
    """It is good until just before, and expired at the very instant."""
    end = datetime(2026, 12, 1, tzinfo=timezone.utc)
    key, _ = add_key(path, tier=Tier.FREE, label="", expires=end)
    assert not key.expired(datetime(2026, 11, 30, 23, 59, 59, tzinfo=timezone.utc))
    assert key.expired(end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "keys": []}',
        '{"version": 1}',
        '{"version": 1, "keys": [{}]}',
        '{"version": 1, "keys": [1]}',
        '{"version": 1, "keys": [{"id": "a", "sha256": "00", "tier": "pro", "label": "",'
        ' "created": "2026-01-01"}]}',
        "[" * 100_000,
    ],
)
def test_a_file_of_something_else_is_refused(path, text):
    """What is no keys file is refused with a sentence, and not overwritten."""
    path.write_text(text, "utf-8")
    with pytest.raises(KeyFileError, match=r"keys\.json"):
        read_keys(path)
    with pytest.raises(KeyFileError):
        add_key(path, tier=Tier.FREE, label="", expires=None)
    assert path.read_text("utf-8") == text


def test_many_adds_at_once_all_survive(path, run_program):
    """Processes that add keys at the same time wait for each other."""
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: run_program("keys", "add", "--keys", str(path)), range(8)))
    assert all(one.returncode == 0 for one in done), done
    found = read_keys(path)
    assert len(found.all) == 8
    assert all(found.find(one.stdout.strip()) is not None for one in done)


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
@pytest.mark.parametrize("operation", ["mkstemp", "fsync", "chmod", "replace"])
def test_killed_at_any_point_the_file_is_whole(path, operation):
    """A process that is killed before any file operation leaves the old keys or the new ones."""
    _, text = add_key(path, tier=Tier.PRO, label="", expires=None)
    code = f"""
import os, pathlib, tempfile
from sigma_socdefenders.server.keys import Tier, add_key
def die(*_, **__):
    os.kill(os.getpid(), {int(signal.SIGKILL)})
for holder in (os, tempfile, pathlib.Path):
    if hasattr(holder, {operation!r}):
        setattr(holder, {operation!r}, die)
add_key({str(path)!r}, tier=Tier.FREE, label="", expires=None)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert read_keys(path).find(text) is not None
    add_key(path, tier=Tier.FREE, label="", expires=None)
    assert len(read_keys(path).all) == 2


def test_the_command_adds_lists_and_revokes(path, run_program):
    """`add` prints the key alone on standard output, and `list` never."""
    added = run_program(
        "keys", "add", "--keys", str(path), "--tier", "pro", "--label", "SIEM", "--expires", "90d"
    )
    text = added.stdout.strip()
    assert added.stdout == f"{text}\n"
    assert read_keys(path).find(text).tier is Tier.PRO
    name = added.stderr.split(",")[0]
    listed = run_program("keys", "list", "--keys", str(path)).stdout
    assert listed.startswith(f"{name}  pro   until 20")
    assert listed.rstrip().endswith("SIEM")
    assert run_program("keys", "revoke", "--keys", str(path), name).returncode == 0
    assert "revoked" in run_program("keys", "list", "--keys", str(path)).stdout


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["list"], 1, "cannot be read"),
        (["revoke", "key_1"], 1, "no keys file"),
        (["add", "--tier", "gold"], 2, "gold"),
        (["add", "--expires", "soon"], 2, "'soon'"),
        (["add", "--label", "a\nb"], 1, "label"),
    ],
)
def test_the_command_refuses(path, run_program, arguments, status, message):
    """What cannot be done is said in a sentence, and no file appears."""
    done = run_program("keys", *arguments, "--keys", str(path))
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not path.exists()


def test_keys_are_taken_out_of_texts():
    """Whatever looks like a key of the API is not shown."""
    assert redact_keys(f"?api_key=sk_live_{'a' * 40}&x=1") == "?api_key=[api key]&x=1"
    assert json.loads(redact_keys('"sk_test_1"')) == "[api key]"
