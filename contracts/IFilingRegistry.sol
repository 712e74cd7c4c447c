// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Registry of filing numbers of blockchain information services
/// @notice Holds, under each filing number, the digest of the filing's public record and whether it is in force.
/// A number that is not in the state is not registered here. What this registry's entries are worth is for its
/// readers to decide: it claims no authority.
/// @dev A number's key is its twenty ASCII characters `[0-9]{19}[0-9X]`, left-aligned in a `bytes32`. Whether the
/// twentieth is the right check character is for tools to judge.
///
/// Each event names the block of the change before it, so the history of a number is a walk of single-block log
/// queries. Every change also goes into a running hash, so a full replay shows any log that was left out or altered:
/// `history' = keccak256(abi.encode(history, number, word, kind, reason))`, where `word` is the entry's storage slot
/// after the change, `kind` a `Kind`, and `reason` zero where the change has none. It starts at
/// `keccak256(abi.encode("FilingRegistry/1", chainid, address(this)))`.
interface IFilingRegistry {
    /// @notice State of a filing. `Void` is an entry made in error: it says nothing about the number.
    enum Status {
        None,
        Active,
        Suspended,
        Cancelled,
        Revoked,
        Void
    }

    /// @notice Kind of a change, as it goes into the running hash.
    enum Kind {
        None,
        Registered,
        Amended,
        Reopened,
        StatusChanged
    }

    /// @notice What the registry holds under a number: exactly one storage slot.
    struct Entry {
        // First 26 bytes of the record's SHA-256. 104 bits against collisions buy one slot instead of two; a nonce in
        // the record, chosen by the registrar, keeps filers from aiming at one.
        bytes26 digest;
        uint40 changedAt; // Block number of the last change.
        Status status;
    }

    /// @notice A filing to register.
    struct Registration {
        bytes32 number; // Key of the number.
        bytes record; // Canonical bytes of the public record, 1 to MAX_RECORD.
    }

    /// @notice A record to replace.
    struct Amendment {
        bytes32 number; // Key of the number.
        bytes26 expectedDigest; // Digest of the record that is to be replaced.
        bytes record; // Canonical bytes of the new record, 1 to MAX_RECORD.
    }

    /// @notice A filing was registered.
    /// @param number Key of the number.
    /// @param previousChange Always zero: there was none.
    /// @param digest First 26 bytes of the record's SHA-256.
    /// @param record Canonical bytes of the public record.
    event Registered(bytes32 indexed number, uint40 previousChange, bytes26 digest, bytes record);

    /// @notice A filing's record was replaced; its status stays.
    /// @param number Key of the number.
    /// @param previousChange Block of the number's change before this one; may be this block.
    /// @param digest First 26 bytes of the new record's SHA-256.
    /// @param record Canonical bytes of the new record.
    event Amended(bytes32 indexed number, uint40 previousChange, bytes26 digest, bytes record);

    /// @notice A filing that had ended, or an entry made in error, is in force again with a new record.
    /// @param number Key of the number.
    /// @param previousChange Block of the number's change before this one; may be this block.
    /// @param digest First 26 bytes of the new record's SHA-256.
    /// @param record Canonical bytes of the new record.
    event Reopened(bytes32 indexed number, uint40 previousChange, bytes26 digest, bytes record);

    /// @notice A filing's status changed.
    /// @param number Key of the number.
    /// @param previousChange Block of the number's change before this one; may be this block.
    /// @param from Status before.
    /// @param to Status after.
    /// @param reason A code of the closed list kept with the tools' messages. There is no free text on chain.
    event StatusChanged(bytes32 indexed number, uint40 previousChange, Status from, Status to, uint16 reason);

    /// @notice The registry as a whole after a call that changed it; one a call.
    /// @param previousChange Block of the registry's change before this one; may be this block.
    /// @param filings Numbers ever registered.
    /// @param history Running hash of all changes.
    event Checkpoint(uint40 previousChange, uint64 filings, bytes32 history);

