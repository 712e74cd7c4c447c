"""Pictures from outside as pixels, within bounds, and how well the ink in a part of one is seen."""

import io
import re
import warnings
from typing import TYPE_CHECKING, Final

from attest import messages
from attest.errors import PictureError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    """Rows, columns, and red, green and blue, 0 to 255."""

Box = tuple[int, int, int, int]
"""Left, top, width and height, in pixels of the picture."""

FORMATS: Final = ("PNG", "JPEG", "WEBP")
MAX_BYTES: Final = 20_000_000
MAX_PIXELS: Final = 40_000_000

_INK: Final = 0.35
"""Of the strongest difference from the background, from which on a pixel belongs to the strokes."""
_LEAST_DIFFERENCE: Final = 8  # of a channel, of 255; as in `attest.site.display`


def open_picture(data: bytes) -> "Pixels":
    """The picture as a viewer shows it: first frame, turned as its EXIF says.

    Transparent parts become white, or black where what is opaque is mostly light.

    Raises:
        PictureError: not a PNG, JPEG or WebP, damaged, or larger than `MAX_BYTES` or `MAX_PIXELS`.
    """
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(data) > MAX_BYTES:
        raise PictureError("OC111", limit=MAX_BYTES, found=len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its size is judged here
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise PictureError("OC112", limit=MAX_PIXELS, found=f"{picture.width}x{picture.height}")
                turned = ImageOps.exif_transpose(picture)
                if not turned.has_transparency_data:
                    return np.asarray(turned.convert("RGB"))
                layers = np.asarray(turned.convert("RGBA"))
    except UnidentifiedImageError as error:
        raise PictureError("OC110", found=messages.shown(_beginning(data))) from error
    except Image.DecompressionBombError as error:
        raise PictureError("OC112", limit=MAX_PIXELS, found=_first_number(str(error))) from error
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, OverflowError) as error:
        raise PictureError("OC113", found=f"{type(error).__name__}: {messages.shown(error)}") from error
    share = layers[..., 3:].astype(np.uint16)
    opaque = layers[..., :3][layers[..., 3] > 127]
    behind = 0 if len(opaque) and opaque.mean() > 127 else 255
    return ((layers[..., :3] * share + behind * (255 - share)) // 255).astype(np.uint8)


def inked(pixels: "Pixels", box: Box) -> tuple[Box, float]:
    """The smallest box around the strokes within `box`, and their contrast.

    Returns:
        The box, and the contrast ratio of WCAG 2.2 that nine tenths of the ink stay at or below, 1 to 21; ink is what
        differs from the most frequent colour of the box, and the strokes are its stronger part.
    """
    import numpy as np

    left, top, width, height = box
    part = pixels[top : top + height, left : left + width]
    if not part.size:
        return box, 1.0
    paper = _paper(part)
    difference = np.abs(part.astype(np.int16) - paper).max(axis=2)
    ink = difference > max(_LEAST_DIFFERENCE, _INK * float(np.percentile(difference, 99)))
    if not ink.any():
        return box, 1.0
    light, behind = luminance(part[ink]), luminance(paper)
    ratios = (np.maximum(light, behind) + 0.05) / (np.minimum(light, behind) + 0.05)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    tight = (
        left + int(columns[0]),
        top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )
    return tight, float(np.percentile(ratios, 90))


def _paper(part: "Pixels") -> "NDArray[np.uint8]":
    """The colour of the background: the mean of the most frequent one, sixteen shades a channel."""
    import numpy as np

    colors = part.reshape(-1, 3)
    shades = (colors >> 4).astype(np.int32) @ np.array([256, 16, 1])
    common = np.bincount(shades, minlength=4096).argmax()
    return np.asarray(colors[shades == common].mean(axis=0).round().astype(np.uint8))


def luminance(colors: "NDArray[np.uint8]") -> "NDArray[np.float64]":
    """Relative luminance of colours, the last axis red, green and blue: WCAG 2.2."""
    import numpy as np

    channels = colors / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _beginning(data: bytes) -> str:
    return data[:12].decode("latin-1") if data else "nothing"


def _first_number(text: str) -> str:
    found = re.search("[0-9]+", text)
    return found[0] if found else "more"
