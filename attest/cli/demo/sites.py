"""The demo's registries and sites: real numbers as they were seen, and fictional companies for every bad part."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from attest.number import FilingNumber, check_character
from attest.record import PublicRecord, build_record, new_nonce
from attest.verdict import Outcome

SEEN: Final = "seen"
"""Registry of the real numbers: self-declared, so that what it lacks is unknown."""

AUTHORITY: Final = "demo-authority"
"""Registry of the fictional companies: authoritative, so that what it lacks is not filed."""

UNREACHABLE: Final = "unreachable"
"""A registry whose node does not answer."""


@dataclass(frozen=True, slots=True)
class Company:
    """A fictional filer."""

    name: str
    domain: str
    number: FilingNumber


def _fictional(name: str, domain: str, serial: int) -> Company:
    digits = f"11010826{serial:08}901"
    return Company(name, domain, FilingNumber(digits + check_character(digits)))


GOOD: Final = _fictional("示例存证科技（北京）有限公司", "cunzheng.example", 1)
PROVIDER: Final = _fictional("示例底链技术有限公司", "dilian.example", 2)
CANCELLED: Final = _fictional("示例退场信息有限公司", "tuichang.example", 3)
SUSPENDED: Final = _fictional("示例整改网络有限公司", "zhenggai.example", 4)
UNREGISTERED: Final = _fictional("示例未登记有限公司", "weidengji.example", 5)
COMPANIES: Final = (GOOD, PROVIDER, CANCELLED, SUSPENDED)
"""The registered ones."""


@dataclass(frozen=True, slots=True)
class Site:
    """One page on loopback and the verdict it must get.

    Attributes:
        code: Of the check that the verdict rests on, for a verdict that is no MATCH.
    """

    title: str
    host: str
    page: str
    registry: str
    expected: Outcome
    code: str = ""


def seen_filings() -> list[dict[str, str]]:
    """Rows of `filings-seen.csv`; its provenance is in the `.md` file beside it."""
    text = (files(__package__) / "filings-seen.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def seen_records() -> list[PublicRecord]:
    """The real numbers as records: nothing but what the page showed."""
    return [_seen_record(row) for row in seen_filings()]


def company_records() -> list[PublicRecord]:
    """The fictional companies as records."""
    return [
        _record(company.number.text, {"kind": "organisation", "name": company.name}, company.domain)
        for company in COMPANIES
    ]


def sites(snippet: str) -> list[Site]:
    """Every page of the demo.

    Args:
        snippet: What the badge generator wrote for `GOOD`; its page embeds that.
    """
    good, provider = GOOD.number.text, PROVIDER.number.text
    wrong = good[:-2] + ("1" if good[-2] != "1" else "2") + "号"
    both = f"<p>区块链信息服务备案编号：{good}</p><p>底层链技术提供方：{provider}</p>"
    real = [
        Site(
            f"{row['service_as_shown']}（{row['number'][:4]}…）",
            row["domain_as_shown"] or "no-domain.example",
            _page(row["service_as_shown"], f"<p>{row['number']}</p>"),
            SEEN,
            Outcome.MATCH if row["domain_as_shown"] else Outcome.UNDECIDED,
            "" if row["domain_as_shown"] else "FA620",
        )
        for row in seen_filings()
    ]
    mismatch, undecided = Outcome.MISMATCH, Outcome.UNDECIDED
    return [
        *real,
        Site("合规 compliant, with our snippet", GOOD.domain, _page(GOOD.name, snippet), AUTHORITY, Outcome.MATCH),
        Site(
            "本站与技术提供方编号并列 own number beside the provider's",
            GOOD.domain,
            _page(GOOD.name, both),
            AUTHORITY,
            Outcome.MATCH,
        ),
        Site("没有编号 no number", GOOD.domain, _page(GOOD.name, ""), AUTHORITY, mismatch, "FA101"),
        Site(
            "仅在注释中 only in a comment",
            GOOD.domain,
            _page(GOOD.name, f"<!-- {good} -->"),
            AUTHORITY,
            mismatch,
            "FA102",
        ),
        Site(
            "他人编号 another company's", "jieyong.example", _page("示例借用公司", good), AUTHORITY, mismatch, "FA610"
        ),
        Site("格式错误 malformed", GOOD.domain, _page(GOOD.name, wrong), AUTHORITY, mismatch, "FA210"),
        _of(UNREGISTERED, "未登记，权威登记簿 unregistered, authoritative registry", AUTHORITY, mismatch, "FA310"),
        _of(UNREGISTERED, "未登记，自行申报登记簿 unregistered, self-declared registry", SEEN, undecided, "FA320"),
        _of(CANCELLED, "已注销 cancelled", AUTHORITY, mismatch, "FA411"),
        _of(SUSPENDED, "已暂停 suspended", AUTHORITY, mismatch, "FA410"),
        _of(GOOD, "登记簿节点无应答 the registry's node is down", UNREACHABLE, undecided, "FA323"),
        Site("由脚本绘制 drawn by scripts", GOOD.domain, _script_page(good), AUTHORITY, undecided, "FA120"),
    ]


def _of(company: Company, title: str, registry: str, expected: Outcome, code: str) -> Site:
    return Site(title, company.domain, _page(company.name, company.number.text), registry, expected, code)


def _page(name: str, footer: str) -> str:
    return f"""<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>{name}</title></head>
<body>
<header><h1>{name}</h1><nav><a href="/about">关于我们</a> <a href="/docs">文档</a></nav></header>
<main><p>本站提供区块链存证、核验与查询服务。上传文件的摘要，即可获得写入时间的凭据；核验时再次计算摘要并比对。</p>
<p>服务面向公众开放，用户须实名注册。内容管理规则与平台公约见“关于我们”。</p></main>
<footer><p>京ICP备19000001号-1 | 京公网安备11010802000001号</p>{footer}</footer>
</body>
</html>
"""


def _script_page(number: str) -> str:
    return f"""<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>示例</title></head>
<body><div id="app"></div><script>document.getElementById("app").textContent = "{number}"</script></body>
</html>
"""


def _seen_record(row: Mapping[str, str]) -> PublicRecord:
    return _record(
        row["number"],
        {"kind": "organisation", "name": row["operator_as_shown"]},
        row["domain_as_shown"],
        service={"name": row["service_as_shown"]},
        source={"list": "as shown on the operator's page"},
    )


def _record(number: str, subject: dict[str, str], domain: str, **more: Any) -> PublicRecord:
    document: dict[str, Any] = {
        "schema": "filing-record/1",
        "nonce": new_nonce(),
        "number": number,
        "subject": subject,
        **more,
    }
    if domain:
        document["displayed_on"] = {"domains": [domain]}
    return build_record(document)
