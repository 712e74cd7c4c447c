"""base64url without padding (RFC 4648 §5), as records and attestation files write bytes. One spelling for each value.

>>> encode(b"\\xfb\\xff")
'-_8'
>>> decode("-_8"), decode("-_9"), decode("-_8="), decode("-_8", length=3)
(b'\\xfb\\xff', None, None, None)
"""

import base64
import binascii
from typing import Final

_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


def encode(data: bytes) -> str:
    """`data` as text."""
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


def decode(text: str, *, length: int | None = None) -> bytes | None:
    """The bytes that `encode` wrote as `text`; None if it wrote no such text, or of another length."""
    try:
        data = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", altchars=b"-_", validate=True)
    except ValueError:
        return None
    return data if encode(data) == text and length in (None, len(data)) else None
