"""The OpenAPI 3.1 document: FastAPI's own of the routes, and from one table each the bodies, answers, examples and errors.

It is made when somebody first asks for it; nothing of it is built at the start.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

import texts
from api import (
    access_shapes,
    account_shapes,
    audit_shapes,
    case_shapes,
    court_shapes,
    directory_shapes,
    eligibility_shapes,
    erasure_shapes,
    figures_shapes,
    history_shapes,
    inquiry_answers,
    inquiry_shapes,
    lateness_shapes,
    ledger_shapes,
    notice_shapes,
    paper_shapes,
    person_shapes,
    replan_shapes,
    saved_filters,
    shapes,
    shift_log,
    status_shapes,
    work_answers,
    work_shapes,
)
from api.account_examples import ANSWERS as ACCOUNT_ANSWERS
from api.account_examples import BODIES as ACCOUNT_BODIES
from api.account_examples import CHANGED as ACCOUNT_CHANGED
from api.answers import CASE_ID, Answers
from api.asked import OPENING
from api.auth import Credentials
from api.directory import ChangeOfDirectory
from api.eligibility import LimitationQuestion, VenueQuestion
from api.examples import ASKING, BUNDLES, EXAMPLES, TOKEN_REQUEST
from api.faults import Responses, problems_of
from api.routes.commands import ATTACHING, CONTINUING, NOTIFIED
from api.schemas import REF, answer_components, body_components, human_commands, spoken, vocabularies, without_null
from api.standards import Rehearsal, Standards
from domain.case import Document
from domain.command import COMMANDS, EVENTS, Command
from domain.conflicts import ConflictFindings
from domain.directory import Tariff
from domain.lifecycle import STATES
from domain.stages.decision import AssessHardship
from ledger import rules

type Json = dict[str, Any]

PREFIX = "/api/v1"
COMMAND_PATHS: Mapping[str, str] = {
    f"{PREFIX}/cases/{{case_id}}/commands/{{command}}": "case",
    f"{PREFIX}/consultations/{{consultation_id}}/commands/{{command}}": "consultation",
    f"{PREFIX}/duty-requests/{{duty_request_id}}/commands/{{command}}": "duty",
}
"""Paths that stand for one of each command, and the kind of stream these are for."""
_OPEN = frozenset({"new_token", "begin_oidc", "finish_oidc", "calendar_feed", "read_status", "healthz", "readyz"})
"""Operations without a token."""
_TAGS = {
    "directory": "The directory by day: what it held, who changed it, tables taken in as a whole.",
    "people": "Signing in, and the directory: who and what a command may name.",
    "account": "One's own way of signing in: password, second factor, sessions, tokens for programs. Closed to such tokens.",
    "accounts": "Everybody's accounts, roles and refused sign-ins, as the security administrator keeps them.",
    "cases": "One case: as it stands, as it stood, its history, and what the caller may do next; and finding cases.",
    "inquiries": "Consultations, requests to duty lawyers, and the logs of the duty offices.",
    "persons": "The people of the cases: searched, compared with whoever is taken down, linked as one; conflicts of interest; their data "
    "restricted, given out, erased.",
    "papers": "The centre's papers: previewed, fetched as issued, put together to print. Issuing one is the command `issue_document`.",
    "commands": "What changes a case. Each is one command, recorded once however often its key is sent.",
    "work": "What waits for the person signed in.",
    "notices": "Who is told what by which channel: letters, programs and chat bots of offices, what could not be sent.",
    "history": "Histories across cases, for those who watch over them.",
    "access": "The ledger of reads: who read personal data, when, by which way and why; who was refused.",
    "eligibility": "Who is helped: sums, limitations and venues worked out, the standards by day, decisions made again, spot checks.",
    "rules": "Dates and sums worked out on request, recorded nowhere.",
    "status": "What an applicant may look up without signing in, by a case's number and its code; and that code.",
    "operations": "Whether the system lives and takes commands.",
}
_ABOUT = """\
Commands in, events out. JSON under `/api/v1`.

* Sign in with `POST /api/v1/tokens` and send the token as `Authorization: Bearer`.
* Programs may send a personal access token (`POST /api/v1/me/tokens`) instead; it opens what its scopes name: `read`, `commands`,
  `directory`, `accounts`.
* Every change carries an `Idempotency-Key`. The same key with the same body gives the same answer (`Idempotent-Replay: true`), so a
  request that got none, a 429 or a 503 is simply sent again.
* `If-Match: "<version>"` refuses (412) a command if the case has moved on since; the version is the answer's `ETag`.
* Errors are problem details (RFC 9457) in the caller's language (`Accept-Language`: zh-CN or en). Programs decide by `code`.
* Times are RFC 3339 with offset, days ISO 8601, money integers in fen, lists `{items, next_cursor}`.
* Fields may be added to answers; unknown fields in bodies are refused.
* What is read of people's data is recorded before it is answered; where that cannot be done, the answer is a 503 and may be asked for
  again. `X-Access-Reason` says why something is read; some reads ask for it (403 `access_reason_required`).
* Personal values whose key was destroyed come as `{"erased": true, "at": …}`; in lists, values of people under a restriction as
  `{"restricted": true}`: one file of theirs is read with a reason.
