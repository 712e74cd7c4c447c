#!/usr/bin/env python3
"""Coverage-guided fuzzing of the readers: python -m tests.fuzz.fuzz_records [options of libFuzzer] [folder of a corpus]

Without options it runs until it finds something that is not an error of ours, or that takes long; it prints that input,
which then belongs into `ONCE_FATAL`.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["attest"]):
    from tests.fuzz.readers import read_in_time, seeds


def main() -> None:
    """Fuzz, beginning with the seeds."""
    with tempfile.TemporaryDirectory() as corpus:
        for position, seed in enumerate(seeds()):
            (Path(corpus) / str(position)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], read_in_time)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
