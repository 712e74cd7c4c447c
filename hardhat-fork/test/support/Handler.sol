// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IFilingRegistry} from "../../contracts/IFilingRegistry.sol";
import {
    ADMIN_ROLE,
    CORRECTOR_ROLE,
    HEAD_SLOT,
    HISTORY_SLOT,
    INSPECTOR_MAY_SET,
    INSPECTOR_ROLE,
    MAX_RECORD,
    MAY_AMEND,
    MAY_CORRECT,
    MAY_REOPEN,
    REGISTRAR_MAY_SET,
    REGISTRAR_ROLE,
    digestOf,
    firstHistory,
    isAllowed,
    isKey,
    keyOf,
    nextHistory,
    slotOf,
    wordOf
} from "./Expected.sol";
import {vm} from "./Vm.sol";

/// @dev Calls a registry as anybody might, in any order, and keeps the books that it should keep: each call must be
/// accepted exactly when the tables say so, and write nothing but the head and the slots of the numbers it names.
contract Handler {
    uint256 public constant NUMBERS = 8;
    uint256 public constant ACTORS = 5;
    bytes32 public constant MALFORMED = "1101082600000000001x";

    address public immutable registry;
    address public immutable admin;
    /// @dev Is never granted anything.
    address public immutable stranger;

    uint64 public filings;
    uint40 public changedAt;
    bytes32 public history;
    mapping(bytes32 number => bytes32 word) public words;
    mapping(address account => mapping(bytes32 role => bool)) public holds;

    /// @dev Calls by selector that were accepted, and refused.
    mapping(bytes4 selector => uint256) public accepted;
    mapping(bytes4 selector => uint256) public refused;

    constructor(address registry_, address admin_, address stranger_) {
        (registry, admin, stranger) = (registry_, admin_, stranger_);
        history = firstHistory(registry_);
        holds[admin_][ADMIN_ROLE] = true;
    }

    function actorOf(uint256 seed) public view returns (address) {
        uint256 i = seed % ACTORS;
        if (i == 0) return stranger;
        return i == 1 ? admin : address(uint160(0xf0 + i));
    }

    function roleOf(uint256 seed) public pure returns (bytes32) {
        return [REGISTRAR_ROLE, INSPECTOR_ROLE, CORRECTOR_ROLE][seed % 3];
    }

    /// @dev Keys from a pool so small that they are met again; one time in sixteen a malformed one.
    function numberOf(uint256 seed) public pure returns (bytes32) {
        return seed % 16 == 15 ? MALFORMED : keyOf(seed % NUMBERS);
    }

    /// @dev One time in sixteen none, else one to three; the same number may be among them twice.
    function numbersOf(uint256 seed, uint256 size) private pure returns (bytes32[] memory numbers) {
        numbers = new bytes32[](size % 16 == 0 ? 0 : 1 + size % 3);
        for (uint256 i = 0; i < numbers.length; ++i) {
            numbers[i] = numberOf(seed >> (8 * i));
        }
    }

    function grant(uint256 by, uint256 to, uint256 role) external {
        address account = actorOf(to);
        if (account == stranger) return;
        bytes memory call = abi.encodeCall(IAccessControl.grantRole, (roleOf(role), account));
        if (send(by, call, actorOf(by) == admin)) holds[account][roleOf(role)] = true;
    }

    /// @dev One time in four, so that roles are held for a while.
    function revoke(uint256 by, uint256 from, uint256 role, uint256 chance) external {
        if (chance % 4 != 0) return;
        bytes memory call = abi.encodeCall(IAccessControl.revokeRole, (roleOf(role), actorOf(from)));
        if (send(by, call, actorOf(by) == admin)) holds[actorOf(from)][roleOf(role)] = false;
    }

    function renounce(uint256 by, uint256 role, uint256 chance) external {
        if (chance % 4 != 0) return;
        send(by, abi.encodeCall(IAccessControl.renounceRole, (roleOf(role), actorOf(by))), true);
        holds[actorOf(by)][roleOf(role)] = false;
    }

    function register(uint256 by, uint256 seed, uint256 size, bytes calldata record) external {
        bytes32[] memory numbers = numbersOf(seed, size);
        IFilingRegistry.Registration[] memory all = new IFilingRegistry.Registration[](numbers.length);
        bool allowed = all.length > 0 && holds[actorOf(by)][REGISTRAR_ROLE] && isWithin(record);
        for (uint256 i = 0; i < all.length; ++i) {
            all[i] = IFilingRegistry.Registration(numbers[i], record);
            allowed = allowed && isKey(numbers[i]) && words[numbers[i]] == 0 && !isAmongFirst(numbers, i);
        }
        vm.record();
        if (!send(by, abi.encodeCall(IFilingRegistry.register, (all)), allowed)) return;
        for (uint256 i = 0; i < all.length; ++i) {
            change(numbers[i], digestOf(record), IFilingRegistry.Status.Active, IFilingRegistry.Kind.Registered, 0);
            ++filings;
        }
        checkWrites(numbers);
    }

    function amend(uint256 by, uint256 seed, uint256 size, bytes calldata record, uint256 chance) external {
        bytes32[] memory numbers = numbersOf(seed, size);
        IFilingRegistry.Amendment[] memory all = new IFilingRegistry.Amendment[](numbers.length);
        bool allowed = all.length > 0 && holds[actorOf(by)][REGISTRAR_ROLE] && isWithin(record);
        for (uint256 i = 0; i < all.length; ++i) {
            // One time in four over a digest that is not there.
            bytes26 expected = chance % 4 == 0 ? bytes26(keccak256(record)) : heldOf(numbers[i]);
            all[i] = IFilingRegistry.Amendment(numbers[i], expected, record);
            bytes26 held = isAmongFirst(numbers, i) ? digestOf(record) : heldOf(numbers[i]);
            allowed = allowed && isAllowed(MAY_AMEND, statusOf(numbers[i])) && expected == held;
        }
        vm.record();
        if (!send(by, abi.encodeCall(IFilingRegistry.amend, (all)), allowed)) return;
        for (uint256 i = 0; i < all.length; ++i) {
            change(numbers[i], digestOf(record), statusOf(numbers[i]), IFilingRegistry.Kind.Amended, 0);
        }
        checkWrites(numbers);
    }

    function setStatus(uint256 by, uint256 seed, uint256 size, uint8 to_, uint16 reason) external {
        bytes32[] memory numbers = numbersOf(seed, size);
        IFilingRegistry.Status to = IFilingRegistry.Status(to_ % 6);
        bool isRegistrar = holds[actorOf(by)][REGISTRAR_ROLE];
        bool allowed = numbers.length > 0 && (isRegistrar || holds[actorOf(by)][INSPECTOR_ROLE]);
        for (uint256 i = 0; i < numbers.length; ++i) {
            string memory table = isRegistrar ? REGISTRAR_MAY_SET : INSPECTOR_MAY_SET;
            allowed = allowed && isAllowed(table, isAmongFirst(numbers, i) ? to : statusOf(numbers[i]), to);
        }
        vm.record();
        if (!send(by, abi.encodeCall(IFilingRegistry.setStatus, (numbers, to, reason)), allowed)) return;
        for (uint256 i = 0; i < numbers.length; ++i) {
            change(numbers[i], heldOf(numbers[i]), to, IFilingRegistry.Kind.StatusChanged, reason);
        }
        checkWrites(numbers);
    }

    function correct(uint256 by, uint256 of_, uint16 reason) external {
        bytes32 number = numberOf(of_);
        bool allowed = holds[actorOf(by)][CORRECTOR_ROLE] && isAllowed(MAY_CORRECT, statusOf(number));
        vm.record();
        if (!send(by, abi.encodeCall(IFilingRegistry.correct, (number, reason)), allowed)) return;
        change(number, heldOf(number), IFilingRegistry.Status.Void, IFilingRegistry.Kind.StatusChanged, reason);
        checkWrites(numbersOf(of_, 3));
    }

    function reopen(uint256 by, uint256 of_, bytes calldata record) external {
        bytes32 number = numberOf(of_);
        bool allowed = holds[actorOf(by)][CORRECTOR_ROLE] && isAllowed(MAY_REOPEN, statusOf(number)) && isWithin(record);
        vm.record();
        if (!send(by, abi.encodeCall(IFilingRegistry.reopen, (number, record)), allowed)) return;
        change(number, digestOf(record), IFilingRegistry.Status.Active, IFilingRegistry.Kind.Reopened, 0);
        checkWrites(numbersOf(of_, 3));
    }

    /// @dev Whatever the stranger calls, with whatever behind the selector, nothing is written.
    function callAsStranger(uint256 which, bytes calldata arguments) external {
        bytes4[13] memory selectors = [
            IFilingRegistry.register.selector,
            IFilingRegistry.amend.selector,
            IFilingRegistry.setStatus.selector,
            IFilingRegistry.correct.selector,
            IFilingRegistry.reopen.selector,
            IAccessControl.grantRole.selector,
            IAccessControl.revokeRole.selector,
            IAccessControl.renounceRole.selector,
            IAccessControlDefaultAdminRules.beginDefaultAdminTransfer.selector,
            IAccessControlDefaultAdminRules.acceptDefaultAdminTransfer.selector,
            IAccessControlDefaultAdminRules.cancelDefaultAdminTransfer.selector,
            IAccessControlDefaultAdminRules.changeDefaultAdminDelay.selector,
            IAccessControlDefaultAdminRules.rollbackDefaultAdminDelay.selector
        ];
        vm.record();
        vm.prank(stranger);
        (bool done,) = registry.call(bytes.concat(selectors[which % 13], arguments));
        (, bytes32[] memory writes) = vm.accesses(registry);
        if (done) vm.assertEq(writes.length, 0, "writes by a stranger");
    }

    /// @dev Blocks pass, or not: several calls may share one.
    function pass(uint8 blocks) external {
        vm.roll(vm.getBlockNumber() + blocks % 3);
    }

    function statusOf(bytes32 number) public view returns (IFilingRegistry.Status) {
        return IFilingRegistry.Status(uint8(words[number][0]));
    }

    /// @dev The digest in the low 26 bytes of a word.
    function heldOf(bytes32 number) public view returns (bytes26) {
        return bytes26(words[number] << 48);
    }

    /// @dev Whether the number at `index` is at a lower one too.
    function isAmongFirst(bytes32[] memory numbers, uint256 index) private pure returns (bool found) {
        for (uint256 i = 0; i < index; ++i) {
            found = found || numbers[i] == numbers[index];
        }
    }

    function isWithin(bytes calldata record) private pure returns (bool) {
        return record.length > 0 && record.length <= MAX_RECORD;
    }

    function send(uint256 by, bytes memory call, bool allowed) private returns (bool done) {
        vm.prank(actorOf(by));
        (done,) = registry.call(call);
        vm.assertTrue(done == allowed, allowed ? "a call was refused" : "a call was accepted");
        if (done) ++accepted[bytes4(call)];
        else ++refused[bytes4(call)];
    }

    function change(
        bytes32 number,
        bytes26 digest,
        IFilingRegistry.Status status,
        IFilingRegistry.Kind kind,
        uint16 reason
    ) private {
        words[number] = wordOf(digest, vm.getBlockNumber(), status);
        history = nextHistory(history, number, words[number], kind, reason);
        changedAt = uint40(vm.getBlockNumber());
    }

    /// @dev Since `vm.record()`, only the head and the slots of `numbers` were written.
    function checkWrites(bytes32[] memory numbers) private {
        (, bytes32[] memory writes) = vm.accesses(registry);
        for (uint256 i = 0; i < writes.length; ++i) {
            bool isKnown = writes[i] == bytes32(HEAD_SLOT) || writes[i] == bytes32(HISTORY_SLOT);
            for (uint256 j = 0; j < numbers.length && !isKnown; ++j) {
                isKnown = writes[i] == slotOf(numbers[j]);
            }
            vm.assertTrue(isKnown, "a slot was written that is no entry's and not the head's");
        }
    }
}