"""
_REQUEST_ID: Json = {"X-Request-Id": {"schema": {"type": "string"}, "description": "Names this request in the logs."}}
_ETAG: Json = {
    "ETag": {"schema": {"type": "string", "examples": ['"13"']}, "description": "The case's version, in quotes: for `If-Match`."}
}
_DONE: Json = {
    "Idempotent-Replay": {"schema": {"type": "string", "const": "true"}, "description": "There where the key had been used before."}
}
_CHANGED: Json = _ETAG | _DONE
_OPENED: Json = _CHANGED | {"Location": {"required": True, "schema": {"type": "string"}, "description": "What was opened."}}
_LANGUAGE: Json = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of labels and errors: zh-CN or en.",
    "schema": {"type": "string", "default": "zh-CN"},
}


@dataclass(frozen=True, slots=True)
class Success:
    """What an operation answers when it succeeds: shape, what it is, an example, headers of its own."""

    shape: type[BaseModel]
    what: str
    example: Callable[[Answers], Any]
    headers: Json = field(default_factory=dict[str, Any])


def _page_of(shape: type[BaseModel], what: str, item: Callable[[Answers], Json], cursor: str | None = None) -> Success:
    return Success(shapes.Page[shape], what, lambda answers: {"items": [item(answers)], "next_cursor": cursor})


def _of_accounts(name: str, shape: type[BaseModel], what: str, *, listed: bool = False, deed: bool = False) -> Success:
    example = ACCOUNT_ANSWERS.get(name, ACCOUNT_CHANGED)
    if listed:
        return _page_of(shape, what, lambda _: dict(example))
    return Success(shape, what, lambda _: dict(example), _DONE if deed else {})


SUCCESSES: Mapping[str, Success] = {
    "new_token": Success(
        shapes.Token,
        "A token that stands until it expires or is signed out.",
        lambda _: {"access_token": "zJ3Qm0v1kq8tY5cN2rXw7hLs9bDf4gUe6aPo", "token_type": "bearer", "expires_in": 28_800},
    ),
    "begin_oidc": _of_accounts("begin_oidc", account_shapes.OidcBegun, "The browser goes there."),
    "finish_oidc": Success(
        shapes.Token,
        "A token for the account that is linked to the provider's person.",
        lambda _: {"access_token": "zJ3Qm0v1kq8tY5cN2rXw7hLs9bDf4gUe6aPo", "token_type": "bearer", "expires_in": 28_800},
    ),
    "my_account": _of_accounts("my_account", account_shapes.MyAccount, "How the caller signs in."),
    "my_sessions": _of_accounts("my_sessions", account_shapes.OpenSession, "The newest first.", listed=True),
    "begin_second_factor": _of_accounts("begin_second_factor", account_shapes.FactorSecret, "To be read by an authenticator app."),
    "confirm_second_factor": _of_accounts("confirm_second_factor", account_shapes.RecoveryCodes, "Each is good once."),
    "issue_token": _of_accounts("issue_token", account_shapes.TokenIssued, "The token was made."),
    "list_absences": _of_accounts("list_absences", account_shapes.Absent, "Of today and later.", listed=True),
    "person_away": _of_accounts("person_away", account_shapes.Absent, "It was entered.", deed=True),
    "list_accounts": _of_accounts("list_accounts", account_shapes.Account, "By name.", listed=True),
    "create_account": _of_accounts("create_account", account_shapes.AccountOpened, "The account was opened.", deed=True),
    "reset_password": _of_accounts("reset_password", account_shapes.PasswordGiven, "The password was replaced.", deed=True),
    "disable_account": _of_accounts("disable_account", account_shapes.AccountChanged, "The account is closed.", deed=True),
    "enable_account": _of_accounts("enable_account", account_shapes.AccountChanged, "The account is open again.", deed=True),
    "unlock_account": _of_accounts("unlock_account", account_shapes.AccountChanged, "The lock is off.", deed=True),
    "remove_second_factor": _of_accounts("remove_second_factor", account_shapes.AccountChanged, "It is removed.", deed=True),
    "link_oidc": _of_accounts("link_oidc", account_shapes.AccountChanged, "The account is linked.", deed=True),
    "grant_role": _of_accounts("grant_role", account_shapes.RoleChanged, "The role was given.", deed=True),
    "end_role": _of_accounts("end_role", account_shapes.RoleChanged, "The role ends.", deed=True),
    "security_refusals": _of_accounts("security_refusals", account_shapes.SecurityRefusal, "The newest first.", listed=True),
    "me": Success(shapes.Me, "The person signed in.", Answers.me),
    "offices": _page_of(shapes.ListedOffice, "Every office, the bureaus included.", lambda a: a.offices()[-1]),
    "people": _page_of(shapes.Person, "Everybody of the directory.", lambda a: a.people()[0]),
    "lawyers": _page_of(shapes.PanelLawyer, "The lawyers that fit.", Answers.lawyer),
    "tariffs": _page_of(Tariff, "The tariffs of today.", lambda a: a.tariffs()[0]),
    "limits_in_force": _page_of(shapes.LimitRow, "Every limit's row, with its reminders.", lambda a: a.limits_in_force()[0]),
    "calendar_due": Success(shapes.Due, "The due date and how it was counted.", Answers.due),
    "calendar_day": Success(shapes.CalendarDay, "The day, and the limits that may start on it.", Answers.day),
    "hardship": Success(eligibility_shapes.HardshipResult, "The sum and the standard it was held against.", Answers.hardship),
    "limitations": _page_of(eligibility_shapes.LimitationRow, "The limitations known today.", lambda a: a.limitations()[0]),
    "limitation": Success(eligibility_shapes.LimitationResult, "When the right is lost, and how that was counted.", Answers.limitation),
    "competent_centres": Success(eligibility_shapes.Venue, "The centres to apply to, each with the reason.", Answers.venue),
    "grounds": _page_of(eligibility_shapes.GroundRow, "Waivers, then grounds of accepting first.", lambda a: a.grounds()[0]),
    "rehearsal": Success(eligibility_shapes.RehearsalResult, "Assessments that would come out otherwise.", Answers.rehearsal),
    "spot_checks": Success(eligibility_shapes.SpotChecks, "The pledges drawn, and how their verification stands.", Answers.spot_checks),
    "rerun_decision": Success(eligibility_shapes.Rerun, "Each assessment and waiver it rests on, made again.", Answers.rerun),
    "read_standards": _page_of(eligibility_shapes.StandardRow, "Formula, lines and shares, newest first.", lambda a: a.standards()[0]),
    "set_standards": Success(eligibility_shapes.StandardsSet, "The standards were recorded.", Answers.standards_set, _DONE),
    "find_cases": _page_of(shapes.ListRow, "The cases that fit and are within the caller's scope.", Answers.row),
    "read_case": Success(case_shapes.Case, "The case.", Answers.case_view, _ETAG),
    "case_events": _page_of(case_shapes.Event, "The events, oldest first.", lambda a: a.events()[0], "1"),
    "case_diff": Success(shapes.Diff, "The fields that changed.", Answers.diff),
    "allowed_commands": _page_of(shapes.AllowedCommand, "The commands open to the caller.", Answers.allowed),
    "case_clocks": _page_of(case_shapes.Clock, "The case's limits, in the order they were started.", lambda a: a.case_view()["clocks"][-1]),
    "case_chain": _page_of(case_shapes.Chapter, "The cases in the order they were opened.", Answers.chapter),
    "case_documents": _page_of(Document, "The documents attached.", lambda a: a.case_view()["documents"][0]),
    "case_papers": Success(paper_shapes.CasePapers, "The case's papers.", Answers.papers),
    "read_status": Success(status_shapes.Status, "How it stands.", lambda _: status_shapes.STATUS),
    "status_code": Success(status_shapes.StatusCode, "The code as it is now.", lambda _: status_shapes.CODE),
    "renew_status_code": Success(status_shapes.StatusCode, "The new code.", lambda _: status_shapes.CODE | {"generation": 1}, _DONE),
    "paper_progress": Success(paper_shapes.PaperProgress, "Drawing, or ready.", lambda _: {"state": "drawing", "pages": 300, "seconds": 1}),
    "court_bundle_coverage": Success(court_shapes.Coverage, "What it would hold.", lambda _: court_shapes.COVERAGE),
    "find_persons": _page_of(
        person_shapes.FoundPerson,
        "The people that fit and are in the caller's cases.",
        lambda _: person_shapes.KNOWN | {"matched": ["name"]},
    ),
    "person_duplicates": Success(
        person_shapes.Alike,
        "Who may be the same person.",
        lambda _: {"items": [person_shapes.KNOWN | {"reasons": ["name", "number"]}], "elsewhere": 1},
    ),
    "person_identity": Success(person_shapes.IdentityFacts, "What the number says.", lambda _: person_shapes.IDENTITY),
    "link_people": Success(person_shapes.Linked, "They are one person from now on.", lambda _: person_shapes.LINKED, _DONE),
    "unlink_people": Success(person_shapes.Linked, "They are two again.", lambda _: person_shapes.LINKED, _DONE),
    "person_data": Success(erasure_shapes.PersonData, "Where it stands.", lambda _: erasure_shapes.DATA),
    "export_person": Success(erasure_shapes.PersonExport, "Everything, in one document.", lambda _: erasure_shapes.EXPORT),
    **{
        name: Success(erasure_shapes.ErasureChanged, "It is recorded.", lambda _, given=given: given, _DONE)
        for name, given in erasure_shapes.CHANGED.items()
    },
    "list_erasures": _page_of(erasure_shapes.ErasureRequest, "The oldest first.", lambda _: erasure_shapes.REQUEST),
    "case_conflicts": Success(ConflictFindings, "What stands against the case.", lambda _: person_shapes.FINDINGS),
    "all_events": _page_of(case_shapes.EventOfCase, "The events that fit and are within the caller's scope.", Answers.event_of_case),
    "case_actors": _page_of(history_shapes.ActorOfCase, "Whoever acted last first.", lambda a: history_shapes.example("case_actors", a)),
    "refused_commands": _page_of(
        history_shapes.RefusedCommand, "The refusals that fit.", lambda a: history_shapes.example("refused_commands", a)
    ),
    "days_by_stage": Success(
        history_shapes.DaysByStage, "Days by stage, in the order of the line.", lambda a: history_shapes.example("days_by_stage", a)
    ),
    "process_map": Success(
        history_shapes.ProcessMap, "States and moves, in the order of the line.", lambda a: history_shapes.example("process_map", a)
    ),
    "skipped_steps": Success(
        history_shapes.SkippedSteps, "A page of what was skipped, and counts of all.", lambda a: history_shapes.example("skipped_steps", a)
    ),
    "access_records": _page_of(access_shapes.AccessRecord, "The entries that fit.", lambda _: access_shapes.RECORD),
    "case_readers": _page_of(access_shapes.CaseReader, "Whoever read last comes first.", lambda _: access_shapes.READER),
    "my_queue": _page_of(
        shapes.QueueRow, "Cases that wait for the caller.", lambda a: a.row() | {"mine": False, "claimed_by": None, "urgency": "waiting"}
    ),
    "case_candidates": Success(work_shapes.Ranked, "The panel, best first.", work_answers.ranked),
    "open_assignments": _page_of(work_shapes.UnassignedCase, "The cases, the most urgent first.", work_answers.unassigned),
    "take_next": Success(work_shapes.Taken, "The case taken, or none.", work_answers.taken),
    "let_go": Success(work_shapes.LetGo, "Colleagues may take it.", lambda _: {"case_id": CASE_ID, "claimed": False}),
    "read_workload": _page_of(work_shapes.Workload, "People and lawyers with open cases.", lambda _: work_answers.WORKLOAD),
    "read_rota": Success(work_shapes.RotaMonth, "The month.", lambda _: work_answers.ROTA),
    "plan_rota": Success(work_shapes.RotaPlan, "The month as it might be.", lambda _: work_answers.PLAN),
    **{
        name: Success(work_shapes.RotaChanged, "It is recorded.", lambda _: work_answers.CHANGED, _DONE)
        for name in ("publish_rota", "propose_swap", "answer_swap", "cover_shift")
    },
    "leaver_load": Success(work_shapes.LeaverLoad, "The load.", work_answers.leaver),
    "read_batch": Success(work_shapes.Batch, "How far it came.", lambda _: work_answers.BATCH),
    "preview_reassignment": Success(work_shapes.ReassignmentPreview, "What it would do.", work_answers.previewed),
    "undo_reassignment": Success(work_shapes.Batch, "How far giving back came.", lambda _: work_answers.BATCH),
    "my_filters": _page_of(saved_filters.SavedFilter, "By page and name.", lambda _: saved_filters.EXAMPLE),
    "save_filter": Success(saved_filters.SavedFilter, "It is kept.", lambda _: saved_filters.EXAMPLE, _DONE),
    "rename_filter": Success(saved_filters.SavedFilter, "It has its new name.", lambda _: saved_filters.EXAMPLE),
    "reassign": Success(work_shapes.Batch, "How far it came; what waits goes on when it is sent again.", lambda _: work_answers.BATCH),
    "deadlines": _page_of(shapes.Deadline, "The limits by due date.", Answers.deadline),
    "inbox": _page_of(shapes.Message, "The messages.", Answers.message),
    "read_message": Success(shapes.MessageRead, "It is read.", lambda a: {"id": a.message()["id"], "read": True}),
    "open_case": Success(case_shapes.CommandAnswer, "The case was opened.", lambda a: a.answered(OPENING), _OPENED),
    ATTACHING: Success(case_shapes.DocumentAnswer, "The document was attached.", Answers.attached, _CHANGED),
    "open_bundle": Success(case_shapes.CommandAnswer, "The case was opened and the rest recorded.", lambda a: a.answered(OPENING), _OPENED),
    "issue_bundle": Success(case_shapes.CommandAnswer, "All of them were recorded.", lambda a: a.answered("accept_first"), _CHANGED),
    "open_continuation": Success(case_shapes.CommandAnswer, "The case that follows was opened.", lambda a: a.answered(OPENING), _OPENED),
    NOTIFIED: Success(case_shapes.NoticeAnswer, "The cases were opened.", Answers.notice, _CHANGED),
    "issue_command": Success(case_shapes.CommandAnswer, "The command was recorded.", lambda a: a.answered("accept_first"), _CHANGED),
    "directory_entries": _page_of(directory_shapes.DirectoryEntry, "The entries that fit.", Answers.directory_entry),
    "directory_entry": Success(directory_shapes.DirectoryEntry, "The entry.", Answers.directory_entry),
    "change_directory": Success(directory_shapes.DirectoryChanged, "The change was recorded.", Answers.directory_changed, _DONE),
    "service_promise": Success(lateness_shapes.ServicePromise, "The report.", lambda _: lateness_shapes.PROMISE),
    "work_figures": Success(figures_shapes.Figures, "The statistics.", lambda _: figures_shapes.FIGURES),
    "missed_ahead": Success(lateness_shapes.Forecast, "The forecast.", lambda _: lateness_shapes.FORECAST),
    "case_lateness": Success(lateness_shapes.Lateness, "Clock by clock.", lateness_shapes.lateness),
    "load_ahead": _page_of(lateness_shapes.DayLoad, "Day by day.", lambda _: lateness_shapes.LOAD),
    "my_tasks": _page_of(lateness_shapes.Task, "The tasks.", lambda _: lateness_shapes.TASK),
    "my_wishes": Success(notice_shapes.MyWishes, "How I am told.", lambda _: notice_shapes.WISHES),
    "say_my_wishes": Success(notice_shapes.MyWishes, "So I am told from now on.", lambda _: notice_shapes.WISHES),
    "preview_letters": _page_of(notice_shapes.LetterPreview, "The letters.", lambda _: notice_shapes.LETTER),
    "list_endpoints": _page_of(notice_shapes.Endpoint, "Programs and bots.", lambda _: notice_shapes.ENDPOINT),
    "make_endpoint": Success(notice_shapes.EndpointMade, "It is told from now on.", lambda _: notice_shapes.MADE, _DONE),
    "rotate_endpoint": Success(notice_shapes.EndpointMade, "The new key signs from now on.", lambda _: notice_shapes.MADE, _DONE),
    "switch_endpoint": Success(notice_shapes.EndpointSwitched, "It is done.", lambda _: notice_shapes.SWITCHED, _DONE),
    "list_deliveries": _page_of(notice_shapes.Delivery, "Deliveries.", lambda _: notice_shapes.DELIVERY),
    "replay_delivery": Success(notice_shapes.Replayed, "It will be sent again, under its id.", lambda _: notice_shapes.REPLAYED, _DONE),
    "case_told": _page_of(notice_shapes.Told, "Rung by rung and person by person.", lambda _: notice_shapes.TOLD),
    "case_proof": Success(audit_shapes.CaseProof, "The events and their proof.", lambda _: audit_shapes.CASE_PROOF),
    "read_audit": Success(audit_shapes.AuditState, "How the ledgers stand.", lambda _: audit_shapes.AUDIT),
    "list_checkpoints": _page_of(audit_shapes.CheckpointState, "The checkpoints.", lambda _: audit_shapes.CHECKPOINT),
    "begin_verification": Success(
        audit_shapes.VerificationRunning, "It was asked for, or one runs already.", lambda _: audit_shapes.RUNNING, _DONE
    ),
    "inclusion_proof": Success(ledger_shapes.InclusionProof, "The proof, and the checkpoint.", lambda _: ledger_shapes.INCLUSION),
    "consistency_proof": Success(ledger_shapes.ConsistencyProof, "The proof, and both roots.", lambda _: ledger_shapes.CONSISTENCY),
    "list_replans": _page_of(replan_shapes.Replan, "The newest changes first.", lambda _: replan_shapes.REPLAN),
    "preview_replan": Success(replan_shapes.ReplanPreview, "What it would move.", lambda _: replan_shapes.PREVIEW),
    "read_replan": Success(replan_shapes.ReplanWithCases, "The change.", lambda _: replan_shapes.WITH_CASES),
    "change_concerns": Success(directory_shapes.Concerned, "How many.", lambda _: {"cases": 12}),
    "open_duties": Success(directory_shapes.OpenDuties, "The numbers.", lambda _: {"cases_owned": 3, "cases_handled": 0, "inquiries": 1}),
    "preview_import": Success(directory_shapes.ImportReport, "The table was judged; nothing is written.", Answers.import_report),
    "read_import": Success(directory_shapes.ImportReport, "What was found.", Answers.import_report),
    "accept_import": Success(
        directory_shapes.ImportReport,
        "Every change of the table was written.",
        Answers.import_accepted,
        _DONE,
    ),
    "register_consultation": Success(
        inquiry_shapes.ConsultationAnswer, "The consultation was registered.", inquiry_answers.registered, _OPENED
    ),
    "consultation_command": Success(inquiry_shapes.ConsultationAnswer, "The command was recorded.", inquiry_answers.converted, _CHANGED),
    "find_consultations": _page_of(
        inquiry_shapes.ConsultationRow, "The consultations that fit and are within the caller's scope.", inquiry_answers.consultation_row_of
    ),
    "read_consultation": Success(inquiry_shapes.Consultation, "The consultation.", inquiry_answers.consultation, _ETAG),
    "allowed_on_consultation": _page_of(shapes.AllowedCommand, "The commands open to the caller.", Answers.allowed),
    "receive_duty_request": Success(inquiry_shapes.DutyAnswer, "The request was received.", inquiry_answers.received, _OPENED),
    "duty_command": Success(inquiry_shapes.DutyAnswer, "The command was recorded.", inquiry_answers.received, _CHANGED),
    "find_duty_requests": _page_of(
        inquiry_shapes.DutyRow, "The requests that fit and are within the caller's scope.", inquiry_answers.duty_row_of
    ),
    "read_duty_request": Success(inquiry_shapes.DutyRequest, "The request.", inquiry_answers.duty_request, _ETAG),
    "allowed_on_duty_request": _page_of(shapes.AllowedCommand, "The commands open to the caller.", Answers.allowed),
    "duty_log": Success(inquiry_shapes.DutyLog, "The office's log.", inquiry_answers.log),
    "open_shift": Success(inquiry_shapes.DutyShift, "The shift has begun.", inquiry_answers.shift, _DONE),
    "close_shift": Success(inquiry_shapes.DutyShift, "The shift is over.", inquiry_answers.shift, _DONE),
    "healthz": Success(shapes.Alive, "The process answers.", lambda _: {"status": "alive"}),
    "readyz": Success(shapes.Readiness, "Commands can be taken.", lambda _: _readiness(temporal=True)),
}
"""By operation; each command is an `issue_command` of its own."""
ASKED: Mapping[str, tuple[type[BaseModel], Mapping[str, Any]]] = {
    "new_token": (Credentials, TOKEN_REQUEST),
    "hardship": (AssessHardship, EXAMPLES["assess_hardship"]),
    "limitation": (LimitationQuestion, ASKING["limitation"]),
    "competent_centres": (VenueQuestion, ASKING["competent_centres"]),
    "rehearsal": (Rehearsal, ASKING["rehearsal"]),
    "set_standards": (Standards, ASKING["set_standards"]),
    "change_directory": (ChangeOfDirectory, ASKING["change_directory"]),
    "open_shift": (shift_log.GoOnDuty, {"remark": "接班时无未办事项。"}),
    "close_shift": (shift_log.GoOffDuty, {"handed_to": "P-HOU-JUN", "remark": "一份申请待转交县中心。"}),
    **person_shapes.BODIES,
    **erasure_shapes.BODIES,
}
"""Bodies of operations that are no commands, and an example of each."""
_OPENINGS: Mapping[str, str] = {
    "open_case": OPENING, "open_continuation": CONTINUING, NOTIFIED: NOTIFIED,
    "register_consultation": "register_consultation", "receive_duty_request": "receive_duty_request",
}  # fmt: skip
"""Operations of a single command that opens a case, further cases or another stream, and that command."""


_TAKEN: Mapping[str, tuple[type[BaseModel], Mapping[str, Any]]] = {
    **ASKED,
    **ACCOUNT_BODIES,
    **replan_shapes.BODIES,
    **notice_shapes.BODIES,
    **work_shapes.BODIES,
    **status_shapes.BODIES,
    **saved_filters.BODIES,
}
"""What operations take that are no commands, with an example."""


def _readiness(*, temporal: bool) -> Json:
    return {"status": "ready" if temporal else "not_ready", "checks": {"database": True, "temporal": temporal, "worker": True}}


def describe(app: FastAPI) -> Json:
    """The document of the app's routes under `PREFIX` and of the operations' pages."""
    found: Json = get_openapi(
        title="援手 Yuanshou",
        version=app.version,
        summary="Legal-aid cases from the door to the archive: commands in, events out, every date explained.",
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/"}],
        tags=[{"name": name, "description": what} for name, what in _TAGS.items()],
        routes=[route for route in app.routes if getattr(route, "include_in_schema", True)],
    )
    document = _Document(found["components"]["schemas"])
    found["paths"] = document.paths(found["paths"])
    found["components"] = {"schemas": document.schemas, "securitySchemes": found["components"]["securitySchemes"]}
    return found


class _Document:
    """One making of the document: the components, and what the operations refer to of them."""

    def __init__(self, declared: Json) -> None:
        """`declared` are the components FastAPI made of the routes' parameters and forms; they stand where they are used."""
        self.declared = declared
        self.answers = Answers(rules.current())
        bodies = [
            shapes.Bundle,
            *dict.fromkeys(kind for kind, _ in _TAKEN.values()),
            *(kind for kind in human_commands() if kind.name != ATTACHING),
        ]
        self.bodies, taken = body_components(bodies)
        wanted = [shapes.Problem, *dict.fromkeys(success.shape for success in SUCCESSES.values()), *EVENTS.values()]
        self.shapes, given = answer_components(wanted)
        if twice := taken.keys() & given.keys():
            raise ValueError(f"bodies and answers share names: {sorted(twice)}")
        self.schemas: Json = dict(sorted((vocabularies() | taken | given).items()))
        self.responses = Responses(_REQUEST_ID)
        self.successes = {name: self._success(success) for name, success in SUCCESSES.items()}

    def _success(self, success: Success) -> Json:
        content = {"schema": self.shapes[success.shape], "example": success.example(self.answers)}
        headers = _REQUEST_ID | success.headers
        return {"description": success.what, "headers": headers, "content": {"application/json": content}}

    def paths(self, paths: Mapping[str, Json]) -> Json:
        """Every path with its operations in full, in the order of the tags; a path a command."""
        operations = [
            (path, method, operation)
            for path, item in paths.items()
            for method, given in item.items()
            for path, operation in self._spread(path, method, given)
        ]
        order = list(_TAGS)
        shown: Json = {}
        for path, method, operation in sorted(operations, key=lambda o: order.index(o[2]["tags"][0])):
            shown.setdefault(path, {})[method] = operation
        return shown

    def _spread(self, path: str, method: str, given: Json) -> Iterator[tuple[str, Json]]:
        # FastAPI adds path and method to a route's name.
        name = str(given["operationId"]).removesuffix(re.sub(r"\W", "_", path) + f"_{method}")
        if path not in COMMAND_PATHS:
            yield path, self._operation(path, name, given)
            return
        for kind in human_commands():
            if kind.states and kind.name != ATTACHING and kind.stream == COMMAND_PATHS[path]:
                own = {"summary": _summary(kind), "description": _account(kind), "requestBody": self._body(kind, EXAMPLES[kind.name])}
                yield path.replace("{command}", kind.name), self._operation(path, name, given | own) | {"operationId": kind.name}

    def _operation(self, path: str, name: str, given: Json) -> Json:
        """One operation: what FastAPI knows of it, and what the tables say."""
        security: list[Json] = [] if name in _OPEN else [{"HTTPBearer": []}]
        operation: Json = given | {"operationId": name, "security": security}
        if name in _OPENINGS:
            kind = COMMANDS[_OPENINGS[name]]
            operation |= {"description": _account(kind), "requestBody": self._body(kind, EXAMPLES[kind.name])}
        elif name in BUNDLES:
            operation["requestBody"] = self._body(shapes.Bundle, BUNDLES[name])
        elif name in _TAKEN:
            operation["requestBody"] = self._body(*_TAKEN[name])
        elif name in _FORMS:
            operation["requestBody"] = self._form(given["requestBody"], *_FORMS[name])
        changes = any(p["name"] == "Idempotency-Key" for p in given.get("parameters", ()))
        parameters = [self._parameter(p) for p in given.get("parameters", ()) if p["name"] != "command"]
        if path.startswith(PREFIX):
            parameters.append(_LANGUAGE)
        if parameters:
            operation["parameters"] = parameters
        operation["responses"] = self._responses(path, name, operation, changes=changes)
        return operation

    def _responses(self, path: str, name: str, operation: Json, *, changes: bool) -> Json:
        status = next(status for status in operation["responses"] if status.startswith("2"))
        if name in _FILES:
            found: Json = {status: _FILES[name]} | _BESIDE.get(name, {})
        elif name in self.successes:
            found = {status: self.successes[name]}
        else:
            found = {status: {"description": "Done.", "headers": _REQUEST_ID}}
        if name == "readyz":
            content = {"schema": self.shapes[shapes.Readiness], "example": _readiness(temporal=False)}
            found["503"] = {"description": "Not yet: an engine is away.", "content": {"application/json": content}}
        if path.startswith(PREFIX):
            found |= self.responses.of(problems_of(name, operation, self._required(operation), changes=changes))
        return found

    def _required(self, operation: Json) -> list[str]:
        if "requestBody" not in operation:
            return []
        content: Json = next(iter(operation["requestBody"]["content"].values()))
        schema: Json = content["schema"]
        part: Json = self.schemas[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema
        return part.get("required", [])

    def _parameter(self, given: Json) -> Json:
        """A parameter as it is: never null, required where its absence is refused; an id with an example."""
        if given["name"] in _HEADERS:
            return _HEADERS[given["name"]]
        schema = spoken({name: value for name, value in self._said(given["schema"]).items() if name != "description"})
        if given["name"] in ("case_id", "consultation_id", "duty_request_id"):
            schema |= {"format": "uuid", "examples": [CASE_ID]}
        return given | {"schema": schema}

    def _said(self, schema: Json) -> Json:
        """The schema of a parameter or a form's field without null and title, what it names put in its place."""
        held = without_null({name: value for name, value in schema.items() if name != "title"})
        ref = held.pop("$ref", None)
        return self._said(self.declared[ref.removeprefix(REF)]) | held if ref else held

    def _form(self, given: Json, day: str, example: Json) -> Json:
        """The form of a file that is sent, as its route takes it; `day` is the field that holds one."""
        form = self._said(given["content"]["multipart/form-data"]["schema"])
        properties = {name: self._said(field) for name, field in form["properties"].items()}
        properties["file"] |= {"format": "binary"}
        properties[day] |= {"format": "date"}
        schema = form | {"properties": properties, "additionalProperties": False}
        return {"required": True, "content": {"multipart/form-data": {"schema": schema, "example": example}}}

    def _body(self, kind: type[BaseModel], example: Mapping[str, Any]) -> Json:
        return {"required": True, "content": {"application/json": {"schema": self.bodies[kind], "example": example}}}


def _summary(kind: type[Command]) -> str:
    return f"{texts.text('en', f'commands.{kind.name}')} · {texts.text('zh-CN', f'commands.{kind.name}')}"


def _account(kind: type[Command]) -> str:
    """The command in its own words, then who may issue it, from which states, and what it records."""
    lines = [" ".join((kind.__doc__ or "").split())]
    lines.append(f"Roles: {', '.join(sorted(kind.roles))}.")
    if kind.states:
        # `states` is a set; the order of cases passing through them reads better.
        lines.append(f"States: {', '.join(sorted(kind.states, key=lambda s: STATES.index(s) if s in STATES else -1))}.")
    lines.append(f"Records: {', '.join(kind.emits)}.")
    if kind.other_than:
        lines.append(f"Not by who did what `{kind.other_than}` records.")
    return "\n\n".join(filter(None, lines))


_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Names this change for ever, for this caller: the same key and body give the same answer, another body 409.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{8,128}$", "examples": ["3f0c8a52-7d1b-4e3e-9a55-0d2e6f1b7c44"]},
}
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Refuse (412) if something other than a time limit has happened to the case since this version; `*` is any.",
    "schema": {"type": "string", "pattern": r'^((W/)?"[0-9]{1,9}"|\*)$', "examples": ['"13"']},
}
_HEADERS = {parameter["name"]: parameter for parameter in (_KEY, _IF_MATCH)}


