#!/usr/bin/env python3
"""Keep the READMEs' tables of commands and `docs/codes.md` true.

The English table is what the commands say of themselves. The Chinese README describes them in its own words; its table
must have the same rows. `docs/codes.md` is the message catalogue. With `--write` all that can be generated is.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperArgument, TyperGroup

from attest import messages
from attest.cli.app import app
from attest.verdict import CODES

ROOT: Final = Path(__file__).resolve().parent.parent
README: Final = ROOT / "README.md"
CHINESE: Final = ROOT / "README.zh-CN.md"
CODE_LIST: Final = ROOT / "docs" / "codes.md"
_TABLE: Final = re.compile(r"(?<=<!-- commands -->\n).*?(?=<!-- /commands -->)", re.DOTALL)
_ROW: Final = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def commands() -> Iterator[tuple[str, str]]:
    """Every command with what it must be given, and the first sentence of its help."""
    yield from _commands(typer.main.get_command(app), "attest")
    yield (
        "python scripts/deploy.py --name NAME",
        "Create a registry on a network that no settings know; add both to them.",
    )
    yield "python scripts/verify_site.py URL|FILE|-", "Verify one site, or every site of a list: the auditor's script."


def _commands(command: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, TyperGroup):
        for name, inner in sorted(command.commands.items()):
            yield from _commands(inner, f"{path} {name}")
    else:
        words = [_word(parameter) for parameter in command.params if parameter.required]
        yield " ".join([path, *words]), command.help.split("\n\n")[0].replace("\n", " ")


def _word(parameter: Any) -> str:
    word = str(parameter.metavar or parameter.name.upper())
    return word if isinstance(parameter, TyperArgument) else f"{parameter.opts[0]} {word}"


def table() -> str:
    """The English table."""
    rows = [f"| `{_cell(command)}` | {_cell(text)} |" for command, text in commands()]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows, ""])


def code_list() -> str:
    """The catalogue as a page: each code with its check and state where it has one, in English and Chinese."""
    lines = [
        "# Codes",
        "",
        "Written by `scripts/check_readme.py --write` from `attest/messages/`. A code is never reused and its meaning",
        "never changes. `FA` codes are the checks of a verdict.",
        "",
        "| code | check | state | English | 中文 |",
        "| --- | --- | --- | --- | --- |",
    ]
    for code, texts in sorted(messages.catalogue().items()):
        check, state = CODES.get(code, ("", ""))
        lines.append(f"| {code} | {check} | {state} | {_cell(texts['en'])} | {_cell(texts['zh-CN'])} |")
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def problems() -> list[str]:
    """What is not true, a line each."""
    found = []
    if _TABLE.findall(README.read_text(encoding="utf-8")) != [table()]:
        found.append("README.md: the table of commands is not what `attest --help` says")
    rows = _ROW.findall("".join(_TABLE.findall(CHINESE.read_text(encoding="utf-8"))))
    wanted = [_cell(command) for command, _ in commands()]
    found += [f"README.zh-CN.md: the table lacks `{command}`" for command in wanted if command not in rows]
    found += [f"README.zh-CN.md: there is no command `{row}`" for row in rows if row not in wanted]
    if not CODE_LIST.is_file() or CODE_LIST.read_text(encoding="utf-8") != code_list():
        found.append("docs/codes.md is not the catalogue")
    return found


def write() -> None:
    """Write the English table and the list of codes."""
    text = README.read_text(encoding="utf-8")
    README.write_text(_TABLE.sub(lambda _: table(), text), encoding="utf-8")
    CODE_LIST.write_text(code_list(), encoding="utf-8")


def main() -> int:
    """Exit 1 if something is not true."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write what can be generated, then check")
    if parser.parse_args().write:
        write()
    found = problems()
    for line in found:
        print(f"{line}. Run scripts/check_readme.py --write, and mend the rest by hand.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
