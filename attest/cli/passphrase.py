"""Passphrases: from an open descriptor, an environment variable or the terminal, never from an argument."""

import os
import unicodedata
import warnings
from dataclasses import dataclass
from typing import Annotated

import typer

from attest import messages
from attest.errors import KeyOptionError

Fd = Annotated[
    int | None,
    typer.Option("--passphrase-fd", metavar="N", help="Read the passphrase from this open descriptor."),
]
Env = Annotated[
    str | None,
    typer.Option(
        "--passphrase-env",
        metavar="NAME",
        help="Read it from this environment variable; other programs may see it there.",
    ),
]


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Where a passphrase comes from: descriptor `fd`, environment variable `env`, or with neither the terminal."""

    fd: int | None = None
    env: str | None = None

    def __post_init__(self) -> None:
        if self.fd is not None and self.env is not None:
            raise KeyOptionError("KE117", found="--passphrase-fd, --passphrase-env")

    def read(self, prompt: str, *, again: str | None = None) -> str:
        """The passphrase, in Unicode's normal form C: keyboards differ.

        Args:
            prompt: What the terminal is asked with; `again`: with what it is asked for the same once more.

        Raises:
            KeyOptionError: it cannot be had where it was said to be, is no text, or was not typed twice alike.
        """
        typed = self._read(prompt, again)
        try:
            typed.encode()
        except UnicodeEncodeError as error:  # bytes of the environment that are no UTF-8
            raise KeyOptionError("KE119") from error
        return unicodedata.normalize("NFC", typed)

    def _read(self, prompt: str, again: str | None) -> str:
        if self.fd is not None:
            try:
                with os.fdopen(self.fd, encoding="utf-8", closefd=False) as file:
                    return file.readline().rstrip("\r\n")
            except (OSError, ValueError, TypeError, OverflowError) as error:
                raise KeyOptionError("KE105", found=self.fd) from error
        if self.env is not None:
            if self.env not in os.environ:
                raise KeyOptionError("KE114", name=messages.shown(self.env))
            return os.environ[self.env]
        typed = _asked(prompt)
        if again is not None and _asked(again) != typed:
            raise KeyOptionError("KE118")
        return typed


def _asked(prompt: str) -> str:
    """What is typed at the terminal, where it is not shown."""
    from getpass import GetPassWarning, getpass

    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(f"{prompt} ")
        except (EOFError, GetPassWarning) as error:
            raise KeyOptionError("KE106") from error
        except UnicodeDecodeError as error:
            raise KeyOptionError("KE119") from error
