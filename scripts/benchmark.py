#!/usr/bin/env python3
"""Measure what users wait for, each figure beside a peer measured in the same run: machines are noisy, ratios less so.

Each line is a median of several rounds. A peer is the least that any solution has to do, or another
solution. The groups `registry` and `seal` need Node and a local node, `site` and `widgets` a Chromium: make setup-test.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, Self

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for the tests' node

from eth_utils.crypto import keccak
from selectolax.lexbor import LexborHTMLParser
from stdnum.iso7064 import mod_11_2

from attest import base64url, canonical
from attest.attestation import build_copy
from attest.chain.embedded import EmbeddedChain
from attest.chain.keys import embedded_key
from attest.chain.node import call, logs
from attest.chain.rpc import HttpNode
from attest.disclosure import PrivatePart, seal
from attest.encryption import MIN_COST, Lock
from attest.number import FilingNumber, check_character, examine
from attest.record import PublicRecord, build_form, build_record, new_nonce, split
from attest.record.paths import texts_in
from attest.registry import contract
from attest.registry.proof import check, fetch_proof
from attest.registry.reader import MAX_BATCH
from attest.registry.signer import Signer
from attest.registry.sync import FIRST_RANGE, Synchroniser
from attest.registry.writer import RegistryWriter, deploy
from attest.settings import Network, Registry
from attest.site.extract import extract
from attest.site.worker import PageReader
from attest.store.index import Index
from attest.store.journal import Journal
from widgets.qr import qr_svg

if TYPE_CHECKING:
    from amount import Amount

    from tests.chain.anvil import Anvil

ROUNDS: Final = 5
TODAY: Final = date(2026, 1, 1)
NUMBER: Final = FilingNumber("11010819764512340015")
FILINGS: Final = 100
MANY: Final = 5_000
PEER: Final = Path(__file__).resolve().parent / "peers" / "open-attestation"
FIELDS: Final = 30
SEALS: Final = 300
SEAL_ROUNDS: Final = 12
"""Of which the least counts, ours and the peer's: what a round takes more is another process's."""
AT_A_TIME: Final = 250
MANY_SEALS: Final = 10_000
SEALED: Final[dict[str, Any]] = {
    "number": NUMBER.text,
    "subject": {
        "kind": "organisation", "name": "示例链科技（北京）有限公司", "nature": "enterprise",
        "registered_in": "北京市海淀区示例路 1 号", "mailing_address": "北京市海淀区示例路 1 号 100080",
        "document": {"type": "credit-code", "number": "91110108MA00AAAA16"},
    },
    "responsible_person": {
        "name": "张三", "office_phone": "01055500100", "mobile": "13800138000", "email": "zhangsan@example.cn",
    },
    "statement": {"sha256": 64 * "0", "media_type": "application/pdf", "size": 123_456},
    "service": {
        "name": "示例存证平台", "category": "technology-provider", "types": ["baas"], "chains": ["示例链"],
        "description": "为企业提供数据存证与验证的区块链平台。", "application_field": "数据存证",
        "server_address": "北京市海淀区示例数据中心",
        "baas": {"served_count": 2, "separates_hardware": True, "machine_room": "北京市海淀区示例数据中心三层"},
    },
    "displayed_on": {"domains": ["example.cn"]},
    "filed_on": "2019-03-30",
    "source": {"list": "第一批", "published": "2019-03-30"},
    "dates": {"started_on": "2019-03-01"},
}  # fmt: skip
"""A fictional form of `FIELDS` fields, public and private."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Median times in milliseconds of one thing and of its peer; `peer` names the latter.

    Attributes:
        asked: The bound that the project set itself, if there is one.
    """

    what: str
    ms: float
    peer: str
    peer_ms: float
    asked: str = ""

    @property
    def ratio(self) -> float:
        return self.ms / self.peer_ms

    def line(self) -> str:
        width = "9.3f" if self.ms < 1 else "9.1f"
        peer = f"{self.ratio:8.2f} x {self.peer} ({self.peer_ms:.3g} ms)"
        asked = f"; asked for: {self.asked}" if self.asked else ""
        return f"{self.what:60} {self.ms:{width}} ms   {peer}{asked}"


def daily() -> Iterator[Figure]:
    """What a user waits for every day, one figure after another."""
    yield _pair("import attest", _python("import attest"), "import json", _python("import json"))
    text = NUMBER.text
    yield _pair(
        "examine 1,000 numbers",
        lambda: [examine(text, today=TODAY) for _ in range(1000)],
        "1,000 check characters by python-stdnum",
        lambda: [mod_11_2.is_valid(NUMBER.key) for _ in range(1000)],
    )
    page = _page()
    yield _pair(
        f"read a page of {len(page) // 1000} kB",
        lambda: extract(page, content_type="text/html", base_url="", today=TODAY),
        "parse it only",
        lambda: LexborHTMLParser(page.decode()).body,
    )
    yield asyncio.run(_handed_over(page))
    pages = map("https://v{:05}.example/".format, itertools.count())  # what was encoded once is remembered
    yield _pair("QR code, drawn and read back", lambda: qr_svg(NUMBER, next(pages)), "encoded only", _qr)
    with tempfile.TemporaryDirectory() as home:
        yield asyncio.run(_registered(Path(home)))


async def _handed_over(page: bytes) -> Figure:
    async with PageReader(processes=1) as reader:

        async def once(body: bytes) -> None:
            await reader.read(body, content_type="text/html", base_url="", today=TODAY)

        await once(b"-")
        ours = await _median_async(lambda: once(page))
    theirs = _median(lambda: extract(page, content_type="text/html", base_url="", today=TODAY))
    return Figure("the same in a process of its own", ours, "in this one", theirs)


async def _registered(home: Path) -> Figure:
    """Registering in one batch, beside the same filings one by one."""
    chain = EmbeddedChain.create(home / "chain.sqlite")
    signer = Signer(
        chain, embedded_key(home), name="embedded", network=Network(finality="latest"), journal=Journal(":memory:")
    )
    receipt = await deploy(signer, chain, name="benchmark", delay_s=0)
    writer = RegistryWriter(signer, chain, str(receipt.contract))
    await writer.grant("REGISTRAR", signer.address)
    records = [_record(serial) for serial in range(2 * FILINGS)]

    async def one_by_one() -> None:
        for record in records[FILINGS:]:
            await writer.register([record])

    together = await _time_async(lambda: writer.register(records[:FILINGS]))
    apart = await _time_async(one_by_one)
    await chain.close()
    return Figure(f"register {FILINGS} filings in one batch, embedded chain", together, "one by one", apart)


def _pair(what: str, ours: Callable[[], Any], peer: str, theirs: Callable[[], Any]) -> Figure:
    return Figure(what, _median(ours), peer, _median(theirs))


def _median(work: Callable[[], Any]) -> float:
    def once() -> float:
        start = time.perf_counter()
        work()
        return 1000 * (time.perf_counter() - start)

    return statistics.median(once() for _ in range(ROUNDS))


async def _median_async(work: Callable[[], Awaitable[Any]]) -> float:
    return statistics.median([await _time_async(work) for _ in range(ROUNDS)])


async def _time_async(work: Callable[[], Awaitable[Any]]) -> float:
    start = time.perf_counter()
    await work()
    return 1000 * (time.perf_counter() - start)


def _python(code: str) -> Callable[[], Any]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def _qr() -> None:
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    code = QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(f"https://verify.example/#{NUMBER.key}")
    code.make(fit=True)


def _page() -> bytes:
    """A page as a shop or a portal has it: 500 rows, 300 style rules, the number in its footer."""
    rules = "".join(f".row{i}{{color:#{i:03d};display:block}}" for i in range(300))
    row = (
        '<div class="row{i}"><ul><li><a href="/{i}">区块链存证 <b>{i}</b></a></li></ul><p>京ICP备19000001号-1</p></div>'
    )
    body = "".join(row.format(i=i) for i in range(500))
    return f"<!doctype html><meta charset=utf-8><style>{rules}</style>{body}<footer>{NUMBER}</footer>".encode()


def _record(serial: int) -> PublicRecord:
    digits = f"11010826{serial:08}901"
    number = FilingNumber(digits + check_character(digits))
    least = {"schema": "filing-record/1", "nonce": new_nonce(), "number": number.text}
    return build_record(least | {"subject": {"kind": "organisation"}})


def registry() -> Iterator[Figure]:
    """A registry of many filings on a real node: copying it, looking numbers up, checking a proof."""
    from tests.chain.anvil import running

    with running() as anvil, tempfile.TemporaryDirectory() as folder:
        yield from asyncio.run(_on_node(anvil, Path(folder)))


async def _on_node(anvil: "Anvil", folder: Path) -> list[Figure]:
    from tests.chain.anvil import rich_key
    from tests.conftest import keep

    async with HttpNode(anvil.url) as node:
        kept = await keep(node, await rich_key(node), anvil.network(), name="anvil")
        records = [_record(serial) for serial in range(MANY)]
        numbers = [record.filing_number for record in records]
        await kept.writer.register(records)
        at, basis = await kept.reader.pin()

        async def synced() -> None:
            path = folder / f"{token_hex(4)}.sqlite"
            with Index.in_file(path) as index:
                assert (await Synchroniser(kept.reader, index).run()).head.filings == MANY

        async def asked_only() -> None:
            for first in range(0, at.number + 1, FIRST_RANGE):
                await logs(node, kept.address, [], first, min(first + FIRST_RANGE - 1, at.number))

        async def looked_up() -> None:
            assert len(await kept.reader.entries(numbers, at)) == MANY

        async def called_only() -> None:
            for start in range(0, MANY, MAX_BATCH):
                keys = [contract.key(number) for number in numbers[start : start + MAX_BATCH]]
                await call(node, kept.address, contract.encode("entriesOf", keys), at)

        settings = Registry(network="anvil", address=kept.address)
        proof = await fetch_proof(
            node, numbers[MANY // 2], network=anvil.network(), registry=settings, at=at, basis=basis
        )
        parts = [*proof.proof.account, *proof.proof.storage, proof.proof.header.encoded]
        return [
            Figure(
                f"sync {MANY:,} filings from a local node, replayed and stored",
                await _time_async(synced), "their events asked for only", await _time_async(asked_only), "≤ 20,000 ms",
            ),
            Figure(
                f"look {MANY:,} numbers up",
                await _median_async(looked_up), "the calls only", await _median_async(called_only),
                f"≤ {MANY / 2:,.0f} ms, 2,000 a second",
            ),
            Figure(
                "check a proof",
                _median(lambda: check(proof, network=anvil.network(), registry=settings)),
                "hash its nodes only", _median(lambda: [keccak(part) for part in parts]), "≤ 10 ms",
            ),
        ]  # fmt: skip


def seal_group() -> Iterator[Figure]:
    """Sealing a record of 30 fields and checking it, beside OpenAttestation with 30 fields in the same run.

    One form is sealed again and again, so the form of its number and domains is remembered, as right after reading it.
    """
    form = build_form(SEALED)
    public, private_fields = split(form)
    assert len(texts_in(public)) + len(private_fields) == FIELDS
    sealed = seal(form)
    record, fields = sealed.record, sealed.private.fields
    make = partial(seal, form)

    def checked() -> None:
        again = PrivatePart.of(fields)
        assert base64url.encode(again.root) == record.private_root
        assert canonical.digest(record.canonical()) == digest

    digest = canonical.digest(record.canonical())
    with _OpenAttestation() as peer:
        ours: dict[str, list[float]] = {"wrap": [], "check": []}
        theirs: dict[str, list[float]] = {"wrap": [], "check": []}
        for _ in range(SEAL_ROUNDS):
            for what, work in (("wrap", make), ("check", checked)):
                ours[what].append(_each(SEALS, work))
                theirs[what].append(peer.ms(what, SEALS))
        for what, name, bound in (("wrap", "seal", 0.25), ("check", "check", 0.20)):
            yield Figure(
                f"{name} a record of {FIELDS} fields", min(ours[what]), f"OpenAttestation {what}", min(theirs[what]),
                f"≤ {bound} ms, at most {1 / 1.5:.2f} of the peer",
            )  # fmt: skip
        lock = Lock.new("correct horse battery staple", cost=MIN_COST)
        makers: dict[str, Callable[[], object]] = {
            "seal": make,
            "seal and encrypt": lambda: build_copy(seal(form), lock),
        }
        for what, made in makers.items():
            single, together = _single_and_kept(made)
            yield Figure(
                f"{what} {MANY_SEALS:,} records, all kept", together, f"{MANY_SEALS:,} single ones, processor time",
                single, "at most 1.1 of it",
            )  # fmt: skip
        yield Figure(
            f"seal {MANY_SEALS:,} records, each", _each(MANY_SEALS, make),
            "OpenAttestation wrapDocuments", peer.ms("batch", MANY_SEALS),
        )  # fmt: skip
    yield _pair(
        "read and check a form of 30 fields", lambda: build_form(SEALED), "json.dumps it", lambda: json.dumps(SEALED)
    )
    derive = partial(Lock.new, "correct horse battery staple")
    yield _pair("derive a passphrase's key", derive, "at the least cost taken", partial(derive, cost=MIN_COST))


def _single_and_kept(make: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of processor time of `MANY_SEALS` that are let go, and of as many that are kept.

    Some of these and some of those in turn, since a machine's speed drifts; the median of several rounds.
    """
    rounds = []
    for _ in range(ROUNDS):
        kept: list[object] = []
        single = together = 0.0
        for _ in range(MANY_SEALS // AT_A_TIME):
            start = time.process_time()
            for _ in range(AT_A_TIME):
                make()
            turned = time.process_time()
            kept += [make() for _ in range(AT_A_TIME)]
            single, together = single + turned - start, together + time.process_time() - turned
        rounds.append((1000 * single, 1000 * together))
    return sorted(rounds, key=lambda spent: spent[1] / spent[0])[ROUNDS // 2]


def _each(count: int, work: Callable[[], Any]) -> float:
    """Milliseconds each of `count` times."""
    start = time.perf_counter()
    for _ in range(count):
        work()
    return 1000 * (time.perf_counter() - start) / count


class _OpenAttestation:
    """The peer, in a process of Node's."""

    def __enter__(self) -> Self:
        if not (PEER / "node_modules").is_dir():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=PEER, check=True)
        self._node = subprocess.Popen(
            ["node", "wrap.mjs"], cwd=PEER, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._say(json.dumps(_as_peer(SEALED)))
        return self

    def __exit__(self, *_: object) -> None:
        self._node.communicate()

    def ms(self, what: str, count: int) -> float:
        """Milliseconds a document."""
        self._say(f"{what} {count}")
        assert self._node.stdout
        return float(self._node.stdout.readline())

    def _say(self, line: str) -> None:
        assert self._node.stdin
        print(line, file=self._node.stdin, flush=True)


def _as_peer(form: dict[str, Any]) -> dict[str, Any]:
    """The form as a document of the peer's: four fields give way to the four that its issuer must have."""
    document: dict[str, Any] = json.loads(json.dumps(form))
    del document["source"], document["filed_on"], document["dates"]
    proof = {"type": "DNS-TXT", "location": "example.cn"}
    return document | {"issuers": [{"name": "示例", "documentStore": "0x" + 20 * "ab", "identityProof": proof}]}


def site() -> "Iterator[Amount]":
    """What looking at sites finds and costs."""
    from site_figures import figures

    yield from figures()


def widgets() -> "Iterator[Amount]":
    """What badge, QR code, element and page weigh, and how fast page and server answer."""
    from widget_figures import figures

    yield from figures()


GROUPS: Final[dict[str, Callable[[], "Iterator[Figure] | Iterator[Amount]"]]] = {
    "daily": daily,
    "registry": registry,
    "seal": seal_group,
    "site": site,
    "widgets": widgets,
}


def main() -> int:
    """Print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", nargs="?", choices=GROUPS, default="daily", help="what to measure (default: daily)")
    parser.add_argument("--json", action="store_true", help="print a JSON document a line")
    options = parser.parse_args()
    for figure in GROUPS[options.group]():
        if options.json:
            ratio = {"ratio": round(figure.ratio, 3)} if isinstance(figure, Figure) else {}
            print(json.dumps(asdict(figure) | ratio, ensure_ascii=False), flush=True)
        else:
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
