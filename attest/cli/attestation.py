"""`attest attestation`: what a holder does with a filing's private fields."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attest import messages
from attest.cli import files, output, passphrase
from attest.cli.registry.options import Json
from attest.errors import InputError, RecordError
from attest.number import FilingNumber

if TYPE_CHECKING:
    from attest.attestation import Attestation
    from attest.disclosure import PrivatePart
    from attest.record import FilingForm

app = typer.Typer(
    callback=output.help_if_alone,
    invoke_without_command=True,
    help="Attestations: a filing's public record, and in the holder's copy its private fields, encrypted.",
)

Copy = Annotated[
    Path, typer.Argument(metavar="FILE|-", help="An attestation, the holder's copy or a public one; - reads a pipe.")
]


@app.command("make")
def make(
    paths: Annotated[list[Path], typer.Argument(metavar="FORM...", help="JSON or YAML: a form, or a list of them.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder to write to; made if missing.")],
    passphrase_fd: passphrase.Fd = None,
    passphrase_env: passphrase.Env = None,
    json: Json = False,
) -> int:
    """Part filing forms into public record and private fields, and write the holder's attestation of each.

    The file is the only place of the private fields' salts: keep it, a backup and the passphrase. `attest registry
    register` takes it, and registers the public record in it. Nothing is written unless every form is in order; a file
    that is there is never overwritten.
    """
    from attest.attestation import build_copy
    from attest.canonical import digest
    from attest.disclosure import seal
    from attest.encryption import Lock
    from attest.record.paths import unknown_in

    source = passphrase.Passphrase(passphrase_fd, passphrase_env)
    forms = [(path, form, _target(out, path, form)) for path in paths for form in _forms(path)]
    _check_free([target for *_, target in forms])
    lock = Lock.new(source.read(output.label("AT210"), again=output.label("AT211")))
    made = []
    for path, form, target in forms:
        with files.named(path):
            sealed = seal(form)
            copy = build_copy(sealed, lock)
        row: dict[str, Any] = {
            "number": sealed.record.number,
            "file": str(target),
            "digest": digest(sealed.public).hex(),
            "private_fields": len(sealed.private.leaves),
            "unknown": list(unknown_in(form)),
        }
        made.append((target, copy, row))
    for target, copy, row in made:
        _write(target, copy)
        if not json:
            output.line(output.label("AT212", path=target, number=row["number"], count=row["private_fields"]))
            for name in row["unknown"]:
                output.note(output.label("AT213", field=messages.shown(name)))
    if json:
        output.result({"schema": "attestation-made/1", "attestations": [row for *_, row in made]})
    return 0


@app.command("show")
def show(
    path: Copy,
    private: Annotated[
        bool, typer.Option("--private", help="Show the private fields too, with the passphrase of the holder's copy.")
    ] = False,
    passphrase_fd: passphrase.Fd = None,
    passphrase_env: passphrase.Env = None,
    json: Json = False,
) -> int:
    """Show what an attestation says. Nothing is compared with a registry: attest check attestation does that."""
    from attest.canonical import digest

    source = passphrase.Passphrase(passphrase_fd, passphrase_env)
    found = read(path)
    fields = None
    if private:
        with files.named(path):
            fields = sorted(opened(found, source).fields, key=lambda field: field.path)
    record = found.record
    if json:
        output.result(
            {
                "schema": "attestation-show/1",
                "number": found.number.text,
                "registry": asdict(found.registry) if found.registry else None,
                "record": record.as_json() if record else None,
                "digest": digest(record.canonical()).hex() if record else None,
                "has_private_part": found.private is not None,
                "private": {field.path: field.value for field in fields} if fields else None,
            }
        )
        return 0
    output.line(found.number.text)
    if found.registry:
        output.line(output.label("AT214", contract=found.registry.contract, chain_id=found.registry.chain_id))
    if record:
        output.line(output.label("AT215", digest=digest(record.canonical()).hex()))
        output.line(record.canonical().decode())
    if fields is not None:
        for field in fields:
            output.line(output.field(field.path, field.value))
    elif found.private:
        output.line(output.label("AT216"))
    return 0


@app.command("disclose")
def disclose(
    path: Copy,
    fields: Annotated[
        list[str],
        typer.Argument(metavar="FIELD...", help="Paths such as responsible_person.name; service.sites for all below."),
    ],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="File to write; never overwritten.")],
    passphrase_fd: passphrase.Fd = None,
    passphrase_env: passphrase.Env = None,
    json: Json = False,
) -> int:
    """Write private fields in clear, each with the proof that the public record holds it.

    `attest check attestation --disclosed` checks them. Whoever has the file can show it to others.
    """
    source = passphrase.Passphrase(passphrase_fd, passphrase_env)
    found = read(path)
    with files.named(path):
        private = opened(found, source)
    disclosure = private.disclose(found.number, [files.text(field) for field in fields])
    files.check_free(out)
    _write(out, disclosure.canonical())
    told = [field.path for field in disclosure.fields]
    if json:
        output.result(
            {"schema": "attestation-disclosed/1", "number": found.number.text, "file": str(out), "fields": told}
        )
    else:
        output.line(output.label("AT217", path=out, count=len(told), fields=", ".join(told)))
    return 0


def read(path: Path) -> "Attestation":
    """The attestation of a file, the holder's or a public one.

    Raises:
        InputError: it holds none; names the file.
    """
    from attest.attestation import MAX_COPY, parse_attestation

    data = files.read(path, limit=MAX_COPY)
    with files.named(path):
        return parse_attestation(data, limit=MAX_COPY)


def opened(found: "Attestation", source: passphrase.Passphrase) -> "PrivatePart":
    """The private fields of an attestation; errors as its `open`. Without any, the passphrase is not asked for.

    Raises:
        KeyOptionError: the passphrase cannot be had.
    """
    return found.open(source.read(output.label("AT218")) if found.private else "")


def _forms(path: Path) -> "list[FilingForm]":
    from attest.documents import MAX_FILE, read_forms

    data = files.read(path, limit=MAX_FILE)
    with files.named(path):
        return read_forms(data, name=path.name)


def _target(out: Path, path: Path, form: "FilingForm") -> Path:
    """Where a form's attestation goes; without a number it has no place."""
    if form.number is None:
        raise InputError("IN104", path=path, why=RecordError("AT112"))
    return out / f"{FilingNumber.parse(form.number).key}.attestation.json"


def _check_free(targets: list[Path]) -> None:
    """Make sure that nothing is overwritten, be it by a file of the same command."""
    for target, times in Counter(targets).items():
        if times > 1:
            raise InputError("AT131", path=target, count=times)
        files.check_free(target)


def _write(path: Path, data: bytes) -> None:
    files.make_folder(path.parent)
    files.create(path, data)
