"""Processes that work on bytes of strangers, each ended when one request takes too much time or memory.

A parser written in C cannot be interrupted from inside, so it is ended from outside. Processes are started when first
needed and answer one request after another; small requests that wait are handed over together, since waking a process
for each costs as much as half the work. Where their process ends, each is tried again alone: only the one to blame is
blamed, and none for a process that had died before.

Requests are the parent's and trusted; what a process answers is not: it is JSON of one form, and whatever else it
writes is no answer. What takes a process over can make it lie, but runs no code in the parent.
"""

import asyncio
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from pydantic import TypeAdapter

from attest import messages
from attest.errors import AttestError, FetchError

MAX_ANSWER: Final = 64_000_000  # bytes
MAX_TOGETHER: Final = 32_000  # bytes of requests that are handed over at once: the work of some milliseconds
_GRACE: Final = 1.0  # seconds in which a process that hung up may end by itself
_LENGTH: Final = 8  # bytes before each message that say how long it is
_NO_MEMORY: Final = "MemoryError"


@dataclass(frozen=True, slots=True)
class Problem:
    """An `AttestError`, as a process writes it."""

    code: str
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process answers; a subclass adds what it found. A bug is an exception that is no `AttestError`, as text.

    Raises:
        LookupError, TypeError, ValueError: what was found holds a code that cannot be told.
    """

    problem: Problem | None = None
    bug: str = "no answer"

    @property
    def found(self) -> Any:
        """The result, or None where there is none."""
        return None


@dataclass(slots=True, eq=False)
class _Asked:
    """A request on its way.

    Attributes:
        done: Set when the process that has it is done; None while none has it.
        tried: A process had it before; if there is no answer, it goes alone.
    """

    data: bytes
    answer: Answer | None = None
    done: asyncio.Event | None = None
    tried: bool = False


class Workers:
    """Up to `processes` requests at once. Use as an async context manager.

    Args:
        module: Its `main(max_memory)` calls `serve`.
        answers: The form of an answer.
        exceeded: Code of the error where a request exceeds a bound; its words tell `seconds`, `megabytes`, `found`.
        broken: Code of the error where it breaks its process, or the answer is none; its words tell `found`.
        max_seconds: Of wall time for one request, or for those handed over together, from when a process takes them.
        max_memory: Bytes of address space for one process; not enforced on Windows.
        processes: One for each core unless said otherwise.
        together: Small requests that one process is handed at once.
    """

    def __init__(
        self,
        module: str,
        answers: TypeAdapter[Any],
        *,
        exceeded: str,
        broken: str,
        max_seconds: float,
        max_memory: int,
        processes: int | None,
        together: int = 1,
    ) -> None:
        self._module = module
        self._answers = answers
        self._exceeded = exceeded
        self._broken = broken
        self._max_seconds = max_seconds
        self._max_memory = max_memory
        self._together = together
        self._processes = processes or os.cpu_count() or 1
        self._turns = asyncio.Semaphore(self._processes)
        self._waiting: dict[_Asked, None] = {}  # in the order in which they were asked
        self._idle: list[Process] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            await _end(self._idle.pop())

    async def _ask(self, request: object) -> Any:
        """What a process finds.

        Raises:
            AttestError: what the process raised.
            FetchError: the request exceeded a bound, or broke its process.
        """
        asked = _Asked(pickle.dumps(request))
        self._waiting[asked] = None
        try:
            while asked.answer is None:
                if asked.done:
                    await asked.done.wait()
                    continue
                async with self._turns:
                    if asked.answer is None and asked.done is None:
                        await self._work(self._taken(asked))
        finally:
            del self._waiting[asked]
        answer = asked.answer
        if answer.found is not None:
            return answer.found
        if answer.problem:
            raise self._error(answer.problem)
        raise self._beyond("memory") if answer.bug == _NO_MEMORY else FetchError(self._broken, found=answer.bug)

    def _taken(self, first: _Asked) -> list[_Asked]:
        """`first`, and what waits and may be handed over with it."""
        taken, size = [first], len(first.data)
        most = min(self._together, len(self._waiting) // self._processes)  # a fair share
        for other in () if first.tried else self._waiting:
            if len(taken) >= most:
                break
            free = other is not first and other.done is None and not other.tried
            if free and size + len(other.data) <= MAX_TOGETHER:
                taken.append(other)
                size += len(other.data)
        return taken

    async def _work(self, taken: Sequence[_Asked]) -> None:
        """Have a process answer these, or find that they are to be asked one by one.

        Raises:
            FetchError: one that was alone exceeded a bound, or broke its process.
        """
        done = asyncio.Event()
        for asked in taken:
            asked.done = done
        try:
            await self._hand_over(taken)
        except Exception:
            if len(taken) == 1:  # else it is raised again for the one to blame
                raise
        finally:
            for asked in taken:
                asked.done, asked.tried = None, True
            done.set()

    async def _hand_over(self, taken: Sequence[_Asked]) -> None:
        process = await self._process()
        try:
            async with asyncio.timeout(self._max_seconds):
                answers = await _exchanged(process, [asked.data for asked in taken])
            for asked, answer in zip(taken, answers, strict=True):
                asked.answer = self._understood(answer)
        except TimeoutError:
            await _end(process)
            raise self._beyond("time") from None
        except (EOFError, ConnectionError):
            code = await _exit_code(process)
            if taken[0].tried:
                raise self._beyond(f"exit {code}") from None
            return
        except BaseException:
            await _end(process)
            raise
        self._idle.append(process)

    def _error(self, problem: Problem) -> AttestError:
        return FetchError(problem.code, **problem.params)

    def _beyond(self, found: str) -> FetchError:
        megabytes = self._max_memory // 1_000_000
        return FetchError(self._exceeded, seconds=f"{self._max_seconds:g}", megabytes=megabytes, found=found)

    def _understood(self, data: bytes) -> Answer:
        """What a process wrote, where that is an answer."""
        try:
            answer: Answer = self._answers.validate_json(data, strict=True)
            if answer.problem:
                str(self._error(answer.problem))
        except (ValueError, TypeError, LookupError, AttestError) as error:
            raise FetchError(self._broken, found=f"{type(error).__name__} in its answer") from error
        return answer

    async def _process(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None and process.stdout and not process.stdout.at_eof():
                return process
        command = (sys.executable, "-P", "-c", f"import {self._module} as it; it.main({self._max_memory})")
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("ATTEST_")}
        return await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=MAX_ANSWER, env=environment
        )


def serve(work: Callable[[Any], Answer], answers: TypeAdapter[Any], max_memory: int) -> None:
    """The other side of `Workers`: do `work` on requests from standard input until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _limit_memory(max_memory)
    sent, answered = sys.stdin.buffer, sys.stdout.buffer
    while head := sent.read(_LENGTH):
        for _ in range(int.from_bytes(head)):
            request = pickle.loads(sent.read(int.from_bytes(sent.read(_LENGTH))))  # noqa: S301 - from the parent
            answered.write(_framed(answers.dump_json(_done(work, request, answers))))
        answered.flush()


