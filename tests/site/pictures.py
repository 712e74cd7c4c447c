"""Pictures of numbers: strips, and whole screenshots with everything that stands around a number on a page.

Needs fontconfig and the Noto CJK fonts, as the tests in Chromium do.
"""

import io
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from attest.number import PROVINCES, FilingNumber, check_character

Color = tuple[int, int, int]

FACES: Final = ("Noto Sans CJK SC", "Noto Serif CJK SC", "Noto Sans CJK SC:bold", "Noto Sans Mono CJK SC")
COLORS: Final[tuple[tuple[Color, Color], ...]] = (
    ((0, 0, 0), (255, 255, 255)),
    ((102, 102, 102), (255, 255, 255)),
    ((147, 147, 147), (255, 255, 255)),
    ((153, 153, 153), (51, 51, 51)),
    ((255, 255, 255), (24, 28, 40)),
    ((255, 255, 255), (22, 93, 255)),
    ((24, 94, 180), (240, 244, 250)),
    ((200, 30, 30), (255, 250, 225)),
)
"""Ink on paper; the third is that of the public security filing's template."""

PROSE: Final = (
    "示例存证平台为企业提供电子数据的存证、取证与核验服务，数据上链后任何人可以查验。",
    "司法、版权、供应链与政务等场景均可接入；按量计费，无需自建节点，十分钟完成部署。",
    "平台采用国密算法签名，区块由多家机构共同见证，存证记录不可更改、不可删除。",
    "存证一经上链，即取得唯一的存证编号，可在查验页面输入编号查询。",
    "Every record is sealed before it leaves your company, and only its digest is published.",
    "Nodes are run by independent institutions; a block is final once two thirds have signed it.",
    "关于我们 联系我们 用户协议 隐私政策 帮助中心 加入我们 English",
    "The quick brown fox jumps over the lazy dog while 1,024 nodes agree on block 7719.",
    "版权所有 © 2019-2026 示例链科技（北京）有限公司 保留所有权利 客服电话 400-800-1234",
    "订单号 20260119203355781264 快递单号 SF1029384756102 付款 ¥1,299.00 已发货 2026-01-19 20:33:55",
    "0x3f9a77c1d2e84b60a5c0e1f2339d8877aa12ffee 区块高度 18273645 交易 394,002,118 笔 耗时 1.02 s",
)


@dataclass(frozen=True, slots=True)
class Style:
    """How text is painted.

    Attributes:
        face: As fontconfig names it.
        size: Font size in pixels.
        quality: Of JPEG, or None for PNG.
    """

    face: str = FACES[0]
    size: int = 14
    ink: Color = (51, 51, 51)
    paper: Color = (255, 255, 255)
    quality: int | None = None


def number(dice: random.Random) -> FilingNumber:
    """A well-formed number of a random province, with every check character equally likely."""
    digits = dice.choice(list(PROVINCES.values())) + "".join(dice.choices("0123456789", k=17))
    return FilingNumber(digits + check_character(digits))


def style(dice: random.Random, *, least: int = 12, most: int = 24) -> Style:
    """Any face, size, colours and compression."""
    ink, paper = dice.choice(COLORS)
    return Style(dice.choice(FACES), dice.randint(least, most), ink, paper, dice.choice((None, None, 80, 50)))


def neighbours(dice: random.Random) -> list[str]:
    """Numbers of other systems, as footers show them."""
    province, digits = dice.choice("京沪粤浙苏鲁川"), "".join(dice.choices("0123456789", k=40))
    return [
        f"{province}ICP备{digits[:8]}号-{dice.randint(1, 9)}",
        f"{province}公网安备{digits[8:22]}号",
        f"网信算备{digits[:21]}号",
        f"增值电信业务经营许可证 {province}B2-20{digits[:6]}",
        f"{province}网文〔2023〕{digits[:4]}-{digits[4:7]}号",
        f"统一社会信用代码 9111{digits[:13]}X",
    ]


