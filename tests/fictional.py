"""Filing numbers that nobody was given, and records of them."""

from typing import Any

from attest.number import FilingNumber, check_character
from attest.record import PublicRecord, build_record, new_nonce


def fictional(serial: int) -> FilingNumber:
    """A well-formed number that nobody was given."""
    digits = f"11010826{serial:08}901"
    return FilingNumber(digits + check_character(digits))


def record_of(number: FilingNumber, **more: Any) -> PublicRecord:
    """The least record of a number."""
    least = {"schema": "filing-record/1", "nonce": new_nonce(), "number": number.text}
    return build_record({**least, "subject": {"kind": "organisation"}, **more})
