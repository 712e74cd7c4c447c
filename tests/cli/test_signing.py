"""What a registrar's commands do around the signature: keys, dry runs, interruptions, the journal."""

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from eth_account import Account

from attest.chain.keys import LocalKey
from attest.chain.rpc import HttpNode
from attest.cli import context
from tests.chain.anvil import Anvil, running
from tests.cli.command import attest, started
from tests.cli.keeping import PASSPHRASE, Keeping, on_anvil
from tests.cli.sites import ABSENT, GOOD, LISTED
from tests.fictional import fictional


@pytest.fixture(scope="module")
def slow() -> Iterator[Anvil]:
    """A node of our own, for tests that stop its mining."""
    with running() as node:
        yield node


@pytest.fixture
def kept(slow: Anvil, tmp_path: Path) -> Keeping:
    keeping = on_anvil(slow, tmp_path / "kept")
    assert keeping.init().code == 0
    return keeping


def listed(keeping: Keeping, count: int, start: int = 500) -> Path:
    """A file of records without nonces, as people write them."""
    records = [
        {"number": fictional(serial).text, "subject": {"kind": "organisation"}}
        for serial in range(start, start + count)
    ]
    return keeping.file(f"{count}.json", json.dumps(records))


def _ask(node: Anvil, method: str, *params: Any) -> Any:
    async def asked() -> Any:
        async with HttpNode(node.url) as http:
            return await http.request(method, params)

    return asyncio.run(asked())


