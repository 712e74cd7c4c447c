"""What this machine has signed for its accounts: on disk before it is sent, so that nothing is done twice.

One row for each transaction that is to be mined, and the signed bytes of each attempt at it. What is sent again after
a crash are these bytes; what they call, and at what fee, is not repeated here.

A lost journal loses no filing: what is registered stands in the registry, and a fresh journal begins with the chain's
own count of the account's transactions.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from eth_utils.crypto import keccak

from attest.errors import JournalError

WAIT_S: Final = 20.0
_APPLICATION_ID: Final = 0x66696C6A  # SQLite header field: tells our file from any other database
_VERSION: Final = 1  # of the tables; SQLite header field `user_version`
_FIELDS: Final = ("chain", "account", "nonce", "state", "block", "block_hash")
_HOLDS: Final = "state IN ('signed', 'mined', 'final')"
_SCHEMA: Final = f"""
CREATE TABLE operation (
    id INTEGER PRIMARY KEY,
    chain TEXT NOT NULL, account TEXT NOT NULL, nonce INTEGER NOT NULL,
    state TEXT NOT NULL, block INTEGER, block_hash TEXT,
    seal BLOB NOT NULL
);
CREATE UNIQUE INDEX holder ON operation (chain, account, nonce) WHERE {_HOLDS};
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY, operation INTEGER NOT NULL REFERENCES operation, hash BLOB NOT NULL, raw BLOB NOT NULL,
    UNIQUE (operation, hash)
);
"""


class State(StrEnum):
    """How far an operation has come."""

    SIGNED = "signed"
    """On disk; perhaps sent, not seen in a block."""
    MINED = "mined"
    """In a block that is not final yet."""
    FINAL = "final"
    """In a final block."""
    REVERTED = "reverted"
    """In a block, but the contract refused it; nothing was changed. If the chain loses it, its nonce is free."""
    REFUSED = "refused"
    """No node took it. Its nonce is free."""
    DISPLACED = "displaced"
    """Another transaction of the account used its nonce."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One transaction that an account is to have mined.

    Attributes:
        chain: Chain id and genesis hash, as `chain_key` joins them.
        account: Checksummed address of the sender.
        block: Number of the block it was mined in, None before that; `block_hash` is that block's hash.
        attempts: Signed bytes, oldest first: the same call with the same nonce, at rising fees.
    """

    id: int
    chain: str
    account: str
    nonce: int
    state: State
    block: int | None
    block_hash: str | None
    attempts: tuple[bytes, ...]

    @property
    def open(self) -> bool:
        """Whether it may still come to something else."""
        return self.state in (State.SIGNED, State.MINED)

    @property
    def hashes(self) -> list[str]:
        """The attempts' transaction hashes, newest first."""
        return [transaction_hash(raw) for raw in reversed(self.attempts)]


