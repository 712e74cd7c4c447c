"""Keys that sign a registrar's transactions. A key never leaves this module but inside its account object."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Final, Literal

from eth_account import Account
from eth_account.signers.local import LocalAccount
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from attest.errors import SignerError

TEST_KEY_FILE: Final = "embedded.key"

Hex = Annotated[str, Field(pattern="^(0x)?([0-9a-fA-F]{2})*$", max_length=200)]


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
    address: Hex = ""


def embedded_account(home: Path) -> LocalAccount:
    """The account of the embedded chain, made on first use; worth nothing anywhere else.

    Raises:
        SignerError: its file cannot be read or made.
    """
    path = home / TEST_KEY_FILE
    try:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        account: LocalAccount = Account.from_key(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not 32 bytes in hexadecimal"
        raise SignerError("KE101", path=path, why=why) from None
    return account


def keystore_account(path: Path, passphrase: str) -> LocalAccount:
    """The account of an encrypted keystore, version 3, as geth, cast and wallets write it.

    Raises:
        SignerError: no such file, not a keystore, or another passphrase.
    """
    try:
        keystore = _Keystore.model_validate_json(path.read_bytes())
        account: LocalAccount = Account.from_key(Account.decrypt(keystore.model_dump(), passphrase))
        address = keystore.address.lower().removeprefix("0x")
        if address not in ("", account.address.lower().removeprefix("0x")):
            raise ValueError("damaged: the key found is another account's")
    except OSError as error:
        raise SignerError("KE101", path=path, why=error.strerror) from None
    except (ValueError, KeyError, TypeError) as error:
        wrong_passphrase = "MAC" in str(error)
        raise SignerError("KE103" if wrong_passphrase else "KE102", path=path) from None
    return account
