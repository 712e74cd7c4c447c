"""The code on chain: the same for every registry, and unable to hand over its storage or disappear."""

from collections.abc import Iterator

import pytest
from eth_utils.crypto import keccak

from tests.contract.bench import ARTIFACT, Bench

FORBIDDEN = {
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xFF: "SELFDESTRUCT",
    0xF0: "CREATE",
    0xF5: "CREATE2",
    0xF1: "CALL",
}
MAX_CODE = 24_576  # bytes; EIP-170


def opcodes(code: bytes) -> Iterator[int]:
    """The operations of `code`, without the data of PUSH1 to PUSH32."""
    at = 0
    while at < len(code):
        yield code[at]
        at += 1 + (code[at] - 0x5F if 0x60 <= code[at] <= 0x7F else 0)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"name": "登记" * 10, "admin": "NOBODY", "delay_s": 0}, {"name": "x", "delay_s": 2**48 - 1}],
)
def test_the_runtime_code_is_one_constant_whatever_the_constructor_was_told(arguments: dict[str, object]) -> None:
    bench = Bench.start()
    bench.deploy()
    bench.deploy(**arguments)  # type: ignore[arg-type]
    assert "0x" + bench.code().hex() == ARTIFACT["deployedBytecode"]
    assert "0x" + keccak(bench.code()).hex() == ARTIFACT["runtimeCodeHash"]


def test_the_runtime_code_is_the_same_on_another_chain_at_another_address(origin: Bench) -> None:
    bench = Bench.start(chain_id=1)
    bench.deploy()
    bench.deploy()
    assert bench.address != origin.address
    assert bench.code() == origin.code()


def test_opcodes_are_not_looked_for_in_pushed_data() -> None:
    assert list(opcodes(bytes.fromhex("61fff4ff5f"))) == [0x61, 0xFF, 0x5F]


def test_the_code_never_runs_other_code_in_its_own_storage_nor_creates_nor_destroys(origin: Bench) -> None:
    assert not {FORBIDDEN[code] for code in opcodes(origin.code()) if code in FORBIDDEN}


def test_the_code_fits_a_contract(origin: Bench) -> None:
    assert len(origin.code()) <= MAX_CODE
