"""`scripts/verify_site.py`: one site or a list of them, a line each, whatever happens to one of them."""

import csv
import io
import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from attest.verdict import REQUIRED
from tests.cli.command import SCRIPT, Said, audit, process, started, verify_site
from tests.cli.sites import ABSENT, CANCELLED, GOOD, LISTED, Sites, moved, page, rude

ALL = (GOOD, CANCELLED, LISTED, ABSENT)


def listed(home: Path, text: str) -> Path:
    path = home / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def lines(said: Said) -> list[list[str]]:
    return [line.split("  ") for line in said.out.splitlines()]


def test_one_url_gives_one_line_and_the_exit_code_of_verify(home: Path, sites: Sites) -> None:
    words = sites.show("/good", page(GOOD))
    said = audit(*words, home=home)
    assert (said.code, said.err) == (0, "")
    assert lines(said)[0][:3] == [words[0], "MATCH", GOOD.text]
    other = audit(*words, "--expect", LISTED, home=home, lang="zh-CN")
    assert other.code == 1
    assert "页面应展示" in other.out


def test_a_list_is_judged_line_by_line_in_its_order(home: Path, sites: Sites) -> None:
    sites.show("/good", page(GOOD))
    sites.show("/two", page(LISTED, GOOD))
    sites.show("/absent", page(ABSENT))
    path = listed(
        home,
        "\ufeffURL,expected_number,note\n"
        f"{sites.url('/absent', of=ABSENT)}\n"
        "# a comment, with a comma\n\n"
        f'{sites.url("/good")},,"first, and good"\n'
        f"{sites.url('/two')},{LISTED.key},expects the other\n"
        f"  {sites.url('/two')} , {GOOD} , spaces around \n"
        "ftp://example.cn/,,not http\n"
        "example.cn,,no scheme\n",
    )
    said = audit(path, *sites.way(GOOD, ABSENT), "--json", home / "out.jsonl", "--csv", home / "out.csv", home=home)
    assert (said.code, said.err) == (1, "2 MATCH, 1 MISMATCH, 3 UNDECIDED\n")
    expected = ["UNDECIDED", "MATCH", "MISMATCH", "MATCH", "UNDECIDED", "UNDECIDED"]
    assert [line[1] for line in lines(said)] == expected

    documents = [json.loads(line) for line in (home / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [document["verdict"] for document in documents] == expected
    assert {document["schema"] for document in documents} == {"verdict/1"}
    assert [document["note"] for document in documents][1:4] == [
        "first, and good",
        "expects the other",
        "spaces around",
    ]

    with (home / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == expected
    assert [row["expected_number"] for row in rows] == ["", "", LISTED.text, GOOD.text, "", ""]
    assert [row["url"] for row in rows] == [document["url"] for document in documents]


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_dash_writes_to_standard_output_and_nothing_else_there(option: str, home: Path, sites: Sites) -> None:
    said = audit(*sites.show("/good", page(GOOD)), option, "-", home=home)
    assert said.code == 0
    rows: list[Any] = [json.loads(line) for line in said.out.splitlines()] if option == "--json" else []
    assert len(rows or list(csv.DictReader(io.StringIO(said.out)))) == 1


def test_the_list_comes_through_a_pipe(home: Path, sites: Sites) -> None:
    url, *way = sites.show("/good", page(GOOD))
    assert audit("-", *way, home=home, stdin=f"{url}\n".encode()).code == 0


@pytest.mark.parametrize("start", list("=+-@\t＝＋－＠"))
def test_no_cell_of_the_csv_is_a_formula(start: str) -> None:
    assert verify_site.safe_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert verify_site.safe_cell("计算") == "计算"


def test_a_formula_in_a_list_reaches_the_csv_as_text_and_the_json_as_it_was(home: Path, sites: Sites) -> None:
    url, *way = sites.show("/good", page(GOOD))
    path = listed(home, f'{url},,"=HYPERLINK(""https://evil.example"")"\n@SUM(1+1),,x\n')
    audit(path, *way, "--csv", home / "o.csv", "--json", home / "o.jsonl", home=home)
    with (home / "o.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["note"].startswith("'=HYPERLINK(")
    assert rows[1]["url"] == "'@SUM(1+1)"
    assert json.loads((home / "o.jsonl").read_text().splitlines()[0])["note"].startswith("=HYPERLINK(")


@pytest.mark.parametrize(
    ("codes", "worst"), [([], 0), ([0, 0], 0), ([0, 3, 0], 3), ([3, 1, 0], 1), ([1, 3], 1), ([3], 3)]
)
def test_the_exit_code_is_the_worst_line(codes: list[int], worst: int) -> None:
    assert verify_site.worst(codes) == worst


@pytest.mark.parametrize(
    ("line", "code", "found"),
    [
        ("https://a.example/,1,note,more", "IN107", "note,more"),
        ("https://a.example/,not-a-number", "IN117", "not-a-number"),
        (",,only a note", "IN107", "only a note"),
        ('https://a.example/,,"open quote', "IN107", "unexpected end of data"),
        (f"https://a.example/{'x' * 9000}", "IN107", "https://a.example/xxx"),
        (f"https://a.example/,{GOOD.text[:-2]}号", "IN117", "is not a well-formed filing number"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_visited_or_written(
    line: str, code: str, found: str, home: Path, sites: Sites
) -> None:
    url, *way = sites.show("/untouched", page(GOOD))
    said = audit(listed(home, f"{url}\n\n# comment\n{line}\n"), *way, "--csv", home / "out.csv", home=home)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"attest: [{code}] Line 4 of the list")
    assert found in said.err
    assert not any(asked == url for asked in sites.asked)
    assert not (home / "out.csv").exists()


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "url,expected_number,note\n"])
def test_a_list_without_a_site_is_not_a_success(text: str, home: Path) -> None:
    said = audit(listed(home, text), home=home)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("attest: [IN109] The list")


def test_an_output_never_overwrites_the_list_or_the_other_output(home: Path) -> None:
    path = listed(home, "https://a.example/\n")
    for more in (("--csv", path), ("--json", home / "x" / ".." / "list.csv"), ("--csv", "same", "--json", "./same")):
        said = audit(path, *more, home=home)
        assert (said.code, said.out) == (2, "")
        assert "[IN113]" in said.err
    assert audit(path, "--csv", "-", "--json", "-", home=home).code == 2
    assert path.read_text() == "https://a.example/\n"


def test_what_cannot_be_used_is_found_before_an_output_is_opened(home: Path) -> None:
    (home / "out.csv").write_text("of last week")
    path = listed(home, "https://a.example/\n")
    for wrong in (["--registry", "nowhere"], ["--resolve", "x"], ["--concurrency", "0"], ["--expect", GOOD]):
        assert audit(path, *wrong, "--csv", home / "out.csv", home=home).code == 2
    assert (home / "out.csv").read_text() == "of last week"


def test_hostile_sites_cost_their_own_lines_only(home: Path, sites: Sites) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        sites.show("/rude", rude)
        sites.show("/binary", b"\x7fELF" + bytes(5000))
        sites.show("/loop", moved("/loop"))
        sites.show("/good", page(GOOD))
        hostile = [sites.url(name) for name in ("/rude", "/binary", "/loop", "/nowhere")] + [dead]
        good = sites.url("/good")
        text = "".join(f"{url}\n{good}\n" for url in hostile)
        said = audit(listed(home, text), *sites.way(GOOD), "--allow-private", home=home)
    assert said.code == 3
    assert [line[0] for line in lines(said)] == [url for one in hostile for url in (one, good)]
    assert [line[1] for line in lines(said)] == ["UNDECIDED", "MATCH"] * len(hostile)


def test_a_bug_met_at_one_site_is_that_sites_line_and_no_verdict(home: Path, sites: Sites) -> None:
    from attest.verify import Verifier

    async def broken(self: Verifier, url: str, *, expect: object = None) -> Any:
        if url.endswith("/bug"):
            raise ZeroDivisionError("a bug")
        return await real(self, url, expect=expect)  # type: ignore[arg-type]

    real = Verifier.verify
    url, *way = sites.show("/good", page(GOOD))
    path = listed(home, f"{url}\n{sites.url('/bug')},{GOOD},kept\n{url}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Verifier, "verify", broken)
        said = audit(path, *way, "--json", "-", home=home)
    documents = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 3
    assert [document["verdict"] for document in documents] == ["MATCH", "UNDECIDED", "MATCH"]
    broke = documents[1]
    assert (broke["note"], broke["number"]) == ("kept", None)
    assert {check["name"] for check in broke["checks"]} >= set(REQUIRED)
    assert "ZeroDivisionError" in broke["checks"][0]["found"]


def test_what_was_judged_before_an_interrupt_is_in_the_files(home: Path, sites: Sites) -> None:
    url, *way = sites.show("/good", page(GOOD))
    hold = sites.hold("/hold")
    path = listed(home, f"{url}\n{hold}\n")
    outputs = ("--csv", home / "out.csv", "--json", home / "out.jsonl")
    running = started(SCRIPT, path, *way, *outputs, home=home)
    assert running.stdout
    assert b"MATCH" in running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"Traceback" not in err
    assert len((home / "out.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert len((home / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_it_runs_as_a_script(home: Path, sites: Sites) -> None:
    said = process(SCRIPT, *sites.show("/bad", page()), home=home)
    assert (said.code, said.err) == (1, "")


def test_its_help_tells_the_form_of_the_list_and_the_exit_codes(home: Path) -> None:
    said = audit("--help", home=home)
    assert (said.code, said.err) == (0, "")
    assert "url[,expected_number,note]" in said.out
    assert "0 every site MATCH" in said.out
