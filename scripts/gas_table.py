#!/usr/bin/env python3
"""Gas per filing, beside what peers ask for the same, all on one embedded chain in one run.

The peers are the published contracts of the Ethereum Attestation Service and of OpenAttestation, as npm serves them:
fetched when this is run, checked against the digests below, and kept in `build/peers`.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.grammar import parse
from eth_abi.packed import encode_packed
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from attest.chain.embedded import CHAIN_ID, EmbeddedChain

ROOT: Final = Path(__file__).resolve().parent.parent
KEPT: Final = ROOT / "build" / "peers"
ARTIFACT: Final = ROOT / "attest" / "registry" / "abi" / "FilingRegistry.json"
TIMEOUT_S: Final = 300
GAS: Final = 60_000_000
MANY: Final = 100  # filings in one call
RECORD: Final = b"{" * 295  # a usual record's length, at the dearest bytes
ZERO: Final = bytes(32)
NOBODY: Final = "0x" + 20 * "00"
SUSPENDED: Final = 2
REMARK: Final = """Only the registry keeps a record and its status where a filing's number leads to them, and can show
that a number is not there. Who needs no more than proof that a batch existed pays least with one root for the batch."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm and the digest of its archive, base64 of SHA-512."""

    name: str
    version: str
    digest: str


EAS: Final = Package(
    "@ethereum-attestation-service/eas-contracts",
    "1.9.0",
    "L60y1fgKlY3a45xxnPlgRbiGQY8RF/lF+AzF1iVoR7/aEzitS0Nuyyjq8+IXs1sSSU0dl2+yGSmELxVeB6FelA==",
)
DOCUMENT_STORE: Final = Package(
    "@govtechsg/document-store",
    "3.0.0",
    "RW13l0pCaxfWWuBjKR3he7ddMzz21I6Oh4R9uBN63/IrPq9yummFaEOKQw42izh01ybnoFng88D9uePwarLyhg==",
)


@dataclass(frozen=True, slots=True)
class Row:
    """Gas of one call: for one item, and for each of `MANY` in one call; None where there is no such call."""

    what: str
    one: int | None
    each_of_many: float
    keeps: str


@dataclass(frozen=True, slots=True)
class Mined:
    gas: int
    address: str
    logs: list[dict[str, Any]]


class PeerError(Exception):
    """A peer's contract cannot be had."""


async def rows() -> AsyncIterator[Row]:
    """Every line of the table, measured one after another."""
    with tempfile.TemporaryDirectory() as folder:
        chain = EmbeddedChain.create(Path(folder) / "chain.sqlite")
        caller = Caller(chain)
        try:
            async for row in registry(caller):
                yield row
            async for row in eas_contracts(caller):
                yield row
            async for row in document_store(caller):
                yield row
        finally:
            await chain.close()


