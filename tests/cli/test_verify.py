"""`attest verify`: a page on loopback under its own host name, judged by a registry in a file."""

import socket
from pathlib import Path

import pytest

from attest.verdict import ADVISORY, REQUIRED
from tests.cli.command import attest
from tests.cli.sites import ABSENT, GOOD, LISTED, Sites, moved, page


def test_a_number_filed_for_the_host_is_a_match(home: Path, sites: Sites) -> None:
    said = attest("verify", *sites.show("/good", page(GOOD)), home=home)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("MATCH: ")
    assert "registry local, by the settings self-declared" in said.out
    assert "proves nothing to others" in said.out
    assert "https://bcbeian.ifcert.cn/" in said.out


@pytest.mark.parametrize(
    ("shown", "code", "registry"),
    [
        (page(extra=f"<!-- {GOOD} -->"), "FA102", "local"),
        (page(f"{str(GOOD)[:-2]}{'0' if GOOD.check != '0' else '1'}号"), "FA210", "local"),
        (page(LISTED), "FA610", "local"),
        (page(ABSENT), "FA310", "ruling"),
    ],
)
def test_what_was_seen_and_does_not_agree_is_a_mismatch(
    shown: bytes, code: str, registry: str, home: Path, sites: Sites
) -> None:
    said = attest("verify", *sites.show("/bad", shown), "--registry", registry, "--render", "never", home=home)
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("MISMATCH: ")
    assert code in said.out


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        (page(ABSENT), "FA320"),
        pytest.param(b'<div id="app"></div><script>document.title = 1</script>', "FA121", marks=pytest.mark.long),
        (b"%PDF-1.7\x00\x01\x02", "FA122"),
    ],
)
def test_what_could_not_be_seen_or_is_not_known_is_undecided(shown: bytes, code: str, home: Path, sites: Sites) -> None:
    said = attest("verify", *sites.show("/open", shown), home=home)
    assert (said.code, said.err) == (3, "")
    assert said.out.startswith("UNDECIDED: ")
    assert code in said.out


def test_a_page_that_scripts_draw_is_not_seen_whole_without_a_browser(home: Path, sites: Sites) -> None:
    shown = b'<div id="app"></div><script>document.title = 1</script>'
    said = attest("verify", *sites.show("/open", shown), "--render", "never", home=home)
    assert (said.code, said.err) == (3, "")
    assert "FA120" in said.out


def test_a_page_that_is_not_there_is_undecided(home: Path, sites: Sites) -> None:
    said = attest("verify", sites.url("/nowhere"), *sites.way(GOOD), home=home)
    assert said.code == 3
    assert "FA123" in said.out


