"""Gas of every function on fixed inputs; `python -m tests.contract.gas` writes it to `hardhat-fork/gas.json`.

Measured on py-evm and not by Hardhat's own statistics: each figure is one transaction from one state, with its 21,000
and its calldata, so it is exact and the same on every machine. Hardhat's are minima, maxima and averages over whatever
the tests happened to call, and without calldata. No byte of a record is zero: that is the dearest calldata.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.contract.bench import ROOT, Bench, Status, digest, key

FILE: Final = ROOT / "hardhat-fork" / "gas.json"
SHORT: Final = 295  # bytes; a record with an organisation, a service and one domain
LONG: Final = 533  # bytes; with two services' worth of fields, an app and a private root
LONGEST: Final = 2048
REASON: Final = 101
TOLERANCE: Final = 2  # per cent


@dataclass(frozen=True)
class Case:
    """One call on a registry in which `items` numbers are in the status the call starts from."""

    function: str
    items: int
    length: int = 0
    by: str = "REGISTRAR"

    @property
    def name(self) -> str:
        size = f" of {self.length} bytes" if self.length else ""
        whose = "" if self.by in {"REGISTRAR", "CORRECTOR"} else f" by {self.by}"
        return f"{self.function} {self.items}{size}{whose}"


CASES: Final = [
    *(Case("register", items, length) for items in (1, 100) for length in (SHORT, LONG)),
    *(Case("amend", items, SHORT) for items in (1, 100)),
    *(Case("setStatus", items, by=by) for items in (1, 32) for by in ("REGISTRAR", "INSPECTOR")),
    Case("correct", 1, by="CORRECTOR"),
    Case("reopen", 1, SHORT, by="CORRECTOR"),
    Case("register", 256, 1), Case("amend", 256, 1), Case("setStatus", 256),
    Case("register", 1, LONGEST), Case("amend", 1, LONGEST), Case("reopen", 1, LONGEST, by="CORRECTOR"),
]  # fmt: skip
DEPLOYMENT: Final = "deployment"


def measured() -> dict[str, int]:
    """Gas used by the deployment and by each case, under its name."""
    origin = Bench.start()
    figures = {DEPLOYMENT: origin.deploy().gas_used}
    origin.grant_all()
    # The head has been written once, as all but the first call find it.
    origin.send("register", [(key(0), b"{}")], by="REGISTRAR")
    for case in CASES:
        figures[case.name] = _gas(origin.copy(), case)
    return figures


def drifted(expected: dict[str, int], found: dict[str, int]) -> list[str]:
    """What is not as expected: a figure further off than `TOLERANCE` either way, a case that one side lacks."""
    problems = [f"{name}: only in one of file and measurement" for name in sorted(expected.keys() ^ found.keys())]
    for name in expected.keys() & found.keys():
        change = found[name] - expected[name]
        if 100 * abs(change) > TOLERANCE * expected[name]:
            problems.append(f"{name}: {found[name]:,} gas instead of {expected[name]:,} ({change:+,})")
    return problems


def _gas(bench: Bench, case: Case) -> int:
    numbers = [key(serial) for serial in range(1, case.items + 1)]
    record = b"{" * case.length
    if case.function != "register":
        for start in range(0, case.items, 128):
            bench.send("register", [(number, b"[]") for number in numbers[start : start + 128]], by="REGISTRAR")
    if case.function == "reopen":
        bench.send("setStatus", numbers, Status.CANCELLED, REASON, by="REGISTRAR")
    arguments: dict[str, Callable[[], tuple[Any, ...]]] = {
        "register": lambda: ([(number, record) for number in numbers],),
        "amend": lambda: ([(number, digest(b"[]"), record) for number in numbers],),
        "setStatus": lambda: (numbers, Status.SUSPENDED, REASON),
        "correct": lambda: (numbers[0], REASON),
        "reopen": lambda: (numbers[0], record),
    }
    return bench.send(case.function, *arguments[case.function](), by=case.by).gas_used


if __name__ == "__main__":
    FILE.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
