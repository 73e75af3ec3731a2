"""What the fuzz has found stays found: committed inputs, and mutations of them by fixed chance."""

from __future__ import annotations

from random import Random

import pytest

from fuzz import failures
from fuzz.doors import DOORS, Door
from fuzz.mutation import mutate_bytes

MUTATIONS = 120
"""Of each door; slow ones take some milliseconds an input."""


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_committed_inputs(door):
    """Each seed, and each input that once broke something, holds what its door's check says."""
    assert any(file.parent.parent.name == "seeds" for file in door.seeds)
    for file in door.seeds:
        content = file.read_bytes()
        assert len(content) <= door.most, f"{file} is longer than the door's inputs"
        try:
            door.check(content)
        except Exception as error:  # noqa: BLE001 - whatever it is
            pytest.fail(f"{failures.command(door, file)}: {error!r}")


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_mutated_inputs(door):
    """The same mutations in each run hold it too; one that does not is kept, to be shown again."""
    chance = Random(door.name)
    words = door.words_tried
    inputs = [file.read_bytes() for file in door.seeds]
    for _ in range(MUTATIONS):
        content = chance.choice(inputs)
        if door.mutate is not None and chance.random() < 0.5:
            content = door.mutate(content, door.most, chance)
        else:
            content = mutate_bytes(content, door.most, chance, words)
        try:
            door.check(content)
        except Exception as error:  # noqa: BLE001 - whatever it is
            pytest.fail(f"{failures.command(door, failures.keep(door, content, error))}: {error!r}")
        # From some, the next ones go on: so they come further from the seeds.
        if chance.random() < 0.2:
            inputs.append(content)


def test_committed_inputs_have_a_door():
    """A folder of inputs that no door reads would hold nothing."""
    here = failures.WORK.parent
    for kind in ("seeds", "regressions"):
        assert {folder.name for folder in (here / kind).iterdir()} <= DOORS.keys()


def test_a_failure_is_kept_once_and_shortest(tmp_path, monkeypatch, capsys):
    """Of the inputs that break one place, the shortest stays, with a command to show it."""

    def check(data):
        raise ValueError(f"{len(data)} bytes")

    monkeypatch.setattr(failures, "FAILURES", tmp_path)
    door = Door("broken", check)
    for content in (b"aaa", b"a", b"aa"):
        with pytest.raises(ValueError) as caught:
            door.check(content)
        file = failures.keep(door, content, caught.value)
    assert failures.kept(door) == [file]
    assert file.read_bytes() == b"a"
    assert failures.command(door, file).endswith(f"{file.name} broken")
    assert "1 bytes" in file.with_suffix(".txt").read_text(encoding="utf-8")
    assert capsys.readouterr().err.count("FAILED broken") == 1
