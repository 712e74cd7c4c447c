"""How much the costly tests try: all of it in `make test-long`, a fifth in `make test`."""

import os
from typing import Final

LONG: Final = "ATTEST_TEST_LONG" in os.environ


def examples(most: int) -> int:
    """Of `most` examples, those to try now."""
    return most if LONG else max(1, most // 5)
