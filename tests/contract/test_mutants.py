"""The Solidity tests fail for each of these changes to the contract, even without the invariants, which take longer."""

import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from scripts import audit
from tests.contract.bench import ROOT

SOURCE = (ROOT / audit.SOURCE).read_text(encoding="utf-8")
REGISTER = "history = _write(slot, history, number, digest, Status.Active, Kind.Registered, 0)"
AMENDED = """_checkpoint(history, 0);
    }

    /// @inheritdoc IFilingRegistry
    function setStatus"""
ENTRY = "function _entry("

MUTANTS = {
    # Who may
    "anybody registers": ("registrations) external onlyRole(REGISTRAR)", "registrations) external"),
    "anybody amends": ("amendments) external onlyRole(REGISTRAR)", "amendments) external"),
    "anybody sets": ("if (!isRegistrar) _checkRole(INSPECTOR);", ""),
    "anybody corrects": ("uint16 reason) external onlyRole(CORRECTOR)", "uint16 reason) external"),
    "anybody reopens": ("record) external onlyRole(CORRECTOR)", "record) external"),
    "registrars reopen": ("record) external onlyRole(CORRECTOR)", "record) external onlyRole(REGISTRAR)"),
    "admins register": ("_name = name_;", "_name = name_; _grantRole(REGISTRAR, admin);"),
    "no delay": ("AccessControlDefaultAdminRules(adminDelay, admin)", "AccessControlDefaultAdminRules(0, admin)"),
    # What is refused
    "registered twice": ("if (word != 0)", "if (false)"),
    "ended is amended": ("if (!_isOpen(status))", "if (status == Status.None)"),
    "stale is amended": ("if (_digestIn(word) != item.expectedDigest)", "if (false)"),
    "set to the same": ("to != from &&", ""),
    "set to none": ("&& to != Status.None", ""),
    "set to void": (" && to != Status.Void\n", "\n"),
    "set from ended": ("? _isOpen(from) && to", "? from != Status.None && to"),
    "inspector from any": ("from == Status.Active && to == Status.Suspended", "to == Status.Suspended && to != from"),
    "inspector to any": ("from == Status.Active && to == Status.Suspended", "from == Status.Active && to != from"),
    "void is corrected": ("from == Status.None || from == Status.Void", "from == Status.None"),
    "none is corrected": ("from == Status.None || from == Status.Void", "from == Status.Void"),
    "none is reopened": ("from == Status.None || _isOpen(from)", "_isOpen(from)"),
    "open is reopened": ("from == Status.None || _isOpen(from)", "from == Status.None"),
    "suspended is not open": ("status == Status.Active || status == Status.Suspended", "status == Status.Active"),
    # Bounds
    "record of 2047": ("record.length > MAX_RECORD", "record.length >= MAX_RECORD"),
    "record of 2049": ("record.length > MAX_RECORD", "record.length > MAX_RECORD + 1"),
    "record of 0": ("record.length == 0 || ", ""),
    "batch of 255": ("size > MAX_BATCH", "size >= MAX_BATCH"),
    "batch of 257": ("size > MAX_BATCH", "size > MAX_BATCH + 1"),
    "batch of 0": ("size == 0 || ", ""),
    "name of 63": ("length > MAX_NAME", "length >= MAX_NAME"),
    "name of 65": ("length > MAX_NAME", "length > MAX_NAME + 1"),
    "name of 0": ("length == 0 || length > MAX_NAME", "length > MAX_NAME"),
    # Keys
    "no shape": ("_checkNumber(number);", ""),
    "no closing X": ('if (number[19] == "X")', "if (false)"),
    "X before the end": ('if (number[19] == "X") word ^= X_TO_ZERO;', 'if (number[18] == "X") word ^= X_TO_ZERO << 8;'),
    "above 9": ("((word ^ ZEROS) | ((word + SIXES) ^ ZEROS))", "(word ^ ZEROS)"),
    "a byte behind": ("0f0_ffffffffffffffffffffffff", "0f0_ffffffffffffffffffffff00"),
    "one digit unseen": ("LOOKED_AT = 0xf0f0", "LOOKED_AT = 0xf000"),
    # What is stored
    "another digest": ("bytes26(sha256(record))", "bytes26(keccak256(record))"),
    "no block": ("uint256(uint40(block.number)) << 208", "uint256(0) << 208"),
    "amended is active": ("digest, status, Kind.Amended", "digest, Status.Active, Kind.Amended"),
    "corrected is revoked": ("_digestIn(word), Status.Void, Kind", "_digestIn(word), Status.Revoked, Kind"),
    "reopened is suspended": ("Status.Active, Kind.Reopened", "Status.Suspended, Kind.Reopened"),
    "a second slot": ("slot.word = word;", "slot.word = word; _slots[bytes32(word)].word = 1;"),
    "another slot": ("        uint256 word;\n    }", "        uint256 before;\n        uint256 word;\n    }"),
    "no deployedAt": ("_deployedAt = uint40(block.number);", ""),
    "filings not counted": ("_filings + uint64(registered)", "_filings + uint64(registered > 0 ? 1 : 0)"),
    "amendments counted": (AMENDED, AMENDED.replace("history, 0", "history, size")),
    "head's block stays": ("_changedAt = uint40(block.number);", ""),
    "history stays": ("_history = history;\n        emit", "emit"),
    # The running hash
    "first hash without chain": ('"FilingRegistry/1", block.chainid', '"FilingRegistry/1", uint256(0)'),
    "first hash without address": ("block.chainid, address(this)", "block.chainid, address(0)"),
    "hash without the one before": ("abi.encode(history, number,", "abi.encode(bytes32(0), number,"),
    "hash without number": ("abi.encode(history, number,", "abi.encode(history, bytes32(0),"),
    "hash without word": ("number, word, kind", "number, uint256(0), kind"),
    "hash without kind": ("word, kind, reason)", "word, uint8(0), reason)"),
    "hash without reason": ("word, kind, reason)", "word, kind, uint16(0))"),
    "hash of the last of a batch": (REGISTER, REGISTER.replace("slot, history", "slot, _history")),
    "reopened as amended": ("Kind.Reopened, 0", "Kind.Amended, 0"),
    # Events
    "not told": ("emit Registered(number, 0, digest, record);", ""),
    "told twice": ("emit Reopened(", "emit Reopened(number, 0, digest, record); emit Reopened("),
    "amended told without the block before": ("Amended(number, _changedAtIn(word)", "Amended(number, 0"),
    "set told without the block before": ("(number, _changedAtIn(word), from, to", "(number, 0, from, to"),
    "set told backwards": ("_changedAtIn(word), from, to, reason)", "_changedAtIn(word), to, from, reason)"),
    "head told without the block before": ("emit Checkpoint(previousChange", "emit Checkpoint(_changedAt"),
    # Reading
    "entries all of the first": ("_entry(_slots[numbers[i]].word)", "_entry(_slots[numbers[0]].word)"),
    # The code
    "runs other code": (ENTRY, "function run(address code) external { code.delegatecall(msg.data); } " + ENTRY),
    "disappears": (ENTRY, "function end() external { selfdestruct(payable(msg.sender)); } " + ENTRY),
}  # fmt: skip

