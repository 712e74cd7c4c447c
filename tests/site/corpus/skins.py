"""Whole pages as sites have them, around what a sample says of its number."""

from typing import Final

ICP: Final = "京ICP备19000001号-1"
PSB: Final = "京公网安备11010802099999号"
LICENCE: Final = "京ICP证190001号"
TELECOM: Final = "京B2-20190001"
ALGORITHM: Final = "网信算备110108190000190100019号"
GENAI: Final = "Beijing-ShiLiMoXing-202401010001"
CULTURE: Final = "京网文〔2020〕0001-001号"
PUBLISHING: Final = "（署）网出证（京）字第001号"
AUDIOVISUAL: Final = "0100001号"
DRUG: Final = "（京）-经营性-2019-0001"
FINANCIAL: Final = "京金信备〔2022〕1号"
CREDIT: Final = "91110108MA00AAAA16"

NEIGHBOURS: Final = {
    ICP: "icp",
    PSB: "psb",
    LICENCE: "icp-licence",
    TELECOM: "telecom",
    ALGORITHM: "algorithm",
    GENAI: "genai",
    CULTURE: "culture",
    PUBLISHING: "publishing",
    AUDIOVISUAL: "audiovisual",
    DRUG: "drug-info",
    FINANCIAL: "financial",
    CREDIT: "other",
}
"""Fictional numbers of other systems, and their kinds."""

SLOT: Final = '<p class="filing">区块链信息服务备案编号：@N@</p>'
"""A number as most footers write it."""

_TOPICS: Final = (
    "供应链存证",
    "电子合同",
    "数字藏品",
    "司法取证",
    "产品溯源",
    "跨境结算",
    "数据共享",
    "可信计算",
    "版权登记",
    "节点托管",
    "浏览器",
    "钱包服务",
)
_WORDS: Final = (
    "平台为企业提供可信的数据上链与核验能力，原始文件不出本地，只有摘要写入链上。"
    "每一笔记录都带有时间戳，任何一方都可以独立核对，无需依赖我们的服务器。"
    "系统支持国密算法，密钥由客户自行保管，节点分布在三个机房。"
)


def paragraphs(count: int) -> str:
    return "".join(f"<h3>{_TOPICS[i % len(_TOPICS)]}</h3><p>{_WORDS}</p>" for i in range(count))


def cards(count: int) -> str:
    return "".join(
        f'<li class="card"><a href="/s/{i}"><b>{_TOPICS[i % len(_TOPICS)]}</b></a><span>{_WORDS[:38]}</span></li>'
        for i in range(count)
    )


_HEAD: Final = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><title>示例链科技</title>'
)
_COMMON: Final = (
    "*{box-sizing:border-box}body{margin:0;font:14px/1.7 'Noto Sans CJK SC',sans-serif;color:#222}"
    "a{color:inherit;text-decoration:none}header,main,footer{padding:16px}ul{list-style:none;margin:0;padding:0}"
)


def company(foot: str = SLOT, *, style: str = "", head: str = "", main: str = "", end: str = "") -> str:
    """A firm's home page: light, with a grey footer of 13 px."""
    return (
        f"{_HEAD}<style>{_COMMON}header{{display:flex;justify-content:space-between;border-bottom:1px solid #eee}}"
        ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:12px}"
        ".card{border:1px solid #ddd;padding:12px;border-radius:6px}.card span{display:block;color:#555}"
        "footer{background:#f5f5f5;color:#333;font-size:13px;text-align:center}footer p{margin:6px 0}"
        f"{style}</style>{head}</head><body><header><b>示例链</b><nav><a href='/a'>产品</a> <a href='/b'>文档</a> "
        f"<a href='/c'>关于我们</a></nav></header><main><h1>让数据可信</h1><p>{_WORDS}</p>"
        f"<ul class=cards>{cards(12)}</ul>{main}</main><footer><p>© 2026 示例链科技（北京）有限公司</p>"
        f"<p>{ICP} | {PSB}</p>{foot}</footer>{end}</body></html>"
    )


def dark(foot: str = SLOT, *, style: str = "", head: str = "", main: str = "", end: str = "") -> str:
    """A block explorer: white on dark, tables, a footer of two columns."""
    rows = "".join(
        f"<tr><td>{8_000_000 + i}</td><td>0x{i * 7919:08x}{i * 104729:08x}…</td><td>{i % 60} "
        f"秒前</td><td>{i * 3}</td></tr>"
        for i in range(20)
    )
    return (
        f"{_HEAD}<style>{_COMMON}body{{background:#10141f;color:#e6e9f0}}table{{width:100%;border-collapse:collapse}}"
        "td,th{padding:6px;border-bottom:1px solid #2b3347;text-align:left;word-break:break-all}"
        "footer{display:flex;flex-wrap:wrap;gap:24px;background:#0a0d14;color:#dfe3ea;font-size:14px}"
        f"{style}</style>{head}</head><body><header><strong>链上浏览器</strong> "
        "<input placeholder=搜索区块、交易></header>"
        f"<main><table><tr><th>区块</th><th>哈希</th><th>时间</th><th>交易</th></tr>{rows}</table>{main}</main>"
        f"<footer><div><p>接口</p><p>状态</p></div><div><p>版权所有 示例浏览器</p><p>{ICP}</p>{foot}</div></footer>"
        f"{end}</body></html>"
    )


