"""The registry contract as bytes: calls out, answers, events and refusals in. No node is asked here."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from eth_abi.abi import decode as decode_abi
from eth_abi.abi import encode as encode_abi
from eth_abi.exceptions import DecodingError
from eth_utils.abi import (
    abi_to_signature,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
)
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from attest import messages
from attest.chain.node import MAX_TIME, Log
from attest.errors import InputError, InvalidNumberError, RegistryRefusedError, RpcProtocolError, RpcRefusedError
from attest.number import KEY_LENGTH, FilingNumber
from attest.ports import Entry, Status

ROLES: Final = ("REGISTRAR", "INSPECTOR", "CORRECTOR")
"""Roles an admin grants, in the order of the contract."""

NAME_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class Event:
    """One decoded event; `fields` by the names of the contract's interface."""

    name: str
    fields: dict[str, Any]
    log: Log


@dataclass(frozen=True, slots=True)
class Head:
    """The registry as a whole: filings ever registered, block of the last change, running hash of all changes."""

    filings: int
    changed_at: int
    history: bytes


@cache
def artifact() -> dict[str, Any]:
    """What `scripts/compile.py` wrote: ABI, bytecode, runtime code hash, storage layout."""
    text = (files(__package__) / "abi" / "FilingRegistry.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def runtime_code_hash() -> bytes:
    """Keccak-256 of the code every registry of this version has on chain."""
    return bytes.fromhex(artifact()["runtimeCodeHash"][2:])


def is_registry(code: bytes) -> bool:
    """Whether runtime code is this version's registry."""
    return keccak(code) == runtime_code_hash()


def checksummed(address: str) -> str:
    """An account's address with its checksum (EIP-55).

    Raises:
        InputError: not an address, or its mixed case is not the checksum. One case alone carries none.
    """
    if not re.fullmatch("0x[0-9a-fA-F]{40}", address):
        raise InputError("IN105", found=messages.shown(address))
    right, digits = str(to_checksum_address(address)), address[2:]
    if digits not in (right[2:], digits.lower(), digits.upper()):
        raise InputError("IN118", found=messages.shown(address))
    return right


def key(number: FilingNumber) -> bytes:
    """The number as the contract's `bytes32`: twenty ASCII characters, then zeros."""
    return number.key.encode("ascii").ljust(32, b"\0")


def number_of(word: bytes) -> FilingNumber:
    """The filing number of a contract's `bytes32`.

    Raises:
        RpcProtocolError: not a key the contract can hold.
        InvalidNumberError: a key whose check character is wrong, which only a registrar's own tools could write.
    """
    text = word.rstrip(b"\0").decode("latin-1")
    if len(text) != KEY_LENGTH:
        raise RpcProtocolError("CH104", method="eth_getLogs", expected="a number's key", found=messages.shown(text))
    return FilingNumber(text)


def deployment(name: str, admin: str, delay_s: int) -> bytes:
    """Code that creates a registry."""
    types = get_abi_input_types(_item("constructor", ""))
    return bytes.fromhex(artifact()["bytecode"][2:]) + encode_abi(types, [name, admin, delay_s])


def encode(function: str, *arguments: Any) -> bytes:
    """Call data of a function; arguments in the ABI's Python forms."""
    abi = _item("function", function)
    return function_abi_to_4byte_selector(abi) + encode_abi(get_abi_input_types(abi), arguments)


def described(to: str | None, data: bytes) -> str:
    """What call data asks for, in the contract's words: `register × 100`, `grantRole`, `deploy`."""
    if to is None:
        return "deploy"
    for item in artifact()["abi"]:
        if item["type"] == "function" and function_abi_to_4byte_selector(item) == data[:4]:
            values = _decoded(get_abi_input_types(item), data[4:], "eth_sendRawTransaction")
            many = len(values[0]) if values and isinstance(values[0], tuple | list) else 1
            return str(item["name"]) + (f" × {many}" if many > 1 else "")
    return "0x" + data[:4].hex()


def decode(function: str, answer: bytes) -> tuple[Any, ...]:
    """What a function returned.

    Raises:
        RpcProtocolError: the bytes are not such an answer.
    """
    return _decoded(get_abi_output_types(_item("function", function)), answer, "eth_call")


def entries(answer: bytes, count: int) -> list[Entry]:
    """The answer of `entriesOf` about `count` numbers."""
    found = [_entry(fields) for fields in decode("entriesOf", answer)[0]]
    if len(found) != count:
        raise RpcProtocolError("CH104", method="eth_call", expected=f"{count} entries", found=len(found))
    return found


def topic(event: str) -> str:
    """First topic of an event, 0x-hex."""
    return "0x" + event_abi_to_log_topic(_item("event", event)).hex()


def event(log: Log) -> Event | None:
    """The event of this contract that `log` holds, or None for another contract's.

    Raises:
        RpcProtocolError: the log's bytes are not such an event.
    """
    abi = _events().get(log.topics[0]) if log.topics else None
    if abi is None:
        return None
    inputs = abi["inputs"]
    indexed = [item for item in inputs if item["indexed"]]
    plain = [item for item in inputs if not item["indexed"]]
    if len(indexed) != len(log.topics) - 1:
        raise RpcProtocolError(
            "CH104", method="eth_getLogs", expected=f"{len(indexed)} topics", found=len(log.topics) - 1
        )
    values = [
        _decoded([item["type"]], word, "eth_getLogs")[0] for item, word in zip(indexed, log.topics[1:], strict=True)
    ]
    values += _decoded([item["type"] for item in plain], log.data, "eth_getLogs")
    names = [item["name"] for item in (*indexed, *plain)]
    fields = dict(zip(names, values, strict=True))
    fields |= {name: _status(fields[name], "eth_getLogs") for name in ("from", "to") if name in fields}
    return Event(abi["name"], fields, log)


def refusal(error: RpcRefusedError) -> RegistryRefusedError | None:
    """The contract's own reason for a revert, or None where the node refused for a reason of its own."""
    abi = _errors().get(error.data[:4])
    if abi is None:
        return None
    values = _decoded(get_abi_input_types(abi), error.data[4:], "eth_call")
    found = {item["name"]: value for item, value in zip(abi["inputs"], values, strict=True)}
    return _explained(abi["name"], found)


def _explained(name: str, found: dict[str, Any]) -> RegistryRefusedError:
    number = _readable(found["number"]) if "number" in found else ""
    match name:
        case "TransitionNotAllowed" | "NotAmendable":
            status = _status(found["from"] if "from" in found else found["status"], "eth_call")
            to = _status(found["to"], "eth_call") if "to" in found else None
            if status is Status.NONE:
                return RegistryRefusedError("RG141", number=number)
            if to is None:
                return RegistryRefusedError("RG144", number=number, status=status)
            return RegistryRefusedError("RG142" if status is to else "RG143", number=number, status=status, to=to)
        case "AlreadyRegistered":
            return RegistryRefusedError("RG111", numbers=number)
        case "StaleRecord":
            expected, there = found["expected"].hex(), found["found"].hex()
            return RegistryRefusedError("RG145", number=number, expected=expected, found=there)
        case "AccessControlUnauthorizedAccount":
            account = to_checksum_address(found["account"])
            role = next((role for role in ROLES if keccak(text=role) == found["neededRole"]), None)
            if role is None:
                return RegistryRefusedError("RG169", account=account)
            return RegistryRefusedError("RG146", account=account, role=role)
        case "AccessControlInvalidDefaultAdmin":
            return RegistryRefusedError("RG160", account=to_checksum_address(found["defaultAdmin"]))
        case "AccessControlEnforcedDefaultAdminDelay":
            return RegistryRefusedError("RG161", time=utc(found["schedule"]))
    what = ", ".join(f"{field} {_readable(value)}" for field, value in found.items())
    return RegistryRefusedError("RG199", name=name, what=what)


def utc(timestamp: int) -> str:
    """A block's or a schedule's time, in ISO 8601; beyond the year 9999 as it is."""
    if timestamp > MAX_TIME:
        return str(timestamp)
    return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")


def _readable(value: Any) -> str:
    if isinstance(value, bytes):
        try:
            return number_of(value).text
        except (InvalidNumberError, RpcProtocolError):
            return "0x" + value.hex()
    return str(value)


def _entry(fields: Sequence[Any]) -> Entry:
    digest, changed_at, status = fields
    return Entry(digest=digest, changed_at=changed_at, status=_status(status, "eth_call"))


def _status(value: int, method: str) -> Status:
    try:
        return Status(value)
    except ValueError as error:
        raise RpcProtocolError("CH104", method=method, expected="a status", found=value) from error


def _decoded(types: Sequence[str], data: bytes, method: str) -> tuple[Any, ...]:
    try:
        return tuple(decode_abi(types, data))
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        expected = f"({','.join(types)})"
        raise RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(data.hex())) from error


def _item(kind: str, name: str) -> Any:
    return next(item for item in artifact()["abi"] if item["type"] == kind and item.get("name", "") == name)


@cache
def _events() -> dict[bytes, Any]:
    return {event_abi_to_log_topic(item): item for item in artifact()["abi"] if item["type"] == "event"}


@cache
def _errors() -> dict[bytes, Any]:
    return {keccak(text=abi_to_signature(item))[:4]: item for item in artifact()["abi"] if item["type"] == "error"}
