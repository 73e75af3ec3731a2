"""TAXII and MISP servers as SOURCE: our own endpoint, OASIS's server, and the commands' manners."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.server.keys import Tier, add_key
from sigma_socdefenders.sources.servers import BearerToken, Server
from sigma_socdefenders.testing import sample_records
from tests.conftest import ROOT
from tests.server.helpers import running
from tests.sources.servers.helpers import (
    KEY,
    TOKEN,
    added,
    cut_short,
    indicator,
    says,
)

COUNT = 2345


@pytest.fixture
def environment(tmp_path):
    """Give an environment with credentials and an empty home."""
    home = {"HOME": str(tmp_path / "home"), "APPDATA": str(tmp_path / "home")}
    keys = {"SOCDEFENDERS_TAXII_TOKEN": TOKEN, "SOCDEFENDERS_MISP_KEY": KEY}
    return {**os.environ, **home, **keys, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


@pytest.fixture
def program(run_program, environment):
    """Run the program in it."""
    return lambda *arguments, **more: run_program(*arguments, env={**environment, **more})


def test_what_serve_lists_is_read_back(tmp_path, program):
    """From `serve` over TAXII come the same rules, with the same ids, as from the file itself."""
    path, keys = tmp_path / "list.json", tmp_path / "keys.json"
    path.write_text(json.dumps(sample_records(COUNT)), "utf-8")
    key = add_key(keys, tier=Tier.PRO, label="", expires=None)[1]
    with running(path, "--keys", keys) as served:
        address = f"taxii+{served.url.rstrip('/')}/taxii2/"
        done = program("rules", address, SOCDEFENDERS_TAXII_TOKEN=key)
        assert done.returncode == 0, done.stderr
        assert f"read {COUNT}, kept" in done.stderr
        server = Server(address, credentials=BearerToken(key))
        over_taxii = SocDefendersCollection.from_file(server)
    from_file = SocDefendersCollection.from_file(path)
    ids = {rule.id for rule in from_file.rules}
    assert {rule.id for rule in over_taxii.rules} == ids
    assert set(re.findall(r"^id: (\S+)", done.stdout, re.MULTILINE)) == set(map(str, ids))
    values = [(each.type, each.value, each.confidence) for each in from_file.indicators]
    assert sorted((each.type, each.value, each.confidence) for each in over_taxii.indicators) == (
        sorted(values)
    )


@contextlib.contextmanager
def medallion(tmp_path, objects):
    """Run OASIS's TAXII server with one collection; give the address of its API root."""
    collection = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
    data = {
        "/discovery": {"title": "M", "default": "/trust/", "api_roots": ["/trust/"]},
        "trust": {
            "information": {
                "title": "R",
                "versions": ["application/taxii+json;version=2.1"],
                "max_content_length": 1 << 20,
            },
            "status": [],
            "collections": [
                {
                    "id": collection,
                    "title": "C",
                    "can_read": True,
                    "can_write": False,
                    "media_types": ["application/stix+json;version=2.1"],
                    "objects": objects,
                    "manifest": [
                        {
                            "id": each["id"],
                            "date_added": added(number),
                            "version": each["modified"],
                            "media_type": "application/stix+json;version=2.1",
                        }
                        for number, each in enumerate(objects)
                    ],
                }
            ],
        },
    }
    (tmp_path / "data.json").write_text(json.dumps(data))
    config = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(tmp_path / "data.json"),
        },
        "users": {"anna": "pass:word"},
        "taxii": {"max_page_size": 20},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    run = "from medallion.scripts.run import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", run, "--port", "0", str(tmp_path / "config.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        for line in process.stderr:
            if found := re.search(r"http://127\S+", line):
                break
        yield f"taxii+{found[0].rstrip('/')}"
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


def test_medallion_is_read(tmp_path, program):
    """From OASIS's own server every object comes, over pages of which it keeps the place itself."""
    objects = [indicator(number) for number in range(95)]
    with medallion(tmp_path, objects) as address:
        login = {
            "SOCDEFENDERS_TAXII_TOKEN": "",
            "SOCDEFENDERS_TAXII_USER": "anna",
            "SOCDEFENDERS_TAXII_PASSWORD": "pass:word",
        }
        whole = program("rules", address, **login)
        assert whole.returncode == 0, whole.stderr
        assert whole.stderr.splitlines()[-1] == "read 95, kept 95, dropped 0"
        since = program("rules", f"{address}/trust/", "--since", added(89), **login)
        assert since.stderr.splitlines()[-1] == "read 5, kept 5, dropped 0"
        refused = program("rules", address, **login | {"SOCDEFENDERS_TAXII_PASSWORD": "wrong"})
        assert refused.returncode == 1
        assert "refuses the credentials" in refused.stderr


def test_both_servers_and_a_file_are_one_list(program, taxii, misp, tmp_path):
    """Sources of all kinds go together: what two of them list becomes one rule."""
    (tmp_path / "list.txt").write_text("198.51.0.5\n203.0.113.7\n")
    done = program("convert", taxii.address, misp.address, tmp_path / "list.txt", "-t", "splunk")
    assert done.returncode == 0, done.stderr
    assert "read 62, kept 36, dropped 26" in done.stderr
    assert "203.0.113.7" in done.stdout


@pytest.mark.parametrize("kind", ["taxii", "misp"])
def test_a_page_that_never_comes_leaves_the_old_output(program, taxii, misp, kind, tmp_path):
    """Where a server cannot be read to its end, nothing is printed and no file is touched."""
    server = taxii if kind == "taxii" else misp
    address = server.address + "?limit=10"
    (tmp_path / "old.yml").write_text("old\n")
    for output in (tmp_path / "old.yml", "-"):
        server.faults.extend([None, says(400, {"message": "no more"})])
        done = program("rules", address, "-o", output)
        assert done.returncode == 1
        assert done.stdout == ""
        assert "no more" in done.stderr
        assert "Traceback" not in done.stderr
    assert (tmp_path / "old.yml").read_text() == "old\n"


def test_no_secret_is_shown(program, taxii, tmp_path):
    """Not in errors, not with tracebacks, not in the report, not where the server quotes it."""
    taxii.faults.append(says(401, {"title": f"Bearer {TOKEN} is not known"}))
    report = tmp_path / "report.jsonl"
    done = program("rules", taxii.address, "--report", report, SOCDEFENDERS_DEBUG="1")
    assert done.returncode == 1
    assert "[secret] is not known" in done.stderr
    address = taxii.address.replace("://", f"://anna:{TOKEN}@")
    refused = program("rules", address, "--report", report, SOCDEFENDERS_DEBUG="1")
    assert "holds credentials" in refused.stderr
    assert TOKEN not in done.stderr + refused.stderr


def test_a_long_wait_is_told(program, taxii):
    """A wait of more than some seconds is told with its reason; short ones are not."""
    taxii.faults.extend([cut_short, says(429, Retry_After="100000")])
    done = program("rules", taxii.address)
    assert done.returncode == 1
    assert "which lifts in 100000 seconds" in done.stderr
    assert "waiting" not in done.stderr


@pytest.mark.parametrize("kind", ["taxii", "misp"])
def test_last_goes_on_where_the_last_complete_run_began(program, taxii, misp, kind, tmp_path):
    """The second run asks for what is new since the first, less an hour; failures do not count."""
    server = taxii if kind == "taxii" else misp
    last = ("--since", "last", "--state", tmp_path / "state.json")

    def asked():
        request = server.requests[-1]
        document = request.query if kind == "taxii" else json.loads(request.body)
        return document.get("added_after" if kind == "taxii" else "publish_timestamp")

    server.faults.append(says(400, {"message": "no"}))
    assert program("rules", server.address, *last).returncode == 1
    first = program("rules", server.address, *last, "-o", tmp_path / "all.yml")
    assert first.returncode == 0, first.stderr
    assert "127.0.0.1: reading all, as it was never read to its end" in first.stderr
    assert asked() is None
    second = program("rules", server.address, *last, "--allow-empty")
    assert "127.0.0.1: reading what is new since" in second.stderr
    assert asked() is not None
    # Another question to the same server was never asked.
    program("rules", server.address + "?limit=7", *last)
    assert asked() is None


@pytest.mark.parametrize("more", [["{list}"], ["--limit", "3"], ["{parameter}"]])
def test_last_refuses_what_cannot_go_on(program, taxii, tmp_path, more):
    """`--since last` takes no file, no limit, and no other time beside it."""
    (tmp_path / "list.txt").write_text("198.51.100.1")
    parameter = taxii.address + "?added_after=2026-01-01T00:00:00Z"
    named = [each.format(list=tmp_path / "list.txt", parameter=parameter) for each in more]
    done = program("rules", taxii.address, *named, "--since", "last")
    assert done.returncode == 2
    assert not taxii.requests


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl for a certificate")
def test_https_is_checked(tmp_path, environment, run_program):
    """A certificate that nobody vouches for ends the run; `SSL_CERT_FILE` can vouch for it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-keyout", key, "-out", certificate, "-subj", "/CN=loopback"]
    subprocess.run([*made, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, timeout=60)
    with running("--example", "--tls-certificate", certificate, "--tls-key", key) as served:
        address = f"taxii+{served.url.rstrip('/')}/taxii2/"
        assert address.startswith("taxii+https://")
        refused = run_program("rules", address, env=environment)
        assert refused.returncode == 1
        assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr
        vouched = run_program("rules", address, env=environment | {"SSL_CERT_FILE": certificate})
        assert vouched.returncode == 0, vouched.stderr


def test_serve_answers_from_a_server(environment, taxii):
    """`serve` takes a server as its source, and calls it by its address."""
    taxii.objects = taxii.objects[:8]
    with running(taxii.address, environment=environment) as served:
        import httpx  # noqa: PLC0415

        found = httpx.get(f"{served.url.rstrip('/')}/api/v1/iocs").json()
        assert found["meta"]["total"] == 8
