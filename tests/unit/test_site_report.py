"""One site's report: what it says, in which words, and that no text of a site becomes more than text."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from attest import messages
from attest.credentials import KINDS
from attest.number import Defect
from attest.ports import Credential, Display, HiddenNumber, Level, MalformedNumber, Measure, ShownNumber, Sight, Visit
from attest.report import words
from attest.report.site import MAX_LISTED, Picture, Window, _hint, site_report
from attest.report.visible import MAX_TEXT, visible
from attest.site.display import WINDOWS, rules
from attest.verdict import ADVISORY, CODES, REQUIRED, Check, Outcome, State, Verdict
from attest.verify import AUTHORITY_HOST
from tests.looks import HOST, OTHER, OWN, PAGES, TIME, crop, look

ELEMENTS = {
    "html", "head", "meta", "link", "title", "style", "body", "header", "main", "footer", "section", "div", "h1", "h2",
    "h3", "h4", "p", "ul", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "code",
    "strong", "span", "bdi", "img",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "id", "scope", "colspan", "src",
    "width", "height", "alt", "aria-label", "aria-labelledby",
}  # fmt: skip
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
CASES = [(page, lang) for page in PAGES for lang in messages.LANGUAGES]


def report(page: str, lang: str = "en", **more: Any) -> str:
    verdict, visit = look(page)
    return site_report(verdict, replace(visit, **more), lang)


def text_of(html: str) -> str:
    body = LexborHTMLParser(html).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


def assert_harmless(html: str) -> None:
    """Nothing but the template's own elements, and nothing that loads, runs or leads anywhere."""
    assert html.encode()
    for node in LexborHTMLParser(html).css("*"):
        assert node.tag in ELEMENTS
        assert set(node.attributes) <= ATTRIBUTES, node.attributes
        for name in ("src", "href"):
            assert (node.attributes.get(name) or "data:").startswith("data:"), node.attributes
    assert len(LexborHTMLParser(html).css("style")) == 1
    assert len(LexborHTMLParser(html).css("link")) == 1
    assert not UNSEEN.search(html)


# --- what it says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "outcome"),
    [
        ("match", Outcome.MATCH),
        ("mismatch", Outcome.MISMATCH),
        ("hidden", Outcome.MISMATCH),
        ("undecided", Outcome.UNDECIDED),
        ("unreachable node", Outcome.UNDECIDED),
    ],
)
@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_the_verdict_comes_first_in_words(page: str, outcome: Outcome, lang: str) -> None:
    assert look(page)[0].outcome is outcome
    html = LexborHTMLParser(report(page, lang))
    word, sentence = (messages.text(code, lang) for code in words.OUTCOMES[outcome])
    head = html.css_first("h1")
    assert head is not None
    assert head.text(separator=" ").split() == [*word.split(), HOST]
    assert html.css_first(".sentence").text() == sentence
    assert html.css_first("html").attributes == {"lang": lang}
    assert html.css_first("title").text() == f"{word}: {HOST}"


@pytest.mark.parametrize(("page", "lang"), CASES)
def test_every_check_is_a_row_with_its_state_in_words(page: str, lang: str) -> None:
    verdict, visit = look(page)
    rows = LexborHTMLParser(site_report(verdict, visit, lang)).css(".checks tbody tr")
    checks = [check for group in (REQUIRED, ADVISORY) for check in verdict.checks if check.name in group]
    assert len(rows) == len(checks)
    for row, check in zip(rows, checks, strict=True):
        said = " ".join(row.text(separator=" ").split())
        state = messages.text(words.STATES[check.state], lang)
        assert said.startswith(f"{messages.text(words.CHECKS[check.name], lang)} {check.code} {state} ")
        assert " ".join(visible(check.text(lang)).split()) in said
        for value in (check.expected, check.found, check.where):
            told = value if isinstance(value, str) else value.text(lang)
            assert " ".join(visible(told).split()) in said


@pytest.mark.parametrize(("page", "lang"), CASES)
def test_it_says_what_it_rests_on_and_what_it_does_not_prove(page: str, lang: str) -> None:
    verdict, visit = look(page)
    said = text_of(site_report(verdict, visit, lang))
    for code in words.LIMITS:
        assert messages.text(code, lang, host=f"https://{AUTHORITY_HOST}/") in said
    assert "9f" * 32 in said
    assert "2026-11-24 08:30:00 UTC" in said
    if verdict.basis:
        for value in (verdict.basis.genesis, verdict.basis.contract, verdict.basis.block_hash, verdict.basis.finality):
            assert value in said
    else:
        assert messages.text("RP124", lang) in said


