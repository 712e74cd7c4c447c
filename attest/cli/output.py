"""What commands print: results to standard output, messages to standard error, foreign text made harmless."""

import io
import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import typer

from attest import messages
from attest.cli.context import language
from attest.errors import AttestError, InputError, OutputError
from attest.ports import AUTHORITIES, Basis

_COLOURS = {"MATCH": "green", "PASS": "green", "MISMATCH": "red", "FAIL": "red", "UNDECIDED": "yellow"}


def result(document: Any) -> None:
    """Print a JSON result."""
    print(as_json(document, sys.stdout, indent=2))


def as_json(document: Any, stream: TextIO, *, indent: int | None = None) -> str:
    """JSON that `stream` can take: `\\u…` for what is not ASCII, unless it is Unicode's."""
    return json.dumps(document, ensure_ascii=not stream.encoding.lower().startswith("utf"), indent=indent)


def line(text: str = "") -> None:
    """Print one line of a result for people."""
    print(plain(text, keep="\n"), flush=True)


def note(text: str) -> None:
    """Tell the user something beside the result."""
    print(plain(text, keep="\n"), file=sys.stderr)


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show people at a terminal that something is being done, for as long as it is."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(plain(text)):
        yield


def error(problem: BaseException) -> int:
    """Tell the user what went wrong, and return the exit code that stands for it."""
    match problem:
        case AttestError():
            return explain(problem)
        case typer.TyperException():
            command = getattr(getattr(problem, "ctx", None), "command_path", "attest")
            return explain(InputError("IN120", why=" ".join(problem.format_message().split()), command=command))
        case _:
            return explain(as_ours(problem))


def as_ours(problem: BaseException) -> AttestError:
    """What nobody expected, as one of our errors."""
    match problem:
        case AttestError():
            return problem
        case OSError():
            return OutputError("IN110", why=problem.strerror or problem, path=problem.filename or "-")
        case _:
            return AttestError("IN199", what=f"{type(problem).__name__}: {messages.shown(problem)}")


def explain(problem: AttestError) -> int:
    """Tell a problem in the user's language, and return its exit code."""
    note(f"attest: [{problem.code}] {problem.text(language())}")
    if hint := problem.hint(language()):
        note(f"        {hint}")
    return problem.exit_code


def basis(found: Basis) -> None:
    """Print what an answer rests on."""
    authority = AUTHORITIES[found.authority]
    operator = label("CL019") if found.local and found.operator == "-" else found.operator
    line(label("CL022", name=found.registry, authority=authority, operator=operator, block=found.block))
    if found.local:
        line(label("CL021"))


def field(path: str, value: object) -> str:
    """A field for people, in one line: no value can look like the next one."""
    return plain(f"{path}: {value}".replace("\n", " "))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns of text, Chinese characters counted as two cells."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = io.StringIO()
    people = sys.stdout.isatty()
    console = Console(file=drawn, highlight=False, width=None if people else 160, force_terminal=people)
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in header:
        grid.add_column(title, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(plain(cell, keep="\n"), style=_COLOURS.get(cell, "")) for cell in row))
    console.print(grid)
    print(drawn.getvalue(), end="", flush=True)


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


def help_if_alone(context: typer.Context) -> None:
    """Show a group's help, exit 2, where no command of it was named."""
    if context.invoked_subcommand is None:
        line(context.get_help())
        raise typer.Exit(2)
