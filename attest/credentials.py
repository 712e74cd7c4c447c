"""Find filing numbers, attempts at filing numbers and look-alike credentials in running text.

Chinese footers string many numbers together. Three things are told apart: filing numbers (well formed), attempts
(they say 网信备 and go on with something that is not a number; never ignored, since a reader takes them for one),
and the numbers of other systems, by kind.

Every pattern runs over a folded copy of the text that has the same length, so every finding carries offsets into the
text as given. Time is linear: each pattern starts at a literal or a small class and every repetition has a bound.
`HARD_BREAK` parts blocks of a page: nothing reaches across it except twenty characters that are a number's.

    >>> found = scan("京ICP备19000001号-1 | 京网信备11010819764512340015号", today=date(2026, 1, 1))
    >>> [attempt.reading.number.text for attempt in found.attempts]
    ['京网信备11010819764512340015号']
    >>> [(other.kind, other.value) for other in found.others]
    [('icp', '京ICP备19000001号-1')]
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from stdnum.cn import uscc

from attest.number import KEY_LENGTH, PROVINCE_CHARACTERS, Reading, examine, is_unseen
from attest.ports import Credential

HARD_BREAK: Final = "\0"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that a reader takes for a filing number, at `text[start:end]`.

    Attributes:
        text: As the page writes it, white space folded.
        reading: With a number where it is well formed, with errors where it is not.
    """

    start: int
    end: int
    text: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text holds, both in text order, repetitions included."""

    attempts: tuple[Attempt, ...]
    others: tuple[Credential, ...]


def scan(text: str, *, today: date) -> Scan:
    """Find everything in `text`.

    Args:
        text: Running text; `HARD_BREAK` between blocks.
        today: Decides whether a number's year lies in the future.
    """
    folded = text.translate(_FOLDING)
    attempts = tuple(_attempts(text, folded, today))
    rest = _blanked(folded, [(attempt.start, attempt.end) for attempt in attempts])
    return Scan(attempts, tuple(_others(text, rest)))


# --- folding: one character to one character ---------------------------------------------------------------

_DIGIT, _CROSS, _MARK, _NOTHING = "\ue001", "\ue002", "\ue003", "\ue004"
_SIMPLIFIED: Final = dict(
    zip(
        "網備號遼滬蘇閩贛魯貴雲陝寧晉隴證視聽節許營經藥務練會總",
        "网备号辽沪苏闽赣鲁贵云陕宁晋陇证视听节许营经药务练会总",
        strict=True,
    )
)
_CROSSES: Final = frozenset("ХхΧχ×✕✖╳")
_MARKS: Final = frozenset(("Cf", "Mn", "Me"))


class _Folding(dict[int, str]):
    """Forms a reader does not tell apart become one; digits, crosses and marks of other kinds become classes."""

    def __missing__(self, point: int) -> str:
        self[point] = folded = _fold(chr(point))
        return folded


_FOLDING: Final = _Folding()


def _fold(character: str) -> str:
    if character == HARD_BREAK or "!" <= character <= "~":
        return character
    if is_unseen(character):
        return _NOTHING
    if character.isspace():
        return " "
    plain = unicodedata.normalize("NFKC", character)
    if "\uff01" <= character <= "\uff5e":
        return plain
    if unicodedata.digit(character, None) is not None or plain in set("0123456789"):
        return _DIGIT
    if character in _CROSSES or plain in {"X", "x"}:
        return _CROSS
    if unicodedata.category(character) in _MARKS:
        return _MARK
    plain = _SIMPLIFIED.get(plain, plain)
    return plain if len(plain) == 1 and plain not in "\ue001\ue002\ue003\ue004" else "\ufffd"


# --- filing numbers and attempts ---------------------------------------------------------------------------

_P: Final = PROVINCE_CHARACTERS
_SOFT: Final = f"[ {_MARK}{_NOTHING}]"
_GAP: Final = rf"[ {_MARK}{_NOTHING}{HARD_BREAK}]"
_KEYLIKE: Final = f"[0-9Xx{_DIGIT}{_CROSS}]"

_HEAD: Final = re.compile(rf"网{_GAP}{{0,4}}信{_GAP}{{0,4}}备")
_BEFORE: Final = re.compile(rf"(?:[{_P}]{_GAP}{{0,4}}|[\u4e00-\u9fff]?公{_SOFT}{{0,4}})\Z")
_LONGEST_BEFORE: Final = 6
"""What belongs to a number before 网信备, and its length: looked for from there, since nothing in it is rare."""

_LABEL: Final = re.compile(rf"{_GAP}{{0,4}}(?P<filed>案?(?:编?号)?){_GAP}{{0,4}}:?")
_TOKEN: Final = re.compile(rf"{_GAP}{{0,8}}(?P<token>{_KEYLIKE}(?:[{_MARK}{_NOTHING}]{{0,4}}{_KEYLIKE}){{0,39}})")
_END: Final = re.compile(rf"{_GAP}{{0,4}}号")
_RUNS_ON: Final = re.compile(r"[0-9A-Za-z零〇一二三四五六七八九十*\-_/.]{1,8}号|[A-Za-z*](?![A-Za-z0-9])")
"""What makes twenty characters the beginning of something longer."""
_LOOSE: Final = re.compile(rf"[0-9A-Za-z{_DIGIT}{_CROSS}{_MARK}{_NOTHING} *#?.\-‐‑–—―_/〔〕\[\]()【】第字]{{1,48}}?号")
_WORD: Final = re.compile(
    rf"{_SOFT}{{0,4}}(?P<word>[0-9A-Za-z{_DIGIT}{_CROSS}{_MARK}{_NOTHING}*\-]{{1,40}})(?![年月日0-9])"
)
_PLACEHOLDER: Final = rf"{_KEYLIKE}|[*#?_]{{2}}"
_SHORTEST_ATTEMPT: Final = 3
_SHORTEST_BARE: Final = 6
"""Digits after 网信备 that make an attempt where neither a province character nor 号 does."""


def _attempts(text: str, folded: str, today: date) -> Iterator[Attempt]:
    done = 0
    for head in _HEAD.finditer(folded):
        if head.start() < done:
            continue
        before = _BEFORE.search(folded, max(done, head.start() - _LONGEST_BEFORE), head.start())
        attempt = _attempt(text, folded, before.start() if before else head.start(), head, today)
        done = attempt.end if attempt else head.end()
        if attempt:
            yield attempt


def _attempt(text: str, folded: str, first: int, head: re.Match[str], today: date) -> Attempt | None:
    """The attempt of which `head` is 网信备: twenty characters in any grouping, else whatever leads up to 号.

    Args:
        first: Where what belongs to it before `head` begins.
    """
    label = _LABEL.match(folded, head.end())
    assert label
    start, body = head.start() if HARD_BREAK in folded[first : head.end()] else first, label.end()
    end = _twenty(folded, body)
    if end is not None and folded[end - 1] != "号" and (more := _RUNS_ON.match(folded, end)):
        return Attempt(start, more.end(), _shown(text[start : more.end()]), _read(text[start : more.end()], today))
    if end is not None:
        for begin in (start, first):
            reading = _read(text[begin:end], today)
            if reading.number is not None:
                return Attempt(begin, end, _shown(text[begin:end]), reading)
        if folded[end - 1] == "号" or HARD_BREAK not in folded[head.end() : end]:
            return Attempt(start, end, _shown(text[start:end]), _read(text[start:end], today))
    if "案" in label["filed"] or HARD_BREAK in label[0]:
        return None
    return _ill_formed(text, folded, start, body, today, province=folded[start] in _P)


def _twenty(folded: str, body: int) -> int | None:
    """The end of exactly twenty key-like characters that end where a group ends, with 号 if it follows."""
    count, end = 0, body
    while count < KEY_LENGTH and (token := _TOKEN.match(folded, end)):
        count += sum(character not in (_MARK, _NOTHING) for character in token["token"])
        end = token.end()
    if count != KEY_LENGTH:
        return None
    closing = _END.match(folded, end)
    return closing.end() if closing else end


def _ill_formed(text: str, folded: str, start: int, body: int, today: date, *, province: bool) -> Attempt | None:
    loose = _LOOSE.match(folded, body)
    if loose is not None and re.search(_PLACEHOLDER if province else _KEYLIKE, loose[0]):
        end = loose.end()
    else:
        word = _WORD.match(folded, body)
        if word is None:
            return None
        digits = len(re.findall(_KEYLIKE, word["word"]))
        if digits < (_SHORTEST_ATTEMPT if province else _SHORTEST_BARE):
            return None
        end = word.end()
    reading = _read(text[start:end], today)
    return None if reading.number is not None else Attempt(start, end, _shown(text[start:end]), reading)


def _read(text: str, today: date) -> Reading:
    return examine(text.replace(HARD_BREAK, " "), today=today)


def _shown(text: str) -> str:
    return " ".join(text.replace(HARD_BREAK, " ").split())


# --- numbers of other systems ------------------------------------------------------------------------------

_S: Final = f"[ {_NOTHING}]{{0,4}}"
_D: Final = "[0-9]"
_NO: Final = rf"(?:{_S}号)?"
_TELECOM: Final = rf"[ABD]{_D}(?:\.[ABD]{_D}){{0,4}}{_S}-{_S}{_D}{{8}}(?!{_D})(?:-{_D}{{1,4}}(?!{_D}))?{_NO}"
_YEAR: Final = rf"[〔\[【(]{_S}{_D}{{4}}{_S}[〕\]】)]"
_REGIONS: Final = (
    "Beijing|Tianjin|Hebei|Shanxi|NeiMengGu|InnerMongolia|Liaoning|Jilin|Heilongjiang|Shanghai|Jiangsu|Zhejiang|Anhui|"
    "Fujian|Jiangxi|Shandong|Henan|Hubei|Hunan|Guangdong|Guangxi|Hainan|Chongqing|Sichuan|Guizhou|Yunnan|Xizang|Tibet|"
    "Shaanxi|Gansu|Qinghai|Ningxia|Xinjiang"
)

_PATTERNS: Final = tuple(
    (kind, needed, re.compile(pattern.replace("~", _S), re.ASCII | re.IGNORECASE))
    for kind, needed, pattern in (
        ("algorithm", "算", rf"网~信~算~备(?:~案)?(?:~号)?~:?~{_D}{{21}}(?!{_D}){_NO}"),
        (  # from the first letter of a word on, in a class that the search for a place to begin can use
            "genai",
            "-",
            rf"(?-i:[A-Za-z])(?<![A-Za-z].)(?<=(?=(?:{_REGIONS})-).)[A-Za-z]{{4,12}}-[A-Za-z0-9]{{2,40}}-"
            rf"(?:{_D}{{8,12}}|{_D}{{1,4}}S{_D}{{4}})(?![0-9A-Za-z])",
        ),
        (
            "psb",
            "安",
            rf"(?:\(?~[{_P}]~\)?~|(?![号案备])[\u4e00-\u9fff])?公~网~安~备~(?:案~)?号?~:?~"
            rf"{_D}{{11,15}}(?!{_D}){_NO}",
        ),
        ("psb", "安", rf"公~安~(?:联~网~|机~关~)?备~案~(?:编~)?号?~:?~{_D}{{11,15}}(?!{_D}){_NO}"),
        ("psb", "局", rf"[\u4e00-\u9fff]{{0,6}}分~局~备~案~(?:编~)?号?~:?~{_D}{{6,16}}(?!{_D}){_NO}"),
        (
            "icp-licence",
            "证",
            rf"[{_P}]~(?:ICP|IPC)~证~号?~:?~"
            rf"(?:[{_P}]~{_TELECOM}|{_D}{{6,8}}(?!{_D}){_NO}(?:~-~{_D}{{1,4}}(?!{_D}))?)",
        ),
        (
            "icp",
            "备",
            rf"[{_P}]~(?:ICP|IPC)~备~(?:案~)?号?~:?~(?:{_D}{{6,10}}(?!{_D})|[AB]{_D}-{_D}{{8}}(?!{_D})){_NO}"
            rf"(?:~-~{_D}{{1,4}}(?!{_D})A?)?",
        ),
        ("telecom", "-", rf"(?=[{_P}合ABD])(?:[{_P}]~EDI~证~:?~)?(?:[{_P}]~|合~字~)?(?<![A-Za-z0-9\-.]){_TELECOM}"),
        ("culture", "文", rf"[{_P}]~网~文~{_YEAR}~{_D}{{4}}~-~{_D}{{3,4}}(?!{_D}){_NO}"),
        ("publishing", "出", rf"[(\[][\u4e00-\u9fff][)\]]~网~出~证~[(\[]~[{_P}]~[)\]]~字~第?~{_D}{{1,6}}~号"),
        ("publishing", "出", rf"新~出~网~证~[(\[]~[{_P}]~[)\]]~字~第?~{_D}{{1,6}}~号"),
        (
            "audiovisual",
            "听",
            rf"视~听[\u4e00-\u9fff\x20]{{0,12}}许~可~证(?:~编)?[号:\x20]{{0,4}}(?:\(~署~\))?"
            rf"(?P<value>{_D}{{7}}(?!{_D}){_NO})",
        ),
        ("drug-info", "营", rf"\(~[{_P}]~(?:\)~)?-~(?:非~)?经~营~性~-~{_D}{{4}}~-~{_D}{{4}}(?!{_D})(?:~\))?"),
        ("drug-info", "营", rf"[{_P}]~-~(?:非~)?经~营~性~-~{_D}{{4}}~-~{_D}{{4}}(?!{_D})"),
        ("financial", "金", rf"[{_P}]~金~信~备~{_YEAR}~{_D}{{1,6}}(?!{_D}){_NO}"),
        ("other", "字", rf"\(~[{_P}]~\)~字~第~{_D}{{3,6}}~号"),
        ("other", "演", rf"[{_P}]~[\u4e00-\u9fff]~演~{_D}{{3,8}}(?!{_D}){_NO}"),
        ("other", "食", rf"[{_P}]~网~食~[AB]?{_D}{{6,14}}(?!{_D}){_NO}"),
        ("other", "发", rf"新~出~发~[{_P}]~备~字~第~{_D}{{1,6}}~号"),
        ("other", "闻", rf"新~闻~信~息~服~务~许~可~证(?:~编)?[号:\x20]{{0,4}}(?P<value>{_D}{{11}}(?!{_D}){_NO})"),
        ("other", "艺", rf"(?:(?![号案备])[\u4e00-\u9fff]){{1,2}}~艺~术~品~备~{_YEAR}~{_D}{{1,6}}(?!{_D}){_NO}"),
        ("other", "", rf"[{_P}][\u4e00-\u9fff]~{_D}{{16}}(?!{_D}){_NO}"),
        ("other", "码", r"信~用~代~码[号:\x20]{0,4}(?P<value>[0-9A-HJ-NPQRTUWXY]{18})(?![0-9A-Z])"),
        ("other", "-", rf"{_D}(?<![0-9\-].){_D}{{10}}-{_D}{{5}}(?![0-9\-])"),
    )
)  # fmt: skip
"""Kind, a character without which there is none of it, and its form."""
KINDS: Final = tuple(dict.fromkeys(kind for kind, *_ in _PATTERNS))
"""Of other systems' numbers."""

