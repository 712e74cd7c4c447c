"""JSON Schema (draft 2020-12) of the filing form and of the public record, for editors and other programs.

It describes values as they are stored, as far as a schema can. Only `examine_form` knows check characters, host names
and what depends on other fields; and it also takes what it can bring into that form, such as digits in quotes.
"""

from typing import Any, Final

from pydantic import BaseModel

from attest.record.form import FilingForm
from attest.record.labels import label
from attest.record.paths import models_of
from attest.record.public import NONCE_LENGTH, ROOT_LENGTH, PublicRecord

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def form_schema() -> dict[str, Any]:
    """Of `filing-form/1`; fields that nobody foresaw are allowed."""
    return _schema(FilingForm, "urn:filing-attest:filing-form:1", "区块链信息服务备案表 / Filing form")


def record_schema() -> dict[str, Any]:
    """Of `filing-record/1`; no other fields are allowed, because all of them become public."""
    schema = _schema(PublicRecord, "urn:filing-attest:filing-record:1", "备案公开记录 / Public record of a filing")
    for name, own in _OF_RECORDS.items():
        schema["properties"][name] |= own
    return schema


def _schema(model: type[BaseModel], identifier: str, title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    _describe(model, schema, schema.get("$defs", {}), "")
    return {"$schema": DIALECT, "$id": identifier, **schema, "title": title}


def _describe(model: type[BaseModel], part: dict[str, Any], parts: dict[str, Any], path: str) -> None:
    """Give each property its name in Chinese and English; all its names, where a part serves several fields."""
    part.pop("title", None)
    for name, field in model.model_fields.items():
        alias = field.alias or name
        entry = part["properties"][alias]
        entry.pop("title", None)
        if known := label(path + alias):
            names = dict.fromkeys([*entry.get("description", "").split("\n"), f"{known['zh-CN']} / {known['en']}"])
            entry["description"] = "\n".join(filter(None, names))
        if inner := next(models_of(field.annotation), None):
            _describe(inner, parts[inner.__name__], parts, f"{path}{alias}.")


def _base64url(length: int) -> str:
    """The pattern of `length` bytes without padding."""
    return f"^[A-Za-z0-9_-]{{{-(-length * 4 // 3)}}}$"


_OF_RECORDS: Final[dict[str, dict[str, str]]] = {
    "nonce": {
        "description": "登记方选定的 16 字节随机数，base64url / 16 random bytes chosen by the registrar, base64url",
        "pattern": _base64url(NONCE_LENGTH),
    },
    "private_root": {
        "description": "非公开字段的根值，32 字节，base64url / Root over the private fields, 32 bytes, base64url",
        "pattern": _base64url(ROOT_LENGTH),
    },
}
"""What no form has, and `fields.toml` therefore does not name."""
