"""Registries filled through the command line once, copied for each test, and sites on loopback."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chain.anvil import Anvil, running
from tests.cli.command import attest
from tests.cli.sites import ABSENT, CANCELLED, GOOD, LISTED, Sites, host_of, serving


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with running() as node:
        yield node


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    records = home / "records.json"
    records.write_text(json.dumps([document(number) for number in (GOOD, CANCELLED, LISTED)]), encoding="utf-8")
    for name, authority in (("local", "self-declared"), ("ruling", "authoritative")):
        assert attest("registry", "init", "--name", name, "--authority", authority, home=home).code == 0
        assert attest("registry", "register", records, "--registry", name, home=home).code == 0
        assert attest("registry", "cancel", CANCELLED, "--registry", name, home=home).code == 0
    return home


@pytest.fixture
def home(_prepared: Path, tmp_path: Path) -> Path:
    """A home with the registries `local` (the default; self-declared) and `ruling` (authoritative)."""
    return Path(shutil.copytree(_prepared, tmp_path / "home"))


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    with serving() as server:
        yield server


def document(number: object) -> dict[str, object]:
    """A record as a registrar writes it, filed for the number's own host."""
    assert number != ABSENT
    return {
        "number": str(number),
        "subject": {"kind": "organisation", "name": "示例存证科技（北京）有限公司"},
        "displayed_on": {"domains": [host_of(number)]},
    }