_CREDIT_CODE: Final = re.compile(r"[0-9A-HJ-NP-RTUW-Y](?<![0-9A-Z].)[0-9A-HJ-NP-RTUW-Y]{17}(?![0-9A-Z])", re.ASCII)


def _others(text: str, rest: str) -> Iterator[Credential]:
    """Credentials in text order; what one pattern has taken the next ones do not see."""
    found: list[tuple[int, Credential]] = []
    for kind, needed, pattern in _PATTERNS:
        if needed not in rest:
            continue
        spans = []
        for match in pattern.finditer(rest):
            start, end = match.span("value" if "value" in pattern.groupindex else 0)
            value = _shown(text[start:end])
            if value.startswith(("(", "（")) and not re.search("[)）]", value):
                start, value = start + 1, value[1:].strip()
            found.append((start, Credential(kind, value)))
            spans.append(match.span())
        if spans:
            rest = _blanked(rest, spans)
    found += [
        (match.start(), Credential("other", match[0]))
        for match in _CREDIT_CODE.finditer(rest)
        if not match[0].isdigit() and uscc.is_valid(match[0])
    ]
    yield from (credential for _, credential in sorted(found, key=lambda entry: entry[0]))


def _blanked(folded: str, spans: list[tuple[int, int]]) -> str:
    """`folded` with hard breaks in place of `spans`, which are in order."""
    parts, done = [], 0
    for start, end in spans:
        parts += [folded[done:start], HARD_BREAK * (end - start)]
        done = end
    return "".join([*parts, folded[done:]])
