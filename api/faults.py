"""Which problems each operation of the API may answer with, for the OpenAPI document: one example for each code a client must know.

The rules' own refusals are many; a command lists those that any command may meet, its `code` tells the rest.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from api.body import DOCUMENT_LIMIT, JSON_LIMIT
from api.problem import MEDIA_TYPE, RETRY_SECONDS, Problem, document, not_found, retry
from api.schemas import REF

type Json = dict[str, Any]

_OF_A_PAPER = (
    Problem(403, "forbidden", withheld=["data"]),
    not_found("case_not_found"),
    not_found("document_not_found"),
    Problem(409, "paper_has_no_form", template="letter"),
    Problem(410, "document_erased"),
    Problem(422, "invalid", errors=[{"parameter": "document_id", "in": "path", "code": "not_a_uuid"}]),
)
_OF_DATA = (Problem(403, "forbidden"), not_found("person_not_found"))
_ERASED = Problem(409, "person_erased")
_BARS = tuple(
    Problem(409, f"erasure_{why}", until=until, cases=["01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b"], elsewhere=0)
    for why, until in (("under_hold", None), ("case_open", None), ("retention_runs", "2056-11-24"), ("command_pending", None))
)
_UNREADABLE = (Problem(409, "record_unreadable", ledger="case", position=512), retry(503, "record_too_new", 60))
_OF_A_BUNDLE = (Problem(403, "forbidden"), not_found("case_not_found"), retry(503, "case_not_sealed_yet", 60))
_WALLED = "01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b"
_SIGNING_IN = (
    Problem(401, "otp_required"),
    Problem(401, "otp_invalid"),
    retry(429, "too_many_sign_ins", 600),
)
_OIDC = (not_found("oidc_not_configured"), retry(503, "oidc_away", 30))
_OF_ACCOUNTS = (Problem(403, "forbidden"),)
_GIVING = (*_OF_ACCOUNTS, Problem(403, "cannot_grant_to_self"), not_found("account_not_found"))
_OWN_ID = Problem(422, "invalid", errors=[{"parameter": "session_id", "in": "path", "code": "not_a_uuid"}])
_FILTER_ID = Problem(422, "invalid", errors=[{"parameter": "filter_id", "in": "path", "code": "not_a_uuid"}])
_NO_PERSON = Problem(422, "unknown_person", errors=[{"pointer": "/person", "code": "unknown_person"}], person="P-NOBODY")
_NO_OFFICE = Problem(422, "unknown_office", errors=[{"pointer": "/office", "code": "unknown_office"}], office="C-NOWHERE")
_NOT_THEN = Problem(422, "since_in_past", errors=[{"pointer": "/since", "code": "since_in_past"}])
_NOT_BEFORE = Problem(422, "until_before_since", errors=[{"pointer": "/until", "code": "until_before_since"}])
_ROLE_OF = Problem(409, "separation_of_administrators", role="auditor", held="system_administrator")
_WRONG_PASSWORD = Problem(422, "password_wrong", errors=[{"pointer": "/old", "code": "password_wrong"}])
_WRONG_CODE = Problem(422, "otp_wrong", errors=[{"pointer": "/code", "code": "otp_wrong"}])
_OF_A_ROTA = (Problem(403, "forbidden"), not_found("office_not_found"))
_OF_A_SWAP = (
    Problem(409, "no_day_of_rest", person="P-WANG-MIN", on="2026-12-01"),
    Problem(409, "person_on_leave", person="P-WANG-MIN", on="2026-12-01"),
    Problem(409, "not_their_shift", person="P-WANG-MIN"),
)
_OF_PROOFS = (
    Problem(403, "forbidden"),
    not_found("checkpoint_not_found"),
    Problem(409, "not_sealed_yet", position=20_853, size=20_852),
    Problem(409, "ledger_damaged", position=20_000),
)
_READS: dict[str, tuple[Problem, ...]] = {
    "new_token": _SIGNING_IN,
    "begin_oidc": _OIDC,
    "finish_oidc": (
        *_OIDC,
        Problem(401, "oidc_state_mismatch"),
        Problem(401, "oidc_denied"),
        Problem(401, "oidc_unknown_subject"),
        retry(429, "too_many_sign_ins", 600),
    ),
    "read_status": (not_found("status_not_found"), retry(429, "too_many_looks", 600)),
    "status_code": (Problem(403, "forbidden"), not_found("case_not_found")),
    "renew_status_code": (Problem(403, "forbidden"), not_found("case_not_found")),
    "end_my_session": (not_found("session_not_found"), _OWN_ID),
    "change_password": (
        Problem(422, "password_length", errors=[{"pointer": "/new", "code": "password_length"}], least=12, most=1024),
        Problem(422, "password_names_account", errors=[{"pointer": "/new", "code": "password_names_account"}]),
        Problem(422, "password_too_common", errors=[{"pointer": "/new", "code": "password_too_common"}]),
        Problem(422, "password_unchanged", errors=[{"pointer": "/new", "code": "password_unchanged"}]),
        _WRONG_PASSWORD,
    ),
    "begin_second_factor": (_WRONG_PASSWORD, _WRONG_CODE),
    "confirm_second_factor": (_WRONG_CODE,),
    "prove_second_factor": (_WRONG_CODE, retry(429, "too_many_sign_ins", 600)),
    "person_away": (
        Problem(403, "forbidden"),
        _NO_PERSON,
        _NOT_BEFORE,
        Problem(422, "own_deputy", errors=[{"pointer": "/deputy", "code": "own_deputy"}]),
    ),
    "list_accounts": _OF_ACCOUNTS,
    "security_refusals": _OF_ACCOUNTS,
    "create_account": (*_GIVING, _NO_PERSON, Problem(409, "username_taken", errors=[{"pointer": "/username", "code": "username_taken"}])),
    "reset_password": _GIVING,
    "disable_account": (*_GIVING, Problem(409, "account_disabled")),
    "enable_account": (*_GIVING, Problem(409, "account_not_disabled")),
    "unlock_account": _GIVING,
    "remove_second_factor": (*_GIVING, Problem(409, "no_second_factor")),
    "link_oidc": (
        *_GIVING,
        not_found("oidc_not_configured"),
        Problem(409, "oidc_subject_taken", errors=[{"pointer": "/subject", "code": "oidc_subject_taken"}]),
    ),
    "grant_role": (
        *_GIVING[:2],
        _ROLE_OF,
        _NO_PERSON,
        _NO_OFFICE,
        _NOT_THEN,
        _NOT_BEFORE,
        Problem(422, "role_not_given", errors=[{"pointer": "/role", "code": "role_not_given"}]),
    ),
    "end_role": (
        *_GIVING[:2],
        _NO_PERSON,
        _NO_OFFICE,
        _NOT_THEN,
        Problem(409, "role_not_held", person="P-BAI-LING", role="caseworker", office="C-ADX"),
    ),
    "read_case": (
        not_found("case_not_found"),
        not_found("version_not_found", version=13),
        not_found("not_yet_opened", version=13),
        *_UNREADABLE,
        Problem(422, "one_basis"),
    ),
    "case_events": (not_found("case_not_found"),),
    "case_diff": (not_found("case_not_found"), not_found("version_not_found", version=13)),
    "allowed_commands": (not_found("case_not_found"),),
    "case_clocks": (not_found("case_not_found"),),
    "case_chain": (not_found("case_not_found"),),
    "case_documents": (Problem(403, "forbidden", withheld=["documents"]), not_found("case_not_found")),
    "document_content": (
        Problem(403, "forbidden", withheld=["documents"]),
        not_found("case_not_found"),
        not_found("document_not_found"),
        Problem(410, "document_erased"),
        Problem(422, "invalid", errors=[{"parameter": "document_id", "in": "path", "code": "not_a_uuid"}]),
    ),
    "case_papers": (not_found("case_not_found"),),
    "preview_paper": (
        Problem(403, "role_not_allowed"),
        Problem(403, "forbidden", withheld=["data"]),
        not_found("case_not_found"),
        Problem(409, "nothing_to_carry", template="grant_decision", kinds=["aid_granted"]),
        Problem(409, "wrong_state", state="refused"),
        Problem(410, "document_erased"),
        Problem(422, "unknown_template", errors=[{"pointer": "/template", "code": "unknown_template"}], template="letter"),
        Problem(
            422, "about_required", errors=[{"pointer": "/about", "code": "about_required"}], template="grant_decision", versions=[9, 14]
        ),
    ),
    "issued_paper": _OF_A_PAPER,
    "paper_progress": _OF_A_PAPER,
    "print_papers": _OF_A_PAPER,
    "court_bundle_coverage": _OF_A_BUNDLE,
    "court_bundle": (
        *_OF_A_BUNDLE,
        Problem(403, "access_reason_required"),
        Problem(409, "bundle_too_large", limit_bytes=0xFFFF_FFFF),
        Problem(409, "ledger_damaged", position=512),
        *_UNREADABLE,
    ),
    "read_consultation": (not_found("consultation_not_found"),),
    "allowed_on_consultation": (not_found("consultation_not_found"),),
    "read_duty_request": (not_found("duty_request_not_found"),),
    "allowed_on_duty_request": (not_found("duty_request_not_found"),),
    "convert_to_application": (Problem(409, "already_converted", case_id="01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b"),),
    "take_up_request": (Problem(409, "already_converted", case_id="01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b"),),
    "hand_over_inquiry": (Problem(403, "not_the_owner", owner="P-BAI-LING"), Problem(409, "hand_over_open", person="P-LU-PING")),
    "accept_hand_over": (Problem(403, "not_named_for_hand_over", person="P-LU-PING"),),
    "return_hand_over": (Problem(403, "not_named_for_hand_over", person="P-LU-PING"),),
    "duty_log": (not_found("office_not_found"),),
    "open_shift": (
        Problem(403, "not_on_duty_roster", person="P-LU-PING", office="DL-ADX-CUSTODY"),
        Problem(409, "shift_open", opened_at="2026-11-24T08:30:00+08:00"),
    ),
    "close_shift": (
        Problem(403, "not_on_duty_roster", person="P-LU-PING", office="DL-ADX-CUSTODY"),
        Problem(403, "not_your_shift", person="P-HOU-JUN"),
        not_found("unknown_shift"),
        Problem(409, "shift_closed", closed_at="2026-11-24T17:30:00+08:00"),
        Problem(422, "not_on_duty_roster", errors=[{"pointer": "/handed_to", "code": "not_on_duty_roster"}], person="P-LU-PING"),
    ),
    "link_people": (
        Problem(403, "forbidden"),
        not_found("person_not_found"),
        Problem(409, "people_linked_already"),
        Problem(409, "shred_under_way"),
        Problem(422, "invalid", errors=[{"pointer": "/other", "code": "same_entry"}]),
    ),
    "unlink_people": (
        Problem(403, "forbidden"),
        not_found("person_not_found"),
        Problem(409, "people_not_linked"),
        Problem(409, "shred_under_way"),
    ),
    "person_data": (not_found("person_not_found"),),
    "export_person": (*_OF_DATA, Problem(403, "access_reason_required"), Problem(410, "person_data_erased")),
    "restrict_person": (*_OF_DATA, Problem(409, "person_restricted"), _ERASED, Problem(409, "shred_under_way")),
    "free_person": (*_OF_DATA, Problem(409, "person_not_restricted"), _ERASED),
    "request_erasure": (*_OF_DATA, *_BARS, _ERASED, Problem(409, "shred_under_way")),
    "approve_erasure": (
        *_OF_DATA,
        Problem(403, "two_persons_required"),
        Problem(403, "not_all_files_seen", elsewhere=1),
        *_BARS,
        Problem(409, "no_shred_requested"),
        Problem(409, "people_changed"),
        _ERASED,
    ),
    "refuse_erasure": (*_OF_DATA, Problem(403, "two_persons_required"), Problem(409, "no_shred_requested"), _ERASED),
    "list_erasures": (Problem(403, "forbidden"),),
    "case_conflicts": (Problem(403, "forbidden", withheld=["eligibility"]), not_found("case_not_found")),
    "all_events": (Problem(403, "forbidden"),),
    "read_checkpoint": _OF_PROOFS[:2],
    "inclusion_proof": _OF_PROOFS,
    "consistency_proof": _OF_PROOFS,
    "case_actors": (Problem(403, "forbidden"), not_found("case_not_found")),
    **dict.fromkeys(
        ("days_by_stage", "process_map", "skipped_steps", "refused_commands", "work_figures", "find_cases"), (Problem(403, "forbidden"),)
    ),
    **dict.fromkeys(("export_xes", "export_ocel2", "export_csv"), (Problem(403, "forbidden"), Problem(403, "access_reason_required"))),
    "access_records": (Problem(403, "forbidden"), Problem(403, "access_reason_required"), not_found("case_not_found")),
    "case_readers": (
        Problem(403, "forbidden"),
        Problem(403, "walled_off", case_id=_WALLED, register_number="定城援登字〔2026〕第318号", state="received"),
        not_found("case_not_found"),
    ),
    "case_candidates": (Problem(403, "forbidden"), not_found("case_not_found")),
    "open_assignments": (Problem(403, "forbidden"),),
    "let_go": (not_found("case_not_found"), not_found("claim_not_found")),
    "read_workload": (Problem(403, "forbidden"),),
    "read_rota": (not_found("office_not_found"),),
    "plan_rota": (*_OF_A_ROTA, Problem(422, "nobody_on_rota", errors=[{"pointer": "/people", "code": "nobody_on_rota"}], office="C-CITY")),
    "publish_rota": (
        *_OF_A_ROTA,
        Problem(422, "unknown_person", errors=[{"pointer": "/shifts/0/person", "code": "unknown_person"}], person="P-NOBODY"),
        Problem(422, "day_of_another_month", errors=[{"pointer": "/shifts/0/day", "code": "day_of_another_month"}], on="2026-12-01"),
    ),
    "propose_swap": (*_OF_A_ROTA, *_OF_A_SWAP, Problem(409, "swap_open")),
    "answer_swap": (
        *_OF_A_ROTA,
        *_OF_A_SWAP,
        not_found("unknown_swap"),
        Problem(403, "not_your_swap"),
        Problem(409, "swap_settled", state="done"),
    ),
    "cover_shift": (*_OF_A_ROTA, Problem(409, "has_the_shift", person="P-WANG-MIN")),
    "leaver_load": (Problem(403, "forbidden"), not_found("person_not_found")),
    "read_batch": (not_found("batch_not_found"),),
    "reassign": (Problem(403, "forbidden"), not_found("batch_not_found")),
    "preview_reassignment": (Problem(403, "forbidden"),),
    "undo_reassignment": (Problem(403, "forbidden"), not_found("batch_not_found"), Problem(409, "nothing_to_undo")),
    "save_filter": (
        Problem(409, "too_many_filters", most=30),
        Problem(409, "filter_name_taken", named="本周到期"),
        Problem(422, "filter_unknown", errors=[{"pointer": "/query", "code": "filter_unknown"}], named="q"),
    ),
    "rename_filter": (not_found("filter_not_found"), Problem(409, "filter_name_taken", named="本周到期"), _FILTER_ID),
    "remove_filter": (not_found("filter_not_found"), _FILTER_ID),
    "read_message": (
        not_found("message_not_found"),
        Problem(422, "invalid", errors=[{"parameter": "message_id", "in": "path", "code": "too_long"}]),
    ),
    "limits_in_force": (
        Problem(422, "unknown_code", errors=[{"parameter": "office", "in": "query", "code": "unknown_code"}], named="C-NONE"),
    ),
    "calendar_day": (
        Problem(422, "unknown_code", errors=[{"parameter": "office", "in": "query", "code": "unknown_code"}], named="C-NONE"),
    ),
    "calendar_due": (
        Problem(422, "unknown_limit", errors=[{"pointer": "/limit", "code": "unknown_limit"}], limit="supply"),
        Problem(422, "kind_required", errors=[{"pointer": "/kind", "code": "kind_required"}], limit="next_remedy", kinds=["award"]),
        Problem(422, "limit_not_known_then", errors=[{"pointer": "/start", "code": "limit_not_known_then"}], limit="urgent_assign"),
        Problem(422, "limit_has_no_number", errors=[{"pointer": "/limit", "code": "limit_has_no_number"}], limit="before_limitation"),
    ),
    "hardship": (
        Problem(422, "household_empty", errors=[{"pointer": "/household", "code": "household_empty"}]),
        Problem(422, "residence_required", errors=[{"pointer": "/residence", "code": "residence_required"}]),
        Problem(422, "self_only_line_required", errors=[{"pointer": "/household", "code": "self_only_line_required"}], lines=0),
        Problem(422, "no_standard", errors=[{"pointer": "/county", "code": "no_standard"}], county="XYZ"),
        Problem(422, "effective_in_future", errors=[{"pointer": "/effective_on", "code": "effective_in_future"}]),
    ),
    "limitation": (
        Problem(422, "unknown_limitation", errors=[{"pointer": "/limitation", "code": "unknown_limitation"}], limitation="labour"),
        Problem(422, "limitation_not_known_then", errors=[{"pointer": "/start", "code": "limitation_not_known_then"}]),
        Problem(422, "limitation_start_required", errors=[{"pointer": "/start", "code": "limitation_start_required"}]),
        Problem(422, "limitation_not_interruptible", errors=[{"pointer": "/interrupted", "code": "limitation_not_interruptible"}]),
        Problem(422, "limitation_not_suspendible", errors=[{"pointer": "/obstacles", "code": "limitation_not_suspendible"}]),
        Problem(422, "limitation_does_not_wait", errors=[{"pointer": "/still_running", "code": "limitation_does_not_wait"}]),
        Problem(422, "interrupted_too_late", errors=[{"pointer": "/interrupted/0", "code": "interrupted_too_late"}], day="2026-11-24"),
        Problem(
            422,
            "date_before_start",
            errors=[{"pointer": "/interrupted/0", "code": "date_before_start"}],
            day="2025-11-24",
            start="2025-11-28",
        ),
    ),
    "competent_centres": (
        Problem(422, "organ_county_required", errors=[{"pointer": "/organ_county", "code": "organ_county_required"}]),
        Problem(422, "venue_place_required", errors=[{"pointer": "/organ_county", "code": "venue_place_required"}]),
        Problem(422, "unknown_office", errors=[{"pointer": "/centre", "code": "unknown_office"}], office="C-NONE"),
    ),
    "rehearsal": (
        Problem(403, "forbidden"),
        Problem(422, "since_required", errors=[{"pointer": "/since", "code": "since_required"}]),
    ),
    "spot_checks": (Problem(403, "forbidden"), not_found("centre_not_found")),
    "rerun_decision": (
        Problem(403, "forbidden", withheld=["eligibility"]),
        not_found("case_not_found"),
        not_found("version_not_found", version=13),
    ),
    "directory_entry": (not_found("entry_not_found"),),
    "change_concerns": (
        Problem(403, "forbidden"),
        Problem(422, "day_required", errors=[{"parameter": "day", "in": "query", "code": "required"}]),
    ),
    "open_duties": (Problem(403, "forbidden"), not_found("entry_not_found")),
    "preview_import": (
        Problem(403, "forbidden"),
        *(
            Problem(422, code, errors=[{"pointer": "/file", "code": code}])
            for code in ("not_a_sheet", "old_excel", "encoding_unknown", "unreadable_line", "sheet_empty")
        ),
    ),
    "read_import": (Problem(403, "forbidden"), not_found("case_not_found"), not_found("import_not_found")),
    "accept_import": (
        Problem(403, "forbidden"),
        not_found("case_not_found"),
        not_found("import_not_found"),
        Problem(409, "import_has_faults", rows=2),
        Problem(409, "import_accepted_before"),
        Problem(409, "directory_changed_since"),
    ),
    "service_promise": (Problem(403, "forbidden"),),
    "missed_ahead": (Problem(403, "forbidden"),),
    "calendar_feed": (Problem(401, "authentication_required"), Problem(403, "scope_missing", scopes=["calendar"])),
    "case_lateness": (not_found("case_not_found"),),
    "look_on": (
        Problem(403, "walled_off", case_id=_WALLED, register_number="定城援登字〔2026〕第318号", state="received"),
        not_found("case_not_found"),
        retry(429, "too_many_streams", 15),
    ),
    "say_my_wishes": (Problem(422, "address_missing", errors=[{"pointer": "/email", "code": "address_missing"}], channel="email"),),
    "list_endpoints": (Problem(403, "forbidden"),),
    "make_endpoint": (
        Problem(403, "forbidden"),
        Problem(422, "unknown_code", errors=[{"pointer": "/office", "code": "unknown_code"}], named="C-NONE"),
        Problem(422, "address_not_acceptable", errors=[{"pointer": "/address", "code": "address_not_acceptable"}]),
    ),
    "rotate_endpoint": (Problem(403, "forbidden"), not_found("endpoint_not_found")),
    "switch_endpoint": (Problem(403, "forbidden"), not_found("endpoint_not_found")),
    "replay_delivery": (Problem(403, "forbidden"), not_found("delivery_not_found"), Problem(409, "delivery_not_dead")),
    "case_told": (not_found("case_not_found"),),
    "preview_replan": (
        Problem(403, "forbidden"),
        Problem(422, "unknown_code", errors=[{"pointer": "/data", "code": "unknown_code"}], named="C-NONE"),
        Problem(422, "moves_no_dates", errors=[{"pointer": "/change", "code": "moves_no_dates"}]),
    ),
    "read_replan": (not_found("replan_not_found"),),
    "case_proof": (not_found("case_not_found"),),
    "read_audit": (Problem(403, "forbidden"),),
    "list_checkpoints": (Problem(403, "forbidden"), not_found("ledger_not_found", ledger="cases")),
    "begin_verification": (Problem(403, "forbidden"),),
    "change_directory": (
        Problem(403, "forbidden"),
        Problem(409, "office_has_open_cases", cases=12, inquiries=1, people=4),
        Problem(422, "unknown_code", errors=[{"pointer": "/data", "code": "unknown_code"}], named="C-NONE"),
        Problem(422, "unknown_limit", errors=[{"pointer": "/data", "code": "unknown_limit"}], limit="supply"),
        Problem(422, "limit_does_not_fit", errors=[{"pointer": "/data", "code": "limit_does_not_fit"}], limit="before_limitation"),
        Problem(422, "roles_elsewhere", errors=[{"pointer": "/data/person/grants", "code": "roles_elsewhere"}]),
        Problem(422, "person_known", errors=[{"pointer": "/data/person/code", "code": "person_known"}], person="P-BAI-LING"),
    ),
    "set_standards": (
        Problem(403, "forbidden"),
        Problem(422, "backdated_reason_required", errors=[{"pointer": "/reason", "code": "backdated_reason_required"}]),
        Problem(422, "unknown_office", errors=[{"pointer": "/shares", "code": "unknown_office"}]),
    ),
}
"""What an operation answers beside what all of its kind do."""


def problems_of(operation_id: str, operation: Json, required: Sequence[str], *, changes: bool) -> Iterator[Problem]:
    """The problems of an operation under the API's prefix; `required` of its body, `changes` where it carries out a command."""
    takes_body = "requestBody" in operation
    multipart = takes_body and "multipart/form-data" in operation["requestBody"]["content"]
    parameters = {p["name"]: p for p in operation.get("parameters", ())}
    yield Problem(400, "malformed")
    yield Problem(401, "bad_credentials" if operation_id == "new_token" else "authentication_required")
    if operation["security"] and operation["tags"] in (["cases"], ["papers"]) and "case_id" in parameters:
        yield Problem(403, "walled_off", case_id=_WALLED, register_number="定城援登字〔2026〕第318号", state="received")
    if operation["security"]:
        yield from _of_a_session(owing=operation_id != "me" and operation["tags"] != ["account"])
    yield from _READS.get(operation_id, ())
    if operation_id in ("open_bundle", "issue_bundle"):
        yield Problem(422, "invalid", errors=[{"pointer": "/commands/0/command", "code": "not_in_a_bundle"}], index=0)
    if changes and operation["tags"] != ["commands"]:
        yield from _of_a_deed()
    elif changes:
        missing = next((code for name, code in _MISSING.items() if name in parameters), None)
        yield from _of_a_change(missing=missing, guarded="If-Match" in parameters)
    queried = next((p["name"] for p in parameters.values() if p["in"] == "query"), None)
    if queried:
        yield Problem(422, "invalid", errors=[{"parameter": queried, "in": "query", "code": "invalid_value"}])
    if takes_body:
        yield Problem(413, "too_large", limit_bytes=DOCUMENT_LIMIT if multipart else JSON_LIMIT)
        yield Problem(415, "unsupported_media_type", expected="multipart/form-data" if multipart else "application/json")
        fault = {"pointer": f"/{required[0]}", "code": "required"} if required else {"pointer": "/effective_on", "code": "not_a_date"}
        yield Problem(422, "invalid", errors=[fault])
    yield Problem(500, "internal_error")
    yield retry(503, "engine_away", RETRY_SECONDS)
    if operation["security"]:
        yield retry(503, "access_not_recorded", RETRY_SECONDS)