Suite = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Runs the Solidity tests on a text of the contract, but not the comparison with the committed code."""
    root = tmp_path_factory.mktemp("mutants")
    fork = root / "hardhat-fork"
    for folder in ("attest/registry/abi", "tests/vectors", "hardhat-fork/test"):
        shutil.copytree(ROOT / folder, root / folder)
    shutil.copytree(ROOT / "contracts", fork / "contracts")
    for name in ("package.json", "hardhat.config.ts"):
        shutil.copy(ROOT / "hardhat-fork" / name, fork / name)
    (fork / "node_modules").symlink_to(ROOT / "hardhat-fork/node_modules")

    def run(source: str) -> "subprocess.CompletedProcess[str]":
        (fork / audit.SOURCE).write_text(source, encoding="utf-8")
        command = [audit.HARDHAT, "test", "solidity", "--grep-exclude", f"invariant|{audit.NOT_COVERED}"]
        return subprocess.run(command, cwd=fork, env=audit.environment(), capture_output=True, text=True, timeout=600)

    return run


@pytest.mark.parametrize("name", MUTANTS)
def test_a_change_is_to_one_place_of_the_contract(name: str) -> None:
    old, new = MUTANTS[name]
    assert (SOURCE.count(old), old != new) == (1, True)


@pytest.mark.long
def test_the_contract_as_it_is_passes(suite: Suite) -> None:
    run = suite(SOURCE)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_a_changed_contract_fails(suite: Suite, name: str) -> None:
    run = suite(SOURCE.replace(*MUTANTS[name]))
    assert re.search(r"^\s*[1-9]\d* failing$", run.stdout, re.M), run.stdout[-4000:] + run.stderr[-4000:]
