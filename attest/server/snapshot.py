"""A synced registry in memory, at one block: what the API answers from. One is never changed, only replaced."""

import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from attest.domains import canonical_host
from attest.errors import AttestError, InvalidNumberError, RecordUnavailableError
from attest.number import FilingNumber
from attest.ports import Basis, Entry, Status
from attest.record import PublicRecord, parse_record
from attest.registry.reader import Change
from attest.store.index import Row


@dataclass(frozen=True, slots=True)
class Filing:
    """What a registry holds under one number.

    Attributes:
        document: The record as JSON values.
        problem: Why there is no record, or no history.
        history: Oldest first, from the index or from a node; None where it could not be read.
    """

    number: FilingNumber
    entry: Entry
    record: PublicRecord | None
    document: dict[str, Any] | None
    problem: AttestError | None
    history: Sequence[Row | Change] | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All filings of a registry at `basis`.

    Attributes:
        read_s: When the chain was last seen to agree, on the clock of `time.monotonic`.
        filings: By key, in the order of the keys.
        keys: The same order.
        by_domain: Keys by each domain, as records name it.
    """

    basis: Basis
    read_s: float
    filings: dict[str, Filing]
    keys: tuple[str, ...]
    by_domain: dict[str, frozenset[str]]

    @classmethod
    def build(cls, basis: Basis, rows: Iterable[Row], *, read_s: float, before: "Snapshot | None" = None) -> Self:
        """The registry at `basis` from its changes in the order they happened, which were replayed already.

        Args:
            before: An older snapshot, whose records are not read again.
        """
        histories: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.block <= basis.block:
                histories[row.number].append(row)
        known = before.filings if before else {}
        filings = {key: found for key in sorted(histories) if (found := _filing(key, histories[key], known.get(key)))}
        domains: defaultdict[str, set[str]] = defaultdict(set)
        for key, found in filings.items():
            for domain in found.record.domains if found.record else ():
                domains[domain].add(key)
        by_domain = {domain: frozenset(keys) for domain, keys in domains.items()}
        return cls(basis, read_s, filings, tuple(filings), by_domain)

    def at(self, basis: Basis, *, read_s: float) -> "Snapshot":
        """The same filings, seen again at a later block."""
        return replace(self, basis=basis, read_s=read_s)

    def find(self, number: FilingNumber, digest: bytes) -> bytes | None:
        """Canonical bytes of the record of that digest; see `attest.registry.reader.RecordSource`."""
        found = self.filings.get(number.key)
        return found.record.canonical() if found and found.record and found.entry.digest == digest else None

    def select(
        self,
        *,
        subject: str | None = None,
        domain: str | None = None,
        province: str | None = None,
        status: Status | None = None,
        after: str = "",
        limit: int,
    ) -> tuple[list[Filing], str | None]:
        """Filings that fit every condition given, in the order of their keys.

        Args:
            subject: Part of the subject's name; width and case do not matter.
            domain: A host that the record must cover, by the rule of `attest.domains`.
            after: Key after which to begin.
            limit: How many, at most.

        Returns:
            Them, and the key to go on after, or None where these were the last.

        Raises:
            ValueError: `domain` is not a host name.
        """
        wanted = _folded(subject) if subject is not None else None
        covered = None if domain is None else self._covering(domain)
        page: list[Filing] = []
        keys = self.keys if covered is None else tuple(sorted(covered))
        for key in keys[bisect_right(keys, after) :]:
            found = self.filings[key]
            if (
                (province is None or found.number.province == province)
                and (status is None or found.entry.status is status)
                and (wanted is None or (found.record and wanted in _folded(found.record.subject.name or "")))
            ):
                if len(page) == limit:
                    return page, page[-1].number.key
                page.append(found)
        return page, None

    def count(self, what: Callable[[Filing], str]) -> dict[str, int]:
        """How many filings there are of each kind that `what` tells apart."""
        return dict(sorted(Counter(map(what, self.filings.values())).items()))

    def _covering(self, host: str) -> set[str]:
        """Keys of the filings whose domains cover `host`, as `attest.domains.covers` tells it of one."""
        visited = canonical_host(host)
        bare = visited.removeprefix("www.")
        labels = visited.split(".")
        patterns = {bare, f"www.{bare}"} | {f"*.{'.'.join(labels[place:])}" for place in range(1, len(labels))}
        return set().union(*(self.by_domain.get(pattern, frozenset()) for pattern in patterns))


def _filing(key: str, rows: Sequence[Row], known: Filing | None) -> Filing | None:
    """The filing that its changes lead to; None where the key is no number, as its check character is wrong."""
    last = rows[-1]
    entry = Entry(last.digest, last.block, Status(last.status))
    if known and known.entry.digest == entry.digest and known.record:
        return replace(known, entry=entry, history=rows)
    try:
        number = FilingNumber(key)
    except InvalidNumberError:
        return None
    try:
        record = _record(number, entry, rows)
    except AttestError as problem:
        return Filing(number, entry, None, None, problem, rows)
    return Filing(number, entry, record, record.as_json(), None, rows)


def _record(number: FilingNumber, entry: Entry, rows: Sequence[Row]) -> PublicRecord:
    data = next((row.record for row in reversed(rows) if row.record is not None and row.digest == entry.digest), None)
    if data is None:
        raise RecordUnavailableError("RG120", number=number.text, block=entry.changed_at)
    record = parse_record(data)
    if record.filing_number != number:
        raise RecordUnavailableError("RG124", number=number.text, found=record.number)
    return record


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
