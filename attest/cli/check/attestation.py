"""`attest check attestation`: whether an attestation, and what was disclosed of it, is what a registry holds."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attest import canonical, messages
from attest.cli import attestation as holding
from attest.cli import files, output, passphrase
from attest.cli.context import Context, language
from attest.cli.registry import options
from attest.cli.registry.options import Json, Name
from attest.errors import InputError, RecordError, UnboundError
from attest.ports import Basis, Lookup, TrustEntry
from attest.verify import AUTHORITY_HOST

if TYPE_CHECKING:
    from attest.disclosure import Disclosure
    from attest.number import FilingNumber
    from attest.record import PublicRecord


def attestation(
    path: holding.Copy,
    disclosed: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Disclosed fields, from attest attestation disclose, to be checked too."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Open the private part and check it too, with the passphrase.")
    ] = False,
    registry: Name = None,
    ask_node: Annotated[
        bool, typer.Option("--ask-node", help="Compare the record's digest with the one that the registry holds now.")
    ] = False,
    digest: Annotated[
        str | None, typer.Option(metavar="HEX", help="Compare it with this one, from a source that you trust.")
    ] = None,
    passphrase_fd: passphrase.Fd = None,
    passphrase_env: passphrase.Env = None,
    json: Json = False,
) -> int:
    """Check an attestation, and fields disclosed of it, against a registry or a digest that you trust.

    Exit 0 if all that was given is what the registry holds, whatever its status; 1 if something differs: a field, the
    private part, the record, or an authoritative registry that lacks the number; 3 if nothing is known: anybody can
    write an attestation, and without --ask-node or --digest nobody vouches for this one.
    """
    from attest.disclosure import parse_disclosure

    if ask_node and digest is not None:
        raise InputError("AT132")
    expected = None if digest is None else options.digest(digest)
    source = passphrase.Passphrase(passphrase_fd, passphrase_env)
    found = holding.read(path)
    if found.record is None:
        raise InputError("IN104", path=path, why=RecordError("RE129"))
    shown = _Checked(found.number, found.record, vouched=expected)
    if disclosed is not None:
        data = files.read(disclosed, limit=canonical.MAX_DOCUMENT)
        with files.named(disclosed):
            shown.disclosure = parse_disclosure(data)
        shown.check_disclosure(shown.disclosure)
    if private:
        with files.named(path):
            try:
                shown.private_fields = len(holding.opened(found, source).leaves)
            except UnboundError as error:
                shown.differences.append(error)
    if ask_node:
        shown.lookup, shown.basis, shown.trust = asyncio.run(_looked_up(Context.load(), registry, found.number))
    shown.check_digest()
    output.result(shown.as_json()) if json else shown.print()
    for difference in shown.differences:
        output.explain(difference)
    return shown.exit_code


@dataclass
class _Checked:
    """What was checked, and what came of it.

    Attributes:
        vouched: The digest that the user trusts, if one was given.
        lookup: What the registry says, if a node was asked; `basis` and `trust` then are there too.
        private_fields: Number of private fields, if the private part was opened and is the record's.
    """

    number: "FilingNumber"
    record: "PublicRecord"
    vouched: bytes | None = None
    disclosure: "Disclosure | None" = None
    private_fields: int | None = None
    lookup: Lookup | None = None
    basis: Basis | None = None
    trust: TrustEntry | None = None
    differences: list[RecordError] = field(default_factory=list)

    @property
    def digest(self) -> bytes:
        return canonical.digest(self.record.canonical())

    def check_disclosure(self, disclosure: "Disclosure") -> None:
        """Note what of the disclosed fields the record does not hold."""
        if disclosure.number != self.number.text:
            self.differences.append(RecordError("AT123", expected=self.number.text, found=disclosure.number))
        elif disclosure.private_root != self.record.private_root:
            self.differences.append(RecordError("AT124"))
        elif unproven := disclosure.unproven(self.record):
            self.differences.append(RecordError("AT125", fields=messages.shown(", ".join(unproven))))

    def check_digest(self) -> None:
        """Note whether the registry, or the user, knows of another record."""
        expected = self.vouched
        if self.lookup and self.lookup.entry.status.registered:
            expected = self.lookup.entry.digest
        if expected is not None and expected != self.digest:
            self.differences.append(RecordError("AT126", expected=expected.hex(), found=self.digest.hex()))

    @property
    def exit_code(self) -> int:
        if self.differences:
            return 1
        if self.lookup and self.trust and not self.lookup.entry.status.registered:
            return 1 if self.trust.decides(self.number) and not self.lookup.pending else 3
        return 0 if self.lookup or self.vouched else 3

    def as_json(self) -> dict[str, Any]:
        """The stable form, schema `attestation-check/1`. Disclosed values are in it, private ones never."""
        fields = self.disclosure.fields if self.disclosure else ()
        return {
            "schema": "attestation-check/1",
            "number": self.number.text,
            "digest": self.digest.hex(),
            "record": self.record.as_json(),
            "disclosed": [{"path": item.path, "value": item.value} for item in fields],
            "private_fields": self.private_fields,
            "differences": [difference.code for difference in self.differences],
            "vouched_by": "node" if self.lookup else "digest" if self.vouched else None,
            "status": self.lookup.entry.status.name.lower() if self.lookup else None,
            "rests_on": self.basis.as_json() if self.basis else None,
        }

    def print(self) -> None:
        """Print it for people."""
        if not (self.vouched or self.lookup):
            output.line(output.label("AT205"))
        state = f"  {self.lookup.entry.status.text(language())}" if self.lookup else ""
        output.line(f"{self.number.text}{state}")
        output.line(output.label("AT215", digest=self.digest.hex()))
        failed = {difference.code for difference in self.differences}
        if self.disclosure and not failed & {"AT123", "AT124", "AT125"}:
            output.line(output.label("AT202"))
            for item in self.disclosure.fields:
                output.line(f"  {output.field(item.path, item.value)}")
        if self.private_fields is not None:
            output.line(output.label("AT204", count=self.private_fields))
        if "AT126" not in failed:
            if self.vouched:
                output.line(output.label("AT206"))
            elif self.lookup and self.lookup.entry.status.registered:
                output.line(output.label("AT207"))
        if self.basis:
            output.basis(self.basis)
        output.line(output.label("CL020", host=AUTHORITY_HOST))


async def _looked_up(
    context: Context, registry: str | None, number: "FilingNumber"
) -> tuple[Lookup, Basis, TrustEntry]:
    async with context.reader(registry) as reader:
        answer = await reader.states([number])
        return answer.lookups[number], answer.basis, reader.trust
