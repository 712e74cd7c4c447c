"""A registry on a chain in memory, driven by its ABI alone: real transactions in real blocks, by py-evm's Prague.

Nothing of `attest.registry` is used here, so that these tests and that package check each other.
"""

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from eth.abc import ComputationAPI, SignedTransactionAPI
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode, encode
from eth_keys.datatypes import PrivateKey
from eth_typing import Address, BlockNumber
from eth_utils.abi import (
    abi_to_signature,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
)
from eth_utils.crypto import keccak

ROOT: Final = Path(__file__).parents[2]
ARTIFACT: Final = json.loads((ROOT / "attest/registry/abi/FilingRegistry.json").read_text(encoding="utf-8"))
GAS_LIMIT: Final = 60_000_000  # of a block
DELAY_S: Final = 86_400
GRANTED: Final = ("REGISTRAR", "INSPECTOR", "CORRECTOR")
WHO: Final = (*GRANTED, "ADMIN", "NOBODY")
"""Accounts of the tests, named by the one role each holds."""


class Status(IntEnum):
    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    CANCELLED = 3
    REVOKED = 4
    VOID = 5


class Kind(IntEnum):
    REGISTERED = 1
    AMENDED = 2
    REOPENED = 3
    STATUS_CHANGED = 4


KEYS: Final = {who: PrivateKey(keccak(text=who)) for who in WHO}
ADDRESSES: Final = {who: Address(key.public_key.to_canonical_address()) for who, key in KEYS.items()}
ADDRESSES["ZERO"] = Address(bytes(20))


def key(serial: int) -> bytes:
    """A number's key; its check character is always 0, which is none of the contract's business."""
    return f"11010826{serial:08}0010".encode().ljust(32, b"\0")


def role(name: str) -> bytes:
    return keccak(text=name)


def digest(record: bytes) -> bytes:
    return sha256(record).digest()[:26]


def word(record_digest: bytes, changed_at: int, status: Status) -> bytes:
    """An entry's storage slot: status, block, digest, from the high end."""
    return bytes([status]) + changed_at.to_bytes(5, "big") + record_digest


def first_history(chain_id: int, address: bytes) -> bytes:
    """The running hash before any change."""
    return keccak(encode(["string", "uint256", "address"], ["FilingRegistry/1", chain_id, address]))


def next_history(history: bytes, number: bytes, slot: bytes, kind: int, reason: int) -> bytes:
    """The running hash after one change that left `slot` under `number`."""
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint8", "uint16"], [history, number, slot, kind, reason]))


def unauthorised(by: str, needed: str) -> tuple[str, str, bytes]:
    """The error of a caller without the role `needed`."""
    return "AccessControlUnauthorizedAccount", "0x" + ADDRESSES[by].hex(), role(needed)


class RefusedError(Exception):
    """The contract reverted: name of the error, then its arguments."""


@dataclass(frozen=True)
class Event:
    name: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Receipt:
    block: int
    gas_used: int
    events: list[Event]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [event.fields for event in self.events if event.name == name]


@dataclass(frozen=True)
class Call:
    """One transaction to the registry."""

    function: str
    arguments: tuple[Any, ...]
    by: str


