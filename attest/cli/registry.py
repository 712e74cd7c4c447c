"""`attest registry`: keep a registry of filings, and look numbers up in it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer

from attest import messages
from attest.cli import files, output
from attest.cli.context import SETTINGS_FILE, Context, Keys, language, today
from attest.cli.creation import create
from attest.errors import InputError
from attest.messages import Localised, Message
from attest.number import examine
from attest.ports import Authority, Status
from attest.reasons import Reason
from attest.settings import EMBEDDED
from attest.verify import AUTHORITY_HOST

app = typer.Typer(
    callback=output.help_if_alone,
    invoke_without_command=True,
    help="Keep a registry of filings, and look numbers up in it.",
)
roles = typer.Typer(callback=output.help_if_alone, invoke_without_command=True, help="Who may change the registry.")
app.add_typer(roles, name="role")

EVENT_LABELS: Final = {"Registered": "CL046", "Amended": "CL047", "StatusChanged": "CL048", "Reopened": "CL049"}

Name = Annotated[
    str | None,
    typer.Option("--registry", metavar="NAME", help="Registry of the settings; the default one if left out."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Keystore = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Encrypted keystore, version 3. The embedded chain has a test key of its own."),
]
PassphraseFd = Annotated[
    int | None,
    typer.Option(metavar="N", help="Read the keystore's passphrase from this open descriptor, not the terminal."),
]
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The filing number, as 京网信备…号 or its twenty characters alone.")
]
Numbers = Annotated[
    list[str],
    typer.Argument(metavar="NUMBER...", help="Filing numbers, as 京网信备…号 or their twenty characters alone."),
]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="REGISTRAR, INSPECTOR or CORRECTOR.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Account, 0x and 40 hexadecimal digits.")]
Why = Annotated[
    str,
    typer.Option(
        "--reason", metavar="REASON", help=f"One of: {', '.join(reason.slug for reason in Reason)}.", show_default=True
    ),
]


@app.command("init")
def init(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the settings call the registry.")] = "local",
    network: Annotated[
        str, typer.Option(metavar="NAME", help="A network of the settings; embedded is the chain file of this machine.")
    ] = EMBEDDED,
    operator: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Who runs it, as shown in every answer."),
    ] = None,
    authority: Annotated[
        str, typer.Option(metavar="KIND", help="What its silence means to you: self-declared, mirror or authoritative.")
    ] = "self-declared",
    keystore: Keystore = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> int:
    """Create a registry on a network and add it to the settings.

    The signer becomes its admin. On the embedded chain the test key gets every role; elsewhere grant them with
    `attest registry role grant`.
    """
    files.one_of(authority, get_args(Authority), name="--authority")
    trust = {"operator": operator or "-", "authority": authority}
    context = Context.load()
    made = asyncio.run(create(context, name, network, trust, Keys(keystore, passphrase_fd)))
    if json:
        output.result({"schema": "registry-init/1", **made})
    else:
        default = output.label("CL024") if made["default"] else output.label("CL025", name=name)
        output.line(output.label("CL023", **{**made, "default": default, "settings": context.home / SETTINGS_FILE}))
        if network == EMBEDDED:
            output.line(output.label("CL021"))
    return 0


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


def _status_command(name: str, to: Status, help_text: str) -> None:
    def change(
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

        return _change(name, [n.text for n in wanted], to, work, registry, Keys(keystore, passphrase_fd), json)

    change.__doc__ = help_text
    app.command(name)(change)


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

    return _change("amend", [number.text], Message("CL014"), work, registry, Keys(keystore, passphrase_fd), json)


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

    return _change("reopen", [record.number], Status.ACTIVE, work, registry, Keys(keystore, passphrase_fd), json)


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

    return _change("correct", [wanted.text], Status.VOID, work, registry, Keys(keystore, passphrase_fd), json)


def _role_command(verb: str, done: Message, help_text: str) -> None:
    def change(
        role: Role,
        address: Address,
        registry: Name = None,
        keystore: Keystore = None,
        passphrase_fd: PassphraseFd = None,
        json: Json = False,
    ) -> int:
        from attest.registry import contract

        name = files.one_of(role.upper(), contract.ROLES, name="ROLE")
        account = contract.checksummed(address)

        async def work(writer: Any, _: Any) -> Sequence[Any]:
            return [await (writer.grant if verb == "grant" else writer.revoke)(name, account)]

        keys = Keys(keystore, passphrase_fd)
        return _change(f"role {verb} {name}", [f"{account} {name}"], done, work, registry, keys, json)

    change.__doc__ = help_text
    roles.command(verb)(change)


_role_command("grant", Message("CL015"), "Let an account change the registry.")
_role_command("revoke", Message("CL016"), "Take a role from an account.")


def _change(
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
