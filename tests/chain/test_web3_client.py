"""web3.py, which shares no code of ours, reads the same out of a registry and writes the same into it."""

from typing import Any

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3

from attest.registry import contract
from tests.chain.anvil import WEALTH
from tests.chain.filed import Filed


@pytest.fixture
def client(filed: Filed) -> Web3:
    return Web3(HTTPProvider(filed.anvil.url))


@pytest.fixture
def registry(client: Web3, filed: Filed) -> Any:
    return client.eth.contract(address=contract.checksummed(filed.address), abi=contract.artifact()["abi"])


def test_it_reads_the_same_entry(registry: Any, filed: Filed) -> None:
    entry = filed.truth.entry
    assert registry.functions.entryOf(contract.key(filed.number)).call() == (
        entry.digest,
        entry.changed_at,
        entry.status,
    )


def test_it_finds_the_record_in_the_event_of_its_block(registry: Any, filed: Filed) -> None:
    events = registry.events.Registered().get_logs(
        from_block=0, argument_filters={"number": contract.key(filed.number)}
    )
    assert [event["args"]["record"] for event in events] == [filed.truth.record.canonical()]


def test_the_code_on_chain_has_the_pinned_hash(client: Web3, filed: Filed) -> None:
    assert Web3.keccak(client.eth.get_code(contract.checksummed(filed.address))) == contract.runtime_code_hash()


def test_it_encodes_every_call_to_the_same_bytes(registry: Any, filed: Filed) -> None:
    key, record, digest = contract.key(filed.number), filed.other.canonical(), filed.truth.entry.digest
    calls = {
        "register": [[(key, record)]],
        "amend": [[(key, digest, record)]],
        "setStatus": [[key], 2, 1],
        "correct": [key, 8],
        "reopen": [key, record],
        "entriesOf": [[key, key]],
        "grantRole": [Web3.keccak(text="REGISTRAR"), contract.checksummed(filed.address)],
    }
    for function, arguments in calls.items():
        assert "0x" + contract.encode(function, *arguments).hex() == registry.encode_abi(function, arguments)


def test_it_deploys_a_registry_that_is_recognised(client: Web3) -> None:
    account = Account.create()
    client.provider.make_request("anvil_setBalance", [account.address, hex(WEALTH)])
    artifact = contract.artifact()
    factory = client.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    unsigned = factory.constructor("another client's", account.address, 0).build_transaction(
        {"from": account.address, "nonce": 0}
    )
    sent = client.eth.send_raw_transaction(account.sign_transaction(unsigned).raw_transaction)
    receipt = client.eth.wait_for_transaction_receipt(sent)
    assert contract.is_registry(client.eth.get_code(receipt["contractAddress"]))
