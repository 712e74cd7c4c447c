"""`attest registry resume` and `journal`: what became of the transactions that this home has signed."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from attest.cli import output
from attest.cli.context import JOURNAL_FILE, Context, Keys
from attest.cli.registry.options import Json, Name
from attest.cli.registry.plan import with_keys
from attest.errors import SettingsError

if TYPE_CHECKING:
    from attest.registry.signer import Signer
    from attest.store.journal import Operation

POLL_S = 1.0

app = typer.Typer()


@app.command("resume")
@partial(with_keys, without={"dry_run"})
def resume(
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=86_400, help="How long to wait until all of it is final.")
    ] = 0,
    registry: Name = None,
    *,
    keys: Keys,
    json: Json = False,
) -> int:
    """Finish what an interrupted command left: send again what no block holds, and follow it until it is final.

    Every change does so first; this does nothing else. Exit 0 where nothing is left open, 3 otherwise.
    """
    context = Context.load()
    try:
        network = context.settings.registry(registry).network
    except SettingsError:
        if any(operation.open for operation in _journalled(context)):
            raise SettingsError("JR108") from None
        raise

    async def work() -> list["Operation"]:
        async with context.sender(network, keys) as (sender, _):
            return await _followed(cast("Signer", sender), wait)

    followed = asyncio.run(work())
    _print(followed, json, empty="CL150")
    if not any(operation.open for operation in followed):
        return 0
    output.note(output.label("CL152"))
    return 3


async def _followed(signer: "Signer", wait: float) -> list["Operation"]:
    clock = asyncio.get_running_loop().time
    until = clock() + wait
    seen: dict[int, Operation] = {}
    while True:
        seen |= {done.operation.id: done.operation for done in await signer.settle()}
        if not any(operation.open for operation in seen.values()) or clock() > until:
            return list(seen.values())
        await asyncio.sleep(POLL_S)


@app.command("journal")
def journal(json: Json = False) -> int:
    """Every transaction that was signed in this home, oldest first, and how far it came. Nothing is asked or sent."""
    _print(_journalled(Context.load()), json, empty="CL129")
    return 0


def _journalled(context: Context) -> list["Operation"]:
    from attest.store.journal import Journal

    path = context.home / JOURNAL_FILE
    if not path.exists():
        return []
    with Journal(path) as kept:
        return kept.operations()


def _print(operations: list["Operation"], json: bool, *, empty: str) -> None:
    rows = [_row(operation) for operation in operations]
    if json:
        output.result({"schema": "registry-journal/1", "transactions": rows})
    elif rows:
        header = [output.label(code) for code in ("CL124", "CL125", "CL126", "CL127", "CL042", "CL128")]
        columns = ("account", "nonce", "call", "state", "block", "transaction")
        output.table(header, [["-" if row[name] is None else str(row[name]) for name in columns] for row in rows])
    else:
        output.line(output.label(empty))


def _row(operation: "Operation") -> dict[str, Any]:
    from attest.chain import transactions
    from attest.registry import contract

    call = transactions.decode(operation.attempts[-1])
    return {
        "chain_id": call.chain_id,
        "account": operation.account,
        "nonce": operation.nonce,
        "call": contract.described(call.to, call.data),
        "contract": call.to,
        "state": operation.state.value,
        "block": operation.block,
        "transaction": operation.hashes[0],
        "attempts": len(operation.attempts),
    }
