"""The page's JavaScript decides as the Python does: numbers, domains, names of hosts, and the contract's constants."""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import idna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import widgets.web
from attest.domains import covers
from attest.errors import InvalidNumberError
from attest.number import ALIASES, PROVINCES, FilingNumber, check_character
from attest.ports import Status
from attest.registry import contract
from tests.fictional import fictional

WEB: Final = Path(str(files(widgets.web)))
DOMAINS: Final = json.loads((Path(__file__).parents[1] / "vectors/domains.json").read_text(encoding="utf-8"))
DRIVER: Final = """
const [folder] = process.argv.slice(1);
const {covers} = await import(`${folder}/domains.js`);
const {inUnicode} = await import(`${folder}/punycode.js`);
const {PROVINCES, ALIASES, checkCharacter, readNumber} = await import(`${folder}/number.js`);
const {ENTRY_OF, DEPLOYED_AT, TOPICS, STATUSES} = await import(`${folder}/registry.js`);
const does = {
  covers: ({domains, host}) => covers(domains, host), inUnicode, checkCharacter, readNumber,
  constants: () => ({PROVINCES, ALIASES, ENTRY_OF, DEPLOYED_AT, TOPICS, STATUSES}),
};
let text = "";
for await (const part of process.stdin) text += part;
const {name, values} = JSON.parse(text);
process.stdout.write(JSON.stringify(values.map((value) => does[name](value))));
"""


def javascript(name: str, values: list[Any]) -> list[Any]:
    """What a function of the page makes of each value."""
    node = shutil.which("node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert node is not None
    done = subprocess.run(
        [node, "--input-type=module", "--eval", DRIVER, str(WEB)],
        input=json.dumps({"name": name, "values": values}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@cache
def constants() -> dict[str, Any]:
    (found,) = javascript("constants", [None])
    return dict(found)


def in_python(text: str) -> str:
    """The key of a number, or the code of its first defect."""
    try:
        return FilingNumber.parse_or_key(text).key
    except InvalidNumberError as error:
        return str(error.params["why"].code)  # type: ignore[attr-defined]


def in_javascript(texts: list[str]) -> list[str]:
    return [told.get("key") or told["defect"]["code"] for told in javascript("readNumber", texts)]


def spellings() -> list[str]:
    """Numbers right and wrong in every way that Python tells apart."""
    key, text = fictional(7).key, fictional(7).text
    wide = "".join(chr(ord(each) + 0xFEE0) for each in key)
    swapped = key[:10] + key[11] + key[10] + key[12:]
    return [
        text,
        key,
        f" {text}\n",
        text.replace("备", "备 ").replace("号", ""),
        text.replace("网信备", "網信備").replace("号", "號"),
        text.replace("备", "备："),
        f"京网信备{wide}号",
        f"京网信备\u200b{key}号",
        f"京网信备\u202e{key}号",
        f"浙网信备{key}号",
        f"网信备{key}号",
        f"甲网信备{key}号",
        f"京网信备{swapped}号",
        f"京网信备{key[:-1]}号",
        f"京网信备{key}0号",
        f"京网信备{key[:5]}O{key[6:]}号",
        f"京网信备{key[:5]}X{key[6:]}号",
        f"京网信备{key[:5]}①{key[6:]}号",
        f"京网信备{key[:5]}١{key[6:]}号",
        f"京网信备19{key[2:]}号",
        "京网信备号",
        "京ICP备12345678号",
        "1101082600000001901x",
        "京网信备1101082600000018901x号",
        "1101082600000018901X",
        "滇网信备" + "5301012600000001901" + check_character("5301012600000001901") + "号",
        "",
        "号",
        "<script>",
    ]


def test_numbers_are_read_as_python_reads_them() -> None:
    texts = [text for text in spellings() if not text.endswith("x")]
    assert dict(zip(texts, in_javascript(texts), strict=True)) == {text: in_python(text) for text in texts}


def test_a_lower_case_x_counts_behind_the_fragment_too() -> None:
    assert in_javascript(["1101082600000018901x"]) == ["1101082600000018901X"]


@settings(max_examples=8)
@given(st.lists(st.from_regex(r"[0-9]{19}", fullmatch=True), min_size=40, max_size=60))
def test_the_check_character_is_iso_7064_mod_11_2(digits: list[str]) -> None:
    assert javascript("checkCharacter", digits) == [check_character(each) for each in digits]


@settings(max_examples=8)
@given(
    st.lists(
        st.text(st.sampled_from("京浙網网信備备号號0123456789Xx０１ ：\u200b"), max_size=32), min_size=60, max_size=90
    )
)
def test_whatever_is_typed_only_what_python_accepts_is_asked_about(texts: list[str]) -> None:
    for text, told in zip(texts, in_javascript(texts), strict=True):
        expected = in_python(text.strip().replace("x", "X"))
        assert told == expected or (told[:2] == expected[:2] == "NU")


def test_hosts_are_covered_by_the_shared_vectors() -> None:
    cases = DOMAINS["covers"]
    assert javascript("covers", cases) == [case["covered"] for case in cases]


ODD_HOSTS: Final = (
    ".example.cn",
    "a..example.cn",
    "example.cn/x",
    "x@example.cn",
    "example.cn:8080",
    "example.cn#",
    " ",
)


@pytest.mark.parametrize("pattern", ["example.cn", "*.example.cn"])
def test_what_is_no_host_is_covered_by_nothing(pattern: str) -> None:
    cases = [{"domains": [pattern], "host": host} for host in ODD_HOSTS]
    assert javascript("covers", cases) == [covers([pattern], host) for host in ODD_HOSTS] == [False] * len(cases)


def test_encoded_names_are_told_in_unicode() -> None:
    names = [
        "例子.cn",
        "bücher.example",
        "правда.example",
        "ไทย.example",
        "日本語。例".replace("。", "."),
        "example.cn",
    ]
    encoded = [idna.encode(name).decode() for name in names]
    assert javascript("inUnicode", encoded) == names


@pytest.mark.parametrize(
    "name", ["xn--", "xn--a-\u00e9", "xn--99999999", "xn--!!!", "xn--example-176c", "xn--" + "z" * 60]
)
def test_a_name_that_is_wrongly_encoded_stays_as_it_is(name: str) -> None:
    assert javascript("inUnicode", [name]) == [name]


def test_the_contracts_constants_are_those_of_its_interface() -> None:
    found = constants()
    assert found["ENTRY_OF"] == "0x" + contract.encode("entryOf", bytes(32))[:4].hex()
    assert found["DEPLOYED_AT"] == "0x" + contract.encode("deployedAt").hex()
    kinds = {"Registered": "registered", "Amended": "amended", "Reopened": "reopened", "StatusChanged": "status"}
    assert found["TOPICS"] == {contract.topic(event): kind for event, kind in kinds.items()}
    assert found["STATUSES"] == [status.name.lower() for status in Status]


def test_provinces_are_those_of_python() -> None:
    assert constants()["PROVINCES"] == {code: character for character, code in PROVINCES.items()}
    assert constants()["ALIASES"] == ALIASES
