"""The committed artifact is what the committed sources compile to, byte for byte."""

import json
import subprocess
import sys

import pytest

from tests.contract.bench import ARTIFACT, ROOT

SCRIPT = ROOT / "scripts" / "compile.py"


def test_the_sources_compile_to_the_committed_artifact() -> None:
    check = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, timeout=300)
    assert check.returncode == 0, f"{check.stderr}\nNode and its packages: make setup-test"


def test_versions_of_compiler_and_library_are_pinned_alike_everywhere() -> None:
    package = json.loads((ROOT / "hardhat-fork" / "package.json").read_text(encoding="utf-8"))
    source = (ROOT / "contracts" / "FilingRegistry.sol").read_text(encoding="utf-8")
    version = ARTIFACT["compiler"]["version"]
    assert package["devDependencies"] == {"@openzeppelin/contracts": "5.4.0", "hardhat": "3.18.0", "solc": version}
    assert f"pragma solidity {version};" in source


@pytest.mark.parametrize("folder", ["hardhat-fork", "hardhat-fork/audit"])
def test_the_lockfile_pins_contents_and_names_no_server(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        package.pop("funding", None)
        assert "resolved" not in package
        assert "://" not in json.dumps(package)
        assert not name or package["integrity"].startswith("sha512-")


def test_no_path_of_the_machine_that_compiled_is_in_the_artifact() -> None:
    text = (ROOT / "attest" / "registry" / "abi" / "FilingRegistry.json").read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert ARTIFACT["compiler"]["settings"]["evmVersion"] == "prague"
    assert ARTIFACT["compiler"]["settings"]["metadata"] == {"appendCBOR": False, "bytecodeHash": "none"}
