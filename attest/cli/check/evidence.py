"""`attest check evidence`: judge a saved visit again, offline."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from attest import messages
from attest.cli import output
from attest.cli.context import language
from attest.cli.site import print_verdict
from attest.errors import AttestError, EvidenceError
from attest.verdict import RULES, Verdict


def evidence(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="As `attest verify --save DIR` wrote it.")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 also when an advisory check fails.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a report for people.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> int:
    """Judge a saved visit again, offline, and compare with the verdict that was given then.

    Exit 0 MATCH, 1 MISMATCH, 3 UNDECIDED; 2 where a file was changed, or the verdict is another one now.
    """
    from attest.cli import files
    from attest.cli.evidence import load
    from attest.site.evidence import visit_of
    from attest.site.worker import PageReader

    kept = load(folder)
    if report:
        files.prepare(report)

    async def work() -> Verdict:
        try:
            async with PageReader() as reader:
                visit = await visit_of(kept.files, reader)
        except (AttestError, LookupError, TypeError, ValueError) as error:  # written by another hand
            raise EvidenceError("EV102", found=messages.shown(f"{type(error).__name__}: {error}")) from error
        verdict = kept.judge(visit)
        if report:
            from attest.report.site import site_report

            files.create(report, site_report(verdict, visit, language()).encode())
            output.note(output.label("CL074", path=report))
        return verdict

    verdict = asyncio.run(work())
    if not kept.agrees(verdict):
        raise EvidenceError("EV106", expected=kept.rules, found=RULES)
    if json:
        output.result(verdict.as_json())
    else:
        print_verdict(verdict)
        output.note(output.label("EV107", path=folder))
    return verdict.exit_code(strict=strict)
