"""Room: the people of one employer among themselves: another's forgotten password, coming back, one's own sign-ins."""

from __future__ import annotations

from uuid import UUID

from models.parties import Party
from models.tables import Employer, EmployerUser
from workflows.actors import require
from workflows.commands import Book, command
from workflows.commands.sessions import end_sessions
from workflows.commands.telling import tell_employer
from workflows.errors import Forbidden, InvalidForm, NotFound, Refused
from workflows.journal import province_chain
from workflows.passwords import faults_of, hashed

ONESELF = "自己的密码请在“修改我的密码”中修改。"
DISABLED = "该用户已停用，请先恢复。"


@command()
async def reset_colleague_password(book: Book, user_id: UUID, password: str) -> None:
    """A colleague has forgotten it: a new one. All sessions of that person end; the inbox says who has done it.

    Raises NotFound (another employer's), Refused (`not_oneself`, `not_disabled`), InvalidForm at `password`.
    """
    employer, user = await _colleague(book, user_id)
    if user.id == book.actor.id:
        raise Refused(ONESELF, guard="not_oneself")
    if user.disabled_at is not None:
        raise Refused(DISABLED, guard="not_disabled")
    if faults := faults_of(password, user.username):
        raise InvalidForm(faults)
    user.password = await hashed(password)
    await user.save(update_fields=["password"])
    await end_sessions(user.id)
    await tell_employer(book, employer.id, "user_password_reset", agent=book.actor.name, user=user.display_name)
    book.note(province_chain(employer.province_id), "employer", employer.id, "reset_user_password", user=str(user.id))


@command()
async def enable_colleague(book: Book, user_id: UUID) -> None:
    """Somebody who was disabled may sign in again, with the password as it was. Raises NotFound, Forbidden."""
    employer, user = await _colleague(book, user_id)
    if user.disabled_at is None:
        return
    user.disabled_at = None
    await user.save(update_fields=["disabled_at"])
    book.note(province_chain(employer.province_id), "employer", employer.id, "enable_user", user=str(user.id))


async def _colleague(book: Book, user_id: UUID) -> tuple[Employer, EmployerUser]:
    require(book.actor, Party.EMPLOYER)
    employer = await Employer.get_or_none(id=book.actor.employer_id) if book.actor.employer_id else None
    if employer is None:
        raise Forbidden
    user = await EmployerUser.filter(id=user_id, employer_id=employer.id).select_for_update().first()
    if user is None:
        raise NotFound
    return employer, user


@command(journaled=False)
async def sign_out_elsewhere(book: Book, keep: str) -> None:
    """The actor's own sessions end, but the one of the token `keep`."""
    require(book.actor, Party.EMPLOYER)
    await end_sessions(book.actor.id, keep)
