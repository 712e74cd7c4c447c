"""The body of an answer, within limits: bytes as sent, bytes after decompression, and whether there may be more."""

import re
import zlib
from typing import Final

import aiohttp

from attest import messages
from attest.errors import TooLargeError, UnreachableError
from attest.messages import Message

MAX_GZIP_MEMBERS: Final = 100

# zlib's window settings, in the order to try: many servers send deflate without the zlib frame it should have.
_WBITS: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
_END: Final = re.compile(rb"</(?:html|body)", re.IGNORECASE)
_TAIL: Final = 1024  # bytes in which a page ends; scripts and comments may follow its last tag
_DELAY: Final = " \t0123456789.,;"
"""What a `Refresh` consists of that loads the same page again."""


async def read_body(
    response: aiohttp.ClientResponse, *, raw_bytes: int, decoded_bytes: int, url: str, cut: bool = False
) -> bytes:
    """The decompressed body of `response`.

    Args:
        raw_bytes, decoded_bytes: As in `attest.site.fetch.Limits`.
        url: For messages, safe to print.
        cut: Give the beginning of a body that is larger, instead of an error.

    Raises:
        TooLargeError: a limit is exceeded.
        UnreachableError: the body broke off, or is not compressed soundly by what was asked for.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if encoding != "identity" and encoding not in _WBITS:
        raise UnreachableError("FE147", url=url, found=messages.shown(encoding))
    if response.content_length is not None and response.content_length > raw_bytes and not cut:
        raise TooLargeError("FE120", url=url, limit=raw_bytes, found=response.content_length)
    raw = bytearray()
    try:
        async for chunk in response.content.iter_any():
            raw += chunk
            if len(raw) > raw_bytes:
                if cut:
                    break
                raise TooLargeError("FE120", url=url, limit=raw_bytes, found=f"> {raw_bytes}")
    except aiohttp.ClientError as error:
        raise UnreachableError("FE146", url=url, found=len(raw)) from error
    if encoding == "identity" or not raw:
        return bytes(raw[:decoded_bytes] if cut else raw)
    return _inflated(bytes(raw), encoding, limit=decoded_bytes, url=url, cut=cut)


def incomplete(response: aiohttp.ClientResponse, body: bytes) -> Message | None:
    """Why a browser may show more than `body`: it would go on, or the body ends where the connection broke."""
    if any(value.strip(_DELAY) for value in response.headers.getall("Refresh", ())):
        return Message("EX202")
    chunked = response.headers.get("Transfer-Encoding", "").strip().lower().endswith("chunked")
    measured = chunked or response.content_length is not None
    return None if measured or _END.search(body[-_TAIL:]) else Message("EX207")


def _inflated(raw: bytes, encoding: str, *, limit: int, url: str, cut: bool) -> bytes:
    """`raw` decompressed, never holding more than `limit` bytes and one.

    What follows the last gzip member is ignored, as browsers do.
    """
    damage: zlib.error | None = None
    for wbits in _WBITS[encoding]:
        body, rest = bytearray(), raw
        try:
            for _ in range(MAX_GZIP_MEMBERS):
                stream = zlib.decompressobj(wbits)
                body += stream.decompress(rest, limit + 1 - len(body))
                if cut and (len(body) > limit or not stream.eof):
                    return bytes(body[:limit])
                if len(body) > limit:
                    raise TooLargeError("FE121", url=url, limit=limit)
                if not stream.eof:
                    raise UnreachableError("FE146", url=url, found=len(raw))
                rest = stream.unused_data
                if not (wbits == 31 and rest.startswith(b"\x1f\x8b")):
                    return bytes(body)
            raise UnreachableError("FE147", url=url, found=f"> {MAX_GZIP_MEMBERS} gzip members")
        except zlib.error as error:
            damage = error
    raise UnreachableError("FE147", url=url, found=messages.shown(damage)) from damage
