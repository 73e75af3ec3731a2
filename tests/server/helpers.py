"""A server without a socket for the endpoints, and a real one where processes matter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field

import httpx

from sigma_socdefenders.server.access import Gate
from sigma_socdefenders.server.app import make_app
from sigma_socdefenders.server.keys import Tier, add_key
from sigma_socdefenders.server.loading import Served, load
from sigma_socdefenders.server.service import Service
from sigma_socdefenders.server.sessions import Sessions
from sigma_socdefenders.server.snapshot import succeed
from sigma_socdefenders.server.store import Store
from tests.conftest import ROOT


@dataclass
class Clock:
    """A clock that goes on only when told to."""

    now: float = 2_000_000_000.0

    def __call__(self):
        """Return the time."""
        return self.now


@dataclass
class TestServer:
    """The application over a file of records, asked without a socket."""

    __test__ = False
    folder: object
    records: list
    keys: bool = False
    clock: Clock = field(default_factory=Clock)
    options: dict = field(default_factory=dict)

    def __post_init__(self):
        self.path = self.folder / "list.json"
        self.keys_path = self.folder / "keys.json"
        self.write(self.records)
        self.served = Served((str(self.path),), **self.options)
        if self.keys:
            self.free = add_key(self.keys_path, tier=Tier.FREE, label="", expires=None)[1]
            self.pro = add_key(self.keys_path, tier=Tier.PRO, label="", expires=None)[1]
        store = Store(self.served, clock=self.clock)
        store.put(load(self.served))
        gate = Gate(self.keys_path if self.keys else None, clock=self.clock)
        self.service = Service(store, gate, sessions=Sessions(self.clock))
        self.app = make_app(self.service)

    def write(self, records):
        """Replace the list's file, in one step."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"data": records}), "utf-8")
        fresh.replace(self.path)

    def reload(self):
        """Read the file again, as the server does when it changes."""
        store = self.service.store
        store.put(succeed(store.current, load(self.served)))

    def get(self, path, *, key="", method="GET", data=None, **headers):
        """Return the answer to one request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            named["Authorization"] = f"Bearer {key}"

        async def ask():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1"
            ) as client:
                return await client.request(method, path, headers=named, data=data)

        return asyncio.run(ask())

    def close(self):
        """End the process that converts, if there is one."""
        self.service.renderer.close()


@contextlib.contextmanager
def running(*arguments, environment=None, **options):
    """Run `serve` as its own process on a free port; give its URL, the process, and its log."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sigma_socdefenders", "serve", "--port", "0", *map(str, arguments)],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **(environment or {})},
        encoding="utf-8",
        **options,
    )
    server = Running(process)
    try:
        server.url = re.search(r"https?://\S+", server.wait_for(" indicators at "))[0]
        yield server
    finally:
        server.stop()


class Running:
    """A server's process and its log."""

    def __init__(self, process):
        self.process = process
        self.url = ""
        self.lines = []
        self._new = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)
            self._new.put(line)
        self._new.put(None)

    def wait_for(self, text, seconds=60):
        """Return the next line of the log that holds a text."""
        while (line := self._new.get(timeout=seconds)) is not None:
            if text in line:
                return line
        raise AssertionError(f"ended without '{text}': {''.join(self.lines)}")

    def stop(self):
        """End it in order, and return its status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        self.process.stderr.close()
        return status
