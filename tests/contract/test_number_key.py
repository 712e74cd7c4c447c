"""Keys: `[0-9]{19}[0-9X]` and twelve zero bytes, and nothing else, judged without a loop."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import examples
from tests.contract.bench import Bench, RefusedError, Status, key

GOOD = key(0)
IS_KEY = re.compile(rb"[0-9]{19}[0-9X]\0{12}")
ALLOWED = [set(b"0123456789")] * 19 + [set(b"0123456789X")]
EDGES = set(b"\0\t 09*/:?@XYx\xb0\xb9\xf0\xf9\xfa\xff")
"""Bytes on either side of a digit's two halves, and those whose sum with six carries."""


def is_accepted(registry: Bench, number: bytes) -> bool:
    try:
        registry.call("register", [(number, b"{}")], by="REGISTRAR")
    except RefusedError as refused:
        if refused.args != ("MalformedNumber", number):
            raise
        return False
    return True


def accepted_at(registry: Bench, position: int, characters: set[int]) -> set[int]:
    """Those of `characters` that may stand at `position`, 0-based."""
    numbers = {character: GOOD[:position] + bytes([character]) + GOOD[position + 1 :] for character in characters}
    return {character for character, number in numbers.items() if is_accepted(registry, number)}


@pytest.mark.parametrize("number", [b"0" * 20, b"9" * 20, b"0" * 19 + b"X", b"9" * 19 + b"X", b"12345678901234567890"])
def test_twenty_digits_and_a_closing_x_are_keys(registry: Bench, number: bytes) -> None:
    registry.send("register", [(number.ljust(32, b"\0"), b"{}")], by="REGISTRAR")
    assert registry.status(number.ljust(32, b"\0")) is Status.ACTIVE


@pytest.mark.parametrize("position", range(20))
def test_each_of_twenty_characters_is_checked(registry: Bench, position: int) -> None:
    assert accepted_at(registry, position, EDGES) == ALLOWED[position] & EDGES


@pytest.mark.parametrize("position", [0, 18, 19])
def test_of_all_256_bytes_only_digits_and_a_closing_x_are_characters(registry: Bench, position: int) -> None:
    assert accepted_at(registry, position, set(range(256))) == ALLOWED[position]


@pytest.mark.parametrize("position", range(20, 32))
@pytest.mark.parametrize("byte", [0x01, 0x30, 0x80])
def test_anything_behind_the_twentieth_character_is_refused(registry: Bench, position: int, byte: int) -> None:
    number = bytearray(GOOD)
    number[position] = byte
    assert not is_accepted(registry, bytes(number))


@pytest.mark.parametrize(
    "number", [bytes(32), b"\xff" * 32, GOOD[1:20].ljust(32, b"\0"), b"\xff" + GOOD[1:], GOOD[::-1]]
)
def test_what_is_no_key_at_all_is_refused(registry: Bench, number: bytes) -> None:
    assert registry.refusal("register", [(number, b"{}")], by="REGISTRAR") == ("MalformedNumber", number)


@settings(max_examples=examples(150))
@given(
    number=st.one_of(
        st.binary(min_size=32, max_size=32),
        st.lists(st.sampled_from(b"09/:X\xfa\xff"), min_size=20, max_size=20).map(lambda c: bytes(c).ljust(32, b"\0")),
        st.from_regex(r"[0-9]{18}[0-9:/][0-9Xx]", fullmatch=True).map(
            lambda text: text.encode("latin-1").ljust(32, b"\0")
        ),
    )
)
def test_the_contract_and_the_pattern_agree_on_every_key(origin: Bench, number: bytes) -> None:
    assert is_accepted(origin, number) == bool(IS_KEY.fullmatch(number))
