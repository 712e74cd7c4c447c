"""Filing numbers of blockchain information services: parse them, check them, say what is wrong with them.

A number is a province character, 网信备, twenty characters and 号. The twenty are
`CCCCCC YY SSSSSSSS NNN X`: county code (GB/T 2260), two digits of a year, a block for the subject, a
serial, and a check character (ISO 7064 MOD 11-2 over the nineteen digits before it).

A well-formed number proves nothing but its form: whether it was ever issued, and to whom, only a registry
can say. Finding numbers in running text is the job of `attest.credentials`.

    >>> reading = examine("京网信备11010819764512340011号", today=date(2026, 1, 1))
    >>> reading.number is None
    True
    >>> print(reading.errors[0].text("en"))
    Check character (20th): expected '5', found '1'.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Self

from stdnum import numdb
from stdnum.iso7064 import mod_11_2

from attest import messages
from attest.errors import InvalidNumberError

KEY_LENGTH: Final = 20

PROVINCES: Final = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22", "黑": "23",
    "沪": "31", "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41",
    "鄂": "42", "湘": "43", "粤": "44", "桂": "45", "琼": "46", "渝": "50", "川": "51", "贵": "52",
    "云": "53", "藏": "54", "陕": "61", "甘": "62", "青": "63", "宁": "64", "新": "65",
}  # fmt: skip
"""Province character to the first two digits of GB/T 2260."""

ALIASES: Final = {"蜀": "川", "黔": "贵", "滇": "云", "陇": "甘"}
"""Second characters of four provinces, used beside the first by other authorities' numbers."""
PROVINCE_CHARACTERS: Final = "".join([*PROVINCES, *ALIASES])

_PROVINCE_OF_CODE: Final = {code: character for character, code in PROVINCES.items()}
_TRADITIONAL: Final = str.maketrans("網備號遼滬蘇閩贛魯貴雲陝寧晉隴", "网备号辽沪苏闽赣鲁贵云陕宁晋陇")
_ZERO_WIDTH: Final = frozenset(
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff"
)
"""Not U+202E, which turns around what follows: a reader sees other digits."""