def _done(work: Callable[[Any], Answer], request: Any, answers: TypeAdapter[Any]) -> Answer:
    try:
        return work(request)
    except AttestError as error:
        params = {name: str(value) for name, value in error.params.items()}
        document: dict[str, Any] = {"problem": {"code": error.code, "params": params}}
    except Exception as bug:  # noqa: BLE001 - told to the parent, which tells the user
        starved = isinstance(bug, MemoryError) or "allocate" in str(bug) or "OutOfMemory" in str(bug)
        document = {"bug": _NO_MEMORY if starved else f"{type(bug).__name__}: {messages.shown(bug)}"}
    answer: Answer = answers.validate_python(document)
    return answer


async def _exchanged(process: Process, requests: Sequence[bytes]) -> list[bytes]:
    """Send requests and wait for as many answers.

    Raises:
        EOFError: the process ended before it had answered all.
    """
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"".join([len(requests).to_bytes(_LENGTH), *map(_framed, requests)]))
    await process.stdin.drain()
    return [await _received(process.stdout) for _ in requests]


async def _received(stream: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await stream.readexactly(_LENGTH))
    if length > MAX_ANSWER:
        raise EOFError
    return await stream.readexactly(length)


async def _exit_code(process: Process) -> int:
    """Of a process that hung up, which is on its way out, or is ended.

    To kill what is dead already would take its exit code from asyncio, which then makes up 255.
    """
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()
    finally:
        await _end(process)
    return await process.wait()


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH) + data


def _limit_memory(most: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
