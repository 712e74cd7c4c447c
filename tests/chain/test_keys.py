"""Keys: what opens, what does not, and that no error shows one."""

import json
import os
import resource
import stat
import subprocess
import sys
import traceback
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from attest.chain.keys import TEST_KEY_FILE, embedded_key, keystore_key, secret_in
from attest.errors import SignerError

KEY = bytes.fromhex("c0ffee" * 10 + "c0de")
ADDRESS = Account.from_key(KEY).address
PASSPHRASE = "correct horse 电池 staple"
PBKDF2 = json.loads(json.dumps(Account.encrypt(KEY, PASSPHRASE, kdf="pbkdf2", iterations=100)))
SCRYPT = json.loads(json.dumps(Account.encrypt(KEY, PASSPHRASE, kdf="scrypt", iterations=16)))
DAMAGE: list[Any] = [None, [], {}, -1, 0, 1.5, True, 2**70, 10**9, "zz", "", "0x", "٣", "\ud800", ["a"], "11" * 500]


def written(path: Path, keystore: Any) -> Path:
    path.write_text(keystore if isinstance(keystore, str) else json.dumps(keystore), encoding="utf-8")
    return path


def refused(path: Path, passphrase: str = PASSPHRASE) -> str:
    """The code of the error; neither the key nor the passphrase is in what is printed of it."""
    with pytest.raises(SignerError) as caught:
        keystore_key(path, passphrase)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.params)
    assert KEY.hex() not in shown
    assert passphrase not in shown
    return caught.value.code


def places(part: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in part.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from places(value, (*above, name))


def damaged(keystore: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = deepcopy(keystore)
    part = copy
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    return copy


# --- a keystore ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keystore", [PBKDF2, SCRYPT], ids=["pbkdf2", "scrypt"])
def test_a_keystore_opens_with_its_passphrase(tmp_path: Path, keystore: Any) -> None:
    assert keystore_key(written(tmp_path / "k", keystore), PASSPHRASE).address == ADDRESS


def test_a_keystore_as_older_wallets_write_it_opens(tmp_path: Path) -> None:
    older = {"Crypto": SCRYPT["crypto"], "version": 3}
    assert keystore_key(written(tmp_path / "k", older), PASSPHRASE).address == ADDRESS


@pytest.mark.parametrize("passphrase", ["", "wrong", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_another_passphrase_is_said_to_be_the_wrong_one(tmp_path: Path, passphrase: str) -> None:
    path = written(tmp_path / "k", SCRYPT)
    with pytest.raises(SignerError) as caught:
        keystore_key(path, passphrase)
    assert caught.value.code == "KE103"


@pytest.mark.parametrize(
    ("keystore", "place"),
    [(keystore, place) for keystore in (SCRYPT, PBKDF2) for place in places(keystore) if place != ("id",)],
)
def test_a_damaged_keystore_is_refused_or_opens_the_same_account(
    tmp_path: Path, keystore: dict[str, Any], place: tuple[str, ...]
) -> None:
    for value in DAMAGE:
        path = written(tmp_path / "k", damaged(keystore, place, value))
        if place == ("address",) and value in ("", "0x"):
            assert keystore_key(path, PASSPHRASE).address == ADDRESS
        else:
            assert refused(path) in ("KE102", "KE103")


def test_a_damaged_initial_value_does_not_open_another_account(tmp_path: Path) -> None:
    """The keystore's own check covers the key's ciphertext only; its address shows the damage."""
    other = damaged(SCRYPT, ("crypto", "cipherparams", "iv"), "00" * 16)
    assert refused(written(tmp_path / "k", other)) == "KE102"


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "5", '"x"', "{}", '{"version":3}', '{"version":3,"crypto":{}}', "[" * 100_000, KEY.hex()],
)
def test_a_file_that_is_no_keystore_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    assert refused(written(tmp_path / "k", text)) == "KE102"


@pytest.mark.parametrize("version", [1, 2, 4, "3", 3.5, None])
def test_a_keystore_of_another_version_is_not_opened(tmp_path: Path, version: Any) -> None:
    assert refused(written(tmp_path / "k", SCRYPT | {"version": version})) == "KE102"


def test_a_file_that_is_not_text_is_no_keystore(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(b"\xff\xfe" + KEY)
    assert refused(tmp_path / "k") == "KE102"


def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", tmp_path / "none" / "k"):
        with pytest.raises(SignerError) as caught:
            keystore_key(path, PASSPHRASE)
        assert caught.value.code == "KE101"
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("crypto", "kdfparams", "n"), 2**40),
        (("crypto", "kdfparams", "r"), 2**20),
        (("crypto", "kdfparams", "p"), 2**30),
    ],
)
def test_a_keystore_that_would_take_hours_or_all_memory_is_refused_at_once(
    tmp_path: Path, place: tuple[str, ...], value: int
) -> None:
    assert refused(written(tmp_path / "k", damaged(SCRYPT, place, value))) == "KE102"


# --- the embedded chain's key -------------------------------------------------------------------------------


def test_the_embedded_chains_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        first = embedded_key(tmp_path)
    finally:
        os.umask(umask)
    path = tmp_path / TEST_KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert embedded_key(tmp_path).address == first.address
    assert path.read_bytes() == before


def test_no_two_homes_have_the_same_key(tmp_path: Path) -> None:
    homes = [tmp_path / "a", tmp_path / "b"]
    for home in homes:
        home.mkdir()
    assert len({embedded_key(home).address for home in homes}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zz",
        KEY.hex()[:-2],
        KEY.hex() + "00",
        KEY.hex()[:-1] + "g",
        "00" * 32,
        "ff" * 32,
        "٣" * 64,
        f"0x{KEY.hex()}",
    ],
)
def test_a_damaged_key_file_is_told_and_neither_shown_nor_replaced(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / TEST_KEY_FILE, text)
    with pytest.raises(SignerError) as caught:
        embedded_key(tmp_path)
    assert caught.value.code == "KE101"
    assert KEY.hex()[:16] not in "".join(traceback.format_exception(caught.value))
    assert path.read_text(encoding="utf-8") == text


def test_a_home_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SignerError) as caught:
        embedded_key(tmp_path / "none")
    assert caught.value.code == "KE101"


# --- secrets made on first use ------------------------------------------------------------------------------


def test_a_full_disk_at_the_first_use_leaves_nothing_and_the_next_use_works(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(SignerError) as caught:
            secret_in(tmp_path / "nonce.key")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "KE101"
    assert list(tmp_path.iterdir()) == []
    assert secret_in(tmp_path / "nonce.key") == secret_in(tmp_path / "nonce.key")


FIRST_USE = """
import sys
from pathlib import Path
from attest.chain.keys import secret_in
print("ready", flush=True)
sys.stdin.readline()
for folder in sys.argv[1:]:
    print(secret_in(Path(folder) / "nonce.key").hex())
"""


def test_processes_that_use_it_first_at_once_get_one_secret(tmp_path: Path) -> None:
    homes = [tmp_path / str(place) for place in range(200)]
    for home in homes:
        home.mkdir()
    command = [sys.executable, "-c", FIRST_USE, *map(str, homes)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=100) for process in started]
    assert [err for _, err in said] == ["", ""]
    secrets = said[0][0].split()
    assert secrets == said[1][0].split()
    assert len(set(secrets)) == len(homes)
    assert {path.name for home in homes for path in home.iterdir()} == {"nonce.key"}
