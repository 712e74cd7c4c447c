"""`attest badge`: the files an operator puts on a site."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from attest.attestation import build_attestation
from attest.cli import files, output
from attest.cli.context import Context
from attest.errors import OutputError
from attest.number import FilingNumber
from attest.ports import Basis, Lookup, Status
from widgets.badge import Lang, Size, Style, Theme

MAX_LOGO_BYTES: Final = 1_000_000


def badge(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="The filing number, as 京网信备…号 or its twenty characters alone.")
    ],
    page: Annotated[str, typer.Option(metavar="URL", help="Verification page that QR code and badge point to.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; made if missing.")],
    registry: Annotated[
        str | None, typer.Option(metavar="NAME", help="Registry of the settings; the default one if left out.")
    ] = None,
    style: Annotated[Style, typer.Option(help="A plate of two lines, or one line for a footer.")] = "plate",
    size: Annotated[Size, typer.Option(help="Of the badge.")] = "medium",
    theme: Annotated[Theme, typer.Option(help="auto follows the reader's scheme.")] = "auto",
    badge_lang: Annotated[Lang, typer.Option(help="Language of badge and snippet.")] = "zh-CN",
    print_width: Annotated[float, typer.Option(metavar="MM", help="Width of the QR code in print.")] = 30,
    logo: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PNG of your own mark for the middle of qr.png.")
    ] = None,
    element: Annotated[
        bool,
        typer.Option("--element", help="Also write the web element, of two lines, which compares the site's domain."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the list of files as JSON.")] = False,
) -> int:
    """Write the badge (SVG and PNG), the QR code, snippet.html and blockchain-filing.json (for /.well-known/)."""
    from widgets.badge import Look, check_fonts
    from widgets.files import write_badge_files
    from widgets.pointer import is_loopback, page_host
    from widgets.qr import GOOD_MODULE, good_width, module_mm, self_vouching

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
    module = module_mm(wanted, page, print_width)
    try:
        check_fonts(wanted, badge_lang)
        png = True
    except OutputError as problem:
        output.explain(problem)
        png = False
    written = write_badge_files(
        out,
        number=wanted,
        page=page,
        attestation=build_attestation(wanted, record, basis if record else None),
        look=Look(badge_lang, style, size, theme),
        png=png,
        print_width=print_width,
        logo=files.read(logo, limit=MAX_LOGO_BYTES) if logo else None,
        element=element,
        domains=record.domains if record else (),
    )
    if module < GOOD_MODULE:
        enough = good_width(wanted, page)
        output.note(
            output.label("WI109", width=f"{print_width:g}", module=f"{module:.2f}", good=GOOD_MODULE, enough=enough)
        )
    if record and self_vouching(page, record.domains):
        output.note(output.label("CL029", page=page))
    if is_loopback(page_host(page)):
        output.note(output.label("CL050", page=page))
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
