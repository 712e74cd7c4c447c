"""The store of synced registries: the same on SQLite and PostgreSQL, and no fault of it passes for an answer."""

import asyncio
import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pgserver
import pytest
import sqlalchemy as sa

from attest.errors import StoreError
from attest.ports import Status
from attest.reasons import Reason
from attest.registry.replay import Replay
from attest.registry.sync import Synchroniser, _step, replayed_history, restored
from attest.store.index import Index, Place, Point, Row
from tests.conftest import Kept, fictional, record_of

PLACE = Place(5, "0x" + "aa" * 32, "0x" + "11" * 20)
OTHER = replace(PLACE, chain_id=6)


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """A server outside pytest's folders: it may run as another user, whom other test runs lock out of those."""
    with TemporaryDirectory(prefix="postgres-") as folder:
        running = pgserver.get_server(folder)
        try:
            yield running
        finally:
            running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'index.sqlite'}"
    running = request.getfixturevalue("server")
    running.psql("DROP TABLE IF EXISTS change, point, registry")
    return str(running.get_uri()).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def index(url: str) -> Iterator[Index]:
    with Index(url) as opened:
        yield opened


def rows(count: int, *, first: int = 1) -> list[Row]:
    """Registrations, one a block."""
    return [
        Row(
            block=serial,
            log_index=0,
            number=fictional(serial).key,
            kind=1,
            status=1,
            digest=bytes([serial % 256]) * 26,
            reason=0,
            previous=0,
            record=b"{}" * 50,
            transaction=f"0x{serial:064x}",
            time=1_700_000_000 + serial,
        )
        for serial in range(first, first + count)
    ]


def point(block: int, *, proven: bool = False, filings: int | None = None) -> Point:
    return Point(block, f"0x{block:064x}", block if filings is None else filings, block, b"h" * 32, proven)


def replayable(count: int) -> tuple[list[Row], Point]:
    """Registrations that follow from each other, and the point after them."""
    replay = Replay.start(PLACE.chain_id, PLACE.address)
    replay.repeat(map(_step, rows(count)))
    head = replay.head
    return rows(count), Point(count, f"0x{count:064x}", head.filings, head.changed_at, head.history, proven=True)


# --- what it keeps ------------------------------------------------------------------------------------------


def test_what_was_stored_is_read_back(index: Index) -> None:
    index.append(PLACE, rows(3), point(3), after=None)
    index.append(PLACE, rows(2, first=4), point(9, proven=True), after=point(3))
    assert index.copy(PLACE) == ([point(9, proven=True), point(3)], rows(5))
    assert index.points(PLACE) == [point(9, proven=True), point(3)]
    assert index.copy(OTHER) == ([], [])


def test_what_was_stored_is_there_after_reopening(url: str) -> None:
    with Index(url) as index:
        index.append(PLACE, rows(3), point(3), after=None)
    with Index(url) as again:
        assert again.copy(PLACE) == ([point(3)], rows(3))


def test_the_largest_values_of_the_contract_fit(index: Index) -> None:
    large = replace(
        rows(1)[0], block=2**40 - 1, log_index=2**31, previous=2**40 - 1, reason=65_535, record=b"\0" * 2048, time=2**38
    )
    place = replace(PLACE, chain_id=2**63 - 1)
    index.append(place, [large], point(2**40 - 1, filings=2**63 - 1), after=None)
    assert index.copy(place)[1] == [large]


def test_a_record_is_found_by_number_and_digest(index: Index) -> None:
    first, second = rows(2)
    index.append(PLACE, [replace(first, record=None), second], point(2), after=None)
    assert index.record(second.number, second.digest) == second.record
    assert index.record(second.number, first.digest) is None
    assert index.record(first.number, first.digest) is None


def test_a_roll_back_forgets_what_came_after_and_nothing_else(index: Index) -> None:
    for place in (PLACE, OTHER):
        index.append(place, rows(3), point(3), after=None)
        index.append(place, rows(3, first=4), point(6), after=point(3))
    index.roll_back(PLACE, point(3))
    assert index.copy(PLACE) == ([point(3)], rows(3))
    assert index.copy(OTHER) == ([point(6), point(3)], rows(6))
    index.roll_back(PLACE, None)
    assert index.copy(PLACE) == ([], [])


def test_a_point_is_proven_once_it_is_said(index: Index) -> None:
    index.append(PLACE, rows(3), point(3), after=None)
    assert index.prove(PLACE, point(3)) == point(3, proven=True)
    assert index.points(PLACE) == [point(3, proven=True)]


