"""base64url: every value has one spelling, and no other is read."""

import base64
import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest import base64url


@given(st.binary(max_size=80))
def test_bytes_survive_and_are_spelled_as_the_standard_library_spells_them(data: bytes) -> None:
    text = base64url.encode(data)
    assert base64url.decode(text) == base64url.decode(text, length=len(data)) == data
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")


@given(st.text(st.sampled_from("AQZaz09-_+/= \n\u0661Ａ"), max_size=12))
def test_a_text_that_is_read_is_the_one_that_is_written(text: str) -> None:
    data = base64url.decode(text)
    assert data is None or base64url.encode(data) == text


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AAAAA",
        "AB",
        "AAB",
        "AA==",
        "AAA=",
        "=",
        "+w",
        "/w",
        "-_9",
        "AA\n",
        " AA",
        "A A",
        "ＡＡ",
        "AA\0",
        "\ud800A",
    ],
)
def test_every_other_spelling_is_refused(text: str) -> None:
    assert base64url.decode(text) is None


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_value_of_another_length_is_refused(length: int) -> None:
    assert base64url.decode("A" * 22, length=length) is None
    assert base64url.decode("A" * 22, length=16) == bytes(16)


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(base64url).failed == 0
