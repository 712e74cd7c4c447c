"""A verdict's evidence as a folder, and the verdict that a folder of evidence gives, offline.

Beside the files of the visit (`attest.site.evidence`) it holds `answer.json`, what the registry said and how it is
trusted; `verdict.json`, the verdict as printed; and `manifest.json`, the SHA-256 of each of them. The files prove
nothing to a third party by themselves: whoever made the folder is trusted to have seen what is in it.
"""

import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from attest import canonical, messages
from attest.cli import files
from attest.errors import AttestError, ChainError, EvidenceError, RecordUnavailableError
from attest.number import FilingNumber
from attest.ports import Answer, Basis, Entry, Lookup, Status, TrustEntry, Visit
from attest.record import parse_record
from attest.site.display import load as load_json
from attest.site.evidence import error_of, plain
from attest.verdict import Verdict
from attest.verify import Case, judge

SCHEMA: Final = "filing-evidence/1"
MANIFEST: Final = "manifest.json"
MAX_FILE: Final = 64_000_000  # bytes
MAX_FILES: Final = 500


def prepare(folder: Path) -> None:
    """Make sure that there is an empty folder of that name.

    Raises:
        EvidenceError, InputError: the folder holds something, or is none.
        OutputError: it cannot be made.
    """
    if not folder.is_dir():
        files.check_free(folder)
        files.make_folder(folder)
    elif any(folder.iterdir()):
        raise EvidenceError("EV105", path=folder)


def save(folder: Path, case: Case, trust: TrustEntry, expect: FilingNumber | None) -> None:
    """Write a verdict's evidence into a prepared folder.

    Raises:
        OutputError: it cannot be written.
    """
    kept = dict(case.visit.evidence)
    kept["answer.json"] = canonical.canonical_bytes(_answer(case.answer, trust, expect))
    kept["verdict.json"] = json.dumps(case.verdict.as_json(), ensure_ascii=False, indent=2).encode()
    for name, data in kept.items():
        files.create(folder / name, data)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()}
    files.create(folder / MANIFEST, canonical.canonical_bytes({"schema": SCHEMA, "files": digests}))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A folder of evidence, every file as its manifest says.

    Attributes:
        verdict: `verdict.json`, as it was printed then.
        files: Those of the visit, by name.
    """

    verdict: Mapping[str, Any]
    files: Mapping[str, bytes]
    answer: Answer | ChainError | None
    trust: TrustEntry
    expect: FilingNumber | None

    @property
    def rules(self) -> str:
        """Version of the rules it was judged by."""
        return messages.shown(self.verdict["rests_on"].get("rules"))

    def judge(self, visit: Visit) -> Verdict:
        """The verdict on the visit that `files` give."""
        return judge(visit, self.answer, self.trust, expect=self.expect)

    def agrees(self, verdict: Verdict) -> bool:
        """Whether it is the verdict that was printed then, be it by other words."""
        return _decided(verdict.as_json()) == _decided(self.verdict)


def load(folder: Path) -> Evidence:
    """Read a folder of evidence.

    Raises:
        EvidenceError: it is none, or a file of it is missing, added or changed.
        InputError: a file cannot be read.
    """
    manifest = _json(files.read(folder / MANIFEST, limit=MAX_FILE), MANIFEST)
    listed = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(listed, dict) or manifest.get("schema") != SCHEMA or len(listed) > MAX_FILES:
        raise EvidenceError("EV102", found=messages.shown(manifest))
    there = {path.name for path in folder.iterdir()} - {MANIFEST}
    if strange := sorted(there ^ set(listed)):
        raise EvidenceError("EV103", name=messages.shown(strange[0]))
    kept = {}
    for name, digest in listed.items():
        kept[name] = files.read(folder / name, limit=MAX_FILE)
        found = hashlib.sha256(kept[name]).hexdigest()
        if found != digest:
            raise EvidenceError("EV104", name=messages.shown(name), expected=messages.shown(digest), found=found)
    try:
        answer, verdict = (_json(kept.pop(name), name) for name in ("answer.json", "verdict.json"))
        _decided(verdict)
        return Evidence(verdict, kept, _read_answer(answer), _trust(answer["trust"]), _number(answer["expect"]))
    except (AttributeError, KeyError, TypeError, ValueError, AttestError) as error:
        raise EvidenceError("EV102", found=messages.shown(error)) from error


def _decided(document: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict as JSON without what another release may put otherwise: its words, and the versions of its rules.

    Raises:
        AttributeError, KeyError, TypeError: it is none.
    """
    worded, versions = {"text", "expected", "found"}, {"rules", "display_rules"}
    return {
        **document,
        "checks": [_without(worded, check) for check in document["checks"]],
        "rests_on": _without(versions, document["rests_on"]),
    }


def _without(names: Container[str], document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _json(data: bytes, name: str) -> Any:
    try:
        return load_json(data)
    except (ValueError, AttestError) as error:
        raise EvidenceError("EV102", found=messages.shown(f"{name}: {error}")) from error


def _answer(answer: Answer | ChainError | None, trust: TrustEntry, expect: FilingNumber | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "trust": {
            "name": trust.name, "operator": trust.operator, "authority": trust.authority,
            "provinces": sorted(trust.provinces), "complete_to": trust.complete_to,
        },
        "expect": expect.text if expect else None,
    }  # fmt: skip
    if isinstance(answer, AttestError):
        document["problem"] = plain(answer)
    elif answer:
        document["basis"] = answer.basis.as_json()
        document["lookups"] = {number.key: _lookup(lookup) for number, lookup in answer.lookups.items()}
    return document


def _lookup(lookup: Lookup) -> dict[str, Any]:
    entry = lookup.entry
    return {
        "entry": {"digest": entry.digest.hex(), "changed_at": entry.changed_at, "status": entry.status.value},
        "record": lookup.record.canonical().decode() if lookup.record else None,
        "problem": plain(lookup.problem) if lookup.problem else None,
        "pending": lookup.pending,
    }


def _read_answer(document: Mapping[str, Any]) -> Answer | ChainError | None:
    if "problem" in document:
        return ChainError(document["problem"]["code"], **error_of(document["problem"]).params)
    if "basis" not in document:
        return None
    lookups = {FilingNumber(key): _read_lookup(lookup) for key, lookup in document["lookups"].items()}
    return Answer(Basis(**document["basis"]), lookups)


def _read_lookup(document: Mapping[str, Any]) -> Lookup:
    entry, problem = document["entry"], document["problem"]
    record = parse_record(document["record"].encode()) if document["record"] else None
    return Lookup(
        Entry(bytes.fromhex(entry["digest"]), entry["changed_at"], Status(entry["status"])),
        record,
        error_of(problem, RecordUnavailableError) if problem else None,
        document["pending"],
    )


def _trust(document: Mapping[str, Any]) -> TrustEntry:
    return TrustEntry(
        document["name"], document["operator"], document["authority"], frozenset(document["provinces"]),
        document["complete_to"],
    )  # fmt: skip


def _number(text: str | None) -> FilingNumber | None:
    return None if text is None else FilingNumber.parse(text)
