"""Room: the whole way of one invitation through commands and engine, in both review modes."""

from __future__ import annotations

import pytest

from models.parties import AgreementType, ReviewMode
from models.tables import Agreement, OutboxRow, Record
from tests.harness import world as w


@pytest.mark.parametrize("mode", list(ReviewMode))
@pytest.mark.parametrize("agreement", list(AgreementType))
async def test_an_invitation_travels_to_a_signed_agreement(database, mode, agreement):
    world = await w.make_world(mode, agreement=agreement)
    invited = await w.invite(world)
    assert invited.state == "invited"
    accepted = await w.accept(world, invited)
    if mode is ReviewMode.DEPARTMENT_THEN_SCHOOL:
        assert accepted.state == "review_department"
        accepted = await w.approve(world, accepted)
    assert accepted.state == "review_school"
    signed = await w.approve(world, accepted)
    assert signed.state == "signed"
    record = await Record.get(id=signed.record_id)
    assert record.slot
    agreement_row = await Agreement.get(record_id=record.id)
    assert agreement_row.number == record.agreement_no
    assert agreement_row.number.startswith(world.school_code)
    push = await OutboxRow.get(record_id=record.id, channel="ems")
    assert push.params["columns"]["dwmc"] == world.employer.name
