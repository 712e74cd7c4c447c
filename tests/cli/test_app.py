"""The command tree as a whole: help of every command, versions, flags before the command."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import attest as package
from attest.cli.app import app
from tests.cli.command import ROOT, attest, process
from tests.cli.sites import GOOD


def tree(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group with its path."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from tree(below, (*path, name))


TREE = dict(tree(typer.main.get_command(app)))
GROUPS = [path for path, command in TREE.items() if hasattr(command, "commands")]


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_has_help_that_explains_each_of_its_words(path: tuple[str, ...], tmp_path: Path) -> None:
    said = attest(*path, "--help", home=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: {' '.join(('attest', *path))} ")
    assert TREE[path].help
    assert all(word.help for word in TREE[path].params)


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_a_group_without_a_command_shows_its_help_and_exits_2(path: tuple[str, ...], tmp_path: Path) -> None:
    said = attest(*path, home=tmp_path)
    assert (said.code, said.err) == (2, "")
    assert said.out == attest(*path, "--help", home=tmp_path).out


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    said = attest("--version", home=tmp_path)
    assert (said.code, said.out) == (0, f"attest {package.__version__}\n")
    assert process("--version", home=tmp_path) == said


def test_the_exit_codes_are_in_the_help(tmp_path: Path) -> None:
    told = " ".join(attest("--help", home=tmp_path).out.split())
    for words in ("0 MATCH or success", "1 MISMATCH or not well formed", "3 UNDECIDED", "130 interrupted"):
        assert words in told


@pytest.mark.parametrize("lang", ["zh-CN", "zh_CN.UTF-8", "zh"])
def test_the_flag_is_stronger_than_the_environment_and_holds_for_errors_too(lang: str, tmp_path: Path) -> None:
    for words in (["bogus"], ["registry", "show", "x"], ["number", "check", "x"]):
        plain, asked = attest(*words, home=tmp_path), attest("--lang", lang, *words, home=tmp_path)
        assert plain.code == asked.code
        assert (plain.out, plain.err) != (asked.out, asked.err)


def test_the_locale_chooses_the_language(tmp_path: Path) -> None:
    env = {"ATTEST_LANG": "", "LC_ALL": "", "LANG": "zh_TW.UTF-8"}
    assert "格式不正確" in process("number", "check", "x", home=tmp_path, env=env).out


def test_what_one_command_was_told_does_not_reach_the_next(tmp_path: Path) -> None:
    assert "格式" in attest("--lang", "zh-CN", "number", "check", "x", home=tmp_path).out
    assert "Not well formed" in attest("number", "check", "x", home=tmp_path).out


def test_a_local_settings_file_is_stronger_than_the_homes(home: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "attest.toml").write_text('default_registry = "ruling"')
    assert '"registry": "ruling"' in attest("--home", home, "registry", "show", GOOD, "--json", home=here).out
    assert '"registry": "local"' in attest("registry", "show", GOOD, "--json", home=home).out


def test_nothing_is_signed_where_the_working_folder_changes_what_the_home_says(home: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    address = tomllib.loads((home / "attest.toml").read_text())["registries"]["ruling"]["address"]
    for text, field in (
        (f'[registries.local]\naddress = "{address}"', "registries.local.address"),
        ("[networks.embedded]\nchain_id = 5", "networks.embedded.chain_id"),
    ):
        (here / "attest.toml").write_text(text)
        for more in ((), ("--dry-run",)):
            said = attest("--home", home, "registry", "suspend", GOOD, "--registry", "local", *more, home=here)
            assert (said.code, said.out) == (2, "")
            assert said.err.startswith(f"attest: [SE112] ./attest.toml changes '{field}'")
    (here / "attest.toml").write_text('[registries.local]\noperator = "somebody"')
    shown = attest("--home", home, "registry", "show", GOOD, "--registry", "local", home=here)
    assert (shown.code, "run by somebody" in shown.out) == (0, True)
    (here / "attest.toml").write_text(f'[registries.ruling]\naddress = "{address}"\noperator = "we"')
    said = attest("--home", home, "registry", "suspend", GOOD, "--registry", "local", home=here)
    assert said.code == 0


def test_nothing_is_needed_that_only_the_tests_install(tmp_path: Path) -> None:
    absent = "import sys; sys.modules |= dict.fromkeys(['click', 'cryptography', 'hypothesis', 'playwright', 'pytest'])"
    program = f"{absent}; from attest.cli import run; run(['registry', 'show', '{GOOD}'])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=ROOT, env={"ATTEST_HOME": str(tmp_path)}
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"attest: [SE104]")


def test_details_of_a_bug_are_shown_on_request_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from attest.cli import guarded

    def broken() -> int:
        raise ZeroDivisionError("a bug")

    for wanted in ("", "1"):
        monkeypatch.setenv("ATTEST_DEBUG", wanted)
        monkeypatch.setattr(sys, "stderr", (home / f"err{wanted}").open("w"))
        assert guarded(broken) == 4
    assert "Traceback" not in (home / "err").read_text()
    assert "ZeroDivisionError: a bug" in (home / "err1").read_text()


def test_the_command_tree_loads_no_chain_no_http_client_and_no_database() -> None:
    heavy = {"eth", "eth_abi", "eth_account", "eth_utils", "aiohttp", "rlp", "trie", "sqlalchemy", "playwright", "web3"}
    program = f"import attest.cli.app, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
