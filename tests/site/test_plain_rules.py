"""Plain rules are read as the parser for all of CSS reads them, and nothing else is taken for plain."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import tinycss2
from hypothesis import example, given
from hypothesis import strategies as st

from attest.site.plain_rules import plain_rules

PIECES = st.sampled_from(
    [
        "a", ".b", "#c", "*", "a:hover", "li:not(.x, .y)", "[href^='x']", "a > b", "a,b", "-->", "<!--", "&", "中",
        "{", "}", "{}", ";", ":", ",", "(", ")", "[", "]", "!", "!important", "! Important ", "@media print", "@x;",
        "color", "--x", "-1", "*zoom", "Display", "none", "#fff", "1px", "-.5em", "50%", "u+26", "14px/1.7", "\n", " ",
        "/", "*", "/**/", "/* ; } */", "/*", "*/", "\\", "\\3b ", "'", '"', "'a;b}'", '"x\'"', "url(a;b)", "url(/*)",
        "url(a'", "')", 'url( "', "url('a')", "URL(a(b)",
        "url(data:image/png;base64,AA==)", "calc((1px + 2%) * 3)", "var(--x, 1px)", "\r", "\f", "\0", "\xa0", "\u3000",
        "a{color:red}", ".b{display:none!important;}", "a b,c d{ color : #fff ; }",
    ]
)  # fmt: skip
SHEETS = st.lists(PIECES, max_size=30).map("".join)


def split(tokens: Iterable[Any]) -> Iterator[str]:
    part: list[Any] = []
    for token in [*tokens, None]:
        if token is None or token == ",":
            yield tinycss2.serialize(part).strip(" \t\n")
            part = []
        else:
            part.append(token)


def odd(node: Any) -> tuple[str, str]:
    return node.type, node.kind if node.type == "error" else node.serialize()


def parsed(sheet: str) -> list[Any]:
    found: list[Any] = []
    for node in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        if node.type != "qualified-rule":
            found.append(odd(node))
            continue
        inner = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
        declarations = [
            (each.name, tinycss2.serialize(each.value).strip(" \t\n"), each.important)
            if each.type == "declaration"
            else odd(each)
            for each in inner
        ]
        found.append((list(split(node.prelude)), declarations))
    return found


def written(text: str) -> str:
    return str(tinycss2.serialize(tinycss2.parse_component_value_list(text)).strip(" \t\n"))


@given(SHEETS)
@example("a{color:red}/* x */ b , c{ Color:RED ! important;;--x: 1 }d{font:1px/2 'A;B'}")
@example("a{b:url(x)}@media print{a{color:red}}")
@example("a{color:red;b{color:blue}}")
@example("a{color:red")
@example("a{b:url(x'y)}.c{d:e}f{g:')}")
@example("a,(b{c:d}.e,x({f:g}")
def test_plain_rules_and_the_rest_are_what_the_whole_is(sheet: str) -> None:
    plain, rest = plain_rules(sheet)
    rules = [
        (
            [written(selector) for selector in selectors],
            [(name, written(value), important) for name, value, important in declarations],
        )
        for selectors, declarations in plain
    ]
    assert rules + parsed(rest) == parsed(sheet)


@pytest.mark.parametrize(
    "sheet",
    [
        "*{box-sizing:border-box}body{margin:0;font:14px/1.7 'Noto Sans',sans-serif}",
        "/* reset */ ul , ol > li:not(.a, .b){padding:0 !important}\n[type='x']::before{content:'a;b'}",
        "a{width:calc((1px + 2%) * var(--x, 3))}b{background:url(/a.png) #fff}c{}",
    ],
)
def test_what_is_usual_is_plain(sheet: str) -> None:
    plain, rest = plain_rules(sheet)
    assert plain
    assert rest == ""


@pytest.mark.parametrize(
    "rule",
    [
        "@media print{a{b:c}}",
        "a{b{c:d}}",
        "a{b:\\63}",
        "a{b:c",
        "a{b:c)}",
        "a{*zoom:1}",
        "a{b:/**/c}",
        "a{b:'c}",
        "&{b:c}",
    ],
)
def test_what_is_not_plain_is_left_with_all_that_follows(rule: str) -> None:
    plain, rest = plain_rules(f"a{{color:red}} {rule}p{{q:r}}")
    assert len(plain) == 1
    assert rest == f" {rule}p{{q:r}}"


@pytest.mark.parametrize("piece", ["a{", "(", "a,", "[a]", "a{b:c;", "a{b:()", "/*", "'", "a{}", " ", "a{b:/", "a{--"])
def test_a_long_run_of_one_thing_comes_to_its_end(piece: str) -> None:
    """With time that grew as the square of the length, each of these would take minutes."""
    for sheet in (piece * 300_000, f"a{{b:{piece * 300_000}"):
        assert sheet.endswith(plain_rules(sheet)[1])
