"""`/rpc`: JSON-RPC to the registry's chain for browsers that verify by themselves, read-only and about one contract.

Every request is checked down to its last field before a node hears of it; what is not listed here is refused.
Messages are JSON-RPC's, in English, with its standard codes.
"""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from attest import messages
from attest.canonical import is_deeper
from attest.chain import node
from attest.errors import AttestError, RpcRefusedError
from attest.server.answers import JSON, NEVER, encoded
from attest.server.bodies import json_body
from attest.server.filings import allow
from attest.server.limits import RPC, Limiter
from attest.server.problems import described
from attest.server.registry import ServedRegistry

MAX_BATCH: Final = 20
MAX_BLOCKS: Final = 1_000  # of one eth_getLogs
MAX_SLOTS: Final = 16  # of one eth_getProof
MAX_DEPTH: Final = 16  # levels of JSON
MAX_TOPICS: Final = 64  # alternatives in one place
MAX_CALL: Final = 20_000  # bytes of calldata; a full `entriesOf` has 8 kB

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603

_HASH: Final = re.compile("0x[0-9a-fA-F]{64}")
_QUANTITY: Final = re.compile("0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,15})")
_DATA: Final = re.compile("0x(?:[0-9a-fA-F]{2})*")
_TAGS: Final = frozenset({"latest", "safe", "finalized", "earliest"})


