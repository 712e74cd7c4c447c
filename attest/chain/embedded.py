"""A chain in one SQLite file, run in this process by py-evm: for trying, with nothing to install.

Whoever owns the file can rewrite it, so it proves nothing to others. Each transaction is a block of its own, mined
when it is sent; gas is free; a block's time is the wall clock's, or its parent's where the clock went back. Every
request is one SQLite transaction: a killed process leaves the chain as it was before the request or after it, and
a second process waits its turn.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import rlp
from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.exceptions import HeaderNotFound, PyEVMError, Revert, TransactionNotFound, VMError
from eth.rlp.accounts import Account
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_hash.auto import keccak
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.address import to_canonical_address
from eth_utils.exceptions import ValidationError
from trie.exceptions import MissingTrieNode
from trie.hexary import HexaryTrie

from attest.errors import ChainFileError, RpcRefusedError

CHAIN_ID: Final = 20190215
"""The day the regulation came into force. Listed by no public chain."""

GAS_LIMIT: Final = 100_000_000
WAIT_S: Final = 20.0

_APPLICATION_ID: Final = 0x66696C65  # SQLite header field: tells our file from any other database
_HASH_LENGTH: Final = 32  # bytes
_HEADER: Final = {
    "parentHash": "parent_hash", "sha3Uncles": "uncles_hash", "miner": "coinbase", "stateRoot": "state_root",
    "transactionsRoot": "transaction_root", "receiptsRoot": "receipt_root", "difficulty": "difficulty",
    "number": "block_number", "gasLimit": "gas_limit", "gasUsed": "gas_used", "timestamp": "timestamp",
    "extraData": "extra_data", "mixHash": "mix_hash", "nonce": "nonce", "baseFeePerGas": "base_fee_per_gas",
    "withdrawalsRoot": "withdrawals_root", "blobGasUsed": "blob_gas_used", "excessBlobGas": "excess_blob_gas",
    "parentBeaconBlockRoot": "parent_beacon_block_root", "requestsHash": "requests_hash",
}  # fmt: skip
"""JSON-RPC's names of what is hashed, and py-evm's; but for the bloom filter, which is a number to py-evm."""

_ZERO: Final = Address(b"\0" * 20)


class _DamagedError(Exception):
    """The file holds something else than was written."""


class _Table(BaseDB):
    """py-evm's key-value store over one SQLite table. A key of 32 bytes is the hash of its value."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getitem__(self, key: bytes) -> bytes:
        row = self._connection.execute("SELECT value FROM node WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        value = bytes(row[0])
        if len(key) == _HASH_LENGTH and keccak(value) != key:
            raise _DamagedError(f"{key.hex()} holds something else")
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO node VALUES (?, ?)", (key, value))

    def __delitem__(self, key: bytes) -> None:
        if not self._connection.execute("DELETE FROM node WHERE key = ?", (key,)).rowcount:
            raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        return self._connection.execute("SELECT 1 FROM node WHERE key = ?", (key,)).fetchone() is not None


class _Rules(PragueVM):
    """Prague, but a block may be as old as its parent: several blocks a second, none ahead of the clock."""

    @classmethod
    def validate_header(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        super().validate_header(header, parent_header.copy(timestamp=parent_header.timestamp - 1))


class _Chain(MiningChain):
    """`_Rules` from the first block; the gas limit stays."""

    chain_id = CHAIN_ID
    vm_configuration = ((BlockNumber(0), _Rules),)

    def create_header_from_parent(self, parent_header: BlockHeaderAPI, **header_params: Any) -> BlockHeaderAPI:
        header_params.setdefault("gas_limit", parent_header.gas_limit)
        return super().create_header_from_parent(parent_header, **header_params)


class EmbeddedChain:
    """The chain in `path`; implements `attest.chain.node.Node`.

    Args:
        clock: Seconds since 1970; stamps new blocks.
        wait_s: How long a request waits while another process holds the file.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time, wait_s: float = WAIT_S) -> None:
        self._path = path
        self._clock = clock
        self._wait_s = wait_s
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def create(cls, path: Path, *, clock: Callable[[], float] = time.time) -> "EmbeddedChain":
        """Open the chain in `path`, and make one there first if there is none.

        Raises:
            ChainFileError: the file cannot be made, or is not a chain.
        """
        chain = cls(path, clock=clock)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise ChainFileError("CH120", path=path, why=error) from error
        with chain._reported():
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                connection.execute("CREATE TABLE node (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                _begin_chain(AtomicDB(_Table(connection)), int(clock()))
            connection.execute("COMMIT")
            connection.close()
        return chain

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        answer = _METHODS.get(method)
        if answer is None:
            raise RpcRefusedError(method=method, number=-32601, message="the method is not served here")
        writes = method == "eth_sendRawTransaction"
        with self._reported(), self._transaction("IMMEDIATE" if writes else "DEFERRED") as connection:
            return answer(_View(_Chain(AtomicDB(_Table(connection))), int(self._clock())), *params)

    @contextmanager
    def _transaction(self, mode: str) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        connection.execute(f"BEGIN {mode}")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if not self._path.is_file():
                raise ChainFileError("CH121", path=self._path)
            connection = sqlite3.connect(self._path, timeout=self._wait_s, isolation_level=None)
            connection.execute("PRAGMA synchronous = FULL")
            if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
                connection.close()
                raise ChainFileError("CH122", path=self._path)
            self._connection = connection
        return self._connection

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what SQLite and a damaged trie raise into our error."""
        try:
            yield
        except sqlite3.OperationalError as error:
            code = "CH123" if "locked" in str(error) else "CH124"
            raise ChainFileError(code, path=self._path, why=error, seconds=f"{self._wait_s:g}") from error
        except (sqlite3.DatabaseError, rlp.DecodingError, PyEVMError, MissingTrieNode, _DamagedError) as error:
            raise ChainFileError("CH124", path=self._path, why=error or type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class _Run:
    """What a call gave back; `gas_used` before refunds."""

    output: bytes
    gas_used: int


class _View:
    """The chain during one request."""

    def __init__(self, chain: _Chain, now: int) -> None:
        self.chain = chain
        self.now = now

    def header(self, where: Any) -> BlockHeaderAPI:
        """The header named by a number, a tag or EIP-1898's `{"blockHash": …}`.

        Raises:
            RpcRefusedError: there is no such block.
        """
        if isinstance(where, dict):
            where = where["blockHash"] if "blockHash" in where else where["blockNumber"]
        head = self.chain.get_canonical_head()
        if where in ("latest", "safe", "finalized", "pending"):
            return head
        try:
            if where == "earliest":
                return self.chain.get_canonical_block_header_by_number(BlockNumber(0))
            if len(where) == 66:
                return self.chain.get_block_header_by_hash(Hash32(_bytes(where)))
            return self.chain.get_canonical_block_header_by_number(BlockNumber(int(where, 16)))
        except HeaderNotFound as error:
            raise RpcRefusedError(method="block", number=-32001, message=f"no block {where}") from error

    def run(self, fields: dict[str, Any], where: Any) -> "_Run":
        """Execute a call on the state of a block and throw the changes away.

        Raises:
            RpcRefusedError: it reverted, or ran out of gas.
        """
        header = self.header(where)
        vm = self.chain.get_vm(header)
        sender = _address(fields["from"]) if "from" in fields else _ZERO
        unsigned = vm.create_unsigned_transaction(
            nonce=vm.state.get_nonce(sender),
            gas_price=0,
            gas=int(fields["gas"], 16) if "gas" in fields else GAS_LIMIT,
            to=_address(fields["to"]) if fields.get("to") else Address(b""),
            value=int(fields.get("value", "0x0"), 16),
            data=_bytes(fields.get("data", fields.get("input", "0x"))),
        )
        spoofed: Any = SpoofTransaction(unsigned, from_=sender)
        with vm.in_costless_state() as state:
            computation = state.costless_execute_transaction(spoofed)
        if computation.is_error:
            raise _reverted(computation.error)
        return _Run(output=computation.output, gas_used=unsigned.intrinsic_gas + computation.get_gas_used())


def _begin_chain(db: AtomicDB, now: int) -> None:
    """Write block 0, with random bytes in it: no two embedded chains share a genesis hash."""
    _Chain.from_genesis(
        db,
        {
            "difficulty": 0, "extra_data": token_bytes(32), "gas_limit": GAS_LIMIT, "base_fee_per_gas": 0,
            "timestamp": now, "mix_hash": b"\0" * 32, "nonce": b"\0" * 8, "coinbase": _ZERO,
        },
        {},
    )  # fmt: skip


def _block(view: _View, where: str, _full: bool = False) -> dict[str, Any] | None:
    try:
        header = view.header(where)
    except RpcRefusedError:
        return None
    block = view.chain.get_block_by_header(header)
    hashed = {name: getattr(header, field) for name, field in _HEADER.items()}
    return {name: hex(value) if isinstance(value, int) else _hex(value) for name, value in hashed.items()} | {
        "logsBloom": _hex(header.bloom.to_bytes(256, "big")),
        "hash": _hex(header.hash),
        "transactions": [_hex(transaction.hash) for transaction in block.transactions],
        "uncles": [],
        "withdrawals": [],
    }


def _call(view: _View, fields: dict[str, Any], where: Any = "latest", *_: Any) -> str:
    return _hex(view.run(fields, where).output)


def _estimate_gas(view: _View, fields: dict[str, Any], where: Any = "latest") -> str:
    """Gas of one run and a 63rd more, which inner calls must leave (EIP-150); at least EIP-7623's floor for data."""
    used = view.run(fields, where).gas_used
    data = _bytes(fields.get("data", fields.get("input", "0x")))
    floor = 21_000 + 10 * sum(1 if byte == 0 else 4 for byte in data)
    return hex(max(used + used // 63, floor))


def _code(view: _View, address: str, where: Any = "latest") -> str:
    return _hex(view.chain.get_vm(view.header(where)).state.get_code(_address(address)))


def _storage(view: _View, address: str, slot: str, where: Any = "latest") -> str:
    value = view.chain.get_vm(view.header(where)).state.get_storage(_address(address), int(slot, 16))
    return _hex(value.to_bytes(32, "big"))


def _proof(view: _View, address: str, slots: Sequence[str], where: Any = "latest") -> dict[str, Any]:
    """EIP-1186: the account and some of its slots, with the nodes that lead there from the block's state root."""
    header, key, nodes = view.header(where), _address(address), view.chain.chaindb.db
    state = view.chain.get_vm(header).state
    accounts = HexaryTrie(nodes, header.state_root)
    account = rlp.decode(accounts[keccak(key)], Account) if keccak(key) in accounts else Account()
    storage = HexaryTrie(nodes, account.storage_root)
    return {
        "address": _hex(key),
        "balance": hex(account.balance),
        "nonce": hex(account.nonce),
        "codeHash": _hex(account.code_hash),
        "storageHash": _hex(account.storage_root),
        "accountProof": _way(accounts, key),
        "storageProof": [
            {
                "key": slot,
                "value": hex(state.get_storage(key, int(slot, 16))),
                "proof": _way(storage, int(slot, 16).to_bytes(32, "big")),
            }
            for slot in slots
        ],
    }


def _way(trie: Any, key: bytes) -> list[str]:
    """The nodes from the root to a key; one of fewer than 32 bytes stands in its parent, unless it is the root."""
    nodes = [rlp.encode(node) for node in trie.get_proof(keccak(key))]
    return [_hex(node) for place, node in enumerate(nodes) if place == 0 or len(node) >= _HASH_LENGTH]


def _nonce(view: _View, address: str, where: Any = "latest") -> str:
    return hex(view.chain.get_vm(view.header(where)).state.get_nonce(_address(address)))


def _send(view: _View, raw: str) -> str:
    chain = view.chain
    parent = chain.get_canonical_head()
    try:
        transaction = chain.get_vm_class(parent).get_transaction_builder().decode(_bytes(raw))
        chain.header = chain.header.copy(timestamp=max(parent.timestamp, view.now))
        chain.mine_all([transaction], mix_hash=token_bytes(32), blob_gas_used=0)
    except (ValidationError, rlp.DecodingError, VMError) as error:
        raise RpcRefusedError(method="eth_sendRawTransaction", number=-32000, message=str(error)) from error
    return _hex(transaction.hash)


def _receipt(view: _View, transaction_hash: str) -> dict[str, Any] | None:
    wanted = Hash32(_bytes(transaction_hash))
    try:
        block_number, index = view.chain.chaindb.get_transaction_index(wanted)
    except TransactionNotFound:
        return None
    block = view.chain.get_canonical_block_by_number(block_number)
    receipts = block.get_receipts(view.chain.chaindb)
    transaction: SignedTransactionAPI = block.transactions[index]
    receipt = receipts[index]
    before = receipts[index - 1].gas_used if index else 0
    created = keccak(rlp.encode([transaction.sender, transaction.nonce]))[-20:] if transaction.to == b"" else None
    return {
        "transactionHash": _hex(wanted),
        "transactionIndex": hex(index),
        "blockNumber": hex(block_number),
        "blockHash": _hex(block.hash),
        "from": _hex(transaction.sender),
        "to": _hex(transaction.to) if transaction.to else None,
        "contractAddress": _hex(created) if created else None,
        "status": "0x1" if receipt.state_root == b"\x01" else "0x0",
        "gasUsed": hex(receipt.gas_used - before),
        "cumulativeGasUsed": hex(receipt.gas_used),
        "logs": [log for log in _block_logs(block, receipts) if log["transactionHash"] == _hex(wanted)],
    }


def _transaction(view: _View, transaction_hash: str) -> dict[str, Any] | None:
    receipt = _receipt(view, transaction_hash)
    if receipt is None:
        return None
    return {"hash": receipt["transactionHash"]} | {name: receipt[name] for name in ("blockNumber", "from", "to")}


def _logs(view: _View, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    if "blockHash" in wanted:
        headers = [view.header(wanted["blockHash"])]
    else:
        first = view.header(wanted.get("fromBlock", "latest")).block_number
        last = view.header(wanted.get("toBlock", "latest")).block_number
        headers = [
            view.chain.get_canonical_block_header_by_number(BlockNumber(number)) for number in range(first, last + 1)
        ]
    addresses = wanted.get("address", [])
    chosen = {address.lower() for address in ([addresses] if isinstance(addresses, str) else addresses)}
    topics = [{topic.lower()} if isinstance(topic, str) else set(topic or ()) for topic in wanted.get("topics", [])]
    found = []
    for header in headers:
        block = view.chain.get_block_by_header(header)
        for log in _block_logs(block, block.get_receipts(view.chain.chaindb)):
            fits = len(topics) <= len(log["topics"]) and all(
                not allowed or topic in allowed for allowed, topic in zip(topics, log["topics"], strict=False)
            )
            if fits and (not chosen or log["address"] in chosen):
                found.append(log)
    return found


def _block_logs(block: BlockAPI, receipts: Sequence[ReceiptAPI]) -> Iterator[dict[str, Any]]:
    index = 0
    for position, (transaction, receipt) in enumerate(zip(block.transactions, receipts, strict=True)):
        for log in receipt.logs:
            yield {
                "address": _hex(log.address),
                "topics": [_hex(topic.to_bytes(32, "big")) for topic in log.topics],
                "data": _hex(log.data),
                "blockNumber": hex(block.number),
                "blockHash": _hex(block.hash),
                "transactionHash": _hex(transaction.hash),
                "transactionIndex": hex(position),
                "logIndex": hex(index),
                "removed": False,
            }
            index += 1


def _reverted(error: VMError) -> RpcRefusedError:
    if isinstance(error, Revert):
        data = error.args[0] if error.args and isinstance(error.args[0], bytes) else b""
        return RpcRefusedError(method="eth_call", number=3, message="execution reverted", data=data)
    return RpcRefusedError(method="eth_call", number=-32000, message=f"{type(error).__name__}: {error}")


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _bytes(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError(f"expected 0x-hex, found {text[:20]!r}")
    return bytes.fromhex(text[2:])


def _address(text: str) -> Address:
    return Address(to_canonical_address(text))


_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "eth_chainId": lambda _: hex(CHAIN_ID),
    "eth_getBlockByHash": _block,
    "eth_getBlockByNumber": _block,
    "eth_call": _call,
    "eth_estimateGas": _estimate_gas,
    "eth_maxPriorityFeePerGas": lambda _: "0x0",
    "eth_getCode": _code,
    "eth_getProof": _proof,
    "eth_getStorageAt": _storage,
    "eth_getTransactionCount": _nonce,
    "eth_sendRawTransaction": _send,
    "eth_getTransactionByHash": _transaction,
    "eth_getTransactionReceipt": _receipt,
    "eth_getLogs": _logs,
}
