"""Whole filing forms whose every private value is a marker: random, unique, and by its field's rule."""

from random import Random
from typing import Any

from stdnum.cn import ric, uscc

from attest.record.form import TYPES
from tests.fictional import fictional

KINDS = ("organisation", "individual", "sole-trader", "sole-proprietorship")
LETTERS = "bcdfghjkmnpqrstvwxyz"


class Maker:
    """Makes one form; whatever it makes is like nothing else in it."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def word(self, length: int = 14) -> str:
        return "".join(self._random.choice(LETTERS) for _ in range(length))

    def digits(self, length: int) -> str:
        return "".join(self._random.choice("0123456789") for _ in range(length))

    def text(self) -> str:
        return f"私{self.word()}密"

    def count(self) -> int:
        return self._random.randrange(10**11, 10**14)

    def url(self) -> str:
        return f"https://{self.word()}.example.cn/{self.word()}"

    def ip(self) -> str:
        groups = [f"{self._random.randrange(0x1000, 0x10000):x}" for _ in range(6)]
        return f"2001:db8:{':'.join(groups)}"

    def file(self) -> dict[str, Any]:
        digest = "".join(self._random.choice("0123456789abcdef") for _ in range(64))
        return {"sha256": digest, "media_type": f"application/x-{self.word()}", "size": self.count()}

    def card(self) -> str:
        body = f"110101{self._random.randrange(1950, 2005)}{self._random.randrange(1, 10):02}15{self.digits(3)}"
        return body + str(ric.calc_check_digit(body + "0"))

    def credit_code(self, prefix: str) -> str:
        body = f"{prefix}110108{self.digits(9)}"
        return body + str(uscc.calc_check_digit(body))

    def evidence(self) -> dict[str, Any]:
        return {"name": self.text(), "number": self.text(), "document": self.file()}

    def unknown(self) -> dict[str, Any]:
        return {"备注": self.text(), "more": [self.text(), {"deep": self.count(), "x-1": [[self.text()]]}]}

    def person(self) -> dict[str, Any]:
        document = {"type": "id-card", "number": self.card(), "address": self.text(), "scan": self.file()}
        phones = {"office_phone": "0" + self.digits(11), "mobile": "+86" + self.digits(11).replace("0", "1", 1)}
        email = f"{self.word()}@{self.word()}.example.cn"
        return {"name": self.text(), "document": document | self.unknown(), **phones, "email": email} | self.unknown()

    def form(self, kind: str, category: str, serial: int) -> dict[str, Any]:
        """A form with every field, and unknown ones at every level."""
        document: dict[str, Any] = {"address": self.text(), "scan": self.file()}
        if kind == "individual":
            document |= {"type": "passport", "number": self.digits(18)}
        else:
            document |= {"type": "credit-code", "number": self.credit_code("92" if kind == "sole-trader" else "91")}
        details = {
            "infrastructure-provider": {},
            "application-operator": {
                "explorer": {
                    "url": self.url(), "yearly_visits": self.count(), "mean_daily_visits": self.count(),
                    "servers": [{"ip": self.ip(), "place": self.text()} | self.unknown()],
                } | self.unknown()
            },
            "technology-provider": {
                "baas": {
                    "served_count": self.count(), "served": [self.text(), self.text()], "separates_hardware": True,
                    "cloud_qualification": self.evidence() | self.unknown(), "machine_room": self.text(),
                },
                "other_technology": {
                    "served_count": self.count(), "open_source": False, "source_code": self.url(),
                    "white_paper": self.file(),
                },
            },
        }[category]  # fmt: skip
        return {
            "schema": "filing-form/1",
            "number": fictional(serial).text,
            "subject": {
                "kind": kind, "name": self.text(), "nature": "enterprise", "registered_in": self.text(),
                "document": document, "mailing_address": self.text(), "home_page": self.url(),
            } | self.unknown(),
            "responsible_person": self.person(),
            "statement": self.file() | self.unknown(),
            "service": {
                "name": self.text(), "category": category, "types": list(TYPES[category]), "chains": [self.text()],
                "technology_provider": self.text(), "description": self.text() * 3, "application_field": self.text(),
                "server_address": self.text(), "sites": [{"name": self.text(), "url": self.url()} | self.unknown()],
                "clients": [self.text()], "accounts": [{"name": self.text(), "platform": self.text()}],
                "management_systems": [self.evidence()], "pre_approvals": [self.evidence() | self.unknown()],
                "contact": {"name": self.text(), "phone": self.digits(15), "email": f"{self.word()}@example.cn"},
                "contracts": [{"address": self.word(40), "chain": self.text()}],
            } | details | self.unknown(),
            "displayed_on": {
                "domains": [f"{self.word()}.example.cn"],
                "apps": [{"name": self.text(), "platform": self.text(), "id": self.word()} | self.unknown()],
            } | self.unknown(),
            "filed_on": "2019-03-30",
            "source": {"list": self.text(), "published": "2019-03-30"} | self.unknown(),
            "dates": {"started_on": "2019-03-01"} | self.unknown(),
        } | self.unknown()  # fmt: skip