class _RefusedError(Exception):
    """A request that goes to no node."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Gateway:
    """Checks requests and passes them to the registry's node."""

    def __init__(self, served: ServedRegistry) -> None:
        self._node = served.node
        self._address = served.registry.address.lower()
        self._answers: dict[str, Callable[[Sequence[Any]], Awaitable[Any]]] = {
            "eth_blockNumber": self._block_number,
            "eth_call": self._call,
            "eth_chainId": self._chain_id,
            "eth_getBlockByHash": self._block,
            "eth_getBlockByNumber": self._block,
            "eth_getCode": self._code,
            "eth_getLogs": self._logs,
            "eth_getProof": self._proof,
        }

    async def answer(self, body: Any) -> dict[str, Any] | None:
        """The answer to one request; None to a notification, which is not carried out."""
        number = body.get("id") if isinstance(body, dict) else None
        if isinstance(number, bool | float) or not isinstance(number, str | int | None) or not _writable(number):
            number = None
        try:
            method, params = _request(body)
            if "id" not in body:
                return None
            answer = self._answers.get(method)
            if answer is None:
                raise _RefusedError(METHOD_NOT_FOUND, "the method is not served here")
            result = await answer(params)
        except _RefusedError as refused:
            return _error(number, refused.code, refused.message)
        except RpcRefusedError as refused:  # a provider's own words may quote its address, and the token in it
            data = {"data": "0x" + refused.data.hex()} if refused.data else {}
            return _error(number, int(str(refused.params["number"])), "the node refused the request", **data)
        except AttestError as fault:
            return _error(number, INTERNAL_ERROR, f"no node could be relied on ({fault.code})")
        return {"jsonrpc": "2.0", "id": number, "result": result}

    async def _chain_id(self, params: Sequence[Any]) -> Any:
        _count(params, 0, 0)
        return await self._node.request("eth_chainId", [])

    async def _block_number(self, params: Sequence[Any]) -> Any:
        _count(params, 0, 0)
        return hex((await node.block(self._node, "latest")).number)

    async def _block(self, params: Sequence[Any]) -> Any:
        _count(params, 1, 2)
        by_hash = isinstance(params[0], str) and _HASH.fullmatch(params[0])
        where = params[0] if by_hash else _height(params[0])
        if list(params[1:]) not in ([], [False]):
            raise _RefusedError(INVALID_PARAMS, "blocks are served without their transactions: expected false")
        return await self._node.request("eth_getBlockByHash" if by_hash else "eth_getBlockByNumber", [where, False])

    async def _call(self, params: Sequence[Any]) -> Any:
        _count(params, 1, 2)
        call = _fields(params[0], {"to", "data", "input"})
        data = call.get("data", call.get("input", "0x"))
        if not isinstance(data, str) or not _DATA.fullmatch(data) or len(data) > 2 + 2 * MAX_CALL:
            raise _RefusedError(INVALID_PARAMS, f"expected data of at most {MAX_CALL} bytes")
        return await self._node.request("eth_call", [{"to": self._own(call.get("to")), "data": data}, _state(params)])

    async def _code(self, params: Sequence[Any]) -> Any:
        _count(params, 1, 2)
        return await self._node.request("eth_getCode", [self._own(params[0]), _state(params)])

    async def _proof(self, params: Sequence[Any]) -> Any:
        _count(params, 2, 3)
        slots = params[1]
        if not isinstance(slots, list) or len(slots) > MAX_SLOTS or not all(_is_word(slot) for slot in slots):
            raise _RefusedError(INVALID_PARAMS, f"expected at most {MAX_SLOTS} slots")
        return await self._node.request("eth_getProof", [self._own(params[0]), slots, _state(params[1:])])

    async def _logs(self, params: Sequence[Any]) -> Any:
        _count(params, 1, 1)
        asked = _fields(params[0], {"address", "topics", "fromBlock", "toBlock", "blockHash"})
        address = asked.get("address")
        single = address[0] if isinstance(address, list) and len(address) == 1 else address
        wanted: dict[str, Any] = {"address": self._own(single), "topics": _topics(asked.get("topics", []))}
        if "blockHash" in asked:
            if {"fromBlock", "toBlock"} & asked.keys() or not _is_hash(asked["blockHash"]):
                raise _RefusedError(INVALID_PARAMS, "expected a block hash, or a range of blocks")
            return await self._node.request("eth_getLogs", [wanted | {"blockHash": asked["blockHash"]}])
        first, last = [await self._number(asked.get(end, "latest")) for end in ("fromBlock", "toBlock")]
        if not 0 <= last - first < MAX_BLOCKS:
            raise _RefusedError(INVALID_PARAMS, f"expected a range of 1 to {MAX_BLOCKS} blocks")
        return await self._node.request("eth_getLogs", [wanted | {"fromBlock": hex(first), "toBlock": hex(last)}])

    async def _number(self, where: Any) -> int:
        height = _height(where)
        return (await node.block(self._node, height)).number if height in _TAGS else int(height, 16)

    def _own(self, address: Any) -> str:
        if not isinstance(address, str) or address.lower() != self._address:
            raise _RefusedError(INVALID_PARAMS, f"only the registry is served here: expected {self._address}")
        return self._address


def router(served: ServedRegistry, limiter: Limiter) -> APIRouter:
    """The route of the gateway."""
    routes = APIRouter(tags=["chain"])
    gateway = Gateway(served)
    schema = {"oneOf": [{"type": "object"}, {"type": "array", "minItems": 1, "maxItems": MAX_BATCH}]}
    content = {JSON: {"schema": schema}}
    described_answers: dict[int | str, dict[str, Any]] = {
        200: {"description": "JSON-RPC answers, each with its own result or error.", "content": content},
        204: {"description": "There were notifications only."},
        400: {"description": "A JSON-RPC error about the whole body.", "content": content},
        503: {"description": "A JSON-RPC error: no node could be relied on, for a single request.", "content": content},
    }

    @routes.post(
        "/rpc",
        responses=described_answers | described(413, 415, 429),
        openapi_extra={"requestBody": {"required": True, "content": content}},
        response_class=Response,
    )
    async def rpc(request: Request) -> Response:
        """JSON-RPC 2.0 to the registry's chain: reading only, the registry's contract only."""
        body = _parsed(await json_body(request))
        single = not isinstance(body, list)
        batch = [body] if single else body
        allowance = allow(limiter, RPC, request, max(1, min(len(batch), MAX_BATCH)))
        headers = {"Cache-Control": NEVER, **allowance.headers}
        if body is _UNREADABLE:
            return _refused(PARSE_ERROR, "expected JSON", headers)
        if not isinstance(body, dict | list) or not 1 <= len(batch) <= MAX_BATCH:
            return _refused(INVALID_REQUEST, f"expected a request, or a batch of 1 to {MAX_BATCH}", headers)
        answers = [said for item in batch if (said := await gateway.answer(item)) is not None]
        if not answers:
            return Response(status_code=204, headers=headers)
        unanswered = single and answers[0].get("error", {}).get("code") == INTERNAL_ERROR
        told = encoded(answers[0] if single else answers)
        return Response(told, 503 if unanswered else 200, headers, JSON)

    return routes


