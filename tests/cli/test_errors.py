"""Wrong input to every command: the documented exit code, and one line that names it in the user's language."""

import json
import re
from pathlib import Path

import pytest
from eth_account import Account

from tests.cli.command import attest, audit, process
from tests.cli.conftest import document
from tests.cli.keeping import PASSPHRASE, piped
from tests.cli.sites import ABSENT, CANCELLED, GOOD, LISTED

CHINESE = re.compile("[\u4e00-\u9fff]")
PAGE = "https://verify.example/"
ADDRESS = "0x" + "ab" * 20
SWAPPED = f"{GOOD.text[:-3]}{GOOD.text[-2]}{GOOD.text[-3]}号"

NUMBERS = {
    "": "NU100",
    "x": "NU100",
    SWAPPED: "NU100",
    GOOD.text[1:]: "NU100",
    "浙" + GOOD.text[1:]: "NU100",
    GOOD.key[:-1]: "NU100",
    f"{GOOD.key}0": "NU100",
    "１" + GOOD.key: "NU100",
    "\x1b[31m": "NU100",
    "京ICP备19000001号-1": "NU100",
}


def files(home: Path) -> None:
    """What the cases below name."""
    contents = {
        "text.txt": "just text",
        "good.json": json.dumps(document(LISTED)),
        "two.json": json.dumps([document(LISTED), document(GOOD)]),
        "broken.json": "{",
        "field.json": json.dumps(document(LISTED) | {"phone": "1"}),
        "name.json": json.dumps(document(LISTED) | {"subject": {"kind": "individual", "name": "张三"}}),
        "number.json": json.dumps(document(LISTED) | {"number": SWAPPED}),
        "domain.json": json.dumps(document(LISTED) | {"displayed_on": {"domains": ["com.cn"]}}),
        "broken.yaml": "a: [1",
        "alias.yaml": "a: &x 1\nb: *x",
        "empty.yaml": "",
        "strange.toml": "networks = 1",
    }
    for name, text in contents.items():
        (home / name).write_text(text, encoding="utf-8")
    (home / "gbk.json").write_bytes(json.dumps(document(LISTED), ensure_ascii=False).encode("gbk"))
    (home / "gbk.csv").write_bytes("https://a.example/,,备注\n".encode("gbk"))


def told(words: list[object], code: str, exit_code: int, home: Path, run: object = attest) -> None:
    """The same one-line error in English and in Chinese, nothing on standard output."""
    english = run(*words, home=home)  # type: ignore[operator]
    chinese = run(*words, home=home, lang="zh-CN")  # type: ignore[operator]
    for said in (english, chinese):
        assert (said.code, said.out) == (exit_code, "")
        first, *hints = said.err.splitlines()
        assert first.startswith(f"attest: [{code}] ")
        assert all(hint.startswith("        ") for hint in hints)
        assert len(hints) <= 1
        assert "Traceback" not in said.err
        assert "\x1b" not in said.err
    assert CHINESE.search(chinese.err)
    assert english.err != chinese.err


