"""Room: the flow tables, one file each. Adding a flow: write its table, list it here (README, "Add a flow")."""

from __future__ import annotations

from collections.abc import Mapping

from models.states import Flow
from workflows.flows.destination import DESTINATION
from workflows.flows.offline_signing import OFFLINE_SIGNING
from workflows.flows.online_signing import ONLINE_SIGNING
from workflows.flows.supplementary import SUPPLEMENTARY
from workflows.flows.terminations import OFFLINE_TERMINATION, ONLINE_TERMINATION
from workflows.spec import Workflow

FLOWS: Mapping[Flow, Workflow] = {
    table.flow: table
    for table in (
        ONLINE_SIGNING,
        OFFLINE_SIGNING,
        SUPPLEMENTARY,
        DESTINATION,
        ONLINE_TERMINATION,
        OFFLINE_TERMINATION,
    )
}
