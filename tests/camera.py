"""A phone's camera that was never built: pictures of a printed QR code as a hand holds them, from a fixed seed."""

import io
from typing import Any, Final

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from tests.fictional import fictional
from widgets.pointer import pointer
from widgets.qr import PRINT_WIDTH, qr_png

PAGE: Final = "https://verify.example/"
DISTANCE: Final = 200.0  # mm
LONG_SIDE: Final = 1920  # px
FIELD: Final = 69.0  # degrees over the long side
FRAME: Final = 400  # px a side of what is cut out of the picture around the code
FINER: Final = 2  # samples of light a pixel and direction

Picture = NDArray[np.uint8]


def share_read(count: int, seed: int = 1) -> float:
    """The share of `count` pictures, each of another number's code, that zxing-cpp reads as the code's pointer.

    The code is printed `PRINT_WIDTH` mm wide and seen from `DISTANCE` by a 1080p camera: 5.7 px a module.
    """
    chance = np.random.default_rng(seed)
    read = 0
    for number in map(fictional, range(count)):
        found = zxingcpp.read_barcodes(taken(qr_png(number, PAGE), chance))
        read += [code.text for code in found] == [pointer(PAGE, number)]
    return read / count


def taken(png: bytes, chance: np.random.Generator) -> Picture:
    """A grey picture of a code, turned, tilted, unevenly lit, out of focus, noisy and saved as JPEG."""
    with Image.open(io.BytesIO(png)) as picture:
        code: Picture = np.asarray(picture.convert("L"))
    light = _lit(_seen(code, chance).astype(np.float32), chance)
    blurred = cv2.GaussianBlur(light, (0, 0), chance.uniform(0.4, 1.6))  # px; a module is 5.7
    noisy = blurred + chance.normal(0, chance.uniform(2, 10), blurred.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(30, 91))]
    _, jpeg = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _seen(code: Picture, chance: np.random.Generator) -> Picture:
    """The code on a grey table, projected by a pinhole camera."""
    half = PRINT_WIDTH / 2
    corners = np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]])
    pitch, yaw = np.radians(chance.uniform(-30, 30, 2))
    roll = np.radians(chance.uniform(-45, 45))
    placed = corners @ (_turn(roll, 0, 1) @ _turn(pitch, 1, 2) @ _turn(yaw, 0, 2)).T + [0, 0, DISTANCE]
    focal = LONG_SIDE / 2 / np.tan(np.radians(FIELD / 2))  # px
    place = FRAME / 2 + chance.uniform(-20, 20, 2)
    projected = (placed[:, :2] / placed[:, 2:] * focal + place) * FINER
    side = code.shape[0]
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    projection = cv2.getPerspectiveTransform(square, projected.astype(np.float32))
    table: Any = float(chance.uniform(60, 230))
    fine = cv2.warpPerspective(
        code, projection, (FRAME * FINER,) * 2, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=table
    )
    return np.asarray(cv2.resize(fine, (FRAME, FRAME), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _lit(seen: NDArray[np.float32], chance: np.random.Generator) -> NDArray[np.float32]:
    """Paper and ink are neither white nor black, and light falls off to one side."""
    black, white = chance.uniform(10, 50), chance.uniform(160, 245)
    angle = chance.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : FRAME * 1j, -1 : 1 : FRAME * 1j]
    falling = 1 - chance.uniform(0, 0.5) * (1 + x * np.cos(angle) + y * np.sin(angle)) / 2
    return ((black + seen / 255 * (white - black)) * falling).astype(np.float32)


def _turn(angle: float, one: int, other: int) -> NDArray[np.float64]:
    """A rotation in the plane of two axes."""
    turn = np.eye(3)
    turn[one, one] = turn[other, other] = np.cos(angle)
    turn[one, other], turn[other, one] = -np.sin(angle), np.sin(angle)
    return turn
