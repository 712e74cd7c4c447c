"""Keys that sign a registrar's transactions. A key never leaves this module but inside its account object."""

import json
import os
import secrets
from pathlib import Path
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount

from attest.errors import SignerError

TEST_KEY_FILE: Final = "embedded.key"


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
        keystore = json.loads(path.read_text(encoding="utf-8"))
        account: LocalAccount = Account.from_key(Account.decrypt(keystore, passphrase))
    except OSError as error:
        raise SignerError("KE101", path=path, why=error.strerror) from None
    except (ValueError, KeyError, TypeError) as error:
        wrong_passphrase = "MAC" in str(error)
        raise SignerError("KE103" if wrong_passphrase else "KE102", path=path) from None
    return account
