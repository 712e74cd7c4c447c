"""`attest serve` as a process: its words, its log, its end."""

import json
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.cli.command import attest, process, started
from tests.server.conftest import ABSENT, FILED, START_S, serving
from tests.server.load import rate


@contextmanager
def running(home: Path, *options: object) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A server process and its address."""
    server = started("serve", "--port", 0, *options, home=home)
    assert server.stdout
    try:
        said = server.stdout.readline().decode()
        yield server, next(word for word in said.split() if word.startswith("http://"))
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_in_order_also_with_connections_open(home: Path, number: signal.Signals, code: int) -> None:
    with running(home) as (server, url), requests.Session() as session:
        assert session.get(f"{url}healthz").json()["alive"]
        server.send_signal(number)
        _, err = server.communicate(timeout=START_S)
    assert server.returncode == code
    assert json.loads(err.decode().splitlines()[-1])["event"] == "stopped"


def test_the_log_is_json_and_names_no_client_no_query_and_no_number(home: Path) -> None:
    with running(home, "--log-level", "debug") as (server, url), requests.Session() as session:
        for path in (f"v1/filings/{FILED.key}", f"v1/filings/{ABSENT.key}?proof=true", "v1/filings?subject=secret"):
            session.get(url + path, headers={"X-Forwarded-For": "192.0.2.77", "User-Agent": "canary-agent"})
        session.get(f"{url}{FILED.key}/secret?token=secret")
        session.post(f"{url}rpc", json={"jsonrpc": "2.0", "id": "secret", "method": "secret"})
        server.terminate()
        _, err = server.communicate(timeout=START_S)
    lines = [json.loads(line) for line in err.decode().splitlines()]
    assert {line["route"] for line in lines if line["event"] == "answer"} >= {"/v1/filings/{number}", "/rpc", "-"}
    for word in ("secret", "192.0.2.77", "127.0.0.1", "canary", FILED.key, ABSENT.key, str(home)):
        assert word not in err.decode()


def test_a_warning_of_a_library_is_a_line_of_the_log_without_its_text(home: Path) -> None:
    shown = warnings.showwarning
    with serving(home) as server, warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("secret", UserWarning, stacklevel=1)
    lines = [json.loads(line) for line in server.log.getvalue().splitlines()]
    assert [line["kind"] for line in lines if line["event"] == "warning"] == ["UserWarning"]
    assert "secret" not in server.log.getvalue()
    assert warnings.showwarning is shown


def test_a_port_that_is_taken_is_a_plain_error(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = attest("serve", "--port", taken.getsockname()[1], home=home)
    assert (said.code, said.out) == (4, "")
    assert "[SV202]" in said.err


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--base-path", "no slash"], "SV204"),
        (["--base-path", "//"], "SV204"),
        (["--public-url", "http://verify.example/"], "WI102"),
        (["--cors-origin", "verify.example"], "SV206"),
        (["--node", "ftp://node.example"], "PG502"),
        (["--log-level", "loud"], "IN103"),
        (["--registry", "none"], "SE105"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_before_anything_is_served(
    home: Path, options: list[str], code: str
) -> None:
    said = attest("serve", "--port", "0", *options, home=home)
    assert (said.code, said.out) == (2, "")
    assert f"[{code}]" in said.err


def test_without_its_extra_it_names_the_extra(home: Path, tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("raise ModuleNotFoundError(name='fastapi')", encoding="utf-8")
    root = str(Path(__file__).parents[2])
    said = process("serve", home=home, env={"PYTHONPATH": f"{tmp_path}:{root}"})
    assert said.code == 4
    assert "'.[server]'" in said.err


@pytest.mark.long
def test_two_hundred_readers_at_once_see_no_error(home: Path) -> None:
    with running(home, "--log-level", "warning") as (_, url):
        end = time.monotonic() + START_S
        while not requests.get(f"{url}healthz", timeout=START_S).json()["ready"] and time.monotonic() < end:
            time.sleep(0.1)
        found = rate(f"{url}v1/filings/{FILED.key}", seconds=10, connections=200)
    assert found.errors == 0
    assert found.per_second > 0
