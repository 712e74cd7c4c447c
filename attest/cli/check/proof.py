"""`attest check proof`: a registry's answer about one number, from a file."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from attest import canonical, messages
from attest.cli import files, output
from attest.cli.context import Context, language
from attest.cli.registry.options import Json, Name
from attest.errors import InputError, ProofError
from attest.ports import AUTHORITIES, Entry, TrustEntry
from attest.verify import AUTHORITY_HOST

if TYPE_CHECKING:
    from attest.chain.headers import Header
    from attest.record import PublicRecord
    from attest.registry.proof import FilingProof
    from attest.settings import Network, Registry

_HASH: Final = re.compile("0x[0-9a-fA-F]{64}")


def proof(
    path: Annotated[Path, typer.Argument(metavar="FILE|-", help="From attest registry prove; - reads from a pipe.")],
    registry: Name = None,
    block_hash: Annotated[
        str | None, typer.Option(metavar="HASH", help="The block's hash, from a source that you trust.")
    ] = None,
    ask_node: Annotated[
        bool, typer.Option("--ask-node", help="Let the node of the registry's network vouch for the block.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The filing's record, to be matched with the registry's digest.")
    ] = None,
    json: Json = False,
) -> int:
    """Check a proof that a registry holds a number, or that it does not, at one block.

    Chain, contract, code and slot are those of your settings. No node is asked, unless by --ask-node. Exit 0 if the
    number is there, 1 if an authoritative registry lacks it, 3 if nothing is known: the proof is no good, or nobody
    vouches for its block.
    """
    from attest.registry.proof import MAX_FILE, check, parse_proof

    expected = None if block_hash is None else _hash(block_hash)
    data = files.read(path, limit=MAX_FILE)
    with files.named(path):
        filing = parse_proof(data)
    context = Context.load()
    chosen = context.settings.registry(registry)
    network = context.settings.network(chosen.network)
    given = None if record is None else _record(record)
    if expected is not None:
        filing.require_block(expected)
    entry = check(filing, network=network, registry=chosen)
    if ask_node:
        asyncio.run(_confirm(context, chosen.network, filing.proof.header))
    vouched_by = "node" if ask_node else "block-hash" if expected else None
    shown = _Shown(filing, entry, context.settings.trust(registry), chosen, network, vouched_by, given)
    output.result(shown.as_json()) if json else shown.print()
    if shown.problem:
        output.explain(shown.problem)
    return shown.exit_code


@dataclass(frozen=True)
class _Shown:
    """What a proof shows, and to whom.

    Attributes:
        vouched_by: Who vouches for the block: `node`, `block-hash` (the user) or nobody.
        given: The record to be matched with the entry, if any.
    """

    filing: "FilingProof"
    entry: Entry
    trust: TrustEntry
    registry: "Registry"
    network: "Network"
    vouched_by: str | None
    given: "PublicRecord | None"

    @property
    def record(self) -> "PublicRecord | None":
        """The record given, where it is the registry's."""
        matches = self.given and canonical.digest(self.given.canonical()) == self.entry.digest
        return self.given if matches else None

    @property
    def problem(self) -> ProofError | None:
        """Why nothing is known, or why the record given is not matched."""
        if self.vouched_by is None:
            return ProofError("PF113", block=self.filing.proof.header.number, found=self.filing.block_hash)
        if self.given is None or self.record is not None:
            return None
        found = canonical.digest(self.given.canonical()).hex()
        return ProofError("PF131", expected=self.entry.digest.hex() if self.entry.status else "-", found=found)

    @property
    def exit_code(self) -> int:
        if self.vouched_by and not self.entry.status.registered:
            return 1 if self.trust.decides(self.filing.number) else 3
        return self.problem.exit_code if self.problem else 0

    @property
    def time(self) -> str:
        """When the block was made, UTC."""
        from attest.registry.contract import utc

        return utc(self.filing.proof.header.timestamp)

    def as_json(self) -> dict[str, Any]:
        """The stable form, schema `proof-check/1`."""
        return {
            "schema": "proof-check/1",
            "number": self.filing.number.text,
            "status": self.entry.status.name.lower(),
            "digest": self.entry.digest.hex() if self.entry.status else None,
            "changed_at": self.entry.changed_at,
            "record": self.record.as_json() if self.record else None,
            "problem": self.problem.code if self.problem else None,
            "rests_on": {
                "registry": self.trust.name,
                "operator": self.trust.operator,
                "authority": self.trust.authority,
                "chain_id": self.network.chain_id,
                "genesis": self.network.genesis,
                "contract": self.registry.address,
                "block": self.filing.proof.header.number,
                "block_hash": self.filing.block_hash,
                "time": self.time,
                "vouched_by": self.vouched_by,
                "finality": self.network.finality,
                "local": self.network.local,
            },
        }

    def print(self) -> None:
        """Print it for people; what nobody vouches for begins with just that."""
        block, trust = self.filing.proof.header.number, self.trust
        if self.vouched_by is None:
            output.line(output.label("PF003", block=block))
        output.line(f"{self.filing.number.text}  {self.entry.status.text(language())}")
        if self.entry.status:
            output.line(output.label("PF005", digest=self.entry.digest.hex(), changed_at=self.entry.changed_at))
        operator = output.label("CL019") if self.network.local and trust.operator == "-" else trust.operator
        authority = AUTHORITIES[trust.authority]
        output.line(output.label("CL022", name=trust.name, authority=authority, operator=operator, block=block))
        output.line(output.label("PF004", time=self.time, hash=self.filing.block_hash))
        if self.network.local:
            output.line(output.label("CL021"))
        if self.vouched_by == "node":
            output.line(output.label("PF007", network=self.registry.network, finality=self.network.finality))
        elif self.vouched_by:
            output.line(output.label("PF006"))
        if self.record:
            output.line(output.label("PF009"))
            output.line(self.record.canonical().decode())
        output.line(output.label("CL020", host=AUTHORITY_HOST))


async def _confirm(context: Context, name: str, header: "Header") -> None:
    """Let the network's node vouch for a block; errors as `attest.chain.proof.confirm`."""
    from attest.chain.networks import check_chain
    from attest.chain.proof import confirm

    async with context.node(name) as (network, node):
        await check_chain(node, name, network)
        await confirm(node, header, network.finality)


def _hash(text: str) -> str:
    if not _HASH.fullmatch(text):
        raise InputError("PF105", found=messages.shown(text))
    return text.lower()


def _record(path: Path) -> "PublicRecord":
    """The record of a file that holds one, or an attestation with one in it.

    Raises:
        InputError: it holds none; names the file.
    """
    from attest.attestation import SCHEMA, parse_attestation
    from attest.record import build_record

    data = files.read(path, limit=canonical.MAX_DOCUMENT)
    with files.named(path):
        document = canonical.parse_json(data)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            return build_record(document)
        found = parse_attestation(data).record
    if found is None:
        raise InputError("PF108", path=path)
    return found
