"""Signed bytes are read as what was signed, or refused."""

from contextlib import suppress

import pytest
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from attest.chain import transactions
from attest.chain.fees import Fees
from attest.chain.transactions import Transaction

KEY = b"\7" * 32
numbers = st.integers(0, 2**63 - 1)
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: str(to_checksum_address(raw)))
calls = st.builds(
    Transaction,
    chain_id=st.integers(1, 2**31),
    nonce=numbers,
    gas=numbers,
    fees=st.builds(Fees, numbers, numbers),
    to=st.none() | addresses,
    value=numbers,
    data=st.binary(max_size=200),
)


def signed(transaction: Transaction) -> bytes:
    return bytes(Account.sign_transaction(transactions.fields(transaction), KEY).raw_transaction)


@given(calls)
def test_signed_bytes_are_read_as_what_was_signed(transaction: Transaction) -> None:
    assert transactions.decode(signed(transaction)) == transaction


@given(calls)
def test_the_digest_is_what_another_implementation_signs(transaction: Transaction) -> None:
    assert transactions.digest(transaction) == TypedTransaction.from_dict(transactions.fields(transaction)).hash()


@given(calls, st.data())
def test_a_changed_byte_is_read_as_something_else_or_refused(transaction: Transaction, data: st.DataObject) -> None:
    raw = bytearray(signed(transaction))
    place = data.draw(st.integers(0, len(raw) - 70))
    raw[place] ^= data.draw(st.integers(1, 255))
    with suppress(ValueError):
        assert transactions.decode(bytes(raw)) != transaction


@given(st.binary(max_size=300))
def test_bytes_that_are_no_transaction_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not a transaction"):
        transactions.decode(raw)
