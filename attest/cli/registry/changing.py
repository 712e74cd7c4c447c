"""`attest registry register`, `amend` and the changes of status: what a registrar does to filings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from attest.cli import files, output
from attest.cli.context import Desk
from attest.cli.registry import options
from attest.cli.registry.options import Number, Numbers
from attest.cli.registry.plan import Plan, carried_out
from attest.cli.registry.records import one_record, records_of, warn
from attest.messages import Message
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
@carried_out
def register(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON or YAML: a record, or a list of them.")],
) -> Plan:
    """Register filings: all files are checked before anything is sent.

    What is registered already, just as it is here, is left alone: after an interruption, give the same command again.
    """
    from attest.canonical import digest
    from attest.record import PublicRecord

    records: list[PublicRecord] = [record for path in paths for record in records_of(path)]
    for record in records:
        warn(record)

    async def work(desk: Desk) -> Sequence[Any]:
        missing = await desk.writer.missing(records)
        if there := len(records) - len(missing):
            output.note(output.label("CL123", count=there))
        return await desk.writer.register(missing)

    filings = [{"number": record.number, "digest": digest(record.canonical()).hex()} for record in records]
    return Plan("register", [record.number for record in records], Status.ACTIVE, work, {"filings": filings})


def _status_command(name: str, to: Status, help_text: str) -> None:
    def command(numbers: Numbers, reason: Why = Reason.NOT_GIVEN.slug) -> Plan:
        wanted = [files.number(text) for text in numbers]
        why = _reason(reason)

        async def work(desk: Desk) -> Sequence[Any]:
            return await desk.writer.set_status(wanted, to, why)

        return Plan(name, [number.text for number in wanted], to, work)

    command.__doc__ = help_text
    app.command(name)(carried_out(command))


_status_command("suspend", Status.SUSPENDED, "Put filings out of force for a time.")
_status_command("reinstate", Status.ACTIVE, "Put suspended filings back in force.")
_status_command("cancel", Status.CANCELLED, "End filings at the filer's request (注销).")
_status_command("revoke", Status.REVOKED, "End filings by the authority's decision (撤销).")


@app.command("amend")
@carried_out
def amend(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The new record, JSON or YAML.")],
    expected_digest: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="Digest of the record to replace, from `show --json`; refused if it changed."),
    ] = None,
) -> Plan:
    """Replace the record of a filing in force or suspended."""
    from attest.canonical import digest

    record = one_record(path)
    number = record.filing_number
    expected = None if expected_digest is None else options.digest(expected_digest)

    async def work(desk: Desk) -> Sequence[Any]:
        at, _ = await desk.reader.pin()
        current = (await desk.reader.entries([number], at))[number].digest
        if expected in (None, current) and current == digest(record.canonical()):
            output.note(output.label("CL153"))
            return []
        return [await desk.writer.amend(record, current if expected is None else expected)]

    return Plan("amend", [number.text], Message("CL014"), work)


@app.command("reopen")
@carried_out
def reopen(path: Annotated[Path, typer.Argument(metavar="FILE", help="The new record, JSON or YAML.")]) -> Plan:
    """Put a cancelled, revoked or void number in force again with a new record. Nothing is erased."""
    record = one_record(path)

    async def work(desk: Desk) -> Sequence[Any]:
        return [await desk.writer.reopen(record)]

    return Plan("reopen", [record.number], Status.ACTIVE, work)


@app.command("correct")
@carried_out
def correct(number: Number, reason: Why = Reason.ENTERED_IN_ERROR.slug) -> Plan:
    """Mark an entry as made in error: it then says nothing about the number. Nothing is erased."""
    wanted = files.number(number)
    why = _reason(reason)

    async def work(desk: Desk) -> Sequence[Any]:
        return [await desk.writer.correct(wanted, why)]

    return Plan("correct", [wanted.text], Status.VOID, work)


def _reason(slug: str) -> Reason:
    return Reason.from_slug(files.one_of(slug, tuple(reason.slug for reason in Reason), name="--reason"))
