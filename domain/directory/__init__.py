"""Offices, people, units, lawyers, delegations and tariffs: dated reference data, kept as events of streams of their own.

A `Directory` is the fold of those events, so any past decision can be taken again with the directory of its day. It
knows no case: what a case brings to a question (its centre, unit, owner, lawyers) comes in as a `CaseScope`.
"""

from domain.directory.absence import PersonAway
from domain.directory.changes import (
    DIRECTORY_EVENTS,
    DelegationGiven,
    DirectoryEvent,
    DirectoryFault,
    FunctionGiven,
    LawyerRegistered,
    LawyerSuspended,
    LeaveSet,
    OfficeOpened,
    PersonRegistered,
    RoleGranted,
    TariffSet,
    UnitRegistered,
)
from domain.directory.entries import (
    Absence,
    CaseScope,
    Charge,
    Delegation,
    Function,
    Grant,
    Lawyer,
    Office,
    OfficeKind,
    Period,
    Person,
    Tariff,
    Unit,
)
from domain.directory.lookup import Directory
from domain.directory.rights import RoleEnded

__all__ = [
    "DIRECTORY_EVENTS", "Absence", "CaseScope", "Charge", "Delegation", "DelegationGiven", "Directory", "DirectoryEvent", "DirectoryFault",
    "Function", "FunctionGiven", "Grant", "Lawyer", "LawyerRegistered", "LawyerSuspended", "LeaveSet", "Office", "OfficeKind",
    "OfficeOpened", "Period", "Person", "PersonAway", "PersonRegistered", "RoleEnded", "RoleGranted", "Tariff", "TariffSet", "Unit",
    "UnitRegistered",
]  # fmt: skip
