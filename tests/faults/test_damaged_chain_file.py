"""A bit that turned in the embedded chain's file is a damaged file, never another answer."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from attest.chain import embedded
from attest.chain.embedded import CHAIN_ID, EmbeddedChain
from attest.chain.keys import embedded_key
from attest.errors import ChainError, ChainFileError
from attest.ports import Lookup
from attest.settings import Network
from tests.conftest import fictional, keep, reader, record_of

NUMBER = fictional(1)
NETWORK = Network(chain_id=CHAIN_ID, finality="latest")


class Kept:
    """A chain file with one filing on it."""

    def __init__(self, home: Path) -> None:
        self.path = home / "chain.sqlite"
        self.truth = asyncio.run(self._file(home))
        with sqlite3.connect(self.path) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.nodes = file.execute("SELECT key, value FROM node WHERE length(value) > 0").fetchall()

    async def _file(self, home: Path) -> Lookup:
        chain = EmbeddedChain.create(self.path)
        kept = await keep(chain, embedded_key(home), NETWORK)
        self.address = kept.address
        await kept.writer.register([record_of(NUMBER)])
        lookup = (await kept.reader.look_up([NUMBER])).lookups[NUMBER]
        await chain.close()
        return lookup

    def look(self) -> Lookup:
        async def asked() -> Lookup:
            chain = EmbeddedChain(self.path)
            try:
                return (await reader(chain, NETWORK, self.address).look_up([NUMBER])).lookups[NUMBER]
            finally:
                await chain.close()

        return asyncio.run(asked())

    def answers(self) -> list[Lookup]:
        """What is answered after each turn of the last bit of one value, faults left out."""
        told = []
        with sqlite3.connect(self.path, isolation_level=None) as file:
            for key, value in self.nodes:
                turned = value[:-1] + bytes([value[-1] ^ 3])
                file.execute("UPDATE node SET value = ? WHERE key = ?", (turned, key))
                with suppress(ChainFileError, ChainError):
                    told.append(self.look())
                file.execute("UPDATE node SET value = ? WHERE key = ?", (value, key))
        return told


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_turned_bit_in_any_value_never_gives_another_entry(kept: Kept) -> None:
    assert len(kept.nodes) > 50
    assert {lookup.entry for lookup in kept.answers()} == {kept.truth.entry}


def test_the_file_is_whole_again_once_the_bit_is_turned_back(kept: Kept) -> None:
    kept.answers()
    assert kept.look() == kept.truth


def test_without_the_check_some_bit_gives_another_entry(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_HASH_LENGTH", 0)
    assert {lookup.entry for lookup in kept.answers()} - {kept.truth.entry}
