"""Numbers in pictures, which only reading the picture finds."""

import base64
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from PIL import Image, ImageDraw, ImageFont

from attest.number import FilingNumber
from tests.site.corpus.sample import SEEN, UNSEEN, WEAK, Reading, Sample, hides, lacks, shows
from tests.site.corpus.skins import company, dark, handheld, shop

_BROWSER: Final = Reading.BROWSER
_BOTH: Final = frozenset({"icp", "psb"})
_FACES: Final = "NotoSans*CJK*Regular*", "NotoSansSC*", "wqy-*", "*CJK*Regular*"
_FOLDERS: Final = Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts")


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """A Chinese face of this machine."""
    for folder in _FOLDERS:
        for face in _FACES:
            for path in sorted(folder.rglob(face)):
                if path.suffix.lower() in {".ttc", ".otf", ".ttf"}:
                    return ImageFont.truetype(str(path), size)
    raise FileNotFoundError("no Chinese font; install Noto Sans CJK (Debian: fonts-noto-cjk)")


def drawn(
    text: Callable[[FilingNumber], str] = str,
    *,
    size: int = 14,
    ink: str = "#222",
    paper: str = "#fff",
    kind: str = "PNG",
) -> Callable[[FilingNumber], bytes]:
    """A maker of a picture of `text` on one line.

    Args:
        size: Of its letters, pixels.
    """

    def draw(number: FilingNumber) -> bytes:
        line = text(number)
        width = int(font(size).getlength(line)) + 16
        picture = Image.new("RGB", (width, 2 * size), paper)
        ImageDraw.Draw(picture).text((8, size // 3), line, ink, font(size))
        out = io.BytesIO()
        picture.save(out, kind, quality=70)
        return out.getvalue()

    return draw


def _data(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def svg(number: FilingNumber) -> str:
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' width='400' height='30'><rect width='400' height='30' fill='#fff'/>"
        f"<text x='6' y='20' font-size='15' fill='#222'>{number}</text></svg>"
    )


def _pictured(
    name: str, picture: Callable[[FilingNumber], bytes], alt: str = "区块链信息服务备案编号", kind: str = "png"
) -> Sample:
    return shows(
        name,
        company(f"<img src=/filing.{kind} alt='{alt}'>"),
        WEAK,
        reading=_BROWSER,
        picture=True,
        files={f"/filing.{kind}": picture},
    )


SAMPLES: list[Sample] = [
    _pictured("a picture of 12 px", drawn(size=12)),
    _pictured("a picture of 14 px", drawn()),
    _pictured("a picture of 16 px", drawn(size=16)),
    _pictured("a picture of 20 px in blue", drawn(size=20, ink="#1d5fa8")),
    _pictured("a photograph", drawn(size=16, kind="JPEG"), kind="jpg"),
    _pictured("a picture of white on dark", drawn(size=15, ink="#fff", paper="#1b2b3b")),
    _pictured("a picture of grey on white", drawn(size=15, ink="#777")),
    _pictured("a picture that strings numbers", drawn(lambda n: f"京ICP备19000001号-1 {n} 京B2-20190001")),
    _pictured("a picture with a label", drawn(lambda n: f"区块链信息服务备案：{n}", size=15)),
    shows(
        "a picture whose alternative is the number",
        company("<img src=/filing.png alt='@N@'>"),
        SEEN,
        reading=_BROWSER,
        files={"/filing.png": drawn(size=15)},
        picture=True,
    ),
    shows(
        "a picture without an alternative",
        company("<a href='https://bcbeian.ifcert.cn/'><img src=/badge.png></a>"),
        WEAK,
        reading=_BROWSER,
        files={"/badge.png": drawn(size=15)},
        picture=True,
    ),
    shows(
        "a picture in the page itself",
        lambda n: company(f"<img alt=网信备 src='{_data('image/png', drawn(size=15)(n))}'>"),
        WEAK,
        reading=_BROWSER,
        picture=True,
        others=_BOTH,
    ),
    shows(
        "a drawing as a file",
        company("<img src=/badge.svg alt=''>"),
        SEEN,
        reading=_BROWSER,
        files={"/badge.svg": svg},
        picture=True,
    ),
    shows(
        "a drawing in the page itself",
        lambda n: company(f'<img alt=备案 src="data:image/svg+xml,{quote(svg(n))}">'),
        SEEN,
        reading=_BROWSER,
        picture=True,
        others=_BOTH,
    ),
    shows(
        "a drawing as an object",
        company("<object data=/badge.svg type=image/svg+xml width=400 height=30></object>"),
        SEEN,
        reading=_BROWSER,
        files={"/badge.svg": svg},
    ),
    shows(
        "a picture that a script puts in",
        company(
            "<p id=b></p><script>document.getElementById('b').innerHTML = '<img src=/filing.png alt=网信备案>'</script>"
        ),
        WEAK,
        reading=_BROWSER,
        files={"/filing.png": drawn(size=16)},
        picture=True,
    ),
    shows(
        "a picture shown at half its size",
        company("<img src=/badge.png style='height:28px'>"),
        SEEN,
        reading=_BROWSER,
        files={"/badge.png": drawn(size=28)},
        picture=True,
    ),
    shows(
        "a picture loaded late",
        company("<img loading=lazy src=/badge.png>", main="<div style='height:4000px'>…</div>"),
        WEAK,
        reading=_BROWSER,
        files={"/badge.png": drawn(size=15)},
        picture=True,
    ),
    shows(
        "a button that is a picture",
        handheld("<input type=image src=/badge.png alt=网信备>"),
        WEAK,
        reading=Reading.PAINT,
        files={"/badge.png": drawn(size=14)},
        picture=True,
    ),
    shows(
        "the background of a block",
        company("<div class=n></div>", style=".n{height:32px;background:url(/badge.png) no-repeat center}"),
        WEAK,
        reading=Reading.PAINT,
        files={"/badge.png": drawn(size=15, paper="#f5f5f5")},
        picture=True,
    ),
    shows(
        "a strip of pictures",
        dark("<div class=n></div>", style=".n{width:420px;height:30px;background:url(/badge.png) 0 0 no-repeat}"),
        WEAK,
        phone=SEEN,
        reading=Reading.PAINT,
        files={"/badge.png": drawn(size=15)},
        picture=True,
    ),
    hides(
        "a picture that is not displayed",
        company("<img src=/badge.png style='display:none'>"),
        UNSEEN,
        reading=Reading.PAINT,
        files={"/badge.png": drawn()},
        picture=True,
    ),
    hides("a picture that does not load", company("<img src=/gone.png alt='' title='@N@'>"), UNSEEN, reading=_BROWSER),
    lacks(
        "a picture of another system's number",
        shop("<img src=/badge.png alt=网络文化经营许可证>"),
        reading=Reading.PAINT,
        files={"/badge.png": drawn(lambda _: "京网文〔2020〕0001-001号")},
    ),
    lacks(
        "a picture of a wrong number",
        company("<img src=/badge.png alt=网信备>"),
        reading=_BROWSER,
        files={
            "/badge.png": drawn(lambda n: f"{n.province}网信备{n.key[:19]}{'7' if n.check != '7' else '3'}号", size=16)
        },
    ),
]
