"""Which centre is competent (法律援助法 art. 38): by the organ's county, for other matters also by where the cause arose."""

import pytest

from api.answers import Answers
from api.eligibility import competent
from domain.command import Refusal
from domain.directory import Directory
from domain.eligibility.standards import county_of
from domain.eligibility.venue import venue
from ledger.rules import current
from ops.example.directory import directory_events

DIRECTORY = Directory.fold(directory_events())


def centres(**asked: str) -> list[tuple[str, str]]:
    found = venue(DIRECTORY, **asked)  # pyright: ignore[reportArgumentType]
    return [(each.centre.code, each.reason) for each in found.competent]


def test_a_lawsuit_belongs_where_the_organ_handling_it_is_wherever_the_cause_arose() -> None:
    assert centres(kind="civil", forum="litigation", organ_county="ADX", event_county="YTX") == [("C-ADX", "organ_of_the_case")]


def test_a_criminal_matter_is_before_an_organ_even_where_no_forum_is_said() -> None:
    assert centres(kind="criminal", organ_county="YTX") == [("C-YTX", "organ_of_the_case")]


def test_another_matter_may_be_applied_for_at_the_organ_or_where_it_arose() -> None:
    found = centres(kind="civil", forum="arbitration", organ_county="ADX", event_county="YTX")
    assert found == [("C-ADX", "organ_of_the_dispute"), ("C-YTX", "where_it_arose")]


def test_one_centre_is_named_once() -> None:
    assert centres(forum="mediation", organ_county="ADX", event_county="安定县") == [("C-ADX", "organ_of_the_dispute")]


def test_a_county_is_known_by_its_code_and_by_its_names() -> None:
    assert [county_of(DIRECTORY, said) for said in ("ADX", "安定县", "Anding County", "别处县")] == ["ADX", "ADX", "ADX", None]


def test_a_place_without_a_centre_of_the_directory_is_said_to_be_elsewhere() -> None:
    found = venue(DIRECTORY, forum="litigation", organ_county="别处县", centre="C-ADX")
    assert (found.competent, [place.county for place in found.elsewhere], found.here) == ((), ["别处县"], False)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"forum": "litigation", "event_county": "ADX"}, "organ_county_required"),
        ({"forum": "mediation"}, "venue_place_required"),
        ({"forum": "mediation", "event_county": "ADX", "centre": "B-ADX"}, "unknown_office"),
    ],
)
def test_what_cannot_be_told_is_refused(asked: dict[str, str], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        centres(**asked)
    assert (refused.value.code, refused.value.status) == (code, 422)


def test_lack_of_venue_offers_the_referral_with_the_centres_name_and_no_refusal() -> None:
    desk = Answers(current()).desk
    answer = competent(desk, {"forum": "litigation", "organ_county": "安定县", "centre": "C-ADX"})
    assert (answer["here"], answer["offer"]) == (True, None)
    away = competent(desk, {"forum": "litigation", "organ_county": "云台县", "centre": "C-ADX"})
    assert away["offer"]["command"] == "refer_elsewhere"
    assert away["offer"]["body"]["to"] == "云台县"
    assert "不是拒绝" in away["offer"]["body"]["reason"]
