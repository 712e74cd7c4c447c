"""What a transaction may cost: fees of EIP-1559 in wei per unit of gas, under an absolute cap."""

from dataclasses import dataclass
from typing import Final

from attest.errors import FeeCapError

COIN: Final = 10**18  # wei


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per unit of gas: `tip` for the block's maker, `most` for everything."""

    tip: int
    most: int


def quote(base_fee: int, tip: int, gas: int, cap: int) -> Fees:
    """Fees that stay high enough while the base fee doubles, or less where `cap` demands it.

    Args:
        base_fee: Of the newest block.
        tip: As the node recommends.
        gas: Gas limit of the transaction.
        cap: Most wei that the whole transaction may cost.

    Raises:
        FeeCapError: it would cost more already now.
    """
    if (base_fee + tip) * gas > cap:
        raise FeeCapError("JR120", cost=coins((base_fee + tip) * gas), cap=coins(cap))
    return Fees(tip, min(2 * base_fee + tip, cap // gas))


def bump(old: Fees, now: Fees, gas: int, cap: int) -> Fees | None:
    """Fees that replace a waiting transaction: both an eighth higher, which every pool accepts, or as `now` asks.

    None where that could cost more than `cap`.
    """
    tip = max(_raised(old.tip), now.tip)
    most = max(_raised(old.most), now.most, tip)
    return Fees(tip, most) if most * gas <= cap else None


def coins(wei: int) -> str:
    """Wei as a decimal number of the chain's coin, without rounding."""
    whole, part = divmod(wei, COIN)
    return f"{whole}.{part:018}".rstrip("0").rstrip(".")


def _raised(fee: int) -> int:
    return max(fee + -(-fee // 8), fee + 1)