class Journal:
    """The journal in one SQLite file. Each method is one durable transaction (`synchronous=FULL`).

    Args:
        path: The file, made where there is none; `:memory:` keeps nothing.

    Raises:
        JournalError: the file cannot be opened, is locked, damaged, another program's or another version's.
    """

    def __init__(self, path: Path | str, *, wait_s: float = WAIT_S) -> None:
        self._path = path
        with self._reported():
            self._file = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def begin(self, chain: str, account: str, nonce: int, raw: bytes) -> Operation:
        """Write down a signed transaction that is about to be sent."""
        values = (chain, account, nonce, State.SIGNED.value, None, None)
        with self._reported(), self._transaction() as file:
            columns = f"{', '.join(_FIELDS)}, seal"
            marks = ", ".join("?" * (len(_FIELDS) + 1))
            row = file.execute(f"INSERT INTO operation ({columns}) VALUES ({marks})", (*values, _seal(values)))  # noqa: S608
            assert row.lastrowid is not None
            _add_attempt(file, row.lastrowid, raw)
            return Operation(row.lastrowid, chain, account, nonce, State.SIGNED, None, None, (raw,))

    def bump(self, operation: Operation, raw: bytes) -> Operation:
        """Write down another attempt of `operation` that is about to be sent."""
        with self._reported(), self._transaction() as file:
            _add_attempt(file, operation.id, raw)
        return replace(operation, attempts=(*operation.attempts, raw))

    def mark(
        self, operation: Operation, state: State, block: int | None = None, block_hash: str | None = None
    ) -> Operation:
        """Write down how far `operation` has come."""
        marked = replace(operation, state=state, block=block, block_hash=block_hash)
        with self._reported(), self._transaction() as file:
            file.execute(
                "UPDATE operation SET state = ?, block = ?, block_hash = ?, seal = ? WHERE id = ?",
                (state.value, block, block_hash, _seal(_values(marked)), marked.id),
            )
        return marked

    def next_nonce(self, chain: str, account: str) -> int:
        """The nonce after all that the journal holds for the account; 0 where it holds none."""
        newest = self._select(f"chain = ? AND account = ? AND {_HOLDS} ORDER BY nonce DESC LIMIT 1", chain, account)
        return newest[0].nonce + 1 if newest else 0

    def unsettled(self, chain: str, account: str, mined: int) -> list[Operation]:
        """What was signed and is not final yet, in the order of nonces; or was, in a chain that lost it again.

        Args:
            mined: Transactions of the account that the chain has.
        """
        wanted = f"(state IN ('signed', 'mined') OR {_HOLDS} AND nonce >= ?)"
        return self._select(f"chain = ? AND account = ? AND {wanted} ORDER BY nonce, id", chain, account, mined)

    def rivals(self, operation: Operation) -> list[Operation]:
        """What else was signed for the nonce of `operation`."""
        return self._select(
            "chain = ? AND account = ? AND nonce = ? AND id <> ? ORDER BY id",
            operation.chain, operation.account, operation.nonce, operation.id,
        )  # fmt: skip

    def is_last(self, operation: Operation) -> bool:
        """Whether `operation` was never seen in a block, and nothing was signed to come after it."""
        return operation.state is State.SIGNED and operation.nonce + 1 == self.next_nonce(
            operation.chain, operation.account
        )

    def read(self, number: int) -> Operation:
        """The operation of that `id` as it stands now."""
        (found,) = self._select("id = ?", number)
        return found

    def operations(self) -> list[Operation]:
        """All that was ever signed, oldest first."""
        return self._select("true ORDER BY id")

    def _select(self, where: str, *values: Any) -> list[Operation]:
        with self._reported():
            query = f"SELECT id, {', '.join(_FIELDS)}, seal FROM operation WHERE {where}"  # noqa: S608
            return [self._operation(*row) for row in self._file.execute(query, values).fetchall()]

    def _operation(self, number: int, *fields: Any) -> Operation:
        *values, seal = fields
        query = "SELECT hash, raw FROM attempt WHERE operation = ? ORDER BY id"
        attempts = self._file.execute(query, (number,)).fetchall()
        if _seal(values) != seal or not attempts or any(keccak(raw) != known for known, raw in attempts):
            raise self._damaged(f"operation {number} is not as it was written")
        chain, account, nonce, state, block, block_hash = values
        raws = tuple(raw for _, raw in attempts)
        return Operation(number, chain, account, nonce, State(state), block, block_hash, raws)

    def _open(self) -> None:
        fresh = not self._file.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not fresh and self._file.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
            raise JournalError("JR101", path=self._path)
        if not fresh and (found := self._file.execute("PRAGMA user_version").fetchone()[0]) != _VERSION:
            raise JournalError("JR107", path=self._path, expected=_VERSION, found=found)
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.execute("PRAGMA journal_mode = WAL")
        if fresh:
            with self._transaction() as file:
                for statement in _SCHEMA.split(";"):
                    file.execute(statement)
                file.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                file.execute(f"PRAGMA user_version = {_VERSION}")
        if (told := self._file.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise self._damaged(told)

    def _damaged(self, why: object) -> JournalError:
        return JournalError("JR102", path=self._path, why=" ".join(str(why).split()))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield self._file
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what SQLite raises into our error."""
        try:
            yield
        except sqlite3.OperationalError as error:
            code = "JR103" if "locked" in str(error) else "JR104"
            raise JournalError(code, path=self._path, why=error) from error
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            raise self._damaged(error) from error


def chain_key(chain_id: int, genesis: str) -> str:
    """What tells one chain from another in the journal."""
    return f"{chain_id}:{genesis}"


def transaction_hash(raw: bytes) -> str:
    """Hash of a signed transaction, 0x-hex."""
    return "0x" + keccak(raw).hex()


def _add_attempt(file: sqlite3.Connection, operation: int, raw: bytes) -> None:
    values = (operation, keccak(raw), raw)
    file.execute("INSERT OR IGNORE INTO attempt (operation, hash, raw) VALUES (?, ?, ?)", values)


def _values(operation: Operation) -> tuple[Any, ...]:
    return tuple(getattr(operation, field) for field in _FIELDS)


def _seal(values: Iterable[Any]) -> bytes:
    """Tells a row that was changed behind our back."""
    return sha256(json.dumps(list(values)).encode()).digest()
