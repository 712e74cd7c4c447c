"""Files named on the command line."""

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attest import messages
from attest.errors import InputError, OutputError
from attest.number import FilingNumber


def read(path: Path, *, limit: int) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        InputError: it cannot be read, or holds more than `limit` bytes.
    """
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(limit + 1) if sys.stdin else b""
        else:
            with path.open("rb") as file:
                data = file.read(limit + 1)
    except OSError as error:
        raise InputError("IN101", path=path, why=error.strerror or error) from error
    if len(data) > limit:
        raise InputError("IN102", path=path, limit=limit)
    return data


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Name the file that cannot be used, among those of one command."""
    try:
        yield
    except InputError as error:
        raise InputError("IN104", path=path, why=error) from error


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless it is there.

    Raises:
        OutputError: something else is in its place.
    """
    with _writing(path):
        path.mkdir(parents=True, exist_ok=True)


def check_free(path: Path) -> None:
    """Make sure that `create` finds the name free.

    Raises:
        InputError: it is taken, or names a pipe.
    """
    if path.exists() or str(path) == "-":
        raise InputError("IN119", path=path)


def prepare(path: Path) -> None:
    """Make sure that `create` finds the name free, and its folder there.

    Raises:
        InputError: the name is taken, or names a pipe.
        OutputError: there can be no such folder.
    """
    check_free(path)
    make_folder(path.parent)


def create(path: Path, data: bytes) -> None:
    """Write a new file for its owner only, which appears whole or not at all, and never in the place of another.

    Raises:
        InputError: there is one already.
        OutputError: it could not be written.
    """
    with _writing(path), _draft(path, data, mode=0o600) as draft:
        try:
            path.hardlink_to(draft)
        except FileExistsError as error:
            raise InputError("IN119", path=path) from error


def replace(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file that appears whole or not at all.

    Args:
        mode: Permissions of a new file, from which the umask may take more away. One that is there keeps its own.

    Raises:
        OSError: it could not be written; what was there before still is.
    """
    with _draft(path, data, mode=mode) as draft:
        with suppress(FileNotFoundError):
            shutil.copymode(path, draft)
        draft.replace(path)


@contextmanager
def _draft(path: Path, data: bytes, *, mode: int) -> Iterator[Path]:
    """A file beside `path` that holds `data` on the disk; gone afterwards, unless it was given another name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Name the file that cannot be written."""
    try:
        yield
    except OSError as error:
        raise OutputError("IN110", why=error.strerror or error, path=path) from error


def text(argument: str) -> str:
    """An argument as the text that was typed, also where the locale (`LC_ALL=C`) knows nothing but ASCII."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return os.fsencode(argument).decode(errors="replace")
    return argument


def number(argument: str) -> FilingNumber:
    """A filing number given on the command line, in canonical or any accepted spelling, or as twenty characters.

    Raises:
        InvalidNumberError: not a well-formed number.
    """
    return FilingNumber.parse_or_key(text(argument))


def one_of(word: str, known: tuple[str, ...], *, name: str) -> str:
    """`word`, if it is one of the known ones.

    Args:
        name: What the command line calls it.

    Raises:
        InputError: it is not.
    """
    if word not in known:
        raise InputError("IN103", name=name, known=", ".join(known), found=messages.shown(word))
    return word
