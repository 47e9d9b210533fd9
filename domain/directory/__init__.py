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
from domain.directory.ended import OfficeClosed, PersonChanged, PersonLeft
from domain.directory.entries import (
    Absence,
    CaseScope,
    Charge,
    DayRule,
    Delegation,
    Function,
    Gender,
    Grant,
    Lawyer,
    Office,
    OfficeKind,
    Period,
    Person,
    Quality,
    Tariff,
    Township,
    Unit,
    UnitKind,
)
from domain.directory.lookup import Directory
from domain.directory.places import CalendarDaySet, TownshipSet
from domain.directory.rights import RoleEnded
from domain.directory.standards import DibaoLineSet, HardshipStandardSet, SpotCheckShareSet
from domain.directory.terms import HoursSet, LadderSet, LadderStep, LimitConfirmed, LimitSet

__all__ = [
    "DIRECTORY_EVENTS", "Absence", "CalendarDaySet", "CaseScope", "Charge", "DayRule", "Delegation", "DelegationGiven", "DibaoLineSet",
    "Directory", "DirectoryEvent", "DirectoryFault", "Function", "FunctionGiven", "Gender", "Grant", "HardshipStandardSet", "HoursSet",
    "LadderSet", "LadderStep", "Lawyer", "LawyerRegistered", "LawyerSuspended", "LeaveSet", "LimitConfirmed", "LimitSet", "Office",
    "OfficeClosed", "OfficeKind", "OfficeOpened", "Period", "Person", "PersonAway", "PersonChanged", "PersonLeft", "PersonRegistered",
    "Quality", "RoleEnded", "RoleGranted", "SpotCheckShareSet", "Tariff", "TariffSet", "Township", "TownshipSet", "Unit", "UnitKind",
    "UnitRegistered",
]  # fmt: skip
