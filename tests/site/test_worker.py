"""Pages are read in processes of their own: a page can end its reader, never the audit."""

import asyncio
import json
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from attest.errors import FetchError
from attest.messages import Message
from attest.ports import Findings
from attest.site.extract import extract
from attest.site.worker import PageReader
from tests.fictional import fictional

TODAY = date(2026, 1, 1)
GOOD = "<footer>京网信备11010819764512340015号</footer>".encode()
TIMELESS = b"<div>" * 200_000
"""HTML's rules make a parser walk all open elements for each of these."""

WIDE = b"<b>x" * 150_000


def run(work: Callable[[PageReader], Awaitable[Any]], **bounds: Any) -> Any:
    async def inside() -> Any:
        async with PageReader(**bounds) as reader:
            return await work(reader)

    return asyncio.run(inside())


def read(reader: PageReader, body: bytes) -> Awaitable[Findings]:
    return reader.read(body, content_type="text/html; charset=utf-8", base_url="https://example.cn/", today=TODAY)


def children() -> set[int]:
    listing = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return {int(number) for number in listing.read_text(encoding="ascii").split()}


def test_a_page_reads_as_it_does_in_this_process() -> None:
    here = extract(GOOD, content_type="text/html; charset=utf-8", base_url="https://example.cn/", today=TODAY)
    assert run(lambda reader: read(reader, GOOD)) == here
    assert here.numbers


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    async def work(reader: PageReader) -> Findings:
        with pytest.raises(FetchError) as caught:
            await read(reader, TIMELESS)
        assert (caught.value.code, caught.value.params["found"]) == ("EX102", "time")
        return await read(reader, GOOD)

    assert run(work, max_seconds=4.0, processes=1).numbers


def test_a_page_that_takes_too_much_memory_is_given_up_and_the_next_one_is_read() -> None:
    async def work(reader: PageReader) -> Findings:
        with pytest.raises(FetchError) as caught:
            await read(reader, WIDE)
        assert caught.value.code == "EX102"
        return await read(reader, GOOD)

    assert run(work, max_memory=150_000_000, max_seconds=60.0, processes=1).numbers


def test_with_memory_enough_the_same_page_is_read() -> None:
    assert run(lambda reader: read(reader, WIDE), max_seconds=60.0).text.startswith("xx")


def test_what_is_no_text_is_told_as_it_is_in_this_process() -> None:
    with pytest.raises(FetchError) as caught:
        run(lambda reader: read(reader, b"\x89PNG\r\n\x1a\n" + bytes(range(256))))
    assert caught.value.code == "EX101"


def test_a_bug_in_the_reading_is_told_as_a_bug() -> None:
    with pytest.raises(FetchError) as caught:
        run(lambda reader: read(reader, None))  # type: ignore[arg-type]
    assert caught.value.code == "EX103"
    assert "TypeError" in caught.value.text() or "AttributeError" in caught.value.text()


@pytest.mark.parametrize("noticed", [True, False])
def test_a_process_that_died_while_idle_is_replaced_and_blamed_on_no_page(noticed: bool) -> None:
    async def work(reader: PageReader) -> Findings:
        before = children()
        await read(reader, GOOD)
        (worker,) = children() - before
        os.kill(worker, signal.SIGKILL)
        while noticed and worker in children():
            await asyncio.sleep(0.01)
        return await read(reader, GOOD)

    assert run(work, processes=1).numbers


def test_a_page_at_which_processes_die_is_tried_twice_and_costs_itself_only() -> None:
    async def work(reader: PageReader) -> Findings:
        known = children()
        reading = asyncio.ensure_future(read(reader, TIMELESS))
        for _ in range(2):
            while not (workers := children() - known):
                await asyncio.sleep(0.01)
            os.kill(workers.pop(), signal.SIGKILL)
            known = children()
        with pytest.raises(FetchError) as caught:
            await reading
        assert (caught.value.code, caught.value.params["found"]) == ("EX102", "exit -9")
        return await read(reader, GOOD)

    assert run(work, processes=1).numbers


def test_many_pages_share_few_processes_and_none_is_left_behind() -> None:
    before = children()

    async def work(reader: PageReader) -> int:
        found = await asyncio.gather(*(read(reader, GOOD) for _ in range(40)))
        assert all(findings.numbers for findings in found)
        return len(children() - before)

    assert run(work, processes=2) == 2
    assert children() == before


