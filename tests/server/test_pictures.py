"""Badges and QR codes by address."""

import io

import pytest
import zxingcpp
from PIL import Image

from tests.server.conftest import ABSENT, FILED, Served, serving

AT = f"v1/filings/{FILED.key}"


def read(png: bytes) -> str:
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return str(code.text)


def test_a_code_leads_to_the_number_on_the_page_of_this_server(served: Served) -> None:
    assert read(served.get(f"{AT}/qr.png").content) == f"{served.url}#{FILED.key}"
    assert served.get(f"{AT}/qr.svg").headers["content-type"] == "image/svg+xml"


def test_a_code_leads_to_the_public_page_where_one_was_named(prepared: object, served: Served) -> None:
    with serving(served.home, page="https://verify.example/") as server:
        answer = server.get(f"{AT}/qr.png", Host="evil.example")
        assert read(answer.content) == f"https://verify.example/#{FILED.key}"


def test_no_code_is_made_of_a_host_that_a_request_makes_up(served: Served) -> None:
    answer = served.get(f"{AT}/qr.svg", Host="evil.example")
    assert (answer.status_code, answer.json()["code"]) == (404, "SV160")


def test_a_badge_states_the_number_and_not_what_the_registry_says_of_it(served: Served) -> None:
    for number in (FILED, ABSENT):
        answer = served.get(f"v1/filings/{number.key}/badge.svg")
        assert answer.status_code == 200
        assert number.text in answer.text


@pytest.mark.parametrize("name", ["badge.svg", "badge.png", "qr.svg", "qr.png"])
def test_a_picture_may_stand_on_any_site_runs_nothing_and_is_sent_once(served: Served, name: str) -> None:
    first = served.get(f"{AT}/{name}")
    assert first.status_code == 200
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "sandbox" in first.headers["content-security-policy"]
    assert served.get(f"{AT}/{name}", If_None_Match=first.headers["etag"]).status_code == 304


def test_badges_come_in_the_styles_sizes_and_scales_of_the_generator(served: Served) -> None:
    plain = Image.open(io.BytesIO(served.get(f"{AT}/badge.png").content))
    double = Image.open(io.BytesIO(served.get(f"{AT}/badge.png?scale=2").content))
    assert double.size == (2 * plain.width, 2 * plain.height)
    assert served.get(f"{AT}/badge.svg?style=line&lang=en").content != served.get(f"{AT}/badge.svg").content
    assert served.get(f"{AT}/badge.svg?style=seal").status_code == 422


def test_a_malformed_number_has_no_picture(served: Served) -> None:
    assert served.get("v1/filings/123/badge.svg").status_code == 422
