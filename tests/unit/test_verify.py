"""Verifying a site: every way a page and a registry can agree, disagree, or leave the question open.

The site and the registry are stated, not visited: `tests/faults` and `tests/chain` run the real ones.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from attest.errors import BrowserError, RecordUnavailableError, RpcUnavailableError, UnreachableError
from attest.messages import Message
from attest.number import FilingNumber, examine
from attest.ports import (
    Answer,
    Authority,
    Basis,
    Entry,
    Findings,
    HiddenNumber,
    Lookup,
    MalformedNumber,
    ShownNumber,
    Status,
    TrustEntry,
    Visit,
)
from attest.record import build_record
from attest.verdict import Outcome, Verdict
from attest.verify import Verifier

OWN = FilingNumber.parse("京网信备11010819764512340015号")
OTHER = FilingNumber.parse("浙网信备33010619213211320012号")
HOST = "example.cn"
URL = f"https://{HOST}/"
BASIS = Basis("r", "o", "authoritative", 1, "0x0", "0x0", 5, "0x5", "latest", 1, True)


@dataclass
class StatedSite:
    findings: Findings | None = field(default_factory=Findings)
    problem: Any = None
    status: int | None = 200
    final_url: str = URL

    async def visit(self, url: str, *, expect: FilingNumber | None = None) -> Visit:
        time = datetime(2026, 11, 24, tzinfo=UTC)
        return Visit(url, self.final_url, time, self.status, "00" * 32, self.findings, self.problem)


@dataclass
class StatedRegistry:
    lookups: dict[FilingNumber, Lookup] = field(default_factory=dict)
    authority: Authority = "authoritative"
    fault: RpcUnavailableError | None = None

    @property
    def trust(self) -> TrustEntry:
        return TrustEntry("r", "o", self.authority)

    async def look_up(self, numbers: Sequence[FilingNumber]) -> Answer:
        if self.fault:
            raise self.fault
        return Answer(BASIS, {number: self.lookups.get(number, absent()) for number in numbers})


def absent(**more: Any) -> Lookup:
    return Lookup(Entry(b"\0" * 26, 0, Status.NONE), **more)


def filed(number: FilingNumber, *domains: str, status: Status = Status.ACTIVE, name: str | None = None) -> Lookup:
    document = {"schema": "filing-record/1", "nonce": "A" * 22, "number": number.text}
    subject = {"kind": "organisation"} | ({"name": name} if name else {})
    shown_on = {"displayed_on": {"domains": list(domains)}} if domains else {}
    return Lookup(Entry(b"\1" * 26, 3, status), build_record(document | {"subject": subject} | shown_on))


def shown(number: FilingNumber, link: str | None = None) -> ShownNumber:
    return ShownNumber(number, number.text, "footer > p", link)


def verify(site: StatedSite, registry: StatedRegistry, expect: FilingNumber | None = None) -> Verdict:
    return asyncio.run(Verifier(site=site, registry=registry).verify(URL, expect=expect))


def page(*numbers: FilingNumber, **more: Any) -> StatedSite:
    return StatedSite(Findings(numbers=tuple(map(shown, numbers)), text="text", **more))


GOOD = StatedRegistry({OWN: filed(OWN, HOST, name="示例链科技（北京）有限公司")})


def test_a_number_registered_in_force_and_filed_for_the_host_is_a_match() -> None:
    verdict = verify(page(OWN), GOOD)
    assert verdict.outcome is Outcome.MATCH
    assert verdict.number == OWN
    assert verdict.basis == BASIS


@pytest.mark.parametrize(
    ("lookup", "authority", "outcome", "code"),
    [
        (filed(OWN, "other.example"), "authoritative", Outcome.MISMATCH, "FA610"),
        (filed(OWN), "authoritative", Outcome.UNDECIDED, "FA620"),
        (filed(OWN, HOST, status=Status.SUSPENDED), "authoritative", Outcome.MISMATCH, "FA410"),
        (filed(OWN, HOST, status=Status.CANCELLED), "mirror", Outcome.MISMATCH, "FA411"),
        (filed(OWN, HOST, status=Status.REVOKED), "self-declared", Outcome.MISMATCH, "FA412"),
        (filed(OWN, HOST, status=Status.VOID), "authoritative", Outcome.MISMATCH, "FA311"),
        (filed(OWN, HOST, status=Status.VOID), "mirror", Outcome.UNDECIDED, "FA321"),
        (absent(), "authoritative", Outcome.MISMATCH, "FA310"),
        (absent(), "mirror", Outcome.UNDECIDED, "FA320"),
        (absent(), "self-declared", Outcome.UNDECIDED, "FA320"),
        (absent(pending=True), "authoritative", Outcome.UNDECIDED, "FA322"),
        (replace(filed(OWN, HOST, status=Status.VOID), pending=True), "authoritative", Outcome.UNDECIDED, "FA322"),
        (
            Lookup(Entry(b"\1" * 26, 3, Status.ACTIVE), problem=RecordUnavailableError("RG123", number=OWN.text)),
            "authoritative",
            Outcome.UNDECIDED,
            "FA520",
        ),
    ],
)
def test_what_the_registry_says_decides(lookup: Lookup, authority: Authority, outcome: Outcome, code: str) -> None:
    verdict = verify(page(OWN), StatedRegistry({OWN: lookup}, authority))
    assert verdict.outcome is outcome
    assert code in [check.code for check in verdict.reasons]


def test_a_cancelled_filing_with_a_lost_record_is_a_mismatch_all_the_same() -> None:
    lost = Lookup(Entry(b"\1" * 26, 3, Status.CANCELLED), problem=RecordUnavailableError("RG123", number=OWN.text))
    assert verify(page(OWN), StatedRegistry({OWN: lost})).outcome is Outcome.MISMATCH


def test_a_node_that_cannot_be_asked_accuses_nobody() -> None:
    fault = RpcUnavailableError("CH101", method="eth_chainId", why="refused")
    verdict = verify(page(OWN), StatedRegistry(fault=fault))
    assert verdict.outcome is Outcome.UNDECIDED
    assert [check.code for check in verdict.reasons] == ["FA323"]
    assert verdict.basis is None


MALFORMED = MalformedNumber("京网信备1号", examine("京网信备1号", today=date(2026, 1, 1)).errors, "p")
SHELL = Message("EX203")
HIDDEN = HiddenNumber(OWN, "comment")


@pytest.mark.parametrize(
    ("findings", "outcome", "code"),
    [
        (Findings(text="text"), Outcome.MISMATCH, "FA101"),
        (Findings(text="text", hidden=(HIDDEN,)), Outcome.MISMATCH, "FA102"),
        (Findings(text="text", malformed=(MALFORMED,)), Outcome.MISMATCH, "FA210"),
        (Findings(), Outcome.UNDECIDED, "FA121"),
        (Findings(incomplete=SHELL), Outcome.UNDECIDED, "FA120"),
        (Findings(hidden=(HIDDEN,), incomplete=SHELL), Outcome.UNDECIDED, "FA120"),
        (Findings(malformed=(MALFORMED,), incomplete=SHELL), Outcome.UNDECIDED, "FA120"),
        (Findings(hidden=(HIDDEN,), misread=True), Outcome.MISMATCH, "FA105"),
    ],
)
def test_a_page_without_a_number_is_a_mismatch_only_if_it_was_seen_whole(
    findings: Findings, outcome: Outcome, code: str
) -> None:
    verdict = verify(StatedSite(findings), GOOD)
    assert verdict.outcome is outcome
    assert code in [check.code for check in verdict.reasons]


@pytest.mark.parametrize(
    ("site", "code"),
    [
        (StatedSite(None, UnreachableError("FE140", host=HOST, why="refused"), None), "FA122"),
        (StatedSite(None, UnreachableError("FE150", url=URL, found=503), 503), "FA123"),
        (StatedSite(None, None, None), "FA121"),
    ],
)
def test_a_page_that_was_not_seen_accuses_nobody(site: StatedSite, code: str) -> None:
    verdict = verify(site, GOOD)
    assert verdict.outcome is Outcome.UNDECIDED
    assert [check.code for check in verdict.reasons] == [code]


def test_of_several_numbers_the_one_filed_for_this_host_is_judged() -> None:
    registry = StatedRegistry({OWN: filed(OWN, HOST), OTHER: filed(OTHER, "other.example")})
    verdict = verify(page(OTHER, OWN), registry)
    assert (verdict.outcome, verdict.number, verdict.numbers) == (Outcome.MATCH, OWN, (OTHER, OWN))


def test_an_own_number_that_is_cancelled_is_not_outweighed_by_a_stranger() -> None:
    registry = StatedRegistry({OWN: filed(OWN, HOST, status=Status.CANCELLED), OTHER: filed(OTHER)})
    verdict = verify(page(OWN, OTHER), registry)
    assert (verdict.outcome, verdict.number) == (Outcome.MISMATCH, OWN)


def test_a_strangers_number_on_a_page_not_seen_whole_accuses_nobody() -> None:
    registry = StatedRegistry({OTHER: filed(OTHER, "other.example")})
    assert verify(page(OTHER, incomplete=SHELL), registry).outcome is Outcome.UNDECIDED
    assert verify(page(OTHER), registry).outcome is Outcome.MISMATCH


def test_a_number_that_browsers_may_show_in_other_characters_is_no_match() -> None:
    verdict = verify(page(OWN, incomplete=Message("EX217"), misread=True), GOOD)
    assert verdict.outcome is Outcome.UNDECIDED
    assert [check.code for check in verdict.reasons] == ["FA120"]


def test_a_number_that_its_style_may_hide_is_no_match() -> None:
    doubted = replace(shown(OWN), doubt="overflow:hidden")
    verdict = verify(StatedSite(Findings(numbers=(doubted,), text="text")), GOOD)
    assert verdict.outcome is Outcome.UNDECIDED
    assert [(check.code, "overflow:hidden" in check.text("en")) for check in verdict.reasons] == [("FA126", True)]


def test_where_the_browser_failed_its_fault_is_told_instead() -> None:
    doubted = replace(shown(OWN), doubt="overflow:hidden")
    fault = BrowserError("BR111", url=URL, seconds=45)
    verdict = verify(StatedSite(Findings(numbers=(doubted,), text="text"), problem=fault), GOOD)
    assert [check.code for check in verdict.reasons] == ["FA122"]


def test_an_expected_number_is_the_one_judged() -> None:
    registry = StatedRegistry({OWN: filed(OWN, HOST), OTHER: filed(OTHER, "other.example")})
    assert verify(page(OWN, OTHER), registry, expect=OTHER).outcome is Outcome.MISMATCH
    assert verify(page(OWN, OTHER), registry, expect=OWN).outcome is Outcome.MATCH


@pytest.mark.parametrize(
    ("site", "outcome", "code"),
    [
        (page(OTHER), Outcome.MISMATCH, "FA103"),
        (page(), Outcome.MISMATCH, "FA101"),
        (page(OTHER, incomplete=SHELL), Outcome.UNDECIDED, "FA120"),
        (page(OTHER, hidden=(HIDDEN,)), Outcome.MISMATCH, "FA102"),
    ],
)
def test_an_expected_number_that_is_not_displayed(site: StatedSite, outcome: Outcome, code: str) -> None:
    verdict = verify(site, GOOD, expect=OWN)
    assert verdict.outcome is outcome
    assert [check.code for check in verdict.reasons] == [code]


def test_the_host_after_redirects_is_the_one_compared() -> None:
    site = replace(page(OWN), final_url="https://evil.example/")
    assert verify(site, GOOD).outcome is Outcome.MISMATCH


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (None, "FA990"),
        ("https://bcbeian.ifcert.cn/index", "FA900"),
        (f"https://verify.example/#{OWN.key}", "FA901"),
        (f"https://{HOST}/#{OWN.key}", "FA991"),
        (f"https://{HOST}/about", "FA992"),
        ("https://beian.miit.gov.cn/", "FA910"),
        ("https://bcbeian.ifcert.cn.evil.example/", "FA910"),
    ],
)
def test_where_the_number_links_to_is_advice_only(link: str | None, code: str) -> None:
    site = StatedSite(Findings(numbers=(shown(OWN, link),), text="text"))
    verdict = verify(site, GOOD)
    assert verdict.outcome is Outcome.MATCH
    assert code in [check.code for check in verdict.checks]
    assert verdict.exit_code(strict=True) == (1 if code == "FA910" else 0)
    assert verdict.exit_code(strict=False) == 0


@pytest.mark.parametrize(("text", "code"), [("© 示例链科技(北京)有限公司", "FA800"), ("© 某公司", "FA891")])
def test_the_subjects_name_is_noted_and_never_a_fail(text: str, code: str) -> None:
    site = StatedSite(Findings(numbers=(shown(OWN),), text=text))
    verdict = verify(site, GOOD)
    assert verdict.outcome is Outcome.MATCH
    assert code in [check.code for check in verdict.checks]


def test_a_page_that_lists_hundreds_of_numbers_is_not_judged() -> None:
    from attest.number import check_character

    keys = [f"1101081976451{serial:03}001" for serial in range(300)]
    many = [FilingNumber(key + check_character(key)) for key in keys]
    verdict = verify(page(*many), GOOD)
    assert [check.code for check in verdict.reasons] == ["FA124"]


def test_the_json_form_is_stable() -> None:
    document = verify(page(OWN), GOOD).as_json()
    assert list(document) == ["schema", "url", "final_url", "verdict", "number", "numbers", "checks", "rests_on"]
    assert document["schema"] == "verdict/1"
    names = [check["name"] for check in document["checks"]]
    assert names == [
        "displayed", "well_formed", "registered", "status", "record_intact", "domain",
        "prominence", "subject", "link", "qr", "published", "second_look",
    ]  # fmt: skip
    assert {"registry", "chain_id", "genesis", "contract", "block", "block_hash", "finality", "time"} <= set(
        document["rests_on"]
    )