def test_a_reading_that_is_cancelled_leaves_no_process_behind() -> None:
    before = children()

    async def work(reader: PageReader) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await read(reader, TIMELESS)

    run(work)
    assert children() == before


# --- pages that are handed over together -----------------------------------------------------------------------


SLOW = b"<style>" + b":has(* " * 6 + b"x" + b")" * 6 + b"{color:red}</style>" + b"<div>" * 500
"""Small enough to be handed over with others."""


class Watched(PageReader):
    """Notes how many pages are handed over at a time."""

    def __init__(self, *, processes: int, max_seconds: float) -> None:
        super().__init__(processes=processes, max_seconds=max_seconds)
        self.handed: list[int] = []

    async def _work(self, taken: Sequence[Any]) -> None:
        self.handed.append(len(taken))
        await super()._work(taken)


def together(work: Callable[[Watched], Awaitable[None]], *, processes: int = 1, max_seconds: float = 10.0) -> list[int]:
    """How many pages were handed over at a time."""

    async def inside() -> list[int]:
        async with Watched(processes=processes, max_seconds=max_seconds) as reader:
            await work(reader)
            return reader.handed

    return asyncio.run(inside())


def page(serial: int) -> bytes:
    return f"<footer>{fictional(serial).text}</footer>".encode()


async def read_thirty(reader: Watched) -> None:
    found = await asyncio.gather(*(read(reader, page(serial)) for serial in range(1, 31)))
    assert [shown.number for findings in found for shown in findings.numbers] == list(map(fictional, range(1, 31)))


def test_pages_that_wait_are_handed_over_together_and_each_gets_its_own_answer() -> None:
    assert together(read_thirty) == [1, 8, 8, 8, 5]


def test_no_page_is_handed_to_two_processes() -> None:
    handed = together(read_thirty, processes=3)
    assert handed[:3] == [1, 1, 1]
    assert sum(handed) == 30


def test_large_pages_are_handed_over_alone() -> None:
    large = page(1) + b" " * 20_000

    async def work(reader: Watched) -> None:
        found = await asyncio.gather(*(read(reader, large) for _ in range(3)))
        assert all(findings.numbers for findings in found)

    assert together(work) == [1, 1, 1]


def test_a_page_that_takes_too_long_costs_those_handed_over_with_it_nothing() -> None:
    async def work(reader: Watched) -> None:
        pages = [page(1), page(2), SLOW, page(3)]
        found = await asyncio.gather(*(read(reader, each) for each in pages), return_exceptions=True)
        assert isinstance(found[2], FetchError)
        assert (found[2].code, found[2].params["found"]) == ("EX102", "time")
        assert [each.numbers[0].number for each in found if isinstance(each, Findings)] == list(
            map(fictional, (1, 2, 3))
        )

    assert together(work, max_seconds=4.0) == [1, 3, 1, 1, 1]


def test_a_reading_that_is_cancelled_costs_those_handed_over_with_it_nothing() -> None:
    async def work(reader: Watched) -> None:
        pages = [page(1), SLOW, page(2), page(3)]
        readings = [asyncio.ensure_future(read(reader, each)) for each in pages]
        while len(reader.handed) < 2:
            await asyncio.sleep(0.01)
        cancelled = readings.pop(1)
        cancelled.cancel()
        found = await asyncio.gather(*readings)
        assert [findings.numbers[0].number for findings in found] == list(map(fictional, (1, 2, 3)))
        assert cancelled.cancelled()

    assert together(work) == [1, 3, 1, 1]


# --- a process that a page has taken over ----------------------------------------------------------------------


class TakenOver(PageReader):
    """Its processes answer every page with `said`, whatever that is."""

    def __init__(self, said: bytes) -> None:
        super().__init__(processes=1)
        self.said = said

    async def _process(self) -> Process:
        frame = len(self.said).to_bytes(8) + self.said
        script = f"import sys; sys.stdout.buffer.write({frame!r}); sys.stdout.flush(); sys.stdin.buffer.read()"
        return await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdin=PIPE, stdout=PIPE)


class HungUp(PageReader):
    """Its processes close their output and stay."""

    async def _process(self) -> Process:
        script = "import os, signal; os.close(1); signal.pause()"
        return await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdin=PIPE, stdout=PIPE)


