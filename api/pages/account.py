"""Room: a graduate's own account on the phone or a PC: who one is here, phone number, WeChat, cohorts, signing out."""

from __future__ import annotations

import json
from typing import Final

import segno
from quart import Response, request

from api.pages.answering import go
from api.pages.claiming import shown
from api.pages.doors import Guest, door
from api.pages.phone import PREFIX, SESSION, blueprint, form_mark, hand_over, message, page, read_form
from api.wiring import wiring
from models.kit import chat_time, parse_id
from models.store import store
from workflows.commands.bindings import WRONG_CODE
from workflows.commands.own_entries import other_entries, turn_to
from workflows.commands.own_phone import ask_new_phone, asked_phone, known_phone, take_phone_codes
from workflows.commands.scenes import Stage, new_scene, open_scene, prepare_scene, read_scene
from workflows.errors import HouseError, InvalidForm, NotFound, RateLimited
from workflows.ports import OutsideFault

__all__ = ("blueprint",)

ACCOUNT: Final = f"{PREFIX}/account"
PHONE, PHONE_CODE, WECHAT = f"{ACCOUNT}/phone", f"{ACCOUNT}/phone/code", f"{ACCOUNT}/wechat"
DONE = {
    "phone": "手机号已修改。原手机号会收到一条短信通知。",
    "resting": "手机号已修改，24 小时后可用于绑定和登录。原手机号会收到一条短信通知。",
}
ON_THE_WAY = (Stage.WAITING, Stage.SCANNED, Stage.CONFIRMED)
STAGES: Final = {
    Stage.WAITING: "等待扫码",
    Stage.SCANNED: "已扫码，请在微信里回复下面的数字",
    Stage.CONFIRMED: "数字正确，请在微信里回复短信验证码",
}


@door("/account")
async def my_account(who: Guest) -> Response:
    return await page(
        "account.html",
        person=who.person,
        phone=await known_phone(who.actor),
        by_wechat=who.caller.bearer.binding_id is not None,
        entries=await other_entries(who.actor, who.caller.bearer.binding_id),
        done=DONE.get(request.args.get("done", ""), ""),
        mark=form_mark(SESSION.name),
    )


@door("/account/entry", "POST")
async def change_entry(who: Guest) -> Response:
    """切换: on with the other cohort."""
    entry = parse_id((await read_form(SESSION.name, "entry"))["entry"])
    if entry is None:
        raise NotFound
    opened = await turn_to(who.actor, who.caller.bearer.binding_id, entry)
    response = go(f"{PREFIX}/records")
    await hand_over(response, opened)
    return response


# --- the phone number ----------------------------------------------------------------------------


@door("/account/phone")
async def new_phone(who: Guest) -> Response:
    return await _phone_page(who, {})


async def _phone_page(who: Guest, given: dict[str, str], refusal: HouseError | None = None) -> Response:
    return await page(
        "phone.html",
        refusal.status if refusal else 200,
        phone=await known_phone(who.actor),
        given=given,
        mark=form_mark(SESSION.name),
        **shown(refusal),
    )


@door("/account/phone", "POST")
async def take_phone(who: Guest) -> Response:
    given = await read_form(SESSION.name, "mobile", "old", "id_number")
    try:
        await ask_new_phone(
            store(), who.actor, given["mobile"], with_old=given["old"] != "gone", id_number=given["id_number"]
        )
    except (InvalidForm, RateLimited) as refusal:
        return await _phone_page(who, given, refusal)
    return go(PHONE_CODE)


@door("/account/phone/code")
async def phone_code(who: Guest) -> Response:
    return await _phone_code_page(who, {})


async def _phone_code_page(who: Guest, faults: dict[str, str], alert: str = "", status: int = 200) -> Response:
    asked = await asked_phone(who.actor)
    if asked is None:
        return go(PHONE)
    return await page("phone_code.html", status, asked=asked, faults=faults, alert=alert, mark=form_mark(SESSION.name))


@door("/account/phone/code", "POST")
async def take_phone_code(who: Guest) -> Response:
    given = await read_form(SESSION.name, "code", "old_code")
    asked = await asked_phone(who.actor)
    if asked is None:
        return go(PHONE)
    try:
        wrong = await take_phone_codes(store(), who.actor, given["code"], given["old_code"], keep=who.caller.token)
    except RateLimited as refusal:
        return await _phone_code_page(who, {}, str(shown(refusal)["alert"]), refusal.status)
    if wrong:
        return await _phone_code_page(who, dict.fromkeys(wrong, WRONG_CODE), status=422)
    return go(f"{ACCOUNT}?done={'phone' if asked.with_old else 'resting'}")


# --- WeChat by a QR code -------------------------------------------------------------------------


@door("/account/wechat")
async def bind_wechat(who: Guest) -> Response:
    """The code that this page showed last, while it leads somewhere; and how far the phone has come with it."""
    scene = await read_scene(who.actor, who.actor.id)
    live = scene if scene is not None and scene.stage in ON_THE_WAY else None
    return await page(
        "wechat.html",
        person=who.person,
        scene=live,
        picture=drawn(live.url) if live else "",
        until=chat_time(live.scan_until) if live else "",
        stage=STAGES[live.stage] if live else "",
        bound=scene is not None and scene.stage is Stage.BOUND,
        ended=scene is not None and scene.stage is Stage.ENDED,
        mark=form_mark(SESSION.name),
    )


def drawn(url: str) -> str:
    """The QR code as an SVG element without fixed size."""
    picture: str = segno.make_qr(url, error="m").svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None)
    return picture


@door("/account/wechat/stage")
async def wechat_stage(who: Guest) -> Response:
    """`{"stage": …}` for the script of that page."""
    scene = await read_scene(who.actor, who.actor.id)
    response = Response(json.dumps({"stage": scene.stage if scene else ""}), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@door("/account/wechat", "POST")
async def show_wechat_code(who: Guest) -> Response:
    await read_form(SESSION.name)
    try:
        await prepare_scene(store(), who.actor, who.actor.id)
    except RateLimited as refusal:
        return await message("操作过于频繁", refusal.detail, refusal.status, link=ACCOUNT, label="返回我的账号")
    code = await wiring().scene_qr.create(new_scene())
    if isinstance(code, OutsideFault):
        return await message("微信暂时没有响应", "二维码没有生成，请稍后再试。", 503, link=WECHAT, label="返回")
    await open_scene(who.actor, who.actor.id, code)
    return go(WECHAT)