def strip(lines: Sequence[str], style: Style, *, margin: int = 8) -> bytes:
    """Lines of text with a margin and nothing else."""
    font = _font(style.face, style.size)
    step = round(style.size * 1.5)
    width = round(max(font.getlength(line) for line in lines)) + 2 * margin
    picture = Image.new("RGB", (width, step * len(lines) + 2 * margin), style.paper)
    brush = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        brush.text((margin, margin + row * step), line, font=font, fill=style.ink)
    return encoded(picture, style.quality)


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot, and where on it the number stands.

    Attributes:
        box: Left, top, right, bottom of the ink of the number, in pixels; empty where there is none.
    """

    picture: bytes
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


def screenshot(
    footer: Sequence[str],
    style: Style,
    *,
    dice: random.Random,
    size: tuple[int, int] = (1280, 800),
    filled: float = 1.0,
) -> Shot:
    """A page: coloured header, photographs, cards and prose, and a footer with `footer` centred at its bottom.

    Args:
        footer: Lines; the first that holds 网信备 gives the box.
        filled: Share of the lines of prose that are there.
    """
    width, height = size
    picture = Image.new("RGB", size, style.paper)
    brush = ImageDraw.Draw(picture)
    scale = max(1, round(style.size / 14))
    header = 56 * scale
    brush.rectangle((0, 0, width, header), fill=(22, 93, 255))
    brush.text(
        (24, 16 * scale), "示例链 首页 产品 方案 文档 登录", font=_font(FACES[2], 16 * scale), fill=(255, 255, 255)
    )
    step = round(style.size * 1.7)
    top = height - round(step * (len(footer) + 0.7))
    photograph = _photograph(dice, width // 2 - 40, min(160 * scale, height // 4))
    picture.paste(photograph, (width // 2, header + 20))
    body = replace(style, face=dice.choice(FACES))
    for y in range(header + photograph.height + 40, top - step, step):
        if dice.random() < filled:
            brush.text((24, y), _prose(dice, width - 48, body), font=_font(body.face, body.size), fill=style.ink)
    font = _font(style.face, style.size)
    box = (0, 0, 0, 0)
    for row, line in enumerate(footer):
        left = max(0, round((width - font.getlength(line)) / 2))
        brush.text((left, top + row * step), line, font=font, fill=style.ink)
        if box == (0, 0, 0, 0) and "网信备" in line:
            start = line.index("网信备") - 1
            end = line.index("号", start) + 1 if "号" in line[start:] else len(line)
            x = left + font.getlength(line[:start])
            inked = font.getbbox(line[start:end])
            y = top + row * step
            box = (round(x + inked[0]), round(y + inked[1]), round(x + inked[2]), round(y + inked[3]))
    return Shot(encoded(picture, style.quality), box)


def encoded(picture: Image.Image, quality: int | None = None) -> bytes:
    """PNG, or JPEG of a quality."""
    target = io.BytesIO()
    if quality is None:
        picture.save(target, "PNG", compress_level=1)
    else:
        picture.save(target, "JPEG", quality=quality)
    return target.getvalue()


def _prose(dice: random.Random, width: int, style: Style) -> str:
    font = _font(style.face, style.size)
    line = dice.choice(PROSE)
    while font.getlength(line) < width:
        line += " " + dice.choice(PROSE)
    return line[: round(len(line) * width / font.getlength(line))]


def _photograph(dice: random.Random, width: int, height: int) -> Image.Image:
    """Clouds of colour with grain."""
    few = Image.frombytes("RGB", (12, 4), dice.randbytes(12 * 4 * 3)).resize((width, height), Image.Resampling.BICUBIC)
    grain = Image.frombytes("L", (width, height), dice.randbytes(width * height)).convert("RGB")
    return Image.blend(few, grain, 0.15)


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    command = ("fc-match", "--format", "%{file}|%{index}|%{family}", face)
    path, index, family = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("|")
    if "CJK" not in family:
        raise FileNotFoundError(f"expected the font {face} (Debian: fonts-noto-cjk), found {family}")
    return ImageFont.truetype(path, size, index=int(index))
