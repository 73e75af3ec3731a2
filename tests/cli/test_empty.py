"""An empty source never takes the place of good output, unless that is asked for."""

from __future__ import annotations

import pytest

COMMANDS = {
    "convert": ("convert", "-t", "splunk", "-o"),
    "rules": ("rules", "-o"),
    "grouped": ("rules", "--group", "-o"),
}
EXPIRED = '{"value": "evil.example", "valid_until": "2001-01-01T00:00:00Z"}\n'


@pytest.fixture
def sources(tmp_path):
    """Return files of indicators: good ones, none, expired ones, and of a type without a query."""
    texts = {
        "good": "evil.example\n",
        "empty": "",
        "expired": EXPIRED,
        "refused": '{"type": "sha512", "value": "' + "a" * 128 + '"}\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("source", ["empty", "expired"])
def test_output_stays(run_program, sources, command, source):
    """With nothing left to write, the file stays, the status is 1, and a sentence says why."""
    options = (*COMMANDS[command], str(sources / "out"))
    assert run_program(*options, str(sources / "good")).returncode == 0
    before = (sources / "out").read_bytes()
    done = run_program(*options, str(sources / source))
    assert done.returncode == 1
    assert (sources / "out").read_bytes() == before
    (error,) = (line for line in done.stderr.splitlines() if line.startswith("Error"))
    assert f"so '{sources / 'out'}' was not written" in error
    assert ("--keep expired keeps them" in error) == (source == "expired")
    assert list(sources.glob(".*")) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_output_can_be_asked_for(run_program, sources, command):
    """`--allow-empty` writes it."""
    options = (*COMMANDS[command], str(sources / "out"))
    assert run_program(*options, str(sources / "good")).returncode == 0
    done = run_program(*options, str(sources / "empty"), "--allow-empty")
    assert done.returncode == 0, done.stderr
    assert (sources / "out").read_bytes() == b""


def test_a_target_that_has_nothing_for_the_list_is_no_output(run_program, sources):
    """What cannot be converted at all leaves nothing to write, either."""
    done = run_program(
        "convert", "-t", "defender", "-o", str(sources / "out"), str(sources / "refused")
    )
    assert done.returncode == 1
    assert not (sources / "out").exists()
    assert "not converted: sha512 1" in done.stderr


@pytest.mark.parametrize("command", ["convert", "rules"])
@pytest.mark.parametrize("output", ["-", "/dev/null"])
def test_standard_output_may_be_empty(run_program, sources, command, output):
    """What replaces nothing is written, with a hint."""
    done = run_program(*COMMANDS[command], output, str(sources / "expired"))
    assert done.returncode == 0
    assert done.stdout == ""
    assert "Nothing is left of 1 record, most of it expired." in done.stderr


def test_lookup_tables_stay(run_program, sources):
    """The tables of an earlier run stay, whatever the source has become."""
    folder = sources / "app"
    options = ("lookup", str(folder), "-t", "splunk")
    assert run_program(*options, str(sources / "good")).returncode == 0
    table = folder / "lookups" / "socdefenders_domain.csv"
    before = table.read_bytes()
    done = run_program(*options, str(sources / "expired"))
    assert done.returncode == 1
    assert f"so '{folder}' was not written" in done.stderr
    assert table.read_bytes() == before
    done = run_program(*options, str(sources / "expired"), "--allow-empty")
    assert done.returncode == 0, done.stderr
    assert b"evil.example" not in table.read_bytes()
