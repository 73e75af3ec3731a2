"""A helper program that stays up and answers one line for each line it is sent."""

from __future__ import annotations

import atexit
import subprocess
import threading
from typing import TYPE_CHECKING

from engines import EngineError, EngineMissingError

if TYPE_CHECKING:
    from collections.abc import Sequence


class LineProcess:
    """A child process, started at its first use, that is asked by lines and answers by lines."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None

    def ask(self, line: str) -> str:
        """Send one line (without its end) and return the answer (without its end)."""
        with self._lock:
            child = self._child or self._start()
            assert child.stdin is not None
            assert child.stdout is not None
            try:
                child.stdin.write(line + "\n")
                child.stdin.flush()
                answer = child.stdout.readline()
            except BrokenPipeError:
                answer = ""
            if not answer:
                raise EngineError(f"{self._command[0]} ended with status {child.wait()}")
            return answer.removesuffix("\n")

    def _start(self) -> subprocess.Popen[str]:
        try:
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        except FileNotFoundError:
            raise EngineMissingError(f"{self._command[0]} is not installed") from None
        self._child = child
        atexit.register(self._stop)
        return child

    def _stop(self) -> None:
        child = self._child
        if child is not None:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            child.wait()
            child.stdout.close()
