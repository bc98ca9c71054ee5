"""Room: invented data for the demo, made through commands and acts with past moments.

`seed()` fills an empty database; `SIGN_INS` is what the terminal tells; `personas()` are the people of the sandbox
phone, with what to try; `introductions()` is what the simulated systems must know beforehand. That all of it is
invented, and how that is seen, stands in `invented.py`.
"""

from __future__ import annotations

from workflows.demo.introductions import introductions
from workflows.demo.personas import personas
from workflows.demo.seeding import seed
from workflows.demo.sign_ins import SIGN_INS

__all__ = ["SIGN_INS", "introductions", "personas", "seed"]
