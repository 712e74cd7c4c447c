"""Footers: every spelling of a filing number is found, every attempt named, and no look-alike taken for either."""

from datetime import date
from itertools import permutations

import pytest

from attest.credentials import HARD_BREAK, KINDS, Scan, scan

TODAY = date(2026, 11, 24)
NUMBER = "京网信备11010819764512340015号"
WITH_X = "京网信备1101082600000018901X号"

OTHERS = [
    ("algorithm", "网信算备110108823483901230031号"),
    ("algorithm", "网信算备330109830471102220013号"),
    ("genai", "Beijing-YunQue-20230821"),
    ("genai", "Hunan-PinCaiMao-202412310003"),
    ("genai", "Beijing-XueQiuHuiJian-2S0033"),
    ("icp", "浙ICP备14013035号-14"),
    ("icp", "粤ICP备2026135674号-1"),
    ("icp", "浙ICP备2023025841号-3A"),
    ("icp", "闽ICP备B2-20050038"),
    ("icp", "京ICP备10040543"),
    ("icp-licence", "京ICP证030173号-1"),
    ("icp-licence", "京ICP证161336号"),
    ("icp-licence", "沪ICP证：沪B2-20100043"),
    ("telecom", "京B2-20200408"),
    ("telecom", "合字B2-20160011"),
    ("telecom", "京EDI证京B2-20220639号"),
    ("telecom", "浙D3-20210002"),
    ("psb", "粤公网安备44030402004002号"),
    ("psb", "牡公网安备23100002000543号"),
    ("psb", "晋公网安备号：140110430070001"),
    ("culture", "京网文〔2020〕1039-165号"),
    ("culture", "沪网文(2024)1344-086号"),
    ("publishing", "(总)网出证(京)字第161号"),
    ("publishing", "（署）网出证（皖）字第013号"),
    ("drug-info", "(京)-经营性-2014-0008"),
    ("drug-info", "（京-经营性-2011-0009）"),
    ("financial", "京金信备〔2022〕3号"),
    ("financial", "浙金信备【2021】1号"),
    ("other", "(京)字第08638号"),
    ("other", "京市演1574"),
    ("other", "浙网食A33010001"),
    ("other", "新出发浙备字第002号"),
    ("other", "33012213067-00001"),
    ("other", "浙杭3300631100002022"),
    ("other", "杭余艺术品备（2021）1号"),
]

LABELLED = [
    ("网络视听许可证0109362号", "audiovisual", "0109362号"),
    ("信息网络传播视听节目许可证：1109364号", "audiovisual", "1109364号"),
    ("互联网新闻信息服务许可证编号：13120170002", "other", "13120170002"),
    ("广播电视节目制作经营许可证（京）字第08638号", "other", "（京）字第08638号"),
    ("统一社会信用代码：91330100799655058B", "other", "91330100799655058B"),
    ("增值电信业务经营许可证：合字B2-20160011", "telecom", "合字B2-20160011"),
    ("公安备案号11010802020134", "psb", "公安备案号11010802020134"),
    ("备案编号：网信算备110108823483901230031号", "algorithm", "网信算备110108823483901230031号"),
    ("京網文〔2020〕1039-165號", "culture", "京網文〔2020〕1039-165號"),
    ("粤ＩＣＰ备２０２６１３５６７４号", "icp", "粤ＩＣＰ备２０２６１３５６７４号"),
    ("浙 ICP 备 14013035 号 - 14", "icp", "浙 ICP 备 14013035 号 - 14"),
    ("沪IPC备12345678号", "icp", "沪IPC备12345678号"),
]

