"""The command tree of `attest`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import attest
from attest.cli import badge, demo, number, registry, site

app = typer.Typer(
    name="attest",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Filing numbers of blockchain information services (区块链信息服务备案编号): "
    "check, register, display, verify. Test chain only; filing is registration, not endorsement.",
    epilog="Exit codes: 0 MATCH or success, 1 MISMATCH or not well formed, 2 usage, 3 UNDECIDED, 4 local fault.",
)
app.add_typer(number.app, name="number")
app.add_typer(registry.app, name="registry")
app.command("badge")(badge.badge)
app.command("extract")(site.extract)
app.command("verify")(site.verify)
app.command("demo")(demo.demo)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"attest {attest.__version__}")
        raise typer.Exit


@app.callback()
def options(
    home: Annotated[
        Path | None, typer.Option(help="Folder of the embedded chain, settings and test key.", envvar="ATTEST_HOME")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Language: en, zh-CN or zh-TW.", envvar="ATTEST_LANG")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Read by `attest.cli.context`."""


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    code = typer.main.get_command(app).main(list(arguments), prog_name="attest", standalone_mode=False)
    return code if isinstance(code, int) else 0
