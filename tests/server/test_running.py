"""The server as a process: curl, changing files, its log, its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading

import httpx
import pytest
import yaml

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.server.keys import Tier, add_key
from sigma_socdefenders.testing import sample_records
from tests.server.helpers import running

RULES = "/api/v1/iocs/sigma"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_gets_the_documented_rules(example):
    """The README's request answers with the rules of the example."""
    done = subprocess.run(
        ["curl", "-s", "--compressed", f"{example.url}{RULES}?type=domain"],
        capture_output=True,
        check=True,
    )
    (rule,) = yaml.safe_load_all(done.stdout)
    assert rule["title"] == "SOC Defenders IOC - Malicious Domain invoice-portal.example"


def test_the_packages_own_client_reads_it(example):
    """`from_feed` and `from_endpoint` read it as they read the feed."""
    found = SocDefendersCollection.from_feed("sk_live_any", base_url=example.url)
    assert len(found.rules) == 10
    ready = SocDefendersCollection.from_endpoint("sk_live_any", base_url=example.url)
    assert [rule.id for rule in ready] == [rule.id for rule in found]


def test_a_changed_file_is_served_without_a_restart(tmp_path):
    """A file that is replaced is read again; one that breaks leaves the list as it was."""
    path = tmp_path / "list.txt"
    path.write_text("first.example\n", "utf-8")

    def replace(text):
        fresh = tmp_path / "new"
        fresh.write_text(text, "utf-8")
        fresh.replace(path)

    with running(path, "--refresh", "0.1") as server:
        url = f"{server.url}/api/v1/iocs?format=txt"
        assert httpx.get(url).text == "first.example\n"
        replace("second.example\nthird.example\n")
        server.wait_for('"list read"')
        assert httpx.get(url).text == "second.example\nthird.example\n"
        replace("")
        server.wait_for('"source failed"')
        assert httpx.get(url).text == "second.example\nthird.example\n"
        assert httpx.get(f"{server.url}/healthz").json()["status"] == "stale"


def test_the_log_has_a_line_of_json_and_no_key(tmp_path):
    """Each request is a line of JSON; a key in the wrong place is not written down."""
    keys = tmp_path / "keys.json"
    key, text = add_key(keys, tier=Tier.PRO, label="", expires=None)
    with running("--example", "--keys", keys) as server:
        answer = httpx.get(f"{server.url}/api/v1/iocs?api_key={text}", headers={"X-API-Key": text})
        line = json.loads(server.wait_for("/api/v1/iocs"))
    assert answer.status_code == 400
    assert text not in answer.text
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["key"] == key.id
    assert (line["status"], line["method"], line["query"]) == (400, "GET", "api_key=[api key]")
    assert not any(text in one for one in server.lines)


@pytest.mark.skipif(os.name == "nt", reason="ends by signal")
def test_the_end_finishes_what_is_under_way(tmp_path):
    """SIGTERM in mid-answer: the answer comes whole, and the status is 0."""
    path = tmp_path / "list.json"
    path.write_text(json.dumps(sample_records(5000)), "utf-8")
    with running(path) as server:
        with httpx.stream("GET", f"{server.url}{RULES}?limit=10000") as answer:
            parts = answer.iter_raw(1000)
            next(parts)
            server.process.send_signal(signal.SIGTERM)
            read = 1000 + sum(len(part) for part in parts)
            assert read == int(answer.headers["content-length"])
        assert server.process.wait(timeout=60) == 0


@pytest.mark.skipif(os.name == "nt", reason="ends by signal")
def test_no_process_is_left_behind(example):
    """A killed server takes its child processes with it."""
    with running("--example") as server:
        children = _children(server.process.pid)
        assert children
        server.process.kill()
        server.process.wait()
        for child in children:
            _await_end(child)


def _children(pid):
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(one) for one in listed.stdout.split()]


def _await_end(pid, patience=100):
    gone = threading.Event()
    for _ in range(patience):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except OSError:
            return
        gone.wait(0.1)
    raise AssertionError(f"{pid} still runs")


def test_a_port_that_is_taken_is_said_in_a_line(run_program):
    """No traceback where the address cannot be had."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_program("serve", "--example", "--port", str(port))
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1, port {port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--example", "--host", "0.0.0.0"], 2, "needs --keys"),
        (["--example", "--host", "example.com"], 2, "needs --keys"),
        (["-"], 2, "name a file"),
        (["--since", "last"], 2, "whole list"),
        (["--example", "--keys", "/nowhere/keys.json"], 1, "cannot be read"),
        (["/nowhere/list.csv"], 1, "/nowhere/list.csv"),
        (["--example", "--type", "ip"], 1, "type 'ip'"),
        (["--example", "--profile", "nothing"], 1, "nothing"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_line(run_program, arguments, status, says):
    """A source, key file or option that will not do ends the command before it listens."""
    done = run_program("serve", "--port", "0", *arguments)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_the_message_says_what_to_install(run_program):
    """Who has not installed the extra is told its name."""
    code = "import sys; sys.modules['uvicorn'] = None; from sigma_socdefenders.cli import main; "
    done = subprocess.run(
        [os.sys.executable, "-c", code + "sys.argv[1:] = ['serve', '--example']; main()"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.getcwd()},  # noqa: PTH109
    )
    assert done.returncode == 1
    assert "pip install 'sigma-socdefenders[serve]'" in done.stderr
