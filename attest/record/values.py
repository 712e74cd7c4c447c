"""The values of a record's fields, each in the one form it is stored in.

A type refuses what its rule does not allow with our own error, which pydantic carries to `attest.record.problems`. The
errors of personal values never quote the value: errors end up in logs.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
)
from stdnum import exceptions as defects
from stdnum.cn import ric, uscc

from attest import messages
from attest.base64url import decode
from attest.domains import canonical_pattern
from attest.errors import AttestError, RecordError
from attest.number import FilingNumber

MAX_TEXT: Final = 200  # characters
MAX_LONG_TEXT: Final = 4_000  # characters
REMEMBERED: Final = 4_096
"""Numbers and domains whose form is remembered: a form's are checked again when it is sealed."""


class Part(BaseModel):
    """A part of a record: it never changes, and its values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)


def explaining(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let pydantic carry our own error out, together with the field's name."""

    def wrapped(value: Any) -> Any:
        try:
            return check(value)
        except AttestError as error:
            raise ValueError(error) from error

    return wrapped


def bytes_as_text(length: int) -> Any:
    """Text that is `length` bytes in base64url without padding."""

    @explaining
    def check(text: str) -> str:
        if decode(text, length=length) is None:
            raise RecordError("RE125", expected=length, found=messages.shown(text))
        return text

    return AfterValidator(check)


def _written(pattern: str) -> Any:
    """What the JSON Schema says of a text's form. Values are checked by our own rule, which has its own words."""
    return Field(json_schema_extra={"pattern": f"^(?:{pattern})$"})


def calendar_day(text: str) -> str:
    """`text`, if it is a day as YYYY-MM-DD.

    Raises:
        RecordError: it is not.
    """
    try:
        if re.fullmatch(_DAY, text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise RecordError("RE126", found=messages.shown(text))


@lru_cache(maxsize=REMEMBERED)
def _canonical_number(text: str) -> str:
    return FilingNumber.parse(text).text


def _matching(pattern: str, code: str, *, without: str = "") -> Any:
    """Text of one form, the characters of `without` left out: they are for the eye only."""

    @explaining
    def check(text: str) -> str:
        plain = "".join(character for character in text if character not in without)
        if not re.fullmatch(pattern, plain, re.ASCII):
            raise RecordError(code)
        return plain

    return AfterValidator(check)


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise RecordError("RE133")
    return text


def _url(text: str) -> str:
    try:
        if _HTTP_URL.validate_python(text).username is None:
            return text
    except ValidationError:
        pass
    raise RecordError("RE134")


def _ip(text: str) -> str:
    try:
        return ipaddress.ip_address(text).compressed
    except ValueError as error:
        raise RecordError("RE135") from error


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,16}", value.strip()) else value


def _yes_or_no(value: Any) -> Any:
    return _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value


def credit_code(text: str) -> str:
    """A unified social credit code in its one form: 18 characters, the last one the check character.

    Raises:
        RecordError: length, characters or check character are wrong. Source: GB 32100-2015.
    """
    try:
        return str(uscc.validate(text))
    except defects.ValidationError as error:
        raise RecordError(_DEFECTS.get(type(error), "RE143"), what=messages.Message("RE146")) from error


def identity_card(text: str) -> str:
    """The number of a resident's identity card: 18 characters with a day of birth and a check character.

    Raises:
        RecordError: length, characters, day or check character are wrong. Source: GB 11643-1999. That its first six
            digits were ever a county's is not asked: no table of counties is complete.
    """
    number = str(ric.compact(text)).replace(" ", "")
    try:
        ric.validate(number)
    except defects.InvalidComponent as error:
        try:
            ric.get_birth_date(number)
        except defects.InvalidComponent:
            raise RecordError("RE147") from error
    except defects.ValidationError as error:
        raise RecordError(_DEFECTS.get(type(error), "RE143"), what=messages.Message("RE148")) from error
    return number


def travel_document(text: str) -> str:
    """The number of a passport or a travel permit: 5 to 20 letters and digits.

    Raises:
        RecordError: it is not. Their makers' own rules differ too much to hold a number against them.
    """
    plain = text.upper().replace(" ", "")
    if not re.fullmatch("[A-Z0-9]{5,20}", plain):
        raise RecordError("RE149")
    return plain


_WORDS: Final = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
_DEFECTS: Final[dict[type[Exception], str]] = {defects.InvalidLength: "RE142", defects.InvalidChecksum: "RE144"}

_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SHA256: Final = "[0-9a-f]{64}"
_MEDIA_TYPE: Final = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}"
_GAPS: Final = " -()（）\u3000"
_EMAIL: Final = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?){1,8}"
)
"""The rule of HTML's `<input type=email>`, with a dot in the host."""

_HTTP_URL: Final = TypeAdapter(HttpUrl)

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
LongText = Annotated[str, Field(min_length=1, max_length=MAX_LONG_TEXT)]
Day = Annotated[str, AfterValidator(explaining(calendar_day)), _written(_DAY)]
Number = Annotated[str, AfterValidator(explaining(_canonical_number))]
Domain = Annotated[
    str, Field(max_length=260), AfterValidator(explaining(lru_cache(maxsize=REMEMBERED)(canonical_pattern)))
]
Count = Annotated[int, Field(ge=0, lt=2**53), BeforeValidator(_whole)]
"""A whole number; digits will do, since a plain value of YAML is text."""
YesNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Phone = Annotated[str, _matching(r"\+?[0-9]{5,20}", "RE131", without=_GAPS)]
Mobile = Annotated[str, _matching(r"1[3-9][0-9]{9}|\+[1-9][0-9]{7,14}", "RE132", without=_GAPS)]
"""Eleven digits of the mainland, or + and the country's."""
Email = Annotated[str, Field(max_length=254), AfterValidator(explaining(_email)), _written(_EMAIL.pattern)]
Url = Annotated[str, Field(max_length=2_000), AfterValidator(explaining(_url)), _written("[Hh][Tt][Tt][Pp][Ss]?:.+")]
Address = Annotated[str, AfterValidator(explaining(_ip))]
"""An IP address."""
Sha256 = Annotated[str, _matching(_SHA256, "RE136"), _written(_SHA256)]
MediaType = Annotated[str, _matching(_MEDIA_TYPE, "RE137"), _written(_MEDIA_TYPE)]
