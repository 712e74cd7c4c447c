"""Keys that sign a registrar's transactions. A key never leaves this module but inside its `LocalKey`.

`SigningKey` is the port for all others: a device, a service, a vault (`attest.chain.remote`).
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, Literal, Protocol

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from attest.chain import transactions
from attest.chain.transactions import Transaction
from attest.errors import KeyOptionError, SignerError

TEST_KEY_FILE: Final = "embedded.key"
SECRET_LENGTH: Final = 32  # bytes

Hex = Annotated[str, Field(pattern="^(0x)?([0-9a-fA-F]{2})*$", max_length=200)]


class SigningKey(Protocol):
    """Signs for one account."""

    @property
    def address(self) -> str:
        """Checksummed address of the account."""
        ...

    async def sign(self, transaction: Transaction) -> bytes:
        """The signed bytes.

        Raises:
            SignerError: it was not signed.
        """
        ...


class LocalKey:
    """A key in this process's memory."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def address(self) -> str:
        return str(self._account.address)

    async def sign(self, transaction: Transaction) -> bytes:
        return bytes(self._account.sign_transaction(transactions.fields(transaction)).raw_transaction)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Scrypt(_Part):
    """At most 1 GiB of memory; geth writes n=262144, r=8, p=1."""

    n: Annotated[int, Field(ge=2, le=2**20)]
    r: Annotated[int, Field(ge=1, le=8)]
    p: Annotated[int, Field(ge=1, le=16)]
    dklen: Literal[32]
    salt: Hex


class _Pbkdf2(_Part):
    c: Annotated[int, Field(ge=1, le=10_000_000)]
    prf: Literal["hmac-sha256"]
    dklen: Literal[32]
    salt: Hex


class _Cipher(_Part):
    iv: Annotated[Hex, Field(min_length=32)]


class _Crypto(_Part):
    cipher: Literal["aes-128-ctr"]
    cipherparams: _Cipher
    ciphertext: Hex
    kdf: Literal["scrypt", "pbkdf2"]
    kdfparams: _Scrypt | _Pbkdf2
    mac: Hex


class _Keystore(_Part):
    """What is needed of a keystore, bounded: a damaged one must not cost hours or all memory."""

    version: Literal[3]
    crypto: Annotated[_Crypto, Field(validation_alias=AliasChoices("crypto", "Crypto"))]
    address: Annotated[str, Field(pattern="^(0x)?([0-9a-fA-F]{40})?$")] = ""


def embedded_key(home: Path) -> LocalKey:
    """The key of the embedded chain, made on first use; worth nothing anywhere else.

    Raises:
        SignerError: its file cannot be read or made.
    """
    path = home / TEST_KEY_FILE
    try:
        return LocalKey(Account.from_key(secret_in(path)))
    except ValueError:
        raise SignerError("KE101", path=path, why="not a private key") from None


def secret_in(path: Path) -> bytes:
    """The 32 secret bytes of a file, which is made on first use, whole or not at all, and only its owner reads.

    Raises:
        SignerError: the file cannot be read or made.
    """
    try:
        if not path.exists():
            _make_secret(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
        if len(secret) != SECRET_LENGTH:
            raise ValueError
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"not {SECRET_LENGTH} bytes in hexadecimal"
        raise SignerError("KE101", path=path, why=why) from None
    return secret


def _make_secret(path: Path) -> None:
    """Write a new secret to disk, unless another process comes first: then its secret is everybody's."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        with suppress(OSError):
            draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def keystore_key(path: Path, passphrase: str) -> LocalKey:
    """The key of an encrypted keystore, version 3, as geth, cast and wallets write it.

    Raises:
        KeyOptionError: no such file, not a keystore, or another passphrase.
    """
    keystore = _read(path)
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(keystore.model_dump(), passphrase))
    except (ValueError, KeyError, TypeError) as error:
        wrong_passphrase = "MAC" in str(error)
        raise KeyOptionError("KE103" if wrong_passphrase else "KE102", path=path) from None
    if _address(keystore) not in ("", account.address):
        raise KeyOptionError("KE102", path=path)
    return LocalKey(account)


def check_keystore(path: Path) -> None:
    """Make sure that a file is a keystore, before anybody is asked for its passphrase.

    Raises:
        KeyOptionError: no such file, or not a keystore.
    """
    _read(path)


def keystore_address(path: Path) -> str:
    """The account that an encrypted keystore says it is of; nothing is opened.

    Raises:
        KeyOptionError: no such file, not a keystore, or it does not say.
    """
    address = _address(_read(path))
    if not address:
        raise KeyOptionError("KE107", path=path)
    return address


def _read(path: Path) -> _Keystore:
    try:
        return _Keystore.model_validate_json(path.read_bytes())
    except OSError as error:
        raise KeyOptionError("KE101", path=path, why=error.strerror) from None
    except ValueError:
        raise KeyOptionError("KE102", path=path) from None


def _address(keystore: _Keystore) -> str:
    """Checksummed, or empty where it does not say."""
    address = keystore.address.lower().removeprefix("0x")
    return str(to_checksum_address(address)) if address else ""