SPELLINGS = [
    "京网信备11010819764512340015号",
    "京网信备 11010819764512340015 号",
    "京网信备11010819764512340015",
    "京网信备1101 0819 7645 1234 0015 号",
    "京 网信备11010819764512340015号",
    "京网信备：11010819764512340015号",
    "京網信備11010819764512340015號",
    "京网信备１１０１０８１９７６４５１２３４００１５号",
    "京网信备\u300011010819764512340015\u3000号",
    "京网信备\u00a011010819764512340015\u00a0号",
    "京网信备11010819\u200b764512340015号",
    "京\u200b网信备11010819764512340015号",
    "京网信备\n11010819764512340015号",
    f"京网信备{HARD_BREAK}11010819764512340015号",
    f"京网信备{HARD_BREAK}11010819{HARD_BREAK}764512340015{HARD_BREAK}号",
    "区块链备案:京网信备11010819764512340015号",
    "区块链备案：京网信备11010819764512340015号",
    "区块链备案号：京网信备11010819764512340015号",
    "区块链应用备案：京网信备11010819764512340015号",
    "境内区块链备案号：京网信备11010819764512340015号",
    f"区块链信息服务备案{HARD_BREAK}京网信备11010819764512340015号",
    "网信备案号：京网信备11010819764512340015号",
    "示例链京网信备11010819764512340015号",
]

INVENTED = [
    ("京网信备1101081976451234001号", "NU102"),
    ("京网信备110108197645123400号", "NU102"),
    ("广公网信备11010819764512号", "NU101"),
    ("广公网信备11010819764512", "NU101"),
    ("京网信备1101081976451号", "NU102"),
    ("京网信备110108197645号", "NU102"),
    ("京网信备110108197号", "NU102"),
    ("粤网信备2026-0038号", "NU103"),
    ("沪网信备XXXXXXXX号", "NU103"),
    ("京网信备XXX号", "NU103"),
    ("京网信备****号", "NU103"),
    ("京网信备12345", "NU102"),
    ("京网信备〔2024〕第12号", "NU103"),
    ("网信备11010819764512340015号", "NU105"),
    ("沪网信备11010819764512340015号", "NU105"),
    ("京网信备11010819764512340011号", "NU104"),
    ("京网信备110108197645123400152号", "NU102"),
    ("京网信备11010819764512340015A号", "NU102"),
    ("京网信备11010819764512340015-1号", "NU102"),
    ("京网信备11010819764512340015A", "NU102"),
    ("京网信备1101O819764512340015号", "NU103"),
    ("京网信备①1010819764512340015号", "NU103"),
    ("京网信备110108260000001890\u0661X号", "NU103"),
    ("京网信备1101082600000018901×号", "NU103"),
    ("京网信备号11010819764512340015号", "NU101"),
    ("京网信备案编号：11010819764512340015", "NU101"),
]

TRAPS = [
    "网信备案",
    "已完成网信备案2019年",
    "上海网信备案2024第12号",
    "网信备2024年",
    "本市网信备案：见公告第12345678号",
    "备案编号：11010819764512340015",
    "11010819764512340015",
    "电话 4008001234 邮编 100000",
    "1234567890123456",
    "110108197645123400151101081",
    "路388号",
    "第三方网信 备忘录 12号",
    f"网信备案{HARD_BREAK}11010819764512340015",
    f"网信备案{HARD_BREAK}订单 11010819764512340015",
]

SEPARATORS = ["|", " | ", "｜", "·", "、", "  ", "\n", "\u3000", "，", "/", " ", HARD_BREAK]


def test_the_kinds_are_the_documented_ones() -> None:
    documented = "icp icp-licence psb algorithm genai telecom culture publishing audiovisual drug-info financial other"
    assert sorted(KINDS) == sorted(documented.split())


def scanned(text: str) -> Scan:
    return scan(text, today=TODAY)


def numbers(text: str) -> list[str]:
    return [attempt.reading.number.text for attempt in scanned(text).attempts if attempt.reading.number]


def malformed(text: str) -> list[str]:
    return [attempt.text for attempt in scanned(text).attempts if not attempt.reading.number]


def others(text: str) -> list[tuple[str, str]]:
    return [(other.kind, other.value) for other in scanned(text).others]


@pytest.mark.parametrize(("kind", "value"), OTHERS)
def test_each_look_alike_is_named_and_no_number(kind: str, value: str) -> None:
    assert scanned(value).attempts == ()
    assert others(value) == [(kind, value)]


