"""What reading a page as sent finds in the corpus: all of it where markup tells all, else that it does not know."""

from collections import Counter
from datetime import date

import pytest

from attest.credentials import KINDS
from attest.ports import Findings
from attest.site.extract import extract
from tests.amounts import examples
from tests.site.corpus import CORPUS
from tests.site.corpus.sample import Reading, Sample
from tests.site.corpus.skins import NEIGHBOURS
from tests.site.lookalikes import lookalikes

TODAY = date(2026, 11, 24)
LOOKALIKES = examples(10_000)


def read(sample: Sample) -> Findings:
    return extract(sample.body(), content_type=sample.content_type, base_url="https://a.example/", today=TODAY)


def of(reading: Reading) -> pytest.MarkDecorator:
    samples = [sample for sample in CORPUS if sample.reading is reading]
    return pytest.mark.parametrize("sample", samples, ids=[sample.name for sample in samples])


def test_the_corpus_holds_pages_enough_of_every_kind() -> None:
    readings = Counter(sample.reading for sample in CORPUS)
    assert len({sample.name for sample in CORPUS}) == len(CORPUS) >= 150
    assert min(readings.values()) >= 50
    assert set(KINDS) == {*NEIGHBOURS.values()}


@of(Reading.MARKUP)
def test_a_page_that_markup_decides_is_read_as_a_person_sees_it(sample: Sample) -> None:
    findings = read(sample)

    assert tuple(found.number for found in findings.numbers) == sample.shown
    assert tuple(dict.fromkeys(found.number for found in findings.hidden)) == sample.hidden
    assert tuple((wrong.text, wrong.errors[0].code) for wrong in findings.malformed) == sample.malformed
    assert {other.kind for other in findings.others} == sample.others
    assert findings.incomplete is None


@of(Reading.BROWSER)
def test_a_page_that_takes_a_browser_is_said_to_be_incomplete(sample: Sample) -> None:
    findings = read(sample)

    assert sample.number not in [found.number for found in findings.numbers]
    assert findings.incomplete


@of(Reading.PAINT)
def test_a_number_that_only_painting_judges_is_not_overlooked(sample: Sample) -> None:
    findings = read(sample)

    if sample.number.key.encode() in sample.body():
        assert sample.number in [found.number for found in (*findings.numbers, *findings.hidden)] or findings.incomplete


def test_no_look_alike_is_taken_for_a_filing_number() -> None:
    for text in lookalikes(LOOKALIKES):
        findings = extract(f"<p>{text}</p>".encode(), content_type="text/html", base_url="", today=TODAY)
        assert findings.numbers == findings.hidden == (), text
