"""`attest registry init` and `add`: create a registry, or take over one that exists, into the settings of the home."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import typer

from attest import messages
from attest.cli import files, output
from attest.cli.context import SETTINGS_FILE, Context, Keys
from attest.cli.registry.options import Json
from attest.cli.registry.plan import finish_earlier, tell_cost, with_keys
from attest.cli.registry.remembering import check_fit, check_free, remember
from attest.ports import Authority
from attest.settings import EMBEDDED

if TYPE_CHECKING:
    from attest.chain.node import Node, Receipt
    from attest.registry.sender import DryRun
    from attest.registry.signer import Signer

ADMIN_DELAY_S: Final = 172_800  # that a change of admin waits

app = typer.Typer()

Operator = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Who runs it, as shown in every answer."),
]
Kind = Annotated[
    str, typer.Option(metavar="KIND", help="What its silence means to you: self-declared, mirror or authoritative.")
]


@app.command("init")
@with_keys
def init(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the settings call the registry.")] = "local",
    network: Annotated[
        str, typer.Option(metavar="NAME", help="A network of the settings; embedded is the chain file of this machine.")
    ] = EMBEDDED,
    operator: Operator = None,
    authority: Kind = "self-declared",
    *,
    keys: Keys,
    json: Json = False,
) -> int:
    """Create a registry on a network and add it to the settings.

    The signer becomes its admin. On the embedded chain the test key gets every role; elsewhere grant them with
    `attest registry role grant`. After an interruption, give the same command again: nothing is created twice.
    """
    trust = trust_in(operator, authority)
    context = Context.load()
    check_free(context, name)
    check_fit(context, name, network)
    if keys.dry_run:
        dry_run, receipt = asyncio.run(estimate(context, name, network, keys))
        tell_cost("init", {"name": name, "network": network}, [receipt], dry_run, json)
        return 0
    tell_made(context, asyncio.run(create(context, name, network, trust, keys)), json=json)
    if network == EMBEDDED and not json:
        output.line(output.label("CL021"))
    return 0


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What your settings shall call the registry.")],
    network: Annotated[str, typer.Option(metavar="NAME", help="Network of the settings that it is on.")],
    address: Annotated[str, typer.Option(metavar="ADDRESS", help="The contract, 0x and 40 hexadecimal digits.")],
    operator: Operator = None,
    authority: Kind = "self-declared",
    *,
    json: Json = False,
) -> int:
    """Add somebody's registry to the settings, after a look that it is one: nothing is sent, no key is needed.

    What you believe of it is your word alone: say with --operator and --authority what you know from elsewhere.
    """
    trust = trust_in(operator, authority)
    context = Context.load()
    taken = asyncio.run(_take_over(context, name, network, address, trust))
    if json:
        output.result({"schema": "registry-add/1", **taken})
        return 0
    _tell_place(context, taken)
    told = {"called": messages.shown(taken["called"]), "admin": taken["admin"] or "-", "filings": taken["filings"]}
    output.line(output.label("CL131", **told))
    if not taken["birth_seen"]:
        output.note(output.label("CL132", block=taken["deployed_at"]))
    return 0


@dataclass(frozen=True, slots=True)
class Built:
    """A registry that was just deployed.

    Attributes:
        entry: Its table of the settings; `pins`: what its network's must say.
        adopted: An interrupted run had deployed it.
    """

    entry: dict[str, Any]
    pins: dict[str, Any]
    adopted: bool

    def as_json(self, name: str, *, default: bool) -> dict[str, Any]:
        block = self.entry["deployed_at"]
        return {"name": name, "default": default, "adopted": self.adopted, "block": block, **self.entry, **self.pins}


def trust_in(operator: str | None, authority: str) -> dict[str, Any]:
    """What the user believes of a registry, as its table of the settings has it.

    Raises:
        InputError: no such kind of registry.
    """
    files.one_of(authority, get_args(Authority), name="--authority")
    return {"operator": operator or "-", "authority": authority}


async def estimate(context: Context, name: str, network: str, keys: Keys) -> "tuple[Signer | DryRun, Receipt]":
    """What `create` would cost, as a dry run and its receipt; errors as `create`.

    Where there is no embedded chain yet, the answer is a passing one's, and none is made.

    Args:
        keys: Of a dry run.
    """
    from attest.chain import networks
    from attest.chain.embedded import EmbeddedChain
    from attest.registry import contract

    check_free(context, name)
    if network == EMBEDDED and not (context.home / networks.CHAIN_FILE).exists():
        with TemporaryDirectory() as folder:
            await EmbeddedChain.create(Path(folder, networks.CHAIN_FILE)).close()
            return await estimate(replace(context, home=Path(folder)), name, network, keys)
    async with context.sender(network, keys) as (sender, node):
        await networks.check_chain(node, network, context.settings.network(network))
        return sender, await sender.send(None, contract.deployment(name, sender.address, ADMIN_DELAY_S))


async def create(context: Context, name: str, network: str, trust: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """Build a registry and write it into the home's settings.

    Raises:
        OutputError: the registry was made, the settings could not be written; says where it is.
        AttestError: as `build`.
    """
    built = await build(context, name, network, trust, keys)
    default = remember(context, name, built.entry, built.pins)
    return built.as_json(name, default=default)


async def build(context: Context, name: str, network: str, trust: dict[str, Any], keys: Keys) -> Built:
    """Deploy a registry, and give its signer every role where it is the embedded chain's.

    Where an interrupted run deployed this very registry, that one is taken.

    Raises:
        InputError: a registry of that name exists, or it is no name for one.
        WrongChainError: what was deployed is no registry whose block numbers can be followed.
    """
    from attest.chain import networks
    from attest.chain.embedded import EmbeddedChain
    from attest.registry import contract
    from attest.registry.writer import RegistryWriter

    check_free(context, name)
    if network == EMBEDDED:
        await EmbeddedChain.create(context.home / networks.CHAIN_FILE).close()
    async with context.sender(network, keys) as (sender, node):
        chain_id, genesis = await networks.check_chain(node, network, context.settings.network(network))
        await finish_earlier(sender)
        receipt, adopted = await _deployed(context, sender, node, name, network)
        address = contract.checksummed(str(receipt.contract))
        if network == EMBEDDED:
            writer = RegistryWriter(sender, node, address)
            for role in contract.ROLES:
                await writer.grant(role, sender.address)
    entry = {"network": network, "address": address, **trust, "deployed_at": receipt.block}
    return Built(entry, {"chain_id": chain_id, "genesis": genesis}, adopted)


async def _deployed(
    context: Context, sender: "Signer | DryRun", node: "Node", name: str, network: str
) -> "tuple[Receipt, bool]":
    """A registry of that name, and whether an interrupted run had made it: one that no settings know yet."""
    from attest.registry import contract
    from attest.registry.writer import check_deployment, deploy

    earlier = await sender.done_before(None, contract.deployment(name, sender.address, ADMIN_DELAY_S))
    known = {(entry.network, entry.address.lower()) for entry in context.settings.registries.values()}
    if earlier is not None and (network, earlier.contract) not in known:
        await check_deployment(node, earlier)
        return earlier, True
    return await deploy(sender, node, name=name, delay_s=ADMIN_DELAY_S), False


async def _take_over(context: Context, name: str, network: str, address: str, trust: dict[str, Any]) -> dict[str, Any]:
    from attest.ports import TrustEntry
    from attest.registry import contract, roles
    from attest.registry.birth import saw_birth
    from attest.registry.reader import RegistryReader
    from attest.settings import Registry

    check_free(context, name)
    entry = {"network": network, "address": contract.checksummed(address), **trust}
    check_fit(context, name, network)
    async with context.node(network) as (chosen, node):
        believed = TrustEntry(name, trust["operator"], trust["authority"])
        reader = RegistryReader(node, network=chosen, registry=Registry(**entry), trust=believed)
        at, basis = await reader.pin()
        deployed_at = await reader.deployed_at(at)
        seen = await saw_birth(node, entry["address"], deployed_at, at)
        (called,) = await reader.view(at, "name")
        admin = await roles.admin(reader, at)
        filings = (await reader.head(at)).filings
    pins = {"chain_id": basis.chain_id, "genesis": basis.genesis}
    entry["deployed_at"] = deployed_at
    default = remember(context, name, entry, pins)
    told = {"called": called, "admin": admin.account, "filings": filings, "birth_seen": seen}
    return {"name": name, "default": default, **entry, **pins, **told, "rests_on": basis.as_json()}


def tell_made(context: Context, made: dict[str, Any], *, json: bool) -> None:
    """Print where a registry was created, and where that is written down."""
    if json:
        output.result({"schema": "registry-init/1", **made})
        return
    if made["adopted"]:
        output.note(output.label("CL130", name=made["name"]))
    _tell_place(context, made)


def _tell_place(context: Context, made: dict[str, Any]) -> None:
    default = output.label("CL024") if made["default"] else output.label("CL025", name=made["name"])
    place = {"name": made["name"], "address": made["address"], "network": made["network"]}
    settings = context.home / SETTINGS_FILE
    output.line(output.label("CL023", block=made["deployed_at"], default=default, settings=settings, **place))
