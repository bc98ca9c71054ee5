"""Room: hints to the reviewer: what is odd about a record without being wrong (codes.md, Built-in checks).

Pure rules over what was read; none of them stops anything. Some help the graduate who is still typing. Computed
whenever they are shown, so that nothing of them is kept and nothing of them grows old.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models import codes
from models.codes.wages import Wage
from models.kit import name_key


@dataclass(frozen=True, slots=True)
class Hint:
    """`field`: the one of the form that it is about; empty: of the whole record."""

    code: str
    field: str
    sentence: str

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "field": self.field, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Known:
    """What the employer of this credit code was called in a record that was approved earlier."""

    name: str
    nature: str
    industry: str


@dataclass(frozen=True, slots=True)
class Registered:
    """An employer on the platform that shares code or name with the one written down, but not both."""

    name: str
    same_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the rules look at. Empty and None: not known, and then not judged.

    `graduation`: YYYYMM; `report_on`: YYYY-MM-DD; `pay`: yuan a month. `contact_is_own`: the employer's telephone is
    the graduate's; `contact_elsewhere`: another employer of the cohort gave the same one; `same_images`: pictures of
    this record that somebody else handed in too.
    """

    employer_name: str = ""
    nature: str = ""
    industry: str = ""
    position_category: str = ""
    destination_code: str = ""
    pay: int | None = None
    report_on: str = ""
    graduation: str = ""
    known: Known | None = None
    registered: Registered | None = None
    wage: Wage | None = None
    contact_is_own: bool = False
    contact_elsewhere: bool = False
    same_images: Sequence[Mapping[str, Any]] = field(default=())


def name_differs(seen: Seen) -> Iterator[Hint]:
    known = seen.known
    if known and seen.employer_name and name_key(known.name) != name_key(seen.employer_name):
        text = f"该信用代码在以前审核通过的记录中名称为“{known.name}”，与本次填写的不同，请核对单位全称。"
        yield Hint("name_differs", "employer_name", text)


def nature_differs(seen: Seen) -> Iterator[Hint]:
    yield from _differs(seen, "nature", "单位性质")


def industry_differs(seen: Seen) -> Iterator[Hint]:
    yield from _differs(seen, "industry", "单位行业")


def _differs(seen: Seen, what: str, label: str) -> Iterator[Hint]:
    here, before = getattr(seen, what), getattr(seen.known, what) if seen.known else ""
    if here and before and here != before:
        name = codes.table(f"employer_{what}").label(before)
        text = f"该单位在以前审核通过的记录中{label}为“{name}”，与本次填写的不同。"
        yield Hint(f"{what}_differs", f"employer_{what}", text)


def registered_otherwise(seen: Seen) -> Iterator[Hint]:
    """Only where code and name both match does a registered employer see the application (workflows.md 2)."""
    if seen.registered is None:
        return
    both = "名称和信用代码都一致，单位才能在线看到这份申请并上传盖章协议，请核对。"
    if seen.registered.same_code:
        text = f"平台上使用该信用代码的单位名称为“{seen.registered.name}”，与填写的不一致；{both}"
        yield Hint("registered_otherwise", "employer_name", text)
    else:
        text = f"平台上已注册的同名单位，信用代码与填写的不一致；{both}"
        yield Hint("registered_otherwise", "employer_uscc", text)


def position_other(seen: Seen) -> Iterator[Hint]:
    if seen.position_category == codes.POSITION_OTHER:
        text = "职位类别选了“其他人员”，请看岗位名称是否属于更具体的一类。"
        yield Hint("position_other", "position_category", text)


def phone_is_graduates(seen: Seen) -> Iterator[Hint]:
    if seen.contact_is_own:
        text = "单位联系电话与毕业生本人的手机号相同，请填写单位的联系电话。"
        yield Hint("phone_is_graduates", "contact_mobile", text)


def contact_elsewhere(seen: Seen) -> Iterator[Hint]:
    if seen.contact_elsewhere:
        text = "本届有其他单位也使用这个联系电话，请核实联系人是否属于该单位。"
        yield Hint("contact_elsewhere", "contact_mobile", text)


def report_before_graduation(seen: Seen) -> Iterator[Hint]:
    month = seen.report_on[:7].replace("-", "")
    if month and seen.graduation and month < seen.graduation:
        when = f"{seen.graduation[:4]}年{int(seen.graduation[4:])}月"
        yield Hint("report_before_graduation", "report_on", f"报到日期早于毕业时间（{when}），请确认。")


def pay_below_minimum(seen: Seen) -> Iterator[Hint]:
    """Where the kind of destination asks for the pay; agreements may leave it open."""
    wage = seen.wage
    if wage and seen.pay is not None and _pay_counts(seen.destination_code) and seen.pay < wage.monthly:
        text = f"月薪低于当地最低工资标准（每月 {wage.monthly} 元，{wage.since.isoformat()} 起执行），请核实。"
        yield Hint("pay_below_minimum", "monthly_pay", text)


def _pay_counts(destination: str) -> bool:
    table = codes.table("destination")
    return destination in table and "monthly_pay" in table.get(destination).traits.get("asks", ())


def same_image(seen: Seen) -> Iterator[Hint]:
    names = list(dict.fromkeys(str(image["graduate_name"]) for image in seen.same_images))
    if names:
        others = "、".join(names[:3]) + ("等" if len(names) > 3 else "")
        yield Hint("same_image", "", f"有材料图片与其他毕业生（{others}）提交的相同或几乎相同，请核对。")


RULES: Final = (
    name_differs,
    nature_differs,
    industry_differs,
    position_other,
    phone_is_graduates,
    contact_elsewhere,
    report_before_graduation,
    pay_below_minimum,
    same_image,
)
# What the graduate can put right, and which employer will not see what is sent; who else uses a telephone or a picture
# is nothing to tell them.
WHILE_TYPING: Final = (
    registered_otherwise,
    name_differs,
    nature_differs,
    industry_differs,
    position_other,
    phone_is_graduates,
    report_before_graduation,
    pay_below_minimum,
)


def hints(seen: Seen, rules: Sequence[Any] = RULES) -> list[Hint]:
    """What is odd, in the order of the rules."""
    return [hint for rule in rules for hint in rule(seen)]
