"""Canonical bytes of a record, and the digest the registry keeps of them.

The bytes are those of RFC 8785 (JCS). Our schemas have ASCII keys and no floating-point numbers, so
`json.dumps` with sorted keys already yields them; a property test holds it against the `rfc8785` package.
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from typing import Any, Final, NoReturn

from attest.errors import RecordError

DIGEST_LENGTH: Final = 26
"""Bytes of SHA-256 that the registry keeps: one storage slot instead of two, 104 bits against collisions."""

MAX_DOCUMENT: Final = 262_144  # bytes
MAX_DEPTH: Final = 32
LONGEST_NUMBER: Final = 17  # characters, sign included; 2^53 has sixteen digits

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")


def canonical_bytes(document: Any) -> bytes:
    """RFC 8785 bytes of a JSON value with ASCII keys and no floats."""
    return _ENCODER.encode(document).encode()


def digest(data: bytes) -> bytes:
    """The `DIGEST_LENGTH` bytes that the registry contract computes over a record's bytes."""
    return hashlib.sha256(data).digest()[:DIGEST_LENGTH]


def parse_json(data: bytes, *, limit: int = MAX_DOCUMENT, ascii_names: bool = True) -> Any:
    """Read JSON that has exactly one reading.

    Args:
        ascii_names: Refuse other names: implementations order them differently.

    Raises:
        RecordError: too large or too deep, not UTF-8, not JSON, a key twice, a number that is not an exact
            integer, or a lone surrogate.
    """
    if len(data) > limit:
        raise RecordError("RE110", limit=limit, found=len(data))
    try:
        text = data.decode("utf-8-sig")
        if is_deeper(text, MAX_DEPTH):
            raise RecordError("RE112", limit=MAX_DEPTH)
        document = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_no_number,
            parse_int=_whole,
            parse_constant=_no_number,
        )
        return check_exact(document, ascii_names=ascii_names)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RecordError("RE111", why=str(error)) from error


def normal_json(document: Any) -> str:
    """JSON of a value whose texts are all in Unicode's normal form C. Names are left as they are."""
    text = json.dumps(document, ensure_ascii=False)
    if unicodedata.is_normalized("NFC", text):
        return text
    return json.dumps(_normal(document), ensure_ascii=False)  # text by text: the n of \n takes no accent


def _normal(value: Any) -> Any:
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case list():
            return [_normal(item) for item in value]
        case dict():
            return {name: _normal(item) for name, item in value.items()}
    return value


def is_deeper(text: str, limit: int) -> bool:
    """Whether JSON nests deeper than `limit`.

    Asked before parsing: `json` recurses on the C stack, and py_ecc, which eth-account imports, lifts the recursion
    limit so far that the process would crash first.
    """
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > limit:
            return True
    return False


def check_exact(document: Any, depth: int = 0, *, ascii_names: bool = True) -> Any:
    """Return `document` if it has one canonical form; without `ascii_names`, if each of its values has.

    Raises:
        RecordError: a value that JSON implementations read differently.
    """
    if depth > MAX_DEPTH:
        raise RecordError("RE112", limit=MAX_DEPTH)
    match document:
        case dict():
            for key, value in document.items():
                if not isinstance(key, str) or (ascii_names and not key.isascii()):
                    raise RecordError("RE113", found=repr(key)[:80])
                check_exact(value, depth + 1, ascii_names=ascii_names)
        case list():
            for value in document:
                check_exact(value, depth + 1, ascii_names=ascii_names)
        case str():
            if any("\ud800" <= character <= "\udfff" for character in document):
                raise RecordError("RE114")
        case bool() | None:
            pass
        case int():
            if abs(document) >= 2**53:
                raise RecordError("RE115")
        case _:
            raise RecordError("RE115")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = Counter(name for name, _ in pairs)
        raise RecordError("RE116", found=next(repr(name)[:80] for name, times in names.items() if times > 1))
    return document


def _whole(text: str) -> int:
    return int(text) if len(text) <= LONGEST_NUMBER else _no_number(text)


def _no_number(_: str) -> NoReturn:
    raise RecordError("RE115")
