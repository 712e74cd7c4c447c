"""The neural recogniser of text in pictures: the extra `[ocr]`, whose models come with it. Nothing is ever loaded."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attest import messages
from attest.errors import ProgramError
from attest.site.pictures import Box

if TYPE_CHECKING:
    from attest.site.pictures import Pixels


@cache
def engine() -> Any:
    """The recogniser, on one thread, with the models of its own package.

    Raises:
        ProgramError: it is not installed, or not whole.
    """
    try:
        import rapidocr

        models = Path(rapidocr.__file__).parent / "models"
        detection, recognition = models / "PP-OCRv6_det_small.onnx", models / "PP-OCRv6_rec_small.onnx"
        for model in (detection, recognition):  # one that is missing would be loaded from the network
            model.stat()
        return rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.use_preprocess_img": False,
                "Global.text_score": 0.0,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_type": "min",
                "Det.limit_side_len": 64,
                "Det.model_path": str(detection),
                "Rec.model_path": str(recognition),
            }
        )
    except (ImportError, FileNotFoundError) as error:
        raise ProgramError("OC101", found=messages.shown(error)) from error


def detected(pixels: "Pixels") -> list[Box]:
    """Boxes of the lines of a small picture."""
    import cv2

    height, width = pixels.shape[:2]
    twice = cv2.resize(pixels[..., ::-1], (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    found = engine()(twice, use_det=True, use_cls=False, use_rec=False)
    boxes = []
    for corners in [] if found.boxes is None else found.boxes / 2:
        left, top = (max(0, int(edge)) for edge in corners.min(axis=0))
        right, bottom = (int(edge) for edge in corners.max(axis=0))
        if right - left > 2 and bottom - top > 2:
            boxes.append((left, top, right - left, bottom - top))
    return boxes


def recognised(part: "Pixels", left: int, way: int) -> tuple[str, tuple[float, ...]]:
    import cv2
    import numpy as np

    height, width = part.shape[:2]
    picture = part[..., ::-1]
    if way == 1:
        gray = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
        plain = cv2.normalize(gray, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
        picture = cv2.cvtColor(plain if np.median(plain) > 127 else 255 - plain, cv2.COLOR_GRAY2BGR)
    stretch = 1.2 if way == 2 else 1.0
    zoom = 48 / height
    size = (max(1, round(width * zoom * stretch)), 48)
    found = engine()(
        cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_AREA),
        use_det=False,
        use_cls=False,
        use_rec=True,
        return_word_box=True,
    )
    text, words = found.txts[0], found.word_results[0]
    if not text.strip() or words is None:
        return "", ()
    columns = iter(column for word in words.word_cols for column in word)
    step = width / words.line_txt_len
    centres: list[float] = []
    for character in text:
        if character.isspace():
            centres.append(centres[-1] if centres else float(left))
        else:
            centres.append(left + (next(columns, words.line_txt_len) + 0.5) * step)
    return text, tuple(centres)
