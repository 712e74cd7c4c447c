"""From flags, environment and files to what a command works with: settings, folders, an open registry."""

import os
import sys
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attest import messages
from attest.cli.passphrase import Passphrase
from attest.errors import KeyOptionError, SettingsError, SignerError, StoreError
from attest.settings import EMBEDDED, Network, Settings, build_settings, overridden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.chain.keys import SigningKey
    from attest.chain.node import Node
    from attest.number import FilingNumber
    from attest.registry.reader import RegistryReader
    from attest.registry.sender import DryRun
    from attest.registry.signer import Signer
    from attest.registry.writer import RegistryWriter
    from attest.store.index import Index

SETTINGS_FILE: Final = "attest.toml"
LOCK_FILE: Final = "writer.lock"
NONCE_FILE: Final = "nonce.key"
JOURNAL_FILE: Final = "journal.sqlite"
INDEX_FILE: Final = "index.sqlite"
LOCK_WAIT_S: Final = 20.0
SIGNING_S: Final = 300.0  # that a person may take to approve a signature


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
        passphrase_fd: Open descriptor to read its passphrase from.
        passphrase_env: Environment variable to read it from; with neither, it is asked for at the terminal.
        signer: Address of a remote signer that holds the key instead.
        signer_env: Environment variable to read that address from.
        account: The account it is to sign for, or that a dry run is about.
        dry_run: Nothing is signed or sent; no key is opened.
    """

    keystore: Path | None = None
    passphrase_fd: int | None = None
    passphrase_env: str | None = None
    signer: str | None = None
    signer_env: str | None = None
    account: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What a change of a registry is made with; `reader` reads the newest block."""

    sender: "Signer | DryRun"
    writer: "RegistryWriter"
    reader: "RegistryReader"


