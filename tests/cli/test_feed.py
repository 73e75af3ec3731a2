"""The commands without a SOURCE: the feed, `--since last`, and runs that are killed."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys

import pytest

from sigma_socdefenders.testing import FakeFeed, faults, sample_records
from tests.conftest import ROOT


@pytest.fixture
def feed():
    """Give a running fake feed of 250 records in three pages."""
    with FakeFeed(sample_records(250)) as running:
        running.page_limit = 100
        yield running


@pytest.fixture
def environment(feed, tmp_path):
    """Give an environment that points to the fake feed, and to a home of its own."""
    home = {"HOME": str(tmp_path / "home"), "APPDATA": str(tmp_path / "home")}
    named = {"SOCDEFENDERS_BASE_URL": feed.url, "SOCDEFENDERS_API_KEY": feed.key}
    return {**os.environ, **home, **named, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


@pytest.fixture
def program(run_program, environment):
    """Run the program against the fake feed."""
    return lambda *arguments, **more: run_program(*arguments, env={**environment, **more})


def test_without_a_source_the_feed_is_read(program, feed):
    """Rules go to standard output, one line on the reading and the account to standard error."""
    done = program("rules")
    assert done.returncode == 0
    assert done.stdout.count("title: ") == 250
    first, second = done.stderr.splitlines()
    assert first.startswith("feed: 250 records in ")
    assert second == "read 250, kept 250, dropped 0"
    assert program("rules", "-q").stderr == ""


def test_convert_reads_the_feed_too(program):
    """Every command has the feed behind it."""
    done = program("convert", "-t", "splunk", "--type", "ipv4", "--limit", "2", "-q")
    assert done.returncode == 0
    assert done.stdout.count("DestinationIp") == 2


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_a_terminal_gets_a_bar(environment, feed):
    """On a terminal there is a bar with records, rate and time left, which tells of waits."""
    import fcntl  # noqa: PLC0415 - these three are not on every platform
    import pty  # noqa: PLC0415
    import termios  # noqa: PLC0415

    feed.fail(faults.rate_limited(Retry_After="0"), after=1)
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 100, 0, 0))
    command = [sys.executable, "-m", "sigma_socdefenders", "rules", "-o", os.devnull]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=end) as program:
        os.close(end)
        shown = b""
        while part := _read(terminal):
            shown += part
    os.close(terminal)
    assert program.returncode == 0
    text = shown.decode()
    assert "feed:" in text
    assert "100/250" in text
    assert "records/s" in text
    assert "waiting 1 s: the feed's rate limit" in text
    assert "read 250, kept 250" in text


def _read(terminal):
    """Return what a terminal shows next, or nothing at its end."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_the_key_may_be_in_a_file(program, feed, tmp_path):
    """A key file serves, and there is no option that would show the key in the process list."""
    file = tmp_path / "key"
    file.write_text(feed.key)
    done = program("rules", "--limit", "1", "--api-key-file", str(file), SOCDEFENDERS_API_KEY="")
    assert done.returncode == 0
    assert program("rules", "--api-key", feed.key).returncode == 2


FAILURES = [
    (["rules"], {"SOCDEFENDERS_API_KEY": ""}, 2, "no API key: set SOCDEFENDERS_API_KEY"),
    (["rules"], {"SOCDEFENDERS_API_KEY": "wrong"}, 1, "Error: the feed does not know this API key"),
    (["rules", "--since", "yesterday"], {}, 2, "since 'yesterday' is not an ISO 8601"),
    (["rules", "--type", "ip"], {}, 2, "type 'ip' is none of ipv4"),
    (["rules", "--base-url", "http://feed.example"], {}, 1, "--allow-http"),
    (["rules", "--since", "last", "--limit", "5"], {}, 2, "--limit does not go with --since last"),
]


@pytest.mark.parametrize(("arguments", "more", "status", "message"), FAILURES)
def test_failures_say_what_to_do(program, arguments, more, status, message):
    """Each failure has its status and one line, without a traceback."""
    done = program(*arguments, **more)
    assert done.returncode == status
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_failing_feed_writes_nothing(program, feed, tmp_path):
    """Neither a file nor standard output gets a part of the feed, unless it is asked for."""
    file = tmp_path / "rules.yml"
    feed.fail(faults.error(400, "gone", "No more"), times=100, after=1)
    done = program("rules")
    assert (done.returncode, done.stdout) == (1, "")
    feed._faults.clear()
    feed.fail(faults.error(400, "gone", "No more"), times=100, after=1)
    done = program("rules", "-o", str(file))
    assert done.returncode == 1
    assert not file.exists()
    feed._faults.clear()
    feed.fail(faults.error(400, "gone", "No more"), times=100, after=1)
    done = program("rules", "-o", str(file), "--partial")
    assert done.returncode == 1
    assert "request req_0123456789" in done.stderr
    assert file.read_text().count("title: ") == 100


