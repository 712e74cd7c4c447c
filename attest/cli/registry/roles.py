"""`attest registry role`: who may change a registry."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attest.cli import files, output
from attest.cli.context import Context, Desk, now
from attest.cli.registry.options import Json, Name
from attest.cli.registry.plan import Plan, carried_out
from attest.errors import InputError
from attest.messages import Message

if TYPE_CHECKING:
    from attest.chain.node import Block
    from attest.ports import Basis
    from attest.registry.roles import Admin, Transfer

app = typer.Typer(callback=output.help_if_alone, invoke_without_command=True, help="Who may change the registry.")

Role = Annotated[str, typer.Argument(metavar="ROLE", help="REGISTRAR, INSPECTOR or CORRECTOR.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Account, 0x and 40 hexadecimal digits.")]


@app.command("grant")
@carried_out
def grant(role: Role, address: Address) -> Plan:
    """Let an account change the registry.

    Nothing is sent where it holds the role already.
    """
    name, account = _role_and_account(role, address)

    async def work(desk: Desk) -> Sequence[Any]:
        if await _holds(desk, name, account):
            output.note(output.label("CL144", account=account, role=name))
            return []
        return [await desk.writer.grant(name, account)]

    return Plan(f"role grant {name}", [f"{account} {name}"], Message("CL015"), work)


@app.command("revoke")
@carried_out
def revoke(role: Role, address: Address) -> Plan:
    """Take a role from an account.

    Exit 2 where it does not hold the role; nothing is sent then.
    """
    name, account = _role_and_account(role, address)

    async def work(desk: Desk) -> Sequence[Any]:
        if not await _holds(desk, name, account):
            raise InputError("RG168", account=account, role=name)
        return [await desk.writer.revoke(name, account)]

    return Plan(f"role revoke {name}", [f"{account} {name}"], Message("CL016"), work)


def _role_and_account(role: str, address: str) -> tuple[str, str]:
    from attest.registry import contract

    if role.upper() == "ADMIN":
        raise InputError("RG163")
    return files.one_of(role.upper(), contract.ROLES, name="ROLE"), contract.checksummed(address)


async def _holds(desk: Desk, role: str, account: str) -> bool:
    from attest.registry.roles import holds

    at, _ = await desk.reader.pin()
    return await holds(desk.reader, at, role, account)


@app.command("transfer")
@carried_out
def transfer(address: Address) -> Plan:
    """Hand the registry over to another admin, first step: name the account. Nothing changes yet.

    Second step, once the registry's delay is over (48 hours for registries made here): that account runs
    `attest registry role accept`. Until then the admin can take it back: `attest registry role cancel`. Another
    transfer that is under way is replaced, and the delay begins anew.
    """
    from attest.registry import contract
    from attest.registry.roles import NOBODY, admin

    account = contract.checksummed(address)
    if account == NOBODY:
        raise InputError("RG164")
    report: dict[str, Any] = {"subjects": [account]}

    async def work(desk: Desk) -> Sequence[Any]:
        at, _ = await desk.reader.pin()
        before = await admin(desk.reader, at)
        if account == before.account:
            raise InputError("RG170", account=account)
        receipt = await desk.writer.begin_transfer(account)
        by_an_interrupted_run = 0 < receipt.block <= at.number
        if before.transfer is not None and not by_an_interrupted_run:
            output.note(output.label("CL145", account=before.transfer.account))
        at, _ = await desk.reader.pin()
        begun = (await admin(desk.reader, at)).transfer
        if receipt.block and begun is not None and begun.account == account:
            report["accept_after"] = contract.utc(begun.schedule)
            output.note(output.label("CL133", time=report["accept_after"]))
        return [receipt]

    return Plan("role transfer", [account], Message("CL134"), work, report)


@app.command("accept")
@carried_out
def accept() -> Plan:
    """Become the admin, second step of a transfer: signed by the account that the first step named, after the delay.

    The admin before has no power over the registry afterwards; roles that were granted stay.
    """
    from attest.registry.roles import admin

    async def work(desk: Desk) -> Sequence[Any]:
        at, _ = await desk.reader.pin()
        found = await admin(desk.reader, at)
        if found.account == desk.sender.address and found.transfer is None:
            output.note(output.label("CL146", account=found.account))
            return []
        return [await desk.writer.accept_transfer()]

    return Plan("role accept", ["ADMIN"], Message("CL135"), work)


@app.command("cancel")
@carried_out
def cancel() -> Plan:
    """Take back a transfer of the admin that is not accepted yet."""
    from attest.registry.roles import admin

    async def work(desk: Desk) -> Sequence[Any]:
        at, _ = await desk.reader.pin()
        if (await admin(desk.reader, at)).transfer is None:
            raise InputError("RG165")
        return [await desk.writer.cancel_transfer()]

    return Plan("role cancel", ["ADMIN"], Message("CL136"), work)


@app.command("list")
def show(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ADDRESS...]", help="Ask about these accounts only; else all that the events name."),
    ] = None,
    registry: Name = None,
    json: Json = False,
) -> int:
    """Who is the admin, whom a transfer names and from when on, and who holds the roles, at the newest final block.

    Without addresses the events since the registry's deployment are read: on a long chain that takes a while.
    """
    from attest.registry import contract, roles

    accounts = [contract.checksummed(address) for address in addresses] if addresses else None

    async def work() -> "tuple[Block, Admin, dict[str, list[str]], Basis]":
        async with Context.load().reader(registry) as reader:
            at, basis = await reader.pin()
            return at, await roles.admin(reader, at), await roles.holders(reader, at, accounts), basis

    at, admin, holders, basis = asyncio.run(work())
    if json:
        found = {**_as_json(admin), "roles": holders, "asked_about": accounts}
        output.result({"schema": "registry-roles/1", **found, "rests_on": basis.as_json()})
        return 0
    rows = [["ADMIN", admin.account or output.label("CL137")]]
    if admin.transfer is not None:
        rows.append(["", _named_to_follow(admin.transfer, max(at.timestamp, int(now().timestamp())))])
    rows += [[role, "\n".join(found) or "-"] for role, found in holders.items() if found or accounts is None]
    output.table([output.label("CL139"), output.label("CL140")], rows)
    if accounts is not None:
        output.line(output.label("CL148"))
    output.line(output.label("CL141", hours=f"{admin.delay_s / 3600:g}"))
    output.basis(basis)
    return 0


def _named_to_follow(transfer: "Transfer", timestamp: int) -> str:
    from attest.registry.contract import utc

    if transfer.can_be_accepted(timestamp):
        return output.label("CL147", account=transfer.account)
    return output.label("CL138", account=transfer.account, time=utc(transfer.schedule))


def _as_json(admin: "Admin") -> dict[str, Any]:
    from attest.registry.contract import utc

    transfer = admin.transfer
    pending = {"account": transfer.account, "accept_after": utc(transfer.schedule)} if transfer else None
    return {"admin": admin.account, "delay_s": admin.delay_s, "transfer": pending}
