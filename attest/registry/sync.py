"""Copying a registry's events into the local store, each change replayed, so that nothing is missing unnoticed.

A copy is pinned to one head: the registry's own running hash there must be the replay's. Each range of blocks is
stored together with the block it ends in, so an interrupted sync goes on where it stopped, and one whose chain was
reorganised goes on from the newest stored block that the chain still has. The running hash covers number, digest,
block, status, kind and reason of every change; transaction hashes and times are the node's word.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from attest.chain.node import Block
from attest.errors import (
    ChainError,
    RecordUnavailableError,
    ReorgedError,
    ReplayError,
    RpcProtocolError,
    RpcRefusedError,
)
from attest.number import FilingNumber
from attest.ports import Basis, Entry, Status
from attest.registry.contract import Event, Head
from attest.registry.reader import RegistryReader
from attest.registry.replay import Kind, Replay, Step
from attest.store.index import Index, Place, Point, Row

FIRST_RANGE: Final = 500  # blocks; the least that a provider allows
MAX_RANGE: Final = 10_000
MAX_PASSES: Final = 4  # begun because the chain was reorganised under the one before
AT_ONCE: Final = 16  # headers asked for

Told = Callable[[int, int, int], None]
"""Gets the last block stored, the one to reach, and the filings so far."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync came to.

    Attributes:
        basis: The head it is pinned to.
        head: The registry there.
        changes: How many were stored anew.
        rolled_back: Block that the store was taken back to, as the chain up to the head has not what came after; 0
            where it has none of it, None where it has all.
    """

    basis: Basis
    head: Head
    changes: int
    rolled_back: int | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """All changes of one number up to `block`, oldest first, as the store has them."""

    block: int
    rows: list[Row]


class Synchroniser:
    """Keeps the store's copy of one registry.

    Args:
        told: Called after each range.
        first_range: Blocks asked for at first.
    """

    def __init__(
        self,
        reader: RegistryReader,
        index: Index,
        *,
        told: Told = lambda _done, _target, _filings: None,
        first_range: int = FIRST_RANGE,
    ) -> None:
        self._reader = reader
        self._index = index
        self._told = told
        self._first_range = first_range
        self._changes = 0
        self._rolled_back: int | None = None

    async def run(self) -> Synced:
        """Bring the copy up to the head that the network's finality rule gives now.

        Raises:
            ReplayError: the node's events do not lead to the registry's state; what is not sure was forgotten.
            ReorgedError: the chain was reorganised again and again.
            StoreError: see `Index`.
            ChainError: the node gave no usable answer; what was stored stays.
        """
        self._changes, self._rolled_back = 0, None
        for left in reversed(range(MAX_PASSES)):
            at, basis = await self._reader.pin()
            try:
                head = await self._copy(place_of(basis), at)
            except ChainError as error:
                if not await self._was_replaced(at):
                    raise
                if not left:
                    raise ReorgedError("RG130", block=at.number) from error
            else:
                return Synced(basis, head, self._changes, self._rolled_back)
        raise AssertionError("the last pass returns or raises")

    async def _copy(self, place: Place, at: Block) -> Head:
        point, replay = await self._resumed(place, at)
        first = point.block + 1 if point else await self._reader.deployed_at(at)
        try:
            async with aclosing(ranges(self._reader.events, first, at.number, self._first_range)) as found:
                async for last, events in found:
                    point = await self._store(place, replay, events, at if last == at.number else last, point)
                    self._told(last, at.number, point.filings)
            head = await self._reader.head(at)
            if head != replay.head:
                raise ReplayError("RG156", block=at.number, expected=head.changed_at, found=replay.head.changed_at)
        except ReplayError:
            self._forget(place, replay.head.changed_at)
            raise
        if point and not point.proven:
            self._index.prove(place, point)
        return head

    async def _resumed(self, place: Place, at: Block) -> tuple[Point | None, Replay]:
        """The newest stored point that the chain still has up to `at`, and the replay as it stood there.

        What came after it is forgotten.
        """
        points, rows = self._index.copy(place)
        for point in points:
            if point.block <= at.number and (await self._reader.block(point.block)).hash == point.hash:
                break
        else:
            point = None
        if points and point != points[0]:
            self._index.roll_back(place, point)
            self._rolled_back = point.block if point else 0
            rows = [row for row in rows if point and row.block <= point.block]
        return point, restored(self._index, place, rows, point)

    async def _store(
        self, place: Place, replay: Replay, events: Sequence[Event], last: int | Block, before: Point | None
    ) -> Point:
        """Replay the events of one range, and store what they changed with the block that the range ends in."""
        steps = replay.follow(events)
        times = await self._times(events)
        end = await self._reader.block(last) if isinstance(last, int) else last
        head = replay.head
        point = Point(end.number, end.hash, head.filings, head.changed_at, head.history, proven=False)
        self._index.append(place, [_row(step, times[step.block]) for step in steps], point, after=before)
        self._changes += len(steps)
        return point

    async def _times(self, events: Sequence[Event]) -> dict[int, int]:
        """Timestamp of each block that has events, which must be the chain's.

        Raises:
            ReorgedError: an event is of another block than the chain has.
        """
        hashes = {event.log.block: event.log.block_hash for event in events}
        numbers = list(hashes)
        times = {}
        for start in range(0, len(numbers), AT_ONCE):
            asked = [self._reader.block(number) for number in numbers[start : start + AT_ONCE]]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            for header in answers:
                if isinstance(header, BaseException):
                    raise header
                times[header.number] = header.timestamp
                hashes[header.number] = header.hash
        if wrong := next((event for event in events if event.log.block_hash != hashes[event.log.block]), None):
            raise ReorgedError("RG130", block=wrong.log.block)
        return times

    def _forget(self, place: Place, sure: int) -> None:
        """Go back to a point that is proven, or not after block `sure`, up to where checkpoints confirm the replay."""
        points = self._index.points(place)
        self._index.roll_back(place, next((point for point in points if point.proven or point.block <= sure), None))

    async def _was_replaced(self, at: Block) -> bool:
        """Whether the pinned head is no longer the chain's; a node that does not tell is no sign of it."""
        try:
            await self._reader.check_canonical(at)
        except ReorgedError:
            return True
        except ChainError:
            return False
        return False


