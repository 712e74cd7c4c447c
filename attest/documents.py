"""Files of records, attestations and forms as people write them: JSON or YAML, one document or a list of them.

In YAML every plain value is text (`2019-03-30` is not a date, `no` is not false), a key may not stand twice, and
aliases and tags are refused.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, TypeVar

import yaml

from attest import attestation, canonical, messages
from attest.errors import RecordError
from attest.record import SCHEMA, FilingForm, PublicRecord, build_form, build_record, form, new_nonce
from attest.record.public import check_impersonal

MAX_FILE: Final = 16_000_000  # bytes

Made = TypeVar("Made")


def read_records(
    data: bytes, *, name: str, nonce: Callable[[dict[str, Any]], str] = lambda _: new_nonce()
) -> list[PublicRecord]:
    """The records of one file, also of attestations; `schema` and `nonce` are filled in where they are missing.

    Args:
        name: The file's name: `.yaml` and `.yml` are YAML, everything else is JSON.
        nonce: Gives a record without one its nonce.

    Raises:
        RecordError: not such a file, or one record in it is not a public record; names the record's position.
    """
    return _each(read_documents(data, name), lambda item: _record(item, nonce))


def read_forms(data: bytes, *, name: str) -> list[FilingForm]:
    """The filing forms of one file.

    Raises:
        RecordError: not such a file, or one form in it breaks a rule; names the form's position.
    """
    return _each(read_documents(data, name), build_form)


def read_documents(data: bytes, name: str) -> list[Any]:
    """The documents of one file, whatever they are; errors as `parse_document`."""
    document = parse_document(data, name, ascii_names=False)
    items = document if isinstance(document, list) else [document]
    if not items:
        raise RecordError("RE118", found="[]")
    return items


def _each(items: list[Any], build: Callable[[Any], Made]) -> list[Made]:
    """What `build` makes of each document; an error says of which of several."""
    made = []
    for position, item in enumerate(items, start=1):
        try:
            made.append(build(item))
        except RecordError as error:
            if len(items) == 1:
                raise
            raise RecordError("RE119", position=position, why=error) from error
    return made


def parse_document(data: bytes, name: str, *, ascii_names: bool = True) -> Any:
    """The one value that a file holds.

    Args:
        name: The file's name: `.yaml` and `.yml` are YAML, everything else is JSON.
        ascii_names: Refuse other field names, as `canonical.parse_json`.

    Raises:
        RecordError: too large or too deep, or neither JSON nor YAML with exactly one reading.
    """
    if len(data) > MAX_FILE:
        raise RecordError("RE110", limit=MAX_FILE, found=len(data))
    if name.lower().endswith((".yaml", ".yml")):
        return _parse_yaml(data, ascii_names=ascii_names)
    return canonical.parse_json(data, limit=MAX_FILE, ascii_names=ascii_names)


def _record(item: Any, nonce: Callable[[dict[str, Any]], str]) -> PublicRecord:
    if not isinstance(item, dict):
        raise RecordError("RE118", found=messages.shown(item))
    match item.get("schema"):
        case form.SCHEMA:
            raise RecordError("RE127")
        case attestation.SCHEMA:
            record = attestation.build_from(item).record
            if record is None:
                raise RecordError("RE129")
        case _:
            document = {"schema": SCHEMA} | item
            record = build_record(document if "nonce" in item else document | {"nonce": nonce(document)})
    check_impersonal(record.as_json())
    return record


class _Loader(yaml.SafeLoader):
    """YAML whose plain values are text or null."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            names = Counter(key.value for key, _ in node.value)
            twice = next((name for name, times in names.items() if times > 1), "null")
            raise RecordError("RE116", found=repr(twice)[:80])
        return mapping


def _parse_yaml(data: bytes, *, ascii_names: bool) -> Any:
    try:
        text = data.decode("utf-8-sig")
        _check_shape(text)
        return canonical.check_exact(yaml.load(text, Loader=_Loader), ascii_names=ascii_names)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise RecordError("RE117", why=f"{error.reason} at byte {error.start + 1}") from error
    except yaml.MarkedYAMLError as error:  # its own text quotes the file, which may hold personal data
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise RecordError("RE117", why=f"{error.problem}{place}") from error
    except yaml.YAMLError as error:
        raise RecordError("RE117", why=messages.shown(getattr(error, "reason", "not YAML"))) from error
    except (ValueError, OverflowError) as error:  # PyYAML gives chr() whatever stands after \U
        raise RecordError("RE117", why="an escape names a character beyond U+10FFFF") from error


def _check_shape(text: str) -> None:
    """Bound depth and refuse aliases and tags before anything is built: they can hide how much, or what, a file is."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise RecordError("RE117", why="aliases (*name) are not read here")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise RecordError("RE117", why="tags (!name) are not read here")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > canonical.MAX_DEPTH:
                raise RecordError("RE112", limit=canonical.MAX_DEPTH)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