def _of_a_session(*, owing: bool) -> Iterator[Problem]:
    yield Problem(403, "scope_missing", scopes=["commands"])
    if owing:
        yield Problem(403, "password_change_required")
        yield Problem(403, "second_factor_required")
        yield Problem(403, "otp_owed")


_MISSING = {"case_id": "case_not_found", "consultation_id": "consultation_not_found", "duty_request_id": "duty_request_not_found"}
"""By the parameter that names what a command is for, the problem where that is not there."""


def _of_a_deed() -> Iterator[Problem]:
    """What a change that is no command may meet: its key was missing, or is known."""
    yield Problem(400, "idempotency_key_required")
    yield Problem(400, "idempotency_key_invalid")
    yield Problem(409, "idempotency_conflict")


def _of_a_change(*, missing: str | None, guarded: bool) -> Iterator[Problem]:
    """`missing` is the code of what the command is for and is not there; None where it opens something."""
    yield from _of_a_deed()
    yield Problem(403, "role_not_allowed")
    if missing == "case_not_found":
        yield Problem(403, "code_required", minutes=30)
    yield Problem(422, "effective_in_future", errors=[{"pointer": "/effective_on", "code": "effective_in_future"}])
    yield Problem(422, "unknown_person", errors=[{"pointer": "/on_behalf_of", "code": "unknown_person"}], person="P-NOBODY")
    if missing:
        if missing == "case_not_found":
            yield Problem(403, "recused")
            yield Problem(403, "walled_off", case_id=_WALLED, register_number="定城援登字〔2026〕第318号", state="received")
        yield not_found(missing)
        yield Problem(409, "wrong_state", state="received", allowed_commands=["accept_first", "add_note", "recommend_decision"])
        yield Problem(409, "effective_before_last", last="2026-11-24")
        yield Problem(422, "effective_before_opening", errors=[{"pointer": "/effective_on", "code": "effective_before_opening"}])
    if guarded:
        yield Problem(400, "if_match_invalid")
        yield Problem(412, "version_mismatch", version=13)
    yield retry(429, "too_many_commands")
    yield retry(503, "ledger_behind", 60)


