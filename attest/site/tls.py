"""What a TLS connection says about the machine that answered.

The certificate was valid for the host when the page was read, by the visitor's own trust store: the connection would
not have been made otherwise. That convinces the visitor alone; anyone could have written these lines afterwards.
"""

import asyncio
import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

MAX_NAMES: Final = 100
"""Names of a certificate that are kept; some certificates hold thousands."""

MAX_NAME: Final = 256  # characters


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """A TLS connection and the certificate that the server showed.

    Attributes:
        protocol: `TLSv1.3`, say.
        cipher: As OpenSSL names it.
        subject: The common name, or an empty string.
        names: DNS names and IP addresses that the certificate is for, at most `MAX_NAMES`.
        issuer: Common name of who signed it, else the organisation, else an empty string.
        not_before, not_after: UTC.
        sha256: Of the whole certificate, hex.
    """

    protocol: str
    cipher: str
    subject: str
    names: tuple[str, ...]
    issuer: str
    not_before: datetime | None
    not_after: datetime | None
    sha256: str


@dataclass(frozen=True, slots=True)
class TlsSession:
    """A connection's TLS, from which its facts can be read also when the connection is closed."""

    session: ssl.SSLObject
    certificate: dict[str, Any]


def tls_session(transport: asyncio.Transport) -> TlsSession | None:
    """The TLS of an open connection, or None where it speaks none."""
    session = transport.get_extra_info("ssl_object")
    return None if session is None else TlsSession(session, transport.get_extra_info("peercert") or {})


def tls_facts(tls: TlsSession) -> TlsFacts:
    """What a session says; it costs some work, and not every answer is a page."""
    session, certificate = tls.session, tls.certificate
    cipher = session.cipher()
    subject, issuer = _attributes(certificate.get("subject", ())), _attributes(certificate.get("issuer", ()))
    names = (str(name)[:MAX_NAME] for kind, name in certificate.get("subjectAltName", ()) if kind in _NAMES)
    return TlsFacts(
        protocol=session.version() or "",
        cipher=cipher[0] if cipher else "",
        subject=subject.get("commonName", ""),
        names=tuple(name for name, _ in zip(names, range(MAX_NAMES), strict=False)),
        issuer=issuer.get("commonName", "") or issuer.get("organizationName", ""),
        not_before=_time(certificate.get("notBefore")),
        not_after=_time(certificate.get("notAfter")),
        sha256=hashlib.sha256(session.getpeercert(binary_form=True) or b"").hexdigest(),
    )


_NAMES: Final = frozenset({"DNS", "IP Address"})


def _attributes(name: tuple[tuple[tuple[str, str], ...], ...]) -> dict[str, str]:
    """The attributes of a distinguished name as `ssl` gives it; of two of a kind, the last."""
    return {key: value[:MAX_NAME] for part in name for key, value in part}


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
