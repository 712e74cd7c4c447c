"""`attest registry show`, `history`, `lookup` and `sync`: what the registry holds."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from attest.cli import files, output
from attest.cli.context import Context, language
from attest.cli.registry.options import Json, Name, Number
from attest.errors import InputError, InvalidNumberError
from attest.number import FilingNumber
from attest.ports import Lookup, Status, TrustEntry
from attest.reasons import Reason
from attest.verify import AUTHORITY_HOST

EVENT_LABELS: Final = {"Registered": "CL046", "Amended": "CL047", "StatusChanged": "CL048", "Reopened": "CL049"}
MAX_LIST: Final = 16_000_000  # bytes
SEVERITY: Final = (0, 3, 2, 1)
"""Exit codes of a list's lines; the last of these that occurs is the list's."""

app = typer.Typer()


@app.command("show")
def show(number: Number, registry: Name = None, json: Json = False) -> int:
    """Look a number up. Exit 0 if it is there, 1 if an authoritative registry lacks it, 3 if nothing is known."""
    wanted = files.number(number)

    async def work() -> tuple[Any, Any]:
        async with Context.load().reader(registry) as reader:
            return await reader.look_up([wanted]), reader.trust

    answer, trust = asyncio.run(work())
    lookup, basis = answer.lookups[wanted], answer.basis
    status = lookup.entry.status
    if json:
        output.result(
            {
                "schema": "registry-entry/1",
                **_state(wanted, lookup),
                "record": lookup.record.as_json() if lookup.record else None,
                "problem": lookup.problem.code if lookup.problem else None,
                "rests_on": basis.as_json(),
            }
        )
    else:
        output.line(f"{wanted.text}  {status.text(language())}")
        if lookup.record:
            for name, value in _flat(lookup.record.as_json()):
                output.line(f"  {name}: {value}")
        if lookup.problem:
            output.explain(lookup.problem)
        if lookup.pending:
            output.line(output.label("FA322", found=basis.registry))
        output.basis(basis)
        output.line(output.label("CL020", host=AUTHORITY_HOST))
    return _exit_code(wanted, lookup, trust)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list of numbers; either `number` or `problem` is there."""

    place: int
    text: str
    number: FilingNumber | None = None
    problem: InvalidNumberError | None = None


@app.command("lookup")
def lookup(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="One number a line, lines that begin with # left out; - for a pipe."),
    ],
    registry: Name = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON a number.")] = False,
) -> int:
    """Look many numbers up, all in the state of one block; records are left out.

    Exit 1 if an authoritative registry lacks one, else 2 if one is malformed, else 3 if of one nothing is known.
    """
    lines = _lines(path)
    wanted = list(dict.fromkeys(line.number for line in lines if line.number))

    async def work() -> tuple[Any, Any]:
        async with Context.load().reader(registry) as reader:
            return await reader.states(wanted), reader.trust

    answer, trust = asyncio.run(work())
    rests_on, codes, counts = answer.basis.as_json(), set[int](), Counter[str]()
    for line in lines:
        found = answer.lookups[line.number] if line.number else None
        codes.add(_exit_code(line.number, found, trust) if line.number and found else InvalidNumberError.exit_code)
        counts["malformed" if found is None else "found" if found.entry.status.registered else "absent"] += 1
        if json:
            state = _state(line.number, found)
            problem = line.problem.code if line.problem else None
            row = {"schema": "registry-state/1", "line": line.place, "text": line.text, **state, "problem": problem}
            print(output.as_json(row | {"rests_on": rests_on}, sys.stdout))
        elif line.problem:
            output.line(f"{output.plain(line.text)}  {output.label('CL001')} {line.problem.text(language())}")
        elif line.number and found:
            pending = f"  {output.label('FA322', found=answer.basis.registry)}" if found.pending else ""
            output.line(f"{line.number.text}  {found.entry.status.text(language())}{pending}")
    if not json:
        told = {name: counts[name] for name in ("found", "absent", "malformed")}
        output.line(output.label("CL105", numbers=len(lines), **told))
        output.basis(answer.basis)
        output.line(output.label("CL020", host=AUTHORITY_HOST))
    return max(codes, key=SEVERITY.index)


@app.command("history")
def history(number: Number, registry: Name = None, json: Json = False) -> int:
    """Every change of a number, oldest first: replayed against the registry's running hash where it was synced.

    Exit 0, or 3 where this registry holds none.
    """
    wanted = files.number(number)
    steps, replayed_to = asyncio.run(_changes(Context.load(), registry, wanted))
    if json:
        replayed = replayed_to is not None
        output.result({"schema": "registry-history/1", "number": wanted.text, "replayed": replayed, "changes": steps})
    elif steps:
        header = [output.label(code) for code in ("CL041", "CL042", "CL043", "CL031", "CL039")]
        output.table(header, [_row(step) for step in steps])
        output.line(output.label("CL101") if replayed_to is None else output.label("CL100", block=replayed_to))
    else:
        output.line(f"{wanted.text}  {Status.NONE.text(language())}")
    return 0 if steps else 3


