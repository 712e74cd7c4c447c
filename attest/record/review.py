"""What a filing form still lacks, and what is unusual about it. Neither breaks a rule.

The guides to the authority's filing system say which fields a filing has; which of them may stay empty is not written
anywhere we have seen. So "missing" means: the guides name it, and it applies to this kind of subject and service.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import HttpUrl

from attest import messages
from attest.domains import covers
from attest.record.form import DETAILS, FilingForm
from attest.record.public import SubjectKind

KNOWN_CHAINS: Final = (
    ("比特币", "Bitcoin"),
    ("以太坊", "Ethereum"),
    ("超级账本", "Hyperledger Fabric"),
    ("FISCO BCOS", "FISCO-BCOS"),
    ("长安链", "ChainMaker"),
    ("蚂蚁链", "AntChain"),
    ("超级链", "XuperChain"),
    ("至信链", "ZhiXin Chain"),
    ("文昌链", "WenChang Chain"),
    ("智臻链", "JD Chain"),
    ("趣链", "Hyperchain"),
    ("星火·链网", "Xinghuo BIF"),
    ("树图", "Conflux"),
    ("BSN", "Blockchain-based Service Network"),
)
"""Main chains by their usual Chinese and Latin names. Suggestions: the authority's own list is not known to us."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something unusual: the field, and a code of the catalogue with its values."""

    field: str
    code: str
    params: Mapping[str, str]

    def text(self, lang: str) -> str:
        return messages.text(self.code, lang, field=self.field, **self.params)


def missing(form: FilingForm) -> tuple[str, ...]:
    """Paths of the fields that a complete filing of this kind and service has and the form does not."""
    document = form.as_json()
    return tuple(path for path in _wanted(form) if not _is_there(document, path))


def oddities(form: FilingForm) -> Iterator[Oddity]:
    """What a registrar should look at again."""
    service = form.service
    if service is None:
        return
    domains = form.displayed_on.domains if form.displayed_on else ()
    for position, site in enumerate(service.sites):
        host = HttpUrl(site.url).host if site.url else None
        if host and domains and not covers(domains, host):
            yield Oddity(f"service.sites.{position}.url", "RE170", {"known": ", ".join(domains)})
    for position, chain in enumerate(service.chains):
        known = next((names for names in KNOWN_CHAINS if _plain(chain) in map(_plain, names)), None)
        if known and chain not in known:
            yield Oddity(
                f"service.chains.{position}", "RE171", {"found": messages.shown(chain), "known": " / ".join(known)}
            )


def _wanted(form: FilingForm) -> Iterator[str]:
    service = form.service
    yield from ("subject.name", "subject.registered_in", "subject.mailing_address")
    if form.subject.kind is SubjectKind.ORGANISATION:
        yield "subject.nature"
    yield from _document("subject.document")
    yield "responsible_person.name"
    yield from _document("responsible_person.document")
    yield from (f"responsible_person.{name}" for name in ("office_phone", "mobile", "email"))
    yield "statement"
    yield from (f"service.{name}" for name in _SERVICE)
    if service is None or not (service.sites or service.clients or service.accounts):
        yield "service.sites"
    for name, (category, kind) in DETAILS.items():
        if service and service.category == category and kind in service.types:
            yield from (f"service.{name}.{field}" for field in _DETAILS[name])
    yield from ("displayed_on", "dates.started_on")


def _document(path: str) -> Iterator[str]:
    return (f"{path}.{name}" for name in ("type", "number", "address", "scan"))


def _is_there(document: Any, path: str) -> bool:
    """Whether a field of the form, or a part of it, holds anything."""
    value = document
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


_SERVICE: Final = (
    "name", "category", "types", "chains", "description", "application_field", "server_address", "management_systems",
)  # fmt: skip
_DETAILS: Final = {
    "explorer": ("url", "yearly_visits", "mean_daily_visits", "servers"),
    "baas": ("served_count", "served", "separates_hardware", "cloud_qualification", "machine_room"),
    "other_technology": ("served_count", "open_source", "source_code", "white_paper"),
}
