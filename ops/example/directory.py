"""The worked example's directory: a made-up city with its centre and two counties. Every name and place is invented.

Offices and people are entered from one day on, early enough for the oldest case of the example's archive.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from domain.command import Role
from domain.directory import (
    DelegationGiven,
    DirectoryEvent,
    FunctionGiven,
    Grant,
    Lawyer,
    LawyerRegistered,
    LawyerSuspended,
    LeaveSet,
    Office,
    OfficeKind,
    OfficeOpened,
    Person,
    PersonRegistered,
    TariffSet,
    Unit,
    UnitRegistered,
)
from domain.values import Cause

SINCE = date(2010, 1, 1)
"""The day from which offices, people and tariffs stand (that of the local policy)."""


class _Outlet(NamedTuple):
    code: str
    centre: str
    kind: OfficeKind
    name: str
    name_en: str
    minutes: int


class _Staff(NamedTuple):
    username: str
    name: str
    role: Role
    office: str
    unit: str | None = None


class _Handler(NamedTuple):
    username: str
    name: str
    unit: str
    gender: Literal["female", "male"]
    practising_since: int
    max_load: int
    specialities: tuple[Cause, ...]
    criminal_since: int | None = None
    minors: bool = False
    languages: tuple[str, ...] = ("zh",)
    quality: Literal["excellent", "good", "pass"] = "good"


_AUTHORITIES: tuple[tuple[str, str, str, str, Literal["city", "county"]], ...] = (
    ("CITY", "陇安市", "Long'an City", "市", "city"),
    ("ADX", "安定县", "Anding County", "定城", "county"),
    ("YTX", "云台县", "Yuntai County", "云台", "county"),
)
_OUTLETS = (
    _Outlet("DL-CITY-COURT", "C-CITY", "duty_lawyer_office", "市中级人民法院值班律师办公室", "Duty-lawyer office, intermediate court", 10),
    _Outlet("DS-CITY-UNION", "C-CITY", "department_liaison_station", "市总工会联络站", "Liaison station, city trade union", 15),
    _Outlet("F-CITY-ZHENGHE", "C-CITY", "firm_intake_point", "正和律师事务所受理点", "Intake point, Zhenghe law firm", 20),
    _Outlet("W-ADX-NGY", "C-ADX", "work_station", "内官营镇工作站", "Neiguanying township work station", 35),
    _Outlet("V-ADX-LIUJIAWAN", "C-ADX", "village_liaison", "柳家湾村联络点", "Liujiawan village liaison", 55),
    _Outlet("DL-ADX-CUSTODY", "C-ADX", "duty_lawyer_office", "安定县看守所值班律师办公室", "Duty-lawyer office, detention centre", 20),
    _Outlet("W-YTX-BAISHA", "C-YTX", "work_station", "白沙镇工作站", "Baisha township work station", 40),
    _Outlet("DS-YTX-WOMEN", "C-YTX", "department_liaison_station", "云台县妇联联络站", "Liaison station, county women's federation", 10),
    _Outlet("DL-YTX-COURT", "C-YTX", "duty_lawyer_office", "云台县人民法院值班律师办公室", "Duty-lawyer office, county court", 15),
)
_UNITS: tuple[tuple[str, str, Literal["firm", "grassroots_office", "centre"], str], ...] = (
    ("U-ZHENGHE", "正和律师事务所", "firm", "C-CITY"),
    ("U-LONGYUAN", "陇源律师事务所", "firm", "C-CITY"),
    ("U-DINGCHENG", "定城律师事务所", "firm", "C-ADX"),
    ("U-YUNTAI", "云台律师事务所", "firm", "C-YTX"),
    ("U-C-CITY", "陇安市法律援助中心", "centre", "C-CITY"),
    ("U-CHENGGUAN", "安定县城关基层法律服务所", "grassroots_office", "C-ADX"),
)
_STAFF = (
    _Staff("lin.xiaomei", "林晓梅", "receptionist", "C-CITY"),
    _Staff("li.guangming", "李广明", "caseworker", "C-CITY"),
    _Staff("he.jing", "何静", "caseworker", "C-CITY"),
    _Staff("chen.weidong", "陈卫东", "approver", "C-CITY"),
    _Staff("qi.lan", "齐兰", "approver", "C-CITY"),
    _Staff("fang.hui", "方慧", "finance_officer", "C-CITY"),
    _Staff("gao.yuan", "高远", "supervisor", "C-CITY"),
    _Staff("zhao.wenxiu", "赵文秀", "liaison", "DS-CITY-UNION"),
    _Staff("ding.yi", "丁一", "receptionist", "F-CITY-ZHENGHE", "U-ZHENGHE"),
    _Staff("luo.zhengping", "罗正平", "duty_lawyer", "DL-CITY-COURT", "U-LONGYUAN"),
    _Staff("zheng.he", "郑和平", "unit_manager", "C-CITY", "U-ZHENGHE"),
    _Staff("tang.shan", "唐善", "unit_manager", "C-CITY", "U-LONGYUAN"),
    _Staff("wei.guo", "魏国", "unit_manager", "C-CITY", "U-C-CITY"),
    _Staff("su.min", "苏敏", "bureau_officer", "B-CITY"),
    _Staff("han.lei", "韩磊", "auditor", "B-CITY"),
    _Staff("admin", "许凯", "system_administrator", "C-CITY"),
    _Staff("security", "曹宁", "security_administrator", "C-CITY"),
    _Staff("bai.ling", "白玲", "receptionist", "C-ADX"),
    _Staff("jia.fengqin", "贾凤琴", "caseworker", "C-ADX"),
    _Staff("lu.ping", "陆平", "caseworker", "C-ADX"),
    _Staff("xue.yongsheng", "薛永生", "approver", "C-ADX"),
    _Staff("pan.ying", "潘颖", "finance_officer", "C-ADX"),
    _Staff("yan.shuhua", "严淑华", "supervisor", "C-ADX"),
    _Staff("kang.bao", "康宝", "liaison", "W-ADX-NGY"),
    _Staff("shi.laifu", "石来福", "liaison", "V-ADX-LIUJIAWAN"),
    _Staff("hou.jun", "侯军", "duty_lawyer", "DL-ADX-CUSTODY", "U-DINGCHENG"),
    _Staff("yu.changhe", "于长河", "unit_manager", "C-ADX", "U-DINGCHENG"),
    _Staff("lei.ming", "雷鸣", "bureau_officer", "B-ADX"),
    _Staff("meng.xia", "孟霞", "receptionist", "C-YTX"),
    _Staff("cui.haibo", "崔海波", "caseworker", "C-YTX"),
    _Staff("zeng.qiang", "曾强", "approver", "C-YTX"),
    _Staff("yao.lan", "姚岚", "finance_officer", "C-YTX"),
    _Staff("tian.zhong", "田忠", "supervisor", "C-YTX"),
    _Staff("gu.xiang", "顾祥", "liaison", "W-YTX-BAISHA"),
    _Staff("mao.qin", "毛琴", "liaison", "DS-YTX-WOMEN"),
    _Staff("jiang.tao", "江涛", "duty_lawyer", "DL-YTX-COURT", "U-YUNTAI"),
    _Staff("dai.yun", "戴云", "unit_manager", "C-YTX", "U-YUNTAI"),
    _Staff("long.fei", "龙飞", "bureau_officer", "B-YTX"),
)
_HANDLERS = (
    _Handler("wang.min", "王敏", "U-ZHENGHE", "female", 2008, 300, ("wages", "work_injury", "labour_relation"), quality="excellent"),
    _Handler("zhang.jianguo", "张建国", "U-ZHENGHE", "male", 2006, 300, ("wages", "traffic_accident", "personal_injury"), 2007),
    _Handler(
        "li.xiaoyan", "李晓燕", "U-ZHENGHE", "female", 2009, 300,
        ("divorce_or_domestic_violence", "protection_order", "custody", "child_support"), minors=True, quality="excellent",
    ),
    _Handler("liu.haifeng", "刘海峰", "U-LONGYUAN", "male", 2005, 300, ("criminal_defence", "victim_representation"), 2005),
    _Handler("zhou.yaqin", "周雅琴", "U-LONGYUAN", "female", 2010, 300, ("criminal_defence", "personality_rights"), 2012, minors=True),
    _Handler("sun.li", "孙立", "U-LONGYUAN", "male", 2009, 20, ("land_or_housing", "inheritance"), quality="pass"),
    _Handler(
        "ma.zhiqiang", "马志强", "U-DINGCHENG", "male", 2008, 300, ("wages", "work_injury", "criminal_defence"), 2011,
        languages=("zh", "bo"),
    ),
    _Handler("ouyang.jing", "欧阳静", "U-DINGCHENG", "female", 2010, 20, ("maintenance_of_parents", "divorce_or_domestic_violence")),
    _Handler("chen.siyuan", "陈思远", "U-DINGCHENG", "male", 2023, 300, ("consumer", "product_or_food", "social_insurance")),
    _Handler("shan.wenbo", "单文博", "U-YUNTAI", "male", 2009, 300, ("wages", "medical_injury", "land_or_housing")),
    _Handler("qiu.haiyan", "仇海燕", "U-YUNTAI", "female", 2010, 300, ("traffic_accident", "pension_or_relief", "criminal_defence"), 2024),
    _Handler("gu.changshun", "古长顺", "U-CHENGGUAN", "male", 2006, 300, ("work_injury", "wages", "traffic_accident")),
    _Handler("ji.xiulan", "纪秀兰", "U-CHENGGUAN", "female", 2009, 300, ("maintenance_of_parents", "personal_injury", "work_injury")),
    _Handler("pei.yuan", "裴远", "U-ZHENGHE", "male", 2012, 300, ("traffic_accident", "incapacity")),
    _Handler("bao.sheng", "包生", "U-C-CITY", "male", 2007, 300, ("social_assistance", "administrative", "state_compensation")),
)  # fmt: skip
_DIRECTORS = (("C-CITY", "chen.weidong"), ("C-ADX", "xue.yongsheng"), ("C-YTX", "zeng.qiang"))


class Account(NamedTuple):
    """One sign-in of the worked example; each acts in one role at one office."""

    username: str
    person: str
    role: Role
    office: str
    name: str


def _code(prefix: str, username: str) -> str:
    return f"{prefix}-{username.replace('.', '-').upper()}"


def _offices() -> Iterator[Office]:
    """Bureaus first, since what is set up names who set it up."""
    city = _AUTHORITIES[0][0]
    for code, name, name_en, short, level in _AUTHORITIES:
        yield Office(
            code=f"B-{code}", name=f"{name}司法局", name_en=f"{name_en} Justice Bureau", short=short, kind="bureau",
            parent=None if code == city else f"B-{city}", level=level, county=code,
        )  # fmt: skip
    for code, name, name_en, short, level in _AUTHORITIES:
        yield Office(
            code=f"C-{code}", name=f"{name}法律援助中心", name_en=f"{name_en} Legal Aid Centre", short=short, kind="centre",
            parent=f"B-{code}", bureau=f"B-{code}", level=level, county=code, phone="12348", address=f"{name}公共法律服务中心一楼",
        )  # fmt: skip
    for outlet in _OUTLETS:
        county = outlet.centre.removeprefix("C-")
        yield Office(
            code=outlet.code, name=outlet.name, name_en=outlet.name_en, short=outlet.name, kind=outlet.kind, parent=outlet.centre,
            bureau=f"B-{county}", level="city" if county == city else "county", county=county, minutes=outlet.minutes, phone="12348",
        )  # fmt: skip


def directory_events() -> tuple[DirectoryEvent, ...]:
    """The directory's history, in the order in which each event finds what it names."""
    return tuple(_events())


