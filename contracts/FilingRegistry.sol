// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IFilingRegistry} from "./IFilingRegistry.sol";

/// @title FilingRegistry
/// @notice Records under each filing number what was filed, when it last changed and whether it is in force.
/// @dev No proxy, no delegatecall, no immutables: every registry of this version has the same runtime code. The admin
/// grants the three roles; changing the admin takes two steps and a delay.
contract FilingRegistry is IFilingRegistry, AccessControlDefaultAdminRules {
    /// @dev An entry's storage as one word, laid out as the struct `Entry` would be. From the low end: 26 bytes digest,
    /// 5 bytes changedAt, 1 byte status. The word is what is hashed; a third of a change's own gas is saved.
    struct Slot {
        uint256 word;
    }

    /// @notice May register, amend, suspend, reinstate, cancel and revoke.
    bytes32 public constant REGISTRAR = keccak256("REGISTRAR");

    /// @notice May suspend.
    bytes32 public constant INSPECTOR = keccak256("INSPECTOR");

    /// @notice May mark entries as made in error, and reopen numbers.
    bytes32 public constant CORRECTOR = keccak256("CORRECTOR");

    /// @notice Largest batch, in filings.
    uint256 public constant MAX_BATCH = 256;

    /// @notice Longest record, in bytes.
    uint256 public constant MAX_RECORD = 2048;

    /// @notice Longest name of a registry, in bytes.
    uint256 public constant MAX_NAME = 64;

    /// @dev Of a key: twenty times the character 0, twenty times six, the bits that `_checkNumber` looks at (the high
    /// halves of twenty characters, and all of the twelve bytes behind them), and what makes a closing X a 0.
    uint256 private constant ZEROS = uint256(bytes32("00000000000000000000"));
    uint256 private constant SIXES = 0x0606060606060606060606060606060606060606_000000000000000000000000;
    uint256 private constant LOOKED_AT = 0xf0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0_ffffffffffffffffffffffff;
    uint256 private constant X_TO_ZERO = (0x58 ^ 0x30) << 96;

    /// @dev One slot a number.
    mapping(bytes32 number => Slot slot) private _slots;

    /// @dev One slot: numbers ever registered, block of the last change, block of deployment.
    uint64 private _filings;
    uint40 private _changedAt;
    uint40 private _deployedAt;

    bytes32 private _history;
    string private _name;

    /// @param name_ What the registry calls itself, 1 to MAX_NAME bytes.
    /// @param admin Account that grants and revokes roles; holds none of the others.
    /// @param adminDelay Seconds that a change of admin waits.
    constructor(string memory name_, address admin, uint48 adminDelay)
        AccessControlDefaultAdminRules(adminDelay, admin)
    {
        uint256 length = bytes(name_).length;
        if (length == 0 || length > MAX_NAME) revert NameOutOfBounds(length, MAX_NAME);
        _name = name_;
        _deployedAt = uint40(block.number);
        _history = keccak256(abi.encode("FilingRegistry/1", block.chainid, address(this)));
    }

    /// @inheritdoc IFilingRegistry
    function register(Registration[] calldata registrations) external onlyRole(REGISTRAR) {
        uint256 size = _checkBatch(registrations.length);
        bytes32 history = _history;
        for (uint256 i = 0; i < size; ++i) {
            Registration calldata item = registrations[i];
            (bytes32 number, bytes calldata record) = (item.number, item.record);
            _checkNumber(number);
            Slot storage slot = _slots[number];
            uint256 word = slot.word;
            if (word != 0) revert AlreadyRegistered(number, _statusOf(word));
            bytes26 digest = _digestOf(number, record);
            history = _write(slot, history, number, digest, Status.Active, Kind.Registered, 0);
            emit Registered(number, 0, digest, record);
        }
        _checkpoint(history, size);
    }

    /// @inheritdoc IFilingRegistry
    function amend(Amendment[] calldata amendments) external onlyRole(REGISTRAR) {
        uint256 size = _checkBatch(amendments.length);
        bytes32 history = _history;
        for (uint256 i = 0; i < size; ++i) {
            Amendment calldata item = amendments[i];
            (bytes32 number, bytes calldata record) = (item.number, item.record);
            Slot storage slot = _slots[number];
            uint256 word = slot.word;
            Status status = _statusOf(word);
            if (!_isOpen(status)) revert NotAmendable(number, status);
            if (_digestIn(word) != item.expectedDigest) {
                revert StaleRecord(number, item.expectedDigest, _digestIn(word));
            }
            bytes26 digest = _digestOf(number, record);
            history = _write(slot, history, number, digest, status, Kind.Amended, 0);
            emit Amended(number, _changedAtIn(word), digest, record);
        }
        _checkpoint(history, 0);
    }

    /// @inheritdoc IFilingRegistry
    function setStatus(bytes32[] calldata numbers, Status to, uint16 reason) external {
        bool isRegistrar = hasRole(REGISTRAR, msg.sender);
        if (!isRegistrar) _checkRole(INSPECTOR);
        uint256 size = _checkBatch(numbers.length);
        bytes32 history = _history;
        for (uint256 i = 0; i < size; ++i) {
            bytes32 number = numbers[i];
            Slot storage slot = _slots[number];
            uint256 word = slot.word;
            Status from = _statusOf(word);
            bool allowed = isRegistrar
                ? _isOpen(from) && to != from && to != Status.None && to != Status.Void
                : from == Status.Active && to == Status.Suspended;
            if (!allowed) revert TransitionNotAllowed(number, from, to);
            history = _write(slot, history, number, _digestIn(word), to, Kind.StatusChanged, reason);
            emit StatusChanged(number, _changedAtIn(word), from, to, reason);
        }
        _checkpoint(history, 0);
    }

    /// @inheritdoc IFilingRegistry
    function correct(bytes32 number, uint16 reason) external onlyRole(CORRECTOR) {
        Slot storage slot = _slots[number];
        uint256 word = slot.word;
        Status from = _statusOf(word);
        if (from == Status.None || from == Status.Void) revert TransitionNotAllowed(number, from, Status.Void);
        bytes32 history = _write(slot, _history, number, _digestIn(word), Status.Void, Kind.StatusChanged, reason);
        emit StatusChanged(number, _changedAtIn(word), from, Status.Void, reason);
        _checkpoint(history, 0);
    }

    /// @inheritdoc IFilingRegistry
    function reopen(bytes32 number, bytes calldata record) external onlyRole(CORRECTOR) {
        Slot storage slot = _slots[number];
        uint256 word = slot.word;
        Status from = _statusOf(word);
        if (from == Status.None || _isOpen(from)) revert TransitionNotAllowed(number, from, Status.Active);
        bytes26 digest = _digestOf(number, record);
        bytes32 history = _write(slot, _history, number, digest, Status.Active, Kind.Reopened, 0);
        emit Reopened(number, _changedAtIn(word), digest, record);
        _checkpoint(history, 0);
    }

    /// @inheritdoc IFilingRegistry
    function entryOf(bytes32 number) external view returns (Entry memory) {
        return _entry(_slots[number].word);
    }

    /// @inheritdoc IFilingRegistry
    function entriesOf(bytes32[] calldata numbers) external view returns (Entry[] memory entries) {
        entries = new Entry[](numbers.length);
        for (uint256 i = 0; i < numbers.length; ++i) {
            entries[i] = _entry(_slots[numbers[i]].word);
        }
    }

    /// @inheritdoc IFilingRegistry
    function head() external view returns (uint64 filings, uint40 changedAt, bytes32 history) {
        return (_filings, _changedAt, _history);
    }

    /// @inheritdoc IFilingRegistry
    function name() external view returns (string memory) {
        return _name;
    }

    /// @inheritdoc IFilingRegistry
    function deployedAt() external view returns (uint40) {
        return _deployedAt;
    }

    /// @dev Stores an entry as changed now, and returns the running hash after it.
    function _write(
        Slot storage slot,
        bytes32 history,
        bytes32 number,
        bytes26 digest,
        Status status,
        Kind kind,
        uint16 reason
    ) private returns (bytes32) {
        uint256 word = uint208(digest) | (uint256(uint40(block.number)) << 208) | (uint256(status) << 248);
        slot.word = word;
        return keccak256(abi.encode(history, number, word, kind, reason));
    }

    /// @dev Stores the registry's head after a call that registered `registered` numbers.
    function _checkpoint(bytes32 history, uint256 registered) private {
        uint40 previousChange = _changedAt;
        uint64 filings = _filings + uint64(registered);
        _filings = filings;
        _changedAt = uint40(block.number);
        _history = history;
        emit Checkpoint(previousChange, filings, history);
    }

    function _entry(uint256 word) private pure returns (Entry memory) {
        return Entry(_digestIn(word), _changedAtIn(word), _statusOf(word));
    }

    function _digestIn(uint256 word) private pure returns (bytes26) {
        return bytes26(uint208(word));
    }

    function _changedAtIn(uint256 word) private pure returns (uint40) {
        return uint40(word >> 208);
    }

    function _statusOf(uint256 word) private pure returns (Status) {
        return Status(word >> 248);
    }

    function _digestOf(bytes32 number, bytes calldata record) private pure returns (bytes26) {
        if (record.length == 0 || record.length > MAX_RECORD) {
            revert RecordOutOfBounds(number, record.length, MAX_RECORD);
        }
        return bytes26(sha256(record));
    }

    function _isOpen(Status status) private pure returns (bool) {
        return status == Status.Active || status == Status.Suspended;
    }

    function _checkBatch(uint256 size) private pure returns (uint256) {
        if (size == 0 || size > MAX_BATCH) revert BatchOutOfBounds(size, MAX_BATCH);
        return size;
    }

    /// @dev All twenty characters at once: a digit's high half is 3 and stays 3 when six is added, and no other byte
    /// has both. A closing X counts as 0.
    function _checkNumber(bytes32 number) private pure {
        uint256 word = uint256(number);
        if (number[19] == "X") word ^= X_TO_ZERO;
        // Unchecked: a byte can only carry into the next, or out of the word, if its own high half is f, not 3.
        unchecked {
            if (((word ^ ZEROS) | ((word + SIXES) ^ ZEROS)) & LOOKED_AT != 0) revert MalformedNumber(number);
        }
    }
}
