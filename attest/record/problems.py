"""What pydantic found wrong with a document, as our own errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from attest import messages
from attest.errors import RecordError
from attest.record.labels import Labelled
from attest.record.paths import fields_of

MAX_FIELD: Final = 80  # characters of a field's path quoted in a message


@dataclass(frozen=True, slots=True)
class Problem:
    """A field that breaks a rule; `error` says which, field included."""

    field: str
    error: RecordError


@dataclass(frozen=True, slots=True)
class Described:
    """A value told by its kind and length only, where it may be somebody's personal data."""

    value: Any

    def text(self, lang: str) -> str:
        if isinstance(self.value, str):
            return messages.text("RE140", lang, length=len(self.value))
        return messages.text("RE141", lang, kind=_KINDS.get(type(self.value), "?"))


_KINDS: Final[dict[type, str]] = {dict: "{…}", list: "[…]", int: "1", bool: "true", type(None): "null"}


def problems_of(
    error: ValidationError, model: type[BaseModel], *, quotable: Callable[[str], bool] = lambda _: True
) -> tuple[Problem, ...]:
    """Everything that is wrong, in the document's order.

    Args:
        model: What the document should have been.
        quotable: Whether a message may quote the value of the field at this path.
    """
    return tuple(_problem(details, model, quotable) for details in error.errors(include_url=False))


def _problem(details: ErrorDetails, model: type[BaseModel], quotable: Callable[[str], bool]) -> Problem:
    path = ".".join(str(part) for part in details["loc"])[:MAX_FIELD] or "-"
    return Problem(path, _error(details, model, Labelled(path), messages.shown if quotable(path) else Described))


def _error(
    details: ErrorDetails, model: type[BaseModel], field: Labelled, told: Callable[[Any], object]
) -> RecordError:
    context = details.get("ctx", {})
    match details["type"]:
        case "missing":
            return RecordError("RE101", field=field)
        case "extra_forbidden":
            return RecordError("RE102", field=field, known=", ".join(fields_of(model)))
        case "value_error":
            return RecordError("RE100", field=field, why=context["error"].args[0])
        case "string_too_short" | "string_too_long":
            limit = context.get("max_length", 200)
            return RecordError("RE104", field=field, limit=limit, found=len(details["input"]))
        case "tuple_type":
            return RecordError("RE105", field=field, found=told(details["input"]))
        case kind:
            expected = _EXPECTED.get(kind) or context.get("expected", kind.removesuffix("_type"))
            return RecordError("RE103", field=field, expected=expected, found=told(details["input"]))


_EXPECTED: Final = {
    "string_type": messages.Message("RE160"),
    "int_type": messages.Message("RE161"),
    "greater_than_equal": messages.Message("RE161"),
    "less_than": messages.Message("RE161"),
    "bool_type": messages.Message("RE162"),
    "model_type": messages.Message("RE163"),
}
"""What pydantic calls by names of its own."""
