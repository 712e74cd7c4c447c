"""`attest registry init`: create a registry, and remember it in the settings of the user's home."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer

from attest import messages
from attest.cli import files, output
from attest.cli.context import SETTINGS_FILE, Context, Keys
from attest.cli.registry.options import Json, Keystore, PassphraseFd
from attest.errors import InputError, OutputError
from attest.ports import Authority
from attest.settings import EMBEDDED

ADMIN_DELAY_S: Final = 172_800  # that a change of admin waits

app = typer.Typer()


@app.command("init")
def init(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the settings call the registry.")] = "local",
    network: Annotated[
        str, typer.Option(metavar="NAME", help="A network of the settings; embedded is the chain file of this machine.")
    ] = EMBEDDED,
    operator: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Who runs it, as shown in every answer."),
    ] = None,
    authority: Annotated[
        str, typer.Option(metavar="KIND", help="What its silence means to you: self-declared, mirror or authoritative.")
    ] = "self-declared",
    keystore: Keystore = None,
    passphrase_fd: PassphraseFd = None,
    json: Json = False,
) -> int:
    """Create a registry on a network and add it to the settings.

    The signer becomes its admin. On the embedded chain the test key gets every role; elsewhere grant them with
    `attest registry role grant`.
    """
    files.one_of(authority, get_args(Authority), name="--authority")
    trust = {"operator": operator or "-", "authority": authority}
    context = Context.load()
    made = asyncio.run(create(context, name, network, trust, Keys(keystore, passphrase_fd)))
    if json:
        output.result({"schema": "registry-init/1", **made})
    else:
        default = output.label("CL024") if made["default"] else output.label("CL025", name=name)
        output.line(output.label("CL023", **{**made, "default": default, "settings": context.home / SETTINGS_FILE}))
        if network == EMBEDDED:
            output.line(output.label("CL021"))
    return 0


async def create(context: Context, name: str, network: str, trust: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """Deploy a registry, give it roles where it is the embedded chain's, and write both into the home's settings.

    Raises:
        InputError: a registry of that name exists, or it is no name for one.
        OutputError: the registry was made, the settings could not be written; says where it is.
    """
    from attest.chain import networks
    from attest.chain.embedded import EmbeddedChain
    from attest.registry import contract
    from attest.registry.writer import RegistryWriter, deploy

    if not 0 < len(name.encode()) <= contract.NAME_LENGTH:
        raise InputError("IN114", limit=contract.NAME_LENGTH, found=messages.shown(name))
    if name in context.settings.registries:
        raise InputError("RG113", name=name, address=context.settings.registries[name].address)
    if network == EMBEDDED:
        await EmbeddedChain.create(context.home / networks.CHAIN_FILE).close()
    async with context.signer(network, keys) as (signer, node):
        receipt = await deploy(signer, node, name=name, delay_s=ADMIN_DELAY_S)
        address = str(receipt.contract)
        if network == EMBEDDED:
            writer = RegistryWriter(signer, node, address)
            for role in contract.ROLES:
                await writer.grant(role, signer.address)
        chain_id, genesis = await networks.check_chain(node, network, context.settings.network(network))
    default = context.settings.default_registry is None and not context.settings.registries
    entry = {"network": network, "address": contract.checksummed(address), **trust}
    pins = {"chain_id": chain_id, "genesis": genesis}
    try:
        _remember(context.home / SETTINGS_FILE, name, entry, pins, default=default)
    except OSError as error:
        path, why = context.home / SETTINGS_FILE, error.strerror or error
        raise OutputError("IN115", path=path, why=why, name=name, network=network, address=address) from error
    return {"name": name, "default": default, "block": receipt.block, **entry, **pins}


def _remember(path: Path, name: str, entry: dict[str, Any], pins: dict[str, Any], *, default: bool) -> None:
    """Add a registry to the home's settings file; comments and permissions stay."""
    import tomlkit

    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    if default:
        document["default_registry"] = name
    for table, key, values in (("networks", entry["network"], pins), ("registries", name, entry)):
        document.setdefault(table, tomlkit.table(is_super_table=True)).setdefault(key, tomlkit.table()).update(values)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
    if path.exists():
        shutil.copymode(path, fresh)
    fresh.replace(path)
