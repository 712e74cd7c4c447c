"""Looking a filing up on a node that lies in one kind of answer, after a look that it is right without the lie."""

import asyncio
from typing import Any

import pytest

from attest.chain.rpc import HttpNode
from attest.errors import AttestError, ChainError
from attest.ports import Lookup
from tests.chain.filed import Filed
from tests.chain.proxy import Lie, lying, proxied
from tests.conftest import reader

NOT_QUANTITIES: list[Any] = [
    None, True, 1, 1.5, "", "0x", "1", "0x01", "-0x1", "0x-1", "0xg", "0x1 ", "0x1\n", " 0x1", "0x_1", "0x１", "٣",
    "0x" + "f" * 17, "0x" + "f" * 65, "0x1" + "0" * 5000, [], {}, ["0x1"],
]  # fmt: skip
NOT_HASHES: list[Any] = [
    None, 0, "", "0x", "11" * 32, "0x" + "11" * 31, "0x" + "11" * 33, "0x" + "1" * 63, "0x" + "zz" * 32,
    "0x" + "１" * 64, [], {},
]  # fmt: skip


def look(filed: Filed, method: str, lie: Lie) -> Lookup:
    """What a look-up gives where every answer to `method` is altered; right without that."""

    async def work() -> Lookup:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            assert await found(node) == filed.truth
            proxy.faults[method] = lying(lie)
            return await found(node)

    async def found(node: HttpNode) -> Lookup:
        asker = reader(node, filed.anvil.network(), filed.address, name="anvil")
        return (await asker.look_up([filed.number])).lookups[filed.number]

    return asyncio.run(work())


def refused(filed: Filed, method: str, lie: Lie) -> tuple[type[AttestError], str]:
    """The error that a look-up ends with."""
    with pytest.raises(ChainError) as caught:
        look(filed, method, lie)
    return type(caught.value), caught.value.code


def problem(filed: Filed, lie: Lie) -> tuple[type[AttestError], str]:
    """Why the record is missing from a look-up whose events are altered; the entry stays the right one."""
    lookup = look(filed, "eth_getLogs", lie)
    assert lookup == Lookup(filed.truth.entry, problem=lookup.problem)
    assert lookup.problem is not None
    return type(lookup.problem), lookup.problem.code


def histories(filed: Filed, lie: Lie) -> tuple[type[AttestError], str]:
    """The error that a history ends with; three changes without the lie."""

    async def work() -> None:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            asker = reader(node, filed.anvil.network(), filed.address, name="anvil")
            assert len(await asker.history(filed.number)) == 3
            proxy.faults["eth_getLogs"] = lying(lie)
            await asker.history(filed.number)

    with pytest.raises(ChainError) as caught:
        asyncio.run(work())
    return type(caught.value), caught.value.code


def words(**changes: str | int) -> Lie:
    """Encoded values with whole words replaced, by position: `w4=6` puts six in the fifth."""

    def lie(true: str) -> str:
        found = [true[2:][start : start + 64] for start in range(0, len(true) - 2, 64)]
        for name, value in changes.items():
            found[int(name[1:])] = value if isinstance(value, str) else f"{value:064x}"
        return "0x" + "".join(found)

    return lie
