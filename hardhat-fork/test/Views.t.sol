// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {
    CORRECTOR_ROLE,
    INSPECTOR_ROLE,
    MAX_BATCH,
    MAX_NAME,
    MAX_RECORD,
    REGISTRAR_ROLE,
    digestOf,
    firstHistory,
    keyOf,
    keysFrom
} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: views.tree
contract ViewsTest is RegistryTest {
    function assertZero(IFilingRegistry.Entry memory entry) private pure {
        vm.assertEq(bytes32(entry.digest), 0, "digest");
        vm.assertEq(entry.changedAt, 0, "changedAt");
        vm.assertEq(uint8(entry.status), 0, "status");
    }

    function test_EntryOf_WhenANumberHasNoEntry_ItAnswersAllZero() external view {
        assertZero(registry.entryOf(keyOf(1)));
    }

    function test_EntryOf_WhenANumberHasAnEntry_ItAnswersDigestBlockAndStatus() external {
        populate();
        for (uint8 i = 1; i < 6; ++i) {
            IFilingRegistry.Entry memory entry = registry.entryOf(keyOf(i));
            vm.assertEq(bytes32(entry.digest), bytes32(digestOf(recordOf(IFilingRegistry.Status(i)))), "digest");
            vm.assertEq(entry.changedAt, vm.getBlockNumber() - 1, "changedAt");
            vm.assertEq(uint8(entry.status), i, "status");
        }
    }

    function test_EntryOf_WhenWhatIsAskedForIsNotAKey_ItAnswersAllZeroInsteadOfReverting() external {
        populate();
        assertZero(registry.entryOf(0));
        assertZero(registry.entryOf(bytes32(type(uint256).max)));
        assertZero(registry.entryOf(keyOf(1) | bytes32(uint256(1))));
    }

    function test_EntriesOf_WhenNoNumberIsAskedFor_ItAnswersAnEmptyList() external view {
        vm.assertEq(registry.entriesOf(new bytes32[](0)).length, 0, "length");
    }

    function test_EntriesOf_WhenSeveralAreAskedFor_ItAnswersEachInTheirOrderWhatIsNotAKeyToo() external {
        populate();
        bytes32[] memory numbers = new bytes32[](8);
        for (uint256 i = 0; i < 6; ++i) {
            numbers[i] = keyOf(5 - i);
        }
        numbers[7] = keyOf(5);
        IFilingRegistry.Entry[] memory entries = registry.entriesOf(numbers);
        vm.assertEq(entries.length, 8, "length");
        for (uint256 i = 0; i < 8; ++i) {
            vm.assertEq(abi.encode(entries[i]), abi.encode(registry.entryOf(numbers[i])), "entry");
        }
    }

    function test_EntriesOf_WhenSeveralAreAskedFor_ItAnswersMoreThanABatch() external view {
        vm.assertEq(registry.entriesOf(keysFrom(1, 300)).length, 300, "length");
    }

    function test_Head_WhenNothingWasRegistered_ItAnswersNoFilingsNoChangeAndTheFirstHash() external view {
        (uint64 filings, uint40 changedAt, bytes32 history) = registry.head();
        vm.assertEq(filings, 0, "filings");
        vm.assertEq(changedAt, 0, "changedAt");
        vm.assertEq(history, firstHistory(address(registry)), "history");
    }

    function test_Head_WhenANumberWasRegistered_ItCountsItOnceWhateverBecameOfIt() external {
        populate();
        vm.prank(CORRECTOR);
        registry.reopen(keyOf(5), "new");
        (uint64 filings,,) = registry.head();
        vm.assertEq(filings, 5, "filings");
    }

    function test_Head_WhenANumberWasRegistered_ItAnswersTheBlockOfTheLastChangeOfAnyNumber() external {
        populate();
        (, uint40 changedAt,) = registry.head();
        vm.assertEq(changedAt, vm.getBlockNumber() - 1, "changedAt");
        vm.roll(5_000);
        set(keyOf(1), IFilingRegistry.Status.Suspended);
        (, changedAt,) = registry.head();
        vm.assertEq(changedAt, 5_000, "changedAt");
    }

    function test_Name_WhenAsked_ItAnswersWhatTheConstructorWasTold() external view {
        vm.assertEq(registry.name(), "test", "name");
    }

    function test_DeployedAt_WhenAskedLater_ItAnswersTheBlockOfDeployment() external {
        populate();
        vm.roll(5_000);
        vm.assertEq(registry.deployedAt(), DEPLOYED_AT, "deployedAt");
    }

    function test_Constants_WhenRead_ItHasRolesThatAreTheHashesOfTheirNames() external view {
        vm.assertEq(registry.REGISTRAR(), REGISTRAR_ROLE, "REGISTRAR");
        vm.assertEq(registry.INSPECTOR(), INSPECTOR_ROLE, "INSPECTOR");
        vm.assertEq(registry.CORRECTOR(), CORRECTOR_ROLE, "CORRECTOR");
    }

    function test_Constants_WhenRead_ItHasTheBoundsThatErrorsName() external view {
        vm.assertEq(registry.MAX_BATCH(), MAX_BATCH, "MAX_BATCH");
        vm.assertEq(registry.MAX_RECORD(), MAX_RECORD, "MAX_RECORD");
        vm.assertEq(registry.MAX_NAME(), MAX_NAME, "MAX_NAME");
    }

    function testFuzz_ReadingNeverWrites(bytes32[] memory numbers) external {
        populate();
        vm.record();
        registry.entriesOf(numbers);
        registry.head();
        registry.name();
        registry.deployedAt();
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertEq(writes.length, 0, "writes");
    }
}
