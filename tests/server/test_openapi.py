"""The API does what its OpenAPI description says, for requests nobody thought of."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.server.conftest import Served, serving

POSITIVE = schemathesis.GenerationMode.POSITIVE
NUMBER = "/v1/filings/{number}"
OPERATIONS = (
    (NUMBER, "GET"),
    (f"{NUMBER}/badge.svg", "GET"),
    (f"{NUMBER}/badge.png", "GET"),
    (f"{NUMBER}/qr.svg", "GET"),
    (f"{NUMBER}/qr.png", "GET"),
    ("/v1/filings", "GET"),
    ("/v1/statistics", "GET"),
    ("/v1/verifications", "POST"),
    ("/v1/verifications/{id}", "GET"),
    ("/rpc", "POST"),
    ("/healthz", "GET"),
)


@pytest.fixture(scope="module")
def described(lasting: Path) -> Iterator[Served]:
    with serving(lasting) as server:
        server.until_ready()
        yield server


@pytest.fixture(scope="module")
def api(described: Served) -> Any:
    return schemathesis.openapi.from_url(f"{described.url}openapi.json")


def test_the_description_names_every_route(described: Served) -> None:
    paths = described.get("openapi.json").json()["paths"]
    assert {(path, method.upper()) for path, methods in paths.items() for method in methods} == set(OPERATIONS)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_to_made_up_requests_are_as_described(api: Any, path: str, method: str) -> None:
    _ask(api[path][method], 10)


@pytest.mark.long
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_to_many_made_up_requests_are_as_described(api: Any, path: str, method: str) -> None:
    _ask(api[path][method], 60)


_clients = count()


def _ask(operation: Any, examples: int) -> None:
    """Send an operation what its description allows and what it does not, each time as another client.

    What it allows may still be refused: no schema knows check characters, cursors and host names.
    """
    raw = operation.definition.raw
    modes = list(schemathesis.GenerationMode) if raw.get("parameters") or raw.get("requestBody") else [POSITIVE]
    for mode in modes:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=examples,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def asked(case: schemathesis.Case) -> None:
            client = next(_clients)
            headers = {"X-Forwarded-For": f"10.9.{client >> 8 & 255}.{client & 255}"}
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        asked()
