"""Registries to begin from; each test continues its own copy of the chain."""

import pytest

from tests.contract.bench import Bench, Status, key


@pytest.fixture(scope="session")
def origin() -> Bench:
    """Copy it before use; `registry` is such a copy."""
    bench = Bench.start()
    bench.deploy()
    return bench.grant_all()


@pytest.fixture(scope="session")
def populated_origin(origin: Bench) -> Bench:
    """Copy it before use; `populated` is such a copy."""
    bench = origin.copy()
    used = [status for status in Status if status is not Status.NONE]
    bench.send("register", [(key(status), b"record %d" % status) for status in used], by="REGISTRAR")
    for status in (Status.SUSPENDED, Status.CANCELLED, Status.REVOKED):
        bench.send("setStatus", [key(status)], status, 0, by="REGISTRAR")
    bench.send("correct", key(Status.VOID), 0, by="CORRECTOR")
    return bench


@pytest.fixture
def registry(origin: Bench) -> Bench:
    """An empty registry; each account of `GRANTED` holds the role it is named by."""
    return origin.copy()


@pytest.fixture
def populated(populated_origin: Bench) -> Bench:
    """A registry with one number in each status: `key(status)` holds the record `record <status>`."""
    return populated_origin.copy()
