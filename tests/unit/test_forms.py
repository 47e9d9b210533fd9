"""From a command's model to its form, and from what was typed back to the command's body."""

import pytest

import domain.stages  # noqa: F401 -- fills the registry
from domain.command import COMMANDS
from web.fields import Field, fields_of
from web.forms import grown, parse, shown


def fields(command: str) -> tuple[Field, ...]:
    return fields_of(COMMANDS[command])


def named(command: str, path: str) -> Field:
    found = fields(command)
    for step in path.split("."):
        field = next(f for f in found if f.name == step)
        found = field.fields
    return field


def body(command: str, *sent: tuple[str, str]) -> dict[str, object]:
    return parse(fields(command), sent).body


@pytest.mark.parametrize(
    ("command", "path", "kind"),
    [
        ("submit_application", "centre", "choice"), ("submit_application", "applicant", "group"),
        ("submit_application", "co_applicants", "rows"),
        ("submit_application", "applicant.categories", "choices"), ("submit_application", "matter.claim_fen", "money"),
        ("submit_application", "matter.summary", "long"), ("submit_application", "received_by_centre_on", "day"),
        ("schedule_hearing", "at", "moment"), ("record_lawyer_choice", "choices", "lines"),
        ("record_lawyer_choice", "no_wish_told", "tick"),
        ("decide_replacement", "granted", "yes_no"), ("record_callback", "satisfaction", "number"),
        ("score_peer_review", "scores", "pairs"),
        ("correct_record", "value", "any"), ("assign_unit", "unit", "choice"),
    ],
)  # fmt: skip
def test_the_type_of_a_field_decides_how_it_is_asked_for(command: str, path: str, kind: str) -> None:
    assert named(command, path).kind == kind


def test_what_the_system_gives_is_not_asked_for() -> None:
    assert {f.name for f in named("submit_application", "applicant").fields}.isdisjoint({"party_id", "subject_id"})


def test_every_command_can_be_drawn() -> None:
    assert all(fields_of(kind)[-3:] for kind in COMMANDS.values())


def test_money_is_typed_in_yuan_and_sent_in_fen() -> None:
    assert body("record_outcome", ("/recovered_fen", "486,000.5")) == {"recovered_fen": 48600050}


def test_an_amount_that_cannot_be_read_stays_as_typed_beside_its_fault() -> None:
    parsed = parse(fields("record_outcome"), [("/recovered_fen", "about 5")])
    assert parsed.errors == [{"pointer": "/recovered_fen", "code": "not_an_amount"}]
    assert parsed.typed == {"recovered_fen": "about 5"}


def test_three_places_after_the_point_are_no_amount() -> None:
    assert parse(fields("record_outcome"), [("/recovered_fen", "1.234")]).errors[0]["code"] == "not_an_amount"


def test_empty_fields_and_groups_are_not_sent() -> None:
    assert body("submit_application", ("/outlet", ""), ("/proxy/party/name", " "), ("/centre", "C1")) == {"centre": "C1"}


def test_a_required_group_is_sent_even_when_empty_so_that_its_faults_are_found_within_it() -> None:
    assert body("submit_application", ("/applicant/name", "")) == {"applicant": {}}


def test_empty_rows_are_dropped_and_the_others_numbered_anew() -> None:
    sent = [("/papers/0/kind", ""), ("/papers/2/kind", "id_copy"), ("/papers/2/copies", "26"), ("/papers/7/kind", "work_evidence")]
    parsed = parse(fields("issue_receipt"), sent)
    assert parsed.body == {"papers": [{"kind": "id_copy", "copies": 26}, {"kind": "work_evidence"}]}
    assert parsed.typed == {"papers": [{"kind": "id_copy", "copies": "26"}, {"kind": "work_evidence"}]}


def test_a_fault_in_a_row_points_to_the_row_that_is_shown() -> None:
    sent = [("/papers/1/kind", ""), ("/papers/3/kind", "id_copy"), ("/papers/3/copies", "many")]
    assert parse(fields("issue_receipt"), sent).errors == [{"pointer": "/papers/0/copies", "code": "not_an_integer"}]


def test_a_row_that_holds_only_a_default_is_empty() -> None:
    assert body("approve_subsidy", ("/payees/0/kind", "case"), ("/payees/0/lawyer", "")) == {}


def test_rows_within_a_row_keep_their_place() -> None:
    parsed = body("submit_application", ("/co_applicants/1/name", "买某某"), ("/co_applicants/1/categories", "elderly"))
    assert parsed == {"co_applicants": [{"name": "买某某", "categories": ["elderly"]}]}


def test_chosen_people_are_sent_as_numbers() -> None:
    assert body("submit_application", ("/representatives", "0"), ("/representatives", "1")) == {"representatives": [0, 1]}


def test_a_local_time_is_sent_with_the_offset_of_the_office() -> None:
    assert body("schedule_hearing", ("/at", "2026-12-03T09:30")) == {"at": "2026-12-03T09:30:00+08:00"}


def test_yes_and_no_are_sent_and_neither_is_not() -> None:
    assert body("decide_replacement", ("/granted", "false")) == {"granted": False}
    assert body("decide_replacement") == {}


def test_names_that_are_no_pointers_are_left_aside() -> None:
    assert body("add_note", ("csrf", "x"), ("key", "y"), ("/text", "记一笔")) == {"text": "记一笔"}


def test_scores_are_typed_one_a_line() -> None:
    assert body("score_peer_review", ("/scores", "会见：9\n文书: 8")) == {"scores": {"会见": "9", "文书": "8"}}
    assert parse(fields("score_peer_review"), [("/scores", "nine")]).errors == [{"pointer": "/scores", "code": "not_pairs"}]


def test_text_stays_text_whatever_it_reads_as() -> None:
    assert body("correct_record", ("/value", "13900001234")) == {"value": "13900001234"}
    assert body("correct_record", ("/value", "null")) == {"value": "null"}


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("record_outcome", {"result": "won", "closed_on": "2026-11-01", "recovered_fen": 1050}),
        ("schedule_hearing", {"forum": "仲裁委", "at": "2026-12-03T09:30:00+08:00"}),
        ("issue_receipt", {"papers": [{"kind": "id_copy", "copies": 26, "original": False}]}),
        ("record_lawyer_choice", {"choices": ["L-1", "U-2"], "wishes": {"language": "zh"}}),
        (
            "submit_application",
            {"centre": "C1", "channel": "outlet", "applicant": {"name": "𠮷·田", "categories": ["elderly"]}, "representatives": [0]},
        ),
    ],
)
def test_what_is_shown_of_a_body_reads_back_as_that_body(command: str, known: dict[str, object]) -> None:
    def sent(tree: object, pointer: str = "") -> list[tuple[str, str]]:
        if isinstance(tree, dict):
            return [pair for name, held in tree.items() for pair in sent(held, f"{pointer}/{name}")]
        if isinstance(tree, list):
            many = any(f.kind == "choices" and pointer.endswith(f"/{f.name}") for f in (*fields(command), *named_groups(command)))
            return [pair for i, held in enumerate(tree) for pair in sent(held, pointer if many else f"{pointer}/{i}")]
        return [(pointer, str(tree))]

    assert body(command, *sent(shown(fields(command), known))) == known


def named_groups(command: str) -> list[Field]:
    return [inner for f in fields(command) for inner in f.fields]


def test_one_more_row_can_be_asked_for_without_a_script() -> None:
    assert grown({"papers": [{"kind": "id_copy"}]}, "/papers") == {"papers": [{"kind": "id_copy"}, {}]}
    assert grown({}, "/papers") == {"papers": [{}]}
