#!/usr/bin/env python3
"""Verify one site, or every site of a list: the auditor's script.

The list is a UTF-8 file of lines `url[,expected_number,note]`; a header line that begins with `url` or `网址` and lines
that begin with `#` are left out. Each line gives one line of output, in the order of the list, whatever happens to it.

Exit code, the worst of all lines: 0 every site MATCH, 3 some UNDECIDED, 1 some MISMATCH, 2 a list that cannot be
used (nothing was visited), 4 a local fault.
"""

import argparse
import asyncio
import csv
import io
import re
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO, get_args

try:
    from attest import messages
    from attest.cli import files, guarded, output
    from attest.cli.context import Context, now
    from attest.errors import InputError
    from attest.number import FilingNumber
    from attest.ports import RegistryPort, SitePort
    from attest.site.addresses import parse_resolve_rule
    from attest.site.fetch import Fetcher
    from attest.site.visit import Rendering, SiteVisitor
    from attest.verdict import Outcome, Verdict
    from attest.verify import Verifier, unjudged
except ImportError as missing:  # or Python would exit with 1, which means MISMATCH here
    print(f"{missing}. Run this script with the toolkit's own Python: .venv/bin/python", file=sys.stderr)
    sys.exit(4)

MAX_LIST: Final = 64_000_000  # bytes
MAX_URL: Final = 8_000  # characters
COLUMNS: Final = ("url", "verdict", "number", "codes", "reason", "expected_number", "note", "time")
HEADERS: Final = ("url", "网址")
SEVERITY: Final = (0, 3, 1)
FORMULA: Final = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
"""First characters that make a spreadsheet run a cell."""


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the list."""

    url: str
    expect: FilingNumber | None
    note: str


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the output."""

    task: Task
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        return {**self.verdict.as_json(), "note": self.task.note}

    def as_row(self, lang: str = "en") -> list[str]:
        verdict = self.verdict
        return [
            verdict.url,
            verdict.outcome.value,
            verdict.number.text if verdict.number else "",
            " ".join(check.code for check in verdict.reasons),
            verdict.reasons[-1].text(lang),
            self.task.expect.text if self.task.expect else "",
            self.task.note,
            verdict.time.isoformat(timespec="seconds"),
        ]


def read_list(text: str) -> list[Task]:
    """The tasks of a list.

    Raises:
        InputError: a line that is not `url[,expected_number,note]`; names the line.
    """
    tasks: list[Task] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#") or (not tasks and cells[0].lower() in HEADERS):
                continue
            if len(cells) > 3 or not cells[0] or len(cells[0]) > MAX_URL:
                raise InputError("IN107", line=reader.line_num, found=messages.shown(",".join(row)))
            url, expected, note = (*cells, "", "")[:3]
            tasks.append(Task(url, _expected(expected, reader.line_num), note))
    except csv.Error as error:
        raise InputError("IN107", line=reader.line_num, found=messages.shown(error)) from error
    return tasks


async def verify_all(
    tasks: Sequence[Task], site: SitePort, registry: RegistryPort, *, concurrency: int
) -> AsyncGenerator[Result, None]:
    """Verdicts in the order of the tasks, at most `concurrency` sites visited at once."""
    verifier = Verifier(site=site, registry=registry)

    async def judge(task: Task) -> Verdict:
        try:
            return await verifier.verify(task.url, expect=task.expect)
        except Exception as error:  # noqa: BLE001 - whatever breaks here is this line's, and no site's fault
            return unjudged(task.url, output.as_ours(error), registry=registry.trust.name, time=now())

    waiting = iter(tasks)
    running: list[tuple[Task, asyncio.Task[Verdict]]] = []

    def start(count: int) -> None:
        for task in islice(waiting, count):
            running.append((task, asyncio.create_task(judge(task))))

    start(concurrency)
    try:
        while running:
            task, verdict = running[0]
            yield Result(task, await verdict)
            del running[0]
            start(1)
    finally:
        for _, verdict in running:
            verdict.cancel()
        await asyncio.gather(*(verdict for _, verdict in running), return_exceptions=True)


def worst(codes: Iterable[int]) -> int:
    """The exit code for many sites."""
    return max(codes, key=SEVERITY.index, default=0)


