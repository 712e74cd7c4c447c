"""JSON Schema (draft 2020-12) of the filing form and of the public record, for editors and other programs.

It says what a field may hold as far as a schema can; check characters, host names and what depends on other fields only
`examine_form` knows.
"""

from typing import Any, Final

from pydantic import BaseModel

from attest.record.form import FilingForm
from attest.record.labels import label
from attest.record.paths import models_of
from attest.record.public import PublicRecord

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def form_schema() -> dict[str, Any]:
    """Of `filing-form/1`; fields that nobody foresaw are allowed."""
    return _schema(FilingForm, "urn:filing-attest:filing-form:1", "区块链信息服务备案表 / Filing form")


def record_schema() -> dict[str, Any]:
    """Of `filing-record/1`; no other fields are allowed, because all of them become public."""
    return _schema(PublicRecord, "urn:filing-attest:filing-record:1", "备案公开记录 / Public record of a filing")


def _schema(model: type[BaseModel], identifier: str, title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    _describe(model, schema, schema.get("$defs", {}), "")
    return {"$schema": DIALECT, "$id": identifier, **schema, "title": title}


def _describe(model: type[BaseModel], part: dict[str, Any], parts: dict[str, Any], path: str) -> None:
    """Give each property its field's name in Chinese and English; a part used twice keeps the first."""
    part.pop("title", None)
    for name, field in model.model_fields.items():
        alias = field.alias or name
        entry = part["properties"][alias]
        entry.pop("title", None)
        if known := label(path + alias):
            entry.setdefault("description", f"{known['zh-CN']} / {known['en']}")
        if inner := next(models_of(field.annotation), None):
            _describe(inner, parts[inner.__name__], parts, f"{path}{alias}.")
