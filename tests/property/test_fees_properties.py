"""Fees stay under the cap whatever is asked for, and each bump is one that every pool takes."""

from hypothesis import given
from hypothesis import strategies as st

from attest.chain import fees
from attest.chain.fees import Fees
from attest.errors import FeeCapError

wei = st.integers(0, 10**13)
gas = st.integers(21_000, 16_777_216)
caps = st.integers(1, 10**20)


@given(wei, wei, gas, caps)
def test_a_quote_pays_for_the_next_block_and_never_more_than_the_cap(base: int, tip: int, limit: int, cap: int) -> None:
    try:
        quoted = fees.quote(base, tip, limit, cap)
    except FeeCapError:
        assert (base + tip) * limit > cap
    else:
        assert base + tip <= quoted.most <= 2 * base + tip
        assert quoted.most * limit <= cap
        assert quoted.tip == tip


@given(wei, wei, wei, wei, gas, caps)
def test_a_bump_raises_both_fees_by_an_eighth_or_stays_out(
    base: int, tip: int, later: int, dearer: int, limit: int, cap: int
) -> None:
    old, now = Fees(tip, 2 * base + tip), Fees(dearer, 2 * later + dearer)
    raised = fees.bump(old, now, limit, cap)
    if raised is None:
        assert max(_eighth_more(old.most), _eighth_more(old.tip), now.most, now.tip) * limit > cap
    else:
        assert raised.most * limit <= cap
        assert raised.tip * 8 >= old.tip * 9
        assert raised.most * 8 >= old.most * 9
        assert raised.tip > old.tip
        assert raised.most > old.most
        assert raised.tip <= raised.most
        assert raised.tip >= now.tip
        assert raised.most >= now.most


def _eighth_more(fee: int) -> int:
    return max((fee * 9 + 7) // 8, fee + 1)


@given(st.integers(0, 10**40))
def test_coins_are_written_without_rounding(amount: int) -> None:
    whole, _, part = fees.coins(amount).partition(".")
    assert int(whole) * fees.COIN + int((part or "0").ljust(18, "0")) == amount
    assert not part.endswith("0")
