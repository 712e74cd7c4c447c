"""Writing a registry into the settings of the user's home: its network's pins and its entry of the trust list."""

import os
import shutil
from pathlib import Path
from typing import Any, Final

from attest import messages
from attest.cli.context import SETTINGS_FILE, Context
from attest.errors import InputError, OutputError
from attest.registry.contract import NAME_LENGTH

LOCK_WAIT_S: Final = 20.0


def check_free(context: Context, name: str) -> None:
    """Raise unless a registry can be given that name.

    Raises:
        InputError: a registry of that name exists, or it is no name for one.
    """
    if not 0 < len(name.encode()) <= NAME_LENGTH:
        raise InputError("IN114", limit=NAME_LENGTH, found=messages.shown(name))
    if name in context.settings.registries:
        raise InputError("RG113", name=name, address=context.settings.registries[name].address)


def remember(context: Context, name: str, entry: dict[str, Any], network: dict[str, Any]) -> bool:
    """Add a registry to the home's settings file, all or nothing; comments and permissions stay.

    Args:
        entry: The registry's table; `network`: what is set in its network's.

    Returns:
        Whether it is the default registry now: the first one is.

    Raises:
        OutputError: the file could not be written; says where the registry is.
    """
    path = context.home / SETTINGS_FILE
    default = context.settings.default_registry is None and not context.settings.registries
    try:
        _write(path, name, entry, network, default=default)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        where = {"network": entry["network"], "address": entry["address"]}
        raise OutputError("IN115", path=path, why=why, name=name, **where) from error
    return default


def tables(name: str, entry: dict[str, Any], network: dict[str, Any], text: str = "", *, default: bool) -> str:
    """The settings `text`, TOML, with a registry and its network added."""
    import tomlkit

    document = tomlkit.parse(text)
    if default:
        document["default_registry"] = name
    for table, key, values in (("networks", entry["network"], network), ("registries", name, entry)):
        document.setdefault(table, tomlkit.table(is_super_table=True)).setdefault(key, tomlkit.table()).update(values)
    return tomlkit.dumps(document)


def _write(path: Path, name: str, entry: dict[str, Any], network: dict[str, Any], *, default: bool) -> None:
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=LOCK_WAIT_S):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        with fresh.open("w", encoding="utf-8") as file:
            file.write(tables(name, entry, network, text, default=default))
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, fresh)
        fresh.replace(path)
