// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {ADMIN_ROLE, slotOf, wordOf} from "./support/Expected.sol";
import {Handler} from "./support/Handler.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev In words: invariants.md
contract InvariantsTest is RegistryTest {
    Handler private handler;

    function setUp() public override {
        vm.roll(DEPLOYED_AT);
        vm.warp(NOW);
        registry = deploy("test", ADMIN, DELAY);
        handler = new Handler(address(registry), ADMIN, NOBODY);
        // Actors 2, 3 and 4 begin with the roles 0, 1 and 2; 2 and 3 share one.
        for (uint256 i = 0; i < 3; ++i) {
            handler.grant(1, 2 + i, i);
        }
        handler.grant(1, 2, 1);
    }

    /// @dev Asked by the machine: what it may call.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev One for all: each invariant would be a campaign of its own.
    function invariant_TheRegistryHoldsWhatWasAcceptedAndNothingElse() external view {
        checkHead();
        checkEntries();
        checkRoles();
        checkConstants();
    }

    function checkHead() private view {
        (uint64 filings, uint40 changedAt, bytes32 history) = registry.head();
        vm.assertEq(history, handler.history(), "history");
        vm.assertEq(filings, handler.filings(), "filings");
        vm.assertEq(changedAt, handler.changedAt(), "changedAt");
        vm.assertLe(changedAt, vm.getBlockNumber(), "changedAt is not ahead");
    }

    function checkEntries() private view {
        for (uint256 i = 0; i < handler.NUMBERS(); ++i) {
            bytes32 number = handler.numberOf(i);
            IFilingRegistry.Entry memory entry = registry.entryOf(number);
            vm.assertEq(wordOf(entry.digest, entry.changedAt, entry.status), handler.words(number), "entry");
            vm.assertEq(vm.load(address(registry), slotOf(number)), handler.words(number), "slot");
            vm.assertLe(entry.changedAt, vm.getBlockNumber(), "changedAt is not ahead");
        }
    }

    function checkRoles() private view {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address actor = handler.actorOf(i);
            for (uint256 j = 0; j < 3; ++j) {
                bytes32 role = handler.roleOf(j);
                vm.assertTrue(registry.hasRole(role, actor) == handler.holds(actor, role), "role");
                vm.assertFalse(registry.hasRole(role, NOBODY), "a stranger's role");
            }
            vm.assertTrue(registry.hasRole(ADMIN_ROLE, actor) == (actor == ADMIN), "admin");
        }
        vm.assertEq(registry.defaultAdmin(), ADMIN, "the one admin");
    }

    function checkConstants() private view {
        vm.assertEq(vm.load(address(registry), slotOf(handler.MALFORMED())), 0, "a malformed key has no entry");
        vm.assertEq(registry.name(), "test", "name");
        vm.assertEq(registry.deployedAt(), DEPLOYED_AT, "deployedAt");
    }

    /// @dev The handler reaches every function with success and with refusal; else the invariants would say little.
    function test_TheHandlerIsAcceptedAndRefusedByEveryFunction() external {
        for (uint256 i = 0; i < 3_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (uint256 by, uint256 what, uint256 size, uint256 more) = (seed >> 8, seed >> 64, seed >> 128, seed >> 192);
            bytes memory record = seed % 16 == 0 ? bytes("") : abi.encode(seed);
            uint256 step = seed % 9;
            if (step == 0) handler.grant(by, what, more);
            else if (step == 1) handler.revoke(by, what, more, size);
            else if (step == 2) handler.register(by, what, size, record);
            else if (step == 3) handler.amend(by, what, size, record, more);
            else if (step == 4) handler.setStatus(by, what, size, uint8(more), uint16(size));
            else if (step == 5) handler.correct(by, what, 0);
            else if (step == 6) handler.reopen(by, what, record);
            else if (step == 7) handler.renounce(by, what, size);
            else handler.pass(uint8(more));
        }
        bytes4[7] memory reached = [
            IFilingRegistry.register.selector,
            IFilingRegistry.amend.selector,
            IFilingRegistry.setStatus.selector,
            IFilingRegistry.correct.selector,
            IFilingRegistry.reopen.selector,
            IAccessControl.grantRole.selector,
            IAccessControl.revokeRole.selector
        ];
        for (uint256 i = 0; i < reached.length; ++i) {
            vm.assertLe(4, handler.accepted(reached[i]), "accepted");
            vm.assertLe(4, handler.refused(reached[i]), "refused");
        }
    }
}
