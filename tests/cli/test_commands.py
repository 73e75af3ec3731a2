"""The command line, run as its users run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from sigma_socdefenders import cli
from sigma_socdefenders.targets import TARGETS
from tests.conftest import DATA, ROOT

FEED = str(DATA / "feed.json")
# Whoever runs the tests in a shell's background has their children ignore interrupts.
INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from sigma_socdefenders.cli import main; main()"
)
SIGMA = (sys.executable, "-c", "from sigma.cli.main import main; main()")


def sigma_convert(rules: str, target: str, *pipelines: str) -> str:
    """Return what `sigma convert` prints for rules on its standard input."""
    done = subprocess.run(
        [
            *SIGMA,
            "convert",
            "-s",
            "-t",
            target,
            *(part for name in pipelines for part in ("-p", name)),
            "-",
        ],
        input=rules,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("Parsing Sigma rules\n")[-1]


@pytest.mark.parametrize("file", ["feed.json", "hostile.json"])
@pytest.mark.parametrize("target", TARGETS)
def test_sigma_convert_gives_what_convert_gives(run_program, target, file):
    """`rules | sigma convert` and `convert --per-indicator` print the same queries."""
    entry = TARGETS[target]
    rules = run_program("rules", str(DATA / file), "-q")
    ours = run_program("convert", str(DATA / file), "--per-indicator", "-t", target, "-q")
    assert ours.stdout.strip()
    assert ours.stdout == sigma_convert(rules.stdout, entry.sigma_target, entry.pipeline)


def test_splunk_gives_what_the_sysmon_pipeline_gives(run_program):
    """Where SPL's wildcards cost nothing, `-t splunk` is pySigma's own pipeline for Sysmon."""
    kinds = ("ipv4", "ipv6", "domain", "url", "email", "mitre-attack")
    only = [part for kind in kinds for part in ("--type", kind)]
    rules = run_program("rules", FEED, "-q", *only)
    ours = run_program("convert", FEED, "--per-indicator", "-t", "splunk", "-q", *only)
    assert ours.stdout == sigma_convert(rules.stdout, "splunk", "sysmon")


def test_results_go_to_stdout_and_the_summary_to_stderr(run_program):
    """The result is on standard output alone, the account on standard error."""
    done = run_program("rules", FEED)
    assert done.returncode == 0
    assert done.stdout.startswith("title: ")
    assert done.stderr == "read 20, kept 20, dropped 0\n"
    assert run_program("rules", FEED, "-q").stderr == ""


def test_bad_records_are_counted_and_explained(run_program):
    """A bad record is skipped, counted and explained; --errors raise ends the run."""
    records = json.dumps([{"value": "192.0.2.1"}, {"value": "\x1b?"}, 7])
    done = run_program("rules", "-", input=records)
    assert done.returncode == 0
    assert done.stdout.count("title: ") == 1
    assert done.stderr == (
        "read 3, kept 1, dropped 2\n"
        "  invalid 2, the first: standard input, record 2: "
        "'\\x1b?' has no type that could be determined\n"
    )
    done = run_program("rules", "-", "--errors", "raise", input=records)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: standard input, record 2: value '\\x1b?' has no type that could be determined\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["rules", "no-such-file"], 1, "Error: Cannot read 'no-such-file'"),
        (["rules", "--profile", "narrow", FEED], 2, "Error: There is no profile 'narrow'"),
        (["rules", "-o", "no/such/folder", FEED], 1, "Error: Cannot write 'no/such/folder'"),
        (["convert", FEED], 2, "Missing option '-t'"),
        (["convert", "-t", "arcsight", FEED], 2, "'arcsight' is not one of"),
        (["convert", "-t", "splunk", "-f", "xml", FEED], 2, "has no format 'xml': use default"),
        (["rules", "--limit", "0", FEED], 2, "0 is not in the range"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
    ],
)
def test_failures_are_one_line_without_a_traceback(run_program, arguments, status, message):
    """Each failure has its status and says what to do, and no traceback is shown."""
    done = run_program(*arguments)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["-t", "defender", "-f", "detection_rule", "--type", "cve"], "or by the hunting API."),
        (["-t", "qradar", "--profile", "inbound", "--type", "ipv4"], "src_ip, src_port."),
    ],
)
def test_why_nothing_was_converted_ends_with_what_to_do(run_program, arguments, advice):
    """A target's reason is shown to its end, which says what can be used instead."""
    done = run_program("convert", FEED, *arguments)
    (told,) = (line for line in done.stderr.splitlines() if "not converted: " in line)
    assert told.endswith(advice)


