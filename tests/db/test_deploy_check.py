"""Room: what keeps a simulator's address or a development secret out of production."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.deploy_check import UnfitForProductionError, examine, is_loopback, refuse_weak_production
from models.config import Settings

ROOT = Path(__file__).resolve().parents[2]
KEYS = [base64.b64encode(bytes([number]) * 32).decode() for number in range(3)]
FIT = {
    "DATABASE_URL": "postgres://u@db.example.org/wangqian",
    "REDIS_URL": "redis://redis.example.org/0",
    "WQ_PROFILE": "production",
    "WQ_PUBLIC_URL": "https://sign.example.org",
    "WQ_API_URL": "http://127.0.0.1:8000",
    "WQ_REGISTRY_URL": "https://registry.example.org",
    "WQ_EMS_PAGE_URL": "https://ems.example.org",
    "WQ_EMS_URL": "https://ems.example.org/api",
    "WQ_EMS_SECRET": "a-secret-of-theirs",
    "WQ_SMS_URL": "https://sms.example.org",
    "WQ_SMS_ID": "id-of-theirs",
    "WQ_SMS_KEY": "key-of-theirs",
    "WQ_SMS_APP": "1400000001",
    "WQ_WECHAT_APP_ID": "wxfedcba9876543210",
    "WQ_WECHAT_SECRET": "secret-of-theirs",
    "WQ_WECHAT_TOKEN": "tokenOfTheirs",
    "WQ_WECHAT_AES_KEY": "A" * 43,
    "WQ_WECHAT_ACCOUNT": "gh_fedcba987654",
    "WQ_WECHAT_API_URL": "https://api.example.org",
    "WQ_WECHAT_OPEN_URL": "https://open.example.org",
    "WQ_DATA_KEYS": f"k1:{KEYS[0]}",
    "WQ_INDEX_KEY": KEYS[1],
    "WQ_SESSION_KEY": KEYS[2],
}


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch):
    def build(**changed: str) -> Settings:
        for name, value in {**FIT, **changed}.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return build


def test_a_fit_installation_starts_without_a_word(settings_of) -> None:
    assert examine(settings_of()) == []
    refuse_weak_production(settings_of())


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("WQ_WECHAT_API_URL", "http://127.0.0.1:8100/wechat"),
        ("WQ_WECHAT_OPEN_URL", "https://localhost/open"),
        ("WQ_SMS_URL", "https://[::1]/sms"),
        ("WQ_EMS_URL", "https://127.9.9.9/ems"),
        ("WQ_REGISTRY_URL", "http://registry.example.org"),
        ("WQ_EMS_PAGE_URL", "https://0.0.0.0/ems"),
        ("WQ_PUBLIC_URL", "http://sign.example.org"),
        ("WQ_API_URL", "http://api.example.org"),
        ("WQ_WECHAT_SECRET", "dev-wechat-secret"),
        ("WQ_WECHAT_TOKEN", "devToken2027"),
        ("WQ_WECHAT_AES_KEY", "d2neVzJVhUfgkTQ9OKEEoOR2Hv3gqLvzH5fRKlkKW4A"),
        ("WQ_WECHAT_AES_KEY", "short"),
        ("WQ_WECHAT_ALLOW_PLAINTEXT", "true"),
        ("WQ_SMS_KEY", "SECRETEXAMPLE"),
        ("WQ_SMS_KEY", ""),
        ("WQ_EMS_SECRET", "dev-ems-secret"),
        ("WQ_DATA_KEYS", ""),
        ("WQ_DATA_KEYS", "k1:AAAA"),
        ("WQ_DATA_KEYS", f"k1:{KEYS[1]}"),
        ("WQ_INDEX_KEY", ""),
        ("WQ_SESSION_KEY", "not base64"),
        ("DATABASE_URL", ""),
    ],
)
def test_each_weak_setting_prevents_a_start_and_is_named(settings_of, setting: str, value: str) -> None:
    chosen = settings_of(**{setting: value})
    assert [one.setting for one in examine(chosen) if one.fatal] == [setting]
    with pytest.raises(UnfitForProductionError, match=setting):
        refuse_weak_production(chosen)


@pytest.mark.parametrize("setting", ["REDIS_URL", "WQ_QUIET_HOURS"])
def test_what_may_be_missing_is_told_but_does_not_prevent_a_start(settings_of, setting: str) -> None:
    chosen = settings_of(**{setting: ""})
    assert [(one.setting, one.fatal) for one in examine(chosen)] == [(setting, False)]
    refuse_weak_production(chosen)


def test_a_school_may_do_without_an_ems(settings_of) -> None:
    """Accounts are made here then, results are exported (messages-and-sync.md)."""
    chosen = settings_of(WQ_EMS_URL="", WQ_EMS_SECRET="dev-ems-secret")
    assert examine(chosen) == []


@pytest.mark.parametrize("hours", ["22-8", "22:00", "25:00-08:00", "22:00-08:60", "night"])
def test_quiet_hours_that_cannot_be_read_stop_every_start(settings_of, hours: str) -> None:
    with pytest.raises(ValidationError):
        settings_of(WQ_QUIET_HOURS=hours)


def test_other_profiles_start_with_what_they_bring(settings_of) -> None:
    refuse_weak_production(settings_of(WQ_PROFILE="development", WQ_EMS_SECRET="dev-ems-secret"))


@pytest.mark.parametrize(
    "url", ["", "http:///x", "http://localhost.", "http://a.localhost", "http://[::]/", "//127.1.1.1"]
)
def test_every_spelling_of_this_machine_is_known(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize("command", ["serve", "notifier", "dashboard", "simulators", "demo"])
def test_no_process_starts_in_production_with_development_settings(command: str, tmp_path: Path) -> None:
    env = {**os.environ, "WQ_PROFILE": "production", "WQ_VAR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", command],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "正式环境" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_deploy_names_what_is_wrong_and_fails(tmp_path: Path) -> None:
    env = {**os.environ, "WQ_PROFILE": "development", "WQ_VAR": str(tmp_path)}
    env.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "check", "--deploy"],
        env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "✗ WQ_PROFILE" in done.stdout
    assert "✗ WQ_EMS_SECRET" in done.stdout
    assert "✗ DATABASE_URL" in done.stdout


def test_check_passes_on_a_migrated_database_and_migrate_says_that_nothing_is_left(fresh_database: str) -> None:
    env = {**os.environ, "DATABASE_URL": fresh_database}
    for command, said in (("check", "数据库已是最新版本"), ("migrate", "数据库已是最新版本")):
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", command],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout


def test_check_fails_on_a_database_that_lacks_migrations(empty_database: str) -> None:
    env = {**os.environ, "DATABASE_URL": empty_database}
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "check"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "wangqian migrate" in done.stdout
