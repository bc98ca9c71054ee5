"""Room: the tables, one file per noun. Facts only: no rule, no permission, no text."""

from __future__ import annotations

from models.tables.accounts import Account, Session, Token, Unmasking
from models.tables.deliveries import DeliveryAttempt, OutboxRow, Receipt
from models.tables.drafts import Draft
from models.tables.employers import Employer, EmployerUser, Handover, InboxNote, RegistryStatus
from models.tables.files import Attachment, Upload
from models.tables.graduates import Binding, EmsLookup, EmsMirror, Graduate, GraduateReminder
from models.tables.invitations import InvitationFile, InvitationRow
from models.tables.jobs import Job
from models.tables.ledger import ActKey, InboxRow, JournalHead, JournalRow
from models.tables.lists import SavedFilter
from models.tables.notes import DeskNote
from models.tables.provinces import Province, ProvinceSettings
from models.tables.records import Agreement, Record
from models.tables.schools import AgreementCounter, Desk, Handler, School, SchoolModule, SigningSettings, WarningMark
from models.tables.tallies import Tally, TallyDelta

__all__ = [
    "Account",
    "ActKey",
    "Agreement",
    "AgreementCounter",
    "Attachment",
    "Binding",
    "DeliveryAttempt",
    "Desk",
    "DeskNote",
    "Draft",
    "Employer",
    "EmployerUser",
    "EmsLookup",
    "EmsMirror",
    "Graduate",
    "GraduateReminder",
    "Handler",
    "Handover",
    "InboxNote",
    "InboxRow",
    "InvitationFile",
    "InvitationRow",
    "Job",
    "JournalHead",
    "JournalRow",
    "OutboxRow",
    "Province",
    "ProvinceSettings",
    "Receipt",
    "Record",
    "RegistryStatus",
    "SavedFilter",
    "School",
    "SchoolModule",
    "Session",
    "SigningSettings",
    "Tally",
    "TallyDelta",
    "Token",
    "Unmasking",
    "Upload",
    "WarningMark",
]
