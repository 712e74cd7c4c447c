// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {
    MAX_BATCH,
    MAX_RECORD,
    REGISTRAR_ROLE,
    digestOf,
    firstHistory,
    isKey,
    keyOf,
    keysFrom,
    nextHistory,
    wordOf
} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: register.tree
contract RegisterTest is RegistryTest {
    function register(IFilingRegistry.Registration[] memory registrations) private {
        vm.prank(REGISTRAR);
        registry.register(registrations);
    }

    function test_WhenTheCallerIsNotARegistrar_ItRevertsWithAccessControlUnauthorizedAccount() external {
        address[4] memory others = [ADMIN, INSPECTOR, CORRECTOR, NOBODY];
        for (uint256 i = 0; i < others.length; ++i) {
            expectUnauthorised(others[i], REGISTRAR_ROLE);
            vm.prank(others[i]);
            registry.register(one(keyOf(1), "{}"));
        }
    }

    function test_WhenTheBatchIsEmpty_ItRevertsWithBatchOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.BatchOutOfBounds.selector, 0, MAX_BATCH));
        register(new IFilingRegistry.Registration[](0));
    }

    function test_WhenTheBatchHas257Filings_ItRevertsWithBatchOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.BatchOutOfBounds.selector, 257, MAX_BATCH));
        register(batch(keysFrom(1, 257), "{}"));
    }

    function test_WhenAKeyIsMalformed_ItRevertsWithMalformedNumber() external {
        bytes32[8] memory malformed = [
            bytes32(0),
            "1101082600000001001", // 19 characters
            "110108260000000100100", // 21
            "1101082600000001001x",
            "X1010826000000010010",
            "11010826/00000010010",
            "11010826:00000010010",
            bytes32(type(uint256).max)
        ];
        for (uint256 i = 0; i < malformed.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.MalformedNumber.selector, malformed[i]));
            register(one(malformed[i], "{}"));
        }
    }

    function test_WhenANumberHasAnEntry_ItRevertsWithAlreadyRegisteredWhateverTheStatusOfThatEntry() external {
        populate();
        for (uint8 status = 1; status < 6; ++status) {
            vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.AlreadyRegistered.selector, keyOf(status), status));
            register(one(keyOf(status), "{}"));
        }
    }

    function test_WhenANumberIsTwiceInTheBatch_ItRevertsWithAlreadyRegistered() external {
        bytes32[] memory twice = keysFrom(1, 3);
        twice[2] = twice[0];
        vm.expectRevert(
            abi.encodeWithSelector(IFilingRegistry.AlreadyRegistered.selector, twice[0], IFilingRegistry.Status.Active)
        );
        register(batch(twice, "{}"));
    }

    function test_WhenARecordIsEmpty_ItRevertsWithRecordOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, keyOf(1), 0, MAX_RECORD));
        register(one(keyOf(1), ""));
    }

    function test_WhenARecordHas2049Bytes_ItRevertsWithRecordOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, keyOf(1), 2049, MAX_RECORD));
        register(one(keyOf(1), filled(2049)));
    }

    function test_WhenOneFilingOfABatchIsRefused_ItRegistersNoneOfThem() external {
        IFilingRegistry.Registration[] memory filings = batch(keysFrom(1, 3), "{}");
        filings[2].record = "";
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, keyOf(3), 0, MAX_RECORD));
        register(filings);
        assertNoEntry(keyOf(1));
        assertNoEntry(keyOf(2));
        vm.assertEq(headHistory(), firstHistory(address(registry)), "history");
    }

    function test_WhenAllFilingsAreNewAndWithinBounds_ItStoresDigestBlockAndStatusActiveInOneSlotEach() external {
        IFilingRegistry.Registration[] memory filings = batch(keysFrom(1, 3), "{}");
        filings[1].record = "another";
        register(filings);
        for (uint256 i = 0; i < filings.length; ++i) {
            assertEntry(filings[i].number, filings[i].record, IFilingRegistry.Status.Active);
        }
    }

    function test_WhenAllFilingsAreNewAndWithinBounds_ItWritesNoSlotButTheirsAndTheHeads() external {
        bytes32[] memory numbers = keysFrom(1, 3);
        vm.record();
        register(batch(numbers, "{}"));
        assertWroteOnlyHeadAnd(numbers);
    }

    function test_WhenAllFilingsAreNewAndWithinBounds_ItEmitsRegisteredForEachInTheirOrderThenCheckpoint() external {
        register(one(keyOf(9), "{}"));
        uint40 before = uint40(vm.getBlockNumber());
        vm.roll(vm.getBlockNumber() + 7);
        bytes32[] memory numbers = keysFrom(1, 2);
        bytes32 history = headHistory();
        for (uint256 i = 0; i < numbers.length; ++i) {
            bytes32 word = wordOf(digestOf("{}"), vm.getBlockNumber(), IFilingRegistry.Status.Active);
            history = nextHistory(history, numbers[i], word, IFilingRegistry.Kind.Registered, 0);
            expectEvent();
            emit IFilingRegistry.Registered(numbers[i], 0, digestOf("{}"), "{}");
        }
        expectEvent();
        emit IFilingRegistry.Checkpoint(before, 3, history);
        vm.recordLogs();
        register(batch(numbers, "{}"));
        assertEvents(3);
    }

    function test_WhenAllFilingsAreNewAndWithinBounds_ItAddsEachOfThemToTheCountAndToTheRunningHash() external {
        bytes32[] memory numbers = keysFrom(1, 3);
        bytes32 history = firstHistory(address(registry));
        bytes32 word = wordOf(digestOf("{}"), vm.getBlockNumber(), IFilingRegistry.Status.Active);
        for (uint256 i = 0; i < numbers.length; ++i) {
            history = nextHistory(history, numbers[i], word, IFilingRegistry.Kind.Registered, 0);
        }
        register(batch(numbers, "{}"));
        assertHead(3, history);
    }

    function test_WhenAllFilingsAreNewAndWithinBounds_ItAccepts256OfThem() external {
        register(batch(keysFrom(1, 256), "{}"));
        (uint64 filings,,) = registry.head();
        vm.assertEq(filings, 256, "filings");
    }

    function test_WhenAllFilingsAreNewAndWithinBounds_ItAcceptsARecordOf2048Bytes() external {
        register(one(keyOf(1), filled(2048)));
        assertEntry(keyOf(1), filled(2048), IFilingRegistry.Status.Active);
    }

    function test_WhenAllFilingsAreNewAndWithinBounds_ItAcceptsAKeyThatEndsInX() external {
        register(one("1101082600000001001X", "{}"));
        assertEntry("1101082600000001001X", "{}", IFilingRegistry.Status.Active);
    }

    /// @dev Whether the registry takes `number`, which must be what its shape says.
    function checkShape(bytes32 number) private {
        if (statusOf(number) != IFilingRegistry.Status.None) return;
        if (!isKey(number)) {
            vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.MalformedNumber.selector, number));
        }
        register(one(number, "{}"));
    }

    function replaced(bytes32 number, uint256 i, uint8 by) private pure returns (bytes32) {
        uint256 shift = 8 * (31 - i);
        return bytes32(uint256(number) & ~(uint256(0xff) << shift) | (uint256(by) << shift));
    }

    function test_EveryByteAtEveryPlaceOfAKeyIsJudgedAsByALoop() external {
        for (uint256 i = 0; i < 32; ++i) {
            for (uint256 by = 0; by < 256; ++by) {
                checkShape(replaced("11010826000000010010", i, uint8(by)));
            }
        }
    }

    function testFuzz_KeysWithThreeBytesChangedAreJudgedAsByALoop(
        uint256 serial,
        uint8[3] memory places,
        uint8[3] memory bytes_
    ) external {
        bytes32 number = keyOf(serial);
        for (uint256 i = 0; i < 3; ++i) {
            // Half of the changes are near digits, and most of them to the twenty characters.
            uint8 by = bytes_[i] < 128 ? 0x2e + bytes_[i] % 16 : bytes_[i];
            number = replaced(number, places[i] < 224 ? places[i] % 20 : places[i] % 32, by);
            checkShape(number);
        }
    }

    function testFuzz_AnyThirtyTwoBytesAreJudgedAsByALoop(bytes32 number) external {
        checkShape(number);
    }

    function testFuzz_ARecordIsAcceptedFromOneTo2048Bytes(uint16 length, bytes1 first) external {
        length %= 2200;
        bytes memory record = filled(length);
        if (length > 0) record[0] = first;
        bool isWithin = length >= 1 && length <= 2048;
        if (!isWithin) {
            vm.expectRevert(
                abi.encodeWithSelector(IFilingRegistry.RecordOutOfBounds.selector, keyOf(1), length, MAX_RECORD)
            );
        }
        register(one(keyOf(1), record));
        if (isWithin) assertEntry(keyOf(1), record, IFilingRegistry.Status.Active);
    }

    function testFuzz_TheContentOfARecordIsPinnedByItsDigest(bytes memory record) external {
        vm.assume(record.length > 0 && record.length <= MAX_RECORD);
        register(one(keyOf(1), record));
        assertEntry(keyOf(1), record, IFilingRegistry.Status.Active);
    }

    function testFuzz_ABatchIsAcceptedFromOneTo256Filings(uint16 size) external {
        size %= 300;
        bool isWithin = size >= 1 && size <= 256;
        if (!isWithin) {
            vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.BatchOutOfBounds.selector, size, MAX_BATCH));
        }
        register(batch(keysFrom(1, size), "{}"));
        (uint64 filings,,) = registry.head();
        vm.assertEq(filings, isWithin ? size : 0, "filings");
    }
}
