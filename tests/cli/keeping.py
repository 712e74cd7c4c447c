"""Where a registry is kept in these tests, and the options that a command which writes needs there."""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount

from attest.chain.rpc import HttpNode
from tests.chain.anvil import Anvil, rich_account
from tests.cli.command import Said, attest

PASSPHRASE: Final = "示例口令 with spaces"


@dataclass(frozen=True)
class Keeping:
    """A home, and who writes in its name.

    Attributes:
        keystore: None where the embedded chain's own test key signs.
    """

    home: Path
    network: str = "embedded"
    keystore: Path | None = None

    def read(self, *arguments: object, lang: str = "en") -> Said:
        return attest("registry", *arguments, home=self.home, lang=lang)

    def write(self, *arguments: object, passphrase: str = PASSPHRASE, lang: str = "en") -> Said:
        """A command that signs; the keystore's passphrase comes through a pipe."""
        if self.keystore is None:
            return self.read(*arguments, lang=lang)
        with piped(passphrase) as descriptor:
            return self.read(*arguments, "--keystore", self.keystore, "--passphrase-fd", descriptor, lang=lang)

    def init(self, *more: object) -> Said:
        """Create a registry whose signer may do everything."""
        made = self.write("init", "--network", self.network, *more)
        if made.code == 0 and self.keystore is not None:
            assert all(self.write("role", "grant", role, self.address).code == 0 for role in ROLES)
        return made

    @property
    def address(self) -> str:
        assert self.keystore is not None
        return "0x" + json.loads(self.keystore.read_text())["address"]

    def file(self, name: str, text: str) -> Path:
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return path


ROLES: Final[Sequence[str]] = ("registrar", "INSPECTOR", "Corrector")


def on_anvil(anvil: Anvil, home: Path) -> Keeping:
    """A home whose settings name the node, and a keystore whose account has money there."""

    async def account() -> LocalAccount:
        async with HttpNode(anvil.url) as node:
            return await rich_account(node)

    home.mkdir(exist_ok=True)
    (home / "attest.toml").write_text(
        f'# our node\n[networks.ours]\nrpc = "{anvil.url}"\nchain_id = {anvil.chain_id}\nfinality = "latest"\n'
    )
    keystore = home / "keystore.json"
    sealed = Account.encrypt(asyncio.run(account()).key, PASSPHRASE, kdf="pbkdf2", iterations=1000)
    keystore.write_text(json.dumps(sealed))
    return Keeping(home, "ours", keystore)


@contextmanager
def piped(text: str) -> Iterator[int]:
    """A descriptor that says `text`."""
    reading, writing = os.pipe()
    os.write(writing, text.encode() + b"\n")
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)
