"""`attest registry show` and `history`: what the registry holds of a number."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import typer

from attest.cli import files, output
from attest.cli.context import Context, language
from attest.cli.registry.options import Json, Name, Number
from attest.ports import Status
from attest.reasons import Reason
from attest.verify import AUTHORITY_HOST

EVENT_LABELS: Final = {"Registered": "CL046", "Amended": "CL047", "StatusChanged": "CL048", "Reopened": "CL049"}

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
                "number": wanted.text,
                "status": status.name.lower(),
                "digest": lookup.entry.digest.hex() if status else None,
                "changed_at": lookup.entry.changed_at,
                "pending": lookup.pending,
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
    if status in (Status.NONE, Status.VOID):
        return 1 if trust.decides(wanted) and not lookup.pending else 3
    return 3 if lookup.problem else 0


@app.command("history")
def history(number: Number, registry: Name = None, json: Json = False) -> int:
    """Every change of a number, oldest first. Not checked against the registry's running hash.

    Exit 0, or 3 where this registry holds none.
    """
    wanted = files.number(number)

    async def work() -> list[Any]:
        async with Context.load().reader(registry) as reader:
            return await reader.history(wanted)

    steps = [_step(change) for change in asyncio.run(work())]
    if json:
        output.result({"schema": "registry-history/1", "number": wanted.text, "replayed": False, "changes": steps})
    elif steps:
        header = [output.label(code) for code in ("CL041", "CL042", "CL043", "CL031", "CL039")]
        output.table(header, [_row(step) for step in steps])
    else:
        output.line(f"{wanted.text}  {Status.NONE.text(language())}")
    return 0 if steps else 3


def _step(change: Any) -> dict[str, Any]:
    event = change.event
    reason = event.fields.get("reason")
    status = Status(event.fields["to"]) if "to" in event.fields else Status.ACTIVE
    return {
        "block": event.log.block,
        "time": datetime.fromtimestamp(change.timestamp, UTC).isoformat().replace("+00:00", "Z"),
        "event": event.name,
        "status": "unchanged" if event.name == "Amended" else status.name.lower(),
        "reason": reason,
        "digest": event.fields["digest"].hex() if "digest" in event.fields else None,
        "transaction": event.log.transaction,
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
