"""Writing into settings that people write too: everything of theirs stays, or nothing is written."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import tomlkit
from hypothesis import HealthCheck, given
from hypothesis import settings as relaxed
from hypothesis import strategies as st

from attest.cli.context import Context
from attest.cli.registry.remembering import remember, tables
from attest.errors import OutputError
from attest.settings import merged

ENTRY: Final = {
    "network": "ours", "address": "0x" + "11" * 20, "operator": "-", "authority": "mirror", "deployed_at": 1,
}  # fmt: skip
PINS: Final = {"chain_id": 5, "genesis": "0x" + "0f" * 32}
FAR: Final = '[networks.far]\nrpc = "http://127.0.0.1:9/"\nchain_id = 6\n'
OTHER: Final = f'[registries.other]\nnetwork = "far"\naddress = "0x{"22" * 20}"\n'

FIT: Final = {
    "nothing": "",
    "headers": FAR + OTHER,
    "networks and registries in turn": FAR + OTHER + FAR.replace("far", "near") + OTHER.replace("other", "third"),
    "the same network": FAR.replace("far", "ours").replace("6", "5"),
    "lines that end as on Windows": FAR.replace("\n", "\r\n"),
    "an inline table inside a header": '[networks]\nfar = { rpc = "http://127.0.0.1:9/", chain_id = 6 }\n',
    "the same network in an inline table": 'networks = { ours = { rpc = "http://127.0.0.1:9/" } }\n',
    "a comment and a key before": '# mine\nstore = "sqlite:////tmp/i"  # here\n' + FAR,
}
UNFIT: Final = {
    "dotted keys": "networks.far.chain_id = 6\nnetworks.far.finality = 'latest'\n",
    "inline tables": "networks = { far = { chain_id = 6 } }\n",
    "inline registries": "registries = {}\n",
    "a list": "networks = []\n",
    "no table": 'registries = "mine"\n',
    "no TOML": "[networks\n",
}

names = st.text("aZ0._- 'ab\"\\#中", min_size=1, max_size=6)
fields = st.dictionaries(names, st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2), max_size=3)
settings = st.fixed_dictionaries(
    {}, optional={"networks": st.dictionaries(names, fields, max_size=3), "registries": st.dictionaries(names, fields)}
)


def added(name: str, *, default: bool = False) -> dict[str, Any]:
    more = {"default_registry": name} if default else {}
    return more | {"networks": {"ours": PINS}, "registries": {name: ENTRY}}


@pytest.mark.parametrize("form", FIT)
@pytest.mark.parametrize("name", ["mine", "中.a \"b'"])
def test_what_is_added_leaves_all_else_as_it_was(form: str, name: str) -> None:
    text = FIT[form]
    after = tables(name, ENTRY, PINS, text, default=True)
    assert tomllib.loads(after) == merged(tomllib.loads(text), added(name, default=True))
    assert all(line in after for line in text.splitlines() if "#" in line)


@pytest.mark.parametrize("form", UNFIT)
def test_settings_that_cannot_take_it_are_refused_and_not_changed(form: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        tables("mine", ENTRY, PINS, UNFIT[form], default=True)
    context = Context.of(tmp_path, "en")
    file = tmp_path / "attest.toml"
    file.write_text(UNFIT[form])
    with pytest.raises(OutputError) as caught:
        remember(context, "mine", ENTRY, PINS)
    assert caught.value.code == "IN115"
    assert file.read_text() == UNFIT[form]


@relaxed(suppress_health_check=[HealthCheck.too_slow])
@given(settings, names, st.booleans())
def test_any_settings_under_headers_take_a_registry(document: dict[str, Any], name: str, default: bool) -> None:
    after = tables(name, ENTRY, PINS, tomlkit.dumps(document), default=default)
    assert tomllib.loads(after) == merged(document, added(name, default=default))


def test_what_another_command_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    early, late, third = (Context.of(tmp_path, "en") for _ in range(3))
    assert remember(early, "mine", ENTRY, PINS) is True
    before = (tmp_path / "attest.toml").read_text()
    with pytest.raises(OutputError) as caught:
        remember(late, "mine", ENTRY | {"address": "0x" + "33" * 20}, PINS)
    assert caught.value.code == "IN115"
    assert "already a registry named mine" in caught.value.text()
    assert f'address = "0x{"33" * 20}"' in caught.value.hint()
    with pytest.raises(OutputError, match="a network named ours already"):
        remember(late, "second", ENTRY, PINS | {"chain_id": 7})
    assert (tmp_path / "attest.toml").read_text() == before
    assert remember(third, "second", ENTRY, PINS) is False
    assert tomllib.loads((tmp_path / "attest.toml").read_text())["default_registry"] == "mine"


def test_the_same_registry_written_down_twice_is_there_once(tmp_path: Path) -> None:
    early, late = (Context.of(tmp_path, "en") for _ in range(2))
    remember(early, "mine", ENTRY, PINS)
    before = (tmp_path / "attest.toml").read_text()
    remember(late, "mine", ENTRY, PINS)
    assert (tmp_path / "attest.toml").read_text() == before


@pytest.mark.parametrize("text", ["# mine\n", None])
def test_settings_kept_elsewhere_under_a_link_are_written_there(tmp_path: Path, text: str | None) -> None:
    kept = tmp_path / "dotfiles" / "ours.toml"
    kept.parent.mkdir()
    if text is not None:
        kept.write_text(text)
    home = tmp_path / "home"
    home.mkdir()
    (home / "attest.toml").symlink_to(kept)
    remember(Context.of(home, "en"), "mine", ENTRY, PINS)
    assert (home / "attest.toml").is_symlink()
    assert kept.read_text().startswith(text or "default_registry")
    assert tomllib.loads(kept.read_text())["registries"] == {"mine": ENTRY}


def test_a_nodes_address_is_not_told_where_it_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "attest.lock").mkdir()
    with pytest.raises(OutputError) as caught:
        remember(Context.of(tmp_path, "en"), "mine", ENTRY, PINS | {"rpc": "http://127.0.0.1:9/s3cret"})
    assert "s3cret" not in str(caught.value)
    assert 'rpc = "…"' in str(caught.value)
