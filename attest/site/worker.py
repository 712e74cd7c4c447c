"""Read untrusted pages in processes of their own, ended when one page takes too much time or memory.

A page can be built so that parsing it takes hours; a parser written in C cannot be interrupted from inside, so it is
ended from outside and the page counts as not seen. Processes are started when first needed and read one page after
another. What they answer is JSON of one form, and whatever else they write is no answer: a page that takes its reader
over can lie about what pages show, but runs no code in this process.

    >>> async def numbers(body: bytes) -> Findings:
    ...     async with PageReader() as reader:
    ...         return await reader.read(body, content_type="text/html", base_url="", today=date(2026, 1, 1))
"""

import asyncio
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Final, Self

from pydantic import TypeAdapter

from attest import messages
from attest.errors import AttestError, FetchError
from attest.ports import Findings
from attest.site.extract import extract

MAX_SECONDS: Final = 10.0
MAX_MEMORY: Final = 1_000_000_000  # bytes of address space; 5 MB of plain paragraphs need 300 MB
MAX_ANSWER: Final = 64_000_000  # bytes
_LENGTH: Final = 8  # bytes before each message that say how long it is
_NO_MEMORY: Final = "MemoryError"


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    content_type: str | None
    base_url: str
    today: date


@dataclass(frozen=True, slots=True)
class _Problem:
    """An `AttestError`."""

    code: str
    params: dict[str, str]

    def error(self) -> FetchError:
        return FetchError(self.code, **self.params)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One of the three; a bug is an exception that is no `AttestError`, as text.

    Raises:
        LookupError, TypeError, ValueError: it holds a code that cannot be told.
    """

    findings: Findings | None = None
    problem: _Problem | None = None
    bug: str = "no answer"

    def __post_init__(self) -> None:
        if found := self.findings:
            defects = [defect for shown in found.numbers for defect in shown.variants]
            defects += [defect for wrong in found.malformed for defect in wrong.errors]
            for told in (*defects, found.incomplete):
                if told is not None:
                    told.text("en")
        if self.problem:
            str(self.problem.error())


_ANSWERS: Final = TypeAdapter(_Answer)


class PageReader:
    """Up to `processes` pages at once. Use as an async context manager.

    Args:
        max_seconds: Of wall time for one page, from when a process takes it.
        max_memory: Bytes of address space for one process; not enforced on Windows.
        processes: One for each core unless said otherwise.
    """

    def __init__(
        self, *, max_seconds: float = MAX_SECONDS, max_memory: int = MAX_MEMORY, processes: int | None = None
    ) -> None:
        self._max_seconds = max_seconds
        self._max_memory = max_memory
        self._turns = asyncio.Semaphore(processes or os.cpu_count() or 1)
        self._idle: list[Process] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            await _end(self._idle.pop())

    async def read(self, body: bytes, *, content_type: str | None, base_url: str, today: date) -> Findings:
        """What `attest.site.extract.extract` makes of a page.

        Raises:
            FetchError: the bytes are no page, the page exceeded a bound, or it broke its reader.
        """
        async with self._turns:
            process = await self._process()
            try:
                async with asyncio.timeout(self._max_seconds):
                    answer = await _ask(process, _Page(body, content_type, base_url, today))
            except TimeoutError:
                await _end(process)
                raise self._exceeded("time") from None
            except (EOFError, ConnectionError):
                await _end(process)
                raise self._exceeded(f"exit {process.returncode}") from None
            except BaseException:
                await _end(process)
                raise
            self._idle.append(process)
        if answer.findings:
            return answer.findings
        if answer.problem:
            raise answer.problem.error()
        raise self._exceeded("memory") if answer.bug == _NO_MEMORY else FetchError("EX103", found=answer.bug)

    async def _process(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        command = (sys.executable, "-P", "-c", f"import {__name__} as it; it.main({self._max_memory})")
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("ATTEST_")}
        return await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=MAX_ANSWER, env=environment
        )

    def _exceeded(self, found: str) -> FetchError:
        megabytes = self._max_memory // 1_000_000
        return FetchError("EX102", seconds=f"{self._max_seconds:g}", megabytes=megabytes, found=found)


async def _ask(process: Process, page: _Page) -> _Answer:
    """Send a page and wait for the answer.

    Raises:
        EOFError: the process ended before it answered.
        FetchError: what it wrote is no answer.
    """
    assert process.stdin
    assert process.stdout
    process.stdin.write(_framed(pickle.dumps(page)))
    await process.stdin.drain()
    length = int.from_bytes(await process.stdout.readexactly(_LENGTH))
    if length > MAX_ANSWER:
        raise EOFError
    return _understood(await process.stdout.readexactly(length))


def _understood(data: bytes) -> _Answer:
    """What a process wrote, where that is an answer.

    Raises:
        FetchError: it is none.
    """
    try:
        return _ANSWERS.validate_json(data, strict=True)
    except (ValueError, TypeError, LookupError, AttestError) as error:
        raise FetchError("EX103", found=f"{type(error).__name__} in its answer") from error


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH) + data


def main(max_memory: int) -> None:
    """The other side of `PageReader`: answer pages from standard input until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _limit_memory(max_memory)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := requests.read(_LENGTH):
        page = pickle.loads(requests.read(int.from_bytes(head)))  # noqa: S301 - from the parent
        answers.write(_framed(_answer(page)))
        answers.flush()


def _answer(page: _Page) -> bytes:
    try:
        findings = extract(page.body, content_type=page.content_type, base_url=page.base_url, today=page.today)
        return _ANSWERS.dump_json(_Answer(findings))
    except AttestError as error:
        params = {name: str(value) for name, value in error.params.items()}
        return _ANSWERS.dump_json(_Answer(problem=_Problem(error.code, params)))
    except MemoryError:
        return _ANSWERS.dump_json(_Answer(bug=_NO_MEMORY))
    except Exception as bug:  # noqa: BLE001 - told to the parent, which tells the user
        return _ANSWERS.dump_json(_Answer(bug=f"{type(bug).__name__}: {messages.shown(bug)}"))


def _limit_memory(most: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
