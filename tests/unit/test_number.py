"""Filing numbers: eight real ones, every small change of them, and what is said about each defect."""

import csv
import random
from datetime import date
from pathlib import Path

import pytest

import attest
from attest.errors import InvalidNumberError
from attest.number import PROVINCES, FilingNumber, examine

TODAY = date(2026, 11, 24)
SEEN = Path(attest.__file__).parent / "cli" / "demo" / "filings-seen.csv"
REAL = [row["number"] for row in csv.DictReader(SEEN.read_text(encoding="utf-8").splitlines())]
ALPHABET = "0123456789X"


def well_formed_by_weights(province: str, key: str) -> bool:
    """The rule computed a second way: weighted sum with powers of two congruent to one, no running remainder."""
    if len(key) != 20 or any(character not in "0123456789" for character in key[:19]) or key[19] not in ALPHABET:
        return False
    values = [ALPHABET.index(character) for character in key]
    total = sum(value * pow(2, 19 - position) for position, value in enumerate(values))
    return total % 11 == 1 and PROVINCES.get(province) == key[:2]


def accepted(text: str) -> bool:
    return examine(text, today=TODAY).number is not None


@pytest.mark.parametrize("text", REAL)
def test_the_real_numbers_are_well_formed_without_a_warning(text: str) -> None:
    reading = examine(text, today=TODAY)
    assert reading.number is not None
    assert reading.number.text == text
    assert (reading.errors, reading.warnings) == ((), ())


@pytest.mark.parametrize("text", REAL)
def test_every_change_of_one_character_is_refused(text: str) -> None:
    key = text[4:24]
    changed = [key[:i] + new + key[i + 1 :] for i in range(20) for new in ALPHABET if new != key[i]]
    assert len(changed) == 200
    assert [other for other in changed if accepted(f"{text[:4]}{other}号")] == []


@pytest.mark.parametrize("text", REAL)
def test_every_swap_of_two_unequal_neighbours_is_refused(text: str) -> None:
    key = text[4:24]
    swapped = [key[:i] + key[i + 1] + key[i] + key[i + 2 :] for i in range(19) if key[i] != key[i + 1]]
    assert swapped
    assert [other for other in swapped if accepted(f"{text[:4]}{other}号")] == []


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_random_strings_get_the_answer_of_a_second_computation(count: int) -> None:
    source = random.Random(20190215)
    provinces = [*PROVINCES, "国", ""]
    right = 0
    for _ in range(count):
        province = source.choice(provinces)
        length = 20 if source.random() < 0.9 else source.randint(0, 25)
        key = "".join(source.choice(ALPHABET if source.random() < 0.01 else "0123456789") for _ in range(length))
        if source.random() < 0.5:
            key = PROVINCES.get(province, "11") + key[2:]
        if source.random() < 0.3:
            key = key[:19] + source.choice(ALPHABET)
        expected = well_formed_by_weights(province, key)
        right += expected
        assert accepted(f"{province}网信备{key}号") is expected, (province, key)
    assert right > count / 100


def test_the_parts_of_a_number() -> None:
    number = FilingNumber.parse("浙网信备33010619213211320012号")
    assert number.key == "33010619213211320012"
    assert (number.province, number.county, number.year, number.serial, number.check) == (
        "浙", "浙江省西湖区", 2019, "001", "2",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "expected", "found"),
    [
        ("京网信备11010819764512340011号", "NU104", "5", "1"),
        ("京网信备1101081976451234001号", "NU102", "20", "19"),
        ("京网信备110108197645123400155号", "NU102", "20", "21"),
        ("京网信备1101081976451234001A号", "NU103", "0-9 X", "A"),
        ("京网信备X1010819764512340015号", "NU103", "0-9", "X"),
        ("京网信备1101081976451234001\u0665号", "NU103", "0-9 X", "U+0665"),
        ("京网信备\u24601010819764512340015号", "NU103", "0-9", "U+2460"),
        ("京网信备1101081976451234001\u0425号", "NU103", "0-9 X", "U+0425"),
        ("京网信备1101081976451234\u202e0015号", "NU103", "0-9", "U+202E"),
        ("沪网信备11010819764512340015号", "NU105", "京 (11)", "沪"),
        ("网信备11010819764512340015号", "NU105", "京 (11)", "-"),
        ("京网信备99010819764512340015号", "NU106", "11-65", "99"),
        ("京ICP备12345678号", "NU101", "", ""),
        ("", "NU101", "", ""),
    ],
)
def test_each_error_says_what_was_expected_and_found(text: str, code: str, expected: str, found: str) -> None:
    reading = examine(text, today=TODAY)
    assert reading.number is None
    defect = next(error for error in reading.errors if error.code == code)
    assert expected in defect.expected
    assert found in defect.found
    assert defect.expected in defect.text("en")
    assert defect.expected in defect.text("zh-CN")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("京网信备11999919764512340016号", "NU201"),
        ("京网信备11010899764512340017号", "NU202"),
        ("京网信备11010819764512340007号", "NU203"),
        ("京网信备1101081963896882001x号", "NU204"),
        ("京网信备1101081963896882001X", "NU205"),
        ("蜀网信备51010419764512340011号", "NU206"),
        ("京网信备１１０１０８１９６３８９６８８２００１Ｘ号", "NU207"),
        ("京网信备 1101081963896882001X 号", "NU208"),
        ("京网信备11010819\u200b63896882001X号", "NU209"),
        ("京网信备\u200e\u20661101081963896882001X\u2069号", "NU209"),
        ("京網信備1101081963896882001X號", "NU210"),
    ],
)
def test_each_oddity_is_a_warning_and_the_number_stays_well_formed(text: str, code: str) -> None:
    reading = examine(text, today=TODAY)
    assert reading.number is not None
    assert code in [warning.code for warning in reading.warnings]


def test_parse_raises_our_error_that_names_the_first_defect() -> None:
    with pytest.raises(InvalidNumberError) as caught:
        FilingNumber.parse("京网信备11010819764512340011号")
    assert caught.value.code == "NU100"
    assert "expected '5', found '1'" in str(caught.value)


def test_a_number_cannot_be_made_from_a_bad_key() -> None:
    with pytest.raises(InvalidNumberError):
        FilingNumber("33010619213211320013")


def test_the_bare_key_is_accepted_only_where_it_is_asked_for() -> None:
    assert FilingNumber.parse_or_key("33010619213211320012").text == "浙网信备33010619213211320012号"
    with pytest.raises(InvalidNumberError):
        FilingNumber.parse("33010619213211320012")