@pytest.mark.sampled
@pytest.mark.parametrize("command", ["show", "history", "suspend", "reinstate", "cancel", "revoke", "correct"])
@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_number_is_refused_by_every_command_that_takes_one(command: str, number: str, home: Path) -> None:
    told(["registry", command, number], NUMBERS[number], 2, home)


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_number_gets_no_badge(number: str, home: Path) -> None:
    told(["badge", number, "--page", PAGE, "--out", "out"], NUMBERS[number], 2, home)
    assert not (home / "out").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["verifi"], "IN120"),
        (["--bogus"], "IN120"),
        (["--home"], "IN120"),
        (["number", "bogus"], "IN120"),
        (["number", "check"], "IN120"),
        (["number", "check", "a", "b"], "IN120"),
        (["number", "check", "a", "--bogus"], "IN120"),
        (["registry", "bogus"], "IN120"),
        (["registry", "show"], "IN120"),
        (["registry", "show", GOOD, GOOD], "IN120"),
        (["registry", "suspend"], "IN120"),
        (["registry", "role", "grant", "REGISTRAR"], "IN120"),
        (["registry", "register"], "IN120"),
        (["registry", "init", "--passphrase-fd", "x"], "IN120"),
        (["badge", GOOD], "IN120"),
        (["badge", GOOD, "--page", PAGE], "IN120"),
        (["extract"], "IN120"),
        (["verify"], "IN131"),
        (["verify", PAGE, "--expect"], "IN120"),
        (["demo", "extra"], "IN120"),
    ],
)
def test_wrong_usage_exits_2_and_names_the_help(words: list[object], code: str, home: Path) -> None:
    told(words, code, 2, home)
    assert "--help" in attest(*words, home=home).err


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["register", "missing.json"], "IN101", 2),
        (["register", "."], "IN101", 2),
        (["register", "text.txt"], "IN104", 2),
        (["register", "broken.json"], "IN104", 2),
        (["register", "gbk.json"], "IN104", 2),
        (["register", "field.json"], "IN104", 2),
        (["register", "name.json"], "IN104", 2),
        (["register", "number.json"], "IN104", 2),
        (["register", "domain.json"], "IN104", 2),
        (["register", "broken.yaml"], "IN104", 2),
        (["register", "alias.yaml"], "IN104", 2),
        (["register", "empty.yaml"], "IN104", 2),
        (["register", "good.json", "good.json"], "RG110", 2),
        (["amend", "two.json"], "IN112", 2),
        (["amend", "missing.json"], "IN101", 2),
        (["amend", "good.json", "--expected-digest", ""], "IN106", 2),
        (["amend", "good.json", "--expected-digest", "xyz"], "IN106", 2),
        (["amend", "good.json", "--expected-digest", "00" * 25], "IN106", 2),
        (["amend", "good.json", "--expected-digest", "00" * 26], "RG145", 2),
        (["reopen", "two.json"], "IN112", 2),
        (["reopen", "broken.json"], "IN104", 2),
        (["reopen", "good.json"], "RG142", 2),
        (["suspend", GOOD, "--reason", "because"], "IN103", 2),
        (["suspend", GOOD, "--reason", "NOT_GIVEN"], "IN103", 2),
        (["suspend", CANCELLED], "RG143", 2),
        (["suspend", ABSENT], "RG141", 2),
        (["reinstate", GOOD], "RG142", 2),
        (["cancel", CANCELLED], "RG142", 2),
        (["correct", ABSENT], "RG141", 2),
        (["correct", GOOD, "--reason", ""], "IN103", 2),
        (["role", "grant", "ADMIN", ADDRESS], "RG163", 2),
        (["role", "grant", "REGISTRAR", "0x00"], "IN105", 2),
        (["role", "grant", "REGISTRAR", ADDRESS.upper()], "IN105", 2),
        (["role", "revoke", "登记员", ADDRESS], "IN103", 2),
        (["role", "revoke", "REGISTRAR", "0x" + "aB" * 20], "IN118", 2),
        (["role", "revoke", "REGISTRAR", "0x" + "AB" * 20], "RG168", 2),
        (["show", GOOD, "--registry", "nowhere"], "SE105", 2),
        (["show", GOOD, "--registry", ""], "SE105", 2),
        (["history", GOOD, "--registry", "nowhere"], "SE105", 2),
        (["init"], "RG113", 2),
        (["init", "--name", ""], "IN114", 2),
        (["init", "--name", "x" * 65], "IN114", 2),
        (["init", "--name", "new", "--authority", "official"], "IN103", 2),
        (["init", "--name", "new", "--network", "nowhere"], "SE102", 2),
    ],
)  # fmt: skip
def test_the_registrys_wrong_inputs(words: list[object], code: str, exit_code: int, home: Path) -> None:
    files(home)
    before = (home / "chain.sqlite").read_bytes()
    told(["registry", *words], code, exit_code, home)
    assert (home / "chain.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    ("lang", "way"), [("en", "in this way or by this account"), ("zh-CN", "不能以此方式"), ("zh-TW", "不能以此方式")]
)
def test_a_change_that_the_status_forbids_names_the_command_that_makes_it(lang: str, way: str, home: Path) -> None:
    files(home)
    (home / "same.json").write_text(json.dumps(document(GOOD)), encoding="utf-8")
    assert attest("registry", "suspend", GOOD, home=home).code == 0
    for words in (["reopen", "same.json"], ["suspend", CANCELLED]):
        said = attest("registry", *words, home=home, lang=lang)
        assert (said.code, "[RG143]" in said.err, way in said.err) == (2, True, True)
        assert "attest registry reinstate" in said.err
        assert "attest registry reopen" in said.err


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([], "KE104"),
        (["--keystore", "key.json", "--passphrase-fd", "-1"], "KE105"),
        (["--keystore", "key.json", "--passphrase-fd", "999"], "KE105"),
    ],
)
def test_wrong_keys(more: list[object], code: str, home: Path) -> None:
    sealed = Account.encrypt(Account.create().key, PASSPHRASE, kdf="pbkdf2", iterations=1000)
    (home / "key.json").write_text(json.dumps(sealed))
    with (home / "attest.toml").open("a") as settings:
        settings.write('\n[networks.far]\nrpc = "http://127.0.0.1:9/"\nchain_id = 5\n')
    told(["registry", "init", "--name", "new", "--network", "far", *more], code, 2, home)


