"""The rest of the worked example's city: everything of its network that no story needs by name, made by counting.

With `ops.example.directory` it is a whole city (policy.yaml, `network`): 18 centres, 210 work stations, 51 intake points at firms, 2,546
village liaisons, 89 stations of departments, 16 offices of duty lawyers, their people, and a panel of some four hundred lawyers.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import count
from typing import Any

from domain.command import Role
from domain.directory import (
    DirectoryEvent,
    Grant,
    Lawyer,
    LawyerRegistered,
    Office,
    OfficeKind,
    OfficeOpened,
    Person,
    PersonRegistered,
    Township,
    TownshipSet,
    Unit,
    UnitRegistered,
)
from domain.values import Cause
from ops.example import names
from ops.example.directory import SINCE

COUNTIES: tuple[tuple[str, str, str], ...] = (
    ("DCQ", "东川区", "Dongchuan District"), ("XPQ", "西屏区", "Xiping District"), ("QHX", "青禾县", "Qinghe County"),
    ("BLX", "白岭县", "Bailing County"), ("SQX", "双泉县", "Shuangquan County"), ("CPX", "长坪县", "Changping County"),
    ("SPX", "松坪县", "Songping County"), ("LGX", "柳沟县", "Liugou County"), ("SCX", "石川县", "Shichuan County"),
    ("JYX", "金塬县", "Jinyuan County"), ("NPX", "南屏县", "Nanping County"), ("BYX", "北塬县", "Beiyuan County"),
    ("HYX", "红崖县", "Hongya County"), ("LTX", "龙潭县", "Longtan County"), ("FYX", "丰塬县", "Fengyuan County"),
)  # fmt: skip
"""Beside the two counties the stories are played in."""
_KNOWN = (("ADX", "安定县", "Anding County"), ("YTX", "云台县", "Yuntai County"))
_STATIONS, _VILLAGES, _FIRMS, _DUTY_COURTS = 210, 2546, 50, 12
_DEPARTMENTS = (
    ("UNION", "总工会", "trade union"), ("WOMEN", "妇联", "women's federation"), ("DISABLED", "残联", "disabled persons' federation"),
    ("LABOUR", "人社局", "labour bureau"), ("CIVIL", "民政局", "civil affairs bureau"), ("YOUTH", "团委", "youth league"),
    ("EDUCATION", "教育局", "education bureau"),
)  # fmt: skip
_STAFF: tuple[Role, ...] = ("receptionist", "caseworker", "caseworker", "approver", "finance_officer", "supervisor")
_SPECIALITIES: tuple[tuple[Cause, ...], ...] = (
    ("wages", "work_injury", "labour_relation"), ("divorce_or_domestic_violence", "custody", "child_support", "protection_order"),
    ("criminal_defence", "victim_representation"), ("traffic_accident", "personal_injury", "medical_injury"),
    ("land_or_housing", "inheritance"), ("maintenance_of_parents", "guardianship", "incapacity"),
    ("social_insurance", "social_assistance", "pension_or_relief"), ("administrative", "state_compensation"),
    ("consumer", "product_or_food"),
)  # fmt: skip
_LAWYERS_OF_A_FIRM = len(_SPECIALITIES)
"""So that each firm has somebody for every matter."""


@cache
def network_events() -> tuple[DirectoryEvent, ...]:
    """The network, to be entered after the directory of the stories; kinds stay together, so that each stream is appended in one go."""
    places = _Places()
    offices = (*places.authorities(), *places.stations())
    late = (*places.villages(), *places.departments(), *places.duty(), *places.firms())
    people, panel = _people((*offices, *late))
    return (
        *(OfficeOpened(since=SINCE, office=office) for office in offices),
        *(TownshipSet(since=SINCE, township=township) for township in places.townships()),
        *(OfficeOpened(since=SINCE, office=office) for office in late),
        *(UnitRegistered(since=SINCE, unit=unit) for unit in _units(late)),
        *(PersonRegistered(since=SINCE, person=person) for person in people),
        *(LawyerRegistered(since=max(SINCE, lawyer.practising_since), lawyer=lawyer) for lawyer in panel),
    )


class _Places:
    """The offices, in the order in which each finds what it names."""

    def __init__(self) -> None:
        counties = [code for code, _, _ in (*_KNOWN, *COUNTIES)]
        self.sites = [(counties[n % len(counties)], n // len(counties) + 1) for n in range(_STATIONS)]
        """County and number of every township."""
        self.sites[:2] = [("ADX", 1), ("YTX", 1)]

    def authorities(self) -> Iterator[Office]:
        for code, name, name_en in COUNTIES:
            yield Office(
                code=f"B-{code}", name=f"{name}司法局", name_en=f"{name_en} Justice Bureau", short=name[:2], kind="bureau",
                parent="B-CITY", level="county", county=code,
            )  # fmt: skip
        for code, name, name_en in COUNTIES:
            yield Office(
                code=f"C-{code}", name=f"{name}法律援助中心", name_en=f"{name_en} Legal Aid Centre", short=name[:2], kind="centre",
                parent=f"B-{code}", bureau=f"B-{code}", level="county", county=code, phone="12348",
                address=f"{name}公共法律服务中心一楼",
            )  # fmt: skip

    def _station(self, n: int) -> str:
        county, number = self.sites[n]
        return {0: "W-ADX-NGY", 1: "W-YTX-BAISHA"}.get(n, f"W-{county}-{number:02}")

    def _town(self, n: int) -> tuple[str, str, str, bool]:
        """Code, names and whether it is a town of a district or the county's seat."""
        county, number = self.sites[n]
        if n < 2:
            return (("T-ADX-NGY", "内官营镇", "Neiguanying", False), ("T-YTX-BAISHA", "白沙镇", "Baisha", False))[n]
        place, urban = names.township(n), county.endswith("Q") or number == 2
        kind = "街道" if urban else "镇" if n % 3 else "乡"
        return f"T-{county}-{number:02}", place.zh + kind, place.en, urban

    def stations(self) -> Iterator[Office]:
        for n in range(2, _STATIONS):
            _, name, name_en, _ = self._town(n)
            yield _outlet(self._station(n), self.sites[n][0], "work_station", f"{name}工作站", f"{name_en} work station", 8 + n % 20)

    def townships(self) -> Iterator[Township]:
        for n in range(_STATIONS):
            code, name, name_en, urban = self._town(n)
            near = 10 + n * 7 % 18 if urban else 18 + n * 7 % 40
            minutes = {self._station(n): near, f"C-{self.sites[n][0]}": near + (8 if urban else 15 + n % 45)}
            if n == 0:
                minutes["V-ADX-LIUJIAWAN"] = 20
            yield Township(
                code=code, name=name, name_en=name_en, county=self.sites[n][0], residence="urban" if urban else "rural", minutes=minutes
            )

    def villages(self) -> Iterator[Office]:
        """One at a time to each township, until all are placed; one stands already."""
        for n in range(_VILLAGES - 1):
            at = n % _STATIONS
            township, town, _, _ = self._town(at)
            place, code = names.village(n + n // 533), f"V-{township.removeprefix('T-')}-{n // _STATIONS + 1:02}"
            yield _outlet(
                code, self.sites[at][0], "village_liaison", f"{town}{place.zh}村联络点", f"{place.en} village liaison", 5 + n % 25,
                township=township,
            )  # fmt: skip

    def departments(self) -> Iterator[Office]:
        """Five a centre, the last centre four; two stand already."""
        centres = [("CITY", "市", "city"), *((code, name, "county") for code, name, _ in (*_KNOWN, *COUNTIES))]
        for index, (county, name, level) in enumerate(centres):
            for word, zh, en in _DEPARTMENTS[: 4 if index == len(centres) - 1 else 5]:
                code = f"DS-{county}-{word}"
                if code not in ("DS-CITY-UNION", "DS-YTX-WOMEN"):
                    yield _outlet(code, county, "department_liaison_station", f"{name}{zh}联络站", f"Liaison station, {level} {en}", 12)

    def duty(self) -> Iterator[Office]:
        yield _outlet("DL-CITY-CUSTODY", "CITY", "duty_lawyer_office", "市看守所值班律师办公室", "Duty-lawyer office, detention centre", 25)
        for county, name, _ in COUNTIES[:_DUTY_COURTS]:
            yield _outlet(
                f"DL-{county}-COURT", county, "duty_lawyer_office", f"{name}人民法院值班律师办公室", "Duty-lawyer office, county court", 15
            )

    def firms(self) -> Iterator[Office]:
        counties = [*(code for code, _, _ in COUNTIES), "CITY", "ADX", "YTX"]
        for n in range(_FIRMS):
            county = counties[n % len(counties)]
            name = names.firm(n)
            yield _outlet(
                f"F-{county}-{n // len(counties) + 1:02}", county, "firm_intake_point", f"{name}律师事务所受理点",
                f"Intake point, law firm {n + 1}", 10 + n % 15,
            )  # fmt: skip


def _outlet(code: str, county: str, kind: OfficeKind, name: str, name_en: str, minutes: int, **more: Any) -> Office:  # noqa: PLR0917 -- a row of the table of outlets
    return Office(
        code=code, name=name, name_en=name_en, short=name, kind=kind, parent=f"C-{county}", bureau=f"B-{county}",
        level="city" if county == "CITY" else "county", county=county, minutes=minutes, phone="12348", **more,
    )  # fmt: skip


def _units(offices: tuple[Office, ...]) -> Iterator[Unit]:
    """The firm behind each intake point."""
    for office in offices:
        if office.kind == "firm_intake_point":
            yield Unit(
                code=_unit(office), name=office.name.removesuffix("受理点"), kind="firm", office=office.parent or "", outlet=office.code
            )


def _unit(point: Office) -> str:
    return point.code.replace("F-", "U-", 1)


_AT_OUTLET: dict[OfficeKind, tuple[Role, ...]] = {
    "bureau": ("bureau_officer",), "centre": _STAFF, "work_station": ("liaison",), "village_liaison": ("liaison",),
    "department_liaison_station": ("liaison",), "duty_lawyer_office": ("duty_lawyer",), "firm_intake_point": ("receptionist",),
}  # fmt: skip


def _people(offices: tuple[Office, ...]) -> tuple[list[Person], list[Lawyer]]:
    """Who works at each office, and the lawyers of each firm."""
    people: list[Person] = []
    panel: list[Lawyer] = []
    numbers = count(1)
    for office in offices:
        people.extend(_person(next(numbers), role, office.code) for role in _AT_OUTLET[office.kind])
        if office.kind == "firm_intake_point":
            centre = office.parent or ""
            people[-1] = people[-1].model_copy(update={"unit": _unit(office)})
            people.append(_person(next(numbers), "unit_manager", centre, unit=_unit(office)))
            for _ in range(_LAWYERS_OF_A_FIRM):
                n = next(numbers)
                people.append(_person(n, "lawyer", centre, unit=_unit(office), lawyer=f"L-{n:05}"))
                panel.append(_lawyer(n, people[-1]))
    return people, panel


def _person(n: int, role: Role, office: str, **more: Any) -> Person:
    grant = Grant(since=SINCE, role=role, office=office)
    return Person(code=f"P-{n:05}", name=names.person(n)[0], office=office, grants=(grant,), **more)


def _lawyer(n: int, person: Person) -> Lawyer:
    name, gender = names.person(n)
    year = 1998 + n * 7 % 25
    specialities = _SPECIALITIES[n % len(_SPECIALITIES)]
    criminal = "criminal_defence" in specialities
    return Lawyer(
        code=f"L-{n:05}", name=name, unit=person.unit or "", person=person.code, gender=gender, specialities=specialities,
        languages=("zh", "bo") if n % 29 == 0 else ("zh",), practising_since=date(year, 7, 1),
        criminal_since=date(year + 1, 7, 1) if criminal else None, minors=n % 7 == 0, max_load=8 + n % 13,
        quality=(None, "pass", "good", "good", "excellent")[n % 5],
    )  # fmt: skip
