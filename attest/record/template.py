"""An empty filing form as commented YAML, made from the form's model and `fields.toml`.

Lines that begin with `##` explain, in Chinese and English; lines with one `#` are fields to be filled in. With the `#`
removed and nothing filled in the form is still in order: what is empty is not known.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from attest.record.form import PERSONAL, TYPES, FilingForm, is_public
from attest.record.labels import label
from attest.record.paths import models_of

_HEAD: Final = """\
## 区块链信息服务备案表 · Filing form of a blockchain information service
## 只填已知内容，切勿编造。去掉行首的一个 # 即可填写；文本请加引号或直接书写，扫描件等文件只填摘要。
## Fill in what is known and invent nothing. Remove the single # of a line to fill it in; of files only digests go here.
## 检查 check: attest record check FILE    文件摘要 digests of files: attest record attach FILE
"""
_PUBLIC: Final = "公开 public"
_PRIVATE: Final = "不公开 private"
_NAME: Final = "组织的名称公开，其余不公开 public for organisations, else private"


def template() -> str:
    """The form, empty, as YAML."""
    return "\n".join([_HEAD, *_part(FilingForm, "", "")]) + "\n"


def choices(path: str, annotation: Any) -> tuple[str, ...]:
    """The words that a field's value is one of; empty where it is free."""
    if path == "service.types":
        return tuple(dict.fromkeys(kind for kinds in TYPES.values() for kind in kinds))
    if path == "responsible_person.document.type":
        return PERSONAL
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) is Literal:
            return tuple(get_args(part))
        if isinstance(part, type) and issubclass(part, Enum):
            return tuple(member.value for member in part)
    return ()


def is_list(annotation: Any) -> bool:
    """Whether a field holds several values."""
    return get_origin(annotation) is tuple


def _part(model: type[BaseModel], path: str, indent: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner, here = next(models_of(field.annotation), None), f"{path}{field.alias or name}"
        if path == "":
            yield ""
        yield f"{indent}## {_explained(here, field.annotation)}"
        if inner is None:
            yield indent + _line(here, field.annotation)
        elif is_list(field.annotation):
            yield f"{indent}{name}:"
            yield from _item(inner, f"{here}.", f"{indent}  ")
        else:
            yield f"{indent}{name}:"
            yield from _part(inner, f"{here}.", f"{indent}  ")


def _line(path: str, annotation: Any) -> str:
    name = path.rpartition(".")[2]
    if path == "schema":
        return "schema: filing-form/1"
    if path == "subject.kind":
        return "kind: organisation"
    return f"# {name}: []" if is_list(annotation) else f"# {name}:"


def _item(model: type[BaseModel], path: str, indent: str) -> Iterator[str]:
    """One item of a list, all of it commented out: its fields stand behind a dash."""
    dash = "- "
    for line in _part(model, path, ""):
        text = line.lstrip()
        lead = " " * (len(line) - len(text))
        if text.startswith("## "):
            yield f"{indent}{lead}{text}"
        else:
            yield f"{indent}# {dash}{lead}{text.removeprefix('# ')}"
            dash = "  "


def _explained(path: str, annotation: Any) -> str:
    known = label(path)
    assert known, path
    parts = [f"{known['zh-CN']} / {known['en']}"]
    if rule := known.get("rule"):
        parts.append(rule["en"] if rule["en"] == rule["zh-CN"] else f"{rule['zh-CN']} / {rule['en']}")
    if words := choices(path, annotation):
        parts.append(", ".join(words))
    if next(models_of(annotation), None) is None and path != "schema":
        parts.append(_NAME if path == "subject.name" else _PUBLIC if is_public(path) else _PRIVATE)
    return " · ".join(parts)
