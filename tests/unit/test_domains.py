"""A host and a record's domains: the shared vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

from attest.domains import canonical_pattern, covers
from attest.errors import RecordError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "domains.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS["covers"], ids=lambda v: f"{v['host']!r} under {v['domains']}")
def test_a_host_falls_under_a_records_domains_as_the_vectors_say(vector: dict[str, Any]) -> None:
    assert covers(vector["domains"], vector["host"]) is vector["covered"]


@pytest.mark.parametrize("vector", VECTORS["patterns"], ids=lambda v: repr(v["given"]))
def test_a_pattern_is_stored_in_one_form_or_refused(vector: dict[str, Any]) -> None:
    if vector["stored"] is None:
        with pytest.raises(RecordError):
            canonical_pattern(vector["given"])
    else:
        assert canonical_pattern(vector["given"]) == vector["stored"]
