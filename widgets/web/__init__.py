"""The web element as one file that a site serves itself, and the sources of the verification page.

`widgets.page` puts the page together.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from attest import messages

ELEMENT: Final = "filing-badge-1.js"
"""Its name carries its version: another version has another name, so both can be cached for ever."""

_TEXTS: Final = {"label": "WI001", "elsewhere": "PG401"}


@cache
def source(name: str) -> str:
    """A file of this folder."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def templates(codes: Mapping[str, str], lang: str) -> dict[str, str]:
    """Texts of the catalogue by name, for scripts: with their `{gaps}`, which the reader's browser fills."""
    return {name: messages.catalogue()[code][lang] for name, code in codes.items()}


def element() -> tuple[str, bytes, str]:
    """File name, ES module and `integrity` value (`sha384-…`) of `<filing-badge>`; the module imports nothing."""
    texts = {lang: templates(_TEXTS, lang) for lang in messages.LANGUAGES}
    rule = source("domains.js").replace("export const covers", "const covers")
    module = f"{rule}\nconst TEXTS = {json.dumps(texts, ensure_ascii=False)};\n\n{source(ELEMENT)}".encode()
    digest = base64.b64encode(hashlib.sha384(module).digest()).decode()
    return ELEMENT, module, f"sha384-{digest}"