class Caller:
    """One account that sends transactions without a price."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self._chain = chain
        self._account = Account.create()
        self._nonce = 0
        self.address = self._account.address

    async def deploy(self, code: bytes, types: Sequence[str] = (), values: Sequence[Any] = ()) -> str:
        return (await self._send(None, code + encode(types, values))).address

    async def call(self, to: str, signature: str, *values: Any) -> Mined:
        """Call `signature`, such as `f(uint8,(bytes32,bytes)[])`, with a value for each of its types."""
        types = [part.to_type_str() for part in parse(signature[signature.index("(") :]).components]
        return await self._send(to, keccak(text=signature)[:4] + encode(types, values))

    async def _send(self, to: str | None, data: bytes) -> Mined:
        fields = {"nonce": self._nonce, "gasPrice": 0, "gas": GAS, "value": 0, "data": data, "chainId": CHAIN_ID}
        signed = self._account.sign_transaction(fields | ({"to": to_checksum_address(to)} if to else {}))
        self._nonce += 1
        sent = await self._chain.request("eth_sendRawTransaction", ["0x" + bytes(signed.raw_transaction).hex()])
        receipt = await self._chain.request("eth_getTransactionReceipt", [sent])
        if receipt["status"] != "0x1":
            raise PeerError(f"A call to {to or 'a new contract'} reverted")
        return Mined(int(receipt["gasUsed"], 16), receipt["contractAddress"], receipt["logs"])


async def registry(caller: Caller) -> AsyncIterator[Row]:
    """Registering, and a change of status."""
    artifact = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    constructor = ["string", "address", "uint48"]
    address = await caller.deploy(_bytes(artifact["bytecode"]), constructor, ["table", caller.address, 0])
    await caller.call(address, "grantRole(bytes32,address)", keccak(text="REGISTRAR"), caller.address)

    async def register(first: int, count: int) -> Mined:
        filings = [(_key(first + i), RECORD) for i in range(count)]
        return await caller.call(address, "register((bytes32,bytes)[])", filings)

    async def suspend(first: int, count: int) -> Mined:
        keys = [_key(first + i) for i in range(count)]
        return await caller.call(address, "setStatus(bytes32[],uint8,uint16)", keys, SUSPENDED, 101)

    await register(0, 1)  # the head has been written once, as all but the first call find it
    keeps = f"by number: status, digest and block; the record of {len(RECORD)} bytes in the log"
    yield await _row("FilingRegistry register", register, keeps)
    yield await _row("FilingRegistry setStatus", suspend, "the same; the number stays readable with its status")


async def eas_contracts(caller: Caller) -> AsyncIterator[Row]:
    """Attesting and revoking a commitment, or the five fields of an entry; a bare time stamp."""
    folder = _fetched(EAS) / "artifacts" / "contracts"
    schemas = await caller.deploy(_artifact(folder / "SchemaRegistry.sol" / "SchemaRegistry.json"))
    eas = await caller.deploy(_artifact(folder / "EAS.sol" / "EAS.json"), ["address"], [schemas])
    async for row in _attestations(caller, schemas, eas, "32 bytes", ["bytes32"], lambda serial: [_hash(serial)]):
        yield row
    five = ["bytes32", "string", "bytes32", "uint8", "uint16"]
    async for row in _attestations(
        caller, schemas, eas, "five fields", five, lambda serial: [_key(serial), "example.cn", _hash(serial), 1, 1]
    ):
        yield row

    async def timestamp(first: int, count: int) -> Mined:
        hashes = [_hash(first + i) for i in range(count)]
        if count == 1:
            return await caller.call(eas, "timestamp(bytes32)", hashes[0])
        return await caller.call(eas, "multiTimestamp(bytes32[])", hashes)

    yield await _row("EAS timestamp", timestamp, "by hash: a time; no record, no status")


async def _attestations(
    caller: Caller, schemas: str, eas: str, what: str, types: Sequence[str], values: Callable[[int], Sequence[Any]]
) -> AsyncIterator[Row]:
    """Attesting and revoking by a schema of `types`. Each attestation has values of its own: EAS would look for a free
    identifier for equal ones, one by one, and pay for it."""
    text = ",".join(f"{kind} field{i}" for i, kind in enumerate(types))
    await caller.call(schemas, "register(string,address,bool)", text, NOBODY, True)
    schema = keccak(encode_packed(["string", "address", "bool"], [text, NOBODY, True]))
    shape = "(address,uint64,bool,bytes32,bytes,uint256)"
    attested: list[tuple[bytes, int]] = []

    async def attest(first: int, count: int) -> Mined:
        each = [(NOBODY, 0, True, ZERO, encode(types, values(first + i)), 0) for i in range(count)]
        if count == 1:
            mined = await caller.call(eas, f"attest((bytes32,{shape}))", (schema, each[0]))
        else:
            mined = await caller.call(eas, f"multiAttest((bytes32,{shape}[])[])", [(schema, each)])
        attested.extend((decode(["bytes32"], _bytes(log["data"]))[0], 0) for log in mined.logs)
        return mined

    async def revoke(first: int, count: int) -> Mined:
        each = attested[first - 1 : first - 1 + count]
        if count == 1:
            return await caller.call(eas, "revoke((bytes32,(bytes32,uint256)))", (schema, each[0]))
        return await caller.call(eas, "multiRevoke((bytes32,(bytes32,uint256)[])[])", [(schema, each)])

    yield await _row(f"EAS attest, {what}", attest, "by a random identifier: schema, times, attester, the bytes")
    yield await _row(f"EAS revoke, {what}", revoke, "the time of revocation")


async def document_store(caller: Caller) -> AsyncIterator[Row]:
    """Issuing and revoking hashes, one each or one for all."""
    code = _fetched(DOCUMENT_STORE) / "dist/contracts/factories/contracts/DocumentStore__factory.js"
    found = re.search(r'_bytecode = "(0x[0-9a-f]+)"', code.read_text(encoding="utf-8"))
    if found is None:
        raise PeerError(f"Expected bytecode in {code}")
    store = await caller.deploy(_bytes(found[1]), ["string", "address"], ["table", caller.address])

    def change(verb: str) -> Callable[[int, int], Any]:
        async def sent(first: int, count: int) -> Mined:
            hashes = [_hash(first + i) for i in range(count)]
            if count == 1:
                return await caller.call(store, f"{verb}(bytes32)", hashes[0])
            return await caller.call(store, f"bulk{verb.capitalize()}(bytes32[])", hashes)

        return sent

    yield await _row("DocumentStore issue", change("issue"), "by hash: a block; no record, no status")
    yield await _row("DocumentStore revoke", change("revoke"), "by hash: a block")
    root = (await caller.call(store, "issue(bytes32)", keccak(text="root"))).gas
    keeps = "one hash for the batch; each filing needs a proof, absence cannot be shown, nor one filing's status"
    yield Row(f"DocumentStore issue, one Merkle root for {MANY}", None, root / MANY, keeps)


async def _row(what: str, call: Callable[[int, int], Any], keeps: str) -> Row:
    """Measure `call(first, count)` for item 1, then for the `MANY` items after it."""
    one = (await call(1, 1)).gas
    return Row(what, one, (await call(2, MANY)).gas / MANY, keeps)


def _fetched(package: Package) -> Path:
    """The unpacked package; fetched through npm where it is not there yet.

    Raises:
        PeerError: npm is missing or has no such archive, or the archive is another one.
    """
    folder = KEPT / f"{package.name.split('/')[-1]}-{package.version}"
    if not folder.is_dir():
        npm = shutil.which("npm", path=f"{ROOT / '.venv/bin'}:/usr/local/bin:/usr/bin") or "npm"
        with tempfile.TemporaryDirectory() as temporary:
            command = [npm, "pack", f"{package.name}@{package.version}", "--silent", "--pack-destination", temporary]
            try:
                subprocess.run(command, cwd=temporary, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
            except (OSError, subprocess.SubprocessError) as error:
                raise PeerError(f"{package.name} {package.version} was not fetched: {error}") from error
            archive = next(Path(temporary).glob("*.tgz"))
            found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if found != package.digest:
                raise PeerError(f"{package.name} {package.version}: expected {package.digest}, found {found}")
            with tarfile.open(archive) as packed:
                packed.extractall(Path(temporary) / "unpacked", filter="data")
            KEPT.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(temporary) / "unpacked" / "package", folder)
    return folder


def _artifact(path: Path) -> bytes:
    return _bytes(json.loads(path.read_text(encoding="utf-8"))["bytecode"])


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hash(serial: int) -> bytes:
    return keccak(b"%d" % serial)


def _key(serial: int) -> bytes:
    return f"11010826{serial:08}0010".encode().ljust(32, b"\0")


async def _print(as_json: bool) -> None:
    if not as_json:
        print(f"{'gas per filing':44} {'alone':>9} {f'of {MANY}':>9}  keeps on chain")
    async for row in rows():
        if as_json:
            print(json.dumps(asdict(row)), flush=True)
        else:
            one = "" if row.one is None else f"{row.one:,}"
            print(f"{row.what:44} {one:>9} {row.each_of_many:>9,.0f}  {row.keeps}", flush=True)
    if not as_json:
        print(f"\n{REMARK}")


def main() -> int:
    """Print a line a call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a JSON document a line")
    options = parser.parse_args()
    try:
        asyncio.run(_print(options.json))
    except PeerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
