"""The command tree of `attest`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import attest
from attest import messages
from attest.cli import (
    attestation,
    badge,
    check,
    context,
    deadlines,
    demo,
    number,
    output,
    page,
    record,
    registry,
    serve,
    site,
)
from attest.errors import InputError

app = typer.Typer(
    name="attest",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Filing numbers of blockchain information services (区块链信息服务备案编号): "
    "check, register, display, verify. Test chain only; filing is registration, not endorsement.",
    epilog="Exit codes: 0 MATCH or success, 1 MISMATCH or not well formed, 2 usage or unusable input, 3 UNDECIDED, "
    "4 a fault of this machine or program, 130 interrupted.",
)
app.add_typer(number.app, name="number")
app.add_typer(record.app, name="record")
app.add_typer(registry.app, name="registry")
app.add_typer(attestation.app, name="attestation")
app.add_typer(check.app, name="check")
app.add_typer(page.app, name="page")
app.command("badge")(badge.badge)
app.command("extract")(site.extract)
app.command("serve")(serve.serve)
app.command("verify")(site.verify)
app.command("deadlines")(deadlines.deadlines)
app.command("demo")(demo.demo)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"attest {attest.__version__}")
        raise typer.Exit


def _spoken(tag: str | None) -> str | None:
    if tag and not re.fullmatch(r"(?i:en|zh)(?:[-_.].*)?", tag):
        raise InputError(
            "IN103", name="--lang, ATTEST_LANG", known=", ".join(messages.LANGUAGES), found=messages.shown(tag)
        )
    return tag


@app.callback()
def options(
    command: typer.Context,
    home: Annotated[  # noqa: ARG001 - `main` reads it
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the embedded chain, settings and test key; the user's data folder if left out.",
            envvar="ATTEST_HOME",
        ),
    ] = None,
    lang: Annotated[  # noqa: ARG001 - likewise
        str | None,
        typer.Option(metavar="TAG", help="Language: en, zh-CN or zh-TW.", envvar="ATTEST_LANG", callback=_spoken),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback has done it all
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    output.help_if_alone(command)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever it raises comes out as it is."""
    context.FLAGS.set(context.Flags())
    command = typer.main.get_command(app)
    try:
        with command.make_context("attest", list(arguments)) as parsed:
            context.FLAGS.set(context.Flags(parsed.params["home"], parsed.params["lang"]))
            return int(command.invoke(parsed))
    except typer.Exit as done:
        return done.exit_code