def test_a_local_chain_is_said_to_prove_nothing_to_others() -> None:
    verdict, visit = look("match")
    assert verdict.basis is not None
    local = replace(verdict, basis=replace(verdict.basis, local=True, operator="-"))
    assert messages.text("CL021", "en") not in text_of(site_report(verdict, visit, "en"))
    said = text_of(site_report(local, visit, "en"))
    assert messages.text("CL021", "en") in said
    assert messages.text("CL019", "en") in said


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_whatever_is_wrong_or_open_comes_with_what_to_do(code: str, lang: str) -> None:
    name, state = CODES[code]
    wanted = state is State.FAIL or (state is State.UNDECIDED and name in REQUIRED)
    assert bool(_hint(Check(code), lang)) or not wanted


def test_steps_are_told_for_each_reason_and_each_advisory_fail() -> None:
    wrong = LexborHTMLParser(report("mismatch")).css(".steps li")
    said = [" ".join(step.text(separator=" ").split()) for step in wrong]
    assert said[0].startswith("Expected a filing in force, found it suspended. Ask the registry")
    assert said[1].startswith("prominence The law")
    right = LexborHTMLParser(report("match", displays=())).css(".steps li")
    assert len(right) == 1
    nothing = site_report(*_without_fails(), "en")
    assert messages.text(words.NOTHING_TO_DO, "en") in text_of(nothing)


def _without_fails() -> tuple[Verdict, Visit]:
    verdict, visit = look("match")
    return replace(verdict, checks=tuple(check for check in verdict.checks if check.state is State.PASS)), visit


def test_each_window_has_its_level_picture_values_thresholds_and_their_sources() -> None:
    html = LexborHTMLParser(report("match"))
    sights = html.css(".sight")
    titles = [" ".join(node.css_first("h4").text(separator=" ").split()) for node in sights]
    assert titles == ["Desktop window, 1280 × 800 px prominent", "Phone window weak", "Dark colour scheme hidden"]
    picture = sights[0].css_first("img")
    assert (picture.attributes["width"], picture.attributes["height"]) == ("640", "88")
    assert OWN.text in (picture.attributes["alt"] or "")
    assert base64.b64decode((picture.attributes["src"] or "").removeprefix("data:image/png;base64,")) == crop()
    assert messages.text("RP074", "en") in sights[1].text()
    rows = [[cell.text().strip() for cell in row.css("th, td")] for row in sights[1].css("tbody tr")]
    assert rows[1] == ["contrast with what is behind", "2.31 : 1", "≥ 4.50 : 1", "≥ 3.00 : 1", "weak"]
    assert rows[-1] == ["distance from the page's top or end", "312.4 px", "≤ 800.0 px", "–", "prominent"]
    sources = [node.text() for node in html.css(".sources dd")]
    measured = {measure.rule for sight in look("match")[1].displays[0].sights for measure in sight.measures}
    assert sources == [rule.source["en"] for name, rule in rules()[1].items() if name in measured]
    assert len(sources) >= 8


def test_without_a_browser_it_says_so() -> None:
    said = text_of(report("match", displays=()))
    assert messages.text("RP068", "en") in said
    assert messages.text("RP065", "en") not in said


def test_the_measures_of_numbers_that_were_not_judged_are_left_out() -> None:
    _, visit = look("match")
    other = replace(visit.displays[0], number=OTHER)
    html = LexborHTMLParser(report("match", displays=(*visit.displays, other)))
    assert len(html.css(".sight")) == 3


def test_other_numbers_and_look_alikes_are_listed_neutrally() -> None:
    said = text_of(report("match"))
    for told in (messages.text("RP081", "en"), OTHER.text, "京ICP备2026000000号-1", "ICP filing", "police"):
        assert told in said
    wrong = text_of(report("mismatch", "zh-TW"))
    for told in (messages.text("RP082", "zh-TW"), messages.text("RP083", "zh-TW"), OWN.text, "京网信备1101082600000号"):
        assert told in wrong


