"""Work that takes long is done in a child process, so that no request ever waits for it."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import signal
from typing import TYPE_CHECKING, Any, TypeVar

from sigma_socdefenders.errors import SocDefendersError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

__all__ = ["WorkError", "Worker"]

_T = TypeVar("_T")
# A new process, not a fork: the server has threads and open connections.
_PROCESSES = multiprocessing.get_context("spawn")


class WorkError(SocDefendersError):
    """The child process failed, died or took too long; the message says which."""


class Worker:
    """Runs functions in a child process, one at a time.

    The process starts with the first call and is kept for the next; one that dies or takes too
    long is replaced by the next call.

    Args:
        seconds: how long one call may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    async def run(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Return what a module's function returns; arguments and result are pickled.

        Raises:
            WorkError: it raised, took too long, or ended the process.
        """
        async with self._turn:
            try:
                work = asyncio.to_thread(self._exchange, function, arguments)
                done, result = await asyncio.wait_for(work, self._seconds)
            except asyncio.TimeoutError:
                self.close()
                raise WorkError(f"it took longer than {self._seconds:.0f} seconds") from None
            except (EOFError, OSError):
                self.close()
                raise WorkError("the process that worked on it ended early") from None
            except BaseException:
                self.close()
                raise
        if not done:
            raise WorkError(result)
        return result  # type: ignore[no-any-return]

    def _exchange(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        connection = self._connection
        if connection is None or self._process is None or not self._process.is_alive():
            self.close()
            connection, theirs = _PROCESSES.Pipe()
            self._process = _PROCESSES.Process(target=_work, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
            self._connection = connection
        connection.send((function, arguments))
        return connection.recv()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        if process is not None:
            process.kill()
            process.join()
        if connection is not None:
            connection.close()


def _work(connection: Connection) -> None:
    # Ctrl+C in a terminal reaches the whole group; the server ends this process itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(50_000, 20, 100)
    while True:
        try:
            function, arguments = connection.recv()
        except (EOFError, OSError):
            return
        answer: tuple[bool, Any]
        try:
            answer = True, function(*arguments)
        except SocDefendersError as error:
            answer = False, str(error)
        except Exception as error:  # noqa: BLE001 - the server reports it and goes on
            answer = False, f"unexpected error: {type(error).__name__}: {shorten(str(error))}"
        try:
            connection.send(answer)
        except OSError:
            return
        del answer
