"""Who may change a registry: its admin, the admin named to follow, and the accounts that hold its roles."""

from collections.abc import Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from attest.chain.node import Block
from attest.registry import contract
from attest.registry.reader import RegistryReader
from attest.registry.sync import ranges

NOBODY: Final = "0x" + "0" * 40


@dataclass(frozen=True, slots=True)
class Transfer:
    """A change of admin that was begun: `account` may accept it in a block later than `schedule`, in seconds."""

    account: str
    schedule: int

    def can_be_accepted(self, timestamp: int) -> bool:
        """Whether a block of that time, in seconds, may hold the acceptance."""
        return timestamp > self.schedule


@dataclass(frozen=True, slots=True)
class Admin:
    """Who grants and revokes roles.

    Attributes:
        account: Checksummed address, or None where the admin gave up the role for good.
        delay_s: Seconds that a change of admin waits.
    """

    account: str | None
    delay_s: int
    transfer: Transfer | None


async def admin(reader: RegistryReader, at: Block) -> Admin:
    """The admin in block `at`."""
    (account,) = await reader.view(at, "defaultAdmin")
    (delay_s,) = await reader.view(at, "defaultAdminDelay")
    pending, schedule = await reader.view(at, "pendingDefaultAdmin")
    return Admin(
        to_checksum_address(account) if account != NOBODY else None,
        delay_s,
        Transfer(to_checksum_address(pending), schedule) if schedule else None,
    )


async def holders(reader: RegistryReader, at: Block, accounts: Collection[str] | None = None) -> dict[str, list[str]]:
    """Which of `accounts` hold each of `contract.ROLES` in block `at`; of all that were ever granted one if left out.

    That an account holds a role is the contract's own word. That no other does rests on the node's events, read from
    the registry's deployment on.
    """
    asked = dict.fromkeys(contract.ROLES, accounts) if accounts is not None else await _granted(reader, at)
    return {
        role: [account for account in found if await holds(reader, at, role, account)] for role, found in asked.items()
    }


async def holds(reader: RegistryReader, at: Block, role: str, account: str) -> bool:
    """Whether an account holds a role of `contract.ROLES` in block `at`."""
    (held,) = await reader.view(at, "hasRole", keccak(text=role), account)
    return bool(held)


async def _granted(reader: RegistryReader, at: Block) -> dict[str, Sequence[str]]:
    """The accounts that were granted each role up to block `at`, oldest first."""
    names = {keccak(text=role): role for role in contract.ROLES}
    found: dict[str, dict[str, None]] = {role: {} for role in contract.ROLES}
    first = await reader.deployed_at(at)
    async with aclosing(ranges(partial(reader.events, name="RoleGranted"), first, at.number)) as parts:
        async for _, events in parts:
            for event in events:
                if role := names.get(event.fields["role"]):
                    found[role][to_checksum_address(event.fields["account"])] = None
    return {role: list(accounts) for role, accounts in found.items()}
