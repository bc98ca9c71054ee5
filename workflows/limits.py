"""Room: every number that limits somebody (contracts 8; roles.md; messages-and-sync.md, SMS)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `times` within `window`."""

    times: int
    window: timedelta

    @property
    def seconds(self) -> int:
        return int(self.window.total_seconds())


STAFF_IDLE, STAFF_ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
GRADUATE_IDLE, GRADUATE_ABSOLUTE = timedelta(hours=2), timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)  # `sessions.seen_at` is written at most this often

SIGN_IN = Rate(10, timedelta(minutes=5))  # per account and per address
CODE_MINUTE = Rate(1, timedelta(minutes=1))
CODE_HOUR = Rate(5, timedelta(hours=1))
CODE_DAY = Rate(10, timedelta(days=1))
CHAT = Rate(20, timedelta(minutes=1))  # per openid
REGISTER = Rate(30, timedelta(hours=1))  # registrations of employers, per address
HANDOVER_LOOK = Rate(20, timedelta(hours=1))  # questions after a request of one's own, per address
REGISTRY_ASK = Rate(20, timedelta(minutes=1))  # per account
MARK_LOOK_UP = Rate(60, timedelta(minutes=1))  # warning marks asked for while typing, per person
UNMASK = Rate(30, timedelta(hours=1))  # whole ID numbers shown, per account; counted in rows: no restart forgets
INVITE_MISS = Rate(20, timedelta(hours=1))  # look-ups without a hit, per employer
BIND_TRY = Rate(10, timedelta(hours=1))  # per openid, per ID number, per address

CODE_LIVES = timedelta(minutes=5)
CODE_TRIES = 5
CHAT_NUMBER_LIVES = timedelta(minutes=10)
OAUTH_STATE_LIVES = timedelta(minutes=10)
VISIT_LIVES = timedelta(minutes=30)  # from the web sign-in to the confirmed binding
SCENES = Rate(60, timedelta(hours=1))  # QR codes that bind, per account or graduate
SCENE_SCANS = timedelta(minutes=5)  # a QR code may be scanned
SCENE_LIVES = timedelta(minutes=15)  # from the code's first showing to the binding
CHAT_LIST = 5

CALLBACK_BYTES = 64 * 1024
JSON_BYTES = 256 * 1024
FILE_BYTES = 10 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024  # one PATCH of an upload
CHUNK_SECONDS = 60  # for its body to arrive, on the slowest of phones
ROUND_FILES = 20  # of one party in one round of a record
OPEN_UPLOADS = 60  # of one person, not handed in yet: a full round of forms and what was chosen by mistake
UPLOADS = Rate(240, timedelta(hours=1))  # begun, per person
DRAFT_LIVES = timedelta(days=90)  # since it was last saved; its files go earlier
APPLICANT_UPLOADS = Rate(60, timedelta(hours=1))  # per address: a browser that is not signed in costs nothing
UPLOAD_LIVES = timedelta(days=7)  # as long as a draft may wait to be handed in
ORPHAN_LIVES = timedelta(hours=1)  # a stored file that no row names
PDF_PAGES = 50

PAGE_SIZE, PAGE_MAX = 50, 200
TOTAL_CAP = 10_000
PROVINCE_TOTAL_CAP = 1_000  # of lists over a whole province, which has the exact numbers in its statistics

ARCHIVE_NUMBERS = 200  # agreements in one zip
EMPLOYER_LIST = 5_000  # rows of an employer's own list, as a workbook or to print
CHECK = Rate(60, timedelta(minutes=1))  # looks at the public check page, per address
TERMINATIONS_GRANTED = 99  # beyond the school's limit, per graduate
REGISTRY_FRESH = timedelta(minutes=5)  # an answer so young is not asked for again, however often somebody retries
EVIDENCE_MOST = 20  # uploads beside one warning mark
TOTP_TRIES_APART = 1  # steps of 30 s by which a phone's clock may be wrong

INVITATION_ROWS = 500  # of one file
INVITATION_BYTES = 2 * 1024 * 1024
INVITATION_FILES = Rate(30, timedelta(hours=1))  # per employer
INVITATION_FORMS_LIVE = timedelta(days=7)  # of rows that were not sent
INVITATION_DAYS = (1, 30)
ROSTER_BYTES = 40 * 1024 * 1024
ROSTER_ROWS = 200_000
ROSTER_UNPACKED = 800 * 1024 * 1024  # of an .xlsx; 100,000 rows of the national layout are 130 MB
ROSTER_MOVES = 20  # graduates whom one file may take over from other schools or cohorts unasked
REMOVED_AT_ONCE = 1  # graduates, while online signing is open
REMIND_EVERY = timedelta(days=3)  # from a work list, per graduate and list
STAFF_PHONE_RESTS = timedelta(hours=24)  # until a number that staff entered may bind
OWN_PHONE_RESTS = timedelta(hours=24)  # the same for one's own, where the old number could not confirm it
PHONE_CHANGE_LIVES = timedelta(minutes=15)  # from the new number to its code
SAVED_FILTERS = 30  # per account and menu
NAME_LENGTH = 40
NOTE_LENGTH = 500
EXPORT_ROWS = 100_000
TREND_DAYS, TREND_USUAL = 366, 30  # that statistics show at most, and unasked
EXPORT_PAGE = 1_000  # rows that are read at once
REMINDER_HOUR = 9  # of reminders that count towards an end, Asia/Shanghai
REMIND_AFTER = (3, 7, 15)  # days in which nothing happened
REMIND_BEFORE_EXPIRY = (1,)  # days before an invitation ends
REMIND_BEFORE_CLOSE = (30, 14, 7, 1)  # days before 31 January
SILENCE_TOLD = (7, 15)  # days after which the school is told that an employer keeps silent
DESK_QUESTIONS = Rate(5, timedelta(days=1))  # of one graduate
DESK_NOTE_LENGTH = (2, 500)  # characters of a note to a desk and of its answer
DIGEST_ROWS = 20  # lines of each list of the digest
EXPORTS_AT_ONCE = 2  # per account
EXPORT_KEPT = timedelta(days=7)  # a finished file
