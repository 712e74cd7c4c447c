"""`attest page`: the verification page."""

import asyncio
import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from attest.cli import files, output
from attest.cli.context import FLAGS, Context
from attest.errors import InputError

if TYPE_CHECKING:
    from widgets.page import PageRegistry

HEADERS: Final = "_headers"

app = typer.Typer(
    invoke_without_command=True,
    callback=output.help_if_alone,
    help="The page on which anybody checks a number: plain files for any host.",
)


@app.command()
def build(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; made if missing.")],
    registry: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Registry of the settings that the page asks; may be given several times."),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Where browsers reach a node, instead of the settings' addresses."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the list of files as JSON.")] = False,
) -> int:
    """Write the verification page as plain files, with the trust list and the nodes' addresses baked in.

    It speaks its reader's language; where that is none of ours, and before its script runs, that of --lang, or Chinese.
    """
    from widgets import page
    from widgets.files import write_files

    context = Context.load()
    names: list[str | None] = [*registry] if registry else [None]
    if node and len(names) > 1:
        raise InputError("PG503", found=len(names))
    nodes = tuple(files.text(url) for url in node or ())
    registries = asyncio.run(_registries(context, names, nodes))
    lang = FLAGS.get().lang or page.DEFAULT_LANG
    contents = page.page_files(registries, default_lang=lang) | {HEADERS: page.hosting_headers(registries).encode()}
    written = write_files(out, contents)
    size = sum(len(gzip.compress(data)) for name, data in contents.items() if name != HEADERS)
    if json:
        output.result({"schema": "page/1", "gzip_bytes": size, "files": [str(path) for path in written]})
    else:
        for path in written:
            output.line(str(path))
        output.line(output.label("PG504", count=len(written), bytes=size))
    asked = [node for each in registries for node in each.nodes]
    output.note(output.label("PG505", nodes=", ".join(asked)))
    if refused := [node for node in asked if page.is_mixed_content(node)]:
        output.note(output.label("PG507", nodes=", ".join(refused)))
    return 0


async def _registries(context: Context, names: list[str | None], nodes: tuple[str, ...]) -> "list[PageRegistry]":
    return [await _registry(context, name, nodes) for name in names]


async def _registry(context: Context, name: str | None, nodes: tuple[str, ...]) -> "PageRegistry":
    """One registry as the page knows it, once its own network has shown that it is there."""
    from widgets.page import PageRegistry

    chosen = context.settings.registry(name)
    network = context.settings.network(chosen.network)
    if network.local and not nodes:
        raise InputError("PG501", name=context.settings.registry_name(name))
    async with context.reader(name) as reader:
        at, basis = await reader.pin()
        deployed_at = await reader.deployed_at(at)
    return PageRegistry.of(
        reader.trust,
        basis,
        nodes=nodes or network.rpc,
        deployed_at=deployed_at,
        max_head_age_s=network.max_head_age_s,
    )