def test_a_long_list_is_cut_and_the_rest_counted() -> None:
    _, visit = look("match")
    assert visit.findings is not None
    many = tuple(Credential("icp", f"京ICP备{number:08}号") for number in range(MAX_LISTED + 7))
    html = report("match", findings=replace(visit.findings, others=many))
    assert html.count("<td>ICP filing</td>") == MAX_LISTED
    assert "and 7 more" in html


def test_how_the_page_was_reached_is_told_as_far_as_it_is_known() -> None:
    said = text_of(report("match"))
    for told in ("Redirected to https://example.cn/zh/", "allows the look", "TLSv1.3", "Example CA", "e3" * 32):
        assert told in said
    assert "TLS certificate" not in text_of(report("match", evidence={}))


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"tls": 1, "robots": []}', b"[" * 100_000])
def test_a_damaged_file_of_the_evidence_is_left_out(data: bytes) -> None:
    names = ("visit.json", "desktop.json", "desktop-0.png")
    assert_harmless(report("match", evidence=dict.fromkeys(names, data)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("tls", "robots", "redirects", "well_known"), json_values)))
def test_no_facts_of_any_shape_break_the_report(facts: dict[str, Any]) -> None:
    assert_harmless(report("undecided", evidence={"visit.json": json.dumps(facts).encode()}))


def test_an_app_is_called_by_its_name_and_its_picture_a_picture() -> None:
    html = report("match", app="示例存证", pictured=True)
    head = LexborHTMLParser(html).css_first("h1")
    assert head is not None
    assert head.text(separator=" ").split() == ["Match", "示例存证"]
    assert messages.text("RP107", "en") in text_of(html)


@pytest.mark.parametrize("url", ["https://[::1/", "//", "x"])
def test_a_url_that_is_none_is_shown_as_it_is(url: str) -> None:
    verdict, visit = look("match")
    assert url in text_of(site_report(replace(verdict, url=url, final_url=url), visit, "en"))


def test_no_word_of_the_report_claims_approval() -> None:
    own = [code for code in messages.catalogue() if code.startswith(("RP", "DI"))]
    said = " ".join(messages.catalogue()[code][lang] for code in own for lang in messages.LANGUAGES)
    assert not re.search("认证|認證|官方|批准|certified|official|approved|guarantee|✓|✔|✗|★", said, re.IGNORECASE)


def test_every_value_has_its_words() -> None:
    assert set(words.OUTCOMES) == set(Outcome)
    assert set(words.STATES) == set(State)
    assert set(words.CHECKS) == {*REQUIRED, *ADVISORY}
    assert set(words.KINDS) == set(KINDS)
    assert set(words.WINDOWS) == set(WINDOWS)
    assert {rule.unit for rule in rules()[1].values()} == set(words.UNITS)
    assert {rule.code for rule in rules()[1].values()} <= set(messages.catalogue())


def test_a_rule_and_a_window_of_another_version_go_by_their_names() -> None:
    measure = Measure("glow", 2.5, None, 1, Level.DISPLAYED, "DI001")
    shown = Display(OWN, Level.DISPLAYED, (Sight("watch", Level.DISPLAYED, "p", (measure,)),))
    html = LexborHTMLParser(report("match", displays=(shown,)))
    assert [cell.text().strip() for cell in html.css(".measures td")] == ["2.5", "–", "≥ 1", "displayed"]
    assert html.css_first("h4").text().startswith("watch")


