"""`attest registry role`: who may change a registry."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from attest.cli import files, output
from attest.cli.context import Keys
from attest.cli.registry.changing import change
from attest.cli.registry.options import Json, Keystore, Name, PassphraseFd
from attest.messages import Message

app = typer.Typer(callback=output.help_if_alone, invoke_without_command=True, help="Who may change the registry.")

Role = Annotated[str, typer.Argument(metavar="ROLE", help="REGISTRAR, INSPECTOR or CORRECTOR.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Account, 0x and 40 hexadecimal digits.")]


def _role_command(verb: str, done: Message, help_text: str) -> None:
    def command(
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
        return change(f"role {verb} {name}", [f"{account} {name}"], done, work, registry, keys, json)

    command.__doc__ = help_text
    app.command(verb)(command)


_role_command("grant", Message("CL015"), "Let an account change the registry.")
_role_command("revoke", Message("CL016"), "Take a role from an account.")
