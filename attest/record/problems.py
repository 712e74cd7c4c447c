"""What pydantic found wrong with a document, as our own errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from attest import messages
from attest.errors import AttestError, RecordError
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
    return Problem(path, _error(details, model, Labelled(path), quoted=quotable(path)))


def _error(details: ErrorDetails, model: type[BaseModel], field: Labelled, *, quoted: bool) -> RecordError:
    context, given = details.get("ctx", {}), details["input"]
    found = messages.shown(given) if quoted else Described(given)
    match details["type"]:
        case "missing":
            return RecordError("RE101", field=field)
        case "extra_forbidden":
            return RecordError("RE102", field=field, known=", ".join(fields_of(model)))
        case "value_error":
            rule = context["error"].args[0]
            return RecordError("RE100", field=field, why=rule if quoted else _unquoted(rule, given))
        case "string_too_short" | "string_too_long":
            limit = context.get("max_length", 200)
            return RecordError("RE104", field=field, limit=limit, found=len(given))
        case "tuple_type":
            return RecordError("RE105", field=field, found=found)
        case kind:
            expected = _EXPECTED.get(kind) or context.get("expected", kind.removesuffix("_type"))
            return RecordError("RE103", field=field, expected=expected, found=found)


def _unquoted(rule: AttestError, given: Any) -> AttestError:
    """The broken rule without the text that it is about."""
    if not isinstance(given, str):
        return rule
    params = {name: Described(given) if name in _QUOTES else value for name, value in rule.params.items()}
    return type(rule)(rule.code, **params)


_QUOTES: Final = frozenset(("found", "text"))
"""Values of a rule's message that quote the text it is about."""
_EXPECTED: Final = {
    "string_type": messages.Message("RE160"),
    "int_type": messages.Message("RE161"),
    "greater_than_equal": messages.Message("RE161"),
    "less_than": messages.Message("RE161"),
    "bool_type": messages.Message("RE162"),
    "model_type": messages.Message("RE163"),
}
"""What pydantic calls by names of its own."""
