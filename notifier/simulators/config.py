"""Room: what the sandbox must know: where to keep its journals, the shared secrets, where callbacks go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from models.config import Profile, SmsSettings, UpstreamSettings, WeChatSettings, settings


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Settings of one sandbox. `answer_limit`: seconds the platform waits for a callback before it sends it again."""

    folder: Path
    callback_url: str
    wechat: WeChatSettings = field(default_factory=WeChatSettings)
    sms: SmsSettings = field(default_factory=SmsSettings)
    ems: UpstreamSettings = field(default_factory=UpstreamSettings)
    answer_limit: float = 5.0


def from_settings() -> SandboxConfig:
    """The sandbox that belongs to this process's settings. Never in production."""
    config = settings()
    if config.profile is Profile.PRODUCTION:
        raise RuntimeError("the sandbox does not run in the production profile")
    return SandboxConfig(
        folder=config.var / "sandbox",
        callback_url=config.public_url.rstrip("/") + "/wechat/callback",
        wechat=config.wechat,
        sms=config.sms,
        ems=config.ems,
    )
