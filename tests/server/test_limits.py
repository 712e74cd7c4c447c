"""How often one client may ask."""

from pathlib import Path

import requests
from hypothesis import given
from hypothesis import strategies as st

from attest.server.limits import MAX_CLIENTS, VISITS, Limiter, Policy
from tests.server.conftest import serving

POLICY = Policy("test", quota=6, window_s=60)


def test_a_bucket_gives_its_quota_at_once_and_then_one_unit_in_its_time() -> None:
    now = [0.0]
    limiter = Limiter(lambda: now[0])
    assert [limiter.take(POLICY, "a").wait_s for _ in range(7)] == [0] * 6 + [10]
    assert limiter.take(POLICY, "b").wait_s == 0
    now[0] = 10.0
    assert [limiter.take(POLICY, "a").wait_s for _ in range(2)] == [0, 10]


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 6)), max_size=60))
def test_no_pattern_of_asking_gets_more_than_the_quota_and_what_time_adds(asked: list[tuple[float, int]]) -> None:
    now, got = [0.0], 0
    limiter = Limiter(lambda: now[0])
    for pause, units in asked:
        now[0] += pause
        allowance = limiter.take(POLICY, "a", units)
        got += units if not allowance.wait_s else 0
        assert 0 <= allowance.left <= POLICY.quota
    assert got <= POLICY.quota + now[0] * POLICY.quota / POLICY.window_s + 1e-6


def test_the_table_of_clients_is_bounded() -> None:
    limiter = Limiter(lambda: 0.0)
    for number in range(MAX_CLIENTS + 10):
        limiter.take(POLICY, str(number))
    assert len(limiter._buckets) == MAX_CLIENTS


def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_served(home: Path) -> None:
    with serving(home, verifications=True) as server:

        def begun(place: int, client: str) -> requests.Response:
            site = {"url": f"http://127.0.0.{place}/"}
            return server.ask("POST", "v1/verifications", json=site, headers={"X-Forwarded-For": client})

        answers = [begun(place, "192.0.2.1") for place in range(1, VISITS.quota + 2)]
        assert [answer.status_code for answer in answers] == [202] * VISITS.quota + [429]
        refused = answers[-1]
        assert refused.json()["code"] == "SV130"
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["ratelimit"].startswith('"visits";r=0;t=')
        assert begun(99, "192.0.2.2").status_code == 202
        assert server.get("v1/statistics", X_Forwarded_For="192.0.2.1").status_code in (200, 503)
