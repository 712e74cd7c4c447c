"""The journal: what is written stays written, nonces are held once, and a damaged file is never believed."""

import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from attest.errors import JournalError
from attest.store.journal import Journal, State, chain_key, transaction_hash

CHAIN = chain_key(7, "0x" + "11" * 32)
ACCOUNT = "0x" + "22" * 20


def filled(path: Path) -> Journal:
    """A journal with an operation of each state, and one with two attempts."""
    journal = Journal(path)
    for nonce, state in enumerate(State):
        operation = journal.begin(CHAIN, ACCOUNT, nonce, b"raw" + bytes([nonce]))
        if state is not State.SIGNED:
            journal.mark(operation, state, 10 + nonce, "0x" + "33" * 32)
    journal.bump(journal.operations()[0], b"dearer")
    return journal


def test_what_was_written_is_read_again_after_reopening(tmp_path: Path) -> None:
    with filled(tmp_path / "j") as journal:
        before = journal.operations()
    with Journal(tmp_path / "j") as again:
        assert again.operations() == before
    assert [operation.state for operation in before] == list(State)
    assert before[0].attempts == (b"raw\0", b"dearer")
    assert before[0].hashes == [transaction_hash(b"dearer"), transaction_hash(b"raw\0")]


def test_a_process_killed_after_writing_leaves_what_it_wrote(tmp_path: Path) -> None:
    def write() -> None:
        Journal(tmp_path / "j").begin(CHAIN, ACCOUNT, 5, b"raw")
        os.kill(os.getpid(), signal.SIGKILL)

    process = multiprocessing.get_context("fork").Process(target=write)
    process.start()
    process.join(20)
    assert process.exitcode == -signal.SIGKILL
    with Journal(tmp_path / "j") as journal:
        assert [operation.nonce for operation in journal.unsettled(CHAIN, ACCOUNT, 0)] == [5]


