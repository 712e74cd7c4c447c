#!/usr/bin/env python3
"""Keep the READMEs' tables of commands, the tables of fields in `docs/record*.md` and `docs/codes.md` true.

The English table of commands is what they say of themselves. The Chinese README describes them in its own words; its
table must have the same rows. The fields are those of the filing form's model; `docs/codes.md` is the message
catalogue. With `--write` all that can be generated is.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from pydantic import BaseModel
from typer.core import TyperArgument, TyperGroup

from attest import messages
from attest.cli.app import app
from attest.record.form import Attachment, FilingForm, is_public
from attest.record.labels import label
from attest.record.paths import models_of
from attest.record.template import choices
from attest.verdict import CODES

ROOT: Final = Path(__file__).resolve().parent.parent
README: Final = ROOT / "README.md"
CHINESE: Final = ROOT / "README.zh-CN.md"
CODE_LIST: Final = ROOT / "docs" / "codes.md"
RECORDS: Final = {"en": ROOT / "docs" / "record.md", "zh-CN": ROOT / "docs" / "record.zh-CN.md"}
_FIELDS: Final = re.compile(r"(?<=<!-- fields -->\n).*?(?=<!-- /fields -->)", re.DOTALL)
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


def field_table(lang: str) -> str:
    """Every field of the filing form: what it is called, the form of its value, whether it is public, and why."""
    heads = {"en": ["field", "name", "value", "", "why"], "zh-CN": ["字段", "名称", "取值", "", "理由"]}
    words = {"en": ("public", "private", "public for organisations, else private", "a file"),
             "zh-CN": ("公开", "不公开", "组织公开，其余不公开", "文件")}  # fmt: skip
    public, private, either, a_file = words[lang]
    rows = [heads[lang], ["---"] * 5]
    for path, annotation in _form_fields(FilingForm, ""):
        known = label(path)
        assert known, path
        value = [a_file] if annotation is Attachment else [f"`{word}`" for word in choices(path, annotation)]
        value += [known["rule"][lang]] if "rule" in known else []
        side = either if path == "subject.name" else public if is_public(path) else private
        rows.append([f"`{path}`", known[lang], ", ".join(value), side, known["why"]])
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)


def _form_fields(model: type[BaseModel], path: str) -> Iterator[tuple[str, Any]]:
    """The form's fields with their annotations; an attachment is one field."""
    for name, field in model.model_fields.items():
        inner = next(models_of(field.annotation), None)
        if inner is None or inner is Attachment:
            yield path + (field.alias or name), inner or field.annotation
        else:
            yield from _form_fields(inner, f"{path}{name}.")


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
    for lang, page in RECORDS.items():
        if _FIELDS.findall(page.read_text(encoding="utf-8")) != [field_table(lang)]:
            found.append(f"{page.name}: the table of fields is not the form's")
    if not CODE_LIST.is_file() or CODE_LIST.read_text(encoding="utf-8") != code_list():
        found.append("docs/codes.md is not the catalogue")
    return found


def write() -> None:
    """Write the English table, the tables of fields and the list of codes."""
    _replace(README, _TABLE, table())
    for lang, page in RECORDS.items():
        _replace(page, _FIELDS, field_table(lang))
    CODE_LIST.write_text(code_list(), encoding="utf-8")


def _replace(page: Path, place: re.Pattern[str], text: str) -> None:
    page.write_text(place.sub(lambda _: text, page.read_text(encoding="utf-8")), encoding="utf-8")


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
