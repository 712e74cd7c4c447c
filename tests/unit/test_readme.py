"""The READMEs: their tables say what the commands say, and their walkthrough runs."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from scripts import check_readme

DOCS = [str(path.relative_to(check_readme.ROOT)) for path in check_readme.ROOT.glob("docs/**/*.md")]


def test_tables_of_commands_and_the_list_of_codes_are_true() -> None:
    assert check_readme.problems() == []


def test_a_row_that_is_not_true_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("README", "CHINESE"):
        changed = tmp_path / name
        changed.write_text(getattr(check_readme, name).read_text("utf-8").replace("`attest verify", "`attest vouch"))
        monkeypatch.setattr(check_readme, name, changed)
    assert len(check_readme.problems()) == 3


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", *DOCS])
def test_every_link_into_the_project_leads_somewhere(name: str) -> None:
    page = check_readme.ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def commands(name: str, heading: str) -> str:
    """The two walkthroughs of a README."""
    section = (check_readme.ROOT / name).read_text("utf-8").split(heading)[1]
    return "".join(re.findall("```sh\n(.*?)```", section, re.DOTALL)[:2])


def test_both_languages_give_the_same_commands() -> None:
    english, chinese = commands("README.md", "## Try it"), commands("README.zh-CN.md", "## 试用")
    own = {"#.*": "", " ATTEST_LANG=zh-CN": "", "退出码": "exit"}
    for words, instead in own.items():
        english, chinese = (re.sub(words, instead, script) for script in (english, chinese))
    assert [line.split() for line in chinese.splitlines()] == [line.split() for line in english.splitlines()]


@pytest.mark.parametrize(
    ("name", "heading"),
    [("README.md", "## Try it"), pytest.param("README.zh-CN.md", "## 试用", marks=pytest.mark.long)],
)
def test_the_walkthrough_gives_the_verdicts_it_promises(name: str, heading: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    script = commands(name, heading).replace("make setup\nrm -rf build/try\n", "").replace("8765", port)
    script = script.replace("$PWD/build/try", str(tmp_path)).replace("build/try", str(tmp_path))
    script = re.sub("(attestation (?:make|disclose))", r"\1 --passphrase-env WORD", script)
    with subprocess.Popen(
        ["bash", "-euc", script],
        cwd=check_readme.ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"WORD": "示例口令"},
    ) as shell:
        try:
            said, _ = shell.communicate(timeout=240)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
    assert shell.returncode == 0
    assert re.findall("^(MATCH|MISMATCH)", said, re.MULTILINE) == ["MATCH", "MISMATCH"]
    assert re.search(r"(exit|退出码) 1$", said, re.MULTILINE)
    assert "responsible_person.mobile: 1" in said
