"""The configuration as one frozen model: networks, registries and what is believed of them.

Pure data: reading files, the environment and the command line is the rim's job (`attest.cli.context`). Layers are
given from the weakest to the strongest; a stronger one replaces single fields.

    >>> settings = build_settings({"registries": {"demo": {"network": "embedded", "address": "0x" + "00" * 20}}})
    >>> settings.registry(None).authority
    'self-declared'
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from attest import messages
from attest.errors import SettingsError
from attest.messages import Message
from attest.number import PROVINCES
from attest.ports import Authority, TrustEntry

EMBEDDED: Final = "embedded"
"""Name of the network that lives in a file of this machine and needs no settings."""


def _matching(pattern: str, expected: str) -> Any:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(expected)
        return text

    return AfterValidator(check)


Address = Annotated[str, _matching("0x[0-9a-fA-F]{40}", "0x and 40 hexadecimal digits")]
Hash = Annotated[str, _matching("0x[0-9a-f]{64}", "0x and 64 hexadecimal digits in lower case")]
Store = Annotated[
    str,
    _matching(
        r"(sqlite|postgresql\+psycopg)://[^\s]+", "an address that begins with sqlite:// or postgresql+psycopg://"
    ),
]
Finality = Annotated[
    str, _matching("latest|safe|finalized|[0-9]{1,4} confirmations?", "latest, safe, finalized or 'N confirmations'")
]
Province = Annotated[str, _matching("|".join(PROVINCES), "a province character such as 浙")]


def _addresses(found: Any) -> tuple[str, ...]:
    """One http or https address, or a list of them, each once."""
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list | tuple) or not all(
        isinstance(url, str) and re.fullmatch(r"https?://[^\s]+", url) for url in listed
    ):
        raise ValueError("an http or https address, or a list of them")
    if len({url.rstrip("/") for url in listed}) != len(listed):
        raise ValueError("each address once")
    return tuple(listed)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(_Table):
    """One chain and how it is reached.

    Attributes:
        rpc: JSON-RPC addresses, one a node; empty for the embedded chain. They may hold access tokens.
        chain_id: EIP-155 chain id that a node must serve.
        genesis: Hash of block 0 that a node must have, or None to accept any chain of that id.
        finality: Which block is final enough to rest a verdict on.
        quorum: How many nodes must give the same answer; None for more than half of them.
        max_head_age_s: Age in seconds from which a head rests no verdict: the node lags, or hides what came since. Not
            asked of `latest`, which suits chains that make a block only when there is something to put in it.
        fee_cap: Most that one transaction may cost, in the chain's coin.
    """

    rpc: Annotated[tuple[str, ...], BeforeValidator(_addresses)] = ()
    chain_id: Annotated[int, Field(ge=1, lt=2**63, strict=True)] | None = None
    genesis: Hash | None = None
    finality: Finality = "finalized"
    max_head_age_s: Annotated[int, Field(ge=1, strict=True)] = 86_400
    fee_cap: Annotated[Decimal, Field(gt=0, max_digits=36, decimal_places=18)] = Decimal(1)
    quorum: Annotated[int, Field(ge=1, strict=True)] | None = None

    @field_validator("quorum")
    @classmethod
    def _in_reach(cls, quorum: int | None, checked: ValidationInfo) -> int | None:
        nodes = len(checked.data.get("rpc", ()))
        if quorum is not None and quorum > nodes > 0:
            raise ValueError(f"at most {nodes}, the number of addresses in rpc")
        return quorum

    @property
    def local(self) -> bool:
        """Whether it is the embedded chain: a file of this machine's user, which proves nothing to others."""
        return not self.rpc

    @property
    def needed(self) -> int:
        """How many nodes must give the same answer."""
        return self.quorum or len(self.rpc) // 2 + 1


class Registry(_Table):
    """One registry contract and what the reader believes of it: an entry of the trust list.

    Attributes:
        network: Name of its network.
        operator: Who runs it, in the reader's own words.
        authority: See `attest.ports.TrustEntry`.
        provinces: Where it is authoritative; empty for everywhere.
        complete_to: The last list and date a mirror holds.
        deployed_at: Block of its deployment, which the contract must name too; None where that is not known.
    """

    network: str
    address: Address
    operator: str = "-"
    authority: Authority = "self-declared"
    provinces: frozenset[Province] = frozenset()
    complete_to: str | None = None
    deployed_at: Annotated[int, Field(ge=0, lt=2**40, strict=True)] | None = None


