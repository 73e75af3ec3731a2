"""The configuration file and the options of a conversion, as users give them."""

from __future__ import annotations

import pytest

from tests.conftest import DATA

FEED = str(DATA / "feed.json")
PIPELINE = """
name: Ours
priority: 10
transformations:
  - id: renamed
    type: field_name_mapping
    mapping: {DestinationIp: TargetIp}
"""


@pytest.fixture
def convert(run_program, tmp_path):
    """Run `convert` on the test feed in a folder of its own."""

    def run(*arguments: str, config: str | None = None, name: str = "socdefenders.yml", **more):
        if config is not None:
            (tmp_path / name).write_text(config, "utf-8")
        return run_program(*arguments, cwd=tmp_path, **more)

    return run


def test_the_file_gives_defaults(convert):
    """Options of the file are used, those of the command before those for all commands."""
    config = "target: splunk\nlimit: 9\nconvert:\n  target: sentinel\n  limit: 1\n"
    found = convert("convert", FEED, config=config)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("_Im_")
    assert "kept 1," in found.stderr


def test_a_target_of_other_commands_leaves_sync_alone(convert, tmp_path):
    """A target for all commands does not turn a folder of rules into one of its files."""
    assert convert("sync", "rules", FEED, config="target: elastic\nformat: dsl\n").returncode == 0
    content = next(tmp_path.glob("rules/ipv4/*.yml")).read_text("utf-8")
    assert "\nlogsource:\n" in content
    told = convert("sync", "detections", FEED, config="sync: {target: splunk, format: contentctl}")
    assert told.returncode == 0, told.stderr
    content = next(tmp_path.glob("detections/ipv4/*.yml")).read_text("utf-8")
    assert "\ndrilldown_searches:\n" in content


def test_command_line_and_environment_come_first(convert, monkeypatch):
    """A flag counts more than the environment, and that more than the file."""
    config = "convert: {target: sentinel}\nlimit: 1"
    told = convert("convert", FEED, "-t", "eql", config=config)
    assert " where " in told.stdout
    monkeypatch.setenv("SOCDEFENDERS_CONVERT_TARGET", "splunk")
    set_ = convert("convert", FEED)
    assert "where" not in set_.stdout
    assert "EventID" in set_.stdout


def test_the_environment_goes_by_the_names_of_options(convert, monkeypatch):
    """Every option is set by a variable of its own name, whatever the code calls its value."""
    said = {"TARGET": "splunk", "FORMAT": "savedsearches", "NAME": "acme", "ENABLE": "1"}
    for name, value in said.items():
        monkeypatch.setenv(f"SOCDEFENDERS_CONVERT_{name}", value)
    shown = convert("convert", FEED).stdout
    assert "disabled = 0" in shown
    assert "[acme" in shown
    monkeypatch.setenv("SOCDEFENDERS_KEYS_LIST_KEYS", "no-such-file")
    assert "'no-such-file'" in convert("keys", "list").stderr


def test_lists_and_switches_are_read(convert):
    """An option that repeats takes a list or one value; a switch takes true, false and its name."""
    config = "type: [ipv4, domain]\nper-indicator: true\nquiet: yes\nconvert: {target: splunk}\n"
    found = convert("convert", FEED, config=config)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    assert " IN " not in found.stdout.replace("QueryName IN", "")
    assert convert("convert", FEED, config="type: url\nconvert: {target: splunk}").returncode == 0


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("targte: splunk", "there is no option 'targte'; did you mean 'target'?"),
        ("convert: {formt: x}", "there is no option 'formt'; did you mean 'format'?"),
        ("convert: splunk", "'convert' is a command: its options stand below it"),
        ("target: [splunk]", "'target' has to be a single value"),
        ("type: {a: b}", "'type' has to be a text or a list of texts"),
        ("- a", "it is not a mapping of options"),
        ("a: [", "it is not valid YAML"),
        ("limit: many", "Invalid value for '--limit': 'many' is not a valid integer range"),
        ("base-url: http://x", "'base-url' is heeded only in a file that --config names"),
        ("serve: {host: 0.0.0.0}", "'host' is heeded only in a file that --config names"),
        ("convert: {output: x}", "'output' is heeded only in a file that --config names"),
    ],
)
def test_what_a_file_cannot_say_is_refused(convert, config, reason):
    """A key or value that means nothing ends the run with its name and status 2."""
    done = convert("convert", FEED, "-t", "splunk", config=config)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stdout == ""