def test_a_nonce_is_held_by_one_operation_unless_that_is_of_no_use_any_more(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        first = journal.begin(CHAIN, ACCOUNT, 0, b"first")
        with pytest.raises(JournalError):
            journal.begin(CHAIN, ACCOUNT, 0, b"second")
        journal.mark(first, State.REFUSED)
        second = journal.begin(CHAIN, ACCOUNT, 0, b"second")
        assert journal.next_nonce(CHAIN, ACCOUNT) == 1
        assert [rival.id for rival in journal.rivals(second)] == [first.id]
        assert journal.begin("8:0x", ACCOUNT, 0, b"elsewhere").nonce == 0
        assert journal.begin(CHAIN, "0x" + "44" * 20, 0, b"another account").nonce == 0


def test_the_next_nonce_is_the_one_after_all_that_hold_theirs(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        assert journal.next_nonce(CHAIN, ACCOUNT) == 0
        journal.mark(journal.begin(CHAIN, ACCOUNT, 3, b"a"), State.FINAL, 1, "0x")
        refused = journal.begin(CHAIN, ACCOUNT, 4, b"b")
        assert journal.next_nonce(CHAIN, ACCOUNT) == 5
        journal.mark(refused, State.REFUSED)
        assert journal.next_nonce(CHAIN, ACCOUNT) == 4


def test_what_is_signed_or_mined_is_unsettled_in_the_order_of_nonces(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        for nonce, state in ((2, State.SIGNED), (0, State.FINAL), (1, State.MINED)):
            journal.mark(journal.begin(CHAIN, ACCOUNT, nonce, bytes([nonce])), state)
        assert [operation.nonce for operation in journal.unsettled(CHAIN, ACCOUNT, 1)] == [1, 2]


def test_what_was_final_in_a_chain_that_lost_it_is_unsettled_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        for nonce, state in enumerate((State.FINAL, State.REVERTED, State.REFUSED, State.DISPLACED, State.FINAL)):
            journal.mark(journal.begin(CHAIN, ACCOUNT, nonce, bytes([nonce])), state)
        assert [operation.nonce for operation in journal.unsettled(CHAIN, ACCOUNT, 5)] == []
        assert [operation.nonce for operation in journal.unsettled(CHAIN, ACCOUNT, 0)] == [0, 4]


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    (tmp_path / "j").touch()
    with Journal(tmp_path / "j") as journal:
        assert journal.operations() == []


@pytest.mark.parametrize("version", [0, 2])
def test_a_journal_of_another_version_is_neither_used_nor_changed(tmp_path: Path, version: int) -> None:
    path = tmp_path / "j"
    filled(path).close()
    for found in (version, 1):
        with sqlite3.connect(path) as file:
            file.execute(f"PRAGMA user_version = {found}")
        file.close()
        if found == version:
            with pytest.raises(JournalError) as caught:
                Journal(path)
            assert (caught.value.code, f"found {version}." in caught.value.text()) == ("JR107", True)
    with Journal(path) as journal:
        assert len(journal.operations()) == len(State)


@pytest.mark.parametrize("content", [b"no database at all, but text " * 40, None])
def test_another_programs_file_is_neither_used_nor_changed(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "j"
    if content is None:
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE theirs (x)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(JournalError) as caught:
        Journal(path)
    assert caught.value.code in ("JR101", "JR102")
    assert path.read_bytes() == before


def test_a_full_disk_is_told_and_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    with filled(tmp_path / "j") as journal:
        before = journal.operations()
        pages = journal._file.execute("PRAGMA page_count").fetchone()[0]
        journal._file.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalError) as caught:
            journal.begin(CHAIN, ACCOUNT, 99, b"x" * 100_000)
        assert caught.value.code == "JR104"
        assert journal.operations() == before
        journal._file.execute("PRAGMA max_page_count = 100000")
        assert journal.begin(CHAIN, ACCOUNT, 99, b"x" * 100_000).nonce == 99


def test_a_second_process_that_writes_waits_and_then_says_why_it_cannot(tmp_path: Path) -> None:
    with filled(tmp_path / "j") as journal:
        journal._file.execute("BEGIN IMMEDIATE")
        with Journal(tmp_path / "j", wait_s=0.1) as second:
            with pytest.raises(JournalError) as caught:
                second.begin(CHAIN, ACCOUNT, 99, b"raw")
            assert caught.value.code == "JR103"
            journal._file.execute("ROLLBACK")
            assert second.begin(CHAIN, ACCOUNT, 99, b"raw").nonce == 99


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError) as caught:
        Journal(tmp_path / "none" / "j")
    assert caught.value.code == "JR104"


# --- turned bits --------------------------------------------------------------------------------------------


def turned(path: Path) -> set[str]:
    """What a journal says of itself after each turn of one bit of its file: its operations, or `damaged`."""
    whole = path.read_bytes()
    told = set()
    for place in range(0, len(whole), 29):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            with Journal(path) as journal:
                told.add(repr((journal.operations(), journal.next_nonce(CHAIN, ACCOUNT))))
        except JournalError:
            told.add("damaged")
        for rest in path.parent.glob(f"{path.name}-*"):
            rest.unlink()
    path.write_bytes(whole)
    return told


def settled(path: Path) -> str:
    """Write a journal without a write-ahead log beside it; what it says of itself."""
    with filled(path) as journal:
        journal._file.execute("PRAGMA journal_mode = DELETE")
        return repr((journal.operations(), journal.next_nonce(CHAIN, ACCOUNT)))


def test_a_turned_bit_anywhere_is_damage_or_changes_nothing(tmp_path: Path) -> None:
    truth = settled(tmp_path / "j")
    assert turned(tmp_path / "j") == {truth, "damaged"}


def test_without_the_seals_some_turned_bit_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attest.store.journal._seal", lambda _: b"")
    truth = settled(tmp_path / "j")
    assert turned(tmp_path / "j") - {truth, "damaged"}


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_file_cut_off_after_some_pages_is_damaged(tmp_path: Path, pages: int) -> None:
    settled(tmp_path / "j")
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(whole[: pages * 4096])
    assert len(whole) > pages * 4096
    with pytest.raises(JournalError), Journal(tmp_path / "j") as journal:
        journal.operations()
