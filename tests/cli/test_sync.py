"""`attest registry sync`, `lookup`, and what `history` says of a synced registry, as a user sees them."""

import asyncio
import json
import os
import pty
import sqlite3
from pathlib import Path

import pytest

from attest.chain.rpc import HttpNode
from attest.cli.registry.reading import SEVERITY
from tests.chain.anvil import Anvil
from tests.cli.command import attest, process, started
from tests.cli.conftest import document
from tests.cli.keeping import Keeping, on_anvil
from tests.cli.sites import ABSENT, CANCELLED, GOOD, LISTED
from tests.conftest import fictional


@pytest.fixture(params=["embedded", "anvil"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Keeping:
    """A home on either chain, with a registry of three filings of which one is cancelled."""
    embedded = request.param == "embedded"
    keeping = Keeping(tmp_path) if embedded else on_anvil(request.getfixturevalue("anvil"), tmp_path)
    assert keeping.init().code == 0
    records = keeping.file("r.json", json.dumps([document(number) for number in (GOOD, CANCELLED, LISTED)]))
    assert keeping.write("register", records).code == 0
    assert keeping.write("cancel", CANCELLED, "--reason", "service-ended").code == 0
    return keeping


# --- sync ---------------------------------------------------------------------------------------------------


def test_a_sync_tells_what_it_stored_and_where_it_ended(fresh: Keeping) -> None:
    said = fresh.read("sync", "--json")
    assert (said.code, said.err) == (0, "")
    found = said.json
    assert (found["schema"], found["filings"], found["changes"], found["rolled_back_to"]) == (
        "registry-sync/1", 3, 4, None,
    )  # fmt: skip
    assert len(found["history"]) == 64
    assert found["rests_on"]["block"] > 0
    again = fresh.read("sync")
    assert again.code == 0
    assert "3 filings, 0 new changes" in again.out
    assert "running hash" in again.out
    assert "登记簿" in fresh.read("sync", lang="zh-CN").out


def test_a_history_is_replayed_once_the_registry_was_synced(fresh: Keeping) -> None:
    walked = fresh.read("history", CANCELLED, "--json").json
    assert walked["replayed"] is False
    assert "Not replayed" in fresh.read("history", CANCELLED).out
    assert fresh.read("sync").code == 0
    replayed = fresh.read("history", CANCELLED, "--json").json
    assert replayed == walked | {"replayed": True}
    assert "Replayed: every change up to block" in fresh.read("history", CANCELLED).out
    assert fresh.write("correct", CANCELLED).code == 0
    assert fresh.read("history", CANCELLED, "--json").json["replayed"] is False
    assert fresh.read("history", GOOD, "--json").json["replayed"] is True
    absent = fresh.read("history", ABSENT, "--json")
    assert (absent.code, absent.json["replayed"], absent.json["changes"]) == (3, True, [])


def test_a_damaged_store_is_told_and_does_not_stop_a_look_up(fresh: Keeping) -> None:
    assert fresh.read("sync").code == 0
    before = fresh.read("show", GOOD, "--json").json
    with sqlite3.connect(fresh.home / "index.sqlite") as file:
        file.execute("UPDATE change SET reason = 7, record = x'00'")
    file.close()
    for command in (("sync",), ("history", GOOD)):
        said = fresh.read(*command)
        assert said.code == 4
        assert "[SY103]" in said.err
        assert "Delete it" in said.err
    assert fresh.read("show", GOOD, "--json").json == before
    (fresh.home / "index.sqlite").write_bytes(b"no database at all" * 100)
    assert fresh.read("show", GOOD, "--json").json == before
    for name in ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm"):
        (fresh.home / name).unlink(missing_ok=True)
    assert fresh.read("sync").code == 0
    assert fresh.read("history", GOOD, "--json").json["replayed"] is True


def test_a_reorganised_chain_is_told(tmp_path: Path, anvil: Anvil) -> None:
    keeping = on_anvil(anvil, tmp_path)
    assert keeping.init().code == 0
    assert keeping.write("register", keeping.file("r.json", json.dumps(document(GOOD)))).code == 0
    assert keeping.read("sync").code == 0

    async def reorganise() -> None:
        async with HttpNode(anvil.url) as node:
            await node.request("anvil_reorg", [1, []])

    asyncio.run(reorganise())
    said = keeping.read("sync")
    assert said.code == 0
    assert "What was stored after block" in said.out
    assert "0 filings" in said.out


def test_a_store_elsewhere_is_used(fresh: Keeping, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.sqlite"
    settings = fresh.home / "attest.toml"
    settings.write_text(f'store = "sqlite:///{elsewhere}"\n' + settings.read_text())
    assert fresh.read("sync").code == 0
    assert elsewhere.is_file()
    assert not (fresh.home / "index.sqlite").exists()
    assert fresh.read("history", GOOD, "--json").json["replayed"] is True


def test_progress_is_shown_on_a_terminal_and_the_result_stays_clean(home: Path) -> None:
    reading, writing = pty.openpty()
    running = started("registry", "sync", "--json", home=home, stderr=writing, env={"TERM": "xterm", "COLUMNS": "100"})
    os.close(writing)
    shown = b""
    while True:
        try:
            part = os.read(reading, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    out, _ = running.communicate(timeout=60)
    os.close(reading)
    assert running.returncode == 0
    assert json.loads(out)["filings"] == 3
    assert b"filings" in shown


# --- lookup -------------------------------------------------------------------------------------------------

BAD = "京网信备11010819764512340016号"


def listed(home: Path, *lines: object) -> Path:
    path = home / "numbers.txt"
    path.write_text("\n".join(map(str, lines)) + "\n", encoding="utf-8")
    return path


def test_many_numbers_are_looked_up_at_one_head(home: Path) -> None:
    path = listed(home, "# ours", GOOD, "", CANCELLED.key, f"  {LISTED}  ", BAD, ABSENT, GOOD)
    said = attest("registry", "lookup", path, "--json", home=home)
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert [(row["line"], row["number"], row["status"]) for row in rows] == [
        (2, str(GOOD), "active"), (4, str(CANCELLED), "cancelled"), (5, str(LISTED), "active"), (6, None, None),
        (7, str(ABSENT), "none"), (8, str(GOOD), "active"),
    ]  # fmt: skip
    assert {row["schema"] for row in rows} == {"registry-state/1"}
    assert len({json.dumps(row["rests_on"]) for row in rows}) == 1
    assert (rows[3]["text"], rows[3]["problem"][:2]) == (BAD, "NU")
    assert rows[0]["digest"] == attest("registry", "show", GOOD, "--json", home=home).json["digest"]
    assert (rows[4]["digest"], rows[4]["changed_at"], rows[4]["pending"]) == (None, 0, False)
    assert said.code == 2


def test_people_get_a_line_a_number_and_the_counts(home: Path) -> None:
    said = attest("registry", "lookup", listed(home, GOOD, BAD, ABSENT, "a\x1b[31mb"), home=home)
    assert f"{GOOD}  active" in said.out
    assert f"{ABSENT}  not in this registry" in said.out
    assert f"{BAD}  error" in said.out
    assert "4 numbers: 1 in this registry, 1 not, 2 malformed." in said.out
    assert "proves nothing to others" in said.out
    assert "\x1b" not in said.out


@pytest.mark.parametrize(
    ("registry", "lines", "code"),
    [
        ("local", [GOOD, CANCELLED], 0),
        ("ruling", [GOOD, CANCELLED], 0),
        ("local", [GOOD, ABSENT], 3),
        ("ruling", [GOOD, ABSENT], 1),
        ("local", [GOOD, BAD], 2),
        ("local", [ABSENT, BAD], 2),
        ("ruling", [ABSENT, BAD], 1),
    ],
)
def test_the_exit_code_is_that_of_the_gravest_line(registry: str, lines: list[object], code: int, home: Path) -> None:
    path = listed(home, *lines)
    assert attest("registry", "lookup", path, "--registry", registry, home=home).code == code
    alone = [attest("registry", "show", line, "--registry", registry, home=home).code for line in lines]
    assert max(alone, key=SEVERITY.index) == code


def test_a_list_comes_through_a_pipe(home: Path) -> None:
    said = attest("registry", "lookup", "-", "--json", home=home, stdin=f"\ufeff{GOOD}\r\n{LISTED}".encode())
    assert [json.loads(line)["status"] for line in said.out.splitlines()] == ["active", "active"]
    assert said.code == 0


@pytest.mark.parametrize(
    ("text", "code"), [(b"", "RG132"), (b"# nothing\n\n", "RG132"), ("备".encode("gb18030") + b"\xff", "IN108")]
)
def test_a_list_that_cannot_be_used_is_refused(text: bytes, code: str, home: Path) -> None:
    path = home / "numbers.txt"
    path.write_bytes(text)
    said = attest("registry", "lookup", path, home=home)
    assert (said.code, f"[{code}]" in said.err, said.out) == (2, True, "")


def test_more_numbers_than_one_call_takes_are_looked_up(home: Path) -> None:
    path = listed(home, *(fictional(serial) for serial in range(1000)), GOOD)
    said = attest("registry", "lookup", path, "--json", home=home)
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert len(rows) == 1001
    assert rows[-1]["status"] == "active"
    assert len({row["rests_on"]["block_hash"] for row in rows}) == 1


def test_an_entry_that_is_not_final_yet_is_pending_in_a_list_too(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    assert keeping.init("--authority", "authoritative").code == 0
    assert keeping.write("register", keeping.file("r.json", json.dumps(document(GOOD)))).code == 0
    settings = tmp_path / "attest.toml"
    settings.write_text(settings.read_text().replace('"latest"', '"1 confirmations"'))
    said = keeping.read("lookup", listed(tmp_path, GOOD), "--json")
    assert (said.code, json.loads(said.out)["pending"]) == (3, True)
    assert "the block is not final yet" in keeping.read("lookup", listed(tmp_path, GOOD)).out


# --- several nodes ------------------------------------------------------------------------------------------


def test_a_number_is_shown_though_one_node_of_three_is_dead(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    assert keeping.init().code == 0
    assert keeping.write("register", keeping.file("r.json", json.dumps(document(GOOD)))).code == 0
    settings = tmp_path / "attest.toml"
    alive, dead = f'"{anvil.url}"', '"http://127.0.0.1:1/secret"'
    text = settings.read_text()
    settings.write_text(text.replace(f"rpc = {alive}", f'rpc = [{dead}, {alive}, "{anvil.url}/?again"]'))
    said = keeping.read("show", GOOD, "--json")
    assert (said.code, said.json["rests_on"]["nodes"]) == (0, 2)
    settings.write_text(text.replace(f"rpc = {alive}", f'rpc = [{dead}, {alive}, "http://127.0.0.1:2/secret"]'))
    said = keeping.read("show", GOOD)
    assert (said.code, "[CH140]" in said.err, "secret" in said.err) == (3, True, False)


def test_nothing_of_the_store_is_loaded_where_nothing_was_synced(home: Path) -> None:
    (home / "sitecustomize.py").write_text(
        "import sys\nsys.modules['sqlalchemy'] = None  # importing it raises ImportError\n"
    )
    said = process("registry", "show", GOOD, home=home, env={"PYTHONPATH": f"{home}:{Path(__file__).parents[2]}"})
    assert said.code == 0, said.err
    assert (
        process("registry", "history", GOOD, home=home, env={"PYTHONPATH": f"{home}:{Path(__file__).parents[2]}"}).code
        == 0
    )
