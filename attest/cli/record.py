"""`attest record`: the filing form, before anything is sealed or registered."""

import hashlib
import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from attest import messages
from attest.cli import files, guide, output
from attest.cli.context import language, today
from attest.cli.registry.options import Json
from attest.errors import AttestError, RecordError
from attest.number import Defect, examine

if TYPE_CHECKING:
    from attest.record import FilingForm
    from attest.record.problems import Problem
    from attest.record.review import Oddity

app = typer.Typer(
    callback=output.help_if_alone,
    invoke_without_command=True,
    help="Filing forms: fill one in, check it, see what of it would be public.",
)

_MAX_ATTACHMENT: Final = 100_000_000  # bytes
_UNKNOWN_TYPE: Final = "application/octet-stream"

Out = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="File to write, never overwritten; the screen if left out."),
]


@app.command("new")
def new(
    template: Annotated[
        bool, typer.Option("--template", help="Ask nothing: write an empty form with comments in both languages.")
    ] = False,
    out: Out = None,
) -> int:
    """Fill in a filing form by answering questions, or write an empty one.

    Every answer is checked at once; an empty one means "not known" and leaves the field out. The file is YAML, or JSON
    if its name ends in .json, and readable by its owner only. What a complete filing still lacks is told at the end.
    Exit 0; 2 where the answers end too soon or the file is there already; 4 if it cannot be written.
    """
    from attest.record import examine_form
    from attest.record.review import missing
    from attest.record.template import template as empty_form

    if out is not None:
        files.prepare(out)
    lacking: tuple[str, ...] = ()
    if template:
        text = empty_form()
    else:
        document = guide.ask(attachment=attachment)
        form, _ = examine_form(document)
        lacking = missing(form) if form else ()
        text = guide.written(document, as_json=out is not None and out.suffix.lower() == ".json")
    if out is None:
        output.line(text.rstrip("\n"))
    else:
        files.create(out, text.encode())
        output.line(output.label("CL160", path=out))
    _tell_missing(lacking, output.note)
    return 0


@app.command("check")
def check(
    path: Annotated[Path, typer.Argument(metavar="FILE|-", help="JSON or YAML: a form, or a list of them; - is JSON.")],
    json: Json = False,
) -> int:
    """Check a filing form: broken rules, what a complete filing still lacks, and what would be public.

    Exit 0 if every rule is kept, complete or not; 1 if one is broken; 2 if the file holds no form at all. Values of
    private fields are never shown.
    """
    from attest.documents import MAX_FILE, read_documents
    from attest.record import examine_form

    data = files.read(path, limit=MAX_FILE)
    with files.named(path):
        checked = [_Checked(*examine_form(item)) for item in read_documents(data, path.name)]
    if json:
        output.result({"schema": "record-check/1", "forms": [each.as_json() for each in checked]})
    else:
        for position, each in enumerate(checked, start=1):
            if len(checked) > 1:
                output.line(output.label("CL161", position=position))
            each.print()
    return 0 if all(each.form for each in checked) else 1


@app.command("attach")
def attach(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scans and other documents.")],
    json: Json = False,
) -> int:
    """Print what a form holds of files: SHA-256, media type and size, as YAML to be pasted or as JSON.

    Exit 0, or 2 if a file cannot be read.
    """
    found = {str(path): attachment(path) for path in paths}
    if json:
        output.result({"schema": "record-attachments/1", "attachments": found})
        return 0
    for name, entry in found.items():
        output.line(f"# {messages.shown(name)}")
        for field, value in entry.items():
            output.line(f"{field}: {value}")
    return 0


@app.command("schema")
def schema(
    public: Annotated[bool, typer.Option("--public", help="Of the public record instead of the form.")] = False,
) -> int:
    """Print the JSON Schema (draft 2020-12) of the filing form, for editors and other programs.

    Exit 0.
    """
    from attest.record.schema import form_schema, record_schema

    output.result(record_schema() if public else form_schema())
    return 0


def attachment(path: Path) -> dict[str, Any]:
    """What a form holds of a file.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    data = files.read(path, limit=_MAX_ATTACHMENT)
    media_type = (mimetypes.guess_type(path.name)[0] or _UNKNOWN_TYPE).lower()
    return {"sha256": hashlib.sha256(data).hexdigest(), "media_type": media_type, "size": len(data)}


class _Checked:
    """One form, and all that is to be said about it."""

    def __init__(self, form: "FilingForm | None", problems: "tuple[Problem, ...]") -> None:
        from attest.record import split
        from attest.record.paths import unknown_in
        from attest.record.public import check_impersonal
        from attest.record.review import missing, oddities

        self.form = form
        self.problems = [(problem.field, problem.error) for problem in problems]
        self.missing: tuple[str, ...] = ()
        self.unknown: list[str] = []
        self.oddities: list[tuple[str, Oddity | Defect]] = []
        self.public: dict[str, Any] = {}
        self.private: list[str] = []
        if form is None:
            return
        self.missing, self.unknown = missing(form), list(unknown_in(form))
        self.oddities += [(each.field, each) for each in oddities(form)]
        if form.number:
            self.oddities += [("number", each) for each in examine(form.number, today=today()).warnings]
        self.public, leaves = split(form)
        self.private = [path for path, _ in leaves]
        try:
            check_impersonal(self.public)
        except RecordError as error:
            self.form = None
            self.problems.append((str(error.params["field"]), error))

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.form.number if self.form else None,
            "well_formed": self.form is not None,
            "problems": [
                {"field": field, "code": _cause(error).code, "message": error.text("en")}
                for field, error in self.problems
            ],
            "unknown": self.unknown,
            "missing": list(self.missing),
            "oddities": [
                {"field": field, "code": each.code, "message": each.text("en")} for field, each in self.oddities
            ],
            "public": self.public,
            "private": self.private,
        }

    def print(self) -> None:
        from attest.canonical import canonical_bytes
        from attest.record.paths import texts_in

        lang = language()
        for _, error in self.problems:
            output.line(f"{output.label('CL001')} [{_cause(error).code}] {error.text(lang)}")
            if hint := error.hint(lang):
                output.line(f"    {hint}")
        if self.form is None:
            output.line(output.label("CL162", count=len(self.problems)))
            return
        for name in self.unknown:
            output.line(f"{output.label('CL002')} {output.label('AT213', field=messages.shown(name))}")
        for _, oddity in self.oddities:
            output.line(f"{output.label('CL002')} {oddity.code}: {oddity.text(lang)}")
        _tell_missing(self.missing, output.line)
        output.line(output.label("CL164" if self.missing else "CL165"))
        public = len(texts_in(self.public))
        output.line(output.label("CL166", private=len(self.private), public=public))
        output.line(canonical_bytes(self.public).decode())


def _tell_missing(paths: tuple[str, ...], tell: Callable[[str], None]) -> None:
    from attest.record.labels import Labelled

    if paths:
        tell(output.label("CL163", count=len(paths)))
    for path in paths:
        tell(f"    {Labelled(path).text(language())}")


def _cause(error: AttestError) -> AttestError:
    """The rule that was broken, where the error only adds the field to it."""
    why = error.params.get("why")
    return why if isinstance(why, AttestError) else error
