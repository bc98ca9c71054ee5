"""Room: passwords: what is accepted, how they are kept (argon2id), how they are compared."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.config import Profile, settings
from workflows.errors import Fault

SHORTEST, LONGEST = 10, 128


@cache
def _hasher() -> PasswordHasher:
    """OWASP's smaller set for argon2id: 19 MiB a try, so that many sign-ins at once cannot eat the machine's memory.

    The test profile makes hundreds of accounts whose passwords guard nothing.
    """
    if settings().profile is Profile.TEST:
        return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys() -> str:
    """A hash of a text that nobody kept: an unknown name is compared with it, and so takes as long as a known one."""
    return _hasher().hash(secrets.token_urlsafe(32))


_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without look-alikes: the first password is read from paper


async def hashed(password: str) -> str:
    """The argon2id text to store; computed in a thread, as it takes tens of milliseconds."""
    return await asyncio.to_thread(_hasher().hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Compare; without a stored one (unknown name) it takes as long and says no."""
    return await asyncio.to_thread(_compare, stored, password[: LONGEST + 1])


def _compare(stored: str | None, password: str) -> bool:
    standing_in = _nobodys()  # made before either kind of name is compared, so that the first try tells nothing
    try:
        return _hasher().verify(stored or standing_in, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def temporary() -> str:
    """A first password, `xxxx-xxxx-xxxx`: 59 bits, to be changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def faults_of(password: str, username: str, path: str = "password") -> list[Fault]:
    """What is wrong with a password that somebody chose; empty when nothing is."""
    if not SHORTEST <= len(password) <= LONGEST:
        return [Fault(path, "bad_length", f"密码应为 {SHORTEST} 至 {LONGEST} 个字符，请修改。")]
    if any(unicodedata.category(ch) in ("Cc", "Cs") for ch in password):
        return [Fault(path, "bad_characters", "密码中有无法输入的字符，请修改。")]
    if len({_kind(ch) for ch in password}) < 2 or len(set(password)) < 5:
        return [Fault(path, "too_simple", "密码太简单，请混合使用字母、数字或符号，不要重复同一字符。")]
    if username and username.lower() in password.lower():
        return [Fault(path, "has_username", "密码中不能包含用户名，请修改。")]
    return []


def _kind(ch: str) -> str:
    return "digit" if ch.isdigit() else "letter" if ch.isalpha() else "other"