def test_a_named_file_may_say_where_to_write(convert, tmp_path):
    """The file that `--config` names decides about output, and takes the place of the other."""
    (tmp_path / "socdefenders.yml").write_text("nonsense: 1", "utf-8")
    config = "convert: {output: out.txt, target: splunk}"
    done = convert("--config", "team.yml", "convert", FEED, config=config, name="team.yml")
    assert done.returncode == 0, done.stderr
    assert "EventID" in (tmp_path / "out.txt").read_text("utf-8")
    assert convert("--config", "none.yml", "targets").returncode == 2


def test_further_pipelines_are_joined_by_priority(convert, tmp_path):
    """A pipeline of the user's with a lower priority works before the target's own."""
    (tmp_path / "ours.yml").write_text(PIPELINE, "utf-8")
    done = convert("convert", FEED, "-t", "splunk", "--type", "ipv4", "-q", "-p", "ours.yml")
    assert done.returncode == 0, done.stderr
    assert "TargetIp=" in done.stdout or "TargetIp IN" in done.stdout
    assert "DestinationIp" not in done.stdout


def test_what_is_said_counts_more_than_a_pipelines_variables(convert, tmp_path):
    """An option decides over a pipeline's variable even where it says what is so by default."""
    told = "vars: {socdefenders_enabled: true, socdefenders_every: 15m}"
    (tmp_path / "ours.yml").write_text(f"name: ours\npriority: 100\n{told}\n", "utf-8")
    command = ("convert", FEED, "-t", "splunk", "-f", "savedsearches", "-q", "-p", "ours.yml")
    assert "disabled = 0" in convert(*command).stdout
    done = convert(*command, "--disable", "--every", "1h")
    assert done.returncode == 0, done.stderr
    assert "disabled = 0" not in done.stdout
    assert "*/15" not in done.stdout
    assert "disabled = 0" not in convert(*command, config="enable: false").stdout


def test_installed_pipelines_have_names(convert):
    """A pipeline that pySigma lists is used by its name."""
    done = convert("convert", FEED, "-t", "splunk", "--type", "url", "-q", "-p", "splunk_windows")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason", "status"),
    [
        (("-p", "nothing-such"), "There is no pipeline 'nothing-such'", 2),
        (("-p", "socdefenders_sentinel"), "is not for the backend splunk", 2),
        (("-O", "min_time"), "'min_time' is not of the form key=value", 2),
        (("--every", "often"), "'often' is not a length of time such as 15m, 1h or 1d.", 2),
        (("--index", 'a"b'), "holds quotes", 2),
        (("--every", "1h", "--window", "10m"), "A window of 10m is shorter than", 2),
    ],
)
def test_wrong_options_are_refused(convert, arguments, reason, status):
    """What an option cannot take is said in one sentence."""
    done = convert("convert", FEED, "-t", "splunk", *arguments)
    assert done.returncode == status
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["convert", "lookup"])
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("-t splunk --every 50m", "Splunk cannot run a search as often as --every says"),
        ("-t qradar --qradar-property user=X", "QRadar's events are not searched for 'user'"),
    ],
)
def test_what_a_platform_cannot_be_told_ends_the_run(convert, tmp_path, command, said, reason):
    """A setting under which no rule can be converted is said once, and leaves no empty output."""
    config = "convert: {format: savedsearches}" if "splunk" in said else "{}"
    folder = ("tables",) if command == "lookup" else ()
    done = convert(command, *folder, FEED, *said.split(), config=config)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {reason}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not (tmp_path / "tables").exists()


def test_backend_options_reach_the_backend(convert):
    """`-O` is what `sigma convert -O` is."""
    done = convert("convert", FEED, "-t", "splunk", "-f", "savedsearches", "-O", "min_time=-3h")
    assert "-3h" in done.stdout
