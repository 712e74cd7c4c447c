"""Settings: layers merged, every value checked, every refusal naming the field."""

import traceback
from typing import Any

import pytest

from attest.errors import SettingsError
from attest.ports import TrustEntry
from attest.settings import EMBEDDED, Settings, build_settings, overridden

ADDRESS = "0x" + "Ab" * 20
HASH = "0x" + "0f" * 32
LOCAL = {"network": "embedded", "address": ADDRESS}
FAR = {"rpc": "https://rpc.example/key", "chain_id": 5}


def registries(*names: str, **more: Any) -> Settings:
    return build_settings({"registries": dict.fromkeys(names, LOCAL), **more})


def refused(call: Any) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        call()
    assert caught.value.exit_code == 2
    return caught.value


def test_nothing_configured_is_a_valid_configuration() -> None:
    assert build_settings() == Settings()
    assert build_settings().network(EMBEDDED).finality == "latest"


def test_a_stronger_layer_replaces_single_fields() -> None:
    weak = {"networks": {"far": FAR}, "default_registry": "a", "registries": {"a": LOCAL}}
    strong = {"networks": {"far": {"chain_id": 6}}, "registries": {"b": LOCAL}}
    settings = build_settings(weak, strong, {"default_registry": "b"})
    assert (settings.networks["far"].rpc, settings.networks["far"].chain_id) == ((FAR["rpc"],), 6)
    assert set(settings.registries) == {"a", "b"}
    assert settings.registry_name(None) == "b"


def test_merging_changes_no_layer() -> None:
    weak, strong = {"networks": {"far": dict(FAR)}}, {"networks": {"far": {"chain_id": 6}}}
    build_settings(weak, strong)
    assert weak == {"networks": {"far": FAR}}
    assert strong == {"networks": {"far": {"chain_id": 6}}}


