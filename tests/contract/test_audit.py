"""`make audit` fails on what it should."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import audit

FINDING: dict[str, Any] = {"check": "c", "impact": "Low", "description": "A.b (A.sol#1) is odd\n"}
KNOWN: dict[str, Any] = {"check": "c", "impact": "Low", "about": "A.b", "why": "Because."}


def test_a_finding_that_is_explained_is_accepted() -> None:
    assert list(audit.unexplained([FINDING], [KNOWN])) == []


@pytest.mark.parametrize("change", [{"check": "d"}, {"impact": "Informational"}, {"about": "A.c"}, {"why": ""}])
def test_an_explanation_of_something_else_does_not_count(change: dict[str, str]) -> None:
    found = list(audit.unexplained([FINDING], [{**KNOWN, **change}]))
    assert found[0] == "Low c: A.b (A.sol#1) is odd"
    assert len(found) == 2


@pytest.mark.parametrize("impact", ["High", "Medium"])
def test_nothing_high_or_medium_can_be_explained_away(impact: str) -> None:
    finding, known = ({**item, "impact": impact} for item in (FINDING, KNOWN))
    assert len(list(audit.unexplained([finding], [known]))) == 2


def test_one_explanation_is_for_one_finding() -> None:
    assert len(list(audit.unexplained([FINDING, FINDING], [KNOWN]))) == 1


def test_an_explanation_without_a_finding_is_to_be_taken_out() -> None:
    assert [found.split(",")[0] for found in audit.unexplained([], [KNOWN])] == ["no longer found"]


def test_branches_are_read_for_the_contract_alone() -> None:
    other = "SF:/x/test/Handler.sol\nBRDA:1,0,0,-\nend_of_record\n"
    ours = "SF:/x/contracts/FilingRegistry.sol\nBRDA:7,0,0,3\nBRDA:8,1,0,-\nBRDA:9,1,1,0\nend_of_record\n"
    assert audit.branches_of(other + ours) == [(7, "0,0", True), (8, "1,0", False), (9, "1,1", False)]


def test_a_tool_that_does_not_end_is_a_failed_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(audit, "FORK", Path.cwd())
    with pytest.raises(audit.AuditError, match=r"^python -c was not done after 0\.1 s$"):
        audit._run(Path(sys.executable), "-c", "import time; time.sleep(60)")


def test_the_baseline_explains_each_of_its_findings() -> None:
    baseline = json.loads(audit.BASELINE.read_text("utf-8"))
    assert [item for item in baseline if not item["why"] or item["impact"] in audit.REFUSED] == []
