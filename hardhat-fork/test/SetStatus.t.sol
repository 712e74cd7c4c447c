// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {
    INSPECTOR_MAY_SET,
    INSPECTOR_ROLE,
    MAX_BATCH,
    REGISTRAR_MAY_SET,
    digestOf,
    isAllowed,
    keyOf,
    keysFrom,
    nextHistory,
    wordOf
} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: setStatus.tree
contract SetStatusTest is RegistryTest {
    bytes32 private constant ACTIVE = "11010826000000010010";
    bytes32 private constant SUSPENDED = "11010826000000020010";
    bytes32 private constant REVOKED = "11010826000000040010";

    function setUp() public override {
        super.setUp();
        populate();
    }

    function setStatus(bytes32[] memory numbers, IFilingRegistry.Status to, uint16 reason) private {
        vm.prank(REGISTRAR);
        registry.setStatus(numbers, to, reason);
    }

    function test_WhenTheCallerIsNeitherRegistrarNorInspector_ItRevertsWithAccessControlUnauthorizedAccount() external {
        address[3] memory others = [ADMIN, CORRECTOR, NOBODY];
        for (uint256 i = 0; i < others.length; ++i) {
            expectUnauthorised(others[i], INSPECTOR_ROLE);
            vm.prank(others[i]);
            registry.setStatus(one(ACTIVE), IFilingRegistry.Status.Suspended, 0);
        }
    }

    function test_WhenTheBatchIsEmpty_ItRevertsWithBatchOutOfBounds() external {
        expectBatchOutOfBounds(0);
        vm.prank(REGISTRAR);
        registry.setStatus(new bytes32[](0), IFilingRegistry.Status.Suspended, 0);
        expectBatchOutOfBounds(0);
        vm.prank(INSPECTOR);
        registry.setStatus(new bytes32[](0), IFilingRegistry.Status.Suspended, 0);
    }

    function test_WhenTheBatchHas257Numbers_ItRevertsWithBatchOutOfBounds() external {
        expectBatchOutOfBounds(257);
        setStatus(keysFrom(1, 257), IFilingRegistry.Status.Suspended, 0);
    }

    function test_WhenTheStatusAskedForIsNotOneOfTheSix_ItRevertsWithoutAnError() external {
        bytes memory call = abi.encodeWithSelector(IFilingRegistry.setStatus.selector, one(ACTIVE), uint256(6), 0);
        vm.prank(REGISTRAR);
        (bool done, bytes memory answer) = address(registry).call(call);
        vm.assertFalse(done, "done");
        vm.assertEq(answer, "", "answer");
    }

    function test_WhenARegistrarAsks_ItDoesWhatTheTableSaysFromEveryStatusToEveryStatus() external {
        checkTable(REGISTRAR, REGISTRAR_MAY_SET);
    }

    function test_WhenAnInspectorAsks_ItDoesWhatTheTableSaysFromEveryStatusToEveryStatus() external {
        checkTable(INSPECTOR, INSPECTOR_MAY_SET);
    }

    function test_WhenSomebodyWithBothRolesAsks_ItDoesWhatTheRegistrarsTableSays() external {
        checkTable(BOTH, REGISTRAR_MAY_SET);
    }

    function test_WhenANumberIsTwiceInTheBatch_ItRevertsWithTransitionNotAllowed() external {
        bytes32[] memory twice = new bytes32[](2);
        (twice[0], twice[1]) = (ACTIVE, ACTIVE);
        expectTransitionNotAllowed(ACTIVE, IFilingRegistry.Status.Suspended, IFilingRegistry.Status.Suspended);
        setStatus(twice, IFilingRegistry.Status.Suspended, 0);
    }

    function test_WhenOneNumberOfABatchIsRefused_ItChangesNoneOfThem() external {
        bytes32 history = headHistory();
        bytes32[] memory numbers = new bytes32[](2);
        (numbers[0], numbers[1]) = (ACTIVE, REVOKED);
        expectTransitionNotAllowed(REVOKED, IFilingRegistry.Status.Revoked, IFilingRegistry.Status.Suspended);
        setStatus(numbers, IFilingRegistry.Status.Suspended, 0);
        vm.assertEq(uint8(statusOf(ACTIVE)), uint8(IFilingRegistry.Status.Active), "status");
        vm.assertEq(headHistory(), history, "history");
    }

    function test_WhenAllStepsAreAllowed_ItChangesStatusAndBlockAndLeavesTheDigest() external {
        setStatus(keysFrom(1, 2), IFilingRegistry.Status.Cancelled, 7);
        assertEntry(ACTIVE, "record 1", IFilingRegistry.Status.Cancelled);
        assertEntry(SUSPENDED, "record 2", IFilingRegistry.Status.Cancelled);
    }

    function test_WhenAllStepsAreAllowed_ItWritesNoSlotButTheirsAndTheHeads() external {
        vm.record();
        setStatus(keysFrom(1, 2), IFilingRegistry.Status.Revoked, 7);
        assertWroteOnlyHeadAnd(keysFrom(1, 2));
    }

    function test_WhenAllStepsAreAllowed_ItEmitsStatusChangedForEachInTheirOrderThenCheckpoint() external {
        uint40 before = uint40(vm.getBlockNumber() - 1);
        bytes32 history = expectedHistory(7);
        IFilingRegistry.Status to = IFilingRegistry.Status.Cancelled;
        expectEvent();
        emit IFilingRegistry.StatusChanged(ACTIVE, before, IFilingRegistry.Status.Active, to, 7);
        expectEvent();
        emit IFilingRegistry.StatusChanged(SUSPENDED, before, IFilingRegistry.Status.Suspended, to, 7);
        expectEvent();
        emit IFilingRegistry.Checkpoint(before, 5, history);
        vm.recordLogs();
        setStatus(keysFrom(1, 2), to, 7);
        assertEvents(3);
    }

    function test_WhenAllStepsAreAllowed_ItAddsEachOfThemWithTheReasonToTheRunningHashAndNoneToTheCount() external {
        bytes32 history = expectedHistory(65_535);
        setStatus(keysFrom(1, 2), IFilingRegistry.Status.Cancelled, 65_535);
        assertHead(5, history);
    }

    function test_WhenAllStepsAreAllowed_ItAccepts256OfThem() external {
        bytes32[] memory numbers = keysFrom(10, 256);
        vm.prank(REGISTRAR);
        registry.register(batch(numbers, "{}"));
        vm.prank(INSPECTOR);
        registry.setStatus(numbers, IFilingRegistry.Status.Suspended, 0);
        assertEntry(numbers[255], "{}", IFilingRegistry.Status.Suspended);
    }

    function testFuzz_ABatchIsAllowedIfEachOfItsStepsIs(uint8[4] memory serials, uint8 to_, bool isInspector) external {
        IFilingRegistry.Status to = IFilingRegistry.Status(to_ % 6);
        string memory table = isInspector ? INSPECTOR_MAY_SET : REGISTRAR_MAY_SET;
        bytes32[] memory numbers = new bytes32[](4);
        IFilingRegistry.Status[6] memory now_;
        for (uint8 i = 0; i < 6; ++i) {
            now_[i] = IFilingRegistry.Status(i);
        }
        bool refused;
        for (uint256 i = 0; i < 4; ++i) {
            uint8 serial = serials[i] % 6;
            numbers[i] = keyOf(serial);
            if (refused) continue;
            if (!isAllowed(table, now_[serial], to)) {
                refused = true;
                expectTransitionNotAllowed(numbers[i], now_[serial], to);
            }
            now_[serial] = to;
        }
        vm.prank(isInspector ? INSPECTOR : REGISTRAR);
        registry.setStatus(numbers, to, 0);
    }

    /// @dev All thirty-six steps, each from the same state.
    function checkTable(address by, string memory table) private {
        uint256 snapshot = vm.snapshotState();
        for (uint8 i = 0; i < 36; ++i) {
            (IFilingRegistry.Status from, IFilingRegistry.Status to) =
                (IFilingRegistry.Status(i / 6), IFilingRegistry.Status(i % 6));
            bytes32 number = keyOf(i / 6);
            bool allowed = isAllowed(table, from, to);
            if (!allowed) expectTransitionNotAllowed(number, from, to);
            vm.prank(by);
            registry.setStatus(one(number), to, 0);
            if (allowed) assertEntry(number, recordOf(from), to);
            vm.revertToState(snapshot);
        }
    }

    function expectBatchOutOfBounds(uint256 size) private {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.BatchOutOfBounds.selector, size, MAX_BATCH));
    }

    /// @dev The running hash after both open numbers are cancelled in this block.
    function expectedHistory(uint16 reason) private view returns (bytes32) {
        IFilingRegistry.Kind kind = IFilingRegistry.Kind.StatusChanged;
        bytes32 first = wordOf(digestOf("record 1"), vm.getBlockNumber(), IFilingRegistry.Status.Cancelled);
        bytes32 second = wordOf(digestOf("record 2"), vm.getBlockNumber(), IFilingRegistry.Status.Cancelled);
        return nextHistory(nextHistory(headHistory(), ACTIVE, first, kind, reason), SUSPENDED, second, kind, reason);
    }
}
