"""Room: long work: how far it is, and what it made. One may leave the page meanwhile; the work goes on.

A page keeps its job in the session under a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, shell, tables
from dashboard.client import Problem
from dashboard.shell import Desk

EVERY = "1s"
UNDER_WAY = ("waiting", "running")
TONES = {"done": "good", "failed": "bad", "cancelled": "warn"}


def follow(name: str, job: str) -> None:
    """From here on the page shows this job."""
    st.session_state[f"job_{name}"] = job


def show(desk: Desk, name: str, told: Callable[[Mapping[str, Any]], list[str]] | None = None) -> None:
    """The page's job, if it has one. `told`: what its summary says, as sentences."""
    job_id = st.session_state.get(f"job_{name}")
    if not job_id:
        return
    try:
        job = desk.client.get(f"/v1/jobs/{job_id}")
    except Problem as problem:
        if problem.status != 404:
            raise
        st.session_state.pop(f"job_{name}")
        return
    if job["status"] in UNDER_WAY:
        _under_way(desk, name, job_id)
        return
    _ended(name, job, told(job["summary"]) if told and job["summary"] else [])


@st.fragment(run_every=EVERY)
def _under_way(desk: Desk, name: str, job_id: str) -> None:
    job = shell.renewed(lambda: desk.client.get(f"/v1/jobs/{job_id}"), "进度", "任务仍在进行。")
    if job is None:
        return
    if job["status"] not in UNDER_WAY:
        st.rerun()
    share = min(1.0, job["done"] / job["total"]) if job["total"] else 0.0
    st.progress(share, text=f"{job['kind_label']}：{job['label']}，{job['done']}/{job['total'] or '…'}")
    st.caption("可以离开本页，任务会继续进行。")
    if st.button("取消任务", key=f"cancel-{name}"):
        try:
            desk.client.post(f"/v1/jobs/{job_id}/cancellation")
        except Problem as problem:
            st.error(problem.detail)
            return
        st.rerun()


def _ended(name: str, job: Mapping[str, Any], sentences: list[str]) -> None:
    told = "；".join(t for t in (*sentences, job["error"] or "") if t)
    note = tables.note(f"{job['label']}{'：' if told else ''}{told}", TONES[job["status"]])
    link = tables.own_link(f"下载“{job['file']}”", f"{addresses.JOBS}/{job['id']}") if job["file"] else ""
    tables.pairs(job["kind_label"], [], before=note, after=link)
    if st.button("知道了", key=f"read-{name}"):
        st.session_state.pop(f"job_{name}")
        st.rerun()
