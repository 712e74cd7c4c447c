"""The catalogue: every code in every language, with the same values in each."""

import re
import string
from pathlib import Path

import pytest

import attest
from attest import messages
from attest.ports import Level, Status
from attest.reasons import Reason
from attest.site.display import rules
from attest.verdict import CODES

PACKAGE = Path(attest.__file__).parent
CODE = re.compile(r'"((?:SY|NU|RE|FE|EX|WI|AT|FA|CH|KE|RG|SE|CL|IN|PF|TR|JR|RH|DL|OC|RP|DI|BR|EV|PG|SV)[0-9]{3})"')
USED = {
    code
    for folder in (PACKAGE, PACKAGE.parent / "widgets", PACKAGE.parent / "scripts")
    for path in folder.rglob("*.py")
    for code in CODE.findall(path.read_text(encoding="utf-8"))
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", sorted(messages.catalogue()))
def test_every_code_has_every_language_with_the_same_values(code: str) -> None:
    entry = messages.catalogue()[code]
    assert set(entry) - {"hint"} == set(messages.LANGUAGES)
    hint = entry.get("hint", {})
    assert set(hint) in (set(), set(messages.LANGUAGES))
    for texts in (entry, hint):
        assert len({frozenset(fields(texts[lang])) for lang in messages.LANGUAGES if lang in texts}) <= 1


def test_every_code_that_the_program_uses_is_in_the_catalogue() -> None:
    assert USED - set(messages.catalogue()) == set()


def test_every_code_of_the_catalogue_is_used() -> None:
    numbered = {f"RS{reason.value:03}" for reason in Reason} | {f"ST{status.value:03}" for status in Status}
    numbered |= {f"RP{10 + level.rank:03}" for level in Level} | {rule.code for rule in rules()[1].values()}
    assert set(messages.catalogue()) - USED - set(CODES) - numbered == set()


@pytest.mark.parametrize(
    ("tag", "lang"),
    [
        ("zh_CN.UTF-8", "zh-CN"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh_TW", "zh-TW"),
        ("zh", "zh-CN"),
        ("C", "en"),
        ("fr_FR", "en"),
    ],
)
def test_a_locale_gives_the_nearest_language(tag: str, lang: str) -> None:
    assert messages.language(tag) == lang


def test_foreign_text_is_quoted_escaped_and_cut() -> None:
    assert messages.shown("a\x1b[31m\n") == "'a\\x1b[31m\\n'"
    assert len(messages.shown("x" * 10_000)) == messages.MAX_SHOWN + 1
