"""Files of records, attestations and forms as people write them: JSON or YAML, one document or a list of them.

In YAML every plain value is text (`2019-03-30` is not a date, `no` is not false), a key may not stand twice, and
aliases and tags are refused.
"""

from collections.abc import Callable, Iterator
from itertools import takewhile
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


def _parse_yaml(data: bytes, *, ascii_names: bool) -> Any:
    try:
        events = yaml.parse(data.decode("utf-8-sig"), Loader=yaml.CSafeLoader)
        return canonical.check_exact(_only_document(events), ascii_names=ascii_names)
    except UnicodeDecodeError as error:
        raise RecordError("RE117", why=f"{error.reason} at byte {error.start + 1}") from error
    except yaml.MarkedYAMLError as error:  # its own text quotes the file, which may hold personal data
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise RecordError("RE117", why=f"{error.problem}{place}") from error
    except yaml.YAMLError as error:
        raise RecordError("RE117", why=messages.shown(getattr(error, "reason", "not YAML"))) from error


def _only_document(events: Iterator[yaml.Event]) -> Any:
    """The value of the one document of a stream; None if it has none."""
    next(events)  # the stream starts
    if isinstance(next(events), yaml.StreamEndEvent):
        return None
    value = _value(next(events), events, depth=0)
    next(events)  # the document ends
    if not isinstance(next(events), yaml.StreamEndEvent):
        raise RecordError("RE117", why="a second document (---) is not read here")
    return value


def _value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:
    """The value that begins with `event`: built as it is read, so nothing can hide how much, or what, a file is."""
    if isinstance(event, yaml.AliasEvent):
        raise RecordError("RE117", why="aliases (*name) are not read here")
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        raise RecordError("RE117", why="tags (!name) are not read here")
    if isinstance(event, yaml.ScalarEvent):
        is_plain, _ = event.implicit
        return None if is_plain and event.value in _NULL else event.value
    if depth == canonical.MAX_DEPTH:
        raise RecordError("RE112", limit=canonical.MAX_DEPTH)
    if isinstance(event, yaml.SequenceStartEvent):
        return [_value(item, events, depth + 1) for item in takewhile(_continues, events)]
    mapping: dict[str, Any] = {}
    for item in takewhile(_continues, events):
        name = _value(item, events, depth + 1)
        if not isinstance(name, str):
            raise RecordError("RE117", why="a field's name must be text")
        if name in mapping:
            raise RecordError("RE116", found=repr(name)[:80])
        mapping[name] = _value(next(events), events, depth + 1)
    return mapping


def _continues(event: yaml.Event) -> bool:
    return not isinstance(event, yaml.CollectionEndEvent)


_NULL: Final = frozenset(("", "~", "null", "Null", "NULL"))