    /// @notice The registry's own name is empty or too long.
    /// @param length Bytes given.
    /// @param max Bytes allowed.
    error NameOutOfBounds(uint256 length, uint256 max);

    /// @notice A batch is empty or too large.
    /// @param size Filings given.
    /// @param max Filings allowed.
    error BatchOutOfBounds(uint256 size, uint256 max);

    /// @notice A key is not `[0-9]{19}[0-9X]` and twelve zero bytes.
    /// @param number The key given.
    error MalformedNumber(bytes32 number);

    /// @notice A record is empty or too long.
    /// @param number Key of the number.
    /// @param length Bytes given.
    /// @param max Bytes allowed.
    error RecordOutOfBounds(bytes32 number, uint256 length, uint256 max);

    /// @notice The number has an entry already.
    /// @param number Key of the number.
    /// @param status Status of that entry; a number that ended or is void is reopened instead.
    error AlreadyRegistered(bytes32 number, Status status);

    /// @notice The number's record cannot be replaced in its present status.
    /// @param number Key of the number.
    /// @param status Neither Active nor Suspended.
    error NotAmendable(bytes32 number, Status status);

    /// @notice Somebody else replaced the record first.
    /// @param number Key of the number.
    /// @param expected Digest the caller meant to replace.
    /// @param found Digest of the record that is there.
    error StaleRecord(bytes32 number, bytes26 expected, bytes26 found);

    /// @notice The caller's roles do not allow this change of status.
    /// @param number Key of the number.
    /// @param from Status it has; None where it has no entry.
    /// @param to Status asked for.
    error TransitionNotAllowed(bytes32 number, Status from, Status to);

    /// @notice Registers filings that have no entry yet; all or none. For registrars.
    /// @param registrations 1 to MAX_BATCH filings, each number once.
    function register(Registration[] calldata registrations) external;

    /// @notice Replaces records of filings that are active or suspended; all or none. For registrars.
    /// @param amendments 1 to MAX_BATCH records.
    function amend(Amendment[] calldata amendments) external;

    /// @notice Changes the status of filings to Active, Suspended, Cancelled or Revoked; all or none.
    /// @dev A registrar may go from Active or Suspended to any other of the four, an inspector from Active to
    /// Suspended only. A change to the status a filing already has is refused.
    /// @param numbers Keys of 1 to MAX_BATCH numbers.
    /// @param to Status after.
    /// @param reason A code of the closed list kept with the tools' messages.
    function setStatus(bytes32[] calldata numbers, Status to, uint16 reason) external;

    /// @notice Marks an entry as made in error, whatever its status. Nothing is erased. For correctors.
    /// @param number Key of a number with an entry that is not void.
    /// @param reason A code of the closed list kept with the tools' messages.
    function correct(bytes32 number, uint16 reason) external;

    /// @notice Puts a cancelled, revoked or void number in force again with a new record. Nothing is erased. For
    /// correctors.
    /// @param number Key of the number.
    /// @param record Canonical bytes of the new record, 1 to MAX_RECORD.
    function reopen(bytes32 number, bytes calldata record) external;

    /// @notice The entry under a number; all zero where there is none.
    /// @param number Any 32 bytes: what is not a key has no entry.
    function entryOf(bytes32 number) external view returns (Entry memory);

    /// @notice The entries under several numbers, in their order.
    /// @dev Not bounded: a view, paid by the node that is asked.
    /// @param numbers Any 32 bytes each.
    function entriesOf(bytes32[] calldata numbers) external view returns (Entry[] memory);

    /// @notice The registry as a whole.
    /// @return filings Numbers ever registered.
    /// @return changedAt Block of the last change; zero before the first.
    /// @return history Running hash of all changes.
    function head() external view returns (uint64 filings, uint40 changedAt, bytes32 history);

    /// @notice What the registry calls itself.
    function name() external view returns (string memory);

    /// @notice Block the registry was deployed in, as the chain's own `block.number` counts.
    function deployedAt() external view returns (uint40);
}