def test_a_site_that_does_not_listen_is_undecided(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        said = attest("verify", f"http://127.0.0.1:{taken.getsockname()[1]}/", "--allow-private", home=home)
    assert said.code == 3
    assert "expected a connection at port" in said.out


def test_loopback_is_not_visited_unless_allowed(home: Path, sites: Sites) -> None:
    sites.show("/inside", page(GOOD))
    url = f"http://127.0.0.1:{sites.port}/inside"
    refused = attest("verify", url, home=home)
    assert refused.code == 3
    assert "--allow-private" in refused.out + refused.err
    assert not any(asked.endswith("/inside") for asked in sites.asked)
    assert attest("verify", url, "--allow-private", home=home).code == 1
    assert any(asked.endswith("/inside") for asked in sites.asked)


def test_the_expected_number_is_the_one_judged(home: Path, sites: Sites) -> None:
    words = sites.show("/both", page(LISTED, GOOD))
    assert attest("verify", *words, "--json", home=home).json["number"] == GOOD.text
    asked = attest("verify", *words, "--expect", LISTED, "--json", home=home)
    assert (asked.code, asked.json["number"], asked.json["numbers"]) == (1, LISTED.text, [LISTED.text, GOOD.text])
    missing = attest("verify", *words, "--expect", ABSENT, "--json", home=home)
    assert (missing.code, missing.json["checks"][0]["code"]) == (1, "FA103")


def test_strict_lets_an_advisory_fail_decide_the_exit_code_only(home: Path, sites: Sites) -> None:
    linked = page(f'<a href="https://beian.miit.gov.cn/">{GOOD}</a>')
    words = sites.show("/linked", linked)
    relaxed, strict = attest("verify", *words, home=home), attest("verify", *words, "--strict", home=home)
    assert (relaxed.code, strict.code) == (0, 1)
    assert relaxed.out == strict.out


def test_the_json_form_is_the_documented_one(home: Path, sites: Sites) -> None:
    words = sites.show("/good", page(GOOD))
    said = attest("verify", *words, "--json", "--registry", "ruling", home=home, lang="zh-CN")
    document = said.json
    assert list(document) == ["schema", "url", "final_url", "verdict", "number", "numbers", "checks", "rests_on"]
    assert (document["schema"], document["url"], document["verdict"]) == ("verdict/1", words[0], "MATCH")
    assert (document["number"], document["numbers"]) == (GOOD.text, [GOOD.text])
    assert [check["name"] for check in document["checks"]] == [*REQUIRED, *ADVISORY]
    for check in document["checks"]:
        assert {"name", "state", "code", "expected", "found"} <= set(check)
    basis = document["rests_on"]
    assert set(basis) == {
        "registry", "operator", "authority", "chain_id", "genesis", "contract", "block", "block_hash", "finality",
        "nodes", "local", "time", "page_sha256", "rules",
    }  # fmt: skip
    assert (basis["registry"], basis["authority"], basis["local"], basis["nodes"]) == (
        "ruling",
        "authoritative",
        True,
        1,
    )
    assert basis["time"].endswith("Z")


def test_a_page_behind_a_redirect_is_judged_by_the_host_it_ends_on(home: Path, sites: Sites) -> None:
    sites.show("/good", page(GOOD))
    said = attest(
        "verify", *sites.show("/away", moved(sites.url("/good", of=LISTED))), *sites.way(LISTED), "--json", home=home
    )
    assert (said.code, said.json["final_url"]) == (1, sites.url("/good", of=LISTED))


def test_chinese_output_has_no_english_but_tokens(home: Path, sites: Sites) -> None:
    said = attest("--lang", "zh-CN", "verify", *sites.show("/good", page(GOOD)), home=home)
    assert "备案属于本站" in said.out
    assert "登记簿 local（按设置：自行登记" in said.out
    for word in ("displayed", "domain", "self-declared", "registry", "what was found", "block"):
        assert word not in said.out


def test_why_a_page_was_not_seen_and_what_to_do_is_told_in_the_users_language(home: Path, sites: Sites) -> None:
    url = f"http://127.0.0.1:{sites.port}/"
    assert "expected public addresses only" in attest("verify", url, home=home).out
    said = attest("verify", url, home=home, lang="zh-TW").out
    assert "應只指向公用位址" in said
    assert "--allow-private 允許" in said
    assert "expected" not in said


def test_the_default_registry_of_the_settings_is_weaker_than_the_flag(home: Path, sites: Sites) -> None:
    settings = home / "attest.toml"
    settings.write_text(settings.read_text().replace('default_registry = "local"', 'default_registry = "ruling"'))
    words = sites.show("/absent", page(ABSENT), of=ABSENT)
    assert attest("verify", *words, home=home).code == 1
    assert attest("verify", *words, "--registry", "local", home=home).code == 3


def test_what_the_site_says_cannot_steer_the_terminal(home: Path, sites: Sites) -> None:
    sneaky = page(f"\x1b[2J\u202e{GOOD}\x1b]0;owned\x07", title="\x1b[31m")
    said = attest("verify", *sites.show("/sneaky", sneaky), home=home)
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
