"""Mutated files of filings: only our own errors leave the readers, and none takes long."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import LONG
from tests.cli.command import ROOT
from tests.filing_forms import KINDS, Maker
from tests.fuzz.readers import LONGEST_S, ONCE_FATAL, examine, read, read_in_time, seeds

MUTANTS: Final = 17_000  # of bytes
DOCUMENTS: Final = 3_000
FUZZED: Final = 5_000
AMOUNTS: Final = [16, pytest.param(1, marks=pytest.mark.long)]
"""A sixteenth of them every time, all 25,000 in the long run."""

TOKENS: Final = (
    b"{", b"}", b"[", b"]", b'"', b"\\", b"\n", b": ", b"- ", b"#", b"&a ", b"*a", b"!!python/object ", b"---\n", b"\t",
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\\ud800", b'"\\U00110000"', b"1e999", b"-0", b"99999999999999999999", b"null",
    b"true", b"NaN", "号".encode(), "\u202e".encode(), "e\u0301".encode(), "１".encode(), b"[" * 200, b"{\"a\":" * 200,
    b"a" * 5_000,
)  # fmt: skip


def mutated(seed: bytes, random: Random) -> bytes:
    """A file with a few bytes turned, cut, doubled, moved or put in."""
    data = bytearray(seed)
    for _ in range(random.randrange(1, 5)):
        at = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                data[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                del data[at : at + random.randrange(1, 40)]
            case 2:
                data[at:at] = random.choice(TOKENS)
            case 3:
                data[at:at] = data[at : at + random.randrange(1, 200)]
            case _:
                del data[at:]
    return bytes(data)


def slow(inputs: Iterator[Any], work: Any) -> list[Any]:
    """Do `work` on each of `inputs`, and give back those that took too long."""
    found = []
    for item in inputs:
        start = time.process_time()
        work(item)
        if time.process_time() - start > LONGEST_S:
            found.append(item)
    return found


@pytest.mark.parametrize("count", AMOUNTS)
def test_mutated_bytes_end_in_our_errors_in_time(count: int) -> None:
    random, valid = Random(count), seeds()
    files = (mutated(valid[position % len(valid)], random) for position in range(MUTANTS // count))
    assert slow(files, read) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from holders(inner)


@settings(max_examples=DOCUMENTS if LONG else DOCUMENTS // 16)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS), changes=st.lists(st.tuples(st.integers(0), values)))
def test_mutated_documents_end_in_our_errors_in_time(seed: int, kind: str, changes: list[tuple[int, Any]]) -> None:
    """Any value in any place of a form, known or not."""
    document = Maker(seed).form(kind, "technology-provider", seed % 10**7)
    for where, value in changes:
        places = list(holders(document))
        holder = places[where % len(places)]
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if keys:
            holder[keys[where % len(keys)]] = value
    assert slow(iter([document]), examine) == []


@pytest.mark.parametrize("count", AMOUNTS)
def test_the_readers_stand_coverage_guided_fuzzing(count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_records", f"-runs={FUZZED // count}", "-seed=1", "-max_len=20000",
         "-rss_limit_mb=2048", "-verbosity=0"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.parametrize("why", ONCE_FATAL)
def test_what_a_reader_once_did_not_stand_it_stands_now(why: str) -> None:
    read_in_time(ONCE_FATAL[why])


def test_an_error_that_is_not_ours_would_be_found() -> None:
    with pytest.raises(ZeroDivisionError):
        slow(iter([json.dumps({})]), lambda _: 1 // 0)
    assert slow(iter(["x"]), _dawdle) == ["x"]


def _dawdle(_: object) -> None:
    end = time.process_time() + 1.1 * LONGEST_S
    while time.process_time() < end:
        pass
