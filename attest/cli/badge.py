"""`attest badge`: the files an operator puts on a site."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from attest.attestation import build_attestation
from attest.cli import files, output
from attest.cli.context import Context
from attest.number import FilingNumber
from attest.ports import Basis, Lookup, Status


def badge(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="The filing number, as 京网信备…号 or its twenty characters alone.")
    ],
    page: Annotated[str, typer.Option(metavar="URL", help="Verification page that QR code and badge point to.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; made if missing.")],
    registry: Annotated[
        str | None, typer.Option(metavar="NAME", help="Registry of the settings; the default one if left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the list of files as JSON.")] = False,
) -> int:
    """Write badge.svg, qr.svg, qr.png, snippet.html and blockchain-filing.json (for /.well-known/)."""
    from widgets.files import write_badge_files
    from widgets.qr import self_vouching

    wanted = files.number(number)
    context = Context.load()
    record, basis = None, None
    if registry or context.settings.registries:
        lookup, basis = asyncio.run(_filed(context, registry, wanted))
        record, status = lookup.record, lookup.entry.status
        if record is None:
            output.note(output.label("CL028", name=basis.registry))
        elif status is not Status.ACTIVE:
            output.note(output.label("CL030", name=basis.registry, status=status))
    else:
        output.note(output.label("CL027"))
    page = files.text(page)
    attestation = build_attestation(wanted, record, basis if record else None)
    written = write_badge_files(out, number=wanted, page=page, attestation=attestation)
    if record and self_vouching(page, record.domains):
        output.note(output.label("CL029", page=page))
    if json:
        output.result({"schema": "badge/1", "number": wanted.text, "files": [str(path) for path in written]})
    else:
        for path in written:
            output.line(str(path))
    return 0


async def _filed(context: Context, registry: str | None, number: FilingNumber) -> tuple[Lookup, Basis]:
    async with context.reader(registry) as reader:
        answer = await reader.look_up([number])
    lookup = answer.lookups[number]
    if lookup.problem:
        raise lookup.problem
    return lookup, answer.basis
