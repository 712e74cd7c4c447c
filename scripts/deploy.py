#!/usr/bin/env python3
"""Create a registry on a network that the settings do not know yet.

The node is asked which chain it serves; chain id and genesis hash are shown and pinned. The registry is created as by
`attest registry init`, which is for networks of the settings, and both are written into the settings of the home.

Exit code: 0 created, 2 unusable input or refused by the contract, 3 no usable answer from the node, 4 a local fault.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

try:
    import typer

    from attest.chain import networks
    from attest.chain.rpc import HttpNode
    from attest.cli import guarded, output
    from attest.cli.context import FLAGS, Context, Flags, Keys
    from attest.cli.registry.creation import Kind, Operator, build, estimate, tell_made, trust_in
    from attest.cli.registry.options import Json
    from attest.cli.registry.plan import tell_cost, with_keys
    from attest.cli.registry.remembering import HIDDEN, check_fit, check_free, remember, tables
    from attest.errors import InputError
    from attest.settings import EMBEDDED, Network, build_settings
except ImportError as missing:
    print(f"{missing}. Run this script with the toolkit's own Python: .venv/bin/python", file=sys.stderr)
    sys.exit(4)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
@with_keys
def deploy(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the settings shall call the registry.")],
    rpc: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The network's node. Other users of this machine can see a command line."),
    ] = None,
    rpc_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read it from this environment variable: it may hold a token.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(metavar="NAME", help="What they shall call the network; chain-ID if left out.")
    ] = None,
    chain_id: Annotated[
        int | None, typer.Option(metavar="ID", help="The chain that you expect; another one is refused.", min=1)
    ] = None,
    finality: Annotated[
        str, typer.Option(metavar="RULE", help="finalized, safe, latest or 'N confirmations'.")
    ] = "finalized",
    operator: Operator = None,
    authority: Kind = "self-declared",
    home: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the settings; the user's data folder if left out.")
    ] = None,
    print_only: Annotated[
        bool,
        typer.Option(
            "--print", help="Print the tables for attest.toml, but no address from --rpc-env; leave the settings alone."
        ),
    ] = False,
    *,
    keys: Keys,
    json: Json = False,
) -> int:
    """Create a registry on a network that the settings do not know yet, and add both to them.

    Chain id and genesis hash are the node's: compare them with what the network's makers publish; --dry-run shows
    them too. After an interruption, give the same command again: nothing is created twice.
    """
    FLAGS.set(Flags(home=home))
    trust = trust_in(operator, authority)
    context = Context.load()
    check_free(context, name)
    described = {"rpc": _url(rpc, rpc_env), "finality": finality} | ({"chain_id": chain_id} if chain_id else {})
    found, genesis = asyncio.run(_chain(_checked(described), network or "-"))
    output.note(output.label("CL142", chain_id=found, genesis=genesis))
    chosen = network or f"chain-{found}"
    if chosen in (EMBEDDED, *context.settings.networks):
        raise InputError("RG166", network=chosen)
    if not print_only:
        check_fit(context, name, chosen)
    pinned = _checked(described | {"chain_id": found, "genesis": genesis})
    settings = context.settings.model_copy(update={"networks": {**context.settings.networks, chosen: pinned}})
    context = replace(context, settings=settings)
    if keys.dry_run:
        dry_run, receipt = asyncio.run(estimate(context, name, chosen, keys))
        tell_cost("init", {"name": name, "network": chosen}, [receipt], dry_run, json)
        return 0
    built = asyncio.run(build(context, name, chosen, trust, keys))
    if print_only:
        if rpc_env is not None:
            described["rpc"] = HIDDEN
            output.note(output.label("CL143", hidden=HIDDEN, name=rpc_env))
        print(tables(name, built.entry, described | built.pins, default=False), end="")
        return 0
    default = remember(context, name, built.entry, described | built.pins)
    tell_made(context, built.as_json(name, default=default), json=json)
    return 0


def _url(rpc: str | None, rpc_env: str | None) -> str:
    """The node's address, from the one place that was named."""
    found = rpc if rpc_env is None else os.environ.get(rpc_env)
    if found is None or (rpc is not None and rpc_env is not None):
        raise InputError("RG167")
    return found


def _checked(described: Mapping[str, object]) -> Network:
    """The network that the settings' table describes.

    Raises:
        SettingsError: a value cannot be used.
    """
    return build_settings({"networks": {"new": described}}).networks["new"]


async def _chain(network: Network, name: str) -> tuple[int, str]:
    """Chain id and genesis hash that the node tells."""
    async with HttpNode(network.rpc[0]) as node:
        return await networks.check_chain(node, name, network)


def run(arguments: Sequence[str]) -> int:
    """Run the script with these arguments, and return its exit code."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("deploy.py", list(arguments)) as parsed:
            return int(command.invoke(parsed))
    except typer.Exit as done:
        return done.exit_code


if __name__ == "__main__":
    sys.exit(guarded(lambda: run(sys.argv[1:])))
