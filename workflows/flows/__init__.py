"""Room: the flow tables, one file each. Adding a flow: write its table, list it here (README, "Add a flow")."""

from __future__ import annotations

from collections.abc import Mapping

from models.states import Flow
from workflows.flows.online_signing import ONLINE_SIGNING
from workflows.spec import Workflow

FLOWS: Mapping[Flow, Workflow] = {Flow.ONLINE_SIGNING: ONLINE_SIGNING}
