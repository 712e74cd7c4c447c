"""The corpus: whole pages of our own making, each with what a person who opens it sees."""

from typing import Final

from tests.site.corpus import footers, frames, hidden, hostile, painted, pictures, scripts, text
from tests.site.corpus.sample import Sample

CORPUS: Final[tuple[Sample, ...]] = (
    *text.SAMPLES,
    *hidden.SAMPLES,
    *painted.SAMPLES,
    *scripts.SAMPLES,
    *frames.SAMPLES,
    *pictures.SAMPLES,
    *footers.SAMPLES,
    *hostile.SAMPLES,
)
