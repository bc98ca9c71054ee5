"""Room: the words of the chat: what people type, and which topic they mean by it. Data, and the reading of a text.

Forgiven are: full-width letters and digits (NFKC), spaces, punctuation at the ends, traditional characters of our
words, polite beginnings. What is not understood gets the nearest topics offered, never an act.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher

TOPICS: Mapping[str, tuple[str, ...]] = {
    topic: tuple(words.split())
    for topic, words in {
        "menu": "菜单 目录 主页 首页 返回 你好 您好 在吗 hi hello menu",
        "help": "帮助 使用帮助 怎么用 如何使用 使用说明 说明 指南 help",
        "bind": "绑定 绑定账号 账号绑定 登录 注册 认证 改绑 换绑 重新绑定",
        "phone": "手机号 手机号码 手机 改手机号 修改手机号 更改手机号 更换手机号 换手机号 换手机号码 换手机 换号码",
        "unbind": "解绑 解除绑定 取消绑定 注销 退出登录",
        "invitations": "邀请 签约邀请 收到的邀请 我的邀请 应约 签约 网签 在线签约 线上签约 查看邀请",
        "progress": "进度 办理进度 状态 签约状态 签约进度 审核进度 查询进度 查进度 进展 查询 审核结果 到哪了 我的进度",
        "accept": "同意 接受 同意签约 接受邀请 同意邀请 接受签约 同意解约 我同意 我接受 应允 答应 确认签约",
        "refuse": "拒绝 不同意 不接受 拒绝签约 拒绝邀请 拒绝解约 不同意解约 我拒绝 我不同意 我不接受 "
        "谢绝 拒签 不签 不签约 不想签",
        "agreement": "协议 我的协议 就业协议 协议书 就业协议书 三方协议 两方协议 下载协议 查看协议 三方",
        "apply": "申请协议 线下签约 申请就业协议",
        "terminate": "解约 申请解约 毁约 违约 取消签约 终止协议 解除协议 我要解约",
        "withdraw": "撤回 撤销 撤回签约 反悔 后悔 取消",
        "void": "作废 作废去向 作废登记 去向作废 取消去向 取消去向登记",
        "switch": "切换 切换届次 换届次 切换学校 切换身份",
        "destination": "去向 毕业去向 去向登记 登记去向 我的去向 升学 考研 出国 入伍 创业 待就业",
        "archive": "档案 我的档案 档案转递 档案去向 档案登记 调档",
        "papers": "档案户口 户口档案 档案和户口 户口和档案",
        "household": "户口 户籍 户口迁移 迁户口 户口登记 落户",
        "leaving": "离校 离校确认 毕业离校",
        "desk": "人工 人工客服 客服 转人工 联系老师 联系学校 电话 老师 咨询 联系方式",
        "records": "我的记录 全部记录 记录 我的",
        "courtesy": "谢谢 多谢 感谢 谢谢老师 好 好的 嗯 嗯嗯 行 可以 是 是的 对 确认 确定 ok 明白 知道 收到 了解 再见",
    }.items()
}

LABELS: Mapping[str, str] = {
    "menu": "主菜单",
    "help": "帮助",
    "bind": "绑定账号",
    "phone": "修改手机号",
    "unbind": "解绑",
    "invitations": "收到的邀请",
    "progress": "办理进度",
    "accept": "同意签约",
    "refuse": "拒绝签约",
    "agreement": "我的协议",
    "apply": "申请协议",
    "terminate": "解约",
    "withdraw": "撤回",
    "void": "作废去向",
    "switch": "切换届次",
    "destination": "去向登记",
    "archive": "档案",
    "household": "户口",
    "papers": "档案户口",
    "leaving": "离校确认",
    "desk": "联系学校",
    "records": "我的记录",
    "courtesy": "知道了",
}

NEXT = ("n", "next", "下一页", "下页", "更多", "继续")
MENU_NUMBER = "0"
OFFERED = 3
_NEAR = 0.5

_BY_WORD = {word: topic for topic, words in TOPICS.items() for word in words}
_TRADITIONAL = str.maketrans(
    "請問進絕幫綁協議約檔戶籍戶聯繫電話師認證確認簽絡狀態審結單學歸終違獲見線離畢業嗎創遷註銷記錄應換錄詢邀還後",
    "请问进绝帮绑协议约档户籍户联系电话师认证确认签络状态审结单学归终违获见线离毕业吗创迁注销记录应换录询邀还后",
)
_ENDS = " \t\r\n。.!！?？~～,，、;；:：'\"“”‘’（）()【】[]《》<>…·-—_+*#@/\\|"
_POLITE = re.compile(r"^(?:请问|请帮我|帮我|我想要?|我要|麻烦|请|想)+")
_POLITE_END = re.compile(r"(?:一下|谢谢|吧|了|吗|呢|啊|呀|的)+$")
_WITH_NUMBER = re.compile(r"(\D+?)第?([0-9]{1,2})(?:个|条|号|份)?")
_DIGITS = re.compile(r"(?:第|选择|选|回复)?([0-9]{1,6})(?:个|条|号|份)?")
_HAN_NUMBERS = str.maketrans("一二两三四五六七八九", "1223456789")


def tidy(text: str) -> str:
    """A typed text as it is compared: folded, small letters, without white space and punctuation at the ends."""
    return "".join(simplified(text).strip(_ENDS).split())


def simplified(text: str) -> str:
    """A typed text folded: half width, small letters, simplified characters as far as our words need them."""
    return unicodedata.normalize("NFKC", text).lower().translate(_TRADITIONAL)


def topic_of(text: str) -> str:
    """The topic that a tidy text names, politely or not; empty if none."""
    for said in (text, _POLITE.sub("", text), _POLITE_END.sub("", _POLITE.sub("", text))):
        if said in _BY_WORD:
            return _BY_WORD[said]
    return ""


def numbered(text: str) -> tuple[str, int] | None:
    """`同意2`, `接受第2个`: the topic and the number in the list; None if it is not of that form."""
    match = _WITH_NUMBER.fullmatch(text)
    if match is None:
        return None
    topic = topic_of(match[1].strip(_ENDS))
    return (topic, int(match[2])) if topic else None


def number_of(text: str) -> str:
    """The digits of a text that is a number, also `第2个` and `三`; empty if it is none."""
    match = _DIGITS.fullmatch(text.translate(_HAN_NUMBERS))
    return match[1] if match else ""


def nearest(text: str) -> tuple[str, ...]:
    """Up to three topics that a text which names none may have meant, the likeliest first; often none at all."""
    scores: dict[str, float] = {}
    for word, topic in _BY_WORD.items():
        if word.isascii():
            continue
        score = 1 + len(word) / 10 if word in text else SequenceMatcher(None, text, word, autojunk=False).ratio()
        if score >= _NEAR:
            scores[topic] = max(scores.get(topic, 0.0), score)
    ranked = sorted(scores, key=lambda topic: -scores[topic])
    return tuple(t for t in ranked if t not in ("menu", "courtesy"))[:OFFERED]
