"""Canonical bytes: one reading of every document, and the digest the contract computes."""

import hashlib

import pytest

from attest import canonical
from attest.errors import RecordError


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":1}', "RE116"),
        (b'{"a":1.0}', "RE115"),
        (b'{"a":1e3}', "RE115"),
        (b'{"a":NaN}', "RE115"),
        (b'{"a":Infinity}', "RE115"),
        (b'{"a":9007199254740992}', "RE115"),
        (b'{"a":%s}' % (b"9" * 5000), "RE115"),
        (b'{"a":"\\ud800"}', "RE114"),
        (b'{"\xc3\xa4":1}', "RE113"),
        (b"[" * 40 + b"]" * 40, "RE112"),
        (b"[" * 100_000, "RE112"),
        (b"\xff\xfe{}", "RE111"),
        (b"", "RE111"),
        (b"{}x", "RE111"),
        (b" " * (canonical.MAX_DOCUMENT + 1), "RE110"),
    ],
)
def test_json_with_two_readings_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(RecordError) as caught:
        canonical.parse_json(data)
    assert caught.value.code == code


def test_the_digest_is_the_head_of_sha256() -> None:
    assert canonical.digest(b"abc") == hashlib.sha256(b"abc").digest()[:26]
