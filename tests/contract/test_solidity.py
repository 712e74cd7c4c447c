"""The Solidity tests of `hardhat-fork/test`, run by Hardhat, and their plans."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from filelock import FileLock

from scripts import audit
from tests.contract.bench import ARTIFACT, ROOT

FORK = ROOT / "hardhat-fork"
TESTS = FORK / "test"
PLANS = sorted(TESTS.glob("*.tree"))
TIMEOUT_S = 3600
PARTS = ("abi", "bytecode", "deployedBytecode")


def hardhat(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """One run, while no other test of this checkout builds into the same folder."""
    command = [audit.HARDHAT, "test", "solidity", *arguments]
    with FileLock(ROOT / ".venv/hardhat.lock"):
        return subprocess.run(
            command, cwd=FORK, env=audit.environment(), capture_output=True, text=True, timeout=TIMEOUT_S
        )


def leaves(plan: str) -> list[str]:
    """The test that each leaf of a plan asks for.

    A leaf begins with "it" and its test is named by the condition above it and by itself; where a plan holds several
    trees, first by the root.
    """
    roots = [line for line in plan.splitlines() if line and line[0].isalpha()]
    names, root, condition = [], "", ""
    for line in plan.splitlines():
        text = line.lstrip("│├└─ ")
        if line == text:
            root = text if len(roots) > 1 else ""
        elif text.startswith("it "):
            names.append("_".join(["test", *([_camel(root)] if root else []), _camel(condition), _camel(text)]))
        else:
            condition = text
    return names


def _camel(text: str) -> str:
    words = re.sub("[^A-Za-z0-9 ]", "", text).split()
    return "".join(word[0].upper() + word[1:] for word in words)


def planned_in(plan: Path) -> list[str]:
    """The unit tests beside a plan that are named as of a plan."""
    source = plan.with_name(f"{plan.stem[0].upper()}{plan.stem[1:]}.t.sol").read_text(encoding="utf-8")
    return re.findall(r"function (test_(?:\w+_)?When\w+)\(", source)


def test_every_solidity_test_passes_and_none_is_left_out_on_the_committed_code() -> None:
    run = hardhat()
    assert run.returncode == 0, f"{run.stdout[-8000:]}{run.stderr[-8000:]}\nNode and its packages: make setup-test"
    sources = "".join(file.read_text("utf-8") for file in TESTS.glob("*.t.sol"))
    written = re.findall(r"function ((?:test|invariant)\w*)\(", sources)
    assert Counter(re.findall(r"^\s*✔ (\w+)\(", run.stdout, re.M)) == Counter(written)
    built = json.loads((FORK / f"artifacts/{audit.SOURCE}/FilingRegistry.json").read_text("utf-8"))
    assert {part: built[part] for part in PARTS} == {part: ARTIFACT[part] for part in PARTS}


@pytest.mark.long
def test_every_solidity_test_passes_at_length() -> None:
    run = hardhat("--test-profile", "long")
    assert run.returncode == 0, f"{run.stdout[-8000:]}{run.stderr[-8000:]}"


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_each_leaf_of_a_plan_is_one_test_and_each_test_a_leaf(plan: Path) -> None:
    assert planned_in(plan) == leaves(plan.read_text("utf-8"))


def test_every_function_has_a_plan() -> None:
    roots = {line for plan in PLANS for line in plan.read_text("utf-8").splitlines() if line and line[0].isalpha()}
    library = {"supportsInterface", "owner", "hasRole", "getRoleAdmin", "defaultAdmin", "pendingDefaultAdmin"}
    library |= {"defaultAdminDelay", "pendingDefaultAdminDelay", "defaultAdminDelayIncreaseWait"}
    functions = {item["name"] for item in ARTIFACT["abi"] if item["type"] == "function"}
    constants = {name for name in functions if name.isupper()}
    assert roots == functions - constants - library | {"constructor", "constants"}


def test_every_error_of_the_contract_is_expected_by_a_test() -> None:
    source = (ROOT / "contracts/IFilingRegistry.sol").read_text("utf-8")
    errors = re.findall(r"^    error (\w+)\(", source, re.M)
    tests = "".join(file.read_text("utf-8") for file in TESTS.rglob("*.sol"))
    assert [name for name in errors if f"{name}.selector" not in tests] == []
    assert len(errors) == 8


@pytest.mark.parametrize(
    ("plan", "names"),
    [
        ("f\n└── when a, b\n    ├── it c\n    └── it d's", ["test_WhenAB_ItC", "test_WhenAB_ItDs"]),
        ("f\n└── when a\n    └── it b\n\ng\n└── when c\n    └── it d", ["test_F_WhenA_ItB", "test_G_WhenC_ItD"]),
    ],
)
def test_a_plan_names_its_tests(plan: str, names: list[str]) -> None:
    assert leaves(plan) == names
