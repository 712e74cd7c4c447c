"""Looking filings up: from the index, from the node, and what silence means."""

import json
from pathlib import Path

import pytest

from attest.cli.context import Context
from attest.domains import covers
from attest.ports import Status
from attest.registry.proof import check, parse_proof
from tests.cli.command import attest
from tests.fictional import fictional
from tests.server.conftest import ABSENT, ENDED, FILED, MANY, Served, document, serving

ENTRY = f"v1/filings/{FILED.key}"


def test_a_filing_comes_from_the_index_with_record_history_and_block(served: Served) -> None:
    told = served.get(ENTRY).json()
    assert (told["number"], told["status"], told["source"]) == (FILED.text, "active", "index")
    assert told["record"]["displayed_on"]["domains"] == ["shop.example", "*.app.example"]
    assert [step["event"] for step in told["history"]] == ["Registered"]
    assert told["rests_on"]["block"] >= told["changed_at"]
    assert told["rests_on"]["local"]


def test_the_written_number_leads_to_the_same_answer_as_the_key(served: Served) -> None:
    assert served.get(f"v1/filings/{FILED.text}").content == served.get(ENTRY).content


@pytest.mark.parametrize("how", ["", "?fresh=true"])
def test_a_history_says_each_change_and_its_reason(served: Served, how: str) -> None:
    told = served.get(f"v1/filings/{ENDED.key}{how}").json()
    assert told["status"] == "revoked"
    assert [(step["event"], step["status"]) for step in told["history"]] == [
        ("Registered", "active"),
        ("StatusChanged", "suspended"),
        ("StatusChanged", "revoked"),
    ]
    assert told["history"][-1]["reason"] == 6
    assert told["history"][-1]["reason_text"]


def test_index_and_node_say_the_same_of_a_filing(served: Served) -> None:
    both = [served.get(f"{ENTRY}{how}").json() for how in ("", "?fresh=true")]
    assert [answer.pop("source") for answer in both] == ["index", "node"]
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("wanted", "lang"), [("zh-CN", "zh-CN"), ("zh-TW;q=0.5, fr", "zh-TW"), ("en;q=0.1, zh;q=0.9", "zh-CN"), ("", "en")]
)
def test_accept_language_decides_the_words_and_not_the_codes(served: Served, wanted: str, lang: str) -> None:
    answer = served.get(ENTRY, Accept_Language=wanted)
    assert answer.headers["content-language"] == lang
    assert answer.json()["status"] == "active"
    assert answer.json()["status_text"] == Status.ACTIVE.text(lang)


@pytest.mark.parametrize(
    ("registry", "slug", "code"),
    [
        ("ruling", "not-filed", "SV110"),
        ("copied", "not-in-this-registry", "SV111"),
        ("open", "not-in-this-registry", "SV112"),
    ],
)
def test_silence_means_what_the_trust_list_says_of_the_registry(
    prepared: Path, registry: str, slug: str, code: str
) -> None:
    with serving(prepared, registry) as server:
        answer = server.get(f"v1/filings/{ABSENT.key}")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (404, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].endswith(f":{slug}")
    assert problem["rests_on"]["registry"] == registry
    assert ("第十批" in problem["detail"]) == (registry == "copied")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (FILED.key[:-1] + ("0" if FILED.check != "0" else "1"), "NU104"),
        ("浙网信备123号", "NU102"),
        ("粤ICP备12345678号", "NU101"),
    ],
)
def test_a_malformed_number_is_refused_with_its_defects(served: Served, written: str, code: str) -> None:
    answer = served.get(f"v1/filings/{written}", Accept_Language="zh-CN")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "SV103")
    assert code in [defect["code"] for defect in problem["errors"]]


@pytest.mark.parametrize(("number", "status"), [(FILED, Status.ACTIVE), (ABSENT, Status.NONE)])
def test_a_proof_checks_offline_whether_the_number_is_there_or_not(
    served: Served, number: object, status: Status
) -> None:
    answer = served.get(f"v1/filings/{number}?proof=true").json()
    settings = Context.of(served.home, "en").settings
    proof = parse_proof(json.dumps(answer["proof"]).encode())
    entry = check(proof, network=settings.network("embedded"), registry=settings.registry("open"))
    assert (proof.number, entry.status) == (number, status)


