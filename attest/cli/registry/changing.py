"""`attest registry register`, `amend` and the changes of status: what a registrar does to filings."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from attest import messages
from attest.cli import files, output
from attest.cli.context import Context, Keys, language, today
from attest.cli.registry.options import Json, Keystore, Name, Number, Numbers, PassphraseFd
from attest.errors import InputError
from attest.messages import Localised, Message
from attest.number import examine
from attest.ports import Status
from attest.reasons import Reason

app = typer.Typer()

Why = Annotated[
    str,
    typer.Option(
        "--reason", metavar="REASON", help=f"One of: {', '.join(reason.slug for reason in Reason)}.", show_default=True
    ),
]


@app.command("register")
def register(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON or YAML: a record, or a list of them.")],
    registry: Name = None,
    keystore: Keystore = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> int:
    """Register filings: all files are checked before anything is sent."""
    from attest.canonical import digest
    from attest.record import PublicRecord

    records: list[PublicRecord] = [record for path in paths for record in _records(path)]
    for record in records:
        _warn(record)

    async def work() -> list[dict[str, Any]]:
        async with Context.load().writer(registry, Keys(keystore, passphrase_fd)) as (writer, _):
            receipts = await writer.register(records)
        return [{"block": receipt.block, "transaction": receipt.transaction} for receipt in receipts]

    sent = asyncio.run(work())
    if json:
        done = [{"number": r.number, "digest": digest(r.canonical()).hex()} for r in records]
        output.result({"schema": "registry-change/1", "change": "register", "filings": done, "transactions": sent})
    else:
        _print_change([record.number for record in records], Status.ACTIVE, sent)
    return 0


def _status_command(name: str, to: Status, help_text: str) -> None:
    def command(
        numbers: Numbers,
        reason: Why = Reason.NOT_GIVEN.slug,
        registry: Name = None,
        keystore: Keystore = None,
        passphrase_fd: PassphraseFd = None,
        json: Json = False,
    ) -> int:
        wanted = [files.number(text) for text in numbers]
        why = _reason(reason)

        async def work(writer: Any, _: Any) -> Sequence[Any]:
            return await writer.set_status(wanted, to, why)  # type: ignore[no-any-return]

        return change(name, [n.text for n in wanted], to, work, registry, Keys(keystore, passphrase_fd), json)

    command.__doc__ = help_text
    app.command(name)(command)


_status_command("suspend", Status.SUSPENDED, "Put filings out of force for a time.")
_status_command("reinstate", Status.ACTIVE, "Put suspended filings back in force.")
_status_command("cancel", Status.CANCELLED, "End filings at the filer's request (注销).")
_status_command("revoke", Status.REVOKED, "End filings by the authority's decision (撤销).")


@app.command("amend")
def amend(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The new record, JSON or YAML.")],
    expected_digest: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="Digest of the record to replace, from `show --json`; refused if it changed."),
    ] = None,
    registry: Name = None,
    keystore: Keystore = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> int:
    """Replace the record of a filing in force or suspended."""
    record = _one_record(path)
    number = record.filing_number
    expected = _digest(expected_digest)

    async def work(writer: Any, reader: Any) -> Sequence[Any]:
        at, _ = await reader.pin()
        current = (await reader.entries([number], at))[number].digest
        return [await writer.amend(record, current if expected is None else expected)]

    return change("amend", [number.text], Message("CL014"), work, registry, Keys(keystore, passphrase_fd), json)


@app.command("reopen")
def reopen(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The new record, JSON or YAML.")],
    registry: Name = None,
    keystore: Keystore = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> int:
    """Put a cancelled, revoked or void number in force again with a new record. Nothing is erased."""
    record = _one_record(path)

    async def work(writer: Any, _: Any) -> Sequence[Any]:
        return [await writer.reopen(record)]

    return change("reopen", [record.number], Status.ACTIVE, work, registry, Keys(keystore, passphrase_fd), json)


@app.command("correct")
def correct(
    number: Number,
    reason: Why = Reason.ENTERED_IN_ERROR.slug,
    registry: Name = None,
    keystore: Keystore = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> int:
    """Mark an entry as made in error: it then says nothing about the number. Nothing is erased."""
    wanted = files.number(number)
    why = _reason(reason)

    async def work(writer: Any, _: Any) -> Sequence[Any]:
        return [await writer.correct(wanted, why)]

    return change("correct", [wanted.text], Status.VOID, work, registry, Keys(keystore, passphrase_fd), json)


def change(
    what: str,
    subjects: Sequence[str],
    state: Localised,
    work: Callable[[Any, Any], Awaitable[Sequence[Any]]],
    registry: str | None,
    keys: Keys,
    json: bool,
) -> int:
    """Do one change with a writer and a reader, and print what came of it."""

    async def run() -> list[dict[str, Any]]:
        async with Context.load().writer(registry, keys) as (writer, reader):
            receipts = await work(writer, reader)
        return [{"block": receipt.block, "transaction": receipt.transaction} for receipt in receipts]

    sent = asyncio.run(run())
    if json:
        output.result({"schema": "registry-change/1", "change": what, "subjects": list(subjects), "transactions": sent})
    else:
        _print_change(subjects, state, sent)
    return 0


def _print_change(subjects: Sequence[str], state: Localised, sent: Sequence[dict[str, Any]]) -> None:
    for subject in subjects:
        output.line(output.label("CL013", subject=subject, state=state))
    for receipt in sent:
        output.line(output.label("CL026", **receipt))


def _records(path: Path) -> list[Any]:
    from attest.documents import MAX_FILE, read_records
    from attest.errors import RecordError

    try:
        return list(read_records(files.read(path, limit=MAX_FILE), name=path.name))
    except RecordError as error:
        raise InputError("IN104", path=path, why=error) from error


def _one_record(path: Path) -> Any:
    records = _records(path)
    if len(records) != 1:
        raise InputError("IN112", path=path, found=len(records))
    return records[0]


def _warn(record: Any) -> None:
    """Tell what is unusual about a number before it goes on chain."""
    for oddity in examine(record.number, today=today()).warnings:
        output.note(f"{output.label('CL002')} {oddity.code}: {record.number}: {oddity.text(language())}")


def _reason(slug: str) -> Reason:
    return Reason.from_slug(files.one_of(slug, tuple(reason.slug for reason in Reason), name="--reason"))


def _digest(text: str | None) -> bytes | None:
    try:
        raw = None if text is None else bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raw = b""
    if raw is not None and len(raw) != 26:
        raise InputError("IN106", found=messages.shown(text))
    return raw
