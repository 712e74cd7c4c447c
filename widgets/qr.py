"""QR codes that lead to a number's answer, as SVG and PNG.

A code carries `widgets.pointer.pointer` and nothing that can change: status is the page's to say. `qrcode` encodes;
the SVG is one path of our own. Nothing is handed out before a second program, zxing-cpp, has read the finished
picture back.

Error correction M, version 6 at most: with the quiet zone 49 modules, 0.6 mm each in a 3 cm print; version 4 holds a
page's address of 38 characters, version 3 a short one. The white plate and the quiet zone belong to the code also on a
dark page: many scanners do not read light on dark.
"""

import io
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from attest import messages
from attest.domains import covers
from attest.errors import InputError, OutputError
from attest.number import FilingNumber
from widgets.pointer import page_host, pointer

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_VERSION: Final = 6
QUIET_ZONE: Final = 4  # modules on each side
SVG_MODULE: Final = 4  # CSS px
PNG_MODULE: Final = 10  # px
PRINT_WIDTH: Final = 30.0  # mm, quiet zone included
GOOD_MODULE: Final = 0.5  # mm
MIN_MODULE: Final = 0.4  # mm
LOGO_SHARE: Final = 0.2  # of the symbol's edge, margin included; level M has room for more
MAX_LOGO: Final = 2048  # px a side
_MM_PER_INCH: Final = 25.4

