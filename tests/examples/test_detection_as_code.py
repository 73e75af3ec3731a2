"""The example repository: its workflows' own steps, run against a feed, with git and a fake gh."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sigma_socdefenders.testing import FakeFeed, sample_records
from tests.conftest import ROOT
from tests.outputs.rule_folder.helpers import rules

EXAMPLE = ROOT / "examples" / "detection-as-code"
WORKFLOWS = sorted((EXAMPLE / ".github" / "workflows").glob("*.yml"))

pytestmark = pytest.mark.skipif(
    os.name == "nt" or not shutil.which("git") or not shutil.which("bash"),
    reason="needs bash and git",
)

COMMANDS = {
    "sigma-socdefenders": f'exec "{sys.executable}" -m sigma_socdefenders "$@"',
    "sigma": f'exec "{sys.executable}" -c "from sigma.cli.main import main; main()" "$@"',
    # Keeps what it was asked, and the text of the pull request; says which one is open.
    "gh": """echo "$@" >> "$GH_CALLS"
        for last; do :; done
        case "$1 $2" in
          "pr list") cat "$GH_OPEN" 2> /dev/null || true;;
          *) cp "$last" "$GH_BODY"; echo 1 > "$GH_OPEN";;
        esac""",
}


class Repository:
    """A clone of the example with an origin, and a runner of its workflows' steps."""

    def __init__(self, folder: Path, feed: FakeFeed) -> None:
        self.folder = folder / "clone"
        self.calls, self.body = folder / "calls", folder / "body"
        programs = folder / "bin"
        programs.mkdir()
        for name, script in COMMANDS.items():
            (programs / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
            (programs / name).chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "RUNNER_TEMP": str(folder),
            "BASE": "main",
            "GH_CALLS": str(self.calls),
            "GH_BODY": str(self.body),
            "GH_OPEN": str(folder / "open"),
            "GITHUB_OUTPUT": str(folder / "outputs"),
            "SOCDEFENDERS_API_KEY": feed.key,
            "SOCDEFENDERS_BASE_URL": feed.url,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "me", "GIT_AUTHOR_EMAIL": "me@example.invalid",
            "GIT_COMMITTER_NAME": "me", "GIT_COMMITTER_EMAIL": "me@example.invalid",
        }  # fmt: skip
        shutil.copytree(EXAMPLE, self.folder)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("init", "--quiet", "--bare", str(folder / "origin"))
        self.git("remote", "add", "origin", str(folder / "origin"))
        self.commit("Begin")

    def git(self, *arguments: str) -> str:
        """Run git and return what it printed."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        """Commit and push everything on main."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", "main")

    def merge(self) -> None:
        """Take over the proposed branch, as merging the pull request does."""
        self.git("switch", "--quiet", "main")
        self.git("merge", "--quiet", "--ff-only", "sync-rules")
        self.git("push", "--quiet", "origin", "main")
        Path(self.environment["GH_OPEN"]).unlink(missing_ok=True)

    def run(self, workflow: str) -> tuple[int, str]:
        """Run the steps of a workflow, as a runner does, but for the installation."""
        document = yaml.safe_load(
            (self.folder / ".github" / "workflows" / workflow).read_text("utf-8")
        )
        self.calls.write_text("")
        outputs = Path(self.environment["GITHUB_OUTPUT"])
        outputs.write_text("")
        printed = ""
        for job in document["jobs"].values():
            if "if" in job and "changed=true" not in outputs.read_text():
                continue
            # Each job begins with a checkout of its own.
            self.git("reset", "--quiet", "--hard")
            self.git("clean", "--quiet", "-fd")
            for step in job["steps"]:
                if "run" not in step or step["name"] == "Install":
                    continue
                done = subprocess.run(
                    ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                    cwd=self.folder,
                    env=self.environment,
                    check=False,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                printed += done.stdout
                if done.returncode:
                    return done.returncode, printed
        return 0, printed


@pytest.fixture
def feed():
    """Give a running feed of 60 records."""
    with FakeFeed(sample_records(60)) as running:
        yield running


@pytest.fixture
def repository(tmp_path, feed):
    """Give a repository made from the example, whose feed is the fake one."""
    return Repository(tmp_path, feed)


def test_a_sync_is_proposed_once_and_then_updated(repository, feed):
    """The first run proposes, the next updates that, and after the merge there is peace."""
    status, printed = repository.run("sync.yml")
    assert status == 0, printed
    assert "pr create --base main --head sync-rules" in repository.calls.read_text()
    assert repository.body.read_text().startswith("**Rules: added ")
    branch = repository.git("ls-tree", "-r", "--name-only", "origin/sync-rules").splitlines()
    assert "rules/own/proc_creation_win_own_renamed_tunnel_client.yml" in branch
    assert "rules/socdefenders-manifest.json" in branch
    assert "indicators.jsonl" in branch
    assert not [path for path in branch if ".socdefenders" in path]
    queries = (repository.folder / "queries" / "savedsearches.conf").read_text()
    assert "Tunnel Client Under Another Name" in queries
    stanzas = f"\n{queries}".count("\n[SOC Defenders IOC")
    assert stanzas == len(rules(repository.folder / "rules")) - 1

    feed.records = sample_records(61)
    repository.git("switch", "--quiet", "main")
    assert repository.run("sync.yml")[0] == 0
    assert "pr edit sync-rules" in repository.calls.read_text()

    repository.merge()
    status, printed = repository.run("sync.yml")
    assert (status, repository.calls.read_text()) == (0, "")
    assert printed.endswith("Nothing has changed.\n")


def test_what_a_feed_says_is_no_command_to_the_runner(repository, feed):
    """Between the token and its end, whatever the summary quotes is text."""
    feed.records = [*sample_records(60), {"type": "ipv4", "value": "##[set-env name=a]b"}]
    status, printed = repository.run("sync.yml")
    assert status == 0, printed
    begin = next(line for line in printed.splitlines() if line.startswith("::stop-commands::"))
    token = begin.removeprefix("::stop-commands::")
    assert len(token) == 32
    between = printed[printed.index(begin) : printed.index(f"::{token}::")]
    assert "##[set-env" in between
    assert "##[" not in printed.replace(between, "")


def test_a_proposal_touches_rules_queries_and_indicators_alone(repository, feed):
    """A patch that reaches for a workflow or a script brings nothing of it into the branch."""
    assert repository.run("sync.yml")[0] == 0
    repository.merge()
    patch = Path(repository.environment["RUNNER_TEMP"]) / "proposal" / "change.patch"
    workflow = ".github/workflows/evil.yml"
    patch.write_text(
        f"diff --git a/{workflow} b/{workflow}\nnew file mode 100644\n--- /dev/null\n"
        f"+++ b/{workflow}\n@@ -0,0 +1 @@\n+on: push\n"
        "diff --git a/rules/new.txt b/rules/new.txt\nnew file mode 100644\n--- /dev/null\n"
        "+++ b/rules/new.txt\n@@ -0,0 +1 @@\n+text\n"
    )
    step = yaml.safe_load((EXAMPLE / ".github/workflows/sync.yml").read_text("utf-8"))
    script = step["jobs"]["propose"]["steps"][-1]["run"]
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=repository.folder,
        env=repository.environment,
        check=False,
    )
    assert done.returncode == 0
    branch = repository.git("ls-tree", "-r", "--name-only", "sync-rules").splitlines()
    assert "rules/new.txt" in branch
    assert workflow not in branch