_UNREADABLE: Final = object()


def _parsed(body: bytes) -> Any:
    try:
        text = body.decode()
        return _UNREADABLE if is_deeper(text, MAX_DEPTH) else json.loads(text)
    except ValueError:
        return _UNREADABLE


def _request(body: Any) -> tuple[str, Sequence[Any]]:
    """Method and parameters of one request."""
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0" or not isinstance(body.get("method"), str):
        raise _RefusedError(INVALID_REQUEST, "expected a JSON-RPC 2.0 request")
    if isinstance(body.get("id"), bool | float | list | dict) or not _writable(body.get("id")):
        raise _RefusedError(INVALID_REQUEST, "expected an id that is a string or a whole number")
    params = body.get("params", [])
    if not isinstance(params, list):
        raise _RefusedError(INVALID_PARAMS, "expected a list of parameters")
    return body["method"], params


def _writable(value: Any) -> bool:
    """Whether it can be written as UTF-8."""
    return not isinstance(value, str) or not any("\ud800" <= character <= "\udfff" for character in value)


def _refused(code: int, message: str, headers: dict[str, str]) -> Response:
    return Response(encoded(_error(None, code, message)), 400, headers, JSON)


def _error(number: Any, code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message, **more}}


def _count(params: Sequence[Any], least: int, most: int) -> None:
    if not least <= len(params) <= most:
        raise _RefusedError(INVALID_PARAMS, f"expected {least} to {most} parameters, found {len(params)}")


def _fields(value: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _RefusedError(INVALID_PARAMS, "expected an object")
    if unknown := value.keys() - known:
        raise _RefusedError(INVALID_PARAMS, f"not served here: {', '.join(map(messages.shown, sorted(unknown)))}")
    return value


def _height(value: Any) -> str:
    """A block by its height or a tag."""
    if isinstance(value, str) and (value in _TAGS or _QUANTITY.fullmatch(value)):
        return value
    raise _RefusedError(INVALID_PARAMS, f"expected a block's number or one of {', '.join(sorted(_TAGS))}")


def _state(params: Sequence[Any]) -> Any:
    """The block of a state: the second parameter, by height, tag or hash (EIP-1898)."""
    where = params[1] if len(params) > 1 else "latest"
    if not isinstance(where, dict):
        return _height(where)
    fields = _fields(where, {"blockHash", "requireCanonical"})
    if _is_hash(fields.get("blockHash")) and isinstance(fields.get("requireCanonical", True), bool):
        return fields
    raise _RefusedError(INVALID_PARAMS, "expected a block hash, and whether it must be canonical")


def _topics(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > 4:
        raise _RefusedError(INVALID_PARAMS, "expected at most 4 topics")
    for topic in value:
        choices = topic if isinstance(topic, list) else [topic]
        if len(choices) > MAX_TOPICS or not all(choice is None or _is_hash(choice) for choice in choices):
            raise _RefusedError(INVALID_PARAMS, "expected topics of 32 bytes")
        if isinstance(topic, list) and None in topic:
            raise _RefusedError(INVALID_PARAMS, "expected null in the place of a topic, not among its choices")
    return value


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("0x[0-9a-fA-F]{1,64}", value) is not None
