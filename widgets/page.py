"""The verification page as plain static files, with the trust list and the nodes' addresses baked in.

A reader's browser asks the nodes itself, so whoever hosts the files answers for nothing but the files. All references
are relative: any host and any base path will do. There is no inline script or style, and the page's policy, in a meta
element too, allows nothing but its own files and the nodes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any, Final, Self
from urllib.parse import urlsplit

from attest import messages
from attest.errors import InputError
from attest.ports import AUTHORITIES, Authority, Basis, Status, TrustEntry
from attest.reasons import Reason
from widgets.pointer import is_loopback
from widgets.web import source, templates

INDEX: Final = "index.html"
DEFAULT_LANG: Final = "zh-CN"

_MODULES: Final = ("verify.js", "registry.js", "number.js", "domains.js", "punycode.js", "memory.js")
_FILES: Final = (*_MODULES, "verify.css", "icon.svg")

_OUTCOMES: Final = {
    "active": "PG001",
    "suspended": "PG002",
    "cancelled": "PG003",
    "revoked": "PG004",
    "void": "PG005",
    "unfiled": "PG006",
    "absent": "PG007",
    "malformed": "PG008",
    "unsure": "PG009",
    "waiting": "PG010",
    "ready": "PG011",
    "activeNote": "PG021",
    "suspendedNote": "PG022",
    "cancelledNote": "PG023",
    "revokedNote": "PG024",
    "voidNote": "PG025",
    "unfiledNote": "PG026",
    "absentNote": "PG027",
    "malformedNote": "PG028",
    "unsureNote": "PG029",
    "readyNote": "PG030",
}
_REASONS: Final = {
    "unreachable": "PG101",
    "timeout": "PG102",
    "busy": "PG103",
    "refused": "PG104",
    "protocol": "PG105",
    "chain": "PG106",
    "disagree": "PG107",
    "stale": "PG108",
    "contract": "PG109",
    "pending": "PG110",
    "page": "PG111",
    "earlier": "PG120",
}
_FACTS: Final = {
    "domains": "PG201",
    "question": "PG202",
    "cameFrom": "PG203",
    "cameFromOther": "PG204",
    "noDomains": "PG205",
    "noRecord": "PG206",
    "wildcard": "PG207",
    "number": "PG210",
    "subject": "PG211",
    "service": "PG212",
    "filedOn": "PG213",
    "apps": "PG214",
    "registry": "PG215",
    "runBy": "PG216",
    "ownUser": "CL019",
    "kind": "PG217",
    "completeTo": "PG218",
    "asOf": "PG219",
    "block": "PG220",
    "natural": "PG221",
    "chainName": "PG222",
    "chainOf": "PG223",
    "others": "PG224",
    "history": "PG230",
    "registered": "PG231",
    "amended": "PG232",
    "reopened": "PG233",
    "changed": "PG234",
    "moreChanges": "PG235",
    "oneNode": "PG236",
}
_PAGE: Final = {
    "title": "PG301",
    "subtitle": "PG302",
    "check": "PG303",
    "registration": "PG304",
    "testChain": "PG305",
    "authorityQuery": "PG306",
    "nothing": "PG307",
    "language": "PG309",
    "authoritativeNote": "PG310",
    "mirrorNote": "PG311",
    "self-declaredNote": "PG312",
    "everywhere": "PG313",
    "local": "PG314",
}
_DEFECTS: Final = ("NU101", "NU102", "NU103", "NU104", "NU105", "NU106")
_TEXTS: Final = (
    _OUTCOMES
    | _REASONS
    | _FACTS
    | _PAGE
    | {code: code for code in _DEFECTS}
    | {authority: message.code for authority, message in AUTHORITIES.items()}
    | {f"is-{status.name.lower()}": f"ST{status.value:03}" for status in Status}
    | {f"reason-{reason.value}": f"RS{reason.value:03}" for reason in Reason}
)
"""What the page's scripts call each text, and its code."""


@dataclass(frozen=True, slots=True)
class PageRegistry:
    """One registry that the page asks: an entry of its trust list.

    Attributes:
        name, operator, authority, provinces, complete_to: As of `attest.ports.TrustEntry`.
        genesis: Hash of the chain's block 0, 0x-hex.
        contract: Address of the registry, 0x-hex.
        finality: `latest`, `safe`, `finalized` or `N confirmations`.
        nodes: Absolute http or https URLs, or a path such as `/rpc` on the page's own origin; all must agree.
        deployed_at: Block of the deployment, which the contract must name too; None where that is not known.
        max_head_age_s: Age in seconds from which a head decides nothing; not asked of `latest`.
        local: It proves nothing to others.
    """

    name: str
    operator: str
    authority: Authority
    provinces: frozenset[str]
    complete_to: str | None
    chain_id: int
    genesis: str
    contract: str
    finality: str
    nodes: tuple[str, ...]
    deployed_at: int | None
    max_head_age_s: int
    local: bool

    @classmethod
    def of(
        cls, trust: TrustEntry, basis: Basis, *, nodes: tuple[str, ...], deployed_at: int | None, max_head_age_s: int
    ) -> Self:
        """A registry of the trust list, once its chain has shown itself in `basis`."""
        return cls(
            name=trust.name,
            operator=trust.operator,
            authority=trust.authority,
            provinces=trust.provinces,
            complete_to=trust.complete_to,
            chain_id=basis.chain_id,
            genesis=basis.genesis,
            contract=basis.contract,
            finality=basis.finality,
            nodes=nodes,
            deployed_at=deployed_at,
            max_head_age_s=max_head_age_s,
            local=basis.local,
        )


