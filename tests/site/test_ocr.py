"""Numbers in pictures: read where a person can read them, never another number, and nothing is ever loaded."""

import asyncio
import builtins
import io
import json
import os
import random
import socket
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from attest.errors import FetchError, PictureError, ProgramError
from attest.number import FilingNumber
from attest.site import ocr, pictures, recogniser
from attest.site.agreement import agreed
from attest.site.lines import text_lines
from attest.site.ocr import read_numbers
from attest.site.ocr_worker import PictureReader
from attest.site.pictures import inked, open_picture
from tests.amounts import examples
from tests.fictional import fictional
from tests.site.lookalikes import lookalikes
from tests.site.ocr_figures import (
    false_numbers,
    footer,
    long_page,
    page,
    phone,
    tally,
    tiny,
    wrapped,
)
from tests.site.pictures import COLORS, FACES, Style, encoded, screenshot, strip

TODAY = date(2026, 1, 1)
NUMBER = FilingNumber("11010819764512340015")
OTHER = fictional(7)


def read(picture: bytes) -> list[str]:
    return [found.number.text for found in read_numbers(picture, today=TODAY).numbers]


# --- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.sampled
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("quality", [None, 50], ids=["png", "jpeg50"])
def test_a_footer_of_12_px_is_read_in_every_colour(face: str, quality: int | None) -> None:
    unread = [
        colors for colors in COLORS if read(strip([NUMBER.text], Style(face, 12, *colors, quality))) != [NUMBER.text]
    ]
    assert unread == []


@pytest.mark.parametrize(
    ("make", "count"), [(footer, examples(25)), (wrapped, examples(9)), (page, examples(4)), (phone, examples(3))]
)
def test_random_pictures_are_read_exactly(make: Any, count: int) -> None:
    made = tally(make, count, seed=11)
    assert made.false == 0
    assert made.exact == count


@pytest.mark.long
@pytest.mark.parametrize("make", [footer, wrapped, page, long_page, phone])
def test_at_least_97_of_100_pictures_are_read_and_no_number_is_false(make: Any) -> None:
    made = tally(make, {footer: 300, wrapped: 100, page: 60}.get(make, 34), seed=12)
    assert made.false == 0
    assert made.recall >= 0.97


@pytest.mark.long
def test_no_picture_too_small_to_read_gives_another_number() -> None:
    assert tally(tiny, 700, seed=13).false == 0


def test_several_numbers_are_told_from_top_to_bottom_with_their_boxes() -> None:
    reading = read_numbers(strip([NUMBER.text, "示例链科技", OTHER.text], Style(size=16)), today=TODAY)
    assert [found.number for found in reading.numbers] == [NUMBER, OTHER]
    first, second = (found.box for found in reading.numbers)
    assert first[1] + first[3] < second[1]
    assert reading.complete