def test_since_last_goes_on_where_the_last_run_began(program, feed, tmp_path):
    """A run asks for what came since the last one, less an hour; a failed one changes nothing."""
    state = tmp_path / "state.json"
    done = program("rules", "--since", "last", "--state", str(state))
    assert done.returncode == 0
    assert "feed: reading all" in done.stderr
    assert "since" not in feed.requests[0].query
    (entry,) = json.loads(state.read_text())["runs"]
    remembered = state.read_bytes()

    feed.requests.clear()
    feed.fail(faults.error(404, "gone"))
    assert program("rules", "--since", "last", "--state", str(state)).returncode == 1
    assert state.read_bytes() == remembered

    feed.requests.clear()
    done = program("rules", "--since", "last", "--state", str(state))
    assert "feed: reading what changed since 20" in done.stderr
    assert feed.requests[0].query["since"] < entry["completed"]
    assert state.read_bytes() != remembered


def test_a_run_without_a_result_is_not_remembered(program, tmp_path):
    """Where the output cannot be written, the next run reads the same again."""
    state = tmp_path / "state.json"
    done = program("rules", "--since", "last", "--state", str(state), "-o", "no/such/folder")
    assert done.returncode == 1
    assert not state.exists()


def test_the_state_has_a_place_of_its_own(program, tmp_path):
    """Without --state, the file is in the user's own folder."""
    assert program("rules", "--since", "last", "-q").returncode == 0
    (file,) = (tmp_path / "home").rglob("feed-state.json")
    assert json.loads(file.read_text())["version"] == 1


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("request_number", [1, 2, 3, 4])
@pytest.mark.parametrize("when", ["before", "within", "after"])
def test_a_killed_run_leaves_output_and_state_as_they_were(
    environment, feed, tmp_path, request_number, when
):
    """Killed before, within or after any answer, a run leaves whole files: the old or the new."""
    output, state = tmp_path / "rules.yml", tmp_path / "state.json"
    command = [sys.executable, "-m", "sigma_socdefenders", "rules", "--since", "last", "-q"]
    command += ["--state", str(state), "-o", str(output)]

    def start():
        return subprocess.Popen(command, env=environment, cwd=ROOT)

    with start() as first:
        assert first.wait(60) == 0
    before = output.read_bytes(), state.read_bytes()
    # Two new rules would come of a second run, and a later time.
    feed.records += sample_records(252)[250:]
    feed.records = [record | {"last_seen": "2099-01-01T00:00:00Z"} for record in feed.records]
    feed.requests.clear()
    program = []

    def kill(exchange):
        if when == "after":
            exchange.send_normally()
        if when == "within":
            exchange.cut(0.5)
        program[0].send_signal(signal.SIGKILL)

    feed.fail(kill, after=request_number - 1)
    with feed._lock:  # no request is answered before the process is known
        program.append(start())
    with program[0] as killed:
        assert killed.wait(60) in {-signal.SIGKILL, 0}
    assert len(feed.requests) >= request_number
    found = output.read_bytes(), state.read_bytes()
    if when == "after" and request_number == 4:
        # The last answer may be used before the signal comes; the output is first in any case.
        assert found[0].count(b"title: ") in {250, 252}
        assert found[1] == before[1] or found[0] != before[0]
        json.loads(found[1])
    else:
        assert found == before
    feed._faults.clear()
    with start() as last:
        assert last.wait(60) == 0
    assert output.read_text().count("title: ") == 252


KILLED_AT = """
import itertools, os, pathlib, signal, sys
name, number = sys.argv[1], int(sys.argv[2])
owner = {"fsync": os, "replace": pathlib.Path}[name]
right, calls = getattr(owner, name), itertools.count(1)
def call(*arguments):
    if next(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return right(*arguments)
setattr(owner, name, call)
sys.argv[1:] = sys.argv[3:]
from sigma_socdefenders.cli import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize(
    ("name", "number", "is_new"),
    [("fsync", 1, 0), ("replace", 1, 0), ("fsync", 2, 1), ("fsync", 3, 1), ("replace", 2, 1)],
)
def test_a_run_killed_while_it_writes_leaves_whole_files(
    environment, tmp_path, name, number, is_new
):
    """Output first, then state, each in one step: a kill between them has the same read again."""
    output, state = tmp_path / "rules.yml", tmp_path / "state.json"
    output.write_text("the old rules")
    command = [sys.executable, "-c", KILLED_AT, name, str(number), "rules", "-q"]
    command += ["--since", "last", "--state", str(state), "-o", str(output)]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert output.read_text().count("title: ") == (250 if is_new else 0)
    assert is_new or output.read_text() == "the old rules"
    assert not state.exists()


@pytest.mark.parametrize("option", [("--since", "last"), ("--limit", "5"), ("--partial",)])
def test_sync_needs_all_of_the_feed(program, tmp_path, option):
    """A part of the feed would have the rules of the rest removed."""
    folder = tmp_path / "rules"
    assert program("sync", str(folder), *option).returncode == 2
    assert not folder.exists()
    assert program("sync", str(folder), "--per-indicator", "--type", "url", "-q").returncode == 0
    assert len(list(folder.rglob("*.yml"))) == 62
