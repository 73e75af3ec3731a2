"""Loads a running server with tools that are not ours, beside nginx with the same bytes.

    python benchmarks/bench_serve.py [RULES]

Needs `wrk`, `ab` (apache2-utils) and `nginx`, of Debian's packages of these names. Everything is on
loopback and takes about a minute.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

_RULES = "/api/v1/iocs/sigma?limit=10000"
_NGINX = """daemon off; pid {folder}/pid; error_log stderr crit; worker_processes 1;
events {{ worker_connections 2048; }}
http {{ access_log off; default_type application/yaml; sendfile on;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""


def start_server(path: Path) -> tuple[subprocess.Popen[str], str]:
    """Return a server of a list, and its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sigma_socdefenders", "serve", str(path), "--port", "0", "-q"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"https?://\S+", line):
            return process, found[0]
    raise SystemExit("the server did not start")


def start_nginx(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Return an nginx that serves a folder."""
    conf = folder / "nginx.conf"
    conf.write_text(_NGINX.format(folder=folder, port=port), "utf-8")
    folder.chmod(0o755)
    process = subprocess.Popen(["nginx", "-c", str(conf), "-p", str(folder)])
    time.sleep(1)
    return process


def wrk(url: str, connections: int, *headers: str, seconds: int = 5) -> str:
    """Return what wrk measured: answers a second, and the median time."""
    named = [part for header in headers for part in ("-H", header)]
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "--timeout",
            "30s",
            *named,
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    rate = re.search(r"Requests/sec:\s+(\S+)", done.stdout)
    half = re.search(r"50%\s+(\S+)", done.stdout)
    most = re.search(r"99%\s+(\S+)", done.stdout)
    moved = re.search(r"Transfer/sec:\s+(\S+)", done.stdout)
    wrong = re.search(r"(Socket errors.*|Non-2xx.*)", done.stdout)
    assert rate is not None and half is not None and most is not None and moved is not None  # noqa: PT018
    told = f"{rate[1]:>9}/s  {moved[1]:>9}/s  median {half[1]:>8}  99 % {most[1]:>8}"
    return told + (f"  {wrong[1]}" if wrong else "")


def first_byte(url: str) -> str:
    """Return what curl measures to the first byte, the best and worst of ten, in milliseconds."""
    times = [
        float(
            subprocess.run(
                ["curl", "-s", "-o", "/dev/null", "-w", "%{time_starttransfer}", url],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        * 1000
        for _ in range(10)
    ]
    return f"{min(times):.1f} to {max(times):.1f} ms"


def memory(process: subprocess.Popen[str]) -> float:
    """Return the resident memory of a process, in MB."""
    text = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", text)
    assert found is not None
    return int(found[1]) / 1024


async def crowd(url: str) -> str:
    """Hold a thousand connections open, of slow readers, slow writers and some that leave."""
    host, port = url.removeprefix("http://").split(":")
    request = f"GET {_RULES} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    held = []
    for number in range(1000):
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        kind = number % 3
        writer.write(request if kind else request[:20])
        await writer.drain()
        if kind == 1:
            await reader.read(100)
            writer.transport.abort()
        else:
            held.append(writer)
    start = time.perf_counter()
    answer = await asyncio.to_thread(
        lambda: urllib.request.urlopen(f"{url}/api/v1/iocs?limit=1", timeout=30).status
    )
    took = (time.perf_counter() - start) * 1000
    for writer in held:
        writer.transport.abort()
    left = 1000 - len(held)
    return f"{len(held)} held, {left} left in mid-answer: another gets {answer} in {took:.0f} ms"


def main() -> None:
    """Print the measurements."""
    missing = [name for name in ("wrk", "ab", "nginx", "curl") if shutil.which(name) is None]
    if missing:
        print(f"skipped: needs {', '.join(missing)}")
        return
    from sigma_socdefenders.testing import sample_records  # noqa: PLC0415 - not for the skipped

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "list.json"
        path.write_text(json.dumps(sample_records(count)), "utf-8")
        server, url = start_server(path)
        (folder / "rules.yml").write_bytes(urllib.request.urlopen(url + _RULES).read())
        nginx = start_nginx(folder, 8099)
        static = "http://127.0.0.1:8099/rules.yml"
        try:
            measure(server, url, static, (folder / "rules.yml").stat().st_size)
        finally:
            nginx.terminate()
            server.terminate()
            nginx.wait(timeout=20)
            server.wait(timeout=60)


def measure(server: subprocess.Popen[str], url: str, static: str, size: int) -> None:
    """Print what each tool measures."""
    print(f"one answer: {size / 1e6:.1f} MB of YAML")
    print(f"first byte: {first_byte(url + _RULES)}; nginx {first_byte(static)}")
    print(f"{'whole, 1 connection':<24}{wrk(url + _RULES, 1)}")
    print(f"{'  nginx':<24}{wrk(static, 1)}")
    print(f"{'whole, 4 connections':<24}{wrk(url + _RULES, 4)}")
    print(f"{'  gzip':<24}{wrk(url + _RULES, 4, 'Accept-Encoding: gzip')}")
    tag = urllib.request.urlopen(url + _RULES).headers["ETag"]
    print(f"{'304, 1 connection':<24}{wrk(url + _RULES, 1, f'If-None-Match: {tag}')}")
    print(f"{'100 records of JSON':<24}{wrk(url + '/api/v1/iocs', 4)}")
    told = [f"{memory(server):.1f}"]
    for _ in range(3):
        subprocess.run(
            ["ab", "-q", "-n", "10000", "-c", "8", f"{url}/api/v1/iocs?limit=100"],
            capture_output=True,
            check=True,
            timeout=120,
        )
        told.append(f"{memory(server):.1f}")
    print(f"memory, MB, before and after each of three times 10,000 requests: {', '.join(told)}")
    print(f"1,000 connections: {asyncio.run(crowd(url))}")
    print(f"memory after that: {memory(server):.1f} MB")


if __name__ == "__main__":
    main()