@dataclass(frozen=True, slots=True)
class Context:
    """What every command needs to know.

    Attributes:
        home: Folder of the chain, the settings and the test key.
        lang: One of `messages.LANGUAGES`.
        changed: What the working folder's settings change of the home's, as `overridden` tells it.
    """

    home: Path
    lang: str
    settings: Settings
    changed: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def load(cls) -> "Context":
        """Read `FLAGS`, the environment and the settings files.

        Raises:
            SettingsError: a file or a value cannot be used.
        """
        home = FLAGS.get().home or Path(os.environ.get("ATTEST_HOME") or _user_folder())
        environment = {"default_registry": os.environ["ATTEST_REGISTRY"]} if os.environ.get("ATTEST_REGISTRY") else {}
        own, here = _read(home / SETTINGS_FILE), _read(Path(SETTINGS_FILE))
        return cls(home, language(), build_settings(own, here, environment), overridden(own, here))

    @classmethod
    def of(cls, home: Path, lang: str, *layers: Mapping[str, Any]) -> "Context":
        """A context of that home and nothing else of the machine, with stronger settings on top."""
        return cls(home, lang, build_settings(_read(home / SETTINGS_FILE), *layers))

    @asynccontextmanager
    async def node(self, network_name: str) -> "AsyncIterator[tuple[Network, Node]]":
        """A network of the settings, and its node; nothing is asked yet."""
        from attest.chain.networks import open_node

        network = self.settings.network(network_name)
        node = open_node(network, self.home)
        try:
            yield network, node
        finally:
            await node.close()

    @asynccontextmanager
    async def reader(self, registry: str | None) -> "AsyncIterator[RegistryReader]":
        """A reader of a registry, or of the default one; nothing is asked before it is used."""
        from attest.registry.reader import RegistryReader

        chosen = self.settings.registry(registry)
        async with AsyncExitStack() as stack:
            network, node = await stack.enter_async_context(self.node(chosen.network))
            records = [_StoredRecords(self, stack)] if self.has_index else []
            trust = self.settings.trust(registry)
            yield RegistryReader(node, network=network, registry=chosen, trust=trust, records=records)

    @property
    def has_index(self) -> bool:
        """Whether a registry may have been synced."""
        return self.settings.store is not None or (self.home / INDEX_FILE).is_file()

    @contextmanager
    def index(self) -> "Iterator[Index]":
        """The store of synced registries, made where there is none."""
        from attest.store.index import Index

        self.home.mkdir(parents=True, exist_ok=True)
        store = self.settings.store
        with Index(store) if store else Index.in_file(self.home / INDEX_FILE) as index:
            yield index

    @asynccontextmanager
    async def desk(
        self, registry: str | None, keys: Keys, progress: Callable[[int], None] = lambda _: None
    ) -> "AsyncIterator[Desk]":
        """A desk to change a registry at; other commands of this home that write wait until it is left.

        Args:
            progress: As of `RegistryWriter`.

        Raises:
            SettingsError: as `sender`, of the registry too.
        """
        from attest.registry.reader import RegistryReader
        from attest.registry.writer import RegistryWriter

        chosen = self.settings.registry(registry)
        self._check_unchanged("registries", self.settings.registry_name(registry))
        async with self.sender(chosen.network, keys) as (sender, node):
            newest = self.settings.network(chosen.network).model_copy(update={"finality": "latest"})
            reader = RegistryReader(node, network=newest, registry=chosen, trust=self.settings.trust(registry))
            await reader.pin()
            yield Desk(sender, RegistryWriter(sender, node, chosen.address, progress=progress), reader)

    def nonce_secret(self) -> bytes:
        """What the nonces of records that come without one are derived from; made on first use."""
        from attest.chain.keys import secret_in

        self.home.mkdir(parents=True, exist_ok=True)
        return secret_in(self.home / NONCE_FILE)

    @asynccontextmanager
    async def sender(self, network_name: str, keys: Keys) -> "AsyncIterator[tuple[Signer | DryRun, Node]]":
        """Someone to send transactions on a network, and its node.

        Raises:
            SettingsError: the network is not configured, or the working folder's settings change it.
        """
        from attest.registry.sender import DryRun
        from attest.registry.signer import Signer
        from attest.store.journal import Journal

        self._check_unchanged("networks", network_name)
        async with AsyncExitStack() as stack:
            network, node = await stack.enter_async_context(self.node(network_name))
            if keys.dry_run:
                yield DryRun(node, self._address(network_name, keys), network=network), node
                return
            key = await self._key(network_name, keys, stack)
            stack.enter_context(self._only_writer())
            journal = stack.enter_context(Journal(self.home / JOURNAL_FILE))
            yield Signer(node, key, name=network_name, network=network, journal=journal), node

    async def _key(self, network_name: str, keys: Keys, stack: AsyncExitStack) -> "SigningKey":
        from attest.chain.keys import check_keystore, embedded_key, keystore_key
        from attest.chain.remote import RemoteKey
        from attest.chain.rpc import HttpNode

        if network_name == EMBEDDED:
            return embedded_key(self.home)
        _check_one_way(keys)
        passphrase = Passphrase(keys.passphrase_fd, keys.passphrase_env)
        if keys.signer is not None or keys.signer_env is not None:
            if keys.account is None:
                raise KeyOptionError("KE108")
            remote = await stack.enter_async_context(HttpNode(_signer(keys), budget_s=SIGNING_S, tries=1))
            return RemoteKey(remote, _checksummed(keys.account), announce=_announce)
        if keys.keystore is None:
            raise KeyOptionError("KE104", network=network_name)
        check_keystore(keys.keystore)
        key = keystore_key(keys.keystore, passphrase.read(messages.text("CL012", language())))
        if keys.account is not None and _checksummed(keys.account) != key.address:
            raise KeyOptionError("KE116", expected=_checksummed(keys.account), found=key.address)
        return key

    def _check_unchanged(self, table: str, name: str) -> None:
        """Nothing is signed on the word of a folder that the command happens to run in."""
        for changed in self.changed:
            if changed[:2] == (table, name):
                raise SettingsError("SE112", field=messages.shown(".".join(changed)), path=self.home / SETTINGS_FILE)

    def _address(self, network_name: str, keys: Keys) -> str:
        from attest.chain.keys import embedded_key, keystore_address

        if keys.account is not None:
            return _checksummed(keys.account)
        if network_name == EMBEDDED:
            return embedded_key(self.home).address
        if keys.keystore is None:
            raise KeyOptionError("KE109", network=network_name)
        return keystore_address(keys.keystore)

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


class _StoredRecords:
    """Records of the store, which is opened when one is first looked for. A store that cannot be read has none."""

    def __init__(self, context: Context, stack: AsyncExitStack) -> None:
        self._context = context
        self._stack = stack
        self._index: Index | None = None

    def find(self, number: "FilingNumber", digest: bytes) -> bytes | None:
        try:
            if self._index is None:
                self._index = self._stack.enter_context(self._context.index())
            return self._index.record(number.key, digest)
        except StoreError:
            return None


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


def _checksummed(address: str) -> str:
    from attest.registry.contract import checksummed

    return checksummed(address)


def _announce(digest: str) -> None:
    """Show whoever approves signatures on a device what it should be showing."""
    print(messages.text("CL120", language(), digest=digest), file=sys.stderr)


def _signer(keys: Keys) -> str:
    """The remote signer's address, from where it was named."""
    found = keys.signer if keys.signer_env is None else os.environ.get(keys.signer_env)
    if found is None:
        raise KeyOptionError("KE115", name=messages.shown(keys.signer_env))
    return found


def _check_one_way(keys: Keys) -> None:
    """Make sure that the key is not given in two ways."""
    given = [
        f"--{way.replace('_', '-')}" for way in ("keystore", "signer", "signer_env") if getattr(keys, way) is not None
    ]
    if len(given) > 1:
        raise KeyOptionError("KE117", found=", ".join(given))
