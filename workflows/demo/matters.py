"""Room: moves of the flows on paper, of destinations and terminations, in the words of a plot. Pure.

Each method is one thing that somebody does; stories (`paper_histories`) put them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from models.codes import DEST_FREELANCE
from models.kit import shanghai_day
from models.parties import Party, ReviewMode
from models.states import Flow
from workflows.demo.destinations import filled, proof_of
from workflows.demo.employers import EmployerPlan, suited
from workflows.demo.firms import firm, post_for, somewhere, written_down
from workflows.demo.papers import Paper
from workflows.demo.plots import Papers, Plot

Gap = tuple[float, float]
SOON: Final[Gap] = (0.3, 3)
REVIEW: Final[Gap] = (0.3, 4)

_RETURNS: Final = (
    ("unclear_papers", "第二页拍得太暗，公章看不清，请重新拍摄上传"),
    ("papers_differ", "协议上的月薪与填报的不一致，请核对后修改"),
    ("employer_data", "单位名称少了“有限公司”，请按公章填写全称"),
    ("agreement_data", "工作地点请写到市、区（县）"),
    ("graduate_data", "联系邮箱有误，请更正后重新提交"),
)
_REFUSED: Final = (
    ("papers_differ", "所附材料与填报的单位不是同一家，请核实后重新办理"),
    ("not_operating", "该单位登记状态异常，暂不能办理，请另行联系单位"),
    ("other", "毕业生来电说明已改变打算，本次不予通过"),
)
_REASONS: Final = (
    ("other_offer", "已与另一家单位谈妥，工作地点离家更近，已和原单位沟通"),
    ("study", "收到研究生录取通知，准备继续读书，单位表示理解"),
    ("public_post", "通过了事业单位招聘考试，已进入体检环节"),
    ("personal", "家中老人需要照顾，只能回乡就业，已向单位说明"),
)
_EMPLOYER_REASONS: Final = (
    ("employer", "招聘计划调整，该岗位取消，已电话与毕业生说明并致歉"),
    ("other", "毕业生体检未达到岗位要求，双方已沟通"),
)
_UNWILLING: Final = ("岗位难以临时补人，请再考虑一下", "培训名额已经占用，希望按协议履行")
STATEMENT: Final = "已多次致电单位未果，毕业生提供了沟通记录，经学校研究同意办理"


class Matters(Plot):
    """A plot in which all six flows may occur."""

    # --- what several flows share

    def resubmit(self, key: str, gap: Gap = (0.5, 4), **changes: Any) -> None:
        """The same form again, with new pictures where there were some."""
        first = next(move for move in self.moves if move.key == key and move.action == "submit")
        papers = {name: tuple(self.paper(one.title, one.seal) for one in kept) for name, kept in first.papers.items()}
        self.add(gap, key, "submit", Party.GRADUATE, {**first.form, **changes}, papers=papers)

    def take_back(self, key: str, action: str = "withdraw", *, by: Party = Party.GRADUATE, employer: int = 0) -> None:
        self.add((0.05, 0.4), key, action, by, {"note": "内容还要核对"}, employer)

    def cancel(self, key: str) -> None:
        self.add(SOON, key, "cancel", Party.GRADUATE)

    def send_back(self, key: str, action: str = "return", *, early: bool = False) -> None:
        """退回修改; `early`: by the department already, where the school has that stage."""
        self._decline(key, action, _RETURNS, early=early)

    def turn_down(self, key: str, action: str = "reject", *, early: bool = False) -> None:
        self._decline(key, action, _REFUSED, early=early)

    def _decline(self, key: str, action: str, reasons: tuple[tuple[str, str], ...], *, early: bool) -> None:
        early = early and self.mode is ReviewMode.DEPARTMENT_THEN_SCHOOL
        if not early:
            self.pass_department(key, "approve_agreement" if action.endswith("_agreement") else "approve")
        reason, text = self.rng.choice(reasons)
        party = Party.DEPARTMENT if early else Party.SCHOOL
        self.add(REVIEW, key, action, party, {"reason": reason, "reason_text": text})

    def finish(self, key: str, form: Mapping[str, Any] | None = None) -> None:
        """Approval at every stage up to the last."""
        self.pass_department(key)
        self.add(REVIEW, key, "approve", Party.SCHOOL, dict(form or {}))

    def correct(self, key: str, category: str) -> None:
        """The school edits what it has approved: the category of the post."""
        first = next(move for move in self.moves if move.key == key)
        kept = {name: first.form[name] for name in ("employer_nature", "employer_industry")}
        self.add((3, 12), key, "edit", Party.SCHOOL, {**kept, "position_category": category})

    def paper(self, title: str, seal: str = "", mark: str = "") -> Paper:
        """A picture for this person, its own unless it has the `mark` of another one."""
        mark = mark or f"{self.person.exam_no}:{self.counted()}"
        row = self.person.row
        last = f"单位：{seal}" if seal else "本人签名：（演示）"
        return Paper(title, (f"姓名：{row['xm']}", f"学校：{row['yx']}", f"专业：{row['zy']}", last), seal, mark)

    def _typed(self, plan: EmployerPlan) -> dict[str, Any]:
        """Employer and post as the graduate writes them down."""
        rng = self.rng
        post = post_for(plan, self.person.field, rng)
        form = self.offer(plan, post)
        for name in ("school_code", "graduate_name", "id_kind", "id_number"):
            del form[name]
        summer = date(self.season.cohort, 7, rng.randrange(1, 26))
        day = max(summer, shanghai_day(self.season.now) + timedelta(days=35))
        form |= written_down(plan) | {"report_on": day.isoformat(), "own_mobile": self.person.row["sjh"]}
        return {**form, "truthful": True}

    def _signed_on(self) -> str:
        """A day before anything of this story was handed in."""
        return shanghai_day(self.season.opened - timedelta(days=self.rng.randrange(1, 20))).isoformat()

    # --- offline signing

    def apply(self, employer: int = 0, gap: Gap = SOON) -> str:
        """申请就业协议; `employer` 0: whoever comes."""
        plan = firm(employer) if employer else somewhere(self.person.field, self.rng)
        key = self.begin(Flow.OFFLINE_SIGNING)
        self.add(gap, key, "submit", Party.GRADUATE, self._typed(plan), plan.number)
        return key

    def known_employer(self) -> int:
        """One that is registered: its portal shows the agreement too."""
        return self.rng.choice(suited(self.person.field))[0].number

    def issue(self, key: str) -> None:
        self.pass_department(key, "approve_agreement")
        self.add(REVIEW, key, "approve_agreement", Party.SCHOOL)

    def upload(self, key: str, *, by: Party = Party.GRADUATE, statement: bool = False, gap: Gap = (1, 6)) -> None:
        """回传盖章协议, signed on the day before, or the statement that the agreement is wrong."""
        number = self.employer_of(key)
        form: dict[str, Any] = {"upload_kind": "statement" if statement else "agreement"}
        if statement:
            form["upload_note"] = "协议上的岗位名称写错，需要重新填写"
        scan = self.paper("情况说明") if statement else self.paper("就业协议书", firm(number).name)
        self.add(gap, key, "upload", by, form, number if by is Party.EMPLOYER else 0, papers={"scans": (scan,)})

    def seal(self, key: str) -> None:
        """The final approval, the paper being stamped."""
        self.finish(key, {"stamped": True})

    def sign_on_paper(self, employer: int = 0) -> str:
        key = self.apply(employer)
        self.issue(key)
        self.upload(key)
        self.seal(key)
        return key

    # --- supplementary registration

    def register(self, employer: int = 0, gap: Gap = SOON, *, mark: str = "", **changes: Any) -> str:
        """登记已签协议. `mark`: of a picture that somebody else may have handed in too; `changes`: to the form."""
        plan = firm(employer) if employer else somewhere(self.person.field, self.rng)
        key = self.begin(Flow.SUPPLEMENTARY)
        numbered = ("一", "二") if self.draw() < 0.3 and not mark else ("一",)
        pages = tuple(self.paper(f"就业协议书第{page}页", plan.name, mark) for page in numbered)
        form = self._typed(plan) | {"agreement_no": f"演示-{self.number:04d}", "signed_on": self._signed_on()}
        form |= changes
        self.add(gap, key, "submit", Party.GRADUATE, form, plan.number, papers={"scans": pages})
        return key

    # --- destinations

    def settle(self, code: str, gap: Gap = SOON) -> str:
        """登记去向 of this kind."""
        key = self.begin(Flow.DESTINATION)
        form = filled(code, self.person, self.season.cohort, self.rng)
        title = proof_of(code)
        papers: Papers = {"proofs": (self.paper(title, form.get("employer_name", "")),)} if title else {}
        self.add(gap, key, "submit", Party.GRADUATE, form, papers=papers)
        return key

    def confirm(self, key: str) -> None:
        """The final approval of a destination."""
        form = {}
        if self.mode is ReviewMode.SCHOOL and self._kind_of(key) == DEST_FREELANCE:
            form["department_head"] = "卓然"
        self.finish(key, form)

    def amend(self, key: str, party: Party, **changes: Any) -> None:
        """修改去向 by whoever has the record; the graduate was asked before."""
        first = next(move for move in self.moves if move.key == key and move.action == "submit")
        self.add(SOON, key, "edit_destination", party, {**first.form, **changes, "agreed_with_graduate": True})

    def void(self, key: str) -> None:
        self.add((2, 9), key, "void", Party.GRADUATE, {"confirmed": True})

    def _kind_of(self, key: str) -> str:
        first = next(move for move in self.moves if move.key == key)
        return str(first.form["destination_code"])

    # --- online termination

    def ask(self, signing: str, *, by: Party = Party.GRADUATE, gap: Gap = (2, 8)) -> str:
        """申请解约 to the other side."""
        key = self.begin(Flow.ONLINE_TERMINATION, signing)
        reason, text = self.rng.choice(_EMPLOYER_REASONS if by is Party.EMPLOYER else _REASONS)
        self.add(gap, key, "request", by, {"reason": reason, "reason_text": text}, self._asked(signing))
        return key

    def agree(self, key: str, signing: str, *, by: Party = Party.EMPLOYER) -> None:
        self.add(SOON, key, "agree", by, {}, self._asked(signing))

    def oppose(self, key: str, signing: str, *, by: Party = Party.EMPLOYER) -> None:
        """拒绝解约."""
        self.add(SOON, key, "refuse", by, {"reason_text": self.rng.choice(_UNWILLING)}, self._asked(signing))

    def force(self, key: str, gap: Gap = (15.5, 19)) -> None:
        """强制解约, after a silence of more than two weeks."""
        self.add(gap, key, "force", Party.SCHOOL, {"statement": STATEMENT, "confirmed": True})

    def _asked(self, signing: str) -> int:
        return self.employer_of(signing)

    # --- offline termination

    def ask_on_paper(self, signing: str, *, letter: bool = True, gap: Gap = (2, 8)) -> str:
        """凭材料申请解约; without a letter of the employer's it is the graduate's own statement."""
        key = self.begin(Flow.OFFLINE_TERMINATION, signing)
        reason, text = self.rng.choice(_REASONS)
        form = {"reason": reason, "reason_text": text, "papers_kind": "letter" if letter else "statement"}
        seal = firm(self.employer_of(signing)).name if letter else ""
        paper = self.paper("解约函" if letter else "情况说明", seal)
        self.add(gap, key, "submit", Party.GRADUATE, form, papers={"papers": (paper,)})
        return key

    def release(self, key: str, *, unilateral: bool = False) -> None:
        """The school's final approval of a termination on paper."""
        form: dict[str, Any] = {"termination_kind": "unilateral" if unilateral else "mutual", "confirmed": True}
        if unilateral:
            form["statement"] = STATEMENT
        self.finish(key, form)
