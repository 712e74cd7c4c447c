"""`attest registry rehearse`: a batch on a fork of its network, before the real one gets it."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attest.cli import output
from attest.cli.context import Context, language
from attest.cli.registry.options import Json, Name
from attest.cli.registry.records import records_of, warn
from attest.errors import InputError, RpcUnavailableError, SettingsError

if TYPE_CHECKING:
    from attest.chain.node import Block
    from attest.record import PublicRecord
    from attest.registry.rehearsal import Rehearsal, Sent
    from attest.settings import Settings

app = typer.Typer()


@app.command("rehearse")
def rehearse(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON or YAML: a record, or a list of them.")],
    network: Annotated[
        str | None, typer.Option(metavar="NAME", help="Network of the settings to fork; the registry's if left out.")
    ] = None,
    registry: Name = None,
    account: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The account that would sign.")] = None,
    keystore: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its keystore instead: only the address in it is read.")
    ] = None,
    json: Json = False,
) -> int:
    """Register filings on a fork of the network: gas, fees and entries as they would be. No key is opened.

    The fork is a Hardhat node on this machine's loopback; the network itself is only read, through the first of its
    nodes that answers.
    """
    context = Context.load()
    chosen = _registry(context.settings, registry, network)
    address = _address(account, keystore)
    records = [record for path in paths for record in records_of(path)]
    for record in records:
        warn(record)
    at, done = asyncio.run(_rehearse(context, chosen, address, records))
    if json:
        output.result(_as_json(context, chosen, address, at, done))
    else:
        _tell(context, chosen, address, at, done)
    return 0


def _registry(settings: "Settings", registry: str | None, network: str | None) -> str:
    """Name of the registry that is meant: the one named, the default one, or the only one on `network`.

    Raises:
        SettingsError: none or several, or it is on another network, or its network cannot be forked.
    """
    if network is not None and registry is None:
        _check_forkable(settings, network)
        there = [name for name, entry in settings.registries.items() if entry.network == network]
        if settings.default_registry in there:
            registry = settings.default_registry
        elif len(there) == 1:
            (registry,) = there
        else:
            raise SettingsError("RH106", network=network, found=", ".join(there) or "-")
    chosen = settings.registry_name(registry)
    found = settings.registry(chosen).network
    if network not in (None, found):
        raise SettingsError("RH105", registry=chosen, network=network, found=found)
    _check_forkable(settings, found)
    return chosen


def _check_forkable(settings: "Settings", network: str) -> None:
    if settings.network(network).local:
        raise SettingsError("RH104", network=network)


def _address(account: str | None, keystore: Path | None) -> str:
    from attest.chain.keys import keystore_address
    from attest.registry.contract import checksummed

    if account is not None:
        return checksummed(account)
    if keystore is None:
        raise InputError("RH107")
    return keystore_address(keystore)


async def _rehearse(
    context: Context, registry: str, address: str, records: "list[PublicRecord]"
) -> tuple["Block", "Rehearsal"]:
    from attest.chain import networks
    from attest.chain.fork import forked
    from attest.chain.rpc import HttpNode
    from attest.registry import rehearsal

    settings = context.settings
    chosen = settings.registry(registry)
    network = settings.network(chosen.network)
    for url in network.rpc:
        async with HttpNode(url) as upstream:
            try:
                await networks.check_chain(upstream, chosen.network, network)
            except RpcUnavailableError:
                if url == network.rpc[-1]:
                    raise
                continue
            async with forked(upstream, url) as fork:
                done = await rehearsal.rehearse(
                    records, address, fork, upstream, network=network, registry=chosen, trust=settings.trust(registry)
                )
                return fork.at, done
    raise AssertionError("the last address returns or raises")


def _as_json(context: Context, registry: str, address: str, at: "Block", done: "Rehearsal") -> dict[str, Any]:
    basis = done.answer.basis
    return {
        "schema": "registry-rehearsal/1",
        "registry": registry,
        "network": context.settings.registry(registry).network,
        "chain_id": basis.chain_id,
        "contract": basis.contract,
        "forked_at": {"block": at.number, "block_hash": at.hash},
        "account": address,
        "balance_wei": str(done.balance),
        "registered_already": done.registered_already,
        "transactions": [
            {
                "filings": count,
                "gas": sent.receipt.gas_used,
                "base_fee_wei": str(sent.base_fee),
                "tip_wei": str(sent.tip),
                "fee_wei": str(sent.fee),
            }
            for count, sent in _pairs(done)
        ],
        "cost_wei": str(done.cost),
        "entries": [
            {
                "number": number.text,
                "status": lookup.entry.status.name.lower(),
                "digest": lookup.entry.digest.hex(),
                "block": lookup.entry.changed_at,
            }
            for number, lookup in done.answer.lookups.items()
        ],
    }


def _tell(context: Context, registry: str, address: str, at: "Block", done: "Rehearsal") -> None:
    from attest.chain.fees import coins

    network = context.settings.registry(registry).network
    output.line(output.label("RH001", network=network, block=at.number))
    if done.registered_already:
        output.note(output.label("CL123", count=done.registered_already))
    header = [output.label(code) for code in ("RH002", "RH003", "RH004", "RH005", "RH006", "RH007")]
    output.table(header, [_row(place, *pair) for place, pair in enumerate(_pairs(done), start=1)])
    header = [output.label(code) for code in ("RH008", "CL031", "CL042", "RH009")]
    entries = [(number.text, lookup.entry) for number, lookup in done.answer.lookups.items()]
    output.table(header, [[text, e.status.text(language()), str(e.changed_at), e.digest.hex()] for text, e in entries])
    gas = sum(sent.receipt.gas_used for sent in done.sent)
    cost, balance = coins(done.cost), coins(done.balance)
    told = {"count": len(done.sent), "gas": f"{gas:,}", "cost": cost}
    output.line(output.label("RH010", account=address, balance=balance, **told))
    if done.balance < done.cost:
        output.note(output.label("RH011", network=network, balance=balance, cost=cost))


def _pairs(done: "Rehearsal") -> "list[tuple[int, Sent]]":
    return list(zip(done.filings, done.sent, strict=True))


def _row(place: int, count: int, sent: "Sent") -> list[str]:
    from attest.chain.fees import coins

    gas = f"{sent.receipt.gas_used:,}"
    return [str(place), str(count), gas, f"{sent.base_fee:,}", f"{sent.tip:,}", coins(sent.fee)]
