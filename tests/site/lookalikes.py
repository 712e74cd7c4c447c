"""Texts that look like filing numbers and are none: of other systems, long digits, or spoilt by a character.

Every text is invented; the same seed gives the same texts.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final

from stdnum.cn import uscc

from attest.number import PROVINCES, check_character

_PROVINCES: Final = "".join(PROVINCES)
_LABELS: Final = (
    "备案编号：",
    "备案号 ",
    "区块链信息服务备案编号：",
    "编号",
    "网信备案：",
    "网信备案号：",
    "网信办备案",
    "",
)
_FORMS: Final = (
    "{}",
    "© 2026 示例链科技 {} 版权所有",
    "{} | 京ICP备19000001号-1",
    "地址：示例路388号 {}",
    "电话 010-55500100 {} 号",
)
_OTHERS: Final = "0123456789X"


def lookalikes(count: int, seed: int = 5) -> Iterator[str]:
    """`count` texts; each maker has its turn."""
    rng = random.Random(seed)
    for i in range(count):
        made = _MAKERS[i % len(_MAKERS)](rng)
        yield rng.choice(_FORMS).format(made)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _key(rng: random.Random) -> str:
    """Twenty characters that a number may have."""
    digits = rng.choice(list(PROVINCES.values())) + _digits(rng, 4) + f"{rng.randrange(19, 27)}" + _digits(rng, 11)
    return digits + check_character(digits)


def _province_of(key: str) -> str:
    return next(character for character, code in PROVINCES.items() if code == key[:2])


def _wrong(rng: random.Random) -> str:
    """A number with one character changed; the check character tells."""
    key = _key(rng)
    at = rng.randrange(20)
    given = rng.choice([character for character in (_OTHERS if at == 19 else _OTHERS[:10]) if character != key[at]])
    return f"{_province_of(key)}网信备{key[:at]}{given}{key[at + 1 :]}号"


def _turned(rng: random.Random) -> str:
    """A number with two neighbours changed about."""
    key = _key(rng)
    at = rng.choice([i for i in range(2, 18) if key[i] != key[i + 1]])
    return f"{_province_of(key)}网信备{key[:at]}{key[at + 1]}{key[at]}{key[at + 2 :]}号"


def _elsewhere(rng: random.Random) -> str:
    key = _key(rng)
    return f"{rng.choice(_PROVINCES.replace(_province_of(key), ''))}网信备{key}号"


def _too_long(rng: random.Random) -> str:
    key = _key(rng)
    return f"{_province_of(key)}网信备{key}{_digits(rng, rng.randrange(1, 6))}号"


def _too_short(rng: random.Random) -> str:
    key = _key(rng)
    return f"{_province_of(key)}网信备{key[: rng.randrange(3, 20)]}号"


def _letter(rng: random.Random) -> str:
    key = _key(rng)
    at = rng.randrange(19)
    given = rng.choice("OlISBZ〇零①²٣७")
    return f"{_province_of(key)}网信备{key[:at]}{given}{key[at + 1 :]}号"


def _other_word(rng: random.Random) -> str:
    """A well-formed key after words of other systems."""
    key = _key(rng)
    word = rng.choice(
        (
            "网信算备",
            "公网安备",
            "ICP备",
            "ICP证",
            "网文备",
            "网信办",
            "信备",
            "网备",
            "网信",
            "备案",
            "金信备",
            "网信审",
        )
    )
    return f"{_province_of(key)}{word}{key}号"


def _labelled(rng: random.Random) -> str:
    """A key that only a general label stands before."""
    return f"{rng.choice(_LABELS[:4])}{_key(rng)}"


def _long_digits(rng: random.Random) -> str:
    return f"{rng.choice(_LABELS)}{_digits(rng, rng.choice((16, 17, 18, 19, 21, 22, 23, 24, 25)))}"


def _credit_code(rng: random.Random) -> str:
    body = f"91{_digits(rng, 6)}MA{''.join(rng.choices('0123456789ABCDEFGHJKLMNPQRTUWXY', k=7))}"
    return f"统一社会信用代码：{body}{uscc.calc_check_digit(body)}"


def _region(rng: random.Random) -> str:
    return rng.choice(("Beijing", "Shanghai", "Zhejiang", "Guangdong", "Sichuan"))


_MAKERS: Final[tuple[Callable[[random.Random], str], ...]] = (
    _wrong,
    _turned,
    _elsewhere,
    _too_long,
    _too_short,
    _letter,
    _other_word,
    _labelled,
    _long_digits,
    _credit_code,
    lambda rng: f"{rng.choice(_PROVINCES)}ICP备{_digits(rng, rng.choice((8, 10)))}号-{rng.randrange(1, 30)}",
    lambda rng: f"{rng.choice(_PROVINCES)}ICP证{_digits(rng, 6)}号",
    lambda rng: f"{rng.choice(_PROVINCES)}B2-20{_digits(rng, 6)}",
    lambda rng: f"合字B2-20{_digits(rng, 6)}",
    lambda rng: f"{rng.choice(_PROVINCES)}公网安备{_digits(rng, 14)}号",
    lambda rng: f"网信算备{_digits(rng, 21)}号",
    lambda rng: f"网信算备{_key(rng)}号",
    lambda rng: f"{_region(rng)}-ShiLi{_digits(rng, 2)}-20{_digits(rng, 10)}",
    lambda rng: f"{rng.choice(_PROVINCES)}网文〔20{_digits(rng, 2)}〕{_digits(rng, 4)}-{_digits(rng, 3)}号",
    lambda rng: f"（总）网出证（{rng.choice(_PROVINCES)}）字第{_digits(rng, 3)}号",
    lambda rng: f"信息网络传播视听节目许可证 {_digits(rng, 7)}号",
    lambda rng: f"0x{rng.getrandbits(256):064x}",
    lambda rng: f"{rng.getrandbits(160):040x}",
    lambda rng: f"1{rng.choice('3578')}{_digits(rng, 9)} 400-{_digits(rng, 3)}-{_digits(rng, 4)}",
    lambda rng: f"{rng.choice(_PROVINCES)}金信备〔2022〕{_digits(rng, 2)}号",
    lambda rng: f"{rng.choice(_LABELS[4:7])}{_digits(rng, rng.choice((6, 8, 13, 19, 21)))}",
    lambda rng: f"{rng.choice(_PROVINCES)}网信备案〔20{_digits(rng, 2)}〕{_digits(rng, 4)}号",
    lambda rng: f"订单号{_digits(rng, 20)}，快递{_digits(rng, 12)}",
)
