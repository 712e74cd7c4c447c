"""`attest registry prove`: what the registry holds of a number, in a file that anybody can check without a node."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from attest import messages
from attest.cli import files, output
from attest.cli.context import Context, language
from attest.cli.registry.options import Json, Name, Number
from attest.errors import InputError, OutputError

if TYPE_CHECKING:
    from attest.number import FilingNumber
    from attest.ports import Basis, Entry
    from attest.registry.proof import FilingProof

app = typer.Typer()

_MODE: Final = 0o644  # a proof is made to be handed on; the umask may take more away


@app.command("prove")
def prove(
    number: Number,
    path: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="File to write; replaced if it is there.")
    ],
    registry: Name = None,
    json: Json = False,
) -> int:
    """Write a proof that the registry holds a number, or that it does not, at the newest final block.

    `attest check proof` checks it without a node. Exit 0 when the file is written, whatever it proves.
    """
    wanted = files.number(number)
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise InputError("PF106", found=messages.shown(path))
    filing, entry, basis = asyncio.run(_proof(Context.load(), registry, wanted))
    try:
        files.replace(path, filing.canonical(), mode=_MODE)
    except OSError as error:
        raise OutputError("PF107", path=path, why=error.strerror or error) from error
    if json:
        output.result(
            {
                "schema": "registry-proof/1",
                "number": wanted.text,
                "status": entry.status.name.lower(),
                "file": str(path),
                "rests_on": basis.as_json(),
            }
        )
    else:
        output.line(f"{wanted.text}  {entry.status.text(language())}")
        output.basis(basis)
        output.line(output.label("PF008", path=path, hash=filing.block_hash))
    return 0


async def _proof(context: Context, name: str | None, number: "FilingNumber") -> tuple["FilingProof", "Entry", "Basis"]:
    from attest.registry.proof import check, fetch_proof
    from attest.registry.reader import RegistryReader

    registry = context.settings.registry(name)
    async with context.node(registry.network) as (network, node):
        reader = RegistryReader(node, network=network, registry=registry, trust=context.settings.trust(name))
        at, basis = await reader.pin()
        filing = await fetch_proof(node, number, network=network, registry=registry, at=at, basis=basis)
    return filing, check(filing, network=network, registry=registry), basis