def test_an_edited_rule_is_named_in_the_proposal(repository, feed):
    """What people do to a synced rule stays, and the next pull request says so."""
    assert repository.run("sync.yml")[0] == 0
    repository.merge()
    path = next(iter(rules(repository.folder / "rules" / "ipv4")))
    edited = repository.folder / "rules" / "ipv4" / path
    edited.write_text(edited.read_text().replace("level: ", "level: low # was "))
    repository.commit("Tune")
    mine = edited.read_text()
    feed.records = sample_records(50)
    status, printed = repository.run("sync.yml")
    assert status == 0, printed
    assert edited.read_text() == mine
    assert f"### Edited by hand, left alone\n\n- `ipv4/{path}`" in repository.body.read_text()


def test_an_empty_feed_proposes_nothing(repository, feed):
    """The safety stop fails the run before anything is proposed."""
    assert repository.run("sync.yml")[0] == 0
    repository.merge()
    before = rules(repository.folder)
    feed.records = []
    status, printed = repository.run("sync.yml")
    assert status == 1
    assert "at most 20% may go, so nothing was written" in printed
    assert repository.calls.read_text() == ""
    assert rules(repository.folder) == before


def test_pull_requests_are_checked(repository):
    """A pull request passes with the queries of its rules, and fails with others or a bad rule."""
    assert repository.run("sync.yml")[0] == 0
    repository.merge()
    assert repository.run("check.yml")[0] == 0
    own = repository.folder / "rules/own/proc_creation_win_own_renamed_tunnel_client.yml"
    whole = own.read_text()
    own.write_text(whole.replace("tunnel-client", "other-client"))
    repository.commit("Change a rule and forget its query")
    status, printed = repository.run("check.yml")
    assert status == 1
    assert '+search = EventID=1 OriginalFileName="other-client.exe"' in printed
    own.write_text(whole.replace("condition: selection", "condition: selektion"))
    assert repository.run("check.yml")[0] != 0


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_put_nothing_unchecked_into_a_shell(workflow):
    """Expressions reach a script by the environment only, and rights are named."""
    document = yaml.safe_load(workflow.read_text("utf-8"))
    assert document["permissions"] == {"contents": "read"}
    for name, job in document["jobs"].items():
        assert job["timeout-minutes"] <= 30
        secrets = any("secrets." in str(step) for step in job["steps"])
        assert not (secrets and job.get("permissions")), f"{name} has the key and may write"
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])


def test_the_requirements_are_this_package_and_sigma_cli():
    """What the workflows install gives every command that they use."""
    assert (EXAMPLE / "requirements.txt").read_text().split() == ["sigma-socdefenders", "sigma-cli"]
