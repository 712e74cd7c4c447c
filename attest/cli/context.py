"""From flags, environment and files to what a command works with: settings, folders, an open registry."""

import os
import tomllib
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attest import messages
from attest.errors import SettingsError, SignerError
from attest.settings import EMBEDDED, Settings, build_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eth_account.signers.local import LocalAccount

    from attest.chain.node import Node
    from attest.registry.reader import RegistryReader
    from attest.registry.writer import RegistryWriter, Signer

SETTINGS_FILE: Final = "attest.toml"
LOCK_FILE: Final = "writer.lock"
LOCK_WAIT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says before the command."""

    home: Path | None = None
    lang: str | None = None


_NO_FLAGS: Final = Flags()
FLAGS: Final = ContextVar("FLAGS", default=_NO_FLAGS)
"""Of the command that runs, or ran last: its errors are told in its language too."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How the user gives the key of a JSON-RPC network.

    Attributes:
        keystore: Encrypted keystore file, or None.
        passphrase_fd: Open descriptor to read its passphrase from; None to ask at the terminal.
    """

    keystore: Path | None = None
    passphrase_fd: int | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What every command needs to know.

    Attributes:
        home: Folder of the chain, the settings and the test key.
        lang: One of `messages.LANGUAGES`.
    """

    home: Path
    lang: str
    settings: Settings

    @classmethod
    def load(cls) -> "Context":
        """Read `FLAGS`, the environment and the settings files.

        Raises:
            SettingsError: a file or a value cannot be used.
        """
        home = FLAGS.get().home or Path(os.environ.get("ATTEST_HOME") or _user_folder())
        environment = {"default_registry": os.environ["ATTEST_REGISTRY"]} if os.environ.get("ATTEST_REGISTRY") else {}
        layers = [_read(home / SETTINGS_FILE), _read(Path(SETTINGS_FILE)), environment]
        return cls(home, language(), build_settings(*layers))

    @classmethod
    def of(cls, home: Path, lang: str, *layers: Mapping[str, Any]) -> "Context":
        """A context of that home and nothing else of the machine, with stronger settings on top."""
        return cls(home, lang, build_settings(_read(home / SETTINGS_FILE), *layers))

    @asynccontextmanager
    async def reader(self, registry: str | None) -> "AsyncIterator[RegistryReader]":
        """A reader of a registry, or of the default one; nothing is asked before it is used."""
        from attest.chain.networks import open_node
        from attest.registry.reader import RegistryReader

        chosen = self.settings.registry(registry)
        network = self.settings.network(chosen.network)
        node = open_node(network, self.home)
        try:
            yield RegistryReader(node, network=network, registry=chosen, trust=self.settings.trust(registry))
        finally:
            await node.close()

    @asynccontextmanager
    async def writer(self, registry: str | None, keys: Keys) -> "AsyncIterator[tuple[RegistryWriter, RegistryReader]]":
        """A writer and a reader of the newest block; other commands of this home that write wait until it is done."""
        from attest.registry.reader import RegistryReader
        from attest.registry.writer import RegistryWriter

        chosen = self.settings.registry(registry)
        async with self.signer(chosen.network, keys) as (signer, node):
            newest = self.settings.network(chosen.network).model_copy(update={"finality": "latest"})
            reader = RegistryReader(node, network=newest, registry=chosen, trust=self.settings.trust(registry))
            await reader.pin()
            yield RegistryWriter(signer, node, chosen.address), reader

    @asynccontextmanager
    async def signer(self, network_name: str, keys: Keys) -> "AsyncIterator[tuple[Signer, Node]]":
        """Someone to sign on a network, and its node."""
        from attest.chain.networks import open_node
        from attest.registry.writer import Signer

        network = self.settings.network(network_name)
        account = self._account(network_name, keys)
        node = open_node(network, self.home)
        try:
            with self._only_writer():
                yield Signer(node, account, name=network_name, network=network), node
        finally:
            await node.close()

    def _account(self, network_name: str, keys: Keys) -> "LocalAccount":
        from attest.chain.keys import embedded_account, keystore_account

        if network_name == EMBEDDED:
            return embedded_account(self.home)
        if keys.keystore is None:
            raise SignerError("KE104", network=network_name)
        return keystore_account(keys.keystore, _passphrase(keys))

    @contextmanager
    def _only_writer(self) -> "Iterator[None]":
        from filelock import FileLock, Timeout

        path = self.home / LOCK_FILE
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with FileLock(path, timeout=LOCK_WAIT_S):
                yield
        except Timeout as error:
            raise SignerError("RG114", path=path, seconds=int(LOCK_WAIT_S)) from error


def today() -> date:
    """The day in China."""
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def language() -> str:
    """The language to speak: `--lang`, `ATTEST_LANG`, or the locale's."""
    names = ("ATTEST_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    wanted = FLAGS.get().lang or next((os.environ[name] for name in names if os.environ.get(name)), "en")
    return messages.language(wanted)


def _user_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("attest")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError("SE108", path=path, why=error) from error


def _passphrase(keys: Keys) -> str:
    if keys.passphrase_fd is None:
        return _asked()
    try:
        with os.fdopen(keys.passphrase_fd, encoding="utf-8", closefd=False) as file:
            return file.readline().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise SignerError("KE105", found=keys.passphrase_fd) from error


def _asked() -> str:
    """The passphrase from the terminal, not shown while it is typed."""
    from getpass import GetPassWarning, getpass

    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(messages.text("CL012", language()) + " ")
        except (EOFError, GetPassWarning) as error:
            raise SignerError("KE106") from error
