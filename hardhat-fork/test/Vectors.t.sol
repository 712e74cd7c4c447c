// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {digestOf, firstHistory, nextHistory, wordOf} from "./support/Expected.sol";
import {vm} from "./support/Vm.sol";

/// @dev What these tests expect is what the tools expect: the vectors that Python and JavaScript are tested with hold
/// for `support/Expected.sol` too.
contract VectorsTest {
    string private constant VECTORS = "../tests/vectors/history.json";

    function test_TheVectorsOfTheRunningHashHold() external {
        string memory vectors = vm.readFile(VECTORS);
        uint256 changes;
        for (uint256 i = 0; exists(vectors, ".registries", i); ++i) {
            string memory of_ = item(".registries", i);
            vm.chainId(vm.parseJsonUint(vectors, string.concat(of_, ".chain_id")));
            bytes32 history = firstHistory(vm.parseJsonAddress(vectors, string.concat(of_, ".address")));
            vm.assertEq(history, vm.parseJsonBytes32(vectors, string.concat(of_, ".start")), "start");
            for (uint256 j = 0; exists(vectors, string.concat(of_, ".changes"), j); ++j) {
                history = checkChange(vectors, item(string.concat(of_, ".changes"), j), history);
                ++changes;
            }
        }
        vm.assertLe(10, changes, "changes");
    }

    function checkChange(string memory vectors, string memory of_, bytes32 before)
        private
        view
        returns (bytes32 history)
    {
        bytes32 number = bytes32(bytes(vm.parseJsonString(vectors, string.concat(of_, ".number"))));
        bytes32 expected = vm.parseJsonBytes32(vectors, string.concat(of_, ".word"));
        // A change of status has no record; its digest is the one that was there.
        bytes26 digest = bytes26(expected << 48);
        if (vm.keyExistsJson(vectors, string.concat(of_, ".record"))) {
            digest = digestOf(bytes(vm.parseJsonString(vectors, string.concat(of_, ".record"))));
        }
        IFilingRegistry.Status status = IFilingRegistry.Status(vm.parseJsonUint(vectors, string.concat(of_, ".status")));
        bytes32 word = wordOf(digest, vm.parseJsonUint(vectors, string.concat(of_, ".block")), status);
        vm.assertEq(word, expected, "word");
        IFilingRegistry.Kind kind = IFilingRegistry.Kind(vm.parseJsonUint(vectors, string.concat(of_, ".kind")));
        uint16 reason = uint16(vm.parseJsonUint(vectors, string.concat(of_, ".reason")));
        history = nextHistory(before, number, word, kind, reason);
        vm.assertEq(history, vm.parseJsonBytes32(vectors, string.concat(of_, ".history")), "history");
    }

    function exists(string memory vectors, string memory list, uint256 index) private view returns (bool) {
        return vm.keyExistsJson(vectors, item(list, index));
    }

    function item(string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(index), "]");
    }
}