def test_a_process_that_hangs_up_and_stays_is_ended() -> None:
    before = children()

    async def inside() -> None:
        async with HungUp(processes=1) as reader:
            with pytest.raises(FetchError) as caught:
                await read(reader, GOOD)
            assert (caught.value.code, caught.value.params["found"]) == ("EX102", "exit -9")

    asyncio.run(inside())
    assert children() == before


def test_a_reading_that_is_cancelled_while_its_process_hangs_up_leaves_none_behind() -> None:
    before = children()

    async def inside() -> None:
        async with HungUp(processes=1) as reader:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await read(reader, GOOD)

    asyncio.run(inside())
    assert children() == before


def told(said: bytes) -> Findings:
    async def inside() -> Findings:
        async with TakenOver(said) as reader:
            return await read(reader, GOOD)

    return asyncio.run(inside())


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def test_an_answer_that_is_code_is_not_run(tmp_path: Path) -> None:
    trap = pickle.dumps(Touch(tmp_path / "ran"))
    with pytest.raises(FetchError) as caught:
        told(trap)
    assert caught.value.code == "EX103"
    assert not (tmp_path / "ran").exists()

    pickle.loads(trap)
    assert (tmp_path / "ran").exists()


NUMBER = {"key": "11010819764512340015"}
UNTOLD = {"code": "NU999", "expected": "", "found": ""}
SHOWN = {"number": NUMBER, "text": "京网信备11010819764512340015号", "where": "footer"}


def test_control_an_answer_in_form_is_believed() -> None:
    found = told(json.dumps({"findings": {"numbers": [SHOWN], "incomplete": {"code": "EX203"}}}).encode())
    assert [shown.number.key for shown in found.numbers] == [NUMBER["key"]]
    assert found.incomplete == Message("EX203")
    with pytest.raises(FetchError, match="EX101"):
        told(b'{"problem": {"code": "EX101", "params": {"found": "x"}}}')


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"{}",
        b"[" * 100_000,
        b"\xff",
        {"findings": {"text": 1}},
        {"findings": {"numbers": [SHOWN | {"number": {"key": "11010819764512340016"}}]}},
        {"findings": {"numbers": [{"number": NUMBER}]}},
        {"findings": {"incomplete": {"code": "EX999"}}},
        {"findings": {"incomplete": {"code": "FE110"}}},
        {"findings": {"numbers": [SHOWN | {"variants": [UNTOLD]}]}},
        {"findings": {"malformed": [{"text": "", "where": "", "errors": [UNTOLD]}]}},
        {"problem": {"code": "EX999", "params": {}}},
        {"problem": {"code": "EX101", "params": {}}},
        {"problem": {"code": "EX101", "params": {"found": "x", "code": "y"}}},
        {"problem": {"code": "EX101", "params": {"found": ["x"]}}},
        {"bug": 1},
    ],
    ids=repr,
)
def test_an_answer_out_of_form_is_none(said: bytes | dict[str, Any]) -> None:
    with pytest.raises(FetchError) as caught:
        told(said if isinstance(said, bytes) else json.dumps(said).encode())
    assert caught.value.code == "EX103"
    assert caught.value.text()


def test_every_kind_of_finding_survives_the_way() -> None:
    page = """<p>京网信备 11010819764512340015号 <a href=/x>浙网信备33010619213211320012号</a> 京网信备1101号
        京ICP备19000001号-1 <!-- 沪网信备31010420123456789010号 --> <iframe src=/x></iframe> \ud800&#xd800;&#0;"""
    body = page.encode("utf-8", "surrogatepass")
    here = extract(body, content_type="text/html; charset=utf-8", base_url="https://example.cn/", today=TODAY)
    assert run(lambda reader: read(reader, body)) == here
    assert here.numbers
    assert here.malformed
    assert here.others
    assert here.incomplete


def test_a_process_is_told_no_setting_of_the_toolkit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_PASSWORD", "secret")
    monkeypatch.setenv("OTHER_SETTING", "open")

    def environment(process: int) -> bytes:
        return Path(f"/proc/{process}/environ").read_bytes()

    async def work(reader: PageReader) -> bytes:
        before = children()
        await read(reader, GOOD)
        return b"".join(map(environment, children() - before))

    handed = run(work, processes=1)
    assert b"OTHER_SETTING=open" in handed
    assert b"ATTEST_" not in handed