def test_a_number_registered_since_the_last_sync_is_found(home: Path) -> None:
    new = fictional(290)
    with serving(home, sync_s=600) as server:
        server.until_ready()
        (home / "new.json").write_text(json.dumps(document(new)), encoding="utf-8")
        assert attest("registry", "register", home / "new.json", home=home).code == 0
        assert server.get(f"v1/filings/{new.key}").json()["source"] == "node"


def test_the_index_follows_the_registry(home: Path) -> None:
    new = fictional(290)
    with serving(home) as server:
        server.until_ready(filings=9)
        (home / "new.json").write_text(json.dumps(document(new)), encoding="utf-8")
        assert attest("registry", "register", home / "new.json", home=home).code == 0
        server.until_ready(filings=10)
        assert server.get(f"v1/filings/{new.key}").json()["source"] == "index"


def test_what_was_sent_already_is_not_sent_again(served: Served) -> None:
    first = served.get(ENTRY)
    again = served.get(ENTRY, If_None_Match=f'W/"x", {first.headers["etag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "stale-while-revalidate=600" in again.headers["cache-control"]
    assert again.headers["vary"] == "Accept-Language"
    assert served.get(ENTRY, If_None_Match=first.headers["etag"], Accept_Language="zh").status_code == 200


def test_head_gives_the_headers_of_get(served: Served) -> None:
    head = served.ask("HEAD", ENTRY)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == served.get(ENTRY).headers["etag"]


# --- lists --------------------------------------------------------------------------------------------------


def keys(served: Served, query: str) -> list[str]:
    return [filing["key"] for filing in served.get(f"v1/filings?{query}").json()["filings"]]


def test_a_list_gone_through_page_by_page_has_every_filing_once_in_order(served: Served) -> None:
    found, cursor = [], ""
    while cursor is not None:
        page = served.get(f"v1/filings?limit=4{cursor and f'&cursor={cursor}'}").json()
        found += [filing["key"] for filing in page["filings"]]
        cursor = page["next"]
    assert found == sorted(number.key for number in (FILED, ENDED, *MANY))


def test_a_list_is_narrowed_by_every_condition(served: Served) -> None:
    assert keys(served, "status=revoked") == [ENDED.key]
    assert keys(served, f"subject=示例科技a{FILED.key[12:16]}") == [FILED.key]
    assert keys(served, "subject=nobody") == []
    assert keys(served, "province=京") == keys(served, "")
    assert keys(served, "province=浙") == []
    assert keys(served, "domain=shop.example&status=active") == [FILED.key]
    assert keys(served, "domain=shop.example&status=revoked") == []


@pytest.mark.parametrize(
    "host", ["shop.example", "WWW.shop.example.", "a.b.app.example", "app.example", "x.shop.example"]
)
def test_a_domain_finds_the_filings_whose_records_cover_it(served: Served, host: str) -> None:
    assert (FILED.key in keys(served, f"domain={host}")) == covers(["shop.example", "*.app.example"], host)


@pytest.mark.parametrize("query", ["cursor=!", "limit=0", "limit=201", "province=Z", "status=fine", "domain=a b"])
def test_a_condition_that_cannot_be_met_by_anything_is_refused(served: Served, query: str) -> None:
    answer = served.get(f"v1/filings?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "SV104")


@pytest.mark.parametrize("path", ["v1/filings?domian=a.example", f"{ENTRY}?x", "v1/statistics?year=2026"])
def test_a_parameter_that_there_is_none_of_is_refused(served: Served, path: str) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "SV106")


def test_statistics_count_by_status_province_and_year(served: Served) -> None:
    told = served.get("v1/statistics").json()
    assert told["filings"] == 9
    assert told["by_status"] == {"active": 8, "revoked": 1}
    assert told["by_province"] == {"京": 9}
    assert told["by_year"] == {str(FILED.year): 9}