def safe_cell(text: str) -> str:
    """A CSV cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(tuple(FORMULA)) else text


async def run(options: argparse.Namespace) -> int:
    """Verify what the options name, print a line each, and return the exit code."""
    tasks = _tasks(options)
    context = Context.load()
    rules = [parse_resolve_rule(rule) for rule in options.resolve]
    fetcher = Fetcher(allow_private=options.allow_private, resolve_rules=rules)
    codes, outcomes = [], Counter[Outcome]()
    async with (
        context.reader(options.registry) as registry,
        SiteVisitor(fetcher, now=now, rendering=options.render, prominence=options.prominence) as site,
        aclosing(verify_all(tasks, site, registry, concurrency=options.concurrency)) as results,
    ):
        with _opened(options.json) as json_file, _opened(options.csv) as csv_file:
            table = csv.writer(csv_file) if csv_file else None
            if table:
                table.writerow(COLUMNS)
            async for result in results:
                if json_file:
                    print(output.as_json(result.as_json(), json_file), file=json_file, flush=True)
                if csv_file and table:
                    table.writerow([safe_cell(cell) for cell in result.as_row()])
                    csv_file.flush()
                if sys.stdout not in (json_file, csv_file):
                    output.line("  ".join(output.plain(cell) for cell in result.as_row(context.lang)[:5]))
                codes.append(result.verdict.exit_code(strict=options.strict))
                outcomes[result.verdict.outcome] += 1
    if len(codes) > 1:
        output.note(output.label("CL082", **{outcome.lower(): outcomes[outcome] for outcome in Outcome}))
    return worst(codes)


def _tasks(options: argparse.Namespace) -> list[Task]:
    _refuse_same_files(options.target, options.json, options.csv)
    if "://" in options.target:
        return [Task(files.text(options.target), None if options.expect is None else files.number(options.expect), "")]
    if options.expect is not None:
        raise InputError("IN111", name="--expect")
    path = Path(options.target)
    try:
        tasks = read_list(files.read(path, limit=MAX_LIST).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError("IN108", path=path) from error
    if not tasks:
        raise InputError("IN109", path=path)
    return tasks


def _refuse_same_files(source: str, *outputs: str | None) -> None:
    """Raise if an output would overwrite the list or another output."""
    named = [name for name in outputs if name]
    places = [Path(name).resolve() for name in (source, *named) if name != "-"]
    if twice := [place for place in places if places.count(place) > 1]:
        raise InputError("IN113", path=twice[0])
    if named.count("-") > 1:
        raise InputError("IN113", path="-")


def _expected(text: str, line: int) -> FilingNumber | None:
    try:
        return files.number(text) if text else None
    except InputError as error:
        raise InputError("IN117", line=line, why=error) from error


@contextmanager
def _opened(name: str | None) -> Iterator[TextIO | None]:
    """A file to write, standard output for `-`, or nothing."""
    if name is None or name == "-":
        yield sys.stdout if name else None
    else:
        with Path(name).open("w", encoding="utf-8", newline="") as file:
            yield file


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError("IN120", why=message, command=self.prog)


def _count(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,2}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 999, found {messages.shown(text)}")
    return int(text)


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = _Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", metavar="URL|FILE|-", help="a page, or a list of them; - reads the list from a pipe")
    parser.add_argument("--expect", metavar="NUMBER", help="the number to judge, for one URL")
    parser.add_argument("--registry", metavar="NAME", help="registry of the settings; the default one if left out")
    parser.add_argument("--json", metavar="FILE|-", help="write a verdict/1 document a line")
    parser.add_argument("--csv", metavar="FILE|-", help=f"write columns {', '.join(COLUMNS)}")
    parser.add_argument("--strict", action="store_true", help="exit 1 also when an advisory check fails")
    parser.add_argument(
        "--render", choices=get_args(Rendering), default="auto", help="when a browser looks too (default auto)"
    )
    parser.add_argument("--prominence", action="store_true", help="judge how well the number is displayed")
    parser.add_argument("--allow-private", action="store_true", help="visit loopback and private addresses")
    parser.add_argument(
        "--resolve", metavar="HOST:PORT:ADDRESS", action="append", default=[], help="visit that host at that address"
    )
    parser.add_argument(
        "--concurrency", type=_count, default=16, metavar="N", help="sites visited at once (default 16)"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(guarded(lambda: asyncio.run(run(options()))))
