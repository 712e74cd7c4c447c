// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {
    CORRECTOR_ROLE,
    MAX_RECORD,
    MAY_REOPEN,
    digestOf,
    isAllowed,
    keyOf,
    nextHistory,
    wordOf
} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: reopen.tree
contract ReopenTest is RegistryTest {
    bytes32 private constant REVOKED = "11010826000000040010";

    function setUp() public override {
        super.setUp();
        populate();
    }

    function reopen(bytes32 number, bytes memory record) private {
        vm.prank(CORRECTOR);
        registry.reopen(number, record);
    }

    function test_WhenTheCallerIsNotACorrector_ItRevertsWithAccessControlUnauthorizedAccount() external {
        address[5] memory others = [ADMIN, REGISTRAR, INSPECTOR, NOBODY, BOTH];
        for (uint256 i = 0; i < others.length; ++i) {
            for (uint8 status = 0; status < 6; ++status) {
                expectUnauthorised(others[i], CORRECTOR_ROLE);
                vm.prank(others[i]);
                registry.reopen(keyOf(status), "new");
            }
        }
    }

    function test_WhenTheNumberHasNoEntryOrAnOpenOne_ItRevertsWithTransitionNotAllowed() external {
        for (uint8 i = 0; i < 6; ++i) {
            IFilingRegistry.Status from = IFilingRegistry.Status(i);
            if (isAllowed(MAY_REOPEN, from)) continue;
            expectTransitionNotAllowed(keyOf(i), from, IFilingRegistry.Status.Active);
            reopen(keyOf(i), "new");
        }
    }

    function test_WhenTheRecordIsEmpty_ItRevertsWithRecordOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, REVOKED, 0, MAX_RECORD));
        reopen(REVOKED, "");
    }

    function test_WhenTheRecordHas2049Bytes_ItRevertsWithRecordOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, REVOKED, 2049, MAX_RECORD));
        reopen(REVOKED, filled(2049));
    }

    function test_WhenTheNumberIsCancelledRevokedOrVoid_ItMakesItActiveWithTheNewDigest() external {
        for (uint8 i = 0; i < 6; ++i) {
            if (!isAllowed(MAY_REOPEN, IFilingRegistry.Status(i))) continue;
            reopen(keyOf(i), "new");
            assertEntry(keyOf(i), "new", IFilingRegistry.Status.Active);
        }
    }

    function test_WhenTheNumberIsCancelledRevokedOrVoid_ItAcceptsTheRecordThatWasThereBefore() external {
        reopen(REVOKED, "record 4");
        assertEntry(REVOKED, "record 4", IFilingRegistry.Status.Active);
    }

    function test_WhenTheNumberIsCancelledRevokedOrVoid_ItAcceptsARecordOf2048Bytes() external {
        reopen(REVOKED, filled(2048));
        assertEntry(REVOKED, filled(2048), IFilingRegistry.Status.Active);
    }

    function test_WhenTheNumberIsCancelledRevokedOrVoid_ItWritesNoSlotButItsOwnAndTheHeads() external {
        vm.record();
        reopen(REVOKED, "new");
        assertWroteOnlyHeadAnd(one(REVOKED));
    }

    function test_WhenTheNumberIsCancelledRevokedOrVoid_ItEmitsReopenedThenCheckpoint() external {
        uint40 before = uint40(vm.getBlockNumber() - 1);
        bytes32 history = expectedHistory();
        expectEvent();
        emit IFilingRegistry.Reopened(REVOKED, before, digestOf("new"), "new");
        expectEvent();
        emit IFilingRegistry.Checkpoint(before, 5, history);
        vm.recordLogs();
        reopen(REVOKED, "new");
        assertEvents(2);
    }

    function test_WhenTheNumberIsCancelledRevokedOrVoid_ItAddsItToTheRunningHashAndNotToTheCount() external {
        bytes32 history = expectedHistory();
        reopen(REVOKED, "new");
        assertHead(5, history);
    }

    function testFuzz_ANumberThatIsNotRegisteredCannotBeReopened(bytes32 number) external {
        vm.assume(statusOf(number) == IFilingRegistry.Status.None);
        expectTransitionNotAllowed(number, IFilingRegistry.Status.None, IFilingRegistry.Status.Active);
        reopen(number, "new");
    }

    function expectedHistory() private view returns (bytes32) {
        bytes32 word = wordOf(digestOf("new"), vm.getBlockNumber(), IFilingRegistry.Status.Active);
        return nextHistory(headHistory(), REVOKED, word, IFilingRegistry.Kind.Reopened, 0);
    }
}