@pytest.mark.parametrize("size", [12, 16, 24])
def test_box_and_height_are_those_of_the_ink(size: int) -> None:
    shot = screenshot([f"京ICP备19000001号-1 | {NUMBER.text}"], Style(size=size), dice=random.Random(1), filled=0.2)
    (found,) = read_numbers(shot.picture, today=TODAY).numbers
    left, top, right, bottom = shot.box
    slack = max(3, size // 3)
    edges = (found.box[0], found.box[1], found.box[0] + found.box[2], found.box[1] + found.box[3])
    assert all(abs(edge - expected) <= slack for edge, expected in zip(edges, (left, top, right, bottom), strict=True))
    assert found.height == pytest.approx(bottom - top, abs=2)


@pytest.mark.parametrize(
    ("ink", "paper", "contrast"),
    [
        ((0, 0, 0), (255, 255, 255), 21.0),
        ((147, 147, 147), (255, 255, 255), 3.07),
        ((118, 118, 118), (255, 255, 255), 4.54),
        ((255, 255, 255), (22, 93, 255), 5.17),
    ],
)
def test_contrast_is_that_of_wcag(ink: Any, paper: Any, contrast: float) -> None:
    (found,) = read_numbers(strip([NUMBER.text], Style(FACES[2], 20, ink, paper)), today=TODAY).numbers
    assert found.contrast == pytest.approx(contrast, rel=0.03)


def test_a_picture_that_is_too_full_to_be_read_whole_says_so() -> None:
    shot = screenshot(["示例链科技"], Style(size=12), dice=random.Random(2), size=(1280, 1600))
    assert not read_numbers(shot.picture, today=TODAY).complete


def test_a_blank_picture_and_a_photograph_hold_nothing() -> None:
    noise = Image.frombytes("RGB", (600, 700), random.Random(3).randbytes(600 * 700 * 3))
    for picture in (Image.new("RGB", (900, 900)), Image.new("L", (1, 1)), noise):
        reading = read_numbers(encoded(picture), today=TODAY)
        assert (reading.numbers, reading.attempts) == ((), ())


# --- what is not a number -------------------------------------------------------------------------------------------


def test_a_number_with_a_wrong_check_character_is_an_attempt_with_the_reason() -> None:
    reading = read_numbers(strip(["京网信备11010819764512340011号"], Style(size=18)), today=TODAY)
    assert reading.numbers == ()
    (wrong,) = reading.attempts
    assert [error.code for error in wrong.errors] == ["NU104"]


def test_a_number_of_another_province_is_none() -> None:
    reading = read_numbers(strip([f"沪网信备{NUMBER.key}号"], Style(size=18)), today=TODAY)
    assert reading.numbers == ()
    assert [error.code for error in reading.attempts[0].errors] == ["NU105"]


def test_look_alikes_in_pictures_give_no_number() -> None:
    assert false_numbers(lookalikes(examples(80), seed=6))[0] == 0


def test_no_look_alike_is_accepted_however_often_it_is_read() -> None:
    accepted = [text for text in lookalikes(examples(10_000)) if agreed([text] * 3, today=TODAY)]
    assert accepted == []


def test_one_reading_is_not_enough() -> None:
    unlike = "京网信备11010819764512340O1S号"
    assert agreed([NUMBER.text], today=TODAY) is None
    assert agreed([NUMBER.text, unlike, "京网信备110"], today=TODAY) is None
    assert agreed([NUMBER.text, unlike, NUMBER.text], today=TODAY) == NUMBER


def test_readings_that_hold_two_numbers_give_none() -> None:
    assert agreed([NUMBER.text, OTHER.text, NUMBER.text], today=TODAY) is None


def test_a_letter_for_a_digit_counts_only_beside_a_reading_without() -> None:
    confused = NUMBER.text.replace("0", "O", 1).replace("1", "l", 1)
    assert agreed([confused, confused, confused], today=TODAY) is None
    assert agreed([confused, NUMBER.text], today=TODAY) == NUMBER
    assert agreed([NUMBER.text.replace("1", "l", 3), NUMBER.text], today=TODAY) is None


@pytest.mark.parametrize("spoilt", ["网信备{}号", "京网信各{}号", "网信备 {}"])
def test_expected_forgives_an_illegible_word(spoilt: str) -> None:
    text = spoilt.format(NUMBER.key)
    assert (agreed([text, text], today=TODAY), agreed([text, text], today=TODAY, expected=NUMBER)) == (
        None,
        NUMBER if text.endswith("号") or "网信备" in text else None,
    )


@pytest.mark.parametrize(
    "text",
    [
        f"沪网信备{NUMBER.key}号",
        f"京网信备1{NUMBER.key}号",
        f"京网信备{NUMBER.key}1号",
        f"京公网安备{NUMBER.key}号",
        f"网信算备{NUMBER.key}号",
        f"订单号{NUMBER.key}",
        NUMBER.key,
        "京网信备11010819764512340011号",
        OTHER.text,
    ],
)
def test_expected_forgives_nothing_else(text: str) -> None:
    assert agreed([text, text, text], today=TODAY, expected=NUMBER) != NUMBER


# --- pictures from outside ------------------------------------------------------------------------------------------


def saved(picture: Image.Image, kind: str, **how: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **how)
    return target.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "LA"])
def test_every_mode_of_png_is_read(mode: str) -> None:
    picture = Image.open(io.BytesIO(strip([NUMBER.text], Style(size=18, ink=(0, 0, 0))))).convert(mode)
    assert read(saved(picture, "PNG")) == [NUMBER.text]