# --- one file, harmless ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "lang"), CASES)
def test_the_file_loads_nothing_runs_nothing_and_links_nowhere(page: str, lang: str) -> None:
    html = report(page, lang)
    assert_harmless(html)
    tree = LexborHTMLParser(html)
    style = re.search(r"<style>(.*)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = tree.css_first("meta[http-equiv]").attributes["content"]
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@pytest.mark.parametrize(
    ("data", "window", "size"),
    [
        (crop((300, 60)), 0, (300, 60)),
        (crop((300, 60)), 390, (300, 60)),
        (crop((1170, 60)), 390, (390, 20)),
        (crop((1000, 1)), 390, (390, 1)),
        (None, 390, None),
        (b"", 390, None),
        (b"<svg/>", 390, None),
        (b"\x89PNG\r\n\x1a\n", 390, None),
        (crop()[:16] + b"\xff" * 8 + crop()[24:], 390, None),
        (crop()[:16] + b"\0" * 8 + crop()[24:], 390, None),
        (crop() + b"\0" * 4_000_000, 390, None),
    ],
)
def test_only_pictures_of_a_bearable_size_are_shown_and_no_wider_than_their_window(
    data: bytes | None, window: int, size: tuple[int, int] | None
) -> None:
    picture = Picture.of(data, Window(window, 844))
    assert (picture and (picture.width, picture.height)) == size


NASTY = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "\"'><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&#x202e;",
    "\u202eevil\u2066\u200b\x1b[2J\x00\x85\ud800\ufeff\n\u2028\U000e0041\u3164\ufffe",
    "x" * 10_000,
]
foreign = st.sampled_from(NASTY) | st.text(st.characters(), min_size=1, max_size=40)


def hostile(text: str) -> tuple[Verdict, Visit]:
    """A verdict and a visit with `text` in every field that can hold foreign text."""
    verdict, visit = look("mismatch")
    assert verdict.basis is not None
    assert visit.findings is not None
    checks = tuple(Check(code, text, text, text, text) for code in CODES)
    fields = dict.fromkeys(("registry", "operator", "genesis", "contract", "block_hash", "finality"), text)
    sights = tuple(
        replace(sight, where=text, window=text, picture="desktop-0.png") for sight in visit.displays[0].sights
    )
    findings = replace(
        visit.findings,
        numbers=(ShownNumber(OWN, text, text, text), ShownNumber(OTHER, text, text)),
        malformed=(MalformedNumber(text, (Defect("NU101", text, text),), text),),
        hidden=(HiddenNumber(OWN, text),),
        others=(Credential(text, text),),
    )
    names = ("url", "decision", "subject", "issuer", "not_before", "not_after", "sha256", "protocol", "cipher")
    facts: dict[str, Any] = dict.fromkeys(names, text) | {"names": [text], "status": text}
    document = {"redirects": [text], "tls": facts, "robots": facts, "well_known": facts, "browser": text}
    files = dict.fromkeys(("visit.json", "desktop.json"), json.dumps(document).encode())
    return (
        replace(
            verdict,
            **dict.fromkeys(("url", "final_url", "registry", "page_sha256", "display_rules"), text),  # type: ignore[arg-type]
            checks=checks,
            basis=replace(verdict.basis, **fields),
            time=TIME,
        ),
        replace(
            visit,
            app=text,
            findings=findings,
            displays=(replace(visit.displays[0], sights=sights),),
            evidence={**visit.evidence, **files},
        ),
    )


@settings(max_examples=50)
@given(text=foreign, lang=st.sampled_from(messages.LANGUAGES))
def test_no_text_of_a_site_becomes_more_than_text(text: str, lang: str) -> None:
    html = site_report(*hostile(text), lang)
    assert_harmless(html)
    assert len(html) < 1_500_000
    heading = LexborHTMLParser(html).css_first("h1 bdi")
    assert heading is not None
    assert heading.text() == visible(text)


@given(st.text(st.characters(), max_size=100))
def test_what_cannot_be_seen_is_written_as_its_code_point(text: str) -> None:
    shown = visible(text)
    assert not UNSEEN.search(shown)
    assert "\n" not in shown
    assert visible(shown)[: MAX_TEXT - 1] == shown[: MAX_TEXT - 1]
    shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("京网信备11010826000002019014号 – «é» 😀", "京网信备11010826000002019014号 – «é» 😀"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x1b[31m\n", "⟨U+001B⟩[31m⟨U+000A⟩"),
        ("\x85\ud800\U000e0041\ufffe\U0001ffff", "⟨U+0085⟩⟨U+D800⟩⟨U+E0041⟩⟨U+FFFE⟩⟨U+1FFFF⟩"),
        ("京\ufe00\u3164\ufffd", "京⟨U+FE00⟩⟨U+3164⟩\ufffd"),
        ("x" * (MAX_TEXT + 1), "x" * (MAX_TEXT - 1) + "…"),
    ],
)
def test_visible_text_stays_and_hidden_characters_get_marks(text: str, shown: str) -> None:
    assert visible(text) == shown
