"""Any sequence of calls by anybody: the contract and a model of a few lines agree after every one."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.bench import (
    WHO,
    Bench,
    Kind,
    RefusedError,
    Status,
    digest,
    first_history,
    key,
    next_history,
    word,
)

OPEN = {Status.ACTIVE, Status.SUSPENDED}
ENDED = {Status.CANCELLED, Status.REVOKED, Status.VOID}


@dataclass
class Model:
    """What the registry should hold."""

    history: bytes
    entries: dict[bytes, tuple[bytes, int, Status]] = field(default_factory=dict)
    changed_at: int = 0

    def of(self, number: bytes) -> tuple[bytes, int, Status]:
        return self.entries.get(number, (bytes(26), 0, Status.NONE))

    def allows(self, by: str, function: str, number: bytes, expected: bytes, to: Status) -> bool:
        held, _, status = self.of(number)
        match by, function:
            case "REGISTRAR", "register":
                return status is Status.NONE
            case "REGISTRAR", "amend":
                return status in OPEN and held == expected
            case "REGISTRAR", "setStatus":
                return status in OPEN and to not in (status, Status.NONE, Status.VOID)
            case "INSPECTOR", "setStatus":
                return (status, to) == (Status.ACTIVE, Status.SUSPENDED)
            case "CORRECTOR", "correct":
                return status not in (Status.NONE, Status.VOID)
            case "CORRECTOR", "reopen":
                return status in ENDED
        return False

    def change(self, number: bytes, held: bytes, to: Status, block: int, kind: Kind, reason: int) -> None:
        self.entries[number] = (held, block, to)
        self.changed_at = block
        self.history = next_history(self.history, number, word(held, block, to), kind, reason)


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, str, int, str, Status, int]:
    """Mostly by somebody with a role, and mostly over the record that is there."""
    function = draw(st.sampled_from(["register", "amend", "setStatus", "setStatus", "correct", "reopen"]))
    usual = {"register": "REGISTRAR", "amend": "REGISTRAR", "setStatus": "REGISTRAR"}.get(function, "CORRECTOR")
    by = draw(st.sampled_from([usual, usual, "INSPECTOR", *WHO]))
    seen = draw(st.sampled_from(["found", "found", "found", "stale"]))
    return function, by, draw(st.integers(0, 2)), seen, draw(st.sampled_from(Status)), draw(st.integers(0, 65_535))


@settings(max_examples=8)
@given(st.lists(steps(), min_size=8, max_size=24))
def test_contract_and_model_agree_after_every_call(origin: Bench, sequence: list[Any]) -> None:
    bench = origin.copy()
    model = Model(first_history(bench.chain_id, bench.address))
    for at, (function, by, serial, seen, to, reason) in enumerate(sequence):
        number, record = key(serial), b"record %d" % at
        held = model.of(number)[0]
        expected = held if seen == "found" else digest(b"stale")
        arguments = {
            "register": ([(number, record)],),
            "amend": ([(number, expected, record)],),
            "setStatus": ([number], to, reason),
            "correct": (number, reason),
            "reopen": (number, record),
        }[function]
        allowed = model.allows(by, function, number, expected, to)
        try:
            block = bench.send(function, *arguments, by=by).block
        except RefusedError:
            assert not allowed
        else:
            assert allowed
            match function:
                case "register":
                    model.change(number, digest(record), Status.ACTIVE, block, Kind.REGISTERED, 0)
                case "amend":
                    model.change(number, digest(record), model.of(number)[2], block, Kind.AMENDED, 0)
                case "reopen":
                    model.change(number, digest(record), Status.ACTIVE, block, Kind.REOPENED, 0)
                case "correct":
                    model.change(number, held, Status.VOID, block, Kind.STATUS_CHANGED, reason)
                case _:
                    model.change(number, held, to, block, Kind.STATUS_CHANGED, reason)
        assert bench.call("head") == (len(model.entries), model.changed_at, model.history)
        assert bench.entry(number) == model.of(number)
