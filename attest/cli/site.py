"""`attest extract` and `attest verify`: what pages show, and whether it is theirs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from attest import messages
from attest.cli import files, output
from attest.cli.context import Context, language, now, today
from attest.errors import InputError
from attest.verdict import Outcome, State, Verdict
from attest.verify import AUTHORITY_HOST, Verifier

if TYPE_CHECKING:
    from attest.ports import Findings

MAX_PAGE: Final = 10_000_000  # bytes of a saved page
_CHECKS: Final = {
    "displayed": "CL090",
    "well_formed": "CL091",
    "registered": "CL092",
    "status": "CL093",
    "record_intact": "CL094",
    "domain": "CL095",
    "prominence": "CL096",
    "subject": "CL097",
    "link": "CL098",
    "qr": "CL099",
}
_OUTCOMES: Final = {Outcome.MATCH: "CL060", Outcome.MISMATCH: "CL061", Outcome.UNDECIDED: "CL062"}


def extract(
    path: Annotated[
        Path, typer.Argument(metavar="FILE|-", help="A saved page, HTML or plain text; - reads from a pipe.")
    ],
    base_url: Annotated[
        str, typer.Option(metavar="URL", help="Where the page was saved from; makes links absolute.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> int:
    """List the numbers a saved page shows, hides or gets wrong, and the look-alikes beside them."""
    from attest.site.extract import as_json
    from attest.site.worker import PageReader

    body = files.read(path, limit=MAX_PAGE)
    content_type = "text/plain" if path.suffix.lower() == ".txt" else None

    async def work() -> "Findings":
        async with PageReader() as reader:
            return await reader.read(body, content_type=content_type, base_url=files.text(base_url), today=today())

    findings = asyncio.run(work())
    output.result(as_json(findings)) if json else _print_findings(findings)
    return 0


def verify(
    url: Annotated[str, typer.Argument(metavar="URL", help="The page that shows the number, as https://example.cn/.")],
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER", help="The number to judge; without it, the one displayed that is filed for the site."
        ),
    ] = None,
    registry: Annotated[
        str | None, typer.Option(metavar="NAME", help="Registry of the settings; the default one if left out.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 also when an advisory check fails.")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Visit loopback and private addresses.")
    ] = False,
    resolve: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT:ADDRESS", help="Visit that host at that address, as curl's --resolve."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> int:
    """Verify that a site displays a filing number that is registered, in force and its own.

    Exit 0 MATCH, 1 MISMATCH, 3 UNDECIDED.
    """
    from attest.site.addresses import parse_resolve_rule
    from attest.site.fetch import Fetcher
    from attest.site.visit import SiteVisitor

    address = files.text(url)
    if not address.lower().startswith(("http://", "https://")):
        raise InputError("IN116", found=messages.shown(address))
    context = Context.load()
    expected = None if expect is None else files.number(expect)
    rules = [parse_resolve_rule(rule) for rule in resolve or []]

    async def work() -> Verdict:
        fetcher = Fetcher(allow_private=allow_private, resolve_rules=rules)
        async with context.reader(registry) as reader, SiteVisitor(fetcher, now=now) as site:
            return await Verifier(site=site, registry=reader).verify(address, expect=expected)

    verdict = asyncio.run(work())
    output.result(verdict.as_json()) if json else print_verdict(verdict)
    return verdict.exit_code(strict=strict)


def print_verdict(verdict: Verdict) -> None:
    """Print a verdict for people: the outcome in words, the checks, and what it rests on."""
    lang = language()
    output.line(output.label(_OUTCOMES[verdict.outcome]))
    header = [output.label(code) for code in ("CL032", "CL033", "CL034", "CL035")]
    checks = [check for check in verdict.checks if check.state is not State.NOT_APPLICABLE]
    output.table(
        header,
        [[output.label(_CHECKS[check.name]), check.state.value, check.code, check.text(lang)] for check in checks],
    )
    for check in verdict.reasons:
        if hint := check.hint(lang):
            output.line(hint)
    if verdict.basis:
        output.basis(verdict.basis)
    output.line(output.label("CL020", host=AUTHORITY_HOST))


def _print_findings(findings: "Findings") -> None:
    lang = language()
    rows = [[output.label("CL070"), shown.number.text, shown.where] for shown in findings.numbers]
    rows += [[output.label("CL071"), wrong.text, wrong.errors[0].text(lang)] for wrong in findings.malformed]
    rows += [[output.label("CL072"), hidden.number.text, hidden.where] for hidden in findings.hidden]
    rows += [[other.kind, other.value, ""] for other in findings.others]
    if rows:
        output.table([output.label(code) for code in ("CL044", "CL045", "CL035")], rows)
    else:
        output.line(output.label("CL073"))
    if findings.incomplete:
        output.note(output.label("FA120", found=findings.incomplete))
