"""Room: the poster that graduates scan to bind (dashboard.md, 6): one A4 page with a large QR code and three steps."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from workflows.documents.fonts import font
from workflows.documents.sheet import texts
from workflows.documents.typesetting import beside, compiled, qr

_TEMPLATE: Final = Path(__file__).parent / "templates" / "poster.typ"
STEPS: Final = (
    ("扫码关注", "用微信扫一扫上方二维码，关注就业服务号。"),
    ("验证身份", "在聊天窗口点“绑定账号”，填写姓名、证件号码和短信验证码。"),
    ("开始办理", "收到签约邀请和审核结果；回复“进度”随时查询。"),
)
NOTE: Final = "验证码发到学校名单上登记的手机号；号码已更换的，请先到院系或学校就业部门更新。请勿把验证码告诉他人。"


async def poster(school: str, department: str, url: str) -> bytes:
    """The page as PDF. `url`: what the code says. Raises Unprintable, NoFont."""
    return await beside(_set, school, department, url)


def _set(school: str, department: str, url: str) -> bytes:
    sheet = {
        "school": school,
        "department": department,
        "title": "毕业去向登记与网上签约",
        "call": "微信扫一扫，绑定毕业生账号",
        "steps": [list(step) for step in STEPS],
        "note": NOTE,
    }
    chosen = font()
    chosen.check(texts(sheet))
    return compiled(chosen, _template(), {"sheet": json.dumps(sheet, ensure_ascii=False), "qr": qr(url)})


@lru_cache(maxsize=1)
def _template() -> bytes:
    return _TEMPLATE.read_bytes()
