"""Every reader of files about filings, and the valid files that mutants are made from."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attest.attestation import MAX_COPY, build_copy, parse_attestation
from attest.disclosure import parse_disclosure, seal
from attest.documents import read_forms, read_records
from attest.encryption import MIN_COST, Lock
from attest.errors import InputError
from attest.record import build_form, examine_form
from tests.filing_forms import Maker

EXAMPLES: Final = Path(__file__).parents[2] / "docs"
ONCE_FATAL: Final = {
    "an escape beyond Unicode": b'subject: {kind: organisation}\nx: "\\U00110000"\n',
    "an escape beyond 31 bits": b'subject: {kind: organisation}\nx: "\\UFFFFFFFF"\n',
    "null as a name, in two spellings": b"subject: {kind: organisation}\nnull: 1\n~: 2\n",
    "the last of many names twice": b"{%s}" % b",".join(b'"%x":1' % min(name, 11_999) for name in range(12_001)),
}
"""Files that a reader once did not stand."""
LONGEST_S: Final = 1.0  # of processor time


def seeds() -> list[bytes]:
    """Valid files of every kind, and the small ones of those that were fatal."""
    form = Maker(1).form("organisation", "technology-provider", 1)
    sealed = seal(build_form(form))
    copy = build_copy(sealed, Lock.new("correct horse battery staple", cost=MIN_COST))
    disclosure = sealed.private.disclose(sealed.record.filing_number, ["responsible_person"]).canonical()
    yaml = [(EXAMPLES / name).read_bytes() for name in ("example-form.yaml", "example-record.yaml")]
    valid = [*yaml, json.dumps([form], ensure_ascii=False).encode(), sealed.public, copy, disclosure]
    return valid + [data for data in ONCE_FATAL.values() if len(data) < max(map(len, valid))]


OF_YAML: Final[list[Callable[[bytes], Any]]] = [
    lambda data: read_forms(data, name="f.yaml"),
    lambda data: read_records(data, name="r.yaml"),
]
OF_JSON: Final[list[Callable[[bytes], Any]]] = [
    lambda data: read_forms(data, name="f.json"),
    lambda data: read_records(data, name="r.json"),
    lambda data: parse_attestation(data, limit=MAX_COPY),
    parse_disclosure,
]


def read(data: bytes) -> None:
    """Read a file by every reader of its kind; only our own errors about input are let pass."""
    for reader in OF_JSON if data.lstrip()[:1] in (b"{", b"[") else OF_YAML:
        try:
            reader(data)
        except InputError as error:
            for lang in ("en", "zh-CN"):
                error.text(lang), error.hint(lang)


def read_in_time(data: bytes) -> None:
    """The same, and none of them takes long."""
    start = time.process_time()
    read(data)
    assert time.process_time() - start <= LONGEST_S


def examine(document: Any) -> None:
    """The same for a document that is read already, and what is accepted is sealed."""
    try:
        form, problems = examine_form(document)
        for problem in problems:
            problem.error.text("zh-TW")
        if form is not None and form.number is not None:
            seal(form)
    except InputError as error:
        error.text("en")