def _events() -> Iterator[DirectoryEvent]:
    yield from (OfficeOpened(since=SINCE, office=office) for office in _offices())
    for code, name, kind, office in _UNITS:
        yield UnitRegistered(since=SINCE, unit=Unit(code=code, name=name, kind=kind, office=office))
    at = {code: office for code, _, _, office in _UNITS}
    for s in _STAFF:
        grant = Grant(since=SINCE, role=s.role, office=s.office)
        yield PersonRegistered(
            since=SINCE, person=Person(code=_code("P", s.username), name=s.name, office=s.office, grants=(grant,), unit=s.unit)
        )
    for h in _HANDLERS:
        person, lawyer, office = _code("P", h.username), _code("L", h.username), at[h.unit]
        grant = Grant(since=SINCE, role="lawyer", office=office)
        yield PersonRegistered(
            since=SINCE, person=Person(code=person, name=h.name, office=office, grants=(grant,), lawyer=lawyer, unit=h.unit)
        )
        yield LawyerRegistered(
            since=max(SINCE, date(h.practising_since, 7, 1)),
            lawyer=Lawyer(
                code=lawyer, name=h.name, unit=h.unit, person=person, gender=h.gender, languages=h.languages,
                specialities=h.specialities, practising_since=date(h.practising_since, 7, 1),
                criminal_since=date(h.criminal_since, 7, 1) if h.criminal_since else None, minors=h.minors,
                public_pay=h.unit == "U-C-CITY", max_load=h.max_load, quality=h.quality,
            ),
        )  # fmt: skip
    yield LawyerSuspended(since=date(2025, 3, 1), lawyer="L-SUN-LI", reason="连续两次案件质量评查不合格，暂停指派")
    yield LeaveSet(since=date(2025, 9, 1), lawyer="L-OUYANG-JING")
    yield DelegationGiven(since=date(2020, 1, 1), person="P-LUO-ZHENGPING", centre="C-CITY")
    for centre, director in _DIRECTORS:
        yield FunctionGiven(since=SINCE, function="centre_director", office=centre, person=_code("P", director))
    yield FunctionGiven(since=SINCE, function="deputy", office="C-CITY", person="P-QI-LAN")
    yield FunctionGiven(since=SINCE, function="team_lead", office="C-CITY", person="P-HE-JING")
    instrument = "陇安市法律援助补贴标准（示例）"
    yield TariffSet(since=SINCE, code="flat_civil", amount_fen=150_000, instrument=instrument)
    yield TariffSet(since=SINCE, code="flat_criminal", amount_fen=180_000, instrument=instrument)


def people_accounts() -> tuple[Account, ...]:
    """Who may sign in to the worked example; passwords are made by whoever creates the accounts."""
    at = {code: office for code, _, _, office in _UNITS}
    staff = (Account(s.username, _code("P", s.username), s.role, s.office, s.name) for s in _STAFF)
    handlers = (Account(h.username, _code("P", h.username), "lawyer", at[h.unit], h.name) for h in _HANDLERS)
    return (*staff, *handlers)
