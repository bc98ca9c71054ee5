"""Room: the tables, one file per noun. Facts only: no rule, no permission, no text."""

from __future__ import annotations

from models.tables.accounts import Account, Session, Token
from models.tables.deliveries import DeliveryAttempt, OutboxRow, Receipt
from models.tables.employers import Employer, EmployerUser, InboxNote, RegistryStatus
from models.tables.graduates import Binding, EmsMirror, Graduate
from models.tables.ledger import ActKey, InboxRow, JournalHead, JournalRow
from models.tables.lists import SavedFilter
from models.tables.provinces import Province, ProvinceSettings
from models.tables.records import Agreement, Record
from models.tables.schools import AgreementCounter, Handler, School, SchoolModule, SigningSettings, WarningMark

__all__ = [
    "Account",
    "ActKey",
    "Agreement",
    "AgreementCounter",
    "Binding",
    "DeliveryAttempt",
    "Employer",
    "EmployerUser",
    "EmsMirror",
    "Graduate",
    "Handler",
    "InboxNote",
    "InboxRow",
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
    "Token",
    "WarningMark",
]