_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{px}" height="{px}" viewBox="0 0 {size} {size}" role="img" \
lang="zh-CN" shape-rendering="crispEdges"><title>{title}</title>\
<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path stroke="#000" d="{path}"/></svg>
"""
_DRAWN: Final = re.compile(r'viewBox="0 0 (\d+) \1".*<path stroke="#000" d="([^"]*)"/>', re.ASCII | re.DOTALL)
_RUN: Final = re.compile(r"[Mm](-?\d+) ?(-?\d+(?:\.5)?)h(\d+)", re.ASCII)

Modules = Sequence[Sequence[bool]]


def qr_svg(number: FilingNumber, page: str) -> str:
    """The code as an SVG of `SVG_MODULE` px a module.

    Raises:
        InputError: `page` cannot be in a code, see `widgets.pointer.canonical_page`.
        OutputError: the picture could not be read back.
    """
    payload = pointer(page, number)
    modules = _encode(payload)
    svg = _SVG.format(
        px=len(modules) * SVG_MODULE,
        size=len(modules),
        title=escape(messages.text("WI003", "zh-CN")),
        path=_path(modules),
    )
    _check(_drawn(svg), payload, "qr.svg")
    return svg


def qr_png(number: FilingNumber, page: str, *, print_width: float = PRINT_WIDTH, logo: bytes | None = None) -> bytes:
    """The code as a PNG, `PNG_MODULE` px a module, of one bit a pixel where there is no logo.

    Args:
        print_width: In mm, quiet zone included; the file says it to programs that print.
        logo: A PNG of the operator's own mark, drawn in the middle with a white margin, at most `LOGO_SHARE` wide.

    Raises:
        InputError: `page` cannot be in a code, see `widgets.pointer.canonical_page`, modules would be printed smaller
            than `MIN_MODULE`, or `logo` is no such picture.
        OutputError: the picture could not be read back.
    """
    from PIL import Image

    payload = pointer(page, number)
    module_mm(number, page, print_width)
    picture = _image(_encode(payload), PNG_MODULE)
    picture = picture.convert("1") if logo is None else _with_logo(picture, _logo(logo))
    resolution = picture.width / print_width * _MM_PER_INCH
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True, dpi=(resolution, resolution))
    with Image.open(io.BytesIO(buffer.getvalue())) as written:
        _check(written.convert("L"), payload, "qr.png", has_logo=logo is not None)
    return buffer.getvalue()


def module_mm(number: FilingNumber, page: str, print_width: float) -> float:
    """Width of a module in mm where the code is printed `print_width` mm wide, quiet zone included.

    Raises:
        InputError: it is below `MIN_MODULE`, or `page` cannot be in a code.
    """
    modules = len(_encode(pointer(page, number)))
    width = print_width / modules
    if not width >= MIN_MODULE:
        raise InputError(
            "WI108",
            width=f"{print_width:g}",
            module=f"{width:.2f}",
            least=MIN_MODULE,
            enough=good_width(number, page),
        )
    return width


def good_width(number: FilingNumber, page: str) -> int:
    """The least whole mm of a print, quiet zone included, whose modules are not below `GOOD_MODULE`.

    Raises:
        InputError: `page` cannot be in a code, see `widgets.pointer.canonical_page`.
    """
    return math.ceil(len(_encode(pointer(page, number))) * GOOD_MODULE)


def side_px(number: FilingNumber, page: str) -> int:
    """Width and height of the SVG in CSS px, quiet zone included.

    Raises:
        InputError: `page` cannot be in a code, see `widgets.pointer.canonical_page`.
    """
    return len(_encode(pointer(page, number))) * SVG_MODULE


def self_vouching(page: str, domains: Iterable[str]) -> bool:
    """Whether the verification page lives on one of the filing's own `domains`: a site must not vouch for itself.

    Raises:
        InputError: `page` is not a verification page's address.
    """
    return covers(domains, page_host(page))


@lru_cache(maxsize=16)
def _encode(payload: str) -> Modules:
    """Modules with their quiet zone, dark ones true; SVG, PNG and their sizes are made from the same."""
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    page, sign, key = payload.partition("#")
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(page + sign, optimize=0)
    code.add_data(key, optimize=0)  # a segment of its own: digits take less than half the room of bytes
    code.make(fit=True)
    assert code.version <= MAX_VERSION, code.version
    return tuple(tuple(map(bool, row)) for row in code.get_matrix())


def _path(modules: Modules) -> str:
    """Each horizontal run of dark modules as one stroke through its middle, relative to the end of the one before."""
    strokes: list[str] = []
    pen_x = pen_y = 0
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                move = f"m{x - pen_x} {y - pen_y}" if strokes else f"M{x} {y}.5"
                strokes.append(f"{move.replace(' -', '-')}h{end - x}")
                pen_x, pen_y = end, y
            x = end + 1
    return "".join(strokes)


def _drawn(svg: str) -> "Image":
    """What the finished SVG text draws, at `SVG_MODULE` px a module: read from its path, not from the modules."""
    match = _DRAWN.search(svg)
    if not match:
        raise OutputError("WI120", file="qr.svg", found="-")
    size = int(match[1])
    modules = [[False] * size for _ in range(size)]
    x, y = 0, 0.0
    for dx, dy, length in _RUN.findall(match[2]):
        x, y = x + int(dx), y + float(dy)
        modules[int(y)][x : x + int(length)] = [True] * int(length)
        x += int(length)
    return _image(modules, SVG_MODULE)


def _image(modules: Modules, module_px: int) -> "Image":
    from PIL import Image

    size = len(modules)
    pixels = bytes(0 if module else 255 for row in modules for module in row)
    return Image.frombytes("L", (size, size), pixels).resize((size * module_px,) * 2, Image.Resampling.NEAREST)


def _logo(data: bytes) -> "Image":
    """A logo as it is drawn: on white, wherever it was transparent.

    Raises:
        InputError: not a PNG, damaged, or too large.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if max(picture.size) > MAX_LOGO:
                raise InputError("WI122", limit=MAX_LOGO, found="{}x{}".format(*picture.size))
            drawn = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError("WI122", limit=MAX_LOGO, found=messages.shown(data[:8])) from error
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")


def _with_logo(code: "Image", logo: "Image") -> "Image":
    """The logo in the middle of the code, with one module of white around it, on whole modules."""
    from PIL import Image

    symbol = code.width // PNG_MODULE - 2 * QUIET_ZONE
    plate = int(symbol * LOGO_SHARE - 1) // 2 * 2 + 1  # odd, as every symbol is: so it covers whole modules
    room = (plate - 2) * PNG_MODULE
    scale = room / max(logo.size)
    fitted = logo.resize([max(1, round(side * scale)) for side in logo.size], Image.Resampling.LANCZOS)
    drawn = code.convert("RGB")
    for picture in (Image.new("RGB", (plate * PNG_MODULE,) * 2, "white"), fitted):
        drawn.paste(picture, ((code.width - picture.width) // 2, (code.height - picture.height) // 2))
    return drawn


def _check(picture: "Image", payload: str, file: str, *, has_logo: bool = False) -> None:
    """Read a picture with zxing-cpp and compare.

    Raises:
        OutputError: it holds another text, or none or several codes.
    """
    import zxingcpp

    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = [code.text for code in zxingcpp.read_barcodes(picture, formats=formats)]
    if found != [payload] and has_logo:
        raise OutputError("WI121")
    if found != [payload]:
        raise OutputError("WI120", file=file, found=messages.shown(", ".join(found)))
