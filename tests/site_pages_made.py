"""A made-up site of many small pages, for what depends on their number."""

from pathlib import Path
from random import Random

from scripts.site_pages import Page, read_page

SECTIONS = ("guides", "policies", "reports")
_WORDS = "验证码转账派出所身份证户口居住证银行卡冻结退款客服快递社区调解纠纷报警电话网站公开数据评价建议投诉回访"


def made_pages(root: Path, number: int) -> dict[str, Page]:
    """A home page and `number` others by address, each with 450 characters and a word of its own in its text."""
    pages = [made_page(root, "", "首页", "这里是首页。")]
    for index in range(number):
        section = SECTIONS[index * len(SECTIONS) // number]
        words = "".join(Random(index).choices(_WORDS, k=450))
        pages.append(made_page(root, f"{section}/p{index:04}/", f"第{index}页", f"{words}独有词{index:04}尾。"))
    return {page.url: page for page in sorted(pages, key=lambda page: page.url)}


def made_page(root: Path, url: str, title: str, text: str) -> Page:
    html = (
        f'<!doctype html><html lang="zh-Hans"><head><title>{title}</title>'
        f'<meta name="description" content="{title}的摘要"></head><body><article>'
        f'<h1 id="t">{title}</h1><h2 id="a">怎么办</h2><p>{text}</p></article></body></html>'
    )
    return read_page(root / url / "index.html", root, html)
