"""Whatever nodes, network and clock do to the page: "cannot verify now", and nothing that reads as a verdict."""

import re
from collections.abc import Iterator
from threading import Event
from time import time
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from attest import messages
from attest.number import FilingNumber
from tests.browser.filings import (
    ABSENT,
    ACTIVE,
    HANG,
    SUSPENDED,
    Between,
    Fault,
    Filings,
    Host,
    between,
    of,
    opened,
    reader,
    result,
    settle,
    told,
)

GENESIS: Final = "0x" + "11" * 32


def other_block(block: Any) -> Any:
    """A block of the same height with another hash."""
    return block | {"hash": "0x" + "22" * 32}


def other_status(answer: str) -> str:
    """An entry that is revoked."""
    return answer[:-1] + "4"


def other_genesis(method: str, true: dict[str, Any]) -> Any:
    block = true["result"]
    if method == "eth_getBlockByNumber" and block["number"] == "0x0":
        return true | {"result": block | {"hash": GENESIS}}
    return true


YEAR: Final = 31_536_000  # seconds
HEADS: Final = ("eth_getBlockByNumber", "eth_getBlockByHash")
FAULTS: Final[dict[str, tuple[Fault, str]]] = {
    "429": (lambda method, true: 429, "PG103"),
    "429 for the entry": (lambda method, true: 429 if method == "eth_call" else true, "PG103"),
    "500": (lambda method, true: 500, "PG104"),
    "a page": (lambda method, true: b"<html>later</html>", "PG105"),
    "nothing": (lambda method, true: b"", "PG105"),
    "null": (lambda method, true: None, "PG105"),
    "a list": (lambda method, true: [], "PG105"),
    "an error": (lambda method, true: {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no"}}, "PG105"),
    "another question's answer": (lambda method, true: true | {"id": 7}, "PG105"),
    "another chain": (result(lambda _: "0x1", "eth_chainId"), "PG106"),
    "another genesis": (other_genesis, "PG106"),
    "no head": (result(lambda _: None, "eth_getBlockByNumber"), "PG105"),
    "no contract": (result(lambda _: "0x", "eth_call"), "PG109"),
    "a cut answer": (result(lambda answer: answer[:100], "eth_call"), "PG105"),
    "words too few": (result(lambda answer: answer[:130], "eth_call"), "PG105"),
    "an unknown status": (result(lambda answer: answer[:-1] + "9", "eth_call"), "PG105"),
    "a status without a block": (result(lambda answer: "0x" + "0" * 191 + "1", "eth_call"), "PG105"),
    "a head of a far year": (result(lambda block: block | {"timestamp": "0x1" + "0" * 12}, *HEADS), "PG105"),
    "a head of next year": (
        result(lambda block: block | {"timestamp": hex(int(time()) + YEAR)}, *HEADS),
        "PG105",
    ),
    "a change to come": (result(lambda answer: answer[:66] + "f" * 10 + answer[76:], "eth_call"), "PG105"),
}


@pytest.fixture(scope="module")
def middle(filings: Filings) -> Iterator[Between]:
    with between(filings.anvil.url) as node:
        yield node


@pytest.fixture
def node(middle: Between) -> Iterator[Between]:
    """A node between the page and the real one, honest at first."""
    yield middle
    middle.fault, middle.cors = None, True


@pytest.fixture(scope="module")
def url(filings: Filings, host: Host, middle: Between) -> str:
    """A page that asks that node."""
    return host.page(of(filings.entry, nodes=(middle.url,), deployed_at=None))


@pytest.fixture(scope="module")
def impatient(filings: Filings, host: Host, middle: Between) -> str:
    """The same page, less patient with a node that is silent."""
    return host.page(of(filings.entry, nodes=(middle.url,), deployed_at=None), quick=True)


def is_undecided(page: Page, code: str, **values: object) -> None:
    """The page says that it cannot tell, and why, and nothing of a verdict."""
    assert page.get_attribute("#verdict", "data-outcome") == "unsure"
    said = page.locator("body").inner_text()
    assert page.locator("h1").inner_text() == messages.text("PG009", "en")
    assert messages.text(code, "en", **values) in said
    assert messages.text("PG029", "en") in said
    verdicts = [messages.text(f"PG{number:03}", "en") for number in range(1, 9)]
    assert [verdict for verdict in verdicts if verdict in said] == []
    assert page.locator("#details .domains").count() == 0
    assert page.evaluate("violations") == []


@pytest.fixture(scope="module")
def shared(filings: Filings, browser: Browser) -> Iterator[Page]:
    context = reader(browser, lang="en")
    context.add_init_script("localStorage.clear()")
    yield context.new_page()
    context.close()


@pytest.fixture
def tab(shared: Page) -> Iterator[Page]:
    """A tab that remembers nothing of the tests before."""
    yield shared
    shared.context.set_offline(False)


@pytest.mark.parametrize("number", [ACTIVE, ABSENT], ids=["registered", "absent"])
def test_an_honest_node_in_between_changes_nothing(tab: Page, url: str, node: Between, number: Any) -> None:
    assert opened(tab, url, number).get_attribute("#verdict", "data-outcome") == (
        "active" if number is ACTIVE else "unfiled"
    )


@pytest.mark.sampled
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_node_is_no_verdict(tab: Page, url: str, node: Between, name: str) -> None:
    node.fault, code = FAULTS[name]
    is_undecided(opened(tab, url, ACTIVE), code, status=500)


@pytest.mark.sampled
@pytest.mark.parametrize("number", [ACTIVE, ABSENT], ids=["registered", "absent"])
@pytest.mark.parametrize("silent", ["eth_chainId", "eth_call"])
def test_a_silent_node_is_no_verdict(
    tab: Page, impatient: str, node: Between, silent: str, number: FilingNumber
) -> None:
    node.fault = lambda method, true: HANG if method == silent else true
    is_undecided(opened(tab, impatient, number), "PG102")


@pytest.mark.parametrize("name", ["429 for the entry", "another genesis", "no contract"])
def test_a_fault_is_no_absence_either(tab: Page, url: str, node: Between, name: str) -> None:
    node.fault, code = FAULTS[name]
    is_undecided(opened(tab, url, ABSENT), code)


def test_a_node_that_forbids_other_origins_is_no_verdict(tab: Page, url: str, node: Between) -> None:
    node.cors = False
    is_undecided(opened(tab, url, ACTIVE), "PG101")


def test_a_node_that_is_not_there_is_no_verdict(tab: Page, host: Host, filings: Filings) -> None:
    nowhere = host.page(of(filings.entry, nodes=("http://127.0.0.1:9/",)))
    is_undecided(opened(tab, nowhere, ACTIVE), "PG101")


def test_a_reader_without_network_gets_no_verdict(tab: Page, url: str, node: Between) -> None:
    page = opened(tab, url, "")
    tab.context.set_offline(True)
    page.fill("#number", SUSPENDED.key)
    page.press("#number", "Enter")
    page.wait_for_selector("#verdict[data-outcome=unsure]")
    is_undecided(page, "PG101")


def test_one_bad_answer_is_asked_again_once(tab: Page, url: str, node: Between) -> None:
    left = ["eth_call"]

    def once(method: str, true: dict[str, Any]) -> Any:
        if method in left:
            left.remove(method)
            return 500
        return true

    node.fault = once
    assert opened(tab, url, ACTIVE).get_attribute("#verdict", "data-outcome") == "active"


def test_no_question_is_asked_more_than_twice(tab: Page, url: str, node: Between) -> None:
    node.fault = lambda method, true: 500
    node.asked.clear()
    opened(tab, url, ACTIVE)
    asked = [(each["method"], str(each["params"])) for each in node.asked]
    assert max(asked.count(each) for each in asked) == 2


@pytest.mark.parametrize(
    "lie",
    [result(other_status, "eth_call"), result(other_block, "eth_getBlockByNumber")],
    ids=["about the entry", "about the head"],
)
@pytest.mark.parametrize("liar_first", [False, True])
def test_nodes_that_contradict_each_other_are_no_verdict(
    tab: Page, host: Host, filings: Filings, node: Between, lie: Fault, liar_first: bool
) -> None:
    def lying(method: str, true: dict[str, Any]) -> Any:
        block = true.get("result")
        genesis = isinstance(block, dict) and block.get("number") == "0x0"
        return true if genesis or "error" in true else lie(method, true)

    node.fault = lying
    nodes = (node.url, filings.anvil.url) if liar_first else (filings.anvil.url, node.url)
    is_undecided(opened(tab, host.page(of(filings.entry, nodes=nodes, deployed_at=None)), ACTIVE), "PG107")


def test_two_nodes_that_agree_at_different_heights_give_an_answer(
    tab: Page, host: Host, filings: Filings, node: Between
) -> None:
    page = opened(tab, host.page(of(filings.entry, nodes=(node.url, filings.anvil.url))), ACTIVE)
    assert page.get_attribute("#verdict", "data-outcome") == "active"
    assert "nodes asked: 2" in page.locator("dl").inner_text()


def test_one_silent_node_of_two_is_no_verdict(tab: Page, host: Host, filings: Filings, node: Between) -> None:
    node.fault = lambda method, true: HANG
    both = host.page(of(filings.entry, nodes=(filings.anvil.url, node.url)), quick=True)
    is_undecided(opened(tab, both, ACTIVE), "PG102")


def test_a_head_that_is_too_old_is_no_verdict(browser: Browser, host: Host, filings: Filings, node: Between) -> None:
    node.fault = result(lambda block: block | {"timestamp": "0x5f5e1000"}, "eth_getBlockByNumber")
    context = reader(browser, lang="en", timezone_id="UTC")
    old = host.page(of(filings.entry, nodes=(node.url,), finality="0 confirmations"))
    is_undecided(opened(context, old, ACTIVE), "PG108", time="Sep 13, 2020, 12:26 PM UTC")
    context.close()


def test_a_registration_that_is_not_final_is_no_verdict(tab: Page, host: Host, filings: Filings) -> None:
    slow = host.page(of(filings.entry, finality="19 confirmations"))
    page = opened(tab, slow, ACTIVE)
    assert page.get_attribute("#verdict", "data-outcome") == "unsure"
    assert messages.text("PG110", "en") in page.locator("#verdict").inner_text()


def test_another_contract_than_the_one_deployed_then_is_no_verdict(tab: Page, host: Host, filings: Filings) -> None:
    other = host.page(of(filings.entry, deployed_at=7777))
    is_undecided(opened(tab, other, ACTIVE), "PG109")


@pytest.mark.sampled
@pytest.mark.parametrize(
    "fault",
    [
        lambda method, true: true | {"result": []} if method == "eth_getLogs" else true,
        lambda method, true: 429 if method == "eth_getLogs" else true,
        lambda method, true: (
            {"jsonrpc": "2.0", "id": 1, "error": {"code": 4444, "message": "pruned"}}
            if method == "eth_getLogs"
            else true
        ),
        result(lambda logs: [log | {"data": log["data"][:-64] + "0" * 64} for log in logs], "eth_getLogs"),
        result(lambda logs: [log | {"data": log["data"].replace("7b22", "7b20", 1)} for log in logs], "eth_getLogs"),
        result(lambda logs: [log | {"address": "0x" + "11" * 20} for log in logs], "eth_getLogs"),
        result(lambda logs: [log | {"data": "0x"} for log in logs], "eth_getLogs"),
    ],
    ids=["pruned", "429", "refused", "cut record", "altered record", "another contract's", "no data"],
)
def test_without_the_records_text_number_and_status_stand(tab: Page, url: str, node: Between, fault: Fault) -> None:
    node.fault = fault
    page = opened(tab, url, ACTIVE)
    told(page)
    assert page.get_attribute("#verdict", "data-outcome") == "active"
    assert page.locator(".domains").inner_text() == messages.text("PG206", "en")
    assert "示例链科技" not in page.locator("body").inner_text()


def test_a_change_from_no_status_leaves_number_and_status(tab: Page, url: str, node: Between) -> None:
    node.fault = result(lambda logs: [log | {"data": _from_nine(log["data"])} for log in logs], "eth_getLogs")
    page = opened(tab, url, SUSPENDED)
    told(page)
    assert page.get_attribute("#verdict", "data-outcome") == "suspended"
    assert page.locator(".domains").inner_text() == messages.text("PG206", "en")


def _from_nine(data: str) -> str:
    """A change of status as if it came from a status that there is not."""
    return data[: 2 + 2 * 64 - 1] + "9" + data[2 + 2 * 64 :]


def test_the_verdict_does_not_wait_for_the_record(tab: Page, url: str, node: Between) -> None:
    gate = Event()
    node.fault = lambda method, true: gate.wait(20) and true if method == "eth_getLogs" else true
    page = opened(tab, url, ACTIVE)
    assert page.get_attribute("#verdict", "data-outcome") == "active"
    assert page.locator("#details .domains").count() == 0
    gate.set()
    told(page)


def test_every_read_of_a_verdict_is_pinned_to_one_block_hash(tab: Page, url: str, node: Between) -> None:
    node.asked.clear()
    told(opened(tab, url, ACTIVE))
    calls = [each["params"][1] for each in node.asked if each["method"] == "eth_call"]
    assert calls
    assert all(at["requireCanonical"] and re.fullmatch("0x[0-9a-f]{64}", at["blockHash"]) for at in calls)
    assert all("blockHash" in each["params"][0] for each in node.asked if each["method"] == "eth_getLogs")
    assert {each["method"] for each in node.asked} <= {
        "eth_chainId",
        "eth_getBlockByNumber",
        "eth_call",
        "eth_getLogs",
    }


def test_a_slow_answer_to_an_earlier_question_does_not_replace_a_later_one(tab: Page, url: str, node: Between) -> None:
    gate = Event()

    def delayed(method: str, true: dict[str, Any]) -> Any:
        late = method == "eth_call" and SUSPENDED.key.encode().hex() in str(node.asked)
        return gate.wait(20) and true if late and not first.is_set() and not first.set() else true

    first = Event()
    node.asked.clear()
    node.fault = delayed
    page = opened(tab, url, "")
    with page.expect_request(lambda request: "eth_call" in (request.post_data or "")):
        page.evaluate("key => { location.hash = key }", SUSPENDED.key)
    page.evaluate("key => { location.hash = key }", ACTIVE.key)
    page.wait_for_selector("#verdict[data-outcome=active]")
    told(page)
    with page.expect_event("requestfinished", lambda request: SUSPENDED.key.encode().hex() in request.post_data):
        gate.set()
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert settle(page) == "active"
    assert [outcome for outcome, _ in page.evaluate("verdicts")].count("suspended") == 0
