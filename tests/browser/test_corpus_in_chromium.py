"""What a real browser makes of the corpus: each page's own number at the level that a person would give it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from attest.ports import Visit
from attest.site.fetch import Fetcher
from attest.site.visit import SiteVisitor
from tests.site.corpus import CORPUS
from tests.site.corpus.sample import Sample
from tests.site.corpus.served import level, served, to_loopback

NOW = datetime(2026, 11, 24, tzinfo=UTC)
WINDOWS = ("desktop", "phone")
LEAST = 0.98

SHORT = (
    "a company's footer",
    "an explorer's dark footer",
    "a page made for phones",
    "split over spans",
    "svg text in the footer",
    "beside a chain provider's number",
    "only on phones",
    "under a block that lies over it",
    "the colour of a picture behind it",
    "contrast of 1.2",
    "contrast of 3.1, as the police's own template",
    "8 px high",
    "the tail cut off by an ellipsis",
    "past the end of a box that only scripts scroll",
    "mirrored",
    "an application that draws all",
    "three seconds late",
    "when its place comes into view",
    "a custom element with a closed root",
    "a frame of another site",
    "a script removes it",
    "taken away after two seconds",
    "an ICP number only",
    "in a comment of the footer",
)


async def visits(samples: Sequence[Sample]) -> list[Visit]:
    async with served(samples) as site:
        fetcher = Fetcher(allow_private=True, resolver=to_loopback)
        async with SiteVisitor(fetcher, now=lambda: NOW, rendering="always", prominence=True) as visitor:
            return [await visitor.visit(site.url(sample)) for sample in samples]


@pytest.mark.parametrize(
    "name", [name if place % 8 == 4 else pytest.param(name, marks=pytest.mark.long) for place, name in enumerate(SHORT)]
)
def test_a_page_is_judged_as_a_person_sees_it(name: str) -> None:
    sample = next(sample for sample in CORPUS if sample.name == name)
    (visit,) = asyncio.run(visits([sample]))

    assert visit.problem is None
    for window in WINDOWS:
        assert level(visit, sample.number, window) in sample.levels(window), window


@pytest.mark.long
def test_displayed_and_hidden_are_told_apart_on_the_whole_corpus() -> None:
    samples = [sample for sample in CORPUS if not sample.picture]
    wrong = []
    told = 0
    for sample, visit in zip(samples, asyncio.run(visits(samples)), strict=True):
        for window in WINDOWS:
            expected = sample.displayed(window)
            if expected is not None:
                told += 1
                if (level(visit, sample.number, window).rank <= 2) is not expected:
                    wrong.append((sample.name, window, expected))
    assert len(wrong) <= (1 - LEAST) * told, wrong
