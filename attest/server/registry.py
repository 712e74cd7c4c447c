"""The one registry that a server answers from: its nodes, and a snapshot of it that a thread keeps new."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from typing import Any, Final, Protocol

from attest.chain.node import Node
from attest.errors import AttestError, ChainError, RecordUnavailableError
from attest.number import FilingNumber
from attest.ports import Basis, Status, TrustEntry
from attest.registry.proof import FilingProof, fetch_proof
from attest.registry.reader import RegistryReader
from attest.registry.sync import Synchroniser, place_of, restored
from attest.server.snapshot import Filing, Snapshot
from attest.settings import Network, Settings
from attest.store.index import Index

AT_ONCE: Final = 8  # questions to a node; the others wait
STOP_S: Final = 2.0  # that the end of a sync is waited for


class Home(Protocol):
    """Settings and folders, as `attest.cli.context.Context` has them."""

    @property
    def settings(self) -> Settings: ...

    def node(self, network_name: str) -> AbstractAsyncContextManager[tuple[Network, Node]]:
        """A network of the settings, and its node."""
        ...

    def reader(self, registry: str | None) -> AbstractAsyncContextManager[RegistryReader]:
        """A reader of a registry."""
        ...

    def index(self) -> AbstractContextManager[Index]:
        """The store of synced registries."""
        ...


class Aside:
    """A node that computes its answers in this process, moved to a thread of its own: it holds up no other request."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chain")

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        return await self._there(lambda: asyncio.run(self._node.request(method, params)))

    async def close(self) -> None:
        await self._there(lambda: asyncio.run(self._node.close()))
        self._thread.shutdown(wait=False)

    async def _there(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class ServedRegistry:
    """Answers about one registry, from the snapshot or from its nodes.

    Args:
        node: Closed by the caller.

    Attributes:
        reader: Asks the nodes; records that the snapshot has are not asked for.
        snapshot: The newest one; None before the first sync.
        failing: Why the newest sync failed; None where it did not, or is not done yet.
    """

    def __init__(self, node: Node, network: Network, trust: TrustEntry, settings: Settings) -> None:
        self.node = Aside(node) if network.local else node
        self.network = network
        self.registry = settings.registry(trust.name)
        self.trust = trust
        self.snapshot: Snapshot | None = None
        self.failing: AttestError | None = None
        self.basis: Basis | None = None
        self.reader = RegistryReader(
            self.node, network=network, registry=self.registry, trust=trust, records=[_Records(self)]
        )
        self._turns = asyncio.Semaphore(AT_ONCE)

    def current(self) -> Snapshot | None:
        """The snapshot, unless the chain was last seen longer ago than a head may be old."""
        found = self.snapshot
        return found if found and time.monotonic() - found.read_s <= self.network.max_head_age_s else None

    async def ask(self, number: FilingNumber) -> tuple[Filing, Basis, bool]:
        """What a node says of `number` now, with its history as far as the answer's block; and whether it is pending.

        Raises:
            ChainError: no node could be relied on.
        """
        async with self._turns:
            answer = await self.reader.look_up([number])
            lookup, basis = answer.lookups[number], answer.basis
            self.basis = basis
            history, problem = None, lookup.problem
            if lookup.entry.status is not Status.NONE:
                try:
                    changes = await self.reader.history(number)
                except RecordUnavailableError as error:
                    problem = problem or error
                else:
                    history = [change for change in changes if change.event.log.block <= basis.block]
        document = lookup.record.as_json() if lookup.record else None
        return Filing(number, lookup.entry, lookup.record, document, problem, history), basis, lookup.pending

    async def prove(self, number: FilingNumber) -> tuple[FilingProof, Basis]:
        """A proof of what the registry holds under `number`, and the block it is about.

        Raises:
            ProofError, ChainError: no node gave one.
        """
        async with self._turns:
            at, basis = await self.reader.pin()
            proof = await fetch_proof(
                self.node, number, network=self.network, registry=self.registry, at=at, basis=basis
            )
        return proof, basis

    async def pinned(self) -> Basis:
        """What answers rest on now, from the snapshot or a node; errors as `RegistryReader.pin`."""
        if self.snapshot is not None:
            return self.snapshot.basis
        if self.basis is None:
            _, self.basis = await self.reader.pin()
        return self.basis


class Keeper(threading.Thread):
    """Syncs the index and swaps the snapshot, every `seconds`, on a loop of its own.

    Args:
        told: Called after each try, with the error where it failed.
        bug: Called with what no sync should raise.
    """

    def __init__(
        self,
        home: Home,
        served: ServedRegistry,
        seconds: float,
        *,
        told: Callable[[AttestError | None], None],
        bug: Callable[[Exception], None],
    ) -> None:
        super().__init__(name="sync", daemon=True)
        self._home = home
        self._served = served
        self._seconds = seconds
        self._told = told
        self._bug = bug
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._keep())

    def stop(self) -> None:
        """End what is going on; what it stored stays."""
        if self._loop is not None and self._task is not None and self.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self.join(STOP_S)

    async def _keep(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        while True:
            failing: AttestError | None = None
            try:
                async with self._home.reader(self._served.trust.name) as reader:
                    with self._home.index() as index:
                        await self._sync(reader, index)
            except AttestError as error:
                failing = error
            except Exception as error:  # noqa: BLE001 - a fault here must not end the syncs, nor look like their success
                self._bug(error)
                failing = ChainError("SV192", what=type(error).__name__)
            self._served.failing = failing
            self._told(failing)
            await asyncio.sleep(self._seconds)

    async def _sync(self, reader: RegistryReader, index: Index) -> None:
        begun = time.monotonic()
        synced = await Synchroniser(reader, index).run()
        place = place_of(synced.basis)
        before = self._served.snapshot
        if before and not synced.changes and synced.rolled_back is None and place_of(before.basis) == place:
            self._served.snapshot = before.at(synced.basis, read_s=begun)
            return
        points, rows = index.copy(place)
        restored(index, place, rows, points[0] if points else None)
        self._served.snapshot = Snapshot.build(synced.basis, rows, read_s=begun, before=before)


class _Records:
    """Records of the snapshot, for the reader that asks the node for the rest."""

    def __init__(self, served: ServedRegistry) -> None:
        self._served = served

    def find(self, number: FilingNumber, digest: bytes) -> bytes | None:
        return self._served.snapshot.find(number, digest) if self._served.snapshot else None
