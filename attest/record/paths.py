"""Paths of a record's fields: `service.sites.0.url`, list positions as numbers."""

import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic import BaseModel


def fields_of(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every field that a record of `model` can have, list positions left out: `service.sites.url`."""
    for name, field in model.model_fields.items():
        inner = next(models_of(field.annotation), None)
        yield from fields_of(inner, f"{path}{name}.") if inner else [f"{path}{field.alias or name}"]


def models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside an annotation such as `tuple[Site, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_of(part)


def without_positions(path: str) -> str:
    """`service.sites.url` for `service.sites.0.url`."""
    return re.sub(r"\.[0-9]+(?=\.|$)", "", path)


def unknown_in(part: BaseModel, path: str = "") -> Iterator[str]:
    """Paths of the fields that the models do not know, each the outermost."""
    for name in part.model_extra or {}:
        yield f"{path}{name}"
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from unknown_in(value, f"{path}{name}.")
        elif isinstance(value, tuple):
            for position, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from unknown_in(item, f"{path}{name}.{position}.")


def without_empty(value: Any, *, items: bool = False) -> Any:
    """A JSON value without nulls, empty lists and empty objects: what is not known is left out.

    Args:
        items: Take such items out of lists too; else they stay where they are, and so do the ones after them.
    """
    if isinstance(value, list):
        kept = [without_empty(item, items=items) for item in value]
        return [item for item in kept if not (items and item in _EMPTY)]
    if isinstance(value, dict):
        inner = {name: without_empty(item, items=items) for name, item in value.items()}
        return {name: item for name, item in inner.items() if item not in _EMPTY}
    return value


_EMPTY: Final[tuple[Any, ...]] = (None, [], {}, ())


def texts_in(value: Any) -> list[tuple[str, str]]:
    """Every text of a JSON value, with its path, in its order."""
    found: list[tuple[str, str]] = []
    _add_texts(value, "", found)
    return found


def _add_texts(value: Any, path: str, found: list[tuple[str, str]]) -> None:
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _add_texts(inner, f"{path}.{name}" if path else name, found)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _add_texts(inner, f"{path}.{position}", found)
