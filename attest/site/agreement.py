"""What several readings of one place in a picture say together: a recogniser errs, so one reading is not enough."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from attest.credentials import HARD_BREAK, scan
from attest.number import KEY_LENGTH, PROVINCE_CHARACTERS, FilingNumber, examine

_P: Final = PROVINCE_CHARACTERS
_LOOSE: Final = re.compile(rf"([{_P}]) ?网 ?信 ?[备備][:：]? ?([0-9A-Za-z|×]{{{KEY_LENGTH}}})(?![0-9A-Za-z|×])")
_CONFUSED: Final = str.maketrans("OoDQIlBx|×", "0000118X1X")
_MOST_CONFUSED: Final = 2


def agreed(readings: Iterable[str], *, today: date, expected: FilingNumber | None = None) -> FilingNumber | None:
    """The number that two readings of one place have in common, taken one by one until there is one.

    In one of the two a letter or two may stand for digits of the same shape; none may hold another number.

    Args:
        expected: As for `read_numbers`.
    """
    clean: list[FilingNumber | None] = []
    loose: list[FilingNumber | None] = []
    for text in readings:
        clean.append(_clean(text, today, expected))
        loose.append(clean[-1] or _loose(text, today))
        numbers = {number for number in clean if number}
        if len(numbers) > 1:
            return None
        if any(loose.count(number) > 1 for number in numbers):
            return numbers.pop()
    return None


def _clean(text: str, today: date, expected: FilingNumber | None) -> FilingNumber | None:
    """The one number that a text holds."""
    found = {attempt.reading.number for attempt in scan(text, today=today).attempts}
    if len(found) == 1 and (number := found.pop()):
        return number
    return expected if not found and expected and bare(text, expected) else None


def bare(text: str, expected: FilingNumber) -> tuple[int, int] | None:
    """Where `text` holds exactly the twenty characters of `expected` amid what remains of a filing number's words."""
    pattern = rf"(?P<head>[\u4e00-\u9fff]{{0,4}})[:：]? ?(?<![0-9]){expected.key}(?![0-9A-Za-z]) ?(?P<end>号?)"
    match = re.search(pattern, text)
    if match is None:
        return None
    head, known = match["head"], f"{expected.province}网信备"
    others = set(head) & (set(_P) | set("公安算")) - {expected.province}
    legible = sum(character in head for character in "网信备") + bool(match["end"])
    return match.span() if legible >= 2 and not others and len(head) <= len(known) else None


def _loose(text: str, today: date) -> FilingNumber | None:
    """The number that a text holds where a letter or two stand for digits of the same shape."""
    found = _LOOSE.search(text.replace(HARD_BREAK, ""))
    if found is None:
        return None
    wrong = len(re.findall(r"[^0-9X]", found[2]))
    if not 0 < wrong <= _MOST_CONFUSED:
        return None
    return examine(f"{found[1]}网信备{found[2].translate(_CONFUSED)}号", today=today).number
