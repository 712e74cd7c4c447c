"""`attest extract` and `attest verify`: what pages show, and whether it is theirs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast, get_args

import typer

from attest import messages
from attest.cli import files, output
from attest.cli.context import Context, language, now, today
from attest.errors import InputError
from attest.ports import TrustEntry
from attest.report.words import CHECKS
from attest.verdict import Outcome, State, Verdict
from attest.verify import AUTHORITY_HOST, Case, Verifier

if TYPE_CHECKING:
    from attest.ports import Findings

MAX_PAGE: Final = 10_000_000  # bytes of a saved page
MAX_PICTURE: Final = 20_000_000  # bytes of a screenshot
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
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="The page that shows the number, as https://example.cn/.")
    ] = None,
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
    render: Annotated[
        str,
        typer.Option(metavar="WHEN", help="When a browser looks: auto, where it decides something; always; never."),
    ] = "auto",
    prominence: Annotated[
        bool, typer.Option("--prominence", help="Judge how well the number is displayed; a browser looks.")
    ] = False,
    second_look: Annotated[
        bool, typer.Option("--second-look", help="Look again as a phone that does not say who is looking.")
    ] = False,
    ignore_robots: Annotated[
        bool, typer.Option("--ignore-robots", help="Visit also what robots.txt asks visitors to leave.")
    ] = False,
    screenshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judge a picture of the screen instead of visiting URL.")
    ] = None,
    app: Annotated[str | None, typer.Option(metavar="NAME", help="The app that the screenshot shows.")] = None,
    host: Annotated[str | None, typer.Option(metavar="HOST", help="The site that the screenshot shows.")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a report for people; a browser looks.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the evidence, for `attest check evidence`.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> int:
    """Verify that a site displays a filing number that is registered, in force and its own.

    Exit 0 MATCH, 1 MISMATCH, 3 UNDECIDED.
    """
    from attest.cli import evidence
    from attest.site.addresses import parse_resolve_rule
    from attest.site.fetch import Fetcher
    from attest.site.visit import Rendering, SiteVisitor

    address = _address(url, screenshot, app, host)
    picture = files.read(screenshot, limit=MAX_PICTURE) if screenshot else None
    context = Context.load()
    expected = None if expect is None else files.number(expect)
    when = cast("Rendering", files.one_of(render, get_args(Rendering), name="--render"))
    rules = [parse_resolve_rule(rule) for rule in resolve or []]
    if report and save:
        told, kept = report.resolve(), save.resolve()
        if told == kept or told in kept.parents or kept in told.parents:
            raise InputError("IN132", report=report, save=save)
    if report:
        files.prepare(report)
    if save:
        evidence.prepare(save)

    async def work() -> tuple[Case, TrustEntry]:
        fetcher = Fetcher(allow_private=allow_private, resolve_rules=rules, obey_robots=not ignore_robots)
        if picture is not None:
            from attest.site.screenshot import Screenshot

            async with context.reader(registry) as reader:
                shot = Screenshot(picture, now=now, app=files.text(app or ""))
                return await Verifier(site=shot, registry=reader).examine(address, expect=expected), reader.trust
        async with (
            context.reader(registry) as reader,
            SiteVisitor(
                fetcher,
                now=now,
                rendering=when,
                prominence=prominence or report is not None,
                second_look=second_look,
            ) as site,
        ):
            return await Verifier(site=site, registry=reader).examine(address, expect=expected), reader.trust

    with output.waiting(output.label("CL075")):
        case, trust = asyncio.run(work())
    output.result(case.verdict.as_json()) if json else print_verdict(case.verdict)
    if save:
        evidence.save(save, case, trust, expected)
        output.note(output.label("CL076", path=save))
    if report:
        from attest.report.site import site_report

        files.create(report, site_report(case.verdict, case.visit, language()).encode())
        output.note(output.label("CL074", path=report))
    return case.verdict.exit_code(strict=strict)


def _address(url: str | None, screenshot: Path | None, app: str | None, host: str | None) -> str:
    """What is asked about, as a URL; `app:NAME` for an app."""
    if screenshot is None:
        if url is None:
            raise InputError("IN131")
        address = files.text(url)
        if app or host or not address.lower().startswith(("http://", "https://")):
            raise InputError("IN116", found=messages.shown(address))
        return address
    if url or bool(app) == bool(host):
        raise InputError("IN131")
    return f"https://{files.text(host)}/" if host else f"app:{files.text(app or '')}"


def print_verdict(verdict: Verdict) -> None:
    """Print a verdict for people: the outcome in words, the checks, and what it rests on."""
    lang = language()
    output.line(output.label(_OUTCOMES[verdict.outcome]))
    header = [output.label(code) for code in ("CL032", "CL033", "CL034", "CL035")]
    checks = [check for check in verdict.checks if check.state is not State.NOT_APPLICABLE]
    output.table(
        header,
        [[output.label(CHECKS[check.name]), check.state.value, check.code, check.text(lang)] for check in checks],
    )
    for check in verdict.reasons:
        if hint := check.hint(lang):
            output.line(hint)
    if verdict.basis:
        output.basis(verdict.basis)
    output.line(output.label("CL020", host=AUTHORITY_HOST))


def _print_findings(findings: "Findings") -> None:
    lang = language()
    rows = [
        [output.label("CL077" if shown.doubt else "CL070", found=shown.doubt), shown.number.text, shown.where]
        for shown in findings.numbers
    ]
    rows += [[output.label("CL071"), wrong.text, wrong.errors[0].text(lang)] for wrong in findings.malformed]
    rows += [[output.label("CL072"), hidden.number.text, hidden.where] for hidden in findings.hidden]
    rows += [[other.kind, other.value, ""] for other in findings.others]
    if rows:
        output.table([output.label(code) for code in ("CL044", "CL045", "CL035")], rows)
    if not (findings.numbers or findings.malformed or findings.hidden):
        output.line(output.label("CL073"))
    if findings.incomplete:
        output.note(output.label("FA120", found=findings.incomplete))
