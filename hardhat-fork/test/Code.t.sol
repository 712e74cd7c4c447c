// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ENTRIES_SLOT, HEAD_SLOT, HISTORY_SLOT} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev The bytes under test.
contract CodeTest is RegistryTest {
    string private constant ARTIFACT = "../attest/registry/abi/FilingRegistry.json";
    bytes private constant FORBIDDEN = hex"f0f1f2f4f5ff"; // CREATE CALL CALLCODE DELEGATECALL CREATE2 SELFDESTRUCT

    /// @dev Not run with coverage, which puts its own calls into the code.
    function test_TheCodeUnderTestIsThatOfTheCommittedArtifact() external view {
        string memory artifact = vm.readFile(ARTIFACT);
        bytes32 creation = keccak256(vm.getCode("FilingRegistry.sol:FilingRegistry"));
        vm.assertEq(creation, keccak256(vm.parseJsonBytes(artifact, ".bytecode")), "creation code");
        bytes32 runtime = keccak256(address(registry).code);
        vm.assertEq(runtime, keccak256(vm.parseJsonBytes(artifact, ".deployedBytecode")), "runtime code");
        vm.assertEq(runtime, vm.parseJsonBytes32(artifact, ".runtimeCodeHash"), "hash of the runtime code");
    }

    function test_TheSlotsThatTheseTestsReadAreThoseOfTheCommittedLayout() external view {
        string memory artifact = vm.readFile(ARTIFACT);
        vm.assertEq(slot(artifact, "_slots"), ENTRIES_SLOT, "entries");
        vm.assertEq(slot(artifact, "_filings"), HEAD_SLOT, "head");
        vm.assertEq(slot(artifact, "_history"), HISTORY_SLOT, "history");
    }

    function test_TheRuntimeCodeRunsNoOtherCodeInItsStorageAndNeitherCreatesNorDestroys() external view {
        assertNone(address(registry).code);
    }

    function test_OperationsAreNotLookedForInPushedData() external pure {
        assertNone(hex"61fff45f");
        vm.assertEq(count(hex"60f4f4ff"), 2, "operations behind a PUSH1");
    }

    function assertNone(bytes memory code) private pure {
        vm.assertEq(count(code), 0, "forbidden operations");
    }

    /// @dev How many operations of `code` are forbidden; data of PUSH1 to PUSH32 are not operations.
    function count(bytes memory code) private pure returns (uint256 found) {
        for (uint256 i = 0; i < code.length; ++i) {
            uint8 operation = uint8(code[i]);
            if (operation >= 0x60 && operation <= 0x7f) i += operation - 0x5f;
            for (uint256 j = 0; j < FORBIDDEN.length; ++j) {
                if (operation == uint8(FORBIDDEN[j])) ++found;
            }
        }
    }

    function slot(string memory artifact, string memory label) private pure returns (uint256) {
        for (uint256 i = 0;; ++i) {
            string memory item = string.concat(".storageLayout.storage[", vm.toString(i), "]");
            if (
                keccak256(bytes(vm.parseJsonString(artifact, string.concat(item, ".label")))) == keccak256(bytes(label))
            ) {
                return vm.parseJsonUint(artifact, string.concat(item, ".slot"));
            }
        }
        revert("unreachable");
    }
}
