"""What the API says, as typed JSON objects; the OpenAPI description is made from these types."""

from collections.abc import Iterable
from typing import Any, Literal, cast

from typing_extensions import TypedDict

from attest import messages
from attest.errors import AttestError
from attest.number import Defect
from attest.ports import Basis, Status
from attest.reasons import Reason
from attest.registry.contract import utc
from attest.registry.reader import Change
from attest.registry.replay import Kind
from attest.server.snapshot import Filing, Snapshot
from attest.store.index import Row
from attest.verify import AUTHORITY_HOST

StatusName = Literal["active", "suspended", "cancelled", "revoked", "void"]
Proof = dict[str, Any]
"""A proof file of schema `filing-proof/1`, as `attest registry prove` writes it."""


class Step(TypedDict):
    """One change of a filing; `status` is `unchanged` where only the record was replaced."""

    block: int
    time: str
    event: str
    status: str
    reason: int | None
    reason_text: str | None
    digest: str | None
    transaction: str


class Fault(TypedDict):
    """Why something is missing or refused: a stable code, and its words."""

    code: str
    text: str


def fault(error: AttestError | Defect, lang: str) -> Fault:
    return {"code": error.code, "text": error.text(lang)}


class Links(TypedDict):
    """Where more is said of the filing, relative to the answer's own address."""

    proof: str
    badge: str
    qr: str


class FilingDocument(TypedDict):
    """What the registry holds under a number. `source` says whether the synced index or a node was read."""

    schema: Literal["filing/1"]
    number: str
    key: str
    status: StatusName
    status_text: str
    digest: str
    changed_at: int
    record: dict[str, Any] | None
    problem: Fault | None
    history: list[Step] | None
    source: Literal["index", "node"]
    proof: Proof | None
    links: Links
    notice: str
    authority_query: str
    rests_on: Basis


class ListedFiling(TypedDict):
    """A filing in a list."""

    number: str
    key: str
    status: StatusName
    status_text: str
    subject: str | None
    service: str | None
    domains: list[str]
    changed_at: int


class FilingList(TypedDict):
    """One page of a list, in the order of the numbers; `next` is the cursor of the one after, or null."""

    schema: Literal["filing-list/1"]
    filings: list[ListedFiling]
    next: str | None
    notice: str
    rests_on: Basis


class Statistics(TypedDict):
    """How many filings the registry holds; `by_year` counts by the digits of the number, which date nothing."""

    schema: Literal["statistics/1"]
    filings: int
    by_status: dict[str, int]
    by_province: dict[str, int]
    by_year: dict[str, int]
    notice: str
    rests_on: Basis


class Health(TypedDict):
    """Whether the server can answer: `ready` where the last sync succeeded. `age_s`: seconds since one did."""

    schema: Literal["health/1"]
    alive: bool
    ready: bool
    block: int | None
    filings: int | None
    age_s: int | None


def filing(
    found: Filing, basis: Basis, lang: str, *, source: Literal["index", "node"], proof: Proof | None = None
) -> FilingDocument:
    """The answer about one filing.

    Args:
        proof: A proof of the same number, where one was asked for.
    """
    key, status = found.number.key, found.entry.status
    return {
        "schema": "filing/1",
        "number": found.number.text,
        "key": key,
        "status": _name(status),
        "status_text": status.text(lang),
        "digest": found.entry.digest.hex(),
        "changed_at": found.entry.changed_at,
        "record": found.document,
        "problem": fault(found.problem, lang) if found.problem else None,
        "history": None if found.history is None else [_step(step, lang) for step in found.history],
        "source": source,
        "proof": proof,
        "links": {"proof": f"{key}?proof=true", "badge": f"{key}/badge.svg", "qr": f"{key}/qr.svg"},
        "notice": messages.text("WI002", lang),
        "authority_query": f"https://{AUTHORITY_HOST}/",
        "rests_on": basis,
    }


def filing_list(found: Iterable[Filing], cursor: str | None, basis: Basis, lang: str) -> FilingList:
    """One page of a list."""
    return {
        "schema": "filing-list/1",
        "filings": [_listed(item, lang) for item in found],
        "next": cursor,
        "notice": messages.text("WI002", lang),
        "rests_on": basis,
    }


def statistics(snapshot: Snapshot, lang: str) -> Statistics:
    """Counts of all filings."""
    return {
        "schema": "statistics/1",
        "filings": len(snapshot.filings),
        "by_status": snapshot.count(lambda found: found.entry.status.name.lower()),
        "by_province": snapshot.count(lambda found: found.number.province),
        "by_year": snapshot.count(lambda found: str(found.number.year)),
        "notice": messages.text("WI002", lang),
        "rests_on": snapshot.basis,
    }


def _name(status: Status) -> StatusName:
    return cast("StatusName", status.name.lower())


def _listed(found: Filing, lang: str) -> ListedFiling:
    record, status = found.record, found.entry.status
    return {
        "number": found.number.text,
        "key": found.number.key,
        "status": _name(status),
        "status_text": status.text(lang),
        "subject": record.subject.name if record else None,
        "service": record.service.name if record and record.service else None,
        "domains": list(record.domains) if record else [],
        "changed_at": found.entry.changed_at,
    }


def _step(step: Row | Change, lang: str) -> Step:
    match step:
        case Row():
            kind = Kind(step.kind)
            changed = kind is Kind.STATUS_CHANGED
            name, status, block, time, transaction = kind.event, step.status, step.block, step.time, step.transaction
            reason, digest = (step.reason, None) if changed else (None, step.digest)
        case Change():
            event = step.event
            name, block, time, transaction = event.name, event.log.block, step.timestamp, event.log.transaction
            status, reason = event.fields.get("to", Status.ACTIVE), event.fields.get("reason")
            digest = event.fields.get("digest")
    return {
        "block": block,
        "time": utc(time),
        "event": name,
        "status": "unchanged" if name == "Amended" else Status(status).name.lower(),
        "reason": reason,
        "reason_text": Reason(reason).text(lang) if reason in set(Reason) else None,
        "digest": None if digest is None else digest.hex(),
        "transaction": transaction,
    }
