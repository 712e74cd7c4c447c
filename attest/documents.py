"""Record files as people write them: JSON or YAML, one record or a list of them.

In YAML every plain value is text (`2019-03-30` is not a date, `no` is not false), a key may not stand twice, and
aliases and tags are refused.
"""

from collections.abc import Callable
from typing import Any, Final

import yaml

from attest import canonical, messages
from attest.errors import RecordError
from attest.record import SCHEMA, PublicRecord, build_record, new_nonce

MAX_FILE: Final = 16_000_000  # bytes


def read_records(
    data: bytes, *, name: str, nonce: Callable[[dict[str, Any]], str] = lambda _: new_nonce()
) -> list[PublicRecord]:
    """The records of one file; `schema` and `nonce` are filled in where they are missing.

    Args:
        name: The file's name: `.yaml` and `.yml` are YAML, everything else is JSON.
        nonce: Gives a record without one its nonce.

    Raises:
        RecordError: not such a file, or one record in it is not a public record; names the record's position.
    """
    if len(data) > MAX_FILE:
        raise RecordError("RE110", limit=MAX_FILE, found=len(data))
    is_yaml = name.lower().endswith((".yaml", ".yml"))
    document = _parse_yaml(data) if is_yaml else canonical.parse_json(data, limit=MAX_FILE)
    items = document if isinstance(document, list) else [document]
    if not items:
        raise RecordError("RE118", found="[]")
    records = []
    for position, item in enumerate(items, start=1):
        try:
            records.append(_record(item, nonce))
        except RecordError as error:
            if len(items) == 1:
                raise
            raise RecordError("RE119", position=position, why=error) from error
    return records


def _record(item: Any, nonce: Callable[[dict[str, Any]], str]) -> PublicRecord:
    if not isinstance(item, dict):
        raise RecordError("RE118", found=messages.shown(item))
    document = {"schema": SCHEMA} | item
    return build_record(document if "nonce" in item else document | {"nonce": nonce(document)})


class _Loader(yaml.SafeLoader):
    """YAML whose plain values are text or null."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            names = [key.value for key, _ in node.value]
            raise RecordError("RE116", found=next(repr(name)[:80] for name in names if names.count(name) > 1))
        return mapping


def _parse_yaml(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
        _check_shape(text)
        return canonical.check_exact(yaml.load(text, Loader=_Loader))  # noqa: S506 - a SafeLoader
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecordError("RE117", why=" ".join(str(error).split())) from error


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