class Settings(_Table):
    """Everything that can be configured.

    Attributes:
        default_registry: The registry asked where none is named; where this is absent, the only one there is.
        store: Database of synced registries, which may hold a password; None for a file in the home.
    """

    networks: dict[str, Network] = {}
    registries: dict[str, Registry] = {}
    default_registry: str | None = None
    store: Store | None = None

    def network(self, name: str) -> Network:
        """The network of that name.

        Raises:
            SettingsError: it is not configured, or has no address or chain id.
        """
        if name == EMBEDDED:
            known = self.networks.get(name, Network())
            return known.model_copy(update={"rpc": (), "quorum": None, "finality": "latest"})
        if name not in self.networks:
            raise SettingsError(
                "SE102", found=messages.shown(name), known=", ".join(dict.fromkeys([EMBEDDED, *self.networks]))
            )
        found = self.networks[name]
        if found.local or found.chain_id is None:
            raise SettingsError("SE103", name=name)
        return found

    def registry_name(self, name: str | None) -> str:
        """`name`, or the default registry's name.

        Raises:
            SettingsError: no such registry, none at all, or several without a default.
        """
        only = next(iter(self.registries)) if len(self.registries) == 1 else None
        chosen = name if name is not None else self.default_registry or only
        if chosen in self.registries:
            return chosen
        if not self.registries:
            raise SettingsError("SE104")
        known = ", ".join(self.registries)
        if chosen is None:
            raise SettingsError("SE107", known=known)
        raise SettingsError("SE105", found=messages.shown(chosen), known=known)

    def registry(self, name: str | None) -> Registry:
        """The registry of that name, or the default one; errors as `registry_name`."""
        return self.registries[self.registry_name(name)]

    def trust(self, name: str | None) -> TrustEntry:
        """The trust list's entry of that registry, or the default one's."""
        chosen = self.registry_name(name)
        entry = self.registries[chosen]
        return TrustEntry(chosen, entry.operator, entry.authority, frozenset(entry.provinces), entry.complete_to)


def build_settings(*layers: Mapping[str, Any]) -> Settings:
    """Merge layers, weakest first, and check the result.

    Raises:
        SettingsError: names the field, what it should hold and what was found.
    """
    try:
        return Settings.model_validate(merged(*layers))
    except ValidationError as error:
        raise _explained(error) from None  # it quotes what it found, access tokens too


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of all layers, weakest first; nothing is checked and no layer is changed."""
    fields: dict[str, Any] = {}
    for layer in layers:
        _merge(fields, layer)
    return fields


def overridden(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """What a layer says otherwise of networks and registries that a weaker one describes: table, name and field.

    A field that the weaker one leaves out counts where that one names the network's nodes: the default is meant then.
    """
    changed: list[tuple[str, str, str]] = []
    for table in ("networks", "registries"):
        for name in _table(weak, table):
            own, other = (_table(_table(layer, table), name) for layer in (weak, strong))
            settled = other if "rpc" in own else own
            changed += [(table, name, field) for field in other if field in settled and other[field] != own.get(field)]
    return tuple(changed)


def _table(layer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = layer.get(name)
    return found if isinstance(found, Mapping) else {}


def _explained(error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False)[0]
    field = messages.shown(".".join(str(part) for part in first["loc"]))
    context = first.get("ctx", {})
    match first["type"]:
        case "missing":
            return SettingsError("SE109", field=field)
        case "extra_forbidden":
            return SettingsError("SE110", field=field)
        case "model_type" | "dict_type":
            expected = "a table"
        case _:
            told = context.get("error") or context.get("expected") or first["msg"]
            expected = str(told).removeprefix("Input should be ")
    secret = first["loc"][:1] in (("networks",), ("store",))
    found = Message("SE111") if secret else messages.shown(first["input"])
    return SettingsError("SE101", field=field, expected=expected, found=found)


def _merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for name, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(name, {}), dict):
            _merge(into.setdefault(name, {}), value)
        else:
            into[name] = value