def shop(foot: str = SLOT, *, style: str = "", head: str = "", main: str = "", end: str = "") -> str:
    """A shop of digital collectibles, whose footer strings many numbers together."""
    return (
        f"{_HEAD}<style>{_COMMON}.cards{{display:flex;flex-wrap:wrap;gap:10px}}.card{{width:150px;background:#fafafa;"
        "padding:10px}.card span{display:block}.foot{border-top:3px solid #c33;padding:20px;font-size:12px;color:#444}"
        f".foot span{{margin-right:8px}}{style}</style>{head}</head><body><header><b>藏品商城</b></header><main>"
        f"<ul class=cards>{cards(30)}</ul>{main}</main><div class=foot><div>"
        f"<span>增值电信业务经营许可证：{TELECOM}</span>"
        f"<span>{CULTURE}</span><span>{ICP}</span><span>统一社会信用代码：{CREDIT}</span></div>{foot}</div>{end}</body></html>"
    )


def news(foot: str = SLOT, *, style: str = "", head: str = "", main: str = "", end: str = "") -> str:
    """A long portal page with a licence line of a dozen entries."""
    return (
        f"{_HEAD}<style>{_COMMON}main{{max-width:900px;margin:0 auto}}#copyright{{text-align:center;font-size:12px;"
        f"line-height:2;color:#333;padding:20px}}{style}</style>{head}</head><body><header>示例新闻网</header><main>"
        f"{paragraphs(14)}{main}</main><div id=copyright>{LICENCE} | {ICP} | {PUBLISHING} | "
        "信息网络传播视听节目许可证："
        f"{AUDIOVISUAL} | {ALGORITHM} | {FINANCIAL}<br>{foot}<br>地址：北京市海淀区示例路388号</div>{end}</body></html>"
    )


def docs(foot: str = SLOT, *, style: str = "", head: str = "", main: str = "", end: str = "") -> str:
    """Technical documents with a side bar; the footer is a `contentinfo`."""
    return (
        f"{_HEAD}<style>{_COMMON}.wrap{{display:grid;grid-template-columns:160px 1fr}}aside{{background:#f7f7fb;"
        f"padding:12px}}"
        f"pre{{background:#f0f0f0;padding:8px;overflow:auto}}[role=contentinfo]{{padding:24px;font-size:14px;"
        f"color:#333}}{style}"
        f"</style>{head}</head><body><div class=wrap><aside>{'<p>目录</p>' * 8}</aside><main>{paragraphs(6)}"
        f"<pre>attest verify https://example.cn/</pre>{main}</main></div><div "
        f"role=contentinfo>{foot}<p>{ICP}</p></div>{end}"
        "</body></html>"
    )


def legacy(foot: str = SLOT, *, style: str = "", head: str = "", main: str = "", end: str = "") -> str:
    """Tables, `font` and `center`, without a doctype or a viewport of its own: small on a phone."""
    rows = "".join(f"<tr><td width=120>{topic}<td>{_WORDS}" for topic in _TOPICS)
    return (
        f"<html><head><meta http-equiv=Content-Type content='text/html; charset=utf-8'><title>示例</title>"
        f"<style>{style}</style>{head}</head><body bgcolor=#ffffff text=#000000><center><table width=960 border=1 "
        f"cellpadding=6>{rows}"
        f"</table>{main}<hr><font size=3>{ICP} {PSB}<br>{foot}</font></center>{end}</body></html>"
    )


def handheld(foot: str = SLOT, *, style: str = "", head: str = "", main: str = "", end: str = "") -> str:
    """A page made for phones, a column of 420 px elsewhere."""
    return (
        f"{_HEAD}<style>{_COMMON}body{{max-width:420px;margin:0 auto;padding-bottom:60px}}.tabs{{position:fixed;"
        "bottom:0;left:0;"
        "right:0;height:50px;background:#fff;border-top:1px solid #ccc;display:flex;justify-content:space-around}"
        f".copy{{text-align:center;font-size:13px;color:#444;"
        f"padding:12px}}{style}</style>{head}</head><body><header>我的钱包"
        f"</header><main><ul>{cards(8)}</ul>{main}</main><div class=copy>{foot}<p>{ICP}</p></div>"
        f"<div class=tabs><span>首页</span><span>资产</span><span>我的</span></div>{end}</body></html>"
    )
