// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IFilingRegistry} from "../contracts/IFilingRegistry.sol";
import {
    ADMIN_ROLE,
    CORRECTOR_ROLE,
    INSPECTOR_ROLE,
    MAX_NAME,
    REGISTRAR_ROLE,
    firstHistory
} from "./support/Expected.sol";
import {IRegistry, RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: constructor.tree
contract ConstructorTest is RegistryTest {
    /// @dev `deploy` as a call, for what must revert.
    function deployed(string memory name, address admin, uint48 delay) external returns (IRegistry) {
        return deploy(name, admin, delay);
    }

    function named(uint256 length) private pure returns (string memory) {
        return string(filled(length));
    }

    function test_WhenTheNameIsEmpty_ItRevertsWithNameOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.NameOutOfBounds.selector, 0, MAX_NAME));
        this.deployed("", ADMIN, DELAY);
    }

    function test_WhenTheNameHas65Bytes_ItRevertsWithNameOutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(IFilingRegistry.NameOutOfBounds.selector, 65, MAX_NAME));
        this.deployed(named(65), ADMIN, DELAY);
    }

    function test_WhenTheAdminIsTheZeroAddress_ItRevertsWithAccessControlInvalidDefaultAdmin() external {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, 0)
        );
        this.deployed("test", address(0), DELAY);
    }

    function test_WhenNameAndAdminAreWithinBounds_ItKeepsTheNameOf1To64Bytes() external {
        for (uint256 length = 1; length <= MAX_NAME; ++length) {
            vm.assertEq(deploy(named(length), ADMIN, DELAY).name(), named(length), "name");
        }
    }

    function test_WhenNameAndAdminAreWithinBounds_ItKeepsTheBlock() external {
        vm.roll(77);
        vm.assertEq(deploy("test", ADMIN, DELAY).deployedAt(), 77, "deployedAt");
    }

    function test_WhenNameAndAdminAreWithinBounds_ItMakesTheAdminTheOnlyOneAndGrantsNoOtherRole() external {
        IRegistry fresh = deploy("test", ADMIN, DELAY);
        vm.assertEq(fresh.defaultAdmin(), ADMIN, "admin");
        vm.assertEq(fresh.defaultAdminDelay(), DELAY, "delay");
        bytes32[4] memory roles = [ADMIN_ROLE, REGISTRAR_ROLE, INSPECTOR_ROLE, CORRECTOR_ROLE];
        address[2] memory others = [address(this), NOBODY];
        for (uint256 i = 0; i < roles.length; ++i) {
            vm.assertTrue(fresh.hasRole(roles[i], ADMIN) == (i == 0), "the admin is admin and no more");
            vm.assertFalse(fresh.hasRole(roles[i], others[0]), "the deployer holds no role");
            vm.assertFalse(fresh.hasRole(roles[i], others[1]), "nobody holds a role");
            vm.assertEq(fresh.getRoleAdmin(roles[i]), ADMIN_ROLE, "who grants");
        }
    }

    function test_WhenNameAndAdminAreWithinBounds_ItStartsTheRunningHashFromChainAndAddress() external {
        IRegistry fresh = deploy("test", ADMIN, DELAY);
        (uint64 filings, uint40 changedAt, bytes32 history) = fresh.head();
        vm.assertEq(filings, 0, "filings");
        vm.assertEq(changedAt, 0, "changedAt");
        vm.assertEq(history, firstHistory(address(fresh)), "history");
        vm.assertFalse(history == firstHistory(address(registry)), "another registry starts elsewhere");
    }

    function test_WhenNameAndAdminAreWithinBounds_ItLeavesTheSameCodeWhateverItWasTold() external {
        bytes memory code = address(registry).code;
        vm.assertEq(address(deploy(named(64), NOBODY, 0)).code, code, "code");
        vm.assertEq(address(deploy("x", BOTH, type(uint48).max)).code, code, "code");
    }
}
