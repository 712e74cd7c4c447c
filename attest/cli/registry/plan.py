"""How every change of a registry is carried out: the options of whoever signs, progress, and what is printed."""

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attest.cli import output
from attest.cli.context import Context, Desk, Keys
from attest.cli.registry.options import Json, Name
from attest.messages import Localised

if TYPE_CHECKING:
    from attest.chain.node import Receipt
    from attest.registry.sender import DryRun
    from attest.registry.signer import Signer

BAR_FROM = 257
"""Subjects of a change from which on a terminal is shown its progress: more than one transaction."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One change as its command asks for it.

    Attributes:
        what: The command's name.
        subjects: What is changed, as people are told; `state`: what they are afterwards.
        work: Does it.
        report: What the JSON result says of the subjects; their names if left out.
    """

    what: str
    subjects: Sequence[str]
    state: Localised
    work: Callable[[Desk], Awaitable[Sequence["Receipt"]]]
    report: dict[str, Any] | None = None


def signing(
    keystore: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Encrypted keystore, version 3. The embedded chain has a test key of its own."
        ),
    ] = None,
    passphrase_fd: Annotated[
        int | None,
        typer.Option(metavar="N", help="Read the keystore's passphrase from this open descriptor, not the terminal."),
    ] = None,
    passphrase_env: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Read it from this environment variable; other programs may see it there."),
    ] = None,
    signer: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Remote signer that holds the key and answers eth_signTransaction."),
    ] = None,
    signer_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read it from this environment variable: it may hold a token.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The account it must sign for, or that a dry run is about.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what gas and money it would take; sign and send nothing.")
    ] = False,
) -> Keys:
    """The options of whoever signs."""
    return Keys(keystore, passphrase_fd, passphrase_env, signer, signer_env, account, dry_run)


def with_keys(command: Callable[..., Any], *, without: Collection[str] = ()) -> Callable[..., int]:
    """A command whose parameter `keys` is given by the options of `signing`, but for those named in `without`."""
    added = [parameter for parameter in _parameters(signing) if parameter.name not in without]

    def run(**given: Any) -> int:
        keys = signing(**{parameter.name: given.pop(parameter.name) for parameter in added})
        return int(command(**given, keys=keys))

    own = _parameters(command)
    json = own.pop()
    return _presented(run, command, [*(p for p in own if p.name != "keys"), *added, json])


def carried_out(command: Callable[..., Plan]) -> Callable[..., int]:
    """A command that carries out the plan that `command` makes of its arguments."""

    def run(*, registry: Name = None, keys: Keys, json: Json = False, **arguments: Any) -> int:
        return _carry_out(command(**arguments), registry, keys, json)

    added = [parameter for parameter in _parameters(run) if parameter.name != "arguments"]
    return with_keys(_presented(run, command, [*_parameters(command), *added]))


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function, eval_str=True).parameters.values())


def _presented(
    run: Callable[..., int], command: Callable[..., Any], parameters: Sequence[inspect.Parameter]
) -> Callable[..., int]:
    """`run`, in the eyes of the command line a function with the help of `command` and these parameters."""
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return run


async def finish_earlier(sender: "Signer | DryRun") -> None:
    """Finish what an interrupted command left in the journal, and say so."""
    for operation in await sender.resume():
        output.note(output.label("CL122", nonce=operation.nonce, state=operation.state))


def _carry_out(plan: Plan, registry: str | None, keys: Keys, json: bool) -> int:
    async def run() -> tuple[Sequence["Receipt"], "Signer | DryRun"]:
        bar = _Bar(len(plan.subjects))
        async with Context.load().desk(registry, keys, bar.advance) as desk:
            await finish_earlier(desk.sender)
            with bar:
                return await plan.work(desk), desk.sender

    try:
        receipts, sender = asyncio.run(run())
    except KeyboardInterrupt:
        output.note(output.label("CL151"))
        raise
    report = plan.report if plan.report is not None else {"subjects": list(plan.subjects)}
    if keys.dry_run:
        tell_cost(plan.what, report, receipts, sender, json)
        return 0
    sent = [{"block": receipt.block, "transaction": receipt.transaction} for receipt in receipts]
    if json:
        output.result({"schema": "registry-change/1", "change": plan.what, **report, "transactions": sent})
    else:
        for subject in plan.subjects:
            output.line(output.label("CL013", subject=subject, state=plan.state))
        for receipt in sent:
            output.line(output.label("CL026", **receipt))
    if sender.unfinal:
        output.note(output.label("CL152"))
    return 0


def tell_cost(what: str, report: dict[str, Any], receipts: Sequence["Receipt"], dry_run: Any, json: bool) -> None:
    """Print what a change would cost, in gas and in the chain's coin."""
    from attest.chain.fees import coins

    gas = [receipt.gas_used for receipt in receipts]
    if json:
        cost = {"cost_wei": str(dry_run.cost), "most_wei": str(dry_run.most)}
        output.result({"schema": "registry-dry-run/1", "change": what, **report, "gas": gas, **cost})
    else:
        cost = {"cost": coins(dry_run.cost), "most": coins(dry_run.most)}
        output.line(output.label("CL121", count=len(gas), gas=f"{sum(gas):,}", **cost))


class _Bar:
    """Shows on a terminal how much of a long list is done; else nothing."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._drawn: Any = None

    def __enter__(self) -> None:
        if self._total < BAR_FROM or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import Progress

        self._drawn = Progress(console=Console(stderr=True), transient=True)
        self._drawn.add_task("", total=self._total)
        self._drawn.start()

    def __exit__(self, *_: object) -> None:
        if self._drawn is not None:
            self._drawn.stop()

    def advance(self, done: int) -> None:
        if self._drawn is not None:
            self._drawn.advance(self._drawn.task_ids[0], done)
