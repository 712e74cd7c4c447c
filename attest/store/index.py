"""Synced registries in a database: SQLite in the home by default, PostgreSQL by URL.

It holds nothing that the chain does not: a lost or damaged store is made anew by another sync. Every row carries a
seal, and the changes are replayed against the registry's running hash whenever they are read as a whole, so a row
that was changed, lost or added behind our back is found.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy import exc

from attest import messages
from attest.errors import StoreError

WAIT_S: Final = 20.0
TRY_S: Final = 0.02
_APPLICATION_ID: Final = 0x66696C69  # SQLite header field: tells our file from any other database; PostgreSQL: a lock
_VERSION: Final = 1  # of the tables; SQLite header field `user_version`, in PostgreSQL at the end of a comment
_MADE_BY: Final = "attest store "

_tables = sa.MetaData()
_registry = sa.Table(
    "registry",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("genesis", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.UniqueConstraint("chain_id", "genesis", "address"),
    comment=f"{_MADE_BY}{_VERSION}",
)
_change = sa.Table(
    "change",
    _tables,
    sa.Column("registry", sa.ForeignKey("registry.id"), primary_key=True),
    sa.Column("block", sa.BigInteger, primary_key=True),
    sa.Column("log_index", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("kind", sa.SmallInteger, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("reason", sa.Integer, nullable=False),
    sa.Column("previous", sa.BigInteger, nullable=False),
    sa.Column("record", sa.LargeBinary),
    sa.Column("transaction", sa.Text, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("seal", sa.LargeBinary, nullable=False),
    sa.Index("changes_of_number", "number"),
)
_point = sa.Table(
    "point",
    _tables,
    sa.Column("registry", sa.ForeignKey("registry.id"), primary_key=True),
    sa.Column("block", sa.BigInteger, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("filings", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("history", sa.LargeBinary, nullable=False),
    sa.Column("proven", sa.Boolean, nullable=False),
    sa.Column("seal", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Which registry: chain id, hash of block 0 (0x-hex), checksummed address."""

    chain_id: int
    genesis: str
    address: str