_FORM_EXAMPLE: Json = {"file": "%PDF-1.7 …", "title": "工资清单", "effective_on": "2026-11-24", "note": "复印件，已核对原件。"}
_TABLE_EXAMPLE: Json = {"file": "编码,名称,类别,上级机构,县区 …", "kind": "offices", "since": "2026-12-01"}
_FORMS: Mapping[str, tuple[str, Json]] = {ATTACHING: ("effective_on", _FORM_EXAMPLE), "preview_import": ("since", _TABLE_EXAMPLE)}
"""Operations that take a file: the form's field of a day, and an example."""
_ANY_FILE = "application/octet-stream"
_FILE: Json = {
    "description": "The file as it was sent, under its own media type.",
    "headers": _REQUEST_ID | {"Content-Disposition": {"schema": {"type": "string"}, "description": "Always an attachment."}},
    "content": {media: {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7 …"} for media in (_ANY_FILE, "*/*")},
}


def _pdf(what: str, *headers: str) -> Json:
    said = {
        "Template-Version": "The version of the template it was drawn from.",
        "Paper-About": "The version of the event it carries.",
        "Paper-Void": "`true` where another paper has taken its place.",
        "Paper-Missing-Glyphs": "Code points without a glyph, to be written in by hand; told of what was drawn just now.",
    }
    named = {name: {"schema": {"type": "string"}, "description": said[name]} for name in headers}
    disposition: Json = {"Content-Disposition": {"schema": {"type": "string"}, "description": "Inline, named by its number."}}
    content: Json = {"application/pdf": {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7 …"}}
    return {"description": what, "headers": _REQUEST_ID | disposition | named, "content": content}


def _export(what: str, *media: str) -> Json:
    said = {
        "Content-Disposition": "Always an attachment.",
        "Ledger-Position": "The last position looked at: asked again with it as `upto`, the export is the same.",
    }
    named = {name: {"schema": {"type": "string"}, "description": why} for name, why in said.items()}
    content = {each: {"schema": {"type": "string", "format": "binary"}, "example": "…"} for each in media}
    return {"description": what, "headers": _REQUEST_ID | named, "content": content}


_OF_A_BUNDLE = {
    "Content-Disposition": "Always an attachment.",
    "Bundle-Manifest": "SHA-256 of its manifest.json, hex: by it two people tell whether they hold the same bundle.",
    "Bundle-Versions": "Records of the case that are in it, 1 to this one.",
    "Bundle-Later": "Records since, not sealed yet and not in it.",
}
_OF_ONE = ("Template-Version", "Paper-About", "Paper-Void", "Paper-Missing-Glyphs")
_FILES: Mapping[str, Json] = {
    "document_content": _FILE,
    "export_xes": _export("The log, streamed: a trace a case.", "application/xml"),
    "export_ocel2": _export("The log, streamed: events with the objects they touch.", "application/json", "application/vnd.sqlite3"),
    "export_csv": _export("The table, streamed: a line an event.", "text/csv"),
    "preview_paper": _pdf("The paper, marked as a draft, without a number.", *_OF_ONE),
    "issued_paper": _pdf("The paper as it was issued, the same bytes each time.", *_OF_ONE),
    "import_template": {
        "description": "The header alone, for spreadsheets to open.",
        "headers": _REQUEST_ID,
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}, "example": "编码,名称 …"}},
    },
    "print_papers": _pdf("The papers one after another."),
    "court_bundle": {
        "description": "A zip; the same bytes as long as the checkpoint, its anchors and what was erased are the same.",
        "headers": _REQUEST_ID | {name: {"schema": {"type": "string"}, "description": said} for name, said in _OF_A_BUNDLE.items()},
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}, "example": "PK …"}},
    },
    "look_on": {
        "description": "Server-sent events, until the session ends or the caller goes; a comment every 15 seconds where there is none.",
        "headers": _REQUEST_ID,
        "content": {
            "text/event-stream": {"schema": {"type": "string", "format": "binary"}, "example": 'event: unread\ndata: {"unread":2}\n\n'}
        },
    },
    "read_checkpoint": {
        "description": "A signed note (C2SP tlog-checkpoint), whole.",
        "headers": _REQUEST_ID,
        "content": {"text/plain": {"schema": {"type": "string", "format": "binary"}, "example": ledger_shapes.CHECKPOINT}},
    },
    "calendar_feed": {
        "description": "An iCalendar (RFC 5545); 304 where nothing changed since the `ETag` that was sent back.",
        "headers": _REQUEST_ID | {"ETag": {"schema": {"type": "string"}, "description": "Send it back as If-None-Match."}},
        "content": {"text/calendar": {"schema": {"type": "string", "format": "binary"}, "example": "BEGIN:VCALENDAR …"}},
    },
}
"""Operations that answer with a file, or with events."""
_BESIDE: Mapping[str, Json] = {"calendar_feed": {"304": {"description": "Nothing changed since that `ETag`.", "headers": _REQUEST_ID}}}
"""What else such an operation may answer that is no problem."""
