#!/usr/bin/env python3
"""Compile the registry contract into `attest/registry/abi/FilingRegistry.json`.

The file is the same bytes on every machine: compiler version and settings are pinned here, sources are named by
paths relative to the project, and no metadata hash is appended to the code.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import solcx
from eth_utils.crypto import keccak
from solcx.exceptions import SolcError

ROOT: Final = Path(__file__).resolve().parent.parent
ARTIFACT: Final = ROOT / "attest" / "registry" / "abi" / "FilingRegistry.json"
SOLC: Final = ROOT / "scripts" / "solc"
LIBRARY: Final = ROOT / "hardhat-fork" / "node_modules"
SOURCE: Final = "contracts/FilingRegistry.sol"
CONTRACT: Final = "FilingRegistry"

VERSION: Final = "0.8.37"
SETTINGS: Final[dict[str, Any]] = {
    "evmVersion": "prague",
    "optimizer": {"enabled": True, "runs": 10000},
    "viaIR": True,
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
}
_IMPORT: Final = re.compile(r'\bfrom\s+"([^"]+)"\s*;|\bimport\s+"([^"]+)"\s*;')


def compile_contract() -> dict[str, Any]:
    """The artifact: ABI, code, hash of the runtime code, storage layout, and what compiled them."""
    selection = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "storageLayout"]
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources().items()},
        "settings": {**SETTINGS, "outputSelection": {SOURCE: {CONTRACT: selection}}},
    }
    output = solcx.compile_standard(request, **_compiler())
    contract = output["contracts"][SOURCE][CONTRACT]
    code = contract["evm"]["deployedBytecode"]["object"]
    return {
        "contract": CONTRACT,
        "compiler": {"version": VERSION, "settings": SETTINGS},
        "runtimeCodeHash": "0x" + keccak(hexstr=code).hex(),
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + code,
        "storageLayout": _layout(contract["storageLayout"]),
    }


def sources() -> dict[str, str]:
    """The contract and everything it imports, by import path."""
    found: dict[str, str] = {}
    wanted = [SOURCE]
    while wanted:
        name = wanted.pop()
        if name not in found:
            base = LIBRARY if name.startswith("@") else ROOT
            found[name] = (base / name).read_text(encoding="utf-8")
            imports = (first or second for first, second in _IMPORT.findall(found[name]))
            wanted += [_resolved(name, path) for path in imports]
    return dict(sorted(found.items()))


def _compiler() -> dict[str, Any]:
    """A native compiler of the pinned version where one is installed, else npm's through `scripts/solc`."""
    if any(str(version) == VERSION for version in solcx.get_installed_solc_versions()):
        return {"solc_version": VERSION}
    return {"solc_binary": SOLC}


def _resolved(importer: str, path: str) -> str:
    if not path.startswith("."):
        return path
    parts = importer.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _layout(layout: dict[str, Any]) -> dict[str, Any]:
    """The storage layout without the compiler's numbering of syntax nodes, which changes with every edit."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {strip(name): strip(item) for name, item in value.items() if name != "astId"}
        if isinstance(value, list):
            return [strip(item) for item in value]
        return re.sub(r"\)[0-9]+_", ")_", value) if isinstance(value, str) else value

    return dict(strip(layout))


def main() -> int:
    """Write the artifact, or with `--check` compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed file instead of writing it")
    options = parser.parse_args()
    try:
        text = json.dumps(compile_contract(), indent=1, sort_keys=True) + "\n"
    except (SolcError, OSError) as error:
        print(f"{error}\nNot compiled. If Node or its packages are missing, run `make setup-test`.", file=sys.stderr)
        return 1
    if options.check:
        if ARTIFACT.is_file() and ARTIFACT.read_text(encoding="utf-8") == text:
            return 0
        print(
            f"{ARTIFACT.relative_to(ROOT)} is not what the sources compile to: run scripts/compile.py",
            file=sys.stderr,
        )
        return 1
    ARTIFACT.parent.mkdir(parents=True, exist_ok=True)
    ARTIFACT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
