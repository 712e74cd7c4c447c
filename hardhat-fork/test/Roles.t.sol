// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {ADMIN_ROLE, CORRECTOR_ROLE, INSPECTOR_ROLE, REGISTRAR_ROLE, keyOf} from "./support/Expected.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev Plan: roles.tree. The rules are OpenZeppelin's; these are the ones that the registry's readers rely on.
contract RolesTest is RegistryTest {
    address private constant HEIR = address(0xb1);

    function begin(address newAdmin) private {
        vm.prank(ADMIN);
        registry.beginDefaultAdminTransfer(newAdmin);
    }

    function expectDelay(uint48 schedule) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector, schedule
            )
        );
    }

    function expectAdminRules() private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminRules.selector)
        );
    }

    function expectInvalidAdmin(address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, account)
        );
    }

    /// @dev `call` is refused to everybody who is not the admin.
    function checkAdminOnly(bytes memory call) private {
        address[6] memory all = accounts();
        for (uint256 i = 1; i < all.length; ++i) {
            expectUnauthorised(all[i], ADMIN_ROLE);
            vm.prank(all[i]);
            (bool expected,) = address(registry).call(call);
            vm.assertTrue(expected, "the refusal was the expected one");
        }
    }

    function test_GrantRole_WhenTheCallerIsNotTheAdmin_ItRevertsWithAccessControlUnauthorizedAccount() external {
        checkAdminOnly(abi.encodeCall(IAccessControl.grantRole, (REGISTRAR_ROLE, NOBODY)));
    }

    function test_GrantRole_WhenTheRoleIsTheAdmins_ItRevertsWithAccessControlEnforcedDefaultAdminRules() external {
        expectAdminRules();
        grant(ADMIN_ROLE, NOBODY);
    }

    function test_GrantRole_WhenTheAdminGrantsOneOfTheThreeRoles_ItEmitsRoleGrantedAndTheAccountMayUseItAtOnce()
        external
    {
        expectEvent();
        emit IAccessControl.RoleGranted(REGISTRAR_ROLE, NOBODY, ADMIN);
        grant(REGISTRAR_ROLE, NOBODY);
        vm.prank(NOBODY);
        registry.register(one(keyOf(1), "{}"));
    }

    function test_GrantRole_WhenTheAdminGrantsOneOfTheThreeRoles_ItGrantsThatRoleAndNoOther() external {
        bytes32[3] memory roles = [REGISTRAR_ROLE, INSPECTOR_ROLE, CORRECTOR_ROLE];
        for (uint256 i = 0; i < roles.length; ++i) {
            address account = address(uint160(0xc0 + i));
            grant(roles[i], account);
            for (uint256 j = 0; j < roles.length; ++j) {
                vm.assertTrue(registry.hasRole(roles[j], account) == (i == j), "role");
            }
            vm.assertFalse(registry.hasRole(ADMIN_ROLE, account), "admin");
        }
    }

    function test_RevokeRole_WhenTheCallerIsNotTheAdmin_ItRevertsWithAccessControlUnauthorizedAccount() external {
        checkAdminOnly(abi.encodeCall(IAccessControl.revokeRole, (REGISTRAR_ROLE, REGISTRAR)));
    }

    function test_RevokeRole_WhenTheRoleIsTheAdmins_ItRevertsWithAccessControlEnforcedDefaultAdminRules() external {
        expectAdminRules();
        vm.prank(ADMIN);
        registry.revokeRole(ADMIN_ROLE, ADMIN);
    }

    function test_RevokeRole_WhenTheAdminRevokesARole_ItEmitsRoleRevokedAndTheAccountMayNoLongerUseIt() external {
        expectEvent();
        emit IAccessControl.RoleRevoked(REGISTRAR_ROLE, REGISTRAR, ADMIN);
        vm.prank(ADMIN);
        registry.revokeRole(REGISTRAR_ROLE, REGISTRAR);
        expectUnauthorised(REGISTRAR, REGISTRAR_ROLE);
        vm.prank(REGISTRAR);
        registry.register(one(keyOf(1), "{}"));
    }

    function test_RenounceRole_WhenItIsForAnotherAccount_ItRevertsWithAccessControlBadConfirmation() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlBadConfirmation.selector));
        vm.prank(ADMIN);
        registry.renounceRole(REGISTRAR_ROLE, REGISTRAR);
    }

    function test_RenounceRole_WhenAnAccountGivesUpItsOwnRole_ItMayNoLongerUseIt() external {
        vm.prank(CORRECTOR);
        registry.renounceRole(CORRECTOR_ROLE, CORRECTOR);
        expectUnauthorised(CORRECTOR, CORRECTOR_ROLE);
        vm.prank(CORRECTOR);
        registry.correct(keyOf(1), 0);
    }

    function test_RenounceRole_WhenTheAdminGivesUpWithoutTwoSteps_ItRevertsWithAccessControlEnforcedDefaultAdminDelay()
        external
    {
        expectDelay(0);
        vm.prank(ADMIN);
        registry.renounceRole(ADMIN_ROLE, ADMIN);
    }

    function test_RenounceRole_WhenTheAdminGivesUpAndTheDelayHasNotPassed_ItRevertsWithAccessControlEnforcedDefaultAdminDelay()
        external
    {
        begin(address(0));
        vm.warp(NOW + DELAY);
        expectDelay(NOW + DELAY);
        vm.prank(ADMIN);
        registry.renounceRole(ADMIN_ROLE, ADMIN);
    }

    function test_RenounceRole_WhenTheAdminGivesUpAndTheDelayHasPassed_ItLeavesARegistryWithoutAnAdminWhoseRolesStillWork()
        external
    {
        begin(address(0));
        vm.warp(NOW + DELAY + 1);
        vm.prank(ADMIN);
        registry.renounceRole(ADMIN_ROLE, ADMIN);
        vm.assertEq(registry.defaultAdmin(), address(0), "admin");
        expectUnauthorised(ADMIN, ADMIN_ROLE);
        grant(REGISTRAR_ROLE, NOBODY);
        vm.prank(REGISTRAR);
        registry.register(one(keyOf(1), "{}"));
    }

    function test_BeginDefaultAdminTransfer_WhenTheCallerIsNotTheAdmin_ItRevertsWithAccessControlUnauthorizedAccount()
        external
    {
        checkAdminOnly(abi.encodeCall(IAccessControlDefaultAdminRules.beginDefaultAdminTransfer, (HEIR)));
    }

    function test_BeginDefaultAdminTransfer_WhenTheAdminBeginsATransfer_ItEmitsDefaultAdminTransferScheduledAndChangesNoAdmin()
        external
    {
        expectEvent();
        emit IAccessControlDefaultAdminRules.DefaultAdminTransferScheduled(HEIR, NOW + DELAY);
        begin(HEIR);
        vm.assertEq(registry.defaultAdmin(), ADMIN, "admin");
        vm.assertFalse(registry.hasRole(ADMIN_ROLE, HEIR), "the heir is not admin yet");
    }

    function test_AcceptDefaultAdminTransfer_WhenNoTransferWasBegun_ItRevertsWithAccessControlInvalidDefaultAdmin()
        external
    {
        address[6] memory all = accounts();
        for (uint256 i = 0; i < all.length; ++i) {
            expectInvalidAdmin(all[i]);
            vm.prank(all[i]);
            registry.acceptDefaultAdminTransfer();
        }
    }

    function test_AcceptDefaultAdminTransfer_WhenTheCallerIsNotTheNewAdmin_ItRevertsWithAccessControlInvalidDefaultAdmin()
        external
    {
        begin(HEIR);
        vm.warp(NOW + DELAY + 1);
        address[6] memory all = accounts();
        for (uint256 i = 0; i < all.length; ++i) {
            expectInvalidAdmin(all[i]);
            vm.prank(all[i]);
            registry.acceptDefaultAdminTransfer();
        }
    }

    function test_AcceptDefaultAdminTransfer_WhenTheDelayHasNotPassed_ItRevertsWithAccessControlEnforcedDefaultAdminDelay()
        external
    {
        begin(HEIR);
        vm.warp(NOW + DELAY);
        expectDelay(NOW + DELAY);
        vm.prank(HEIR);
        registry.acceptDefaultAdminTransfer();
    }

    function test_AcceptDefaultAdminTransfer_WhenTheDelayHasPassed_ItMakesTheNewAdminTheOnlyOne() external {
        begin(HEIR);
        vm.warp(NOW + DELAY + 1);
        vm.prank(HEIR);
        registry.acceptDefaultAdminTransfer();
        vm.assertEq(registry.defaultAdmin(), HEIR, "admin");
        expectUnauthorised(ADMIN, ADMIN_ROLE);
        grant(REGISTRAR_ROLE, NOBODY);
        vm.prank(HEIR);
        registry.grantRole(REGISTRAR_ROLE, NOBODY);
        vm.assertTrue(registry.hasRole(REGISTRAR_ROLE, NOBODY), "the heir grants");
    }

    function test_AcceptDefaultAdminTransfer_WhenTheDelayHasPassed_ItLeavesTheOtherRolesAsTheyWere() external {
        begin(HEIR);
        vm.warp(NOW + DELAY + 1);
        vm.prank(HEIR);
        registry.acceptDefaultAdminTransfer();
        vm.assertTrue(registry.hasRole(REGISTRAR_ROLE, REGISTRAR), "registrar");
        vm.assertTrue(registry.hasRole(INSPECTOR_ROLE, INSPECTOR), "inspector");
        vm.assertTrue(registry.hasRole(CORRECTOR_ROLE, CORRECTOR), "corrector");
        vm.assertFalse(registry.hasRole(REGISTRAR_ROLE, HEIR), "the heir is no registrar");
    }

    function test_AcceptDefaultAdminTransfer_WhenTheTransferWasCancelled_ItRevertsWithAccessControlInvalidDefaultAdmin()
        external
    {
        begin(HEIR);
        vm.prank(ADMIN);
        registry.cancelDefaultAdminTransfer();
        vm.warp(NOW + DELAY + 1);
        expectInvalidAdmin(HEIR);
        vm.prank(HEIR);
        registry.acceptDefaultAdminTransfer();
    }

    function test_CancelDefaultAdminTransfer_WhenTheCallerIsNotTheAdmin_ItRevertsWithAccessControlUnauthorizedAccount()
        external
    {
        begin(HEIR);
        checkAdminOnly(abi.encodeCall(IAccessControlDefaultAdminRules.cancelDefaultAdminTransfer, ()));
    }

    function test_CancelDefaultAdminTransfer_WhenTheAdminCancels_ItEmitsDefaultAdminTransferCanceled() external {
        begin(HEIR);
        expectEvent();
        emit IAccessControlDefaultAdminRules.DefaultAdminTransferCanceled();
        vm.prank(ADMIN);
        registry.cancelDefaultAdminTransfer();
    }

    function test_ChangeDefaultAdminDelay_WhenTheCallerIsNotTheAdmin_ItRevertsWithAccessControlUnauthorizedAccount()
        external
    {
        checkAdminOnly(abi.encodeCall(IAccessControlDefaultAdminRules.changeDefaultAdminDelay, (0)));
    }

    function test_ChangeDefaultAdminDelay_WhenTheDelayIsToBeLonger_ItTakesEffectAfterTheNewDelayFiveDaysAtMost()
        external
    {
        checkDelay(2 days, 2 days);
        checkDelay(10 days, 5 days);
    }

    function test_ChangeDefaultAdminDelay_WhenTheDelayIsToBeShorter_ItTakesEffectAfterTheDifference() external {
        checkDelay(0, DELAY);
        checkDelay(1 hours, 23 hours);
    }

    function test_RollbackDefaultAdminDelay_WhenTheCallerIsNotTheAdmin_ItRevertsWithAccessControlUnauthorizedAccount()
        external
    {
        checkAdminOnly(abi.encodeCall(IAccessControlDefaultAdminRules.rollbackDefaultAdminDelay, ()));
    }

    function test_RollbackDefaultAdminDelay_WhenTheAdminTakesAChangeOfDelayBack_ItEmitsDefaultAdminDelayChangeCanceledAndKeepsTheDelay()
        external
    {
        vm.prank(ADMIN);
        registry.changeDefaultAdminDelay(0);
        expectEvent();
        emit IAccessControlDefaultAdminRules.DefaultAdminDelayChangeCanceled();
        vm.prank(ADMIN);
        registry.rollbackDefaultAdminDelay();
        vm.warp(NOW + 100 days);
        vm.assertEq(registry.defaultAdminDelay(), DELAY, "delay");
    }

    /// @dev A change to `delay` is not in force `wait` seconds later, and is one second after.
    function checkDelay(uint48 delay, uint48 wait) private {
        uint256 snapshot = vm.snapshotState();
        vm.prank(ADMIN);
        registry.changeDefaultAdminDelay(delay);
        vm.warp(NOW + wait);
        vm.assertEq(registry.defaultAdminDelay(), DELAY, "the delay until then");
        vm.warp(NOW + wait + 1);
        vm.assertEq(registry.defaultAdminDelay(), delay, "the delay from then on");
        vm.revertToState(snapshot);
    }
}