class Responses:
    """The responses of problems; those with the same problems are the same object, which keeps the document small in memory."""

    def __init__(self, headers: Json) -> None:
        """`headers` stand on all of them."""
        self._headers = headers
        self._made: dict[str, Json] = {}

    def of(self, problems: Iterator[Problem]) -> Json:
        """One response a status, its codes in the order given."""
        by_status: dict[int, list[Problem]] = {}
        for problem in problems:
            by_status.setdefault(problem.status, []).append(problem)
        return {str(status): self._response(found) for status, found in sorted(by_status.items())}

    def _response(self, problems: list[Problem]) -> Json:
        key = repr([(p.status, p.code, p.errors, p.values) for p in problems])
        if key not in self._made:
            self._made[key] = _response(problems, self._headers)
        return self._made[key]


def _response(problems: list[Problem], headers: Json) -> Json:
    told = {p.code: document(p, "zh-CN") for p in problems}
    first = next(iter(told.values()))
    content: Json = {"schema": {"$ref": f"{REF}Problem"}}
    if len(told) == 1:
        content["example"] = first
    else:
        content["examples"] = {code: {"summary": said["title"], "value": said} for code, said in told.items()}
    status = problems[0].status
    if status in (429, 503):
        headers = headers | {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Seconds."}}
    if status == 401:
        headers = headers | {"WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": "Bearer"}}}
    if status == 412:
        headers = headers | {"ETag": {"schema": {"type": "string"}, "description": "The case's present version, in quotes."}}
    description = "; ".join(f"`{code}` {said['title']}" for code, said in told.items())
    return {"description": description, "headers": headers, "content": {MEDIA_TYPE: content}}
