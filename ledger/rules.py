"""Reads the rules in force from the data files of the package and the calendar of announced days off."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

import holidays
import yaml
from holidays.countries.china import ChinaStaticHolidays

from domain.rules import Rules, load

_FIRST_YEAR = 2010
"""The oldest legal days entered for archived cases."""
_YEARS_AHEAD = 5
"""Beyond the announced years: statutory holidays only, shown as provisional."""


@cache
def current() -> Rules:
    """The rules in force. Read once a process; the files are data of the package, in a checkout as in an installed wheel.

    Days off and make-up workdays are those the library `holidays` knows from the State Council's notices.
    """
    data = files("domain").joinpath("rules_data")

    def read(name: str) -> Any:
        return yaml.safe_load(data.joinpath(name).read_text(encoding="utf-8"))

    limits = read("time-limits.yaml")
    announced = max(ChinaStaticHolidays.special_public_holidays)
    known = holidays.country_holidays(limits["counting"]["calendar"], years=range(_FIRST_YEAR, announced + _YEARS_AHEAD + 1))
    return load(
        limits,
        read("policy.yaml"),
        read("templates.yaml"),
        read("matching.yaml"),
        read("limitation.yaml"),
        retention=read("retention.yaml"),
        days_off=dict(known),
        workdays=known.weekend_workdays,
        announced_until=announced,
    )


@cache
def digest() -> str:
    """Names what dates are counted by: the file of limits, and the days off as the installed `holidays` knows them."""
    calendar = current().calendar
    days = {
        "off": {day.isoformat(): name for day, name in sorted(calendar.days_off.items())},
        "worked": sorted(day.isoformat() for day in calendar.workdays),
        "announced_until": calendar.announced_until,
    }
    limits = files("domain").joinpath("rules_data", "time-limits.yaml").read_bytes()
    return hashlib.sha256(limits + json.dumps(days, ensure_ascii=False).encode()).hexdigest()
