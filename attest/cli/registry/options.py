"""Arguments and options that several commands of `attest registry` share."""

from typing import Annotated

import typer

from attest import messages
from attest.canonical import DIGEST_LENGTH
from attest.errors import InputError

Name = Annotated[
    str | None,
    typer.Option("--registry", metavar="NAME", help="Registry of the settings; the default one if left out."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The filing number, as 京网信备…号 or its twenty characters alone.")
]
Numbers = Annotated[
    list[str],
    typer.Argument(metavar="NUMBER...", help="Filing numbers, as 京网信备…号 or their twenty characters alone."),
]


def digest(text: str) -> bytes:
    """A record's digest given on the command line.

    Raises:
        InputError: it is none.
    """
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != DIGEST_LENGTH:
        raise InputError("IN106", found=messages.shown(text))
    return raw