def test_webp_and_a_turned_jpeg_are_read_upright() -> None:
    upright = Image.open(io.BytesIO(strip([NUMBER.text], Style(size=18))))
    assert read(saved(upright, "WEBP")) == [NUMBER.text]
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    turned = saved(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=90, exif=exif)
    assert open_picture(turned).shape[:2] == (upright.height, upright.width)
    assert read(turned) == [NUMBER.text]


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255)])
def test_text_on_a_transparent_ground_is_read(ink: tuple[int, int, int]) -> None:
    mask = Image.open(io.BytesIO(strip([NUMBER.text], Style(size=18, ink=(255, 255, 255), paper=(0, 0, 0))))).convert(
        "L"
    )
    layer = Image.new("RGBA", mask.size, (*ink, 0))
    layer.putalpha(mask)
    assert read(saved(layer, "PNG")) == [NUMBER.text]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "OC110"),
        (b"GIF89a" + bytes(40), "OC110"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "OC110"),
        (saved(Image.new("RGB", (9, 9)), "GIF"), "OC110"),
        (saved(Image.new("RGB", (9, 9)), "TIFF"), "OC110"),
        (strip([NUMBER.text], Style())[:400], "OC113"),
        (strip([NUMBER.text], Style(quality=80))[:700], "OC113"),
    ],
    ids=["empty", "gif head", "svg", "gif", "tiff", "cut png", "cut jpeg"],
)
def test_what_is_no_picture_is_told(data: bytes, code: str) -> None:
    with pytest.raises(PictureError) as caught:
        open_picture(data)
    assert caught.value.code == code
    assert caught.value.text()


@pytest.mark.parametrize(("side", "found"), [(8_000, "8000x8000"), (20_000, "400000000")])
def test_a_bomb_is_refused_before_it_unpacks(side: int, found: str) -> None:
    bomb = saved(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(PictureError) as caught:
        open_picture(bomb)
    assert (caught.value.code, caught.value.params["found"]) == ("OC112", found)


def test_a_picture_of_just_the_size_allowed_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    assert open_picture(encoded(Image.new("RGB", (10, 10)))).shape == (10, 10, 3)
    with pytest.raises(PictureError, match="OC112"):
        open_picture(encoded(Image.new("RGB", (10, 11))))


def test_a_file_over_the_size_allowed_is_not_opened() -> None:
    with pytest.raises(PictureError) as caught:
        open_picture(bytes(pictures.MAX_BYTES + 1))
    assert caught.value.code == "OC111"


def test_ink_of_a_plain_part_is_none() -> None:
    assert inked(open_picture(encoded(Image.new("RGB", (40, 20), (9, 9, 9)))), (0, 0, 40, 20)) == ((0, 0, 40, 20), 1.0)


def test_a_line_of_a_large_picture_is_found_with_its_box() -> None:
    shot = screenshot([NUMBER.text], replace(Style(), size=20), dice=random.Random(4), size=(1280, 900), filled=0.0)
    best = text_lines(open_picture(shot.picture))[0]
    assert best.box[0] == pytest.approx(shot.box[0], abs=4)
    assert best.box[1] == pytest.approx(shot.box[1], abs=4)


# --- the extra, and the network -------------------------------------------------------------------------------------


def test_nothing_is_loaded_from_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def refuse(*args: Any, **named: Any) -> Any:
        asked.append(args)
        raise OSError("no network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    recogniser.engine.cache_clear()
    assert read(strip([NUMBER.text], Style(size=18))) == [NUMBER.text]
    assert read(page(random.Random(5))[0])
    assert asked == []

    with pytest.raises(OSError, match="no network"):
        socket.create_connection(("127.0.0.1", 9))
    assert asked


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "rapidocr":
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *args, **named)

    recogniser.engine.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ProgramError) as caught:
        read_numbers(strip([NUMBER.text], Style()), today=TODAY)
    assert caught.value.code == "OC101"
    assert "'.[ocr]'" in caught.value.hint()


def test_a_model_that_is_missing_is_not_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import rapidocr

    recogniser.engine.cache_clear()
    monkeypatch.setattr(rapidocr, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ProgramError) as caught:
        read_numbers(strip([NUMBER.text], Style()), today=TODAY)
    assert caught.value.code == "OC101"


