"""Room: provinces and what each decides for its schools."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Province(Model):
    id = fields.UUIDField(primary_key=True)
    code = fields.CharField(max_length=6, unique=True, description="GB/T 2260, province level")
    name = fields.CharField(max_length=40)
    desk_phone = fields.CharField(max_length=40, default="", description="企业客服: whom employers call")
    desk_hours = fields.CharField(max_length=80, default="")

    class Meta:
        table = "provinces"


class ProvinceSettings(Model):
    """协议类型 per province and cohort (guide chapter 5)."""

    id = fields.UUIDField(primary_key=True)
    province = fields.ForeignKeyField("models.Province", related_name="settings", on_delete=fields.RESTRICT)
    cohort = fields.SmallIntField()
    agreement_type = fields.CharField(max_length=16)
    decided_at = fields.DatetimeField()

    class Meta:
        table = "province_settings"
        unique_together = (("province_id", "cohort"),)