async def ranges(
    ask: Callable[[int, int], Awaitable[list[Event]]], first: int, last: int, size: int = FIRST_RANGE
) -> AsyncGenerator[tuple[int, list[Event]], None]:
    """The events of blocks `first` to `last`, range by range without a gap: each range's last block and its events.

    A range that is refused, or whose answer is too large, is halved; after an answer, ranges grow slowly.

    Raises:
        ChainError: refused for a single block; or the node gave no usable answer.
    """
    while first <= last:
        end = min(first + size - 1, last)
        try:
            events = await ask(first, end)
        except (RpcRefusedError, RpcProtocolError) as error:
            if isinstance(error, RpcProtocolError) and error.code != "CH102":
                raise
            if end == first:
                raise ChainError("RG131", block=first, why=error) from error
            size = (end - first + 1) // 2
            continue
        yield end, events
        first = end + 1
        size = min(MAX_RANGE, size + max(1, size // 4))


async def replayed_history(reader: RegistryReader, index: Index, number: FilingNumber) -> Replayed | None:
    """All changes of `number` from a copy whose running hash was seen to be the registry's.

    None where the copy does not reach the last change of the number, or the chain does not have it any more.

    Raises:
        StoreError: the copy is damaged.
        RecordUnavailableError: the copy and the node contradict each other.
        ChainError: the node gave no usable answer.
    """
    at, basis = await reader.pin()
    place = place_of(basis)
    points, rows = index.copy(place)
    proven = next((point for point in points if point.proven and point.block <= at.number), None)
    if proven is None or (await reader.block(proven.block)).hash != proven.hash:
        return None
    entry = (await reader.entries([number], at))[number]
    if entry.changed_at > proven.block:
        return None
    restored(index, place, rows, points[0])
    changes = [row for row in rows if row.number == number.key and row.block <= proven.block]
    told = Entry(changes[-1].digest, changes[-1].block, Status(changes[-1].status)) if changes else None
    if told != (entry if entry.changed_at else None):
        raise RecordUnavailableError("RG125", number=number.text)
    await reader.check_canonical(at)
    return Replayed(proven.block, changes)


def restored(index: Index, place: Place, rows: Sequence[Row], point: Point | None) -> Replay:
    """The replay as it stood at the newest stored point, from all stored changes.

    Raises:
        StoreError: they do not lead there any more.
    """
    replay = Replay.start(place.chain_id, place.address)
    expected = Head(point.filings, point.changed_at, point.history) if point else replay.head
    try:
        replay.repeat([_step(row) for row in rows])
    except ReplayError as error:
        raise index.damaged(error) from error
    if replay.head != expected:
        raise index.damaged(f"block {replay.head.changed_at}")
    return replay


def place_of(basis: Basis) -> Place:
    """The registry that an answer rests on, as the store names it."""
    return Place(basis.chain_id, basis.genesis, basis.contract)


def _row(step: Step, time: int) -> Row:
    return Row(
        block=step.block,
        log_index=step.index,
        number=step.number,
        kind=int(step.kind),
        status=int(step.status),
        digest=step.digest,
        reason=step.reason,
        previous=step.previous,
        record=step.record,
        transaction=step.transaction,
        time=time,
    )


def _step(row: Row) -> Step:
    return Step(
        block=row.block,
        index=row.log_index,
        number=row.number,
        kind=Kind(row.kind),
        status=Status(row.status),
        digest=row.digest,
        reason=row.reason,
        previous=row.previous,
        record=row.record,
        transaction=row.transaction,
    )