def operations(home: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(home / "journal.sqlite") as journal:
        return journal.execute("SELECT nonce, state FROM operation ORDER BY id").fetchall()


# --- keys ---------------------------------------------------------------------------------------------------


def test_a_passphrase_is_read_from_the_environment_only_when_that_is_asked_for(
    kept: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", PASSPHRASE)
    record = listed(kept, 1)
    unasked = kept.read("register", record, "--keystore", kept.keystore)
    assert (unasked.code, "[KE106]" in unasked.err) == (2, True)
    absent = kept.read("register", record, "--keystore", kept.keystore, "--passphrase-env", "OTHER")
    assert (absent.code, "[KE114]" in absent.err) == (2, True)
    assert kept.read("register", record, "--keystore", kept.keystore, "--passphrase-env", "SECRET").code == 0


def test_neither_key_nor_passphrase_is_ever_shown_or_written(kept: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_DEBUG", "1")
    assert kept.keystore
    key = bytes(Account.decrypt(json.loads(kept.keystore.read_text()), PASSPHRASE))
    record = listed(kept, 2)
    number = fictional(500).text
    said = [
        kept.write("register", record),
        kept.write("register", record, "--json"),
        kept.write("suspend", number),
        kept.write("suspend", number),
        kept.write("reopen", record),
        kept.write("role", "grant", "REGISTRAR", "0x" + "00" * 20),
        kept.write("register", record, passphrase="wrong"),
        kept.write("register", record, "--dry-run"),
        kept.read("journal", "--json"),
    ]
    told = "".join(each.out + each.err for each in said).encode()
    written = b"".join(path.read_bytes() for path in kept.home.rglob("*") if path.is_file())
    for secret in (key, key.hex().encode(), PASSPHRASE.encode(), repr(key).encode()):
        assert secret not in told
        assert secret not in written


def test_a_remote_signer_signs_for_the_account_that_is_named(kept: Keeping, slow: Anvil) -> None:
    known, unknown = _ask(slow, "eth_accounts")[0], LocalKey(Account.create()).address
    assert all(kept.write("role", "grant", "REGISTRAR", account).code == 0 for account in (known, unknown))
    path = listed(kept, 1)
    refused = kept.read("register", path, "--signer", slow.url, "--account", unknown)
    assert (refused.code, "[KE110]" in refused.err) == (4, True)
    unnamed = kept.read("register", path, "--signer", slow.url)
    assert (unnamed.code, "[KE108]" in unnamed.err) == (2, True)
    said = kept.read("register", path, "--signer", slow.url, "--account", known)
    assert (said.code, "is asked to sign the digest 0x" in said.err) == (0, True)


def test_a_remote_signers_address_can_come_from_the_environment(
    kept: Keeping, slow: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNER_URL", f"{slow.url}/?key=s3cret")
    known = _ask(slow, "eth_accounts")[0]
    assert kept.write("role", "grant", "REGISTRAR", known).code == 0
    path = listed(kept, 1)
    wrong = {"KE115": ("--signer-env", "NOT_SET"), "KE117": ("--signer", slow.url, "--signer-env", "SIGNER_URL")}
    for code, options in wrong.items():
        said = kept.read("register", path, *options, "--account", known)
        assert (said.code, f"[{code}]" in said.err) == (2, True)
    said = kept.read("register", path, "--signer-env", "SIGNER_URL", "--account", known)
    assert said.code == 0
    assert "s3cret" not in said.out + said.err


@pytest.mark.parametrize(("busy", "told"), [(True, "HTTP 503"), (False, "no answer in 0.3 s")])
def test_a_remote_signer_is_asked_once_and_given_the_time_to_approve(
    kept: Keeping, slow: Anvil, monkeypatch: pytest.MonkeyPatch, busy: bool, told: str
) -> None:
    known = _ask(slow, "eth_accounts")[0]
    assert kept.write("role", "grant", "REGISTRAR", known).code == 0
    assert context.SIGNING_S >= 300
    monkeypatch.setattr(context, "SIGNING_S", 300 if busy else 0.3)
    with _signer(busy=busy) as (url, asked):
        said = kept.read("register", listed(kept, 1), "--signer", url, "--account", known)
    assert (said.code, "[KE110]" in said.err, told in said.err) == (4, True, True)
    assert len(asked) == 1


@contextmanager
def _signer(*, busy: bool) -> Iterator[tuple[str, list[bytes]]]:
    """A signer that is busy, or whose owner is; its address and what it is asked."""
    asked: list[bytes] = []
    ended = Event()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["content-length"])))
            if busy:
                self.send_error(503)
            else:
                ended.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


def test_an_account_that_is_not_the_keystores_is_refused_before_anything_is_signed(kept: Keeping) -> None:
    before = operations(kept.home)
    said = kept.write("register", listed(kept, 1), "--account", "0x" + "12" * 20)
    assert (said.code, "[KE116]" in said.err) == (2, True)
    assert kept.address in said.err
    assert operations(kept.home) == before
    assert kept.write("register", listed(kept, 1), "--account", kept.address).code == 0


def test_a_key_or_passphrase_given_in_two_ways_is_refused(kept: Keeping, slow: Anvil) -> None:
    path = listed(kept, 1)
    twice = kept.read("register", path, "--keystore", kept.keystore, "--signer", slow.url, "--account", kept.address)
    assert (twice.code, "[KE117]" in twice.err) == (2, True)
    both = kept.write("register", path, "--passphrase-env", "SECRET")
    assert (both.code, "[KE117]" in both.err) == (2, True)


def test_a_keystore_that_is_none_is_told_before_its_passphrase_is_asked_for(kept: Keeping) -> None:
    for path, code in ((kept.home / "none.json", "KE101"), (kept.home / "attest.toml", "KE102")):
        said = kept.read("register", listed(kept, 1), "--keystore", path)
        assert (said.code, f"[{code}]" in said.err) == (2, True)


# --- changes that are none ----------------------------------------------------------------------------------


def test_an_amendment_to_the_same_record_sends_nothing(home: Path) -> None:
    keeping = Keeping(home)
    path = listed(keeping, 1)
    assert keeping.read("register", path).code == 0
    before = operations(home)
    said = keeping.read("amend", path)
    assert (said.code, said.err) == (0, "The record is so already; nothing was sent.\n")
    assert operations(home) == before


def test_a_number_named_twice_is_refused_as_such(home: Path) -> None:
    said = attest("registry", "suspend", GOOD, GOOD, home=home)
    assert (said.code, "[RG110]" in said.err) == (2, True)
    assert attest("registry", "show", GOOD, "--json", home=home).json["status"] == "active"


# --- dry runs -----------------------------------------------------------------------------------------------


def test_a_dry_run_tells_gas_and_cost_and_neither_opens_a_key_nor_sends(kept: Keeping) -> None:
    record = listed(kept, 300)
    before = operations(kept.home)
    said = kept.read("register", record, "--dry-run", "--keystore", kept.keystore, "--json")
    assert said.code == 0
    assert (said.json["schema"], len(said.json["gas"]), len(said.json["filings"])) == ("registry-dry-run/1", 2, 300)
    assert 0 < int(said.json["cost_wei"]) < int(said.json["most_wei"])
    words = kept.read("register", record, "--dry-run", "--account", kept.address)
    assert words.out.startswith("Dry run: 2 transactions, ")
    assert operations(kept.home) == before
    assert kept.read("show", fictional(500).text).code == 3


def test_a_dry_run_without_an_account_says_what_it_lacks(kept: Keeping) -> None:
    said = kept.read("register", listed(kept, 1), "--dry-run")
    assert (said.code, "[KE109]" in said.err) == (2, True)


def test_a_dry_run_is_refused_as_the_change_would_be(home: Path) -> None:
    said = attest("registry", "suspend", ABSENT, "--dry-run", home=home)
    assert (said.code, "[RG141]" in said.err) == (2, True)


# --- interruptions ------------------------------------------------------------------------------------------


def test_a_killed_command_given_again_completes_its_list_without_doubling(home: Path) -> None:
    keeping = Keeping(home)
    path = listed(keeping, 700)
    begun = len(operations(home))
    process = started("registry", "register", path, home=home)
    until = time.monotonic() + 60
    while len(operations(home)) < begun + 2 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert len(operations(home)) >= begun + 2
    again = keeping.read("register", path)
    assert again.code == 0
    found = keeping.read("history", fictional(500).text, "--json").json["changes"]
    assert [change["event"] for change in found] == ["Registered"]
    states = [state for _, state in operations(home)]
    assert set(states) == {"final"}
    assert len(states) == begun + 3


def test_a_change_left_in_the_pool_is_finished_by_the_next_command(kept: Keeping, slow: Anvil) -> None:
    path = listed(kept, 1)
    command = ("registry", "register", path, "--keystore", kept.keystore, "--passphrase-env", "SECRET")
    _ask(slow, "evm_setAutomine", False)
    try:
        process = started(*command, home=kept.home, env={"SECRET": PASSPHRASE})
        until = time.monotonic() + 60
        while _ask(slow, "txpool_status")["pending"] == "0x0" and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert operations(kept.home)[-1] == (4, "signed")
    finally:
        _ask(slow, "evm_setAutomine", True)
        _ask(slow, "evm_mine")
    said = kept.write("suspend", fictional(500).text)
    assert (said.code, said.err) == (0, "Left by an interrupted command: transaction 4 of the account is now final.\n")
    assert operations(kept.home)[-2:] == [(4, "final"), (5, "final")]
    calls = [row["call"] for row in kept.read("journal", "--json").json["transactions"]]
    assert calls == ["deploy", "grantRole", "grantRole", "grantRole", "register", "setStatus"]


def test_a_change_that_is_not_final_yet_is_followed_by_resume(kept: Keeping, slow: Anvil) -> None:
    settings = kept.home / "attest.toml"
    settings.write_text(settings.read_text().replace('"latest"', '"3 confirmations"'))
    assert kept.write("register", listed(kept, 1)).code == 0
    waiting = kept.write("resume")
    assert (waiting.code, "mined" in waiting.out) == (3, True)
    for serial in range(3):
        assert kept.write("register", listed(kept, 1, start=600 + serial)).code == 0
    assert kept.write("resume", "--json").json["transactions"][0]["state"] in ("mined", "final")
    assert operations(kept.home)[4] == (4, "final")


def test_a_home_without_a_journal_has_nothing_to_show(tmp_path: Path) -> None:
    said = attest("registry", "journal", home=tmp_path)
    assert (said.code, said.out) == (0, "Nothing was signed here.\n")


def test_a_damaged_journal_is_told_and_nothing_is_sent(home: Path) -> None:
    path = home / "journal.sqlite"
    with sqlite3.connect(path) as journal:
        journal.execute("UPDATE operation SET nonce = nonce + 100 WHERE id = (SELECT max(id) FROM operation)")
    said = attest("registry", "suspend", LISTED, home=home)
    assert (said.code, "[JR102]" in said.err) == (4, True)
    assert "move it away" in said.err
    assert attest("registry", "show", LISTED, "--json", home=home).json["status"] == "active"
    for rest in home.glob("journal.sqlite*"):
        rest.unlink()
    assert attest("registry", "suspend", LISTED, home=home).code == 0


@pytest.mark.long
def test_a_full_disk_is_told_and_the_same_command_works_once_there_is_room(home: Path) -> None:
    path = home / "journal.sqlite"
    with sqlite3.connect(path) as journal:
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
    code = limited + "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from attest.cli import run; run()"
    command = [sys.executable, "-c", code, "--home", str(home), "registry", "register", str(listed(Keeping(home), 200))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 4
    assert "[JR104]" in done.stderr
    assert attest("registry", "show", fictional(500).text, home=home).code == 3
    assert attest("registry", "register", home / "200.json", home=home).code == 0


# --- progress -----------------------------------------------------------------------------------------------


def _terminal(*arguments: object, home: Path) -> tuple[int, bytes]:
    """Run a command with a terminal as its standard error; what it drew there."""
    ours, theirs = pty.openpty()
    process = started(*arguments, home=home, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    drawn = b""
    with suppress(OSError):  # the terminal is gone with its last user
        while part := os.read(ours, 65_536):
            drawn += part
    os.close(ours)
    return process.wait(100), drawn


def test_a_long_list_shows_its_progress_on_a_terminal_only(home: Path) -> None:
    path: Any = listed(Keeping(home), 300)
    code, drawn = _terminal("registry", "register", path, home=home)
    assert (code, b"100%" in drawn) == (0, True)
    assert attest("registry", "suspend", *[fictional(n).text for n in range(500, 800)], home=home).err == ""


def test_a_passphrase_is_asked_for_before_the_bar_is_drawn(kept: Keeping) -> None:
    ours, theirs = pty.openpty()
    command = ("registry", "register", listed(kept, 300), "--keystore", kept.keystore)
    process = started(*command, home=kept.home, stdin=theirs, stderr=theirs, start_new_session=True)
    drawn = b""
    while b"Passphrase of the keystore:" not in drawn:
        drawn += os.read(ours, 65_536)
    assert b"%" not in drawn
    os.write(ours, PASSPHRASE.encode() + b"\n")
    os.close(theirs)
    with suppress(OSError):
        while part := os.read(ours, 65_536):
            drawn += part
    os.close(ours)
    assert process.wait(100) == 0
    assert b"100%" in drawn
    assert PASSPHRASE.encode() not in drawn


def test_an_interrupt_says_how_to_go_on(home: Path) -> None:
    process = started("registry", "register", listed(Keeping(home), 700), home=home)
    begun, until = len(operations(home)), time.monotonic() + 60
    while len(operations(home)) < begun + 1 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"give the same command again" in err


def test_a_short_list_shows_none(home: Path) -> None:
    code, drawn = _terminal("registry", "suspend", GOOD, home=home)
    assert (code, drawn) == (0, b"")
