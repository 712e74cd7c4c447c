"""`attest registry role`: who may change a registry."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attest.cli import files, output
from attest.cli.context import Context, Desk
from attest.cli.registry.options import Json, Name
from attest.cli.registry.plan import Plan, carried_out
from attest.errors import InputError
from attest.messages import Message

if TYPE_CHECKING:
    from attest.ports import Basis
    from attest.registry.roles import Admin

app = typer.Typer(callback=output.help_if_alone, invoke_without_command=True, help="Who may change the registry.")

Role = Annotated[str, typer.Argument(metavar="ROLE", help="REGISTRAR, INSPECTOR or CORRECTOR.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Account, 0x and 40 hexadecimal digits.")]


def _role_command(verb: str, done: Message, help_text: str) -> None:
    def command(role: Role, address: Address) -> Plan:
        from attest.registry import contract

        if role.upper() == "ADMIN":
            raise InputError("RG163")
        name = files.one_of(role.upper(), contract.ROLES, name="ROLE")
        account = contract.checksummed(address)

        async def work(desk: Desk) -> Sequence[Any]:
            return [await (desk.writer.grant if verb == "grant" else desk.writer.revoke)(name, account)]

        return Plan(f"role {verb} {name}", [f"{account} {name}"], done, work)

    command.__doc__ = help_text
    app.command(verb)(carried_out(command))


_role_command("grant", Message("CL015"), "Let an account change the registry.")
_role_command("revoke", Message("CL016"), "Take a role from an account.")


@app.command("transfer")
@carried_out
def transfer(address: Address) -> Plan:
    """Hand the registry over to another admin, first step: name the account. Nothing changes yet.

    Second step, once the registry's delay is over (48 hours for registries made here): that account runs
    `attest registry role accept`. Until then the admin can take it back: `attest registry role cancel`.
    """
    from attest.registry import contract
    from attest.registry.roles import NOBODY, admin

    account = contract.checksummed(address)
    if account == NOBODY:
        raise InputError("RG164")
    report: dict[str, Any] = {"subjects": [account]}

    async def work(desk: Desk) -> Sequence[Any]:
        receipts = [await desk.writer.begin_transfer(account)]
        at, _ = await desk.reader.pin()
        begun = (await admin(desk.reader, at)).transfer
        if begun is not None and begun.account == account:
            report["accept_after"] = contract.utc(begun.schedule)
            output.note(output.label("CL133", time=report["accept_after"]))
        return receipts

    return Plan("role transfer", [account], Message("CL134"), work, report)


@app.command("accept")
@carried_out
def accept() -> Plan:
    """Become the admin, second step of a transfer: signed by the account that the first step named, after the delay.

    The admin before has no power over the registry afterwards; roles that were granted stay.
    """

    async def work(desk: Desk) -> Sequence[Any]:
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

    async def work() -> "tuple[Admin, dict[str, list[str]], Basis]":
        async with Context.load().reader(registry) as reader:
            at, basis = await reader.pin()
            return await roles.admin(reader, at), await roles.holders(reader, at, accounts), basis

    admin, holders, basis = asyncio.run(work())
    if json:
        output.result({"schema": "registry-roles/1", **_as_json(admin), "roles": holders, "rests_on": basis.as_json()})
        return 0
    rows = [["ADMIN", admin.account or output.label("CL137")]]
    if admin.transfer is not None:
        time = contract.utc(admin.transfer.schedule)
        rows.append(["", output.label("CL138", account=admin.transfer.account, time=time)])
    rows += [[role, "\n".join(found) or "-"] for role, found in holders.items()]
    output.table([output.label("CL139"), output.label("CL140")], rows)
    output.line(output.label("CL141", hours=f"{admin.delay_s / 3600:g}"))
    output.basis(basis)
    return 0


def _as_json(admin: "Admin") -> dict[str, Any]:
    from attest.registry.contract import utc

    transfer = admin.transfer
    pending = {"account": transfer.account, "accept_after": utc(transfer.schedule)} if transfer else None
    return {"admin": admin.account, "delay_s": admin.delay_s, "transfer": pending}
