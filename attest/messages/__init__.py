"""The one catalogue of texts, by stable code, in Chinese and English.

Each `*.toml` file beside this module holds the codes of one subject:

    [NU104]
    en = "Check character: expected {expected}, found {found}."
    zh-CN = "…"
    zh-TW = "…"
    hint.en = "…"

A code is never reused and its meaning never changes.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Protocol, runtime_checkable

LANGUAGES: Final = ("en", "zh-CN", "zh-TW")
MAX_SHOWN: Final = 80  # characters of foreign text quoted in a message


@runtime_checkable
class Localised(Protocol):
    """Something that can say itself in each language; inside another message it is said in that one's."""

    def text(self, lang: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Message:
    """A text of the catalogue that needs no values."""

    code: str

    def text(self, lang: str) -> str:
        return text(self.code, lang)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Several texts, one after another."""

    parts: tuple[Localised, ...]

    def text(self, lang: str) -> str:
        return " ".join(part.text(lang) for part in self.parts)


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """All codes with their texts and hints.

    Raises:
        ValueError: two files define the same code.
    """
    merged: dict[str, dict[str, Any]] = {}
    for path in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".toml"):
            subject = tomllib.loads(path.read_text(encoding="utf-8"))
            if twice := merged.keys() & subject.keys():
                raise ValueError(f"{path.name} defines {sorted(twice)} again")
            merged |= subject
    return merged


def text(code: str, lang: str, **params: object) -> str:
    """The text of `code` in `lang`, one of `LANGUAGES`, with `params` filled in."""
    return str(catalogue()[code][lang]).format(**_localised(params, lang))


def hint(code: str, lang: str, **params: object) -> str:
    """What the user can do about `code`, in `lang`, or an empty string."""
    return str(catalogue()[code].get("hint", {}).get(lang, "")).format(**_localised(params, lang))


def language(tag: str) -> str:
    """The supported language nearest to a locale or BCP 47 tag: `zh_TW.UTF-8` gives `zh-TW`, `fr` gives `en`."""
    wanted = tag.split(".", maxsplit=1)[0].replace("_", "-").lower()
    if wanted.startswith(("zh-tw", "zh-hk", "zh-mo", "zh-hant")):
        return "zh-TW"
    return "zh-CN" if wanted.startswith("zh") else "en"


def shown(value: object) -> str:
    """Foreign text made safe to print: quoted, control characters escaped, cut at `MAX_SHOWN`."""
    quoted = repr(value if isinstance(value, str) else str(value))
    return quoted if len(quoted) <= MAX_SHOWN else f"{quoted[: MAX_SHOWN - 1]}…{quoted[0]}"


def _localised(params: dict[str, object], lang: str) -> dict[str, object]:
    return {name: value.text(lang) if isinstance(value, Localised) else value for name, value in params.items()}
