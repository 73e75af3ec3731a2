"""Files are written whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from sigma_socdefenders import OutputError
from sigma_socdefenders.files import atomic_writer


def test_a_file_appears_at_the_end(tmp_path):
    """Nothing is there until the block ends, and then all of it, with plain line ends."""
    file = tmp_path / "out"
    with atomic_writer(file) as stream:
        stream.write("one\ntwo\u00fc\n")
        assert not file.exists()
    assert file.read_bytes() == b"one\ntwo\xc3\xbc\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_old_file(tmp_path):
    """An exception in the block leaves the old file as it was, and no debris."""
    file = tmp_path / "out"
    file.write_text("old")

    def fail_half_way() -> None:
        with atomic_writer(file) as stream:
            stream.write("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert file.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_permissions_are_kept(tmp_path):
    """A replaced file keeps its permissions; a new one has the umask's."""
    file = tmp_path / "out"
    file.write_text("old")
    file.chmod(0o640)
    with atomic_writer(file) as stream:
        stream.write("new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    before = os.umask(0o027)
    try:
        with atomic_writer(tmp_path / "fresh") as stream:
            stream.write("new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows")
def test_a_link_stays_a_link(tmp_path):
    """Writing through a symbolic link changes the file behind it."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    with atomic_writer(link) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_is_no_regular_file_is_written_to(tmp_path):
    """A device or a pipe takes the text directly."""
    with atomic_writer(os.devnull) as stream:
        stream.write("gone")


def test_a_folder_that_does_not_exist_is_an_error(tmp_path):
    """What cannot be written is an error with the path."""
    with pytest.raises(OutputError, match="Cannot write"), atomic_writer(tmp_path / "no" / "out"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_what_a_killed_run_left_is_removed(tmp_path):
    """A run that was killed while it wrote leaves a file, which the next run removes."""
    program = (
        "import os, signal, sys; from sigma_socdefenders.files import atomic_writer\n"
        "with atomic_writer(sys.argv[1]) as stream:\n"
        "    stream.write('half')\n    stream.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    file, other = tmp_path / "out", tmp_path / ".out.own"
    other.write_text("somebody's")
    done = subprocess.run([sys.executable, "-c", program, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".out.*part"))) == 1
    with atomic_writer(file) as stream:
        stream.write("whole")
    assert {entry.name for entry in tmp_path.iterdir()} == {"out", ".out.own"}


def test_two_writers_leave_each_other_alone(tmp_path):
    """A file that another run is still writing is no leftover."""
    file = tmp_path / "out"
    with atomic_writer(file) as first:
        first.write("first")
        with atomic_writer(file) as second:
            second.write("second")
        assert file.read_text() == "second"
    assert file.read_text() == "first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