@pytest.mark.parametrize("after", [None, point(2), replace(point(3), hash="0x" + "77" * 32)])
def test_nothing_is_stored_after_a_point_that_is_not_the_newest(index: Index, after: Point | None) -> None:
    index.append(PLACE, rows(3), point(3), after=None)
    with pytest.raises(StoreError) as caught:
        index.append(PLACE, rows(1, first=4), point(4), after=after)
    assert (caught.value.code, caught.value.exit_code) == ("SY104", 4)
    assert index.copy(PLACE)[1] == rows(3)


def test_a_change_that_is_there_already_is_not_stored_again_nor_anything_with_it(index: Index) -> None:
    index.append(PLACE, rows(3), point(3), after=None)
    with pytest.raises(StoreError) as caught:
        index.append(PLACE, rows(2, first=3), point(4), after=point(3))
    assert caught.value.code == "SY104"
    assert index.copy(PLACE) == ([point(3)], rows(3))


def test_a_copy_is_of_one_moment_whoever_stores_something_meanwhile(url: str, index: Index) -> None:
    index.append(PLACE, rows(3), point(3), after=None)
    with Index(url) as other:
        begun = []

        @sa.event.listens_for(index._engine, "before_cursor_execute")
        def meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if "FROM change" in statement and not begun:
                begun.append(statement)
                other.append(PLACE, rows(2, first=4), point(5), after=point(3))

        assert index.copy(PLACE) == ([point(3)], rows(3))
        assert begun
        assert index.copy(PLACE) == ([point(5), point(3)], rows(5))


def refused(open_: Callable[[], Any]) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_()
    assert caught.value.exit_code == 4
    return caught.value


def reopened(index: Index) -> tuple[list[Point], list[Row]]:
    """What a sync would go on from."""
    points, found = index.copy(PLACE)
    restored(index, PLACE, found, points[0] if points else None)
    return points, found


def test_a_registry_is_synced_into_either_database(kept: Kept, index: Index) -> None:
    async def work() -> None:
        await kept.writer.register([record_of(fictional(serial)) for serial in range(20)])
        first = await Synchroniser(kept.reader, index).run()
        assert (first.head.filings, first.changes) == (20, 20)
        await kept.writer.set_status([fictional(7)], Status.SUSPENDED, Reason.VIOLATION)
        assert (await Synchroniser(kept.reader, index).run()).changes == 1
        replayed = await replayed_history(kept.reader, index, fictional(7))
        assert replayed is not None
        assert [row.status for row in replayed.rows] == [Status.ACTIVE, Status.SUSPENDED]

    asyncio.run(work())


# --- what was changed behind its back -----------------------------------------------------------------------

