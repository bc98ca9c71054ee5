"""Room: names of files: shown without harm, sent so that every browser reads them (test catalogue F6)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.downloads import attachment
from workflows.intake.names import JPEG, PDF, display_name


@pytest.mark.parametrize(
    ("raw", "media", "shown"),
    [
        ("就业协议书（盖章）.jpg", JPEG, "就业协议书（盖章）.jpg"),
        ("证明.PNG", JPEG, "证明.jpg"),
        ("证明.PNG", "", "证明.png"),
        ("../../etc/passwd", JPEG, "passwd.jpg"),
        ("C:\\Users\\王\\桌面\\合同.pdf", PDF, "合同.pdf"),
        ("a\x00b\r\nSet-Cookie: x.jpg", JPEG, "abSet-Cookie_ x.jpg"),
        ("合同\u202egpj.exe", JPEG, "合同gpj.jpg"),
        ("\u200b\ufeff.jpg", JPEG, "文件.jpg"),
        ("", PDF, "文件.pdf"),
        ("...", JPEG, "文件.jpg"),
        (".htaccess", JPEG, "htaccess.jpg"),
        ("CON", JPEG, "文件CON.jpg"),
        ("com1.txt.jpg", JPEG, "文件com1.txt.jpg"),
        ("shell.php.jpg", JPEG, "shell.php.jpg"),
        ("shell.jpg.php", JPEG, "shell.jpg.jpg"),
        ("%2e%2e%2fx.jpg", JPEG, "%2e%2e%2fx.jpg"),
        ("简历😀.jpg", JPEG, "简历😀.jpg"),
        ("字" * 300 + ".jpg", JPEG, "字" * 100 + ".jpg"),
        ('a"b;c.jpg', JPEG, "a_b;c.jpg"),
        ("e\u0301.pdf", PDF, "é.pdf"),
        ("2027.03.05 报到证", PDF, "2027.03.05 报到证.pdf"),
        ("\ud800x.jpg", JPEG, "x.jpg"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(raw: str, media: str, shown: str) -> None:
    assert display_name(raw, media) == shown


@given(raw=st.text(max_size=400), media=st.sampled_from([JPEG, PDF, ""]))
def test_no_name_is_a_path_an_order_or_too_long(raw: str, media: str) -> None:
    name = display_name(raw, media)
    assert 1 <= len(name) <= 120
    assert not set(name) & set('/\\:*?"<>|\x00\r\n')
    assert not name.startswith(".")
    assert all(unicodedata.category(ch) not in ("Cc", "Cs") for ch in name)
    if media:
        assert name.endswith({JPEG: ".jpg", PDF: ".pdf"}[media])
    assert display_name(name, media) == name


@given(raw=st.text(max_size=200))
def test_the_header_carries_the_whole_name_and_nothing_else(raw: str) -> None:
    name = display_name(raw, PDF)
    header = attachment(b"", PDF, name).headers["Content-Disposition"]
    plain = re.fullmatch(r"attachment; filename=\"([A-Za-z0-9._-]+\.pdf)\"; filename\*=UTF-8''([!-~]+)", header)
    assert plain, header
    assert unquote(plain[2], errors="strict") == name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("报到证.jpg", "file.jpg"),
        ("offer-2027.pdf", "offer-2027.pdf"),
        ("协议 (2).pdf", "2.pdf"),
        ("100%.pdf", "100.pdf"),
    ],
)
def test_old_browsers_get_the_plain_part_of_a_name(name: str, plain: str) -> None:
    assert f'filename="{plain}"' in attachment(b"", PDF, name).headers["Content-Disposition"]
