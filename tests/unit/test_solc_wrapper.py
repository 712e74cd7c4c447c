"""scripts/solc: the compiler of npm behind pipes, whole in and whole out."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SOLC = Path(__file__).parents[2] / "scripts" / "solc"
MEGABYTE = 1_000_000


def solc(*arguments: str | Path, given: str = "", program: Path = SOLC) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([program, *arguments], input=given, capture_output=True, text=True, timeout=120)


def request(source: str, *outputs: str) -> str:
    settings = {"outputSelection": {"*": {"*": list(outputs)}}}
    return json.dumps({"language": "Solidity", "sources": {"A.sol": {"content": source}}, "settings": settings})


def answered(run: "subprocess.CompletedProcess[str]") -> Any:
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_it_says_its_version_as_solc_does() -> None:
    run = solc("--version")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("solc, the solidity compiler commandline interface\nVersion: 0.8.37+commit.")


def test_a_megabyte_goes_in_and_out_through_pipes_without_loss() -> None:
    text = "abcdefghij" * (MEGABYTE // 10)
    function = "function t() public pure returns (string memory) { return T; }"
    source = f'contract A {{ string constant T = "{text}"; {function} }}'
    run = solc("--standard-json", given=request(source, "evm.bytecode.object"))
    code = answered(run)["contracts"]["A.sol"]["A"]["evm"]["bytecode"]["object"]
    assert text.encode().hex() in code
    assert len(run.stdout) > 2 * MEGABYTE


@pytest.mark.parametrize("given", ["", "not json", request("contract A {}", "abi")[:-1], '{"language":"Sol'])
def test_a_request_that_is_cut_off_or_garbage_is_an_error(given: str) -> None:
    run = solc("--standard-json", given=given)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("Standard input is not JSON: ")


def test_a_source_that_does_not_compile_is_told_in_the_answer() -> None:
    errors = answered(solc("--standard-json", given=request("contract A {", "abi")))["errors"]
    assert [error["type"] for error in errors if error["severity"] == "error"] == ["ParserError"]


def test_options_that_only_native_solc_has_are_swallowed(tmp_path: Path) -> None:
    answer = answered(solc("--standard-json", "--allow-paths", tmp_path, given=request("contract A {}", "abi")))
    assert answer["contracts"]["A.sol"]["A"]["abi"] == []


def test_combined_json_compiles_files_and_finds_the_library(tmp_path: Path) -> None:
    file = tmp_path / "A.sol"
    library = "@openzeppelin/contracts/access/AccessControl.sol"
    file.write_text(f'pragma solidity *; import "{library}"; contract A is AccessControl {{}}', encoding="utf-8")
    contracts = answered(solc("--combined-json", "abi,bin", file, "--allow-paths", tmp_path))["contracts"]
    assert contracts[f"{file}:A"]["bin"].startswith("60")
    assert "grantRole" in {item.get("name") for item in contracts[f"{file}:A"]["abi"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Expected --version"),
        (["--combined-json", "asm", "A.sol"], "asm is not served"),
        (["--combined-json", "abi", "none.sol"], "none.sol"),
    ],
)
def test_what_it_cannot_do_is_an_error(arguments: list[str], said: str) -> None:
    run = solc(*arguments)
    assert (run.returncode, run.stdout) == (1, "")
    assert said in run.stderr


def test_without_the_npm_packages_it_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    alone = Path(shutil.copy(SOLC, tmp_path / "scripts" / "solc"))
    run = solc("--version", program=alone)
    assert run.returncode == 1
    assert "make setup-test" in run.stderr
