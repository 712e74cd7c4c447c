"""Writing a registry into the settings of the user's home: its network's pins and its entry of the trust list."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attest import messages
from attest.cli import files
from attest.cli.context import SETTINGS_FILE, Context
from attest.errors import AttestError, InputError, OutputError, SettingsError
from attest.settings import merged

LOCK_WAIT_S: Final = 20.0
HIDDEN: Final = "…"
"""Stands for a node's address where tables are shown: it may hold an access token. No settings accept it."""

_PRIVATE: Final = 0o600


def check_free(context: Context, name: str) -> None:
    """Raise unless a registry can be given that name.

    Raises:
        InputError: a registry of that name exists, or it is no name for one.
    """
    from attest.registry.contract import NAME_LENGTH

    if not 0 < len(name.encode()) <= NAME_LENGTH:
        raise InputError("IN114", limit=NAME_LENGTH, found=messages.shown(name))
    if name in context.settings.registries:
        raise InputError("RG113", name=name, address=context.settings.registries[name].address)


def check_fit(context: Context, name: str, network: str) -> None:
    """Raise unless a registry of that name, on that network, can be added to the home's settings as they are written.

    Raises:
        SettingsError: adding to them would change what else they say.
    """
    path = context.home / SETTINGS_FILE
    entry, pins = {"network": network, "address": HIDDEN}, {"chain_id": 0, "genesis": HIDDEN}
    try:
        tables(name, entry, pins, _text(path), default=_is_first(context, {}))
    except (OSError, ValueError) as error:
        example = tables(name, entry, {"genesis": HIDDEN}, default=False)
        raise SettingsError("SE113", path=path, tables=example) from error


def remember(context: Context, name: str, entry: dict[str, Any], network: dict[str, Any]) -> bool:
    """Add a registry to the home's settings file, all or nothing; comments and permissions stay.

    A file that gets a node's address is its owner's alone from then on. Of a link, the target is written.

    Args:
        entry: The registry's table; `network`: what is set in its network's.

    Returns:
        Whether it is the default registry now: the first one is.

    Raises:
        OutputError: the file could not be written; says where the registry is.
    """
    path = (context.home / SETTINGS_FILE).resolve()
    try:
        return _write(path, context, name, entry, network)
    except (OSError, ValueError, AttestError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        shown = network | ({"rpc": HIDDEN} if "rpc" in network else {})
        by_hand = tables(name, entry, shown, default=False)
        where = {"network": entry["network"], "address": entry["address"]}
        raise OutputError("IN115", path=path, why=why, name=name, tables=by_hand, **where) from error


def tables(name: str, entry: dict[str, Any], network: dict[str, Any], text: str = "", *, default: bool) -> str:
    """The settings `text`, TOML, with a registry and its network added.

    Raises:
        ValueError: `text` is written so that adding would change what else it says.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    added: dict[str, Any] = {"default_registry": name} if default else {}
    added |= {"networks": {entry["network"]: network}, "registries": {name: entry}}
    try:
        document = tomlkit.parse(text)
        if default:
            document["default_registry"] = name
        for table in ("networks", "registries"):
            for key, values in added[table].items():
                above = document.setdefault(table, tomlkit.table(is_super_table=True))
                above.setdefault(key, tomlkit.table()).update(values)
        whole = tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, LookupError, TypeError) as error:
        raise ValueError(str(error)) from error
    if tomllib.loads(whole) != merged(tomllib.loads(text), added):
        raise ValueError("the tables cannot be added to it")
    return whole


def _write(path: Path, context: Context, name: str, entry: dict[str, Any], network: dict[str, Any]) -> bool:
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=LOCK_WAIT_S):
        text = _text(path)
        there = tomllib.loads(text)
        default = _is_first(context, there)
        whole = tables(name, entry, network, text, default=default)
        _check_new(there, name, entry, network)
        if "rpc" in network and path.exists():
            path.chmod(_PRIVATE)
        files.replace(path, whole.encode(), mode=_PRIVATE)
    return default


def _text(path: Path) -> str:
    return path.read_bytes().decode() if path.exists() else ""


def _is_first(context: Context, there: Mapping[str, Any]) -> bool:
    """Whether no registry is known: not to the settings the command began with, and not to those that are there now."""
    begun = context.settings
    return not (begun.default_registry or begun.registries or there.get("default_registry") or there.get("registries"))


def _check_new(there: Mapping[str, Any], name: str, entry: dict[str, Any], network: dict[str, Any]) -> None:
    """Raise where another command wrote something else under these names meanwhile."""
    registry = there.get("registries", {}).get(name, entry)
    if registry != entry:
        raise InputError("RG113", name=name, address=registry.get("address"))
    known = there.get("networks", {}).get(entry["network"], {})
    if any(known.get(field, value) != value for field, value in network.items()):
        raise InputError("RG166", network=entry["network"])
