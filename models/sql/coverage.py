"""Room: who may decide at the department stage, as a condition of other statements (workflows.md, Conventions 1)."""

from __future__ import annotations


def covered(school: str, department: str, level: str, module: str = "'employment'") -> str:
    """EXISTS (…): an enabled department account of that school and department may write for that level.

    The arguments are SQL written by us (a column, a parameter such as `$3`, a literal), never anybody's input. Inside
    the condition `a` is the account, so a column of an outer table called `a` cannot be named.
    """
    return f"""EXISTS (SELECT 1 FROM accounts a WHERE a.school_id = {school} AND a.party = 'department'
    AND a.department = {department} AND a.disabled_at IS NULL AND a.grants->>{module} = 'rw'
    AND a.level IN ('all', {level}))"""  # noqa: S608  columns and numbered parameters
