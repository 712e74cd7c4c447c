// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IFilingRegistry} from "../../contracts/IFilingRegistry.sol";
import {
    CORRECTOR_ROLE,
    HEAD_SLOT,
    HISTORY_SLOT,
    INSPECTOR_ROLE,
    REGISTRAR_ROLE,
    digestOf,
    keyOf,
    slotOf,
    wordOf
} from "./Expected.sol";
import {vm} from "./Vm.sol";

/// @dev All that these tests call: the interface, its constants, and what is inherited.
interface IRegistry is IFilingRegistry, IAccessControl, IAccessControlDefaultAdminRules {
    function REGISTRAR() external view returns (bytes32);
    function INSPECTOR() external view returns (bytes32);
    function CORRECTOR() external view returns (bytes32);
    function MAX_BATCH() external view returns (uint256);
    function MAX_RECORD() external view returns (uint256);
    function MAX_NAME() external view returns (uint256);
}

/// @dev A registry with an account for each role and none, at a block of its own.
abstract contract RegistryTest {
    address internal constant ADMIN = address(0xad);
    address internal constant REGISTRAR = address(0xa1);
    address internal constant INSPECTOR = address(0xa2);
    address internal constant CORRECTOR = address(0xa3);
    address internal constant NOBODY = address(0xa4);
    /// @dev Registrar and inspector at once.
    address internal constant BOTH = address(0xa5);

    uint48 internal constant DELAY = 1 days;
    uint256 internal constant DEPLOYED_AT = 1_000;
    uint48 internal constant NOW = 1_700_000_000;

    IRegistry internal registry;

    function setUp() public virtual {
        vm.roll(DEPLOYED_AT);
        vm.warp(NOW);
        registry = deploy("test", ADMIN, DELAY);
        grant(REGISTRAR_ROLE, REGISTRAR);
        grant(INSPECTOR_ROLE, INSPECTOR);
        grant(CORRECTOR_ROLE, CORRECTOR);
        grant(REGISTRAR_ROLE, BOTH);
        grant(INSPECTOR_ROLE, BOTH);
        vm.roll(DEPLOYED_AT + 1);
    }

    /// @dev From the bytes that the contract is deployed with, which `new` would not compile into a test.
    function deploy(string memory name, address admin, uint48 delay) internal returns (IRegistry) {
        bytes memory code =
            bytes.concat(vm.getCode("FilingRegistry.sol:FilingRegistry"), abi.encode(name, admin, delay));
        address created;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
        return IRegistry(created);
    }

    function grant(bytes32 role, address account) internal {
        vm.prank(ADMIN);
        registry.grantRole(role, account);
    }

    function accounts() internal pure returns (address[6] memory) {
        return [ADMIN, REGISTRAR, INSPECTOR, CORRECTOR, NOBODY, BOTH];
    }

    /// @dev One number in each status from Active: `keyOf(status)` with the record `recordOf(status)`. Ends in the
    /// block after.
    function populate() internal {
        IFilingRegistry.Registration[] memory all = new IFilingRegistry.Registration[](5);
        for (uint256 i = 0; i < 5; ++i) {
            all[i] = IFilingRegistry.Registration(keyOf(i + 1), recordOf(IFilingRegistry.Status(i + 1)));
        }
        vm.prank(REGISTRAR);
        registry.register(all);
        set(keyOf(2), IFilingRegistry.Status.Suspended);
        set(keyOf(3), IFilingRegistry.Status.Cancelled);
        set(keyOf(4), IFilingRegistry.Status.Revoked);
        vm.prank(CORRECTOR);
        registry.correct(keyOf(5), 0);
        vm.roll(vm.getBlockNumber() + 1);
    }

    function set(bytes32 number, IFilingRegistry.Status to) internal {
        vm.prank(REGISTRAR);
        registry.setStatus(one(number), to, 0);
    }

    function recordOf(IFilingRegistry.Status status) internal pure returns (bytes memory) {
        return bytes.concat("record ", bytes1(0x30 + uint8(status)));
    }

    function one(bytes32 number) internal pure returns (bytes32[] memory numbers) {
        numbers = new bytes32[](1);
        numbers[0] = number;
    }

    function one(bytes32 number, bytes memory record)
        internal
        pure
        returns (IFilingRegistry.Registration[] memory registrations)
    {
        registrations = new IFilingRegistry.Registration[](1);
        registrations[0] = IFilingRegistry.Registration(number, record);
    }

    function one(bytes32 number, bytes26 expected, bytes memory record)
        internal
        pure
        returns (IFilingRegistry.Amendment[] memory amendments)
    {
        amendments = new IFilingRegistry.Amendment[](1);
        amendments[0] = IFilingRegistry.Amendment(number, expected, record);
    }

    function batch(bytes32[] memory numbers, bytes memory record)
        internal
        pure
        returns (IFilingRegistry.Registration[] memory registrations)
    {
        registrations = new IFilingRegistry.Registration[](numbers.length);
        for (uint256 i = 0; i < numbers.length; ++i) {
            registrations[i] = IFilingRegistry.Registration(numbers[i], record);
        }
    }

    function filled(uint256 length) internal pure returns (bytes memory record) {
        record = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            record[i] = "{";
        }
    }

    function statusOf(bytes32 number) internal view returns (IFilingRegistry.Status) {
        return registry.entryOf(number).status;
    }

    function headHistory() internal view returns (bytes32 history) {
        (,, history) = registry.head();
    }

    function expectUnauthorised(address account, bytes32 role) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role));
    }

    function expectTransitionNotAllowed(bytes32 number, IFilingRegistry.Status from, IFilingRegistry.Status to)
        internal
    {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.TransitionNotAllowed.selector, number, from, to));
    }

    /// @dev The next event of the registry must be the one that is emitted after this call.
    function expectEvent() internal {
        vm.expectEmit(true, true, true, true, address(registry));
    }

    /// @dev Since `vm.recordLogs()`: the events expected one by one were all of them.
    function assertEvents(uint256 expected) internal {
        vm.assertEq(vm.getRecordedLogs().length, expected, "events");
    }

    /// @dev An entry read as a user, as a slot, and written in this block.
    function assertEntry(bytes32 number, bytes memory record, IFilingRegistry.Status status) internal view {
        IFilingRegistry.Entry memory entry = registry.entryOf(number);
        vm.assertEq(bytes32(entry.digest), bytes32(digestOf(record)), "digest");
        vm.assertEq(entry.changedAt, vm.getBlockNumber(), "changedAt");
        vm.assertEq(uint8(entry.status), uint8(status), "status");
        bytes32 word = vm.load(address(registry), slotOf(number));
        vm.assertEq(word, wordOf(digestOf(record), vm.getBlockNumber(), status), "slot");
    }

    function assertNoEntry(bytes32 number) internal view {
        vm.assertEq(vm.load(address(registry), slotOf(number)), 0, "slot");
    }

    function assertHead(uint256 filings, bytes32 history) internal view {
        (uint64 filingsFound, uint40 changedAt, bytes32 historyFound) = registry.head();
        vm.assertEq(filingsFound, filings, "filings");
        vm.assertEq(changedAt, vm.getBlockNumber(), "changedAt of the head");
        vm.assertEq(historyFound, history, "history");
    }

    /// @dev Since `vm.record()`, the registry wrote the head, the slots of `numbers`, and nothing else.
    function assertWroteOnlyHeadAnd(bytes32[] memory numbers) internal {
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertEq(writes.length > 0 ? 1 : 0, 1, "something was written");
        for (uint256 i = 0; i < writes.length; ++i) {
            bool isKnown = writes[i] == bytes32(HEAD_SLOT) || writes[i] == bytes32(HISTORY_SLOT);
            for (uint256 j = 0; j < numbers.length && !isKnown; ++j) {
                isKnown = writes[i] == slotOf(numbers[j]);
            }
            vm.assertTrue(isKnown, "a slot was written that is no entry's and not the head's");
        }
    }
}