@app.command("sync")
def sync(registry: Name = None, json: Json = False) -> int:
    """Copy the registry's events into the store, each replayed against the registry's running hash.

    An interrupted sync goes on where it stopped. Exit 3 if a node leaves something out.
    """
    from attest.registry.sync import Synchroniser

    async def work() -> Any:
        context = Context.load()
        async with context.reader(registry) as reader:
            with context.index() as index, _progress() as told:
                return await Synchroniser(reader, index, told=told).run()

    begun = time.monotonic()
    synced = asyncio.run(work())
    seconds = round(time.monotonic() - begun, 1)
    if json:
        output.result(
            {
                "schema": "registry-sync/1",
                "filings": synced.head.filings,
                "changes": synced.changes,
                "history": synced.head.history.hex(),
                "rolled_back_to": synced.rolled_back,
                "seconds": seconds,
                "rests_on": synced.basis.as_json(),
            }
        )
        return 0
    if synced.rolled_back is not None:
        output.line(output.label("CL103", block=synced.rolled_back))
    numbers = {"block": synced.basis.block, "filings": synced.head.filings, "changes": synced.changes}
    output.line(output.label("CL102", seconds=seconds, **numbers))
    output.basis(synced.basis)
    return 0


async def _changes(
    context: Context, registry: str | None, number: FilingNumber
) -> tuple[list[dict[str, Any]], int | None]:
    """The changes of a number, and the block up to which they were replayed; None where they were not."""
    async with context.reader(registry) as reader:
        if context.has_index:
            from attest.registry.sync import replayed_history

            with context.index() as index:
                found = await replayed_history(reader, index, number)
            if found is not None:
                return [_stored(row) for row in found.rows], found.block
        return [_walked(change) for change in await reader.history(number)], None


def _lines(path: Path) -> list[Line]:
    try:
        text = files.read(path, limit=MAX_LIST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("IN108", path=path) from error
    lines = []
    for place, written in enumerate(text.splitlines(), start=1):
        word = written.strip()
        if not word or word.startswith("#"):
            continue
        try:
            lines.append(Line(place, word, number=FilingNumber.parse_or_key(word)))
        except InvalidNumberError as problem:
            lines.append(Line(place, word, problem=problem))
    if not lines:
        raise InputError("RG132", path=path)
    return lines


@contextmanager
def _progress() -> Iterator[Callable[[int, int, int], None]]:
    """A bar on a terminal's standard error, moved by what is called; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda _done, _target, _filings: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=None)
        first: list[int] = []

        def told(done: int, target: int, filings: int) -> None:
            first[:] = first or [done]
            text = output.label("CL104", done=done, target=target, filings=filings)
            bar.update(task, total=target - first[0], completed=done - first[0], description=text)

        yield told


def _state(number: FilingNumber | None, lookup: Lookup | None) -> dict[str, Any]:
    """What the registry's state says of a number; empty fields where it is no number."""
    entry = lookup.entry if lookup else None
    return {
        "number": number.text if number else None,
        "status": entry.status.name.lower() if entry else None,
        "digest": entry.digest.hex() if entry and entry.status else None,
        "changed_at": entry.changed_at if entry else None,
        "pending": lookup.pending if lookup else None,
    }


def _exit_code(number: FilingNumber, lookup: Lookup, trust: TrustEntry) -> int:
    if not lookup.entry.status.registered:
        return 1 if trust.decides(number) and not lookup.pending else 3
    return 3 if lookup.problem else 0


def _walked(change: Any) -> dict[str, Any]:
    """A change that was followed from event to event."""
    event = change.event
    return _step(
        event.name,
        Status(event.fields["to"]) if "to" in event.fields else Status.ACTIVE,
        event.fields.get("reason"),
        event.fields.get("digest"),
        event.log.block,
        change.timestamp,
        event.log.transaction,
    )


def _stored(row: Any) -> dict[str, Any]:
    """A change from the store."""
    from attest.registry.replay import Kind

    kind = Kind(row.kind)
    return _step(
        kind.event,
        Status(row.status),
        row.reason if kind is Kind.STATUS_CHANGED else None,
        None if kind is Kind.STATUS_CHANGED else row.digest,
        row.block,
        row.time,
        row.transaction,
    )


def _step(
    event: str, status: Status, reason: int | None, digest: bytes | None, block: int, timestamp: int, transaction: str
) -> dict[str, Any]:
    from attest.registry.contract import utc

    return {
        "block": block,
        "time": utc(timestamp),
        "event": event,
        "status": "unchanged" if event == "Amended" else status.name.lower(),
        "reason": reason,
        "digest": digest.hex() if digest is not None else None,
        "transaction": transaction,
    }


def _row(step: dict[str, Any]) -> list[str]:
    """A step of a history in the user's language; `-` where the status stays as it is."""
    status, reason = step["status"], step["reason"]
    return [
        step["time"],
        str(step["block"]),
        output.label(EVENT_LABELS[step["event"]]),
        "-" if status == "unchanged" else Status[status.upper()].text(language()),
        "" if reason is None else Reason(reason).text(language()) if reason in set(Reason) else str(reason),
    ]


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    """A nested document as lines of `path: value`."""
    if isinstance(value, dict):
        return [line for name, item in value.items() for line in _flat(item, f"{path}.{name}" if path else name)]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [line for index, item in enumerate(value) for line in _flat(item, f"{path}.{index}")]
    return [(path, ", ".join(value) if isinstance(value, list) else str(value))]
