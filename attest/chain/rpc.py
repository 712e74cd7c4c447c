"""JSON-RPC over HTTP with bounds: one wall-clock budget a request, sizes, and the response's id checked."""

import asyncio
import json
from collections.abc import Sequence
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from attest import messages
from attest.canonical import is_deeper
from attest.errors import RpcProtocolError, RpcRefusedError, RpcUnavailableError

BUDGET_S: Final = 10.0
MAX_ANSWER: Final = 8_000_000  # bytes; the logs of one block of full batches are under 2 MB
BUSY: Final = frozenset({429, 502, 503, 504})
TRIES: Final = 5
FIRST_PAUSE_S: Final = 0.1  # doubled after each try
MAX_DEPTH: Final = 64  # levels of JSON; what is asked for here has four


class HttpNode:
    """A node behind one URL.

    A request is repeated while the node is busy or the connection breaks. Sending the same signed transaction again is
    harmless, so that holds for `eth_sendRawTransaction` too.

    Args:
        url: http or https address of the node. It may hold an access token: it is never logged.
        budget_s: Seconds for one request, all repetitions included.
        tries: How often it is made, at most.
    """

    def __init__(self, url: str, *, budget_s: float = BUDGET_S, tries: int = TRIES) -> None:
        self._url = url
        self._budget_s = budget_s
        self._tries = tries
        self._ids = count(1)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        number = next(self._ids)
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
        why = f"no answer in {self._budget_s:g} s"
        try:
            async with asyncio.timeout(self._budget_s):
                for attempt in range(self._tries):
                    if attempt:
                        await asyncio.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
                    try:
                        return _result(await self._post(body), number, method)
                    except _BusyError as busy:
                        why = str(busy)
                    except aiohttp.ClientConnectorError as error:
                        why = error.os_error.strerror or str(error.os_error)
                    except aiohttp.ClientError as error:
                        why = type(error).__name__
        except TimeoutError:
            pass
        except ValueError as error:
            raise RpcProtocolError("CH103", method=method, why=messages.shown(error)) from error
        raise RpcUnavailableError("CH101", method=method, why=why)

    async def _post(self, body: dict[str, Any]) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None)
            )
        async with self._session.post(self._url, json=body, allow_redirects=False) as response:
            if response.status in BUSY:
                raise _BusyError(f"HTTP {response.status}")
            raw = bytearray()
            async for chunk in response.content.iter_any():
                raw += chunk
                if len(raw) > MAX_ANSWER:
                    raise RpcProtocolError("CH102", limit=MAX_ANSWER, method=body["method"])
            text = raw.decode("utf-8")
            if is_deeper(text, MAX_DEPTH):
                raise RpcProtocolError("CH103", method=body["method"], why=f"nested more than {MAX_DEPTH} deep")
            return json.loads(text)


class _BusyError(Exception):
    """The node asks to come back later."""


def _result(answer: Any, number: int, method: str) -> Any:
    if not isinstance(answer, dict) or answer.get("id") != number or isinstance(answer["id"], bool):
        expected = f"an answer to request {number}"
        raise RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(answer))
    error = answer.get("error")
    if error is not None:
        raise _refusal(error if isinstance(error, dict) else {"message": str(error)}, method)
    if "result" not in answer:
        raise RpcProtocolError("CH104", method=method, expected="a result", found=messages.shown(answer))
    return answer["result"]


def _refusal(error: dict[str, Any], method: str) -> RpcRefusedError:
    data = error.get("data")
    if isinstance(data, dict):  # Hardhat puts the revert's bytes one level down
        data = data.get("data")
    try:
        raw = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""
    except ValueError:
        raw = b""
    number = error.get("code")
    return RpcRefusedError(
        method=method, number=number if type(number) is int else 0, message=str(error.get("message")), data=raw
    )