def test_output_is_written_whole_or_not_at_all(run_program, tmp_path):
    """-o replaces the file at the end; a run that fails leaves the old one."""
    file = tmp_path / "rules.yml"
    assert run_program("rules", FEED, "-o", str(file)).returncode == 0
    before = file.read_bytes()
    assert before.decode() == run_program("rules", FEED).stdout
    done = run_program("rules", "-", "--errors", "raise", "-o", str(file), input='[{"value": "?"}]')
    assert done.returncode == 1
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["rules.yml"]


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise on Windows")
def test_a_reader_that_leaves_is_no_fault():
    """`| head -1` ends the program quietly."""
    pipeline = f"{sys.executable} -m sigma_socdefenders rules - -q | head -n 1"
    records = json.dumps([{"value": f"host{n}.example"} for n in range(3000)])
    done = subprocess.run(
        ["bash", "-c", pipeline],
        input=records,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=120,
    )
    assert done.stdout == "title: 'SOC Defenders IOC - Malicious Domain host0.example'\n"
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_an_interrupt_ends_without_a_traceback():
    """Ctrl-C ends the program with one line and the shell's status for it."""
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "rules", "-", "-q"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SOCDEFENDERS_RULES_LIMIT": "1"},
    ) as program:
        assert program.stdin is not None
        # Records larger than the pipe: once they are written, the program is reading.
        program.stdin.write(b"[" + b" " * 1_000_000)
        program.stdin.flush()
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=60)
    assert program.returncode == 130
    assert errors.decode().strip() == "Aborted."


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_a_run_that_is_told_to_end_clears_up(tmp_path):
    """SIGTERM ends the program with the shell's status for it, and leaves no file behind."""
    output = tmp_path / "out.yml"
    with subprocess.Popen(
        [sys.executable, "-m", "sigma_socdefenders", "rules", "-", "-q", "-o", str(output)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as program:
        assert program.stdin is not None
        program.stdin.write(b"[" + b" " * 1_000_000)
        program.stdin.flush()
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=60)
    assert program.returncode == 143
    assert errors == b""
    assert list(tmp_path.iterdir()) == []


def test_options_come_from_the_environment_too(run_program):
    """An option can be set as SOCDEFENDERS_<COMMAND>_<OPTION>."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SOCDEFENDERS_CONVERT_TARGET": "splunk"}
    done = run_program("convert", "--example", "--limit", "1", "-q", env=environment)
    assert done.stdout.endswith('DestinationIp="192.0.2.66"\n')


def test_the_module_runs_too(run_program):
    """`python -m sigma_socdefenders` is the same program, with the same name."""
    done = run_program("--version")
    assert done.stdout.startswith("sigma-socdefenders, version ")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (LookupError("no\nsuch"), r"please report it: LookupError: no\nsuch"),
    ],
)
def test_faults_are_one_line(monkeypatch, capsys, fault, said):
    """What nobody foresaw is one line and status 1, and a traceback where it is asked for."""

    def fails(**_):
        raise fault

    monkeypatch.setattr(cli.cli, "main", fails)
    monkeypatch.delenv("SOCDEFENDERS_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(("Error: ", "Unexpected error"))
    assert said in line
    if isinstance(fault, LookupError):
        monkeypatch.setenv("SOCDEFENDERS_DEBUG", "1")
        with pytest.raises(LookupError):
            cli.main()
