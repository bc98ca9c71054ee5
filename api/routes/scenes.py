"""Room: routes of binding that a desk offers: a QR code for one graduate, a poster for everybody.

What is shown here binds nobody by itself: the graduate's phone gets a one-time code besides (`commands/scenes.py`).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from quart import Blueprint, Response

from api.auth import REVIEWERS
from api.downloads import PDF, attachment
from api.endpoints import Call, endpoint
from api.list_schemas import PosterQuery
from api.roster_answers import SceneShown, SceneStage
from api.wiring import wiring
from models.store import store
from workflows.commands.posters import print_poster
from workflows.commands.scenes import Stage, new_scene, open_scene, prepare_scene, read_scene
from workflows.errors import Unavailable
from workflows.ports import OutsideFault

blueprint = Blueprint("scenes", __name__)

AWAY: Final = "暂时连不上微信，二维码没有生成，请稍后再试。"
LABELS: Final = {
    Stage.WAITING: "等待扫码",
    Stage.SCANNED: "已扫码，等待毕业生回复数字",
    Stage.CONFIRMED: "数字正确，等待毕业生回复短信验证码",
    Stage.BOUND: "绑定成功",
    Stage.ENDED: "已失效，没有绑定",
}


@endpoint(
    blueprint,
    "POST",
    "/v1/graduates/<id>/scene",
    rule=REVIEWERS,
    summary="出示绑定二维码（毕业生扫码后还须回复数字和短信验证码）",
    answers=SceneShown,
    status=201,
    raises=(409, 429, 503),
)
async def show(call: Call, id: UUID) -> dict[str, Any]:
    await prepare_scene(store(), call.actor, id)
    code = await wiring().scene_qr.create(new_scene())
    if isinstance(code, OutsideFault):
        raise Unavailable(AWAY)
    shown = await open_scene(call.actor, id, code)
    return {"url": shown.url, "number": shown.number, "scan_until": shown.scan_until}


@endpoint(
    blueprint,
    "GET",
    "/v1/graduates/<id>/scene",
    rule=REVIEWERS,
    summary="绑定二维码的进展",
    answers=SceneStage,
    raises=(409,),
)
async def stage(call: Call, id: UUID) -> dict[str, Any]:
    scene = await read_scene(call.actor, id)
    return {"stage": scene.stage if scene else "none", "label": LABELS[scene.stage] if scene else "还没有出示二维码"}


@endpoint(
    blueprint,
    "GET",
    "/v1/poster",
    rule=REVIEWERS,
    summary="绑定海报（A4，PDF）",
    query=PosterQuery,
    gives=(PDF,),
    raises=(404, 409, 503),
)
async def poster(call: Call) -> Response:
    sheet = await print_poster(call.actor, wiring().scene_qr, call.query.department)
    return attachment(sheet.pdf, PDF, sheet.name)
