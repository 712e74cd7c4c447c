"""Pages that show other systems' numbers and none of a blockchain filing, or only say the words."""

from tests.site.corpus.sample import Sample, lacks
from tests.site.corpus.skins import (
    ALGORITHM,
    AUDIOVISUAL,
    CREDIT,
    CULTURE,
    DRUG,
    FINANCIAL,
    GENAI,
    LICENCE,
    PSB,
    PUBLISHING,
    TELECOM,
    company,
    dark,
    docs,
    handheld,
    legacy,
    news,
    shop,
)

SAMPLES: list[Sample] = [
    lacks("an ICP number only", docs("")),
    lacks("a police number with its picture", company(f"<p><img src=/ghs.png alt=''> {PSB}</p>")),
    lacks("an algorithm's number of twenty-one digits", company(f"<p>{ALGORITHM}</p>")),
    lacks(
        "an algorithm's number called a filing of the network office", company(f"<p>网信办备案编号：{ALGORITHM}</p>")
    ),
    lacks("a generative model's number", dark(f"<p>生成式人工智能服务备案号：{GENAI}</p>")),
    lacks("a shop's licences", shop(f"<p>{DRUG} {LICENCE}</p>")),
    lacks("a portal's licences", news("违法和不良信息举报电话：010-55500199")),
    lacks("financial information", company(f"<p>{FINANCIAL} {TELECOM}</p>")),
    lacks("publishing", company(f"<p>{PUBLISHING}，视听节目许可证：{AUDIOVISUAL}</p>")),
    lacks("a company's credit code", legacy(f"统一社会信用代码 {CREDIT}")),
    lacks("the word alone", company("<p>本平台已完成区块链信息服务备案。</p>")),
    lacks("the word for filing with the network office", company("<p>本应用已通过网信备案，请放心使用。</p>")),
    lacks("the word beside a year", company("<p>2026年完成网信备案工作，案号2026</p>")),
    lacks("a claim and an ICP number", handheld("<p>区块链备案</p>")),
    lacks(
        "hashes of an explorer",
        dark("<p>" + "<br>".join(f"0x{i * 0x9E3779B97F4A7C15 % 2**256:064x}" for i in range(1, 9)) + "</p>"),
    ),
    lacks("orders of twenty digits", shop("<p>订单号 20260824110108190019 物流单号 77650198260000001234</p>")),
    lacks("a bank account", company("<p>开户行：示例银行 账号：11010819764512340015</p>")),
    lacks(
        "telephones and addresses", company("<p>电话 010-55500100 传真 010-55500101 地址 示例路388号 邮编 100080</p>")
    ),
    lacks("a list of culture licences", news(" ".join([CULTURE] * 3))),
    lacks(
        "a page that says nothing", "<!doctype html><meta charset=utf-8><title>示例</title><p>建设中，敬请期待。</p>"
    ),
]