TAMPERED = {
    "number": "UPDATE change SET number = '11010826000000099012' WHERE block = 2",
    "status": "UPDATE change SET status = 2 WHERE block = 2",
    "reason": "UPDATE change SET reason = 7 WHERE block = 2",
    "time": "UPDATE change SET time = 5 WHERE block = 2",
    "transaction": "UPDATE change SET \"transaction\" = '0x00' WHERE block = 2",
    "place": "UPDATE change SET block = 20 WHERE block = 2",
    "a change gone": "DELETE FROM change WHERE block = 2",
    "the last change gone": "DELETE FROM change WHERE block = 3",
    "all changes gone": "DELETE FROM change",
    "the point gone": "DELETE FROM point",
    "the point's count": "UPDATE point SET filings = 4",
    "the point's block": "UPDATE point SET block = 30",
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_a_row_that_was_changed_or_lost_is_found(url: str, tamper: str) -> None:
    with Index(url) as index:
        made, end = replayable(3)
        index.append(PLACE, made, end, after=None)
        assert reopened(index) == ([end], made)
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            assert connection.execute(sa.text(tamper)).rowcount
        engine.dispose()
        error = refused(lambda: reopened(index))
        assert error.code == "SY103"
        assert error.hint().startswith("Delete it")


def test_a_file_with_a_turned_byte_gives_the_truth_or_an_error(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    made, end = replayable(20)
    with Index.in_file(path) as index:
        index.append(PLACE, made, end, after=None)
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.execute("PRAGMA journal_mode = DELETE")
    file.close()
    whole = path.read_bytes()
    outcomes = {"truth": 0, "error": 0}
    for place in range(0, len(whole), 211):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            with Index.in_file(path) as index:
                points, found = reopened(index)
                assert (points, found) in (([end], made), ([], []))
                outcomes["truth"] += 1
        except StoreError:
            outcomes["error"] += 1
        for extra in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + extra).unlink(missing_ok=True)
    assert min(outcomes.values()) > 10


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_an_error(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "index.sqlite"
    made, end = replayable(50)
    with Index.in_file(path) as index:
        index.append(PLACE, made, end, after=None)
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(StoreError), Index.in_file(path) as index:
        reopened(index)


# --- what cannot be opened or written -----------------------------------------------------------------------


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE mine (a)")
    file.close()
    assert refused(lambda: Index.in_file(path)).code == "SY105"
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT name FROM sqlite_schema").fetchall() == [("mine",)]
    file.close()


def test_another_programs_table_on_a_server_is_left_as_it_is(server: Any) -> None:
    server.psql("DROP TABLE IF EXISTS change, point, registry; CREATE TABLE registry (mine integer)")
    url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
    assert refused(lambda: Index(url)).code == "SY105"
    assert "point" not in server.psql("\\dt")
    server.psql("DROP TABLE registry")


@pytest.mark.parametrize("version", ["0", "2"])
def test_a_store_of_another_version_is_refused_and_left_as_it_is(url: str, version: str) -> None:
    with Index(url) as index:
        index.append(PLACE, rows(3), point(3), after=None)
    local = url.startswith("sqlite")
    mark = "PRAGMA user_version = {}" if local else "COMMENT ON TABLE registry IS 'attest store {}'"
    engine = sa.create_engine(url)
    for stored in (version, "1"):
        with engine.begin() as connection:
            connection.execute(sa.text(mark.format(stored)))
        if stored == version:
            error = refused(lambda: Index(url))
            assert error.code == "SY106"
            assert f"expected version 1 of its tables, found '{version}'" in error.text()
    engine.dispose()
    with Index(url) as index:
        assert index.copy(PLACE) == ([point(3)], rows(3))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("not a database, but long enough to look for one" * 100)
    assert refused(lambda: Index.in_file(path)).code == "SY103"
    assert path.read_text().startswith("not a database")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    assert refused(lambda: Index.in_file(tmp_path / "absent" / "index.sqlite")).code == "SY101"
    assert refused(lambda: Index("sqlite:////dev/full")).code in ("SY101", "SY103")


def test_a_full_disk_stores_nothing_and_is_told(tmp_path: Path) -> None:
    with Index.in_file(tmp_path / "index.sqlite") as index:
        index.append(PLACE, rows(3), point(3), after=None)
        with index._engine.begin() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        index._engine.dispose()

        @sa.event.listens_for(index._engine, "connect")
        def shrink(file: Any, _: Any) -> None:
            file.execute(f"PRAGMA max_page_count = {pages}")

        error = refused(lambda: index.append(PLACE, rows(500, first=4), point(503), after=point(3)))
        assert (error.code, "full" in error.text()) == ("SY101", True)
        assert index.copy(PLACE) == ([point(3)], rows(3))


def test_a_store_that_another_process_writes_to_is_waited_for_and_given_up(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with Index.in_file(path, wait_s=0.1) as index:
        index.append(PLACE, rows(1), point(1), after=None)
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        assert index.copy(PLACE)[1] == rows(1)
        assert refused(lambda: index.append(PLACE, rows(1, first=2), point(2), after=point(1))).code == "SY102"
        holder.execute("ROLLBACK")
        holder.close()
        index.append(PLACE, rows(1, first=2), point(2), after=point(1))


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    error = refused(lambda: Index("postgresql+psycopg://user:secret@127.0.0.1:1/db?password=secret2", wait_s=1))
    assert error.code == "SY101"
    assert "secret" not in f"{error} {error.text('zh-CN')}"
    assert "127.0.0.1/db" in error.text()


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "sqlite+nonsense:///x"])
def test_an_address_of_no_store_is_told(url: str) -> None:
    assert refused(lambda: Index(url)).code == "SY101"


def append_one(url: str, serial: int) -> str:
    try:
        with Index(url) as index:
            index.append(PLACE, rows(1, first=serial), point(serial), after=None)
    except StoreError as error:
        return error.code
    return "stored"


def test_of_processes_that_store_at_once_one_does(url: str) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        outcomes = pool.starmap(append_one, [(url, serial) for serial in (1, 2, 3)])
    assert sorted(outcomes) == ["SY104", "SY104", "stored"]
    with Index(url) as index:
        assert [len(part) for part in index.copy(PLACE)] == [1, 1]