@pytest.mark.parametrize(
    ("keystore", "code"),
    [
        ("missing.json", "KE101"),
        (".", "KE101"),
        ("text.txt", "KE102"),
        ("good.json", "KE102"),
        ("broken.json", "KE102"),
    ],
)
def test_wrong_keystores(keystore: str, code: str, home: Path) -> None:
    files(home)
    with (home / "attest.toml").open("a") as settings:
        settings.write('\n[networks.far]\nrpc = "http://127.0.0.1:9/"\nchain_id = 5\n')
    with piped(f"{PASSPHRASE}\n{PASSPHRASE}") as descriptor:
        words = ["registry", "init", "--name", "new", "--network", "far"]
        said = attest(*words, "--keystore", keystore, "--passphrase-fd", descriptor, home=home)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"attest: [{code}] ")


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("", "WI102"),
        ("verify.example", "WI102"),
        ("http://verify.example/", "WI102"),
        ("ftp://verify.example/", "WI102"),
        ("javascript:alert(1)", "WI102"),
        ("https://user@verify.example/", "WI103"),
        ("https://verify.example/?a=1", "WI104"),
        ("https://verify.example/#x", "WI105"),
        ("https://", "WI106"),
        ("https://verify.example:99999/", "WI106"),
        ("https://verify example/", "WI101"),
        (f"https://verify.example/{'x' * 5000}", "WI107"),
    ],
)
def test_wrong_pages_of_a_badge(page: str, code: str, home: Path) -> None:
    told(["badge", GOOD, "--page", page, "--out", "out"], code, 2, home)
    assert not (home / "out").exists()


def test_a_folder_that_is_a_file_gets_no_badge(home: Path) -> None:
    files(home)
    told(["badge", GOOD, "--page", PAGE, "--out", "text.txt"], "WI110", 4, home)
    told(["badge", GOOD, "--page", PAGE, "--out", "text.txt/x"], "WI110", 4, home)
    told(["badge", GOOD, "--page", PAGE, "--out", "out", "--registry", "nowhere"], "SE105", 2, home)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--resolve", "x"], "FE301"),
        (["--resolve", "a.example:0:127.0.0.1"], "FE301"),
        (["--resolve", "a.example:80:nowhere"], "FE301"),
        (["--resolve", "a.example:99999:127.0.0.1"], "FE301"),
        (["--expect", "x"], "NU100"),
        (["--expect", SWAPPED], "NU100"),
        (["--registry", "nowhere"], "SE105"),
        (["--registry", ""], "SE105"),
    ],
)
def test_wrong_options_of_verify_are_found_before_anything_is_visited(
    words: list[object], code: str, home: Path
) -> None:
    told(["verify", PAGE, *words], code, 2, home)
    told([PAGE, *words], code, 2, home, audit)


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["--report", "text.txt"], "IN119", 2),
        (["--report", "text.txt/report.html"], "IN110", 4),
        (["--save", "text.txt"], "IN119", 2),
        (["--save", "text.txt/kept"], "IN110", 4),
        (["--save", "."], "EV105", 2),
        (["--save", "new", "--report", "new"], "IN132", 2),
        (["--save", "new", "--report", "new/report.html"], "IN132", 2),
        (["--save", "new.html/kept", "--report", "new.html"], "IN132", 2),
        (["--save", "new", "--report", "other/../new/report.html"], "IN132", 2),
    ],
)
def test_where_evidence_cannot_go_is_found_before_anything_is_visited(
    words: list[object], code: str, exit_code: int, home: Path
) -> None:
    files(home)
    told(["verify", "http://unresolvable.invalid/", *words], code, exit_code, home)


