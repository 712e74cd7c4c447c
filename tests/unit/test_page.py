"""The verification page's files: what they hold, what policy they come under, and the command that writes them."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from attest import messages
from attest.errors import InputError
from tests.cli.command import attest
from widgets.page import INDEX, PageRegistry, content_security_policy, hosting_headers, page_files

REGISTRY: Final = PageRegistry(
    name="示例登记簿",
    operator="示例登记方",
    authority="mirror",
    provinces=frozenset("京沪"),
    complete_to="第一批, 2019-03-30",
    chain_id=31337,
    genesis="0x" + "AB" * 32,
    contract="0x" + "Cd" * 20,
    finality="finalized",
    nodes=("https://rpc.example/v1?key=1", "/rpc"),
    deployed_at=7,
    max_head_age_s=3600,
    local=False,
)
FORBIDDEN: Final = ("认证", "認證", "官方", "certified", "official", "shield", "innerHTML", "outerHTML", "eval(")


def refs(html: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]+)"', html)


def exported(data: bytes, name: str) -> Any:
    found = re.search(rf"(?m)^export (?:const )?{name}(?: =)? (.*);$", data.decode())
    assert found
    return json.loads(found[1])


def test_every_reference_is_relative_and_there() -> None:
    files = page_files([REGISTRY])
    html = files[INDEX].decode()
    for name in refs(html):
        assert name in files
    for name, data in files.items():
        for imported in re.findall(r'from "\./([^"]+)"', data.decode()) if name.endswith(".js") else ():
            assert imported in files
    kept = json.loads(re.search(r"(?m)^const FILES = (.*);$", files["worker.js"].decode())[1])  # type: ignore[index]
    assert set(kept) == (set(files) | {"./"}) - {INDEX, "worker.js"}


def test_nothing_is_inline() -> None:
    html = page_files([REGISTRY])[INDEX].decode()
    assert not re.search(r"<style|style=|\son\w+=|javascript:", html)
    assert re.findall(r"<script[^>]*>(.*?)</script>", html) == [""]


def test_no_word_or_call_that_must_not_be_there() -> None:
    for name, data in page_files([REGISTRY]).items():
        for word in FORBIDDEN:
            assert word not in data.decode(), name


def test_the_policy_allows_its_own_files_and_the_nodes_alone() -> None:
    assert content_security_policy([REGISTRY]) == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self' https://rpc.example; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types worker; frame-ancestors 'none'"
    )
    html = page_files([REGISTRY])[INDEX].decode()
    assert "default-src &#x27;none&#x27;" in html
    assert "frame-ancestors" not in html  # a meta element cannot say it
    assert f"  Content-Security-Policy: {content_security_policy([REGISTRY])}\n" in hosting_headers([REGISTRY])


def test_the_trust_list_is_baked_in() -> None:
    (found,) = exported(page_files([REGISTRY])["built.js"], "registries")
    assert found == {
        "name": "示例登记簿",
        "operator": "示例登记方",
        "authority": "mirror",
        "provinces": sorted("京沪"),
        "completeTo": "第一批, 2019-03-30",
        "chainId": 31337,
        "genesis": "0x" + "ab" * 32,
        "contract": "0x" + "cd" * 20,
        "finality": "finalized",
        "nodes": ["https://rpc.example/v1?key=1", "/rpc"],
        "deployedAt": 7,
        "maxHeadAge": 3600,
        "local": False,
    }


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_each_language_has_every_text_that_the_script_says(lang: str) -> None:
    files = page_files([REGISTRY], default_lang=lang)
    texts = exported(files[f"texts-{lang}.js"], "default")
    said = set(re.findall(r'say\("([\w-]+)"', files["verify.js"].decode()))
    assert said
    assert said <= set(texts)
    reasons = set(re.findall(r'new Unsure\("(\w+)"', files["registry.js"].decode()))
    assert reasons - {"logs", "record"} <= set(texts)
    assert f'<html lang="{lang}">' in files[INDEX].decode()
    assert messages.text("PG308", lang) in files[INDEX].decode()


def test_the_same_registries_give_the_same_bytes_and_a_change_another_worker() -> None:
    files = page_files([REGISTRY])
    assert files == page_files([REGISTRY])
    assert files["worker.js"] != page_files([replace(REGISTRY, chain_id=1)])["worker.js"]


def test_a_name_of_a_registry_is_never_markup() -> None:
    files = page_files([replace(REGISTRY, name="</script><img src=x onerror=alert(1)>")])
    assert b"onerror" not in files[INDEX]
    (found,) = exported(files["built.js"], "registries")
    assert found["name"] == "</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "node",
    ["ftp://rpc.example/", "https://user:secret@rpc.example/", "rpc.example", "//rpc.example", "https://", "http://a:b/",
     "https://rpc.example; script-src *", "https://*/", "https://例.example/", ""],
)  # fmt: skip
def test_a_node_that_no_browser_can_ask_is_refused(node: str) -> None:
    with pytest.raises(InputError) as caught:
        page_files([replace(REGISTRY, nodes=(node,))])
    assert caught.value.code == "PG502"


@pytest.mark.parametrize("registries", [[], [replace(REGISTRY, nodes=())]])
def test_a_page_without_a_node_is_refused(registries: list[PageRegistry]) -> None:
    with pytest.raises(InputError) as caught:
        page_files(registries)
    assert caught.value.code == "PG506"


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a registry on the embedded chain."""
    home = tmp_path_factory.mktemp("home")
    assert attest("registry", "init", "--name", "mine", home=home).code == 0
    return home


