"""Room: settings. Everything that differs between two installations, read from the environment once.

Names stand in the README ("Settings"). A value that is missing falls back to the development
profile's; the production profile refuses to start with such a value (`api/cli.py`, `check --deploy`).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"


class Profile(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class WeChatSettings(BaseSettings):
    """The official account (开发者设置). Addresses name the simulated platform outside production."""

    model_config = SettingsConfigDict(env_prefix="WQ_WECHAT_")
    app_id: str = "wx0123456789abcdef"
    secret: SecretStr = SecretStr("dev-wechat-secret")
    token: SecretStr = SecretStr("devToken2027")
    aes_key: SecretStr = SecretStr("d2neVzJVhUfgkTQ9OKEEoOR2Hv3gqLvzH5fRKlkKW4A")
    aes_key_previous: SecretStr | None = None
    account: str = "gh_0123456789ab"
    api_url: str = "http://127.0.0.1:8100/wechat"
    open_url: str = "http://127.0.0.1:8100/open"
    allow_plaintext: bool = False
    nonce_shape: str = "[0-9A-Za-z]{1,32}"
    templates: dict[str, str] = Field(default_factory=dict)  # name in notifier/templates/wechat.toml → the account's id


class SmsSettings(BaseSettings):
    """One SMS provider account."""

    model_config = SettingsConfigDict(env_prefix="WQ_SMS_")
    provider: str = "tencent"
    url: str = "http://127.0.0.1:8100/sms"
    id: str = "AKIDEXAMPLE"
    key: SecretStr = SecretStr("SECRETEXAMPLE")
    app: str = "1400000000"
    sign: str = "智慧就业"
    templates: dict[str, str] = Field(default_factory=dict)  # name in notifier/templates/sms.toml → the account's id


class UpstreamSettings(BaseSettings):
    """The employment management system (EMS)."""

    model_config = SettingsConfigDict(env_prefix="WQ_EMS_")
    url: str = "http://127.0.0.1:8100/ems"
    secret: SecretStr = SecretStr("dev-ems-secret")
    accounts: bool = False  # accounts and their rights come from the EMS; here they can only be looked at

    @property
    def live(self) -> bool:
        """Without an address there is no EMS to ask, and nobody but the school knows who is on the roster."""
        return bool(self.url)


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(env_prefix="WQ_", populate_by_name=True)
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    redis_url: str = Field(default="", validation_alias="REDIS_URL")
    profile: Profile = Profile.DEVELOPMENT
    public_url: str = "http://127.0.0.1:8000"
    api_url: str = "http://127.0.0.1:8000"
    registry_url: str = "http://127.0.0.1:8100/registry"
    # Where a person looks an enterprise up by hand: the national enterprise credit publicity system.
    registry_page_url: str = "https://www.gsxt.gov.cn/index.html"
    ems_page_url: str = "http://127.0.0.1:8100/ems"
    var: Path = Path("var")
    minimum_wage: Path | None = None  # a file like models/codes/figures/minimum_wage.json, kept by the operator
    # Asia/Shanghai, `HH:MM-HH:MM`; empty: messages leave at any hour (the demo, so that one sees them).
    quiet_hours: str = Field(default="22:00-08:00", pattern=rf"^({_TIME}-{_TIME})?$")
    data_keys: SecretStr = SecretStr("")
    index_key: SecretStr = SecretStr("")
    session_key: SecretStr = SecretStr("")
    port_service: int = 8000
    port_dashboard: int = 8501
    port_sandbox: int = 8100
    wechat: WeChatSettings = Field(default_factory=WeChatSettings)
    sms: SmsSettings = Field(default_factory=SmsSettings)
    ems: UpstreamSettings = Field(default_factory=UpstreamSettings)

    @property
    def cookies_secure(self) -> bool:
        return self.profile is Profile.PRODUCTION


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; read once, so tests set the environment before the first call."""
    return Settings()
