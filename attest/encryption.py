"""Bytes under a passphrase: a key by scrypt (RFC 7914), AES-256-GCM with a fresh nonce.

>>> lock = Lock.new("correct horse battery staple", cost=MIN_COST)
>>> kept = lock.encrypt(b"private", bound_to=b"public")
>>> Lock.of(kept, "correct horse battery staple").decrypt(kept, bound_to=b"public")
b'private'
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final, Self

from attest import base64url
from attest.errors import PassphraseError, RecordError

COST: Final = 2**17
"""scrypt's N: 128 MiB and a third of a second a passphrase. Source: OWASP Password Storage Cheat Sheet, 2023."""
MIN_COST: Final = 2**14
MAX_COST: Final = 2**20
BLOCK_SIZE: Final = 8  # scrypt's r; its p is 1
SALT_LENGTH: Final = 16  # bytes
NONCE_LENGTH: Final = 12  # bytes, of GCM
TAG_LENGTH: Final = 16  # bytes, of GCM
METHOD: Final = "scrypt-aes-256-gcm"


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What a `Lock` wrote.

    Attributes:
        cost: scrypt's N.
        ciphertext: With its tag at the end.
    """

    cost: int
    salt: bytes
    nonce: bytes
    ciphertext: bytes

    def as_json(self) -> dict[str, Any]:
        return {
            "method": METHOD,
            "cost": self.cost,
            "salt": base64url.encode(self.salt),
            "nonce": base64url.encode(self.nonce),
            "ciphertext": base64url.encode(self.ciphertext),
        }

    @classmethod
    def parse(cls, document: Any) -> Self:
        """Read what `as_json` wrote.

        Raises:
            RecordError: something else, or a cost beyond `MIN_COST` and `MAX_COST`: opening it would prove nothing, or
                take this machine's memory.
        """
        match document:
            case {
                "method": str() as method,
                "cost": int() as cost,
                "salt": str() as salt,
                "nonce": str() as nonce,
                "ciphertext": str() as ciphertext,
                **more,
            } if method == METHOD and not more:
                found = cls(cost, _bytes(salt), _bytes(nonce), _bytes(ciphertext))
                lengths = (len(found.salt), len(found.nonce)) == (SALT_LENGTH, NONCE_LENGTH)
                power = type(cost) is int and MIN_COST <= cost <= MAX_COST and cost.bit_count() == 1
                if lengths and power and len(found.ciphertext) >= TAG_LENGTH:
                    return found
        raise RecordError("AT114", expected=METHOD, least=MIN_COST, most=MAX_COST)


class Lock:
    """A key derived from a passphrase, good for many files."""

    def __init__(self, passphrase: str, *, salt: bytes, cost: int) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        if not passphrase:
            raise PassphraseError("AT119")
        self._salt, self._cost = salt, cost
        scrypt = Scrypt(salt=salt, length=32, n=cost, r=BLOCK_SIZE, p=1)
        self._cipher = AESGCM(scrypt.derive(passphrase.encode()))

    @classmethod
    def new(cls, passphrase: str, *, cost: int = COST) -> Self:
        """A new key.

        Raises:
            PassphraseError: the passphrase is empty.
        """
        return cls(passphrase, salt=secrets.token_bytes(SALT_LENGTH), cost=cost)

    @classmethod
    def of(cls, encrypted: Encrypted, passphrase: str) -> Self:
        """The key that `encrypted` was written with, if the passphrase is the same; errors as `new`."""
        return cls(passphrase, salt=encrypted.salt, cost=encrypted.cost)

    def encrypt(self, data: bytes, *, bound_to: bytes) -> Encrypted:
        """`data` unreadable, and to be read only together with `bound_to`."""
        nonce = secrets.token_bytes(NONCE_LENGTH)
        return Encrypted(self._cost, self._salt, nonce, self._cipher.encrypt(nonce, data, bound_to))

    def decrypt(self, encrypted: Encrypted, *, bound_to: bytes) -> bytes:
        """What was encrypted.

        Raises:
            PassphraseError: another passphrase, another `bound_to`, or damaged: these cannot be told apart.
        """
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(encrypted.nonce, encrypted.ciphertext, bound_to)
        except InvalidTag as error:
            raise PassphraseError("AT120") from error


def _bytes(text: str) -> bytes:
    return base64url.decode(text) or b""
