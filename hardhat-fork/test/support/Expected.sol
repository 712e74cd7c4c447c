// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// What a registry must hold, worked out from the interface's words and not by the contract's code.

import {IFilingRegistry} from "../../contracts/IFilingRegistry.sol";

bytes32 constant ADMIN_ROLE = 0;
bytes32 constant REGISTRAR_ROLE = keccak256("REGISTRAR");
bytes32 constant INSPECTOR_ROLE = keccak256("INSPECTOR");
bytes32 constant CORRECTOR_ROLE = keccak256("CORRECTOR");

uint256 constant MAX_BATCH = 256;
uint256 constant MAX_RECORD = 2048;
uint256 constant MAX_NAME = 64;

/// @dev Storage slots, as the committed artifact lays them out; Solidity.t.sol compares.
uint256 constant ENTRIES_SLOT = 3;
uint256 constant HEAD_SLOT = 4;
uint256 constant HISTORY_SLOT = 5;

/// @dev Steps of `setStatus`: six rows for the status before, in each six places for the one asked for, None to Void.
string constant REGISTRAR_MAY_SET = "......" "..xxx." ".x.xx." "......" "......" "......";
string constant INSPECTOR_MAY_SET = "......" "..x..." "......" "......" "......" "......";
/// @dev Statuses that `correct` and `reopen` start from, None to Void.
string constant MAY_CORRECT = ".xxxx.";
string constant MAY_REOPEN = "...xxx";
string constant MAY_AMEND = ".xx...";

function isAllowed(string memory table, IFilingRegistry.Status from, IFilingRegistry.Status to) pure returns (bool) {
    return bytes(table)[6 * uint8(from) + uint8(to)] == "x";
}

function isAllowed(string memory table, IFilingRegistry.Status from) pure returns (bool) {
    return bytes(table)[uint8(from)] == "x";
}

/// @dev A key: province 11, district 0108, year 26, eight digits of `serial`, version 001, and 0.
function keyOf(uint256 serial) pure returns (bytes32) {
    bytes memory text = "11010826000000000010";
    for (uint256 i = 15; i > 7; --i) {
        text[i] = bytes1(uint8(0x30 + serial % 10));
        serial /= 10;
    }
    return bytes32(text);
}

function keysFrom(uint256 serial, uint256 count) pure returns (bytes32[] memory keys) {
    keys = new bytes32[](count);
    for (uint256 i = 0; i < count; ++i) {
        keys[i] = keyOf(serial + i);
    }
}

/// @dev The shape of a key, byte by byte.
function isKey(bytes32 number) pure returns (bool) {
    for (uint256 i = 0; i < 32; ++i) {
        bytes1 found = number[i];
        bool isDigit = found >= "0" && found <= "9";
        if (i < 19 && !isDigit) return false;
        if (i == 19 && !isDigit && found != "X") return false;
        if (i > 19 && found != 0) return false;
    }
    return true;
}

function digestOf(bytes memory record) pure returns (bytes26) {
    return bytes26(sha256(record));
}

/// @dev An entry's slot, put together from the high end: status, block, digest.
function wordOf(bytes26 digest, uint256 changedAt, IFilingRegistry.Status status) pure returns (bytes32) {
    return bytes32(bytes.concat(bytes1(uint8(status)), bytes5(uint40(changedAt)), digest));
}

function slotOf(bytes32 number) pure returns (bytes32) {
    return keccak256(abi.encode(number, ENTRIES_SLOT));
}

function firstHistory(address registry) view returns (bytes32) {
    return keccak256(abi.encode("FilingRegistry/1", block.chainid, registry));
}

function nextHistory(bytes32 history, bytes32 number, bytes32 word, IFilingRegistry.Kind kind, uint16 reason)
    pure
    returns (bytes32)
{
    return keccak256(abi.encode(history, number, word, uint8(kind), reason));
}