def test_a_language_that_is_not_spoken_is_told(home: Path) -> None:
    told(["--lang", "fr", "number", "check", GOOD], "IN103", 2, home)


@pytest.mark.parametrize(
    "url",
    ["", "verify.example", "ftp://a.example/", "file:///etc/passwd", "javascript:1", "data:text/html,x", "\x1b[31m"],
)
def test_what_is_no_web_address_is_wrong_usage(url: str, home: Path) -> None:
    told(["verify", url], "IN116", 2, home)


@pytest.mark.parametrize(
    "url",
    ["https://", "https://u@a.example/", "https://a b/", "https://a.example:99999/", "https://a..example/",
     "http://[::1/", f"https://a.example/{'x' * 9000}", "https://a.example/\x1b[31m"],
)  # fmt: skip
def test_what_is_no_url_is_undecided_and_never_a_mismatch(url: str, home: Path) -> None:
    for lang in ("en", "zh-CN"):
        said = attest("verify", url, home=home, lang=lang)
        assert (said.code, said.err) == (3, "")
        assert said.out.startswith("UNDECIDED")
        assert "FA122" in said.out
        assert "\x1b" not in said.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "IN120"),
        (["missing.csv"], "IN101"),
        (["."], "IN101"),
        (["gbk.csv"], "IN108"),
        (["empty.yaml"], "IN109"),
        (["good.json"], "IN107"),
        ([PAGE, "--bogus"], "IN120"),
        ([PAGE, "--concurrency", "0"], "IN120"),
        ([PAGE, "--concurrency", "-1"], "IN120"),
        ([PAGE, "--concurrency", "many"], "IN120"),
        ([PAGE, "--json"], "IN120"),
        ([PAGE, "--csv", "same", "--json", "same"], "IN113"),
        ([PAGE, PAGE], "IN120"),
        (["text.txt", "--expect", GOOD], "IN111"),
    ],
)
def test_the_scripts_wrong_inputs(words: list[object], code: str, home: Path) -> None:
    files(home)
    told(words, code, 2, home, audit)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("networks = 1", "SE101"),
        ("[", "SE108"),
        ("a = b", "SE108"),
        ("\x00", "SE108"),
        ("[registries.local]\nnetwork = 'embedded'", "SE109"),
        ("[registries.local]\nnetwork = 'embedded'\naddress = '0x00'", "SE101"),
        ("[networks.far]\nrcp = 'https://rpc.example'", "SE110"),
        ("default_registry = 'gone'", "SE104"),
        ("[registries.a]\nnetwork = 'far'\naddress = '0x" + "00" * 20 + "'", "SE102"),
        ("[networks.far]\nchain_id = 5\n[registries.a]\nnetwork = 'far'\naddress = '0x" + "00" * 20 + "'", "SE103"),
    ],
)  # fmt: skip
def test_wrong_settings_are_told_by_every_command_that_needs_them(settings: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "attest.toml").write_text(settings)
    told(["registry", "show", GOOD], code, 2, tmp_path)
    told(["verify", "https://127.0.0.1/"], code, 2, tmp_path)
    told(["https://127.0.0.1/"], code, 2, tmp_path, audit)


def test_settings_that_are_no_utf_8_are_told(tmp_path: Path) -> None:
    (tmp_path / "attest.toml").write_bytes("# 设置".encode("gbk"))
    told(["registry", "show", GOOD], "SE108", 2, tmp_path)


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    told(["--home", tmp_path / "file", "registry", "init"], "SE108", 2, tmp_path)


def test_a_damaged_or_foreign_chain_file_is_told(home: Path) -> None:
    (home / "chain.sqlite").write_bytes(b"SQLite format 3\0" + bytes(4096))
    told(["registry", "show", GOOD], "CH124", 4, home)
    (home / "chain.sqlite").write_bytes(b"not a chain")
    told(["registry", "show", GOOD], "CH124", 4, home)


def test_a_demo_whose_folder_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    told(["demo", "--out", "file"], "IN110", 4, tmp_path)


@pytest.mark.parametrize(
    "words",
    [["registry", "show", "x"], ["registry", "register", "missing.json"]],
)
def test_a_poor_locale_changes_neither_exit_code_nor_form(words: list[object], tmp_path: Path) -> None:
    poor = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    said = process(*words, home=tmp_path, env=poor | {"ATTEST_LANG": "zh-CN"})
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("attest: [")
    assert "Traceback" not in said.err
