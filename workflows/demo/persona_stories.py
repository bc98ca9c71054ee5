"""Room: what happened to the people of the sandbox phone. Pure. A story gives how many days ago it came to its end."""

from __future__ import annotations

from collections.abc import Callable

from models.parties import Party
from workflows.demo.destinations import BOUND
from workflows.demo.matters import Matters

Story = Callable[[Matters], float]


def two_offers(plot: Matters) -> float:
    plot.invite(employer=1, left=2)
    plot.invite(employer=2, left=12, gap=(1, 2))
    return 0.3


def at_department(plot: Matters) -> float:
    plot.accept(plot.invite(employer=7))
    return 1.2


def at_school(plot: Matters) -> float:
    key = plot.invite(employer=5)
    plot.accept(key)
    plot.pass_department(key)
    return 2


def signed(plot: Matters) -> float:
    key = plot.invite(employer=4)
    plot.accept(key)
    plot.approve(key)
    return 12


def refused_one(plot: Matters) -> float:
    plot.refuse(plot.invite(employer=2))
    plot.invite(employer=7, left=6)
    return 0.5


def one_offer(plot: Matters) -> float:
    plot.invite(employer=2, left=9)
    return 1


def warned(plot: Matters) -> float:
    plot.invite(employer=11, left=5)
    return 1.5


def frozen(plot: Matters) -> float:
    plot.invite(employer=10, left=10)
    plot.invalidate()
    return 0.6


def edited(plot: Matters) -> float:
    key = plot.invite(employer=9)
    plot.accept(key)
    plot.approve(key)
    plot.edit(key)
    return 3


def again(plot: Matters) -> float:
    key = plot.invite(employer=12)
    plot.accept(key)
    plot.reject(key, why=("not_operating", "单位登记状态为吊销，不能签约，请另找单位"))
    plot.invite(employer=8, left=13)
    return 0.7


def long_way(plot: Matters) -> float:
    near = (0.4, 1)
    plot.withdraw(plot.invite(employer=8, gap=near))
    plot.expire(plot.invite(employer=11, gap=near), days=7)
    plot.invite(employer=7, gap=near)
    key = plot.invite(employer=3, gap=near)
    plot.accept(key, gap=near)
    plot.approve(key)
    return 5


def slot_taken(plot: Matters) -> float:
    key = plot.invite(employer=1)
    plot.accept(key)
    plot.pass_department(key)
    plot.invite(employer=9, left=8)
    return 0.4


# --- on paper


def to_upload(plot: Matters) -> float:
    plot.issue(plot.apply(5))
    return 1.5


def application_taken_back(plot: Matters) -> float:
    plot.take_back(plot.apply(10))
    return 0.5


def application_returned(plot: Matters) -> float:
    plot.send_back(plot.apply(53), "return_agreement", early=True)
    return 1.1


def upload_returned(plot: Matters) -> float:
    key = plot.apply(7)
    plot.issue(key)
    plot.upload(key, by=Party.EMPLOYER)
    plot.send_back(key)
    return 0.7


def registration_returned(plot: Matters) -> float:
    plot.send_back(plot.register(6), early=True)
    return 0.8


def lapsed(plot: Matters) -> float:
    """Of the closed cohort: the days are reckoned from its close."""
    key = plot.apply(2)
    plot.issue(key)
    plot.lapse(key)
    return 8


# --- destinations


def destination_returned(plot: Matters) -> float:
    plot.send_back(plot.settle("11"), early=True)
    return 0.9


def destination_settled(plot: Matters) -> float:
    plot.confirm(plot.settle("801"))
    return 6


def destination_amended(plot: Matters) -> float:
    plot.amend(plot.settle("70"), Party.DEPARTMENT, destination_code="71")
    return 0.6


def destination_voided(plot: Matters) -> float:
    key = plot.settle("70")
    plot.confirm(key)
    plot.void(key)
    return 2


def bound(plot: Matters) -> float:
    plot.settle(BOUND)
    return 1


# --- terminations, and the roster


def asked_by_employer(plot: Matters) -> float:
    plot.ask(_agreed(plot, 2), by=Party.EMPLOYER)
    return 1


def silent_employer(plot: Matters) -> float:
    plot.ask(_agreed(plot, 1))
    return 17


def forced(plot: Matters) -> float:
    plot.force(plot.ask(_agreed(plot, 12)))
    return 2


def tries_used_up(plot: Matters) -> float:
    signing = _agreed(plot, 4)
    plot.oppose(plot.ask(signing), signing)
    plot.take_back(plot.ask(signing))
    return 4


def release_returned(plot: Matters) -> float:
    plot.send_back(plot.ask_on_paper(plot.sign_on_paper(9)))
    return 1


def released_alone(plot: Matters) -> float:
    plot.release(plot.ask_on_paper(plot.sign_on_paper(52), letter=False), unilateral=True)
    return 3


def restored(plot: Matters) -> float:
    _agreed(plot, 9)
    plot.invalidate()
    plot.restore()
    return 2


def _agreed(plot: Matters, employer: int) -> str:
    key = plot.invite(employer=employer, gap=(0.2, 1))
    plot.accept(key, gap=(0.2, 2))
    plot.approve(key)
    return key