def test_a_layer_that_is_no_table_where_one_belongs_is_refused_and_named() -> None:
    error = refused(lambda: build_settings({"networks": {"far": FAR}}, {"networks": "far"}))
    assert (error.code, error.params["field"]) == ("SE101", repr("networks"))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"networks": []}, "networks"),
        ({"networks": {"far": 1}}, "networks.far"),
        ({"networks": {"far": {"rpc": "rpc.example"}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": "ftp://rpc.example"}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": "https://a b"}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": "https://a\n"}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": ["https://a", "b"]}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": ["https://a", "https://b", "https://a"]}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": ["https://a", 5]}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": {"url": "https://a"}}}}, "networks.far.rpc"),
        ({"networks": {"far": {"rpc": None}}}, "networks.far.rpc"),
        ({"networks": {"far": FAR | {"quorum": 0}}}, "networks.far.quorum"),
        ({"networks": {"far": FAR | {"quorum": 2}}}, "networks.far.quorum"),
        ({"networks": {"far": FAR | {"quorum": True}}}, "networks.far.quorum"),
        ({"networks": {"far": FAR | {"quorum": "1"}}}, "networks.far.quorum"),
        ({"networks": {"far": {"chain_id": 0}}}, "networks.far.chain_id"),
        ({"networks": {"far": {"chain_id": -1}}}, "networks.far.chain_id"),
        ({"networks": {"far": {"chain_id": 2**63}}}, "networks.far.chain_id"),
        ({"networks": {"far": {"chain_id": "five"}}}, "networks.far.chain_id"),
        ({"networks": {"far": {"chain_id": True}}}, "networks.far.chain_id"),
        ({"networks": {"far": {"chain_id": 5.0}}}, "networks.far.chain_id"),
        ({"networks": {"far": {"max_head_age_s": 0}}}, "networks.far.max_head_age_s"),
        ({"networks": {"far": {"max_head_age_s": 1.5}}}, "networks.far.max_head_age_s"),
        ({"networks": {"far": {"genesis": HASH[:-1]}}}, "networks.far.genesis"),
        ({"networks": {"far": {"genesis": HASH.upper()}}}, "networks.far.genesis"),
        ({"networks": {"far": {"finality": "soon"}}}, "networks.far.finality"),
        ({"networks": {"far": {"finality": "99999 confirmations"}}}, "networks.far.finality"),
        ({"networks": {"far": {"finality": "٣ confirmations"}}}, "networks.far.finality"),
        ({"registries": {"a": LOCAL | {"address": ADDRESS[:-1]}}}, "registries.a.address"),
        ({"registries": {"a": LOCAL | {"address": ADDRESS + "\n"}}}, "registries.a.address"),
        ({"registries": {"a": LOCAL | {"authority": "official"}}}, "registries.a.authority"),
        ({"registries": {"a": LOCAL | {"provinces": ["浙江"]}}}, "registries.a.provinces.0"),
        ({"registries": {"a": LOCAL | {"provinces": "浙"}}}, "registries.a.provinces"),
        ({"registries": {"a": LOCAL | {"deployed_at": -1}}}, "registries.a.deployed_at"),
        ({"registries": {"a": LOCAL | {"deployed_at": 2**40}}}, "registries.a.deployed_at"),
        ({"registries": {"a": LOCAL | {"deployed_at": "5"}}}, "registries.a.deployed_at"),
        ({"default_registry": 1}, "default_registry"),
        ({"store": "index.sqlite"}, "store"),
        ({"store": "mysql://host/db"}, "store"),
        ({"store": "postgresql://host/db"}, "store"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_field(document: dict[str, Any], field: str) -> None:
    error = refused(lambda: build_settings(document))
    assert (error.code, error.params["field"]) == ("SE101", repr(field))
    assert error.params["found"]
    assert "Input" not in str(error)


@pytest.mark.parametrize(
    ("document", "code", "field"),
    [
        ({"network": {}}, "SE110", "network"),
        ({"networks": {"far": {"url": "x"}}}, "SE110", "networks.far.url"),
        ({"registries": {"a": LOCAL | {"official": True}}}, "SE110", "registries.a.official"),
        ({"registries": {"a": {}}}, "SE109", "registries.a.network"),
        ({"registries": {"a": {"network": "embedded"}}}, "SE109", "registries.a.address"),
        ({"\x1b[31m": 1}, "SE110", "\x1b[31m"),
    ],
)
def test_a_setting_that_is_missing_or_unknown_is_named(document: dict[str, Any], code: str, field: str) -> None:
    error = refused(lambda: build_settings(document))
    assert (error.code, error.params["field"]) == (code, repr(field))


@pytest.mark.parametrize(
    "networks",
    [
        *({"far": FAR | field} for field in ({"chain_id": 0}, {"quorum": 2}, {"finality": "https://rpc.example/key"})),
        {"far": {"rpc": "https://rpc.example/key with a space"}},
        {"far": {"rpc": "rpc.example/key"}},
        {"far": "https://rpc.example/key"},
        {"far": {"chain_id": ["https://rpc.example/key"]}},
        ["https://rpc.example/key"],
        "https://rpc.example/key",
    ],
)
def test_an_access_token_in_an_address_is_told_neither_by_a_refusal_nor_by_its_traceback(networks: Any) -> None:
    error = refused(lambda: build_settings({"networks": networks}))
    assert "rpc.example" not in "".join(traceback.format_exception(error))


def test_a_password_of_the_store_is_not_told_by_its_refusal() -> None:
    for store in ("postgres://user:secret@host/db", {"url": "secret"}, ["secret"]):
        error = refused(lambda found=store: build_settings({"store": found}))
        assert "secret" not in "".join(traceback.format_exception(error))


def test_what_a_stronger_layer_changes_of_a_described_network_or_registry_is_named() -> None:
    weak = {"networks": {"far": FAR}, "registries": {"a.b": LOCAL}, "default_registry": "a.b"}
    same = {"networks": {"far": FAR, "near": FAR}, "registries": {"c": LOCAL}, "default_registry": "c"}
    assert overridden(weak, same) == ()
    assert overridden(weak, {"networks": {"far": FAR | {"rpc": "https://else.example", "fee_cap": 9}}}) == (
        ("networks", "far", "rpc"),
        ("networks", "far", "fee_cap"),
    )
    assert overridden(weak, {"registries": {"a.b": {"address": "0x"}}}) == (("registries", "a.b", "address"),)
    pinned = {"networks": {"far": {"chain_id": 5}}}
    assert overridden(pinned, {"networks": {"far": FAR | {"fee_cap": 9}}}) == ()
    assert overridden(pinned, {"networks": {"far": FAR | {"chain_id": 6}}}) == (("networks", "far", "chain_id"),)
    others: list[dict[str, Any]] = [{}, {"networks": 1}, {"networks": {"far": 1}}, {"registries": []}]
    for other in others:
        assert overridden(weak, other) == overridden(other, weak) == ()


def test_one_address_may_stand_alone_and_several_in_a_list() -> None:
    several = ["https://a.example", "http://b.example"]
    settings = build_settings({"networks": {"far": FAR, "wide": {"rpc": several, "chain_id": 5}}})
    assert settings.network("far").rpc == (FAR["rpc"],)
    assert settings.network("wide").rpc == tuple(several)
    assert not settings.network("wide").local


@pytest.mark.parametrize(
    ("nodes", "quorum", "needed"), [(1, None, 1), (2, None, 2), (3, None, 2), (4, None, 3), (5, 1, 1), (3, 3, 3)]
)
def test_more_than_half_of_the_nodes_must_agree_unless_a_quorum_is_set(
    nodes: int, quorum: int | None, needed: int
) -> None:
    far = {"rpc": [f"https://{place}.example" for place in range(nodes)], "chain_id": 5}
    network = build_settings({"networks": {"far": far | ({"quorum": quorum} if quorum else {})}}).network("far")
    assert network.needed == needed


@pytest.mark.parametrize("store", ["sqlite:////tmp/index.sqlite", "postgresql+psycopg://user@host/db"])
def test_the_store_is_a_file_or_a_server(store: str) -> None:
    assert build_settings({"store": store}).store == store


@pytest.mark.parametrize(
    "finality", ["latest", "safe", "finalized", "0 confirmations", "1 confirmation", "64 confirmations"]
)
def test_every_finality_rule_is_accepted(finality: str) -> None:
    assert build_settings({"networks": {"far": FAR | {"finality": finality}}}).network("far").finality == finality


def test_a_network_defaults_to_finalized_blocks() -> None:
    assert build_settings({"networks": {"far": FAR}}).network("far").finality == "finalized"


def test_the_embedded_network_is_always_the_file_and_always_final() -> None:
    settings = build_settings({"networks": {EMBEDDED: FAR | {"genesis": HASH, "finality": "safe"}}})
    network = settings.network(EMBEDDED)
    assert (network.rpc, network.finality, network.chain_id, network.genesis) == ((), "latest", 5, HASH)


def test_a_network_that_is_not_configured_names_the_known_ones() -> None:
    error = refused(lambda: build_settings({"networks": {"far": FAR}}).network("near"))
    assert error.code == "SE102"
    assert "embedded, far" in error.text()


@pytest.mark.parametrize("missing", ["rpc", "chain_id"])
def test_a_network_without_address_or_chain_id_cannot_be_used(missing: str) -> None:
    half = {name: value for name, value in FAR.items() if name != missing}
    assert refused(lambda: build_settings({"networks": {"far": half}}).network("far")).code == "SE103"


def test_the_only_registry_is_the_default_one() -> None:
    assert registries("a").registry_name(None) == "a"


def test_of_several_registries_none_is_chosen_by_itself() -> None:
    error = refused(lambda: registries("a", "b").registry(None))
    assert error.code == "SE107"
    assert "a, b" in error.text()
    assert registries("a", "b", default_registry="b").registry_name(None) == "b"
    assert registries("a", "b", default_registry="b").registry_name("a") == "a"


def test_a_registry_that_is_not_configured_names_the_known_ones() -> None:
    assert refused(lambda: registries("a").registry("b")).code == "SE105"
    assert refused(lambda: registries("a", default_registry="gone").registry(None)).code == "SE105"
    assert refused(lambda: build_settings().registry(None)).code == "SE104"
    assert refused(lambda: build_settings().registry("a")).code == "SE104"


def test_an_empty_name_is_a_wrong_name_and_not_the_default() -> None:
    assert refused(lambda: registries("a").registry("")).code == "SE105"


def test_the_trust_entry_is_what_the_reader_configured() -> None:
    entry = LOCAL | {"operator": "某局", "authority": "mirror", "provinces": ["浙", "京"], "complete_to": "第一批"}
    trust = build_settings({"registries": {"a": entry}}).trust(None)
    assert trust == TrustEntry("a", "某局", "mirror", frozenset("浙京"), "第一批")


def test_nothing_is_believed_of_a_registry_unasked() -> None:
    assert registries("a").trust("a") == TrustEntry("a", "-", "self-declared", frozenset(), None)