def page_files(registries: Sequence[PageRegistry], *, default_lang: str = DEFAULT_LANG) -> dict[str, bytes]:
    """Every file of the page by its relative name; `index.html` is the page.

    Args:
        registries: In the order in which equals are believed.
        default_lang: Language of the page before its script runs, and where the browser wants none of ours.

    Raises:
        InputError: no registry, or a node's address that a browser cannot ask.
    """
    texts = {f"texts-{lang}.js": _module("default", templates(_TEXTS, lang)) for lang in messages.LANGUAGES}
    files = (
        {INDEX: _index(registries, default_lang), "manifest.webmanifest": _manifest(default_lang)}
        | {name: source(name) for name in _FILES}
        | {"built.js": _built(registries, default_lang)}
        | texts
    )
    return {name: text.encode() for name, text in (files | {"worker.js": _worker(files)}).items()}


def content_security_policy(registries: Sequence[PageRegistry]) -> str:
    """The page's policy as a header's value.

    Raises:
        InputError: as `page_files`.
    """
    return f"{_policy(registries)}; frame-ancestors 'none'"


def hosting_headers(registries: Sequence[PageRegistry]) -> str:
    """The response headers as a `_headers` file, which several static hosts read.

    Raises:
        InputError: as `page_files`.
    """
    headers = {
        "Content-Security-Policy": content_security_policy(registries),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return "".join(["/*\n", *(f"  {name}: {value}\n" for name, value in headers.items())])


def _policy(registries: Sequence[PageRegistry]) -> str:
    """What works in a meta element too."""
    origins = dict.fromkeys(["'self'", *(origin(node) for registry in registries for node in registry.nodes)])
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src {' '.join(origins)}",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types worker",
        )
    )


def origin(node: str) -> str:
    """A node's origin as a policy names it.

    Raises:
        InputError: not an address that a browser's script can ask.
    """
    if node.startswith("/") and not node.startswith("//"):
        return "'self'"
    refused = InputError("PG502", found=messages.shown(node))
    try:
        parts = urlsplit(node)
        port = parts.port
    except ValueError as error:
        raise refused from error
    host = parts.hostname or ""
    plain = host.isascii() and not set(host) & set(" \t;,'\"*")
    if parts.scheme not in ("http", "https") or not host or not plain or "@" in parts.netloc:
        raise refused
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def is_mixed_content(node: str) -> bool:
    """Whether browsers refuse a page on https to ask this node (W3C, Mixed Content): http, and not this machine."""
    parts = urlsplit(node)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def _index(registries: Sequence[PageRegistry], lang: str) -> str:
    if not registries or not all(registry.nodes for registry in registries):
        raise InputError("PG506")
    preloaded = (*_MODULES[1:], "built.js", f"texts-{lang}.js")
    return Template(source("verify.html")).substitute(
        lang=lang,
        policy=escape(_policy(registries)),
        title=escape(messages.text("PG301", lang)),
        noscript=escape(messages.text("PG308", lang)),
        preloads="\n".join(f'<link rel="modulepreload" href="{name}">' for name in preloaded),
    )


def _built(registries: Sequence[PageRegistry], lang: str) -> str:
    return _module("const defaultLang", lang) + _module("const registries", [_as_json(each) for each in registries])


def _as_json(registry: PageRegistry) -> dict[str, Any]:
    return {
        "name": registry.name,
        "operator": registry.operator,
        "authority": registry.authority,
        "provinces": sorted(registry.provinces),
        "completeTo": registry.complete_to,
        "chainId": registry.chain_id,
        "genesis": registry.genesis.lower(),
        "contract": registry.contract.lower(),
        "finality": registry.finality,
        "nodes": registry.nodes,
        "deployedAt": registry.deployed_at,
        "maxHeadAge": registry.max_head_age_s,
        "local": registry.local,
    }


def _manifest(lang: str) -> str:
    name = messages.text("PG301", lang)
    icon = {"src": "icon.svg", "type": "image/svg+xml", "sizes": "any"}
    manifest = {"name": name, "short_name": name, "lang": lang, "start_url": "./", "scope": "./", "display": "browser"}
    return json.dumps(manifest | {"icons": [icon]}, ensure_ascii=False)


def _worker(files: Mapping[str, str]) -> str:
    """The service worker under a version that changes with any of the files it keeps."""
    version = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
    kept = ["./", *(name for name in files if name != INDEX)]
    return f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(kept)};\n\n{source('worker.js')}"


def _module(name: str, value: Any) -> str:
    """A line of an ES module that exports `value`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"export {name} {text};\n" if name == "default" else f"export {name} = {text};\n"
