// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {CORRECTOR_ROLE, MAY_CORRECT, digestOf, isAllowed, keyOf, nextHistory, wordOf} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: correct.tree
contract CorrectTest is RegistryTest {
    bytes32 private constant ACTIVE = "11010826000000010010";

    function setUp() public override {
        super.setUp();
        populate();
    }

    function correct(bytes32 number, uint16 reason) private {
        vm.prank(CORRECTOR);
        registry.correct(number, reason);
    }

    function test_WhenTheCallerIsNotACorrector_ItRevertsWithAccessControlUnauthorizedAccount() external {
        address[5] memory others = [ADMIN, REGISTRAR, INSPECTOR, NOBODY, BOTH];
        for (uint256 i = 0; i < others.length; ++i) {
            for (uint8 status = 0; status < 6; ++status) {
                expectUnauthorised(others[i], CORRECTOR_ROLE);
                vm.prank(others[i]);
                registry.correct(keyOf(status), 0);
            }
        }
    }

    function test_WhenTheNumberHasNoEntryOrAVoidOne_ItRevertsWithTransitionNotAllowed() external {
        for (uint8 i = 0; i < 6; ++i) {
            IFilingRegistry.Status from = IFilingRegistry.Status(i);
            if (isAllowed(MAY_CORRECT, from)) continue;
            expectTransitionNotAllowed(keyOf(i), from, IFilingRegistry.Status.Void);
            correct(keyOf(i), 0);
        }
    }

    function test_WhenTheNumberHasAnEntryThatIsNotVoid_ItMakesItVoidAndKeepsTheDigestWhateverItsStatus() external {
        for (uint8 i = 0; i < 6; ++i) {
            IFilingRegistry.Status from = IFilingRegistry.Status(i);
            if (!isAllowed(MAY_CORRECT, from)) continue;
            correct(keyOf(i), 0);
            assertEntry(keyOf(i), recordOf(from), IFilingRegistry.Status.Void);
        }
    }

    function test_WhenTheNumberHasAnEntryThatIsNotVoid_ItWritesNoSlotButItsOwnAndTheHeads() external {
        vm.record();
        correct(ACTIVE, 7);
        assertWroteOnlyHeadAnd(one(ACTIVE));
    }

    function test_WhenTheNumberHasAnEntryThatIsNotVoid_ItEmitsStatusChangedThenCheckpoint() external {
        uint40 before = uint40(vm.getBlockNumber() - 1);
        bytes32 history = expectedHistory(7);
        expectEvent();
        emit IFilingRegistry.StatusChanged(
            ACTIVE, before, IFilingRegistry.Status.Active, IFilingRegistry.Status.Void, 7
        );
        expectEvent();
        emit IFilingRegistry.Checkpoint(before, 5, history);
        vm.recordLogs();
        correct(ACTIVE, 7);
        assertEvents(2);
    }

    function test_WhenTheNumberHasAnEntryThatIsNotVoid_ItAddsItWithTheReasonToTheRunningHashAndNotToTheCount()
        external
    {
        bytes32 history = expectedHistory(65_535);
        correct(ACTIVE, 65_535);
        assertHead(5, history);
    }

    function testFuzz_ANumberThatIsNotRegisteredHasNothingToCorrect(bytes32 number) external {
        vm.assume(statusOf(number) == IFilingRegistry.Status.None);
        expectTransitionNotAllowed(number, IFilingRegistry.Status.None, IFilingRegistry.Status.Void);
        correct(number, 0);
    }

    function expectedHistory(uint16 reason) private view returns (bytes32) {
        bytes32 word = wordOf(digestOf("record 1"), vm.getBlockNumber(), IFilingRegistry.Status.Void);
        return nextHistory(headHistory(), ACTIVE, word, IFilingRegistry.Kind.StatusChanged, reason);
    }
}