_KEY: Final = re.compile(r"[0-9]{19}[0-9X]", re.ASCII)
_SHAPE: Final = re.compile(r"(?P<province>[^网]?)网信备[:：]?(?P<key>[^号]*)(?P<end>号?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong (`NU1..`) or unusual (`NU2..`) about a number.

    Attributes:
        code: Key of the message catalogue.
        expected: What a number has there.
        found: What this one has there.
    """

    code: str
    expected: str
    found: str

    def text(self, lang: str) -> str:
        return messages.text(self.code, lang, expected=self.expected, found=self.found)

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "expected": self.expected, "found": self.found, "text": self.text("en")}


@dataclass(frozen=True, slots=True, order=True)
class FilingNumber:
    """A well-formed filing number.

    Attributes:
        key: The twenty characters, `[0-9]{19}[0-9X]`, check character included. Everything else follows.
    """

    key: str

    def __post_init__(self) -> None:
        if errors := _key_errors(self.key):
            raise _invalid(self.key, errors)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number written as `text`, in any spelling that `examine` accepts.

        Raises:
            InvalidNumberError: not a well-formed number; the first defect is in the message.
        """
        key, errors, _ = _read(text)
        if errors:
            raise _invalid(text, errors)
        return cls(key)

    @classmethod
    def parse_or_key(cls, text: str) -> Self:
        """Like `parse`, and also accepts the bare twenty characters, as a QR code carries them."""
        return cls(text) if _KEY.fullmatch(text) else cls.parse(text)

    @property
    def text(self) -> str:
        """Canonical text: no spaces, upper-case X, closing 号."""
        return f"{self.province}网信备{self.key}号"

    @property
    def province(self) -> str:
        """Province character of the first two digits."""
        return _PROVINCE_OF_CODE[self.key[:2]]

    @property
    def county(self) -> str | None:
        """Province and county in Chinese by GB/T 2260, or None where the table does not know the code."""
        return _county(self.key[:6])

    @property
    def year(self) -> int:
        """Digits 7 and 8 as a year. Whose first filing it dates is not documented: never derive a date."""
        return 2000 + int(self.key[6:8])

    @property
    def serial(self) -> str:
        """Digits 17 to 19, three of them."""
        return self.key[16:19]

    @property
    def check(self) -> str:
        """The check character, `0`-`9` or `X`."""
        return self.key[19]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Reading:
    """What `examine` made of a text.

    Attributes:
        number: The number, or None where there are errors.
        errors: Why it is not well formed.
        warnings: What is unusual about it; it stays well formed.
    """

    number: FilingNumber | None
    errors: tuple[Defect, ...]
    warnings: tuple[Defect, ...]


def examine(text: str, *, today: date) -> Reading:
    """Read one number and explain every defect.

    Full-width forms, spaces, zero-width and traditional characters are accepted as spellings a reader of the
    page would not notice, each with a warning. Any other digit or letter that merely looks alike is an error.

    Args:
        text: One number, nothing around it but white space.
        today: Decides whether the year lies in the future.
    """
    key, errors, warnings = _read(text)
    if _KEY.fullmatch(key):
        warnings += _oddities(key, today)
    return Reading(None if errors else FilingNumber(key), tuple(errors), tuple(warnings))


def check_character(digits: str) -> str:
    """ISO 7064 MOD 11-2 check character, `0`-`9` or `X`, of `[0-9]*`."""
    return str(mod_11_2.calc_check_digit(digits))


def is_unseen(character: str) -> bool:
    """Whether `character` takes no room on a page and is dropped from a number with a warning."""
    return character in _ZERO_WIDTH


def normalise(text: str) -> tuple[str, list[Defect]]:
    """Undo the spellings that a reader does not notice; each kind met is one warning.

    Full-width forms become ASCII and traditional characters of a number simplified ones (NFKC where Unicode
    has it); white space and zero-width characters go.
    """
    met: dict[str, str] = {}
    kept = []
    for character in text:
        if "!" <= character <= "~":
            kept.append(character)
            continue
        point = f"U+{ord(character):04X}"
        if is_unseen(character):
            met.setdefault("NU209", point)
        elif character.isspace():
            met.setdefault("NU208", point)
        elif "\uff01" <= character <= "\uff5e":
            met.setdefault("NU207", point)
            kept.append(unicodedata.normalize("NFKC", character))
        elif (plain := unicodedata.normalize("NFKC", character).translate(_TRADITIONAL)) != character and (
            len(plain) == 1 and not plain.isascii()
        ):
            met.setdefault("NU210", point)
            kept.append(plain)
        else:
            kept.append(character)
    return "".join(kept), [Defect(code, "", found) for code, found in met.items()]


def _oddities(key: str, today: date) -> list[Defect]:
    """Warnings about the parts of a key, whatever its check character."""
    county, year, serial = key[:6], 2000 + int(key[6:8]), key[16:19]
    odd = []
    if key[:2] in _PROVINCE_OF_CODE and _county(county) is None:
        odd.append(Defect("NU201", "GB/T 2260", county))
    if year > today.year:
        odd.append(Defect("NU202", f"<= {today.year}", str(year)))
    if serial == "000":
        odd.append(Defect("NU203", "001-999", serial))
    return odd


def _read(text: str) -> tuple[str, list[Defect], list[Defect]]:
    """The key written in `text` (empty where there is none), the errors and the warnings of spelling."""
    plain, warnings = normalise(text.strip())
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        return "", [Defect("NU101", "京网信备…号", messages.shown(plain))], warnings
    key = shape["key"]
    if key.endswith("x"):
        warnings.append(Defect("NU204", "X", "x"))
        key = f"{key[:-1]}X"
    if not shape["end"]:
        warnings.append(Defect("NU205", "号", ""))
    errors = _key_errors(key)
    province = ALIASES.get(shape["province"], shape["province"])
    if province != shape["province"]:
        warnings.append(Defect("NU206", province, shape["province"]))
    owner = _PROVINCE_OF_CODE.get(key[:2])
    if owner is not None and province != owner:
        errors.append(Defect("NU105", f"{owner} ({key[:2]})", shape["province"] or "-"))
    return key, errors, warnings


def _key_errors(key: str) -> list[Defect]:
    errors = []
    if len(key) != KEY_LENGTH:
        errors.append(Defect("NU102", str(KEY_LENGTH), f"{len(key)} ({messages.shown(key)})"))
    if wrong := re.search("[^0-9X]|X(?!$)", key):
        found = f"{messages.shown(wrong[0])} (U+{ord(wrong[0]):04X}) #{wrong.start() + 1}"
        errors.append(Defect("NU103", "0-9" if wrong.start() < KEY_LENGTH - 1 else "0-9 X", found))
    if errors:
        return errors
    if key[:2] not in _PROVINCE_OF_CODE:
        errors.append(Defect("NU106", "11-65", key[:2]))
    if (right := check_character(key[:19])) != key[19]:
        errors.append(Defect("NU104", right, key[19]))
    return errors


@lru_cache(maxsize=4096)
def _county(code: str) -> str | None:
    province, *rest = (entry for _, entry in numdb.get("cn/loc").info(code))
    county = rest[0].get("county") if rest else None
    if county is None:
        return None
    return str(province["province"]) + re.sub(r"\[[^\]]*\]", "", county.split(",")[-1])


def _invalid(text: str, errors: list[Defect]) -> InvalidNumberError:
    return InvalidNumberError("NU100", text=messages.shown(text), why=errors[0])