def test_a_registry_on_the_embedded_chain_needs_a_gateway(home: Path, tmp_path: Path) -> None:
    said = attest("page", "build", "--out", tmp_path / "page", home=home)
    assert said.code == 2
    assert "PG501" in said.err
    assert "attest serve" in said.err
    assert not (tmp_path / "page").exists()


def test_it_writes_the_page_and_says_how_large_it_is(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    said = attest("page", "build", "--out", out, "--node", "http://127.0.0.1:8545/rpc", home=home)
    assert said.code == 0
    assert (
        (out / "_headers").read_text(encoding="utf-8").startswith("/*\n  Content-Security-Policy: default-src 'none'")
    )
    (found,) = exported((out / "built.js").read_bytes(), "registries")
    assert (found["name"], found["local"], found["finality"]) == ("mine", True, "latest")
    assert found["nodes"] == ["http://127.0.0.1:8545/rpc"]
    sizes = [len(gzip.compress(path.read_bytes())) for path in out.iterdir() if path.name != "_headers"]
    assert f"{len(sizes) + 1} files, {sum(sizes)} bytes with gzip." in said.out
    assert "http://127.0.0.1:8545/rpc" in said.err


@pytest.mark.parametrize(
    ("node", "warned"),
    [("http://node.example/rpc", True), ("http://127.0.0.1:8545/rpc", False), ("https://node.example/", False)],
)
def test_a_node_that_a_page_on_https_cannot_ask_is_warned_about(
    home: Path, tmp_path: Path, node: str, warned: bool
) -> None:
    said = attest("page", "build", "--out", tmp_path, "--node", node, home=home)
    assert said.code == 0
    assert ("refuse to ask a node over http" in said.err) is warned


def test_its_json_lists_the_files(home: Path, tmp_path: Path) -> None:
    said = attest("page", "build", "--out", tmp_path, "--node", "/rpc", "--json", home=home)
    assert said.json["schema"] == "page/1"
    assert {Path(each) for each in said.json["files"]} == set(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--node", "ftp://rpc.example/"), "PG502"),
        (("--node", "/rpc", "--registry", "mine", "--registry", "mine"), "PG503"),
        (("--registry", "other"), "SE105"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_written(
    home: Path, tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    out = tmp_path / "page"
    said = attest("page", "build", "--out", out, *arguments, home=home)
    assert (said.code, code in said.err, out.exists()) == (2, True, False)