@dataclass(frozen=True, slots=True)
class Point:
    """How far a registry was synced: everything up to `block` is stored.

    Attributes:
        hash: Of that block, 0x-hex.
        filings: Ever registered up to there.
        changed_at: Block of the last change up to there.
        history: Running hash after it.
        proven: The registry's own head was seen to be the same.
    """

    block: int
    hash: str
    filings: int
    changed_at: int
    history: bytes
    proven: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One stored change; fields as in `attest.registry.replay.Step`.

    Attributes:
        time: Of its block, seconds since 1970.
    """

    block: int
    log_index: int
    number: str
    kind: int
    status: int
    digest: bytes
    reason: int
    previous: int
    record: bytes | None
    transaction: str
    time: int


ROW: Final = tuple(field.name for field in fields(Row))
POINT: Final = tuple(field.name for field in fields(Point))


class Index:
    """The store at a database URL. Each method is one transaction.

    Args:
        url: `sqlite:///FILE` or `postgresql+psycopg://…`; may hold a password, which no message shows.
        wait_s: How long another process that writes is waited for.

    Raises:
        StoreError: it cannot be opened, is locked, damaged, another program's or another version's.
    """

    def __init__(self, url: str | sa.URL, *, wait_s: float = WAIT_S) -> None:
        self._where = "-"
        with self._reported():
            address = sa.make_url(url)
            self._local = address.get_backend_name() == "sqlite"
            self._where = str(address.database) if self._local else f"{address.host}/{address.database}"
            options: dict[str, Any] = {"connect_timeout": int(wait_s)}
            if self._local:
                options = {"timeout": wait_s, "isolation_level": None}  # transactions begin where `_transaction` says
            self._engine = sa.create_engine(address, connect_args=options)
            try:
                if self._local:
                    self._keep_journal(wait_s)
                self._open()
            except BaseException:
                self._engine.dispose()
                raise

    @classmethod
    def in_file(cls, path: Path, *, wait_s: float = WAIT_S) -> Self:
        """The store in a SQLite file, made where there is none."""
        return cls(sa.URL.create("sqlite", database=str(path)), wait_s=wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def points(self, place: Place) -> list[Point]:
        """Where the registry may be taken up again, newest first."""
        with self._transaction() as connection:
            return self._points(connection, place)

    def copy(self, place: Place) -> tuple[list[Point], list[Row]]:
        """A registry's points, as `points` gives them, and all of its changes up to the newest, as they happened."""
        query = sa.select(_change).where(_change.c.registry == _id(place))
        query = query.order_by(_change.c.block, _change.c.log_index)
        with self._transaction() as connection:
            points = self._points(connection, place)
            return points, [Row(**values) for values in self._unsealed(connection.execute(query).mappings())]

    def record(self, number: str, digest: bytes) -> bytes | None:
        """A record of that number and digest from any registry, unchecked, or None."""
        named = (_change.c.number == number, _change.c.digest == digest, _change.c.record.is_not(None))
        with self._transaction() as connection:
            found = connection.execute(sa.select(_change.c.record).where(*named).limit(1)).scalar()
        return None if found is None else bytes(found)

    def append(self, place: Place, rows: Sequence[Row], point: Point, *, after: Point | None) -> None:
        """Store the changes between two points.

        Args:
            after: The newest point so far; None where there is none.

        Raises:
            StoreError: another process has stored something since.
        """
        with self._transaction(writes=True) as connection:
            registry = self._lock(connection, place)
            query = sa.select(_point.c.block, _point.c.hash).where(_point.c.registry == registry)
            newest = connection.execute(query.order_by(_point.c.block.desc()).limit(1)).first()
            if (newest and tuple(newest)) != (after and (after.block, after.hash)):
                raise StoreError("SY104", where=self._where)
            if rows:
                connection.execute(sa.insert(_change), [_sealed(registry, row, ROW) for row in rows])
            connection.execute(sa.insert(_point), [_sealed(registry, point, POINT)])

    def prove(self, place: Place, point: Point) -> Point:
        """Note that the registry's own head was seen to be the same at `point`."""
        proven = replace(point, proven=True)
        with self._transaction(writes=True) as connection:
            registry = self._lock(connection, place)
            same = (_point.c.registry == registry, _point.c.block == point.block, _point.c.hash == point.hash)
            connection.execute(sa.update(_point).where(*same).values(_sealed(registry, proven, POINT)))
        return proven

    def roll_back(self, place: Place, to: Point | None) -> None:
        """Forget everything after a point; all of the registry where it is None."""
        block = -1 if to is None else to.block
        with self._transaction(writes=True) as connection:
            registry = self._lock(connection, place)
            for table in (_change, _point):
                connection.execute(sa.delete(table).where(table.c.registry == registry, table.c.block > block))

    def damaged(self, why: object) -> StoreError:
        """The error of a store whose rows do not lead where they did when they were stored."""
        return StoreError("SY103", where=self._where, why=why)

    def _points(self, connection: sa.Connection, place: Place) -> list[Point]:
        query = sa.select(_point).where(_point.c.registry == _id(place)).order_by(_point.c.block.desc())
        return [Point(**values) for values in self._unsealed(connection.execute(query).mappings())]

    def _lock(self, connection: sa.Connection, place: Place) -> int:
        """The registry's id, made where there is none; others that write to the registry wait."""
        found = connection.execute(_named(place).with_for_update()).scalar()
        if found is None:
            values = {"chain_id": place.chain_id, "genesis": place.genesis, "address": place.address}
            found = connection.execute(sa.insert(_registry).values(values).returning(_registry.c.id)).scalar_one()
        return int(found)

    def _keep_journal(self, wait_s: float) -> None:
        """Let readers go on while somebody writes. For this change of a new file SQLite itself waits for nobody."""
        end = time.monotonic() + wait_s
        while True:
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            except exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > end:
                    raise
                time.sleep(TRY_S)
            else:
                return

    def _open(self) -> None:
        with self._transaction(writes=True) as connection:
            if self._local:
                there = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar()
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_APPLICATION_ID})")
                there = sa.inspect(connection).has_table(_registry.name)
            if not there:
                self._make(connection)
            elif (version := self._version(connection)) is None:
                raise StoreError("SY105", where=self._where)
            elif version != str(_VERSION):
                raise StoreError("SY106", where=self._where, expected=_VERSION, found=messages.shown(version))

    def _make(self, connection: sa.Connection) -> None:
        _tables.create_all(connection)
        if self._local:
            connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.exec_driver_sql(f"PRAGMA user_version = {_VERSION}")

    def _version(self, connection: sa.Connection) -> str | None:
        """Version of the tables that are there; None where they are another program's."""
        if not self._local:
            comment = sa.inspect(connection).get_table_comment(_registry.name)["text"] or ""
            return comment.removeprefix(_MADE_BY) if comment.startswith(_MADE_BY) else None
        if connection.exec_driver_sql("PRAGMA application_id").scalar() != _APPLICATION_ID:
            return None
        return str(connection.exec_driver_sql("PRAGMA user_version").scalar())

    def _unsealed(self, rows: Iterable[Mapping[Any, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            values = dict(row)
            seal = values.pop("seal")
            if _seal(values.values()) != seal:
                raise self.damaged(f"block {values['block']}")
            del values["registry"]
            yield values

    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[sa.Connection]:
        """What only reads sees everything as it was at one moment."""
        with self._reported(), self._engine.begin() as connection:
            if self._local:
                connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
            elif not writes:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what the database raises into our error."""
        try:
            yield
        except exc.IntegrityError as error:
            raise StoreError("SY104", where=self._where) from error
        except exc.OperationalError as error:
            code = "SY102" if "locked" in str(error.orig) else "SY101"
            raise StoreError(code, where=self._where, why=_line(error.orig)) from error
        except exc.DBAPIError as error:
            raise self.damaged(_line(error.orig)) from error
        except (exc.SQLAlchemyError, ImportError) as error:
            raise StoreError("SY101", where=self._where, why=_line(error)) from error
        except (ValueError, TypeError) as error:
            raise self.damaged(_line(error)) from error


def _named(place: Place) -> sa.Select[int]:
    same = (
        _registry.c.chain_id == place.chain_id,
        _registry.c.genesis == place.genesis,
        _registry.c.address == place.address,
    )
    return sa.select(_registry.c.id).where(*same)


def _id(place: Place) -> sa.ScalarSelect[int]:
    return _named(place).scalar_subquery()


def _sealed(registry: int, item: Row | Point, names: Sequence[str]) -> dict[str, Any]:
    values = {"registry": registry} | {name: getattr(item, name) for name in names}
    return values | {"seal": _seal(values.values())}


def _seal(values: Iterable[Any]) -> bytes:
    """Tells a row that was changed behind our back."""
    return sha256(repr(list(values)).encode()).digest()


def _line(error: object) -> str:
    """The first line of what a database said; the rest may repeat values."""
    return next(iter(str(error).splitlines()), type(error).__name__)
