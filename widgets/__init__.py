"""What an operator shows: badge, QR code, the HTML snippet that holds both, and the files of all of them.

Nothing here reaches a chain, a site or the network, and nothing here states a filing's status: a picture can be
copied and goes stale, so status is said by the verification page alone. Importing this package is cheap; the
encoder, the decoder and the image libraries load when a picture is drawn.

    >>> from attest import FilingNumber
    >>> number = FilingNumber.parse("浙网信备33010619213211320012号")
    >>> "浙网信备33010619213211320012号" in badge_svg(number)
    True
    >>> "https://verify.example/#33010619213211320012" in snippet_html(number, "https://Verify.Example")
    True
"""

from widgets.badge import Look, badge_png, badge_svg
from widgets.embed import Element, snippet_html
from widgets.files import write_badge_files
from widgets.qr import qr_png, qr_svg, self_vouching

__all__ = [
    "Element",
    "Look",
    "badge_png",
    "badge_svg",
    "qr_png",
    "qr_svg",
    "self_vouching",
    "snippet_html",
    "write_badge_files",
]
