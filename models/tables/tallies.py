"""Room: what statistics of a whole province are read from: sums that follow every change, never a source of truth."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Tally(Model):
    """How many of a kind stand under one value of an axis (`statistics_axes.AXES`), over the schools of a province.

    `what`, `part`: `flow:state` of records; `registered` or `unregistered` of persons; a destination's code and, for
    each of `statistics_destinations.FEATURES`, its value.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    province_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    axis = fields.CharField(max_length=12)
    kind = fields.CharField(max_length=12, description="record, person, or a feature of destinations")
    level = fields.CharField(max_length=16)
    key = fields.CharField(max_length=120)
    what = fields.CharField(max_length=64)
    part = fields.CharField(max_length=8)
    n = fields.IntField()

    class Meta:
        table = "tallies"
        unique_together = (("province_id", "cohort", "axis", "kind", "level", "key", "what", "part"),)


class TallyDelta(Model):
    """One change that is not in `tallies` yet: so many more, or less. Written by triggers, in the act's transaction."""

    id = fields.BigIntField(primary_key=True, generated=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    kind = fields.CharField(max_length=12, description="record, person or destination")
    level = fields.CharField(max_length=16)
    department = fields.CharField(max_length=120)
    major = fields.CharField(max_length=120)
    sex = fields.CharField(max_length=8)
    what = fields.CharField(max_length=64)
    industry = fields.CharField(max_length=8)
    nature = fields.CharField(max_length=8)
    region = fields.CharField(max_length=8)
    n = fields.IntField()

    class Meta:
        table = "tally_deltas"
