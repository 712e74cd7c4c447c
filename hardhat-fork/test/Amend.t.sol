// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {
    MAX_BATCH,
    MAX_RECORD,
    MAY_AMEND,
    REGISTRAR_ROLE,
    digestOf,
    isAllowed,
    keyOf,
    keysFrom,
    nextHistory,
    wordOf
} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: amend.tree
contract AmendTest is RegistryTest {
    bytes32 private constant ACTIVE = "11010826000000010010";
    bytes32 private constant SUSPENDED = "11010826000000020010";

    function setUp() public override {
        super.setUp();
        populate();
    }

    function amend(IFilingRegistry.Amendment[] memory amendments) private {
        vm.prank(REGISTRAR);
        registry.amend(amendments);
    }

    /// @dev Amendments of the active and the suspended number.
    function two() private pure returns (IFilingRegistry.Amendment[] memory amendments) {
        amendments = new IFilingRegistry.Amendment[](2);
        amendments[0] = IFilingRegistry.Amendment(ACTIVE, digestOf("record 1"), "new 1");
        amendments[1] = IFilingRegistry.Amendment(SUSPENDED, digestOf("record 2"), "new 2");
    }

    function test_WhenTheCallerIsNotARegistrar_ItRevertsWithAccessControlUnauthorizedAccount() external {
        address[4] memory others = [ADMIN, INSPECTOR, CORRECTOR, NOBODY];
        IFilingRegistry.Amendment[] memory amendments = two();
        for (uint256 i = 0; i < others.length; ++i) {
            expectUnauthorised(others[i], REGISTRAR_ROLE);
            vm.prank(others[i]);
            registry.amend(amendments);
        }
    }

    function test_WhenTheBatchIsEmpty_ItRevertsWithBatchOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.BatchOutOfBounds.selector, 0, MAX_BATCH));
        amend(new IFilingRegistry.Amendment[](0));
    }

    function test_WhenTheBatchHas257Records_ItRevertsWithBatchOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.BatchOutOfBounds.selector, 257, MAX_BATCH));
        amend(new IFilingRegistry.Amendment[](257));
    }

    function test_WhenANumberIsNeitherActiveNorSuspended_ItRevertsWithNotAmendable() external {
        for (uint8 i = 0; i < 6; ++i) {
            IFilingRegistry.Status status = IFilingRegistry.Status(i);
            if (isAllowed(MAY_AMEND, status)) continue;
            bytes26 held = registry.entryOf(keyOf(i)).digest;
            vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.NotAmendable.selector, keyOf(i), status));
            amend(one(keyOf(i), held, "new"));
        }
    }

    function test_WhenARecordWasReplacedSince_ItRevertsWithStaleRecordAndBothDigests() external {
        amend(two());
        bytes26[2] memory found = [digestOf("new 1"), digestOf("new 2")];
        bytes26[2] memory expected = [digestOf("record 1"), digestOf("record 2")];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IFilingRegistry.StaleRecord.selector, keyOf(i + 1), expected[i], found[i])
            );
            amend(one(keyOf(i + 1), expected[i], "newer"));
        }
    }

    function test_WhenANumberIsTwiceInTheBatchOverTheSameDigest_ItRevertsWithStaleRecordAndBothDigests() external {
        IFilingRegistry.Amendment[] memory amendments = two();
        amendments[1].number = ACTIVE;
        amendments[1].expectedDigest = amendments[0].expectedDigest;
        vm.expectRevert(
            abi.encodeWithSelector(
                IFilingRegistry.StaleRecord.selector, ACTIVE, digestOf("record 1"), digestOf("new 1")
            )
        );
        amend(amendments);
    }

    function test_WhenARecordIsEmpty_ItRevertsWithRecordOutOfBounds() external {
        bytes26 held = digestOf("record 1");
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, ACTIVE, 0, MAX_RECORD));
        amend(one(ACTIVE, held, ""));
    }

    function test_WhenARecordHas2049Bytes_ItRevertsWithRecordOutOfBounds() external {
        bytes26 held = digestOf("record 1");
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, ACTIVE, 2049, MAX_RECORD));
        amend(one(ACTIVE, held, filled(2049)));
    }

    function test_WhenOneAmendmentOfABatchIsRefused_ItChangesNoneOfThem() external {
        bytes32 history = headHistory();
        IFilingRegistry.Amendment[] memory amendments = two();
        amendments[1].record = "";
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, SUSPENDED, 0, MAX_RECORD));
        amend(amendments);
        vm.assertEq(bytes32(registry.entryOf(ACTIVE).digest), bytes32(digestOf("record 1")), "digest");
        vm.assertEq(headHistory(), history, "history");
    }

    function test_WhenAllExpectedDigestsAreThere_ItReplacesDigestAndBlockAndLeavesTheStatus() external {
        amend(two());
        assertEntry(ACTIVE, "new 1", IFilingRegistry.Status.Active);
        assertEntry(SUSPENDED, "new 2", IFilingRegistry.Status.Suspended);
    }

    function test_WhenAllExpectedDigestsAreThere_ItWritesNoSlotButTheirsAndTheHeads() external {
        vm.record();
        amend(two());
        assertWroteOnlyHeadAnd(keysFrom(1, 2));
    }

    function test_WhenAllExpectedDigestsAreThere_ItEmitsAmendedForEachInTheirOrderThenCheckpoint() external {
        uint40 before = uint40(vm.getBlockNumber() - 1);
        bytes32 history = expectedHistory();
        expectEvent();
        emit IFilingRegistry.Amended(ACTIVE, before, digestOf("new 1"), "new 1");
        expectEvent();
        emit IFilingRegistry.Amended(SUSPENDED, before, digestOf("new 2"), "new 2");
        expectEvent();
        emit IFilingRegistry.Checkpoint(before, 5, history);
        vm.recordLogs();
        amend(two());
        assertEvents(3);
    }

    function test_WhenAllExpectedDigestsAreThere_ItAddsEachOfThemToTheRunningHashAndNoneToTheCount() external {
        bytes32 history = expectedHistory();
        amend(two());
        assertHead(5, history);
    }

    function test_WhenAllExpectedDigestsAreThere_ItAccepts256OfThem() external {
        bytes32[] memory numbers = keysFrom(10, 256);
        IFilingRegistry.Amendment[] memory amendments = new IFilingRegistry.Amendment[](256);
        for (uint256 i = 0; i < 256; ++i) {
            amendments[i] = IFilingRegistry.Amendment(numbers[i], digestOf("{}"), "[]");
        }
        vm.prank(REGISTRAR);
        registry.register(batch(numbers, "{}"));
        amend(amendments);
        assertEntry(numbers[255], "[]", IFilingRegistry.Status.Active);
    }

    function test_WhenAllExpectedDigestsAreThere_ItAcceptsTheSameNumberAgainOverTheNewDigest() external {
        IFilingRegistry.Amendment[] memory amendments = two();
        amendments[1] = IFilingRegistry.Amendment(ACTIVE, digestOf("new 1"), "newest");
        amend(amendments);
        assertEntry(ACTIVE, "newest", IFilingRegistry.Status.Active);
    }

    function test_WhenAllExpectedDigestsAreThere_ItAcceptsARecordOf2048Bytes() external {
        amend(one(ACTIVE, digestOf("record 1"), filled(2048)));
        assertEntry(ACTIVE, filled(2048), IFilingRegistry.Status.Active);
    }

    function testFuzz_OnlyTheDigestThatIsHeldIsReplaced(bytes26 expected) external {
        bytes26 held = digestOf("record 1");
        if (expected != held) {
            vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.StaleRecord.selector, ACTIVE, expected, held));
        }
        amend(one(ACTIVE, expected, "new"));
    }

    function testFuzz_ADigestThatDiffersInOneBitIsStale(uint8 bit) external {
        bytes26 held = digestOf("record 1");
        bytes26 expected = held ^ bytes26(uint208(1) << (bit % 208));
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.StaleRecord.selector, ACTIVE, expected, held));
        amend(one(ACTIVE, expected, "new"));
    }

    /// @dev The running hash after `two()` in this block.
    function expectedHistory() private view returns (bytes32) {
        IFilingRegistry.Kind kind = IFilingRegistry.Kind.Amended;
        bytes32 first = wordOf(digestOf("new 1"), vm.getBlockNumber(), IFilingRegistry.Status.Active);
        bytes32 second = wordOf(digestOf("new 2"), vm.getBlockNumber(), IFilingRegistry.Status.Suspended);
        return nextHistory(nextHistory(headHistory(), ACTIVE, first, kind, 0), SUSPENDED, second, kind, 0);
    }
}
