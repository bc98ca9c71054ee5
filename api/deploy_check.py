"""Room: what must not go into production. Read by every start in the production profile and by `check --deploy`.

A production installation does not start with a simulator's address, a development secret or an invented key
(architecture, rule 10). Weaker findings are only told.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from models.config import Profile, Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One weak setting: its name in the environment and what to do, in Chinese. `fatal` ones prevent a start."""

    setting: str
    message: str
    fatal: bool


class UnfitForProductionError(Exception):
    """The production profile was chosen with settings that must not go there; `findings` says which."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f"{one.setting}: {one.message}" for one in findings))
        self.findings = findings


def refuse_weak_production(chosen: Settings) -> None:
    """Called before a process of the platform starts. Raises UnfitForProductionError; other profiles pass."""
    if chosen.profile is not Profile.PRODUCTION:
        return
    fatal = [one for one in examine(chosen) if one.fatal]
    if fatal:
        raise UnfitForProductionError(fatal)


def examine(chosen: Settings) -> list[Finding]:
    """Every weak setting, whatever the profile."""
    return [*_profile(chosen), *_addresses(chosen), *_secrets(chosen), *_keys(chosen), *_stores(chosen)]


def _profile(chosen: Settings) -> list[Finding]:
    if chosen.profile is Profile.PRODUCTION:
        return []
    return [Finding("WQ_PROFILE", "正式环境须设为 production", True)]


def _addresses(chosen: Settings) -> list[Finding]:
    outside = {
        "WQ_WECHAT_API_URL": chosen.wechat.api_url,
        "WQ_WECHAT_OPEN_URL": chosen.wechat.open_url,
        "WQ_SMS_URL": chosen.sms.url,
        "WQ_EMS_URL": chosen.ems.url,
        "WQ_EMS_PAGE_URL": chosen.ems_page_url,
        "WQ_REGISTRY_URL": chosen.registry_url,
        "WQ_PUBLIC_URL": chosen.public_url,
    }
    found = []
    if not chosen.ems.live:  # a school may do without, and exports its results (messages-and-sync.md, EMS sync)
        del outside["WQ_EMS_URL"]
    for setting, url in outside.items():
        if is_loopback(url):
            found.append(Finding(setting, "指向本机（模拟系统），请填写真实地址", True))
        elif urlsplit(url).scheme != "https":
            found.append(Finding(setting, "须使用 https 地址", True))
    if not is_loopback(chosen.api_url) and urlsplit(chosen.api_url).scheme != "https":
        found.append(Finding("WQ_API_URL", "跨机器访问接口须使用 https 地址", True))
    return found


def _secrets(chosen: Settings) -> list[Finding]:
    named = {
        "WQ_WECHAT_APP_ID": (chosen.wechat, "app_id"),
        "WQ_WECHAT_SECRET": (chosen.wechat, "secret"),
        "WQ_WECHAT_TOKEN": (chosen.wechat, "token"),
        "WQ_WECHAT_AES_KEY": (chosen.wechat, "aes_key"),
        "WQ_WECHAT_ACCOUNT": (chosen.wechat, "account"),
        "WQ_SMS_ID": (chosen.sms, "id"),
        "WQ_SMS_KEY": (chosen.sms, "key"),
        "WQ_SMS_APP": (chosen.sms, "app"),
        "WQ_EMS_SECRET": (chosen.ems, "secret"),
    }
    found = [
        Finding(setting, "仍是开发环境自带的值，请换成正式的值", True)
        for setting, (group, field) in named.items()
        if _is_default(group, field) and (group is not chosen.ems or chosen.ems.live)
    ]
    if len(chosen.wechat.aes_key.get_secret_value()) != 43:
        found.append(Finding("WQ_WECHAT_AES_KEY", "须为 43 个字符", True))
    if chosen.wechat.allow_plaintext:
        found.append(Finding("WQ_WECHAT_ALLOW_PLAINTEXT", "正式环境只接受安全模式的加密消息", True))
    return found


def _keys(chosen: Settings) -> list[Finding]:
    data = chosen.data_keys.get_secret_value()
    parts = [part.strip().partition(":") for part in data.split(",")] if data else []
    keys = {"WQ_DATA_KEYS": [encoded for _, _, encoded in parts] or [""]}
    keys["WQ_INDEX_KEY"] = [chosen.index_key.get_secret_value()]
    keys["WQ_SESSION_KEY"] = [chosen.session_key.get_secret_value()]
    found = []
    for setting, values in keys.items():
        if not all(_is_key(value) for value in values):
            found.append(Finding(setting, "须为 32 字节密钥的 base64；正式环境不会自动生成密钥", True))
    flat = [value for values in keys.values() for value in values if value]
    if len(set(flat)) < len(flat):
        found.append(Finding("WQ_DATA_KEYS", "各密钥不得相同", True))
    return found


def _stores(chosen: Settings) -> list[Finding]:
    found = []
    if not chosen.database_url:
        found.append(Finding("DATABASE_URL", "未填写数据库地址", True))
    if not chosen.redis_url:
        found.append(Finding("REDIS_URL", "未填写：只能运行一个服务进程", False))
    if not chosen.quiet_hours:
        found.append(Finding("WQ_QUIET_HOURS", "未填写：夜间也会给毕业生发送消息", False))
    return found


def is_loopback(url: str) -> bool:
    """Does the address stay on this machine? That is where simulators live."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_default(group: BaseSettings, field: str) -> bool:
    value, default = getattr(group, field), type(group).model_fields[field].default
    if isinstance(value, SecretStr):
        return bool(value.get_secret_value() == default.get_secret_value()) or not value.get_secret_value()
    return bool(value == default) or not value


def _is_key(encoded: str) -> bool:
    try:
        return len(base64.b64decode(encoded, validate=True)) == 32
    except binascii.Error:
        return False
