"""What is shown of the site's registrations and contacts, and what is refused."""

import pytest

from surveys.filings import READERS, FilingError, Place, contacts, icp, police_filing, site_address


@pytest.mark.parametrize("number", ["京ICP备12345678号", "沪ICP备2021012345号-2", "蜀ICP证030173号"])
def test_the_ministry_has_one_register_for_all(number: str) -> None:
    assert icp(number) == Place(number, "https://beian.miit.gov.cn/")


@pytest.mark.parametrize("number", ["京公网安备11010102001234号", "川公网安备 51010102001234号"])
def test_the_police_have_a_record_for_each(number: str) -> None:
    assert police_filing(number) == Place(number, f"https://beian.mps.gov.cn/#/query/webSearch?code={number[-15:-1]}")


def test_contacts_dial_or_write() -> None:
    assert contacts("028-1234 5678，help@office.example, +86 28 12345678") == (
        Place("028-1234 5678", "tel:02812345678"),
        Place("help@office.example", "mailto:help@office.example"),
        Place("+86 28 12345678", "tel:+862812345678"),
    )
    assert contacts("110") == (Place("110", "tel:110"),)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("HUIYIN_ICP", "12345678"),
        ("HUIYIN_ICP", "京ICP备号"),
        ("HUIYIN_ICP", '京ICP备12345678号"><script>'),
        ("HUIYIN_ICP", "京ICP备12345678号\n"),
        ("HUIYIN_ICP", "京ICP备" + "1" * 100 + "号"),
        ("HUIYIN_POLICE_FILING", "京公网安备1101010200123号"),
        ("HUIYIN_POLICE_FILING", "京ICP备12345678号"),
        ("HUIYIN_CONTACT", "the office"),
        ("HUIYIN_CONTACT", "javascript:alert(1)"),
        ("HUIYIN_CONTACT", "a@b"),
        ("HUIYIN_CONTACT", "x" * 60 + "@office.example"),
        ("HUIYIN_CONTACT", "028-12345678,"),
        ("HUIYIN_CONTACT", "110, 119, 120, 122"),
    ],
)
def test_what_is_wrong_is_refused_with_how_to_write_it(setting: str, text: str) -> None:
    with pytest.raises(FilingError, match="must be") as refused:
        READERS[setting](text)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://huiyin.example/", "https://huiyin.example"),
        ("HTTP://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("https://x", "https://x"),
    ],
)
def test_an_address_is_scheme_host_and_port(text: str, address: str) -> None:
    assert site_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "huiyin.example", "ftp://huiyin.example", "https://", "https:///", "https://a.example/portal",
        "https://a.example/?q", "https://a.example?q", "https://a.example#x", "https://user@a.example",
        "https://user:word@a.example", 'https://a.example"', "https://a.example'x", "https://a b.example",
        "https://a.example ", "https://a.example\n", "https://a\t.example", "https://a\x00.example",
        "https://a<b>.example", "https://a.example\\x", "https://a.example:", "https://a.example:99999",
        "https://-a.example", "https://a.example//", "https://" + "a" * 300,
    ],
)  # fmt: skip
def test_an_address_with_anything_else_is_refused_with_an_instruction(text: str) -> None:
    with pytest.raises(FilingError, match="must be the site's address and no more, as in https://") as refused:
        site_address(text)
    assert len(str(refused.value)) < 220
    assert str(refused.value).isprintable()
