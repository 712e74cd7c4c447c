"""What the fields of a record are called, in every language: `fields.toml` beside this module, one entry a path."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from attest.record.paths import without_positions


@cache
def labels() -> dict[str, dict[str, Any]]:
    """By path without list positions: a field's name and the form of its value in each language, and `why` it is public
    or private. The three fields of any attachment are there once, by their names alone.
    """
    return tomllib.loads(files(__package__).joinpath("fields.toml").read_text(encoding="utf-8"))


def label(path: str) -> dict[str, Any] | None:
    """The entry of a field, or of a part that holds fields; None for a field that nobody foresaw."""
    plain = without_positions(path)
    return labels().get(plain) or labels().get(plain.rpartition(".")[2] if plain.endswith(_OF_ATTACHMENTS) else "")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A field's path together with its name, where it has one."""

    path: str

    def text(self, lang: str) -> str:
        known = label(self.path)
        if known is None:
            return self.path
        return f"{self.path} ({known[lang]})" if lang == "en" else f"{self.path}（{known[lang]}）"

    def __str__(self) -> str:
        return self.path


_OF_ATTACHMENTS = (".sha256", ".media_type", ".size")