# --- in a process of its own ----------------------------------------------------------------------------------------


def in_process(picture: bytes, **bounds: Any) -> ocr.Reading:
    async def inside() -> ocr.Reading:
        async with PictureReader(processes=1, **bounds) as reader:
            return await reader.read(picture, today=TODAY)

    return asyncio.run(inside())


def test_a_picture_reads_as_it_does_in_this_process() -> None:
    picture = strip([NUMBER.text, "京网信备11010819764512340011号"], Style(size=18))
    here = read_numbers(picture, today=TODAY)
    assert in_process(picture) == here
    assert here.numbers
    assert here.attempts


def test_what_is_no_picture_is_told_as_it_is_in_this_process() -> None:
    with pytest.raises(PictureError) as caught:
        in_process(b"GIF89a")
    assert caught.value.code == "OC110"


def test_a_picture_that_takes_too_much_memory_is_given_up_and_the_next_one_is_read() -> None:
    async def inside() -> None:
        async with PictureReader(processes=1, max_memory=1_000_000_000) as reader:
            with pytest.raises(FetchError) as caught:
                await reader.read(encoded(Image.new("RGB", (8000, 5000)), 30), today=TODAY)
            assert caught.value.code == "OC102"
            assert (await reader.read(strip([NUMBER.text], Style()), today=TODAY)).numbers

    asyncio.run(inside())


def test_a_picture_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(FetchError) as caught:
        in_process(strip([NUMBER.text], Style()), max_seconds=0.05)
    assert (caught.value.code, caught.value.params["found"]) == ("OC102", "time")


@pytest.mark.long
def test_the_largest_picture_allowed_is_read_within_the_bounds() -> None:
    clouds = random.Random(8).randbytes(8000 * 5000 // 64 * 3)
    picture = Image.frombytes("RGB", (1000, 625), clouds).resize((8000, 5000))
    assert in_process(encoded(picture, 60)).size == (8000, 5000)


class TakenOver(PictureReader):
    """Its process answers every picture with `said`."""

    def __init__(self, said: bytes) -> None:
        super().__init__(processes=1)
        self.said = said

    async def _process(self) -> Process:
        frame = len(self.said).to_bytes(8) + self.said
        script = f"import sys; sys.stdout.buffer.write({frame!r}); sys.stdout.flush(); sys.stdin.buffer.read()"
        return await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdin=PIPE, stdout=PIPE)


def told(said: bytes | dict[str, Any]) -> ocr.Reading:
    async def inside() -> ocr.Reading:
        async with TakenOver(said if isinstance(said, bytes) else json.dumps(said).encode()) as reader:
            return await reader.read(b"", today=TODAY)

    return asyncio.run(inside())


FOUND = {"number": {"key": NUMBER.key}, "text": "x", "box": [1, 2, 3, 4], "height": 4, "contrast": 2.5}


def test_control_an_answer_in_form_is_believed() -> None:
    assert told({"reading": {"numbers": [FOUND]}}).numbers[0].number == NUMBER


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"[" * 100_000,
        {"reading": {"numbers": [FOUND | {"number": {"key": "11010819764512340016"}}]}},
        {"reading": {"numbers": [FOUND | {"box": [1, 2, 3]}]}},
        {"reading": {"numbers": [FOUND | {"contrast": "2"}]}},
        {"reading": {"attempts": [{"text": "", "box": [0, 0, 0, 0], "errors": [{"code": "NU999"}]}]}},
        {"problem": {"code": "OC999", "params": {}}},
        {"problem": {"code": "OC112", "params": {}}},
        {"bug": 1},
    ],
    ids=repr,
)
def test_an_answer_out_of_form_is_none(said: Any) -> None:
    with pytest.raises(FetchError) as caught:
        told(said)
    assert caught.value.code == "OC103"
    assert caught.value.text()


def test_no_process_is_left_behind() -> None:
    listing = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = listing.read_text(encoding="ascii")
    in_process(strip(["示例链科技"], Style()))
    assert listing.read_text(encoding="ascii") == before
