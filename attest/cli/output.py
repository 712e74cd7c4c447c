"""What commands print: results to standard output, messages to standard error, foreign text made harmless."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

from attest import messages
from attest.cli.context import language
from attest.errors import AttestError, OutputError

_COLOURS = {"MATCH": "green", "PASS": "green", "MISMATCH": "red", "FAIL": "red", "UNDECIDED": "yellow"}


def result(document: Any) -> None:
    """Print a JSON result."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def line(text: str = "") -> None:
    """Print one line of a result for people."""
    click.echo(plain(text, keep="\n"))


def note(text: str) -> None:
    """Tell the user something beside the result."""
    click.echo(plain(text, keep="\n"), err=True)


def error(problem: Exception) -> int:
    """Tell the user what went wrong, and return the exit code that stands for it."""
    match problem:
        case AttestError():
            return _explain(problem)
        case click.exceptions.Abort():
            return 130
        case click.ClickException():
            problem.show(file=sys.stderr)
            return problem.exit_code
        case OSError():
            why, path = problem.strerror or problem, problem.filename or "-"
            return _explain(OutputError("IN110", why=why, path=path))
        case _:
            return _explain(AttestError("IN199", what=f"{type(problem).__name__}: {messages.shown(problem)}"))


def _explain(problem: AttestError) -> int:
    lang = language()
    note(f"attest: [{problem.code}] {problem.text(lang)}")
    if hint := problem.hint(lang):
        note(f"        {hint}")
    return problem.exit_code


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns of text, Chinese characters counted as two cells."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in header:
        grid.add_column(title, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(plain(cell, keep="\n"), style=_COLOURS.get(cell, "")) for cell in row))
    console.print(grid)


def plain(text: str, *, keep: str = "") -> str:
    """`text` without control, bidirectional and other invisible characters."""
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def label(code: str, **params: object) -> str:
    """A fixed text of the command line, in the user's language."""
    return messages.text(code, language(), **params)
