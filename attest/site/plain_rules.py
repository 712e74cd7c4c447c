"""The plain rules that a style sheet begins with, read ten times faster than by a parser for all of CSS.

Plain is what can be read without knowing the rest of CSS: no at-rule, nesting or escape, and nothing that a parser
would have to repair. From the first rule that is not plain on, a sheet is `tinycss2`'s to read. No pattern here gives
back what it has taken, so time is linear.
"""

import re
from typing import Final

PlainRule = tuple[list[str], list[tuple[str, str, bool]]]
"""Selectors; name, value and importance of each declaration, as written."""

_SPACE: Final = " \t\n"
_WHITE: Final = rf"[{_SPACE}]*+"
_BETWEEN: Final = rf"(?:[{_SPACE}]++|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)*+"
_STRING: Final = r'"[^"\\\n\r\f\0]*+"' + r"|'[^'\\\n\r\f\0]*+'"
_PLAIN: Final = r"""[^@{}()\[\]"'\\/<;&!\r\f\0]++"""
_PART: Final = rf"{_PLAIN}|{_STRING}|/(?!\*)"
_CALL: Final = rf"\((?:{_PART}|\((?:{_PART}|\((?:{_PART})*+\))*+\))*+\)"
_CHOICE: Final = rf"\((?:{_PLAIN}|\((?:{_PLAIN})*+\))*+\)|\[(?:{_PLAIN}|{_STRING})*+\]"

_SELECTOR: Final = re.compile(rf"(?:{_PLAIN.replace('@', '@,')}|{_CHOICE})++")
_RULE: Final = re.compile(rf"{_BETWEEN}(?!-->)({_SELECTOR.pattern}(?:,{_SELECTOR.pattern})*+)\{{")
_NAME: Final = r"(?:--|-?[A-Za-z_])[A-Za-z0-9_-]*+"
_IMPORTANT: Final = rf"!{_WHITE}(?i:important){_WHITE}"
_DECLARATION: Final = re.compile(rf"{_BETWEEN}(?:({_NAME}){_WHITE}:((?:{_PART}|{_CALL})*+)({_IMPORTANT})?+)?+([;}}])")
"""A declaration, or none, and what ends it."""


def plain_rules(sheet: str) -> tuple[list[PlainRule], str]:
    """The plain rules that a style sheet begins with, and what follows them."""
    rules: list[PlainRule] = []
    done = 0
    while rule := _RULE.match(sheet, done):
        declarations = []
        at = rule.end()
        while part := _DECLARATION.match(sheet, at):
            name, value, important, end = part.groups()
            at = part.end()
            if name:
                declarations.append((name, value.strip(_SPACE), important is not None))
            if end == "}":
                break
        else:
            break
        rules.append(([selector.strip(_SPACE) for selector in _SELECTOR.findall(rule[1])], declarations))
        done = at
    return rules, sheet[done:]
