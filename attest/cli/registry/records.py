"""Files of records, as the commands that register, amend or rehearse them read them."""

from pathlib import Path
from typing import TYPE_CHECKING

from attest.cli import files, output
from attest.cli.context import Context, language, today
from attest.errors import InputError
from attest.number import examine

if TYPE_CHECKING:
    from attest.record import PublicRecord


def records_of(path: Path) -> "list[PublicRecord]":
    """The records of one file; those without a nonce always get the same one.

    Raises:
        InputError: the file cannot be read, or one of its records cannot be used; names it.
    """
    from attest.documents import MAX_FILE, read_records
    from attest.record import derived_nonce

    secret = Context.load().nonce_secret()
    data = files.read(path, limit=MAX_FILE)
    with files.named(path):
        return read_records(data, name=path.name, nonce=lambda record: derived_nonce(secret, record))


def one_record(path: Path) -> "PublicRecord":
    """The only record of a file; errors as `records_of`."""
    records = records_of(path)
    if len(records) != 1:
        raise InputError("IN112", path=path, found=len(records))
    return records[0]


def warn(record: "PublicRecord") -> None:
    """Tell what is unusual about a number before it goes on chain."""
    for oddity in examine(record.number, today=today()).warnings:
        output.note(f"{output.label('CL002')} {oddity.code}: {record.number}: {oddity.text(language())}")
