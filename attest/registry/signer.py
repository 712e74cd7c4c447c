"""Carrying out an account's calls: sign, journal, send, follow until mined, follow until final.

Nothing is sent that is not in the journal first, and what an interrupted run left there is finished before anything
new is signed. Every attempt at one call has one nonce, so at most one of them can ever be mined.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from attest import messages
from attest.chain import fees, networks, node, transactions
from attest.chain.keys import SigningKey
from attest.chain.node import Node, Receipt
from attest.chain.transactions import Transaction
from attest.errors import (
    FeeCapError,
    JournalError,
    RegistryRefusedError,
    RpcProtocolError,
    RpcRefusedError,
    RpcUnavailableError,
)
from attest.registry import contract
from attest.registry.sender import cap, estimate, quote, with_reserve
from attest.settings import Network
from attest.store.journal import Journal, Operation, State, chain_key, transaction_hash

WAIT_S: Final = 120.0
BUMP_S: Final = 45.0  # without being mined, before the fees are raised
MAX_BUMPS: Final = 3
REPEAT_S: Final = 10.0  # between looks whether the node still knows a transaction
FIRST_POLL_S: Final = 0.02  # doubled after each look, up to POLL_S
POLL_S: Final = 0.5
MAX_TURNS: Final = 5  # of signing one call anew because others used its nonce


@dataclass(frozen=True, slots=True)
class Settled:
    """How an unfinished operation of the journal ended.

    Attributes:
        receipt: None where it was displaced or refused.
        interrupted: It was not seen in a block before: nobody was told of it yet.
    """

    operation: Operation
    receipt: Receipt | None
    interrupted: bool


class Signer:
    """Sends transactions that `key` signs; implements `Sender`.

    Args:
        asked: A node of the network. It is checked before anything is signed.
        name: The network's name, for messages.
        journal: Of this account and network; no other process may use it meanwhile.
        wait_s: How long one transaction is followed before the command gives up; the journal does not.
        bump_s: How long one waits in the pool before its fees are raised.
        step: Told the name of each step just after it was taken.

    Attributes:
        unfinal: Something was mined in a block that was not final yet.
    """

    def __init__(
        self,
        asked: Node,
        key: SigningKey,
        *,
        name: str,
        network: Network,
        journal: Journal,
        wait_s: float = WAIT_S,
        bump_s: float = BUMP_S,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._node = asked
        self._key = key
        self._name = name
        self._network = network
        self._journal = journal
        self._wait_s = wait_s
        self._bump_s = bump_s
        self._step = step
        self._interrupted: list[Settled] | None = None
        self.unfinal = False

    @property
    def address(self) -> str:
        return self._key.address

    async def estimate(self, to: str | None, data: bytes) -> int:
        return await estimate(self._node, self.address, to, data)

    async def send(self, to: str | None, data: bytes, gas: int | None = None) -> Receipt:
        """Sign a call, journal it, send it, and wait until it is mined.

        Where an interrupted run signed this very call and it has been carried out since, that is the answer.

        Raises:
            RegistryRefusedError: the contract reverted; nothing was changed.
            RpcUnavailableError: not mined in time; it may be mined later, and is followed by the next command.
            FeeCapError, JournalError, SignerError: nothing was sent.
            ChainError: the node gave no usable answer.
        """
        await self.resume()
        receipt = self._taken_over(to, data)
        for _ in range(MAX_TURNS):
            if receipt is not None:
                break
            expected = await self.estimate(to, data) if gas is None else gas
            operation = await self._begin(to, data, with_reserve(expected))
            receipt = await self._carry(operation)
            gas = None
        if receipt is None:
            raise RpcUnavailableError("JR106", account=self.address, times=MAX_TURNS)
        if not receipt.succeeded:
            raise RegistryRefusedError("RG198", transaction=receipt.transaction, block=receipt.block)
        return receipt

    async def resume(self) -> list[Operation]:
        """Finish what the journal holds unfinished, once; and return how each of it ended that nobody was told of."""
        if self._interrupted is None:
            self._interrupted = [done for done in await self.settle() if done.interrupted]
            return [done.operation for done in self._interrupted]
        return []

    async def settle(self) -> list[Settled]:
        """Bring everything that is not final one step further, in the order of nonces: send again what no block holds.

        Raises:
            RpcRefusedError: no node takes one that others build on; it stays unfinished.
            RpcUnavailableError: one is not mined in time.
        """
        settled = []
        chain, mined = await self._chain(), await self._nonce("latest")
        for operation in self._journal.unsettled(chain, self.address, mined):
            receipt = None
            try:
                receipt = await self._carry(operation)
            except RpcRefusedError:
                if self._journal.read(operation.id).state is not State.REFUSED:
                    raise
            interrupted = operation.state is State.SIGNED
            settled.append(Settled(self._journal.read(operation.id), receipt, interrupted))
        return settled

    async def done_before(self, to: str | None, data: bytes) -> Receipt | None:
        """What came of the newest transaction of the journal that made this very call and stands in the chain.

        Ask it after `resume`, before a call that must not be made twice.
        """
        chain = await self._chain()
        for operation in reversed(self._journal.operations()):
            if (operation.chain, operation.account) == (chain, self.address) and _is_call(operation, to, data):
                receipt = await self._receipt(operation)
                if receipt and receipt.succeeded:
                    return receipt
        return None

    def _taken_over(self, to: str | None, data: bytes) -> Receipt | None:
        for done in self._interrupted or []:
            if done.receipt and done.receipt.succeeded and _is_call(done.operation, to, data):
                assert self._interrupted is not None
                self._interrupted.remove(done)
                return done.receipt
        return None

    async def _chain(self) -> str:
        return chain_key(*await networks.check_chain(self._node, self._name, self._network))

    async def _begin(self, to: str | None, data: bytes, gas: int) -> Operation:
        """Sign a call and write it down."""
        chain = await self._chain()
        _, quoted = await quote(self._node, gas, self._network)
        transaction = Transaction(
            chain_id=int(chain.partition(":")[0]),
            nonce=await self._next_nonce(chain),
            gas=gas,
            fees=quoted,
            to=contract.checksummed(to) if to else None,
            value=0,
            data=data,
        )
        self._step("prepared")
        raw = await self._key.sign(transaction)
        self._step("signed")
        operation = self._journal.begin(chain, self.address, transaction.nonce, raw)
        self._step("journalled")
        return operation

    async def _next_nonce(self, chain: str) -> int:
        """The journal's own count, or the chain's where that is ahead.

        Raises:
            JournalError: transactions wait in the pool that this journal knows nothing of.
        """
        ours = max(await self._nonce("latest"), self._journal.next_nonce(chain, self.address))
        waiting = await self._nonce("pending") - ours
        if waiting > 0:
            raise JournalError("JR105", account=self.address, count=waiting)
        return ours

    async def _nonce(self, where: str | dict[str, str]) -> int:
        method = "eth_getTransactionCount"
        return node.quantity(await self._node.request(method, [self.address, where]), method)

    async def _carry(self, operation: Operation) -> Receipt | None:
        """Send an operation, and again where needed, until it is mined; None where its nonce was used by another.

        Raises:
            RpcRefusedError: no node takes it.
            RpcUnavailableError: not mined in time.
        """
        clock = asyncio.get_running_loop().time
        until, bump_at, repeat_at = clock() + self._wait_s, clock() + self._bump_s, clock() + REPEAT_S
        pushed, overtaken, bumps, pause_s = False, False, 0, FIRST_POLL_S
        while True:
            problem: Exception | None = None
            try:
                if receipt := await self._receipt(operation):
                    return await self._mined(operation, receipt)
                before, overtaken = overtaken, await self._is_overtaken(operation)
                if before and overtaken:
                    return await self._displaced(operation)
            except (RpcUnavailableError, RpcRefusedError) as error:
                problem = error
            if overtaken:
                pause_s = POLL_S  # a node may be between two blocks: look again
            elif problem is None and not pushed:
                await self._push(operation)
                pushed = True
                continue
            if clock() > until:
                waited = int(self._wait_s)
                raise RpcUnavailableError("CH130", transaction=operation.hashes[0], seconds=waited) from problem
            if problem is None and clock() > bump_at and bumps < MAX_BUMPS:
                operation, bumps, bump_at = await self._bump(operation), bumps + 1, clock() + self._bump_s
            elif problem is None and clock() > repeat_at:
                await self._repeat(operation)
                repeat_at = clock() + REPEAT_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, POLL_S)

    async def _receipt(self, operation: Operation) -> Receipt | None:
        for attempt in operation.hashes:
            if receipt := await node.receipt(self._node, attempt):
                return receipt
        return None

    async def _mined(self, operation: Operation, receipt: Receipt) -> Receipt:
        self._step("seen")
        state = State.REVERTED
        if receipt.succeeded:
            final = await node.head(self._node, self._network.finality)
            settled = receipt.block <= final.number and await self._hash(receipt.block) == receipt.block_hash
            state = State.FINAL if settled else State.MINED
            self.unfinal |= not settled
        self._journal.mark(operation, state, receipt.block, receipt.block_hash)
        self._step("marked")
        return receipt

    async def _hash(self, block: int) -> str:
        return (await node.block(self._node, block)).hash

    async def _is_overtaken(self, operation: Operation) -> bool:
        """Whether a final block holds another transaction of the account with this nonce: only that excludes ours.

        A missing receipt proves nothing, as receipts may come late or be thrown away. So the block is looked for in
        which the nonce was used, and its transactions are.
        """
        final = await node.head(self._node, self._network.finality)
        if await self._nonce({"blockHash": final.hash}) <= operation.nonce:
            return False
        unused, used = final.number, 0
        while unused and await self._nonce(hex(unused)) > operation.nonce:
            used, unused = unused, max(0, unused - 2 * (final.number - unused) - 1)
        if not used:
            return False
        while used - unused > 1:
            middle = (unused + used) // 2
            if await self._nonce(hex(middle)) > operation.nonce:
                used = middle
            else:
                unused = middle
        method = "eth_getBlockByNumber"
        block = await self._node.request(method, [hex(used), False])
        held = block.get("transactions") if isinstance(block, dict) else None
        if not isinstance(held, list):
            raise RpcProtocolError("CH104", method=method, expected="transactions", found=messages.shown(block))
        return not {node.data(transaction, method, 32) for transaction in held} & set(operation.hashes)

    async def _displaced(self, operation: Operation) -> Receipt | None:
        """Note that the nonce is used; what came of the call if an earlier attempt at it, that seemed lost, used it."""
        self._journal.mark(operation, State.DISPLACED)
        self._step("displaced")
        call = transactions.decode(operation.attempts[0])
        for rival in self._journal.rivals(operation):
            if receipt := await self._receipt(rival):
                await self._mined(rival, receipt)
                return receipt if _is_call(rival, call.to, call.data) else None
        return None

    async def _push(self, operation: Operation) -> None:
        """Send the newest attempt. A problem counts only if the node knows none of the attempts and the nonce is free.

        A refusal frees the nonce of what was never seen in a block and has nothing signed behind it.

        Raises:
            RpcRefusedError: refused; nothing was sent.
            RpcUnavailableError: no answer; it may have been sent.
            RpcProtocolError: accepted under another hash.
        """
        raw, method = operation.attempts[-1], "eth_sendRawTransaction"
        try:
            found = node.data(await self._node.request(method, ["0x" + raw.hex()]), method, 32)
        except (RpcRefusedError, RpcUnavailableError) as problem:
            if await self._known(operation):
                return
            if isinstance(problem, RpcRefusedError) and self._journal.is_last(operation):
                self._journal.mark(operation, State.REFUSED)
                self._step("refused")
            raise
        self._step("sent")
        expected = transaction_hash(raw)
        if found != expected:
            raise RpcProtocolError("CH131", expected=expected, found=found)

    async def _repeat(self, operation: Operation) -> None:
        """Send the newest attempt once more, where the pool has dropped it."""
        try:
            if not await self._known(operation):
                await self._node.request("eth_sendRawTransaction", ["0x" + operation.attempts[-1].hex()])
        except (RpcUnavailableError, RpcRefusedError):
            return  # it stays in the journal, and is sent again later

    async def _known(self, operation: Operation) -> bool:
        for attempt in operation.hashes:
            if await self._node.request("eth_getTransactionByHash", [attempt]) is not None:
                return True
        return await self._nonce("latest") > operation.nonce

    async def _bump(self, operation: Operation) -> Operation:
        """Replace the waiting attempt by one at higher fees, if the cap allows."""
        waiting = transactions.decode(operation.attempts[-1])
        try:
            _, now = await quote(self._node, waiting.gas, self._network)
            raised = fees.bump(waiting.fees, now, waiting.gas, cap(self._network))
            if raised is None:
                return operation
            raw = await self._key.sign(replace(waiting, fees=raised))
            operation = self._journal.bump(operation, raw)
            self._step("bumped")
            await self._node.request("eth_sendRawTransaction", ["0x" + raw.hex()])
        except (FeeCapError, RpcUnavailableError, RpcRefusedError):
            return operation
        return operation


def _is_call(operation: Operation, to: str | None, data: bytes) -> bool:
    found = transactions.decode(operation.attempts[0])
    return (found.to, found.data) == (contract.checksummed(to) if to else None, data)