@pytest.mark.parametrize(("text", "kind", "value"), LABELLED)
def test_a_label_or_another_spelling_does_not_change_the_kind(text: str, kind: str, value: str) -> None:
    assert scanned(text).attempts == ()
    assert others(text) == [(kind, value)]


@pytest.mark.parametrize("text", SPELLINGS)
def test_each_spelling_is_the_same_number(text: str) -> None:
    assert numbers(text) == [NUMBER]
    assert malformed(text) == []


@pytest.mark.parametrize("text", ["京网信备1101082600000018901X号", "京网信备1101082600000018901x号"])
def test_the_check_character_may_be_an_x_of_either_case(text: str) -> None:
    assert numbers(text) == [WITH_X]


@pytest.mark.parametrize(("text", "code"), INVENTED)
def test_each_invented_number_is_malformed_whole_and_with_its_reason(text: str, code: str) -> None:
    (attempt,) = scanned(f"备案信息 {text}，有效").attempts
    assert attempt.reading.number is None
    assert attempt.text == text
    assert code in [error.code for error in attempt.reading.errors]


@pytest.mark.parametrize("text", TRAPS)
def test_what_only_resembles_a_number_is_nothing(text: str) -> None:
    assert scanned(text).attempts == ()


@pytest.mark.parametrize(
    "after",
    ["路388号", " 路388号", "号路388号", "号 12345678", "号11010802020134", " 12345678901234567890123", "，2019年",
     "号-2", "Copyright", "京ICP备12345678号-1", "号京ICP备12345678号-1", "B2-20160011"],
)  # fmt: skip
def test_what_follows_a_number_is_not_part_of_it(after: str) -> None:
    assert numbers(f"京网信备11010819764512340015{after}") == [NUMBER]
    assert malformed(f"京网信备11010819764512340015{after}") == []


def test_a_number_of_another_kind_may_adjoin_without_a_separator() -> None:
    text = f"京ICP备12345678号-1{NUMBER}京公网安备11010802020134号"
    assert numbers(text) == [NUMBER]
    assert others(text) == [("icp", "京ICP备12345678号-1"), ("psb", "京公网安备11010802020134号")]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_one_footer_may_hold_everything(separator: str) -> None:
    values = [value for _, value in OTHERS]
    text = separator.join([*values[:10], NUMBER, *values[10:], WITH_X])
    assert numbers(text) == [NUMBER, WITH_X]
    assert malformed(text) == []
    assert others(text) == OTHERS


@pytest.mark.parametrize("separator", SEPARATORS)
def test_the_order_in_a_footer_does_not_matter(separator: str) -> None:
    footer = {
        "京ICP备10040543": "icp",
        "粤公网安备44030402004002号": "psb",
        "合字B2-20160011": "telecom",
        "网信算备110108823483901230031号": "algorithm",
        NUMBER: "",
    }
    for order in permutations(footer):
        text = separator.join(order)
        assert numbers(text) == [NUMBER], text
        assert others(text) == [(footer[value], value) for value in order if footer[value]], text


def test_offsets_point_into_the_text_as_given() -> None:
    text = f"区块链備案：\u200b京網信備１1010819764512340015號{HARD_BREAK}电话"
    (attempt,) = scanned(text).attempts
    assert text[attempt.start : attempt.end] == "京網信備１1010819764512340015號"


def test_a_repeated_number_is_reported_as_often_as_it_stands_there() -> None:
    assert numbers(f"{NUMBER}|{NUMBER}") == [NUMBER, NUMBER]


def test_an_ill_formed_number_does_not_reach_across_blocks() -> None:
    assert malformed(f"京网信备1101081976{HARD_BREAK}电话 12345号") == ["京网信备1101081976"]


def test_an_identity_card_number_is_not_reported() -> None:
    assert others("身份证 110108197601010014") == []


def test_what_is_invented_right_behind_a_number_is_not_overlooked() -> None:
    found = scan("京网信备11010819764512340015号公网信备11010819764512号", today=TODAY).attempts
    assert [attempt.text for attempt in found] == ["京网信备11010819764512340015号", "公网信备11010819764512号"]