@dataclass
class Bench:
    """A registry at `address`. Every `send` is one block; `block` puts several transactions into one."""

    store: dict[bytes, bytes]
    chain_id: int
    address: Address = field(default=Address(b""))

    @classmethod
    def start(cls, chain_id: int = 31337) -> "Bench":
        """An empty chain; no gas price, so that nobody needs a balance."""
        bench = cls({}, chain_id)
        params: Any = {"difficulty": 0, "gas_limit": GAS_LIMIT, "base_fee_per_gas": 0, "timestamp": 1_700_000_000}
        bench._chain_class().from_genesis(AtomicDB(MemoryDB(bench.store)), params, {})
        return bench

    def copy(self) -> "Bench":
        """The same chain at the same block, to be continued differently."""
        other = copy(self)
        other.store = dict(self.store)
        return other

    def deploy(self, name: str = "test", admin: str = "ADMIN", delay_s: int = DELAY_S) -> Receipt:
        """A new registry; this bench is about it from now on."""
        types = get_abi_input_types(_item("constructor", None))
        code = bytes.fromhex(ARTIFACT["bytecode"][2:]) + encode(types, [name, ADDRESSES[admin], delay_s])
        receipt, computation = self._mine([self._signed("ADMIN", Address(b""), code, 0)])[0]
        self.address = computation.msg.storage_address
        return receipt

    def grant_all(self) -> "Bench":
        """Give each account of `GRANTED` the role it is named by."""
        for name in GRANTED:
            self.grant(name, name)
        return self

    def grant(self, name: str, to: str) -> None:
        self.send("grantRole", role(name), ADDRESSES[to], by="ADMIN")

    def send(self, function: str, *arguments: Any, by: str) -> Receipt:
        """Mine one call in a block of its own.

        Raises:
            RefusedError: it reverted.
        """
        return self.block(Call(function, arguments, by))[0]

    def block(self, *calls: Call) -> list[Receipt]:
        """Mine several calls in one block, in their order.

        Raises:
            RefusedError: one of them reverted.
        """
        before: dict[str, int] = {}
        transactions = []
        for call in calls:
            data = calldata(call.function, *call.arguments)
            transactions.append(self._signed(call.by, self.address, data, before.get(call.by, 0)))
            before[call.by] = before.get(call.by, 0) + 1
        return [receipt for receipt, _ in self._mine(transactions)]

    def call(self, function: str, *arguments: Any, by: str = "NOBODY") -> Any:
        """Run a call on the state of the head, and forget its changes; one value bare, several as a tuple.

        Raises:
            RefusedError: it reverted.
        """
        vm = self._chain().get_vm()
        unsigned = vm.create_unsigned_transaction(
            nonce=vm.state.get_nonce(ADDRESSES[by]), gas_price=0, gas=30_000_000, to=self.address, value=0,
            data=calldata(function, *arguments),
        )  # fmt: skip
        spoofed: Any = SpoofTransaction(unsigned, from_=ADDRESSES[by])
        with vm.in_costless_state() as state:
            computation = state.costless_execute_transaction(spoofed)
        _raise_refusal(computation)
        values = decode(get_abi_output_types(_item("function", function)), computation.output)
        return values[0] if len(values) == 1 else values

    def refusal(self, function: str, *arguments: Any, by: str) -> tuple[Any, ...]:
        """The error of a call that must revert, and must leave the registry's storage as it was."""
        before = self._storage_root()
        try:
            self.send(function, *arguments, by=by)
        except RefusedError as refused:
            assert self._storage_root() == before
            return refused.args
        raise AssertionError(f"{function} by {by} was not refused")

    def entry(self, number: bytes) -> tuple[bytes, int, Status]:
        digest, changed_at, status = self.call("entryOf", number)
        return digest, changed_at, Status(status)

    def status(self, number: bytes) -> Status:
        return self.entry(number)[2]

    def history(self) -> bytes:
        return bytes(self.call("head")[2])

    def storage(self, slot: int) -> bytes:
        """One word of the registry's storage, as `eth_getStorageAt` gives it."""
        return self._chain().get_vm().state.get_storage(self.address, slot).to_bytes(32, "big")

    def code(self) -> bytes:
        return bytes(self._chain().get_vm().state.get_code(self.address))

    def events_in(self, block: int) -> list[Event]:
        """The registry's events of one block, as one single-block log query gives them."""
        chain = self._chain()
        mined = chain.get_canonical_block_by_number(BlockNumber(block))
        receipts = mined.get_receipts(chain.chaindb)
        return [
            _event(log.topics, log.data) for receipt in receipts for log in receipt.logs if log.address == self.address
        ]

    def _mine(self, transactions: Sequence[SignedTransactionAPI]) -> list[tuple[Receipt, ComputationAPI]]:
        chain = self._chain()
        result, receipts, computations = chain.mine_all(transactions)
        number, before, mined = result.imported_block.number, 0, []
        for receipt, computation in zip(receipts, computations, strict=True):
            _raise_refusal(computation)
            events = [_event(log.topics, log.data) for log in receipt.logs]
            mined.append((Receipt(number, receipt.gas_used - before, events), computation))
            before = receipt.gas_used
        return mined

    def _signed(self, by: str, to: Address, data: bytes, later: int) -> SignedTransactionAPI:
        chain = self._chain()
        nonce = chain.get_vm().state.get_nonce(ADDRESSES[by]) + later
        unsigned = chain.create_unsigned_transaction(
            nonce=nonce, gas_price=0, gas=GAS_LIMIT // 3, to=to, value=0, data=data
        )
        return unsigned.as_signed_transaction(KEYS[by], chain_id=self.chain_id)

    def _storage_root(self) -> bytes:
        state = self._chain().get_vm().state
        return bytes(state._account_db._get_account(self.address).storage_root)  # type: ignore[attr-defined]

    def _chain(self) -> MiningChain:
        return self._chain_class()(AtomicDB(MemoryDB(self.store)))

    def _chain_class(self) -> type[MiningChain]:
        fields = {"chain_id": self.chain_id, "vm_configuration": ((BlockNumber(0), PragueVM),)}
        return type("Chain", (_SteadyChain,), fields)


class _SteadyChain(MiningChain):
    """The gas limit stays what the first block says."""

    def create_header_from_parent(self, parent_header: Any, **params: Any) -> Any:
        return super().create_header_from_parent(parent_header, **{"gas_limit": GAS_LIMIT, **params})


def calldata(function: str, *arguments: Any) -> bytes:
    abi = _item("function", function)
    return function_abi_to_4byte_selector(abi) + encode(get_abi_input_types(abi), arguments)


def _item(kind: str, name: str | None) -> Any:
    return next(item for item in ARTIFACT["abi"] if item["type"] == kind and item.get("name") == name)


def _by_hash(kind: str) -> dict[bytes, Any]:
    return {keccak(text=abi_to_signature(item)): item for item in ARTIFACT["abi"] if item["type"] == kind}


_EVENTS: Final = _by_hash("event")
_ERRORS: Final = {hashed[:4]: item for hashed, item in _by_hash("error").items()}


def _event(topics: Sequence[int], data: bytes) -> Event:
    words = [topic.to_bytes(32, "big") for topic in topics]
    abi = _EVENTS[words[0]]
    assert words[0] == event_abi_to_log_topic(abi)
    indexed = [item for item in abi["inputs"] if item["indexed"]]
    plain = [item for item in abi["inputs"] if not item["indexed"]]
    values = [decode([item["type"]], word)[0] for item, word in zip(indexed, words[1:], strict=True)]
    values += decode([item["type"] for item in plain], data)
    return Event(abi["name"], dict(zip([item["name"] for item in (*indexed, *plain)], values, strict=True)))


def _raise_refusal(computation: ComputationAPI) -> None:
    if not computation.is_error:
        return
    data = computation.output
    abi = _ERRORS.get(data[:4])
    if abi is None:
        raise RefusedError(type(computation.error).__name__, data)
    raise RefusedError(abi["name"], *decode(get_abi_input_types(abi), data[4:]))
