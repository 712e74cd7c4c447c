"""A code of 3 cm, held at 20 cm before a camera of 1080p, is read as what it holds."""

import numpy as np
import pytest
import zxingcpp

from tests.camera import PAGE, share_read, taken
from tests.fictional import fictional
from widgets.pointer import pointer
from widgets.qr import qr_png

LEAST = 0.99
SAMPLE = 60
WHOLE = 500


def test_a_sample_of_pictures_is_read() -> None:
    assert share_read(SAMPLE) >= LEAST


@pytest.mark.long
def test_the_pictures_of_two_hands_are_read() -> None:
    assert share_read(WHOLE) >= LEAST
    assert share_read(WHOLE, seed=2) >= LEAST


def test_a_seed_takes_the_same_picture_again() -> None:
    code = qr_png(fictional(1), PAGE)
    first, again, other = (taken(code, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_third_of_the_pixels_is_too_few_so_that_the_share_means_something() -> None:
    code, chance = qr_png(fictional(1), PAGE), np.random.default_rng(1)
    coarse = [np.ascontiguousarray(taken(code, chance)[::3, ::3]) for _ in range(SAMPLE)]  # 1.9 px a module
    read = [found[0].text for found in map(zxingcpp.read_barcodes, coarse) if found]
    assert len(read) < LEAST * SAMPLE
    assert set(read) <= {pointer(PAGE, fictional(1))}
