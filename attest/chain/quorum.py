"""Several nodes of one network asked as one: an answer counts when enough of them give it.

Nothing above this module changes: `Quorum` is a `Node`. Lag is no contradiction: a tag such as `latest` is first
turned into the highest block that enough nodes have reached.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from statistics import median_high, median_low
from typing import Any, Final

from eth_utils.crypto import keccak

from attest import messages
from attest.chain import node
from attest.chain.node import Node
from attest.errors import ChainError, ContradictionError, RpcProtocolError, RpcRefusedError, RpcUnavailableError

GRACE_S: Final = 0.25
"""How long the others are waited for once enough nodes have told a number, or one took a transaction."""

TAGS: Final = frozenset({"latest", "safe", "finalized"})
BLOCK_AT: Final = {
    "eth_getBalance": 1, "eth_getCode": 1, "eth_getTransactionCount": 1, "eth_call": 1, "eth_getStorageAt": 2,
    "eth_getProof": 2,
}  # fmt: skip
"""Which parameter names the block that a method reads."""

_BLOCK: Final = ("number", "hash", "parentHash", "timestamp", "baseFeePerGas", "stateRoot", "transactions")
_LOG: Final = ("address", "topics", "data", "blockNumber", "blockHash", "transactionHash", "logIndex")
_FIELDS: Final = {
    "eth_getBlockByNumber": _BLOCK,
    "eth_getLogs": _LOG,
    "eth_getTransactionReceipt": (
        "transactionHash", "blockNumber", "blockHash", "status", "gasUsed", "contractAddress",
    ),
}  # fmt: skip
"""What must be equal; nodes of different makers add fields of their own."""

_NAMED: Final = 2 + 2 * 32
"""Characters of the smallest trie node that others name by its hash; a smaller one stands inside another."""


@dataclass
class _Tally:
    """What the nodes have said so far to one request.

    Attributes:
        values: By what they come down to, the answers that say it.
        declined: Refusals, and answers too large to be read: a smaller question may be answered.
        failed: Why other nodes gave no usable answer.
    """

    values: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    declined: list[ChainError] = field(default_factory=list)
    failed: list[ChainError] = field(default_factory=list)

    def count(self, outcome: Any, essence: str = "") -> None:
        """Take in an answer, or the `ChainError` that came instead."""
        if not isinstance(outcome, ChainError):
            self.values[essence].append(outcome)
        elif isinstance(outcome, RpcRefusedError) or outcome.code == "CH102":
            self.declined.append(outcome)
        else:
            self.failed.append(outcome)

    @property
    def most(self) -> list[Any]:
        """The answers given most often; empty where there are none."""
        return max(self.values.values(), key=len, default=[])

    @property
    def told(self) -> int:
        """How many nodes have said anything at all."""
        return sum(map(len, self.values.values())) + len(self.declined) + len(self.failed)


def _as_it_is(_method: str, answer: Any) -> Any:
    return answer


class Quorum:
    """Nodes of one network, of which `needed` must agree; implements `attest.chain.node.Node`.

    Args:
        needed: From 1 to the number of nodes.
        grace_s: See `GRACE_S`.
    """

    def __init__(self, nodes: Sequence[Node], needed: int, *, grace_s: float = GRACE_S) -> None:
        assert 1 <= needed <= len(nodes)
        self._nodes = nodes
        self._needed = needed
        self._grace_s = grace_s

    async def close(self) -> None:
        for asked in self._nodes:
            await asked.close()

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        """The answer that enough nodes give.

        Raises:
            ContradictionError: usable answers differ, and none was given often enough.
            RpcRefusedError: enough nodes refused, or would have been enough together with those that answered.
            RpcUnavailableError: too few nodes gave a usable answer.
        """
        match method:
            case "eth_sendRawTransaction":
                return await self._accepted(method, params)
            case "eth_getTransactionByHash":
                return await self._known(method, params)
            case "eth_estimateGas":  # of two, the one that is surely enough: what is not used is not paid
                return await self._chosen(method, params, median_high)
            case "eth_maxPriorityFeePerGas":  # of two, the cheaper: one too small is raised
                return await self._chosen(method, params, median_low)
            case "eth_getTransactionCount" if params[1] == "pending":  # one that a single node knows waits, too
                return await self._chosen(method, params, max)
            case "eth_getBlockByNumber" if params[0] in TAGS:
                return await self._agreed(method, [await self._reached(params), *params[1:]])
        place = BLOCK_AT.get(method, len(params))
        if place < len(params) and isinstance(params[place], str) and params[place] in TAGS:
            number = await self._reached([params[place], False])
            params = [*params[:place], number, *params[place + 1 :]]
        return await self._agreed(method, params)

    async def _agreed(self, method: str, params: Sequence[Any]) -> Any:
        """What enough nodes say."""
        tally = _Tally()
        read = _proof if method == "eth_getProof" else _as_it_is
        async with aclosing(self._outcomes(method, params, read)) as outcomes:
            async for outcome in outcomes:
                tally.count(outcome, "" if isinstance(outcome, ChainError) else _essence(method, outcome))
                if len(tally.most) >= self._needed:
                    return tally.most[0]
                left = len(self._nodes) - tally.told
                if max(len(tally.most), len(tally.declined)) + left < self._needed:
                    break
        raise self._lacking(method, tally)

    async def _reached(self, params: Sequence[Any]) -> str:
        """Number of the highest block that enough nodes have come to, of those a tag names."""
        return await self._chosen(
            "eth_getBlockByNumber", params, lambda told: sorted(told, reverse=True)[self._needed - 1]
        )

    async def _chosen(self, method: str, params: Sequence[Any], choose: Callable[[list[int]], int]) -> str:
        """One of the numbers that at least `needed` nodes tell, where honest nodes differ."""
        tally = _Tally()
        async with aclosing(self._outcomes(method, params, _number, grace_after=self._needed)) as outcomes:
            async for outcome in outcomes:
                tally.count(outcome)
        if len(tally.most) < self._needed:
            raise self._lacking(method, tally)
        return hex(choose(tally.most))

    async def _accepted(self, method: str, params: Sequence[Any]) -> str:
        """The hash of a transaction that one node takes; it is sent to all.

        Raises:
            RpcRefusedError: all refuse.
            ChainError: none is known to have taken it, but one of them may have.
        """
        expected = "0x" + keccak(bytes.fromhex(params[0][2:])).hex()

        def read(_method: str, answer: Any) -> Any:
            if str(answer).lower() == expected:
                return expected
            return RpcProtocolError("CH131", expected=expected, found=messages.shown(answer))

        tally = _Tally()
        async with aclosing(self._outcomes(method, params, read, grace_after=1)) as outcomes:
            async for outcome in outcomes:
                tally.count(outcome)
        if tally.most:
            return expected
        raise (tally.failed or tally.declined)[0]

    async def _known(self, method: str, params: Sequence[Any]) -> Any:
        """A transaction that any node knows of; nothing where enough nodes know of none."""
        tally = _Tally()
        async with aclosing(self._outcomes(method, params, grace_after=self._needed)) as outcomes:
            async for outcome in outcomes:
                if outcome is not None and not isinstance(outcome, ChainError):
                    return outcome
                tally.count(outcome)
        if len(tally.most) >= self._needed:
            return None
        raise self._lacking(method, tally)

    async def _outcomes(
        self,
        method: str,
        params: Sequence[Any],
        read: Callable[[str, Any], Any] = _as_it_is,
        *,
        grace_after: int | None = None,
    ) -> AsyncGenerator[Any, None]:
        """What each node answers, or the `ChainError` it fails with, as they come; who is left is not waited for.

        Args:
            read: Gets the method and an answer; gives what it says, or why it cannot be used.
            grace_after: After so many usable answers, the others have `grace_s` left; None to wait for each.
        """
        tasks = [asyncio.ensure_future(asked.request(method, params)) for asked in self._nodes]
        waiting = set(tasks)
        clock = asyncio.get_running_loop().time
        until: float | None = None
        answers = 0
        try:
            while waiting:
                left_s = None if until is None else max(0.0, until - clock())
                done, waiting = await asyncio.wait(waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    return
                for task in sorted(done, key=tasks.index):
                    error = task.exception()
                    if error is not None and not isinstance(error, ChainError):
                        raise error
                    outcome = read(method, task.result()) if error is None else error
                    answers += not isinstance(outcome, ChainError)
                    yield outcome
                if until is None and grace_after is not None and answers >= grace_after:
                    until = clock() + self._grace_s
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _lacking(self, method: str, tally: _Tally) -> ChainError:
        """Why no answer was given often enough."""
        total, needed = len(self._nodes), self._needed
        if len(tally.values) > 1 and len(tally.declined) < needed:
            counts = " : ".join(str(len(same)) for same in sorted(tally.values.values(), key=len, reverse=True))
            return ContradictionError("CH141", method=method, needed=needed, total=total, counts=counts)
        if tally.declined and len(tally.most) + len(tally.declined) >= needed:
            return tally.declined[0]
        why = (*tally.declined, *tally.failed)[-1]
        return RpcUnavailableError(
            "CH140", method=method, answered=len(tally.most), needed=needed, total=total, why=why
        )


def _number(method: str, answer: Any) -> int | ChainError:
    """The number in an answer: a block's, a count or a guess; or why there is none."""
    if method == "eth_getBlockByNumber":
        answer = answer.get("number") if isinstance(answer, dict) else None
    try:
        return node.quantity(answer, method)
    except RpcProtocolError as error:
        return error


def _proof(method: str, answer: Any) -> Any:
    """The nodes in a proof of one slot that others name by their hash, or why there are none.

    Makers differ in the small ones: some repeat those that stand inside another, or write an empty trie as one.
    """
    try:
        parts = (answer["accountProof"], answer["storageProof"][0]["proof"])
        account, storage = ([item for item in part if len(node.data(item, method)) >= _NAMED] for part in parts)
    except RpcProtocolError as error:
        return error
    except (TypeError, LookupError):
        expected = "accountProof and one storageProof"
        return RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(answer))
    return {"accountProof": account, "storageProof": [{"proof": storage}]}


def _essence(method: str, answer: Any) -> str:
    """What two nodes must agree on, as text that is equal where they do."""
    fields = _FIELDS.get(method)
    if fields and isinstance(answer, dict):
        answer = {name: answer.get(name) for name in fields}
    elif fields and isinstance(answer, list):
        answer = sorted(_essence(method, item) for item in answer)
    return json.dumps(answer, sort_keys=True).lower()
