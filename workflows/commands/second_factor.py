"""Room: the second factor of a staff account: set up, confirmed by a first code, asked for at sign-in, taken off."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.parties import STAFF
from models.tables import Account
from models.vault import seal, unseal
from workflows import totp
from workflows.actors import Actor
from workflows.commands import Book, command
from workflows.commands.filled import fault
from workflows.errors import Forbidden, Refused, SecondFactor
from workflows.journal import PLATFORM_CHAIN, province_chain, school_chain
from workflows.limits import SIGN_IN
from workflows.passwords import matches
from workflows.rates import Counter, spend

PLACE = "accounts.totp_enc"
PASSWORD_WRONG = "密码不正确，请核对后重试。"  # noqa: S105  a sentence, not a password
CODE_WRONG = "动态验证码不正确或已使用，请等待下一个验证码后重试。"
ON_ALREADY = "动态验证码已经开启；更换手机请先关闭，再重新开启。"
NOT_BEGUN = "请先获取密钥并添加到手机的身份验证器。"
OFF_ALREADY = "动态验证码没有开启。"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """For the authenticator; told this once."""

    secret: str
    uri: str


async def begin_totp(actor: Actor, password: str, *, counter: Counter) -> NewSecret:
    """A new secret, which counts only once a code of it has been confirmed.

    Raises Forbidden, InvalidForm, RateLimited, Refused (`totp_off`).
    """
    await spend(counter, SIGN_IN, f"sign-in:{actor.key}")
    return await _begin(actor, password)


@command()
async def _begin(book: Book, password: str) -> NewSecret:
    account = await _own(book.actor)
    if account.totp_at is not None:
        raise Refused(ON_ALREADY, guard="totp_off")
    if not await matches(account.password, password):
        fault("password", "wrong_password", PASSWORD_WRONG)
    secret = totp.new_secret()
    account.totp_enc, account.totp_step = seal(PLACE, secret), 0
    await account.save(update_fields=["totp_enc", "totp_step"])
    _note(book, account, "begin_totp")
    return NewSecret(secret, totp.uri(secret, account.username))


async def confirm_totp(actor: Actor, code: str, *, counter: Counter) -> None:
    """The first code proves that the authenticator has the secret; from now on one is asked for at sign-in.

    Raises Forbidden, InvalidForm, RateLimited, Refused (`totp_off`, `totp_begun`).
    """
    await spend(counter, SIGN_IN, f"sign-in:{actor.key}")
    await _confirm(actor, code)


@command()
async def _confirm(book: Book, code: str) -> None:
    account = await _own(book.actor)
    if account.totp_at is not None:
        raise Refused(ON_ALREADY, guard="totp_off")
    if not account.totp_enc:
        raise Refused(NOT_BEGUN, guard="totp_begun")
    account.totp_step = _step(book, account, code)
    account.totp_at = book.now
    await account.save(update_fields=["totp_step", "totp_at"])
    _note(book, account, "confirm_totp")


async def remove_totp(actor: Actor, code: str, *, counter: Counter) -> None:
    """Take the second factor off again, which needs one more code of it.

    Raises Forbidden, InvalidForm, RateLimited, Refused (`totp_on`). Whoever lost the phone has the password reset by
    the parent level, which takes the second factor off too.
    """
    await spend(counter, SIGN_IN, f"sign-in:{actor.key}")
    await _remove(actor, code)


@command()
async def _remove(book: Book, code: str) -> None:
    account = await _own(book.actor)
    if account.totp_at is None:
        raise Refused(OFF_ALREADY, guard="totp_on")
    _step(book, account, code)
    forget(account)
    await account.save(update_fields=list(COLUMNS))
    _note(book, account, "remove_totp")


COLUMNS = ("totp_enc", "totp_at", "totp_step")


def forget(account: Account) -> None:
    """Without a second factor, from the next sign-in on."""
    account.totp_enc, account.totp_at, account.totp_step = "", None, 0


@command(journaled=False)
async def pass_second_factor(book: Book, account_id: UUID, code: str) -> None:
    """At sign-in, after the password: use up one code. Raises SecondFactor without a code or with a wrong one."""
    account = await Account.filter(id=account_id).select_for_update().first()
    if account is None or account.totp_at is None:
        return
    if not code.strip():
        raise SecondFactor
    step = totp.matching_step(unseal(PLACE, account.totp_enc), code, book.now, after=account.totp_step)
    if step is None:
        raise SecondFactor(CODE_WRONG)
    account.totp_step = step
    await account.save(update_fields=["totp_step"])


async def _own(actor: Actor) -> Account:
    row = await Account.filter(id=actor.id).select_for_update().first() if actor.party in STAFF else None
    if row is None:
        raise Forbidden
    return row


def _step(book: Book, account: Account, code: str) -> int:
    step = totp.matching_step(unseal(PLACE, account.totp_enc), code, book.now, after=account.totp_step)
    if step is None:
        fault("code", "wrong_code", CODE_WRONG)
    return step


def _note(book: Book, account: Account, action: str) -> None:
    if account.school_id is not None:
        chain = school_chain(account.school_id)
    else:
        chain = province_chain(account.province_id) if account.province_id else PLATFORM_CHAIN
    book.note(chain, "account", account.id, action, username=account.username)
