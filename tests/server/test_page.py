"""The verification page as the server gives it, and what surrounds every answer."""

from pathlib import Path

import pytest

from tests.server.conftest import ABSENT, FILED, Served, serving


def test_the_page_comes_with_all_of_its_files_and_a_strict_policy(served: Served) -> None:
    index = served.get("")
    assert index.headers["content-type"].startswith("text/html")
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    names = {name.split('"')[0] for attribute in ('href="', 'src="') for name in index.text.split(attribute)[1:]}
    files = {name for name in names if "://" not in name and not name.startswith("#")}
    assert any(name.endswith(".js") for name in files)
    for name in files:
        answer = served.get(name)
        assert answer.status_code == 200, name
        assert served.get(name, If_None_Match=answer.headers["etag"]).status_code == 304


def test_the_page_asks_the_gateway_beside_it(served: Served) -> None:
    assert '"/rpc"' in served.get("built.js").text.replace("'", '"')


@pytest.mark.parametrize(
    "path", ["", "nothing", "healthz", f"v1/filings/{FILED.key}", f"v1/filings/{ABSENT.key}", "rpc"]
)
def test_every_answer_has_the_headers_that_protect_its_reader(served: Served, path: str) -> None:
    headers = served.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "cross-origin-resource-policy" in headers
    assert "camera=()" in headers["permissions-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_what_is_not_served_is_a_problem_in_the_readers_language(served: Served) -> None:
    answer = served.get("nothing/here", Accept_Language="zh")
    assert (answer.status_code, answer.json()["detail"]) == (404, "此地址无内容。")
    assert served.get("../etc/passwd").status_code == 404
    refused = served.ask("DELETE", f"v1/filings/{FILED.key}")
    assert (refused.status_code, refused.json()["code"]) == (405, "SV102")
    assert refused.headers["allow"]
    assert served.ask("POST", "").status_code == 405


def test_a_base_path_carries_page_api_and_gateway(prepared: Path) -> None:
    with serving(prepared, base_path="/filings/") as server:
        assert server.get("").headers["content-type"].startswith("text/html")
        assert "/filings/rpc" in server.get("built.js").text
        assert server.get(f"v1/filings/{FILED.key}").status_code == 200
        assert server.rpc("eth_chainId")["result"]
        assert "/filings/v1/filings/{number}" in server.get("openapi.json").json()["paths"]
        root = server.url.removesuffix("filings/")
        assert server.session.get(f"{root}healthz").status_code == 404
        moved = server.session.get(f"{root}filings", allow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (308, "/filings/")


def test_origins_that_were_named_may_read(prepared: Path) -> None:
    with serving(prepared, cors_origins=("https://page.example",)) as server:
        for path in ("v1/statistics", "nothing"):
            answer = server.get(path, Origin="https://page.example")
            assert answer.headers["access-control-allow-origin"] == "https://page.example"
        assert "access-control-allow-origin" not in server.get("healthz", Origin="https://other.example").headers
        asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = "content-type"
        assert server.ask("OPTIONS", "rpc", headers=asked).status_code == 200


def test_figures_name_routes_and_never_numbers(served: Served) -> None:
    served.get(f"v1/filings/{FILED.key}")
    told = served.get("metrics").text
    assert 'route="/v1/filings/{number}"' in told
    assert "attest_index_filings 9.0" in told
    assert FILED.key not in told
    assert "127.0.0.1" not in told


def test_no_description_needs_another_host(served: Served) -> None:
    assert served.get("docs").status_code == 404
    assert served.get("redoc").status_code == 404
    described = served.get("openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "ProblemDocument" in described["components"]["schemas"]
