"""Files named on the command line."""

import sys
from pathlib import Path

from attest import messages
from attest.errors import InputError
from attest.number import FilingNumber


def read(path: Path, *, limit: int) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        InputError: it cannot be read, or holds more than `limit` bytes.
    """
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as file:
                data = file.read(limit + 1)
    except OSError as error:
        raise InputError("IN101", path=path, why=error.strerror or error) from error
    if len(data) > limit:
        raise InputError("IN102", limit=limit)
    return data


def number(text: str) -> FilingNumber:
    """A filing number given on the command line, in canonical or any accepted spelling, or as twenty characters.

    Raises:
        InvalidNumberError: not a well-formed number.
    """
    return FilingNumber.parse_or_key(text)


def one_of(text: str, known: tuple[str, ...]) -> str:
    """`text`, if it is one of the known words.

    Raises:
        InputError: it is not.
    """
    if text not in known:
        raise InputError("IN103", known=", ".join(known), found=messages.shown(text))
    return text
