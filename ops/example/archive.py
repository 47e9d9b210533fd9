"""The archive: published records told as `published` tells them, and on to the archive with what was filled in.

No source prints a day of closure, and some were published before the end: where no result was seen the outcome is `other` and says so.
"""

from dataclasses import replace
from datetime import date

from ops.example.filled import papers
from ops.example.published import tales
from ops.example.published.tale import Tale
from ops.example.script import Scenario

OVER = ("PC001", "PC003", "PC017", "PC029", "PC033", "PC037", "PC059", "PC061", "PC063")
"""Records that tell the end; they reach the archive as they are."""
_UNSEEN = "报道未载结果；结果为补录（filled）"


def archive() -> tuple[Scenario, ...]:
    """The set's cases; the same whenever they are made."""
    told = tales()
    over = (told[case] for case in OVER)
    carried_on = (
        _ended(told["PC007"], date(2024, 1, 15)),
        _ended(told["PC023"].after(1).signed("representatives").talked(), date(2019, 5, 20), "other"),
        _ended(_papers_in(told["PC041"].after(1).signed().talked()), date(2021, 12, 24)),
        _ended(told["PC065"], date(2021, 6, 15)),
        _ended(told["PC069"].after(1).signed().talked(), date(2023, 3, 20)),
    )
    scenarios = (replace(tale.scenario(), set="archive") for tale in (*over, *carried_on))
    return tuple(sorted(scenarios, key=lambda scenario: scenario.case))


def _papers_in(tale: Tale) -> Tale:
    """The papers owed come in, and the decision that was deferred follows."""
    kinds = ("id_copy", "hardship_proof")
    tale.after(8).do(tale.team.desk, "supply_owed_papers", tale.on, papers=papers(*kinds)).owed_confirmed(tale.on)
    return tale.looked_into().after(1).decided()


def _ended(tale: Tale, on: date, closing_event: str = "judgment_received") -> Tale:
    """A filled end of what the record leaves open."""
    tale.pen(on).ended(tale.on, "filled", "other", closing_event, _UNSEEN)
    return tale.wound_up()
