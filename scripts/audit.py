#!/usr/bin/env python3
"""Audit the registry contract: coverage of its Solidity tests, a second compilation, and Slither's findings.

Lines and statements are counted by Hardhat, on code compiled with the contract's own settings and counters put in
before. Branches are counted by Forge, which has no counters but maps operations back to the source; for that it
compiles with the least optimisation that still fits the stack (`--ir-minimum`), whose map is exact enough for the
branches of an `if`, but gives a line here and there to its neighbour. The operands of `||` and `&&` are no branches to
either: the tests go through the whole tables instead.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
FORK: Final = ROOT / "hardhat-fork"
HARDHAT: Final = FORK / "node_modules/.bin/hardhat"
FORGE: Final = FORK / "audit/node_modules/.bin/forge"
SLITHER: Final = ROOT / ".venv-audit/bin/slither"
WORK: Final = FORK / "cache/forge"
BASELINE: Final = FORK / "audit/slither.json"
ARTIFACT: Final = ROOT / "attest/registry/abi/FilingRegistry.json"
SOURCE: Final = "contracts/FilingRegistry.sol"
REFUSED: Final = {"High", "Medium"}
NOT_COVERED: Final = "ThatOfTheCommittedArtifact"
"""Of the name of the one test that no instrumented code can pass."""
TIMEOUT_S: Final = 900


class AuditError(Exception):
    """A tool did not do its work; its output is the message."""


def main() -> int:
    """Run every audit; 1 if one of them found something."""
    failed = False
    for audit in (forge_format, forge_code, forge_branches, hardhat_coverage, slither):
        try:
            found = list(audit())
        except AuditError as error:
            found = [str(error)]
        print(f"{'FAIL' if found else 'ok':4} {str(audit.__doc__).splitlines()[0]}", *found, sep="\n     ", flush=True)
        failed = failed or bool(found)
    return int(failed)


def hardhat_coverage() -> Iterator[str]:
    """Hardhat: every line and statement of the contract is run by the Solidity tests."""
    output = _run(HARDHAT, "test", "solidity", "--coverage", "--grep-exclude", NOT_COVERED)
    row = re.search(rf"{re.escape(SOURCE)}\s*│\s*([\d.]+)\s*│\s*([\d.]+)\s*│\s*(.*?)\s*║", output)
    if row is None:
        raise AuditError(f"Expected a row for {SOURCE} in the report:\n{output}")
    lines, statements, uncovered = row.groups()
    if (float(lines), float(statements)) != (100, 100):
        yield f"lines {lines} %, statements {statements} %; not run: lines {uncovered}"


def forge_code() -> Iterator[str]:
    """Forge: a second tool chain compiles the sources to the committed code."""
    _run(FORGE, "build", "--force", "--skip", "test")
    code = _json(WORK / "out/FilingRegistry.sol/FilingRegistry.json")
    artifact = _json(ARTIFACT)
    for name in ("bytecode", "deployedBytecode"):
        if code[name]["object"] != artifact[name]:
            yield f"{name} is not that of {ARTIFACT.relative_to(ROOT)}"


def forge_format() -> Iterator[str]:
    """Forge: contracts and tests are formatted."""
    for folder in ("contracts", "test"):
        _run(FORGE, "fmt", "--check", folder)
    yield from ()


def forge_branches() -> Iterator[str]:
    """Forge: every branch of the contract is taken by the Solidity tests."""
    WORK.mkdir(parents=True, exist_ok=True)
    report = WORK / "lcov.info"
    report.unlink(missing_ok=True)
    _run(
        FORGE, "coverage", "--ir-minimum", "--no-match-test", NOT_COVERED, "--report", "lcov", "--report-file", report
    )  # fmt: skip
    branches = branches_of(report.read_text(encoding="utf-8"))
    if not branches:
        raise AuditError(f"Expected branches of {SOURCE} in {report.relative_to(ROOT)}, found none")
    for line, branch, taken in branches:
        if not taken:
            yield f"{SOURCE}:{line}: branch {branch} was never taken"


def branches_of(lcov: str) -> list[tuple[int, str, bool]]:
    """Line, name and whether it was taken, of each branch of the contract in a report of the form of lcov."""
    of_contract = (
        part for part in lcov.split("end_of_record") if re.search(rf"^SF:.*{re.escape(SOURCE)}$", part, re.M)
    )
    records = re.findall(r"^BRDA:(\d+),(\d+,\d+),(\d+|-)$", "".join(of_contract), re.M)
    return [(int(line), branch, taken not in {"0", "-"}) for line, branch, taken in records]


def slither() -> Iterator[str]:
    """Slither: nothing high or medium, and nothing that the baseline does not explain."""
    report = WORK / "slither.json"
    report.unlink(missing_ok=True)
    _run(
        SLITHER, ".", "--compile-force-framework", "foundry", "--foundry-out-directory", WORK / "out",
        "--filter-paths", "node_modules|test/", "--json", report, "--fail-none",
    )  # fmt: skip
    found = _json(report)
    if not found["success"]:
        raise AuditError(f"Slither: {found['error']}")
    yield from unexplained(found["results"].get("detectors", []), _json(BASELINE))


def unexplained(findings: list[Any], baseline: list[Any]) -> Iterator[str]:
    """Findings that are high or medium or not in the baseline, and explanations of what is no longer found."""
    unused = list(baseline)
    for finding in findings:
        known = [item for item in unused if _explains(item, finding)]
        if known and finding["impact"] not in REFUSED:
            unused.remove(known[0])
        else:
            yield f"{finding['impact']} {finding['check']}: {finding['description'].strip()}"
    for item in unused:
        yield f"no longer found, to be taken out of {BASELINE.relative_to(ROOT)}: {item['check']} about {item['about']}"


def environment() -> dict[str, str]:
    """What Hardhat and Forge run in: the project's Node before the machine's, no colours, and no telemetry."""
    path = os.pathsep.join([str(FORGE.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "NO_COLOR": "1", "HARDHAT_DISABLE_TELEMETRY": "true"}


def _explains(item: Any, finding: Any) -> bool:
    same = (item["check"], item["impact"]) == (finding["check"], finding["impact"])
    return same and item["about"] in finding["description"] and bool(item["why"])


def _run(program: Path, *arguments: str | Path) -> str:
    if not program.exists():
        raise AuditError(f"{program.relative_to(ROOT)} is missing: run `make audit`")
    try:
        run = subprocess.run(
            [program, *arguments],
            cwd=FORK,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AuditError(f"{program.name} {arguments[0]} was not done after {TIMEOUT_S} s") from error
    if run.returncode != 0:
        raise AuditError(f"{program.name} {arguments[0]} failed:\n{run.stdout[-4000:]}{run.stderr[-4000:]}")
    return run.stdout


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
