"""Writes everything an operator needs into one folder.

All contents are made and tested before the first byte is written, and every file appears whole or not at all: each
is written beside its place and moved there once all of them are on disk. Running it again replaces these files and
touches no others.
"""

import errno
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from attest.errors import OutputError
from attest.number import FilingNumber
from widgets import web
from widgets.badge import PLAIN, Look, badge_png, badge_svg
from widgets.embed import Element, snippet_html
from widgets.qr import PRINT_WIDTH, qr_png, qr_svg

WELL_KNOWN: Final = "blockchain-filing.json"
"""Name of the attestation file; it belongs at `/.well-known/` of the site."""

_MODE: Final = 0o644  # a web server reads them; the umask may take more away
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def write_badge_files(
    out: Path,
    *,
    number: FilingNumber,
    page: str,
    attestation: bytes | None,
    look: Look = PLAIN,
    png: bool = False,
    print_width: float = PRINT_WIDTH,
    logo: bytes | None = None,
    element: bool = False,
    domains: Iterable[str] = (),
) -> list[Path]:
    """Write badge.svg, qr.svg, qr.png, snippet.html and what else was asked for.

    Args:
        out: Folder to write to; made if missing.
        page: Address of the verification page.
        attestation: From `attest.attestation.build_attestation`, written as it is; None writes no such file.
        look: Of the badge.
        png: Also write the badge as badge.png, badge@2x.png and badge@3x.png, light where the look is not dark.
        print_width: Of the QR code in mm, see `widgets.qr.qr_png`.
        logo: For qr.png, see `widgets.qr.qr_png`.
        element: Also write the web element, and a snippet that shows it.
        domains: Those that were filed, for the element.

    Returns:
        The files written.

    Raises:
        InputError: see `widgets.pointer.canonical_page` and `widgets.qr.qr_png`; nothing was written.
        OutputError: a QR code could not be read back, fonts for `png` are missing, or a file could not be written.
    """
    contents = {
        "badge.svg": badge_svg(number, look).encode(),
        "qr.svg": qr_svg(number, page).encode(),
        "qr.png": qr_png(number, page, print_width=print_width, logo=logo),
    }
    if png:
        contents |= _badge_pngs(number, look)
    shown = None
    if element:
        name, module, integrity = web.element()
        contents[name] = module
        shown = Element(name, integrity)
    snippet = snippet_html(number, page, look=look, element=shown, domains=domains)
    contents["snippet.html"] = snippet.encode("ascii", "xmlcharrefreplace")  # pages do not always name their encoding
    if attestation is not None:
        contents[WELL_KNOWN] = attestation
    return write_files(out, contents)


def write_files(out: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into one folder, made if missing: all of them whole, or none.

    Raises:
        OutputError: they could not be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        return _write_all({out / name: data for name, data in contents.items()})
    except OSError as error:
        raise _explained(error, out) from error


def _badge_pngs(number: FilingNumber, look: Look) -> dict[str, bytes]:
    scales: dict[str, Literal[1, 2, 3]] = {"badge.png": 1, "badge@2x.png": 2, "badge@3x.png": 3}
    return {name: badge_png(number, look, scale=scale) for name, scale in scales.items()}


def _write_all(contents: dict[Path, bytes]) -> list[Path]:
    mark = secrets.token_hex(6)
    drafts = {path: path.with_name(f".{path.name}.{mark}.tmp") for path in contents}
    try:
        for path, data in contents.items():
            with os.fdopen(os.open(drafts[path], os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
    return list(contents)


def _explained(error: OSError, out: Path) -> OutputError:
    path = Path(error.filename2 or error.filename or out)
    if error.errno in _NO_ROOM:
        return OutputError("WI112", path=out, why=error.strerror)
    if error.errno in _REFUSED:
        return OutputError("WI111", path=out, why=error.strerror)
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return OutputError("WI110", path=out)
    return OutputError("WI113", path=path, why=error.strerror or error)
