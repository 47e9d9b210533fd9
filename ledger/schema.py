"""Every table, once. SQLAlchemy Core; Alembic's first migration creates them with grants and triggers (`migrations/`)."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
_now = sa.text("clock_timestamp()")


def _time(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable, server_default=_now if default else None)


events = sa.Table(
    "events",
    metadata,
    sa.Column("alg", sa.Text, nullable=False),
    sa.Column("ledger", sa.Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
    _time("recorded_at"),
    _time("decided_at"),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("on_behalf_of", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("command_id", sa.Text, nullable=False),
    sa.Column("correlation_id", sa.Text, nullable=False),
    sa.Column("causation", sa.Text),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("chain_hash", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("ledger", "position"),
    sa.UniqueConstraint("stream", "version"),
    comment="The ledger: append-only, dense positions, chained within each stream.",
)
# Of the cases' ledger alone: reads are many more than deeds, and who asks for them asks `access_reads`.
_of_cases = events.c.ledger == sa.literal_column("'case'")
sa.Index("events_by_type", events.c.type, events.c.position, postgresql_where=_of_cases)
sa.Index("events_by_actor", events.c.actor, events.c.position, postgresql_where=_of_cases)
sa.Index("events_by_office", events.c.office, events.c.position, postgresql_where=_of_cases)
sa.Index("events_by_legal_day", events.c.effective_on, events.c.position, postgresql_where=_of_cases)

access_reads = sa.Table(
    "access_reads",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False, comment="in the ledger `access`"),
    _time("at"),
    sa.Column("type", sa.Text, nullable=False, comment="personal_data_read or access_refused"),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("cases", pg.ARRAY(pg.UUID(as_uuid=False)), nullable=False, comment="cases, consultations, duty requests"),
    sa.Column("subjects", pg.ARRAY(pg.UUID(as_uuid=False)), nullable=False),
    sa.Column("what", pg.ARRAY(sa.Text), nullable=False, comment="of a refusal: the route"),
    sa.Column("channel", sa.Text),
    sa.Column("code", sa.Text, comment="of a refusal: what was told"),
    sa.Column("opened", sa.Integer, nullable=False, comment="values opened"),
    sa.Column("reason", sa.Text, comment="sealed"),
    sa.Column("command_id", sa.Text, nullable=False),
    sa.Column("correlation_id", sa.Text, nullable=False),
    comment="Read model, inline: the ledger `access` by case, subject and person.",
)
# Written at once, a list's fifty ids with it: an index that gathers them makes one unlucky reader wait for all.
sa.Index("access_reads_cases", access_reads.c.cases, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
sa.Index("access_reads_subjects", access_reads.c.subjects, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
sa.Index("access_reads_person", access_reads.c.person, access_reads.c.at, access_reads.c.position)
sa.Index("access_reads_time", access_reads.c.at, access_reads.c.position)

tiles = sa.Table(
    "tiles",
    metadata,
    sa.Column("ledger", sa.Text),
    sa.Column("level", sa.SmallInteger, comment="0 holds leaf hashes, 1 the roots of tiles of level 0, and so on"),
    sa.Column("n", sa.BigInteger, comment="the tile's place in its level, from 0"),
    sa.Column("hashes", sa.LargeBinary, nullable=False, comment="256 hashes of 32 bytes, one after the other"),
    sa.Column("root", sa.LargeBinary, nullable=False, comment="the hash over them, so that the level above needs 32 bytes a tile"),
    sa.PrimaryKeyConstraint("ledger", "level", "n"),
    sa.CheckConstraint("octet_length(hashes) = 8192 AND octet_length(root) = 32", name="tile_is_full"),
    comment="Full tiles of each ledger's Merkle tree (C2SP tlog-tiles, height 8). Made of the events and never changed.",
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("ledger", sa.Text),
    sa.Column("size", sa.BigInteger, comment="how many events are under it: those up to this position"),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.Text, nullable=False, comment="the signed note as it was given away"),
    _time("signed_at"),
    sa.PrimaryKeyConstraint("ledger", "size"),
    sa.CheckConstraint("size > 0 AND octet_length(root) = 32", name="checkpoint_is_whole"),
    comment="Signed heads of each ledger, insert only. One a size: two histories are never signed at one.",
)

anchors = sa.Table(
    "anchors",
    metadata,
    sa.Column("anchor_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("ledger", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="directory, email, witness"),
    sa.Column("place", sa.Text, nullable=False, comment="where it was put: names no person"),
    _time("anchored_at", default=True),
    sa.Column("receipt", sa.Text, nullable=False, comment="the note as it was put there, with cosignatures"),
    comment="Where checkpoints were put outside the database, insert only.",
)
sa.Index("anchors_by_age", anchors.c.ledger, anchors.c.kind, anchors.c.anchored_at)

verifications = sa.Table(
    "verifications",
    metadata,
    sa.Column("verification_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("asked_by", sa.Text, nullable=False, comment="code of the person"),
    _time("asked_at", default=True),
    _time("begun_at", nullable=True),
    sa.Column("done", sa.BigInteger, nullable=False, server_default="0", comment="events verified so far"),
    sa.Column("total", sa.BigInteger, comment="events there were when it began"),
    _time("finished_at", nullable=True),
    sa.Column("exit", sa.SmallInteger, comment="of `yuanshou verify`: 0 clean, 1 tampering, 2 could not run, 3 clean but anchors are old"),
    sa.Column("result", pg.JSONB, comment="what it found, as in verified.json"),
    comment="Verifications of the ledgers asked for on the audit page: by whom, how far they came, what they found.",
)
sa.Index("verifications_open", sa.text("(true)"), unique=True, postgresql_where=verifications.c.finished_at.is_(None), _table=verifications)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False, server_default="case", comment="case, consultation, duty: the stream is <kind>/<case_id>"),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("snapshot", pg.JSONB),
    sa.Column("schema", sa.Integer),
    sa.Column("centre", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("outlet", sa.Text),
    sa.Column("next_rung_at", sa.TIMESTAMP(timezone=True)),
    sa.Column("armed_version", sa.Integer, nullable=False, server_default="0"),
    _time("changed_at", default=True),
    comment="Lock, head and snapshot (a cache of the fold) of a stream that takes commands. armed_version: what its workflow has seen.",
)

sa.Index("cases_next_rung", cases.c.next_rung_at, postgresql_where=cases.c.next_rung_at.is_not(None))

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("command_id", sa.Text, primary_key=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text, nullable=False),
    sa.Column("body_hmac", sa.LargeBinary, nullable=False),
    sa.Column("hmac_key", sa.Text, nullable=False),
    sa.Column("case_id", pg.UUID(as_uuid=False), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, server_default="case", comment="of the stream the command is for, as in cases"),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("body", pg.JSONB),
    sa.Column("tokens", pg.JSONB),
    sa.Column("actor", pg.JSONB, nullable=False),
    sa.Column("on_behalf_of", sa.Text),
    sa.Column("effective_on", sa.Date),
    sa.Column("if_match", sa.Integer),
    sa.Column("correlation_id", sa.Text, nullable=False),
    sa.Column("centre", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("outlet", sa.Text),
    sa.Column("outcome", pg.JSONB),
    _time("received_at", default=True),
    _time("decided_at", nullable=True),
    sa.UniqueConstraint("principal", "idempotency_key"),
    comment="Every command received, its body until it is decided, and its outcome for ever.",
)
sa.Index("inbox_open", inbox.c.received_at, postgresql_where=inbox.c.outcome.is_(None))
sa.Index("inbox_by_case", inbox.c.case_id)
sa.Index("inbox_refused", inbox.c.received_at, inbox.c.command_id, postgresql_where=sa.text("outcome ? 'refusal'"))

deeds = sa.Table(
    "deeds",
    metadata,
    sa.Column("principal", sa.Text),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("deed_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("body_hmac", sa.LargeBinary, nullable=False),
    sa.Column("hmac_key", sa.Text, nullable=False),
    sa.Column("outcome", pg.JSONB),
    _time("done_at", default=True),
    sa.PrimaryKeyConstraint("principal", "idempotency_key"),
    comment="Changes to registers (directory, accounts, rotas), each once a principal and key, with its outcome for ever.",
)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("import_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("directory", sa.Integer, nullable=False, comment="how many events the directory had when the table was judged"),
    sa.Column("report", pg.JSONB, nullable=False, comment="counts, and faults by row and column"),
    _time("created_at", default=True),
    _time("accepted_at", nullable=True),
    comment="Tables sent for the directory and judged, waiting to be accepted. Reference data of offices and staff, nothing of a case.",
)

import_rows = sa.Table(
    "import_rows",
    metadata,
    sa.Column("import_id", pg.UUID(as_uuid=False), sa.ForeignKey("imports.import_id", ondelete="CASCADE")),
    sa.Column("n", sa.Integer),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("import_id", "n"),
    comment="The changes a judged table would bring, in their order; gone once they are accepted.",
)

number_series = sa.Table(
    "number_series",
    metadata,
    sa.Column("kind", sa.Text),
    sa.Column("centre", sa.Text),
    sa.Column("year", sa.Integer),
    sa.Column("last", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("kind", "centre", "year"),
)

subject_keys = sa.Table(
    "subject_keys",
    metadata,
    sa.Column("subject_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("master_key", sa.Text, nullable=False, comment="id of the master key that wraps it"),
    sa.Column("wrapped", sa.LargeBinary, comment="AES-256-GCM of the data key; null once shredded"),
    sa.Column("state", sa.Text, nullable=False, server_default="live", comment="live, restricted, shredded"),
    _time("created_at", default=True),
    _time("shredded_at", nullable=True),
    sa.CheckConstraint("(wrapped IS NULL) = (shredded_at IS NOT NULL)", name="shredded_key_is_gone"),
)

search_tokens = sa.Table(
    "search_tokens",
    metadata,
    sa.Column("token", sa.BigInteger, nullable=False, autoincrement=False),
    sa.Column("subject_id", pg.UUID(as_uuid=False), nullable=False),
    sa.PrimaryKeyConstraint("token", "subject_id"),
    comment="Terms of names, numbers and phone tails, the first 64 bits of an HMAC: who is found by which. They go with the shred.",
)
sa.Index("search_tokens_by_subject", search_tokens.c.subject_id)

people = sa.Table(
    "people",
    metadata,
    sa.Column("subject_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("id_token", sa.BigInteger, comment="HMAC, 64 bits, of the identity number"),
    sa.Column("name_token", sa.BigInteger, comment="of the whole name"),
    sa.Column("shape_token", sa.BigInteger, comment="of the name with variant and mistaken characters as one"),
    sa.Column("kept", pg.UUID(as_uuid=False), comment="the subject it is linked to as the same person"),
    comment="Marks by which two entries are told to be one person, and who was linked. They go with the shred.",
)
for _column in ("id_token", "name_token", "shape_token", "kept"):
    sa.Index(f"people_{_column}", people.c[_column], postgresql_where=people.c[_column].is_not(None))

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("subject_id", pg.UUID(as_uuid=False), comment="the subject that stands for the person"),
    sa.Column("version", sa.Integer, autoincrement=False, comment="of the request in the person's stream"),
    sa.Column("subjects", pg.ARRAY(pg.UUID(as_uuid=False)), nullable=False, comment="every entry that is linked as this person"),
    sa.Column("state", sa.Text, nullable=False, comment="open, approved, refused, done"),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_on", sa.Date, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_on", sa.Date),
    sa.Column("refused_for", sa.Text),
    _time("destroyed_at", nullable=True),
    _time("finished_at", nullable=True),
    sa.PrimaryKeyConstraint("subject_id", "version"),
    comment="Read model, inline: requests that a person be erased, and how far each has come.",
)
sa.Index("erasures_waiting", erasures.c.state, erasures.c.asked_on, postgresql_where=erasures.c.state.in_(["open", "approved"]))

case_people = sa.Table(
    "case_people",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False), comment="of a case, consultation or duty request"),
    sa.Column("party_id", sa.Integer, autoincrement=False),
    sa.Column("subject_id", pg.UUID(as_uuid=False), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="case, consultation or duty"),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("present", sa.Boolean, nullable=False, comment="false: left, or was replaced"),
    sa.PrimaryKeyConstraint("case_id", "party_id"),
    comment="Read model, inline: who is in what, in which role.",
)
sa.Index("case_people_by_subject", case_people.c.subject_id)

case_list = sa.Table(
    "case_list",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("register_number", sa.Text),
    sa.Column("case_number", sa.Text),
    sa.Column("register_serial", sa.Text, comment="the digits of the register number that count"),
    sa.Column("case_serial", sa.Text, comment="those of the case number"),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("lane", sa.Text),
    sa.Column("centre", sa.Text, nullable=False),
    sa.Column("outlet", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("lawyer", sa.Text),
    sa.Column("lawyers", pg.ARRAY(sa.Text), nullable=False, server_default="{}", comment="every lawyer on the case; lawyer is the lead"),
    sa.Column("owner", sa.Text),
    sa.Column("accepted_by", sa.Text, comment="who accepted first, by delegation"),
    sa.Column("excluded", pg.ARRAY(sa.Text), nullable=False, server_default="{}", comment="codes behind the case's walls, or recused"),
    sa.Column("categories", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("kind", sa.Text),
    sa.Column("cause", sa.Text),
    sa.Column("channel", sa.Text),
    sa.Column("recipient_count", sa.Integer, nullable=False),
    sa.Column("applicant", pg.JSONB, nullable=False, comment="the applicant's sealed name"),
    sa.Column("opened_on", sa.Date, nullable=False),
    _time("updated_at"),
    sa.Column("due_at", sa.TIMESTAMP(timezone=True), comment="the nearest open due moment"),
    sa.Column("due_limit", sa.Text),
    sa.Column("waiting_for", sa.Text, comment="who must act now: a role, or applicant"),
    sa.Column("clocks", pg.JSONB, nullable=False, server_default="[]", comment="its time limits, for lists of deadlines"),
    comment="Read model, inline: what lists, queues and searches show.",
)
for _column in ("register_number", "case_number", "register_serial", "case_serial", "lawyer", "owner", "updated_at", "due_at"):
    sa.Index(f"case_list_{_column}", case_list.c[_column])
_open = sa.or_(case_list.c.stage != "ended", case_list.c.waiting_for.is_not(None))
sa.Index("case_list_open_centre", case_list.c.centre, case_list.c.due_at, postgresql_where=_open)
sa.Index("case_list_open_outlet", case_list.c.outlet, case_list.c.due_at, postgresql_where=_open)
sa.Index("case_list_excluded", case_list.c.excluded, postgresql_using="gin", postgresql_where=sa.text("excluded <> '{}'"))
sa.Index("case_list_outlet_centre", case_list.c.outlet, case_list.c.centre, case_list.c.case_id)
sa.Index("case_list_cause", case_list.c.cause, case_list.c.case_id)
sa.Index("case_list_accepted_by", case_list.c.accepted_by, postgresql_where=case_list.c.accepted_by.is_not(None))
sa.Index("case_list_lawyers", case_list.c.lawyers, postgresql_using="gin")
sa.Index("case_list_scope", case_list.c.centre, case_list.c.state, case_list.c.updated_at)
sa.Index("case_list_outlet", case_list.c.outlet, case_list.c.updated_at)
sa.Index("case_list_unit", case_list.c.unit, case_list.c.updated_at)

handlings = sa.Table(
    "handlings",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False)),
    sa.Column("lawyer", sa.Text, comment="empty where a unit declined before it named anybody"),
    sa.Column("version", sa.Integer, comment="of the case when it came to the lawyer"),
    sa.Column("unit", sa.Text),
    sa.Column("centre", sa.Text, nullable=False),
    sa.Column("named_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),
    sa.Column("ended_by", sa.Text, comment="declined, released, renamed, closed"),
    sa.PrimaryKeyConstraint("case_id", "lawyer", "version"),
    comment="Read model, inline: who was given which case when. Codes and dates only: everybody's turn is counted whoever asks.",
)
sa.Index("handlings_by_lawyer", handlings.c.lawyer, handlings.c.named_on)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="of the case when it was taken: an act of the person since then ends it"),
    sa.Column("centre", sa.Text, nullable=False),
    sa.Column("outlet", sa.Text),
    sa.Column("unit", sa.Text),
    _time("taken_at"),
    _time("until"),
    comment="Cases taken from the queue and not acted on yet; they are shown to colleagues and run out.",
)
sa.Index("claims_by_person", claims.c.person)

inquiries = sa.Table(
    "inquiries",
    metadata,
    sa.Column("inquiry_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False, comment="consultation or duty"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("centre", sa.Text, nullable=False),
    sa.Column("outlet", sa.Text, comment="the office that received it, where that is no centre"),
    sa.Column("owner", sa.Text, comment="who must not drop it (first-inquiry responsibility)"),
    sa.Column("handing_to", sa.Text, comment="whom a hand-over waits for"),
    sa.Column("channel", sa.Text),
    sa.Column("in_custody", sa.Boolean),
    sa.Column("person", pg.JSONB, comment="the sealed name of who asked; absent for who did not say"),
    sa.Column("forwarded_to", sa.Text),
    sa.Column("case_id", pg.UUID(as_uuid=False), comment="the case it became"),
    _time("received_at"),
    _time("updated_at"),
    sa.Column("due_at", sa.TIMESTAMP(timezone=True), comment="the nearest open due moment"),
    sa.Column("due_limit", sa.Text),
    sa.Column("waiting_for", sa.Text),
    sa.Column("clocks", pg.JSONB, nullable=False, server_default="[]"),
    comment="Read model, inline: consultations and requests to duty lawyers.",
)
for _column in ("centre", "outlet", "owner", "handing_to"):
    sa.Index(f"inquiries_{_column}", inquiries.c[_column], inquiries.c.received_at)
sa.Index("inquiries_case", inquiries.c.case_id)

clock_list = sa.Table(
    "clock_list",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False), comment="of a case, consultation or duty request"),
    sa.Column("clock_id", sa.Text, comment="<limit>/<version of the event that started it>"),
    sa.Column("kind", sa.Text, nullable=False, comment="of the stream, as in cases"),
    sa.Column("limit_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="as recorded: one whose date has passed may still be called running"),
    sa.Column("live", sa.Boolean, nullable=False, comment="still to be met"),
    sa.Column("unit", sa.Text, nullable=False, comment="calendar_day, working_day, hour, date"),
    sa.Column("started_on", sa.Date, nullable=False),
    sa.Column("started_at", sa.TIMESTAMP(timezone=True), comment="of a limit in hours"),
    sa.Column("due_on", sa.Date, nullable=False),
    _time("due_at"),
    sa.Column("first_due_on", sa.Date, nullable=False, comment="as it was first set"),
    sa.Column("moves", sa.Integer, nullable=False, comment="how often another date was set, pauses not counted"),
    sa.Column("ended_on", sa.Date),
    sa.Column("paused_since", sa.Date, comment="of the oldest pause that is open"),
    sa.Column("paused_days", sa.Integer, nullable=False, comment="days of closed pauses, those that overlap once"),
    sa.Column("on_miss", sa.Text),
    sa.Column("confirmed", sa.Boolean, nullable=False),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("centre", sa.Text),
    sa.Column("outlet", sa.Text),
    sa.Column("unit_code", sa.Text),
    sa.Column("owner", sa.Text),
    sa.Column("asked_on", sa.Date, comment="since when somebody waits for more time to be granted"),
    sa.Column("asked_by", sa.Text, comment="code of whoever asked for more time"),
    sa.Column("asked_to", sa.Date, comment="until when"),
    sa.PrimaryKeyConstraint("case_id", "clock_id"),
    comment="Read model, inline: every time limit of every case and inquiry, running or over.",
)
sa.Index("clock_list_live", clock_list.c.due_at, postgresql_where=clock_list.c.live)
sa.Index("clock_list_asked", clock_list.c.asked_on, postgresql_where=clock_list.c.asked_on.isnot(None))
sa.Index("clock_list_open", clock_list.c.case_id, postgresql_where=clock_list.c.live)
sa.Index("clock_list_centre", clock_list.c.centre, clock_list.c.due_on)
sa.Index("clock_list_limit", clock_list.c.limit_id, clock_list.c.ended_on)

stage_days = sa.Table(
    "stage_days",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False)),
    sa.Column("n", sa.Integer, autoincrement=False, comment="1 for the first state of the case, then on"),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("entered_on", sa.Date, nullable=False, comment="legal day of the event that brought it"),
    sa.Column("left_on", sa.Date, comment="of the event that ended it; null: the case stands in it"),
    _time("entered_at"),
    _time("left_at", nullable=True),
    sa.Column("version", sa.Integer, nullable=False, comment="of the event that brought it"),
    sa.Column("type", sa.Text, nullable=False, comment="of that event"),
    sa.Column("centre", sa.Text, nullable=False, comment="of the case then"),
    sa.Column("office", sa.Text, nullable=False, comment="for which that event was recorded"),
    sa.Column("actor", sa.Text, nullable=False, comment="who recorded it"),
    sa.PrimaryKeyConstraint("case_id", "n"),
    comment="Read model, following: how long each case stood in which stage and state.",
)
sa.Index("stage_days_state", stage_days.c.state, stage_days.c.entered_on)
sa.Index("stage_days_centre", stage_days.c.centre, stage_days.c.entered_on)

case_offices = sa.Table(
    "case_offices",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False)),
    sa.Column("office", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, comment="of the first event that was recorded for it"),
    sa.PrimaryKeyConstraint("case_id", "office"),
    comment="Read model, following: which offices acted on which case.",
)
sa.Index("case_offices_office", case_offices.c.office, case_offices.c.case_id)

case_facts = sa.Table(
    "case_facts",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False)),
    sa.Column("fact", sa.Text, comment="what is counted, such as kind, channel, township, decision, money"),
    sa.Column("key", sa.Text, comment="which of them, such as hotline; empty where there is but one"),
    sa.Column("day", sa.Date, nullable=False, comment="the legal day by which it is put into a period"),
    sa.Column("centre", sa.Text, nullable=False, comment="of the case"),
    sa.Column("kind", sa.Text, nullable=False, comment="of the matter; unknown where nobody said"),
    sa.Column("place", sa.Text, nullable=False, comment="of a township: the office to which the way is measured; else empty"),
    sa.Column("days", sa.Integer, nullable=False, comment="from the application to a decision or an assignment; else 0"),
    sa.Column("amount", sa.BigInteger, nullable=False, comment="fen of money and subsidies, people helped of kind; else 0"),
    sa.PrimaryKeyConstraint("case_id", "fact", "key"),
    comment="Read model, following: what the statistics count of each case, a row each.",
)
sa.Index("case_facts_found", case_facts.c.fact, case_facts.c.key, case_facts.c.day, case_facts.c.case_id)

fact_counts = sa.Table(
    "fact_counts",
    metadata,
    sa.Column("centre", sa.Text, comment="`*` for all centres together"),
    sa.Column("kind", sa.Text, comment="of the matter; `*` for all kinds together"),
    sa.Column("fact", sa.Text),
    sa.Column("month", sa.Date, comment="its first day"),
    *(sa.Column(name, sa.Text) for name in ("key", "place")),
    sa.Column("days", sa.Integer, autoincrement=False),
    sa.Column("cases", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("centre", "kind", "fact", "month", "key", "place", "days"),
    comment="The rows of case_facts counted, by centre, kind and month. Kept by triggers on that table, in its own transactions.",
)

followers = sa.Table(
    "followers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="of a following read model"),
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0", comment="the last of the cases' ledger it holds"),
    _time("at", default=True),
    _time("halted_at", nullable=True),
    sa.Column("halted_position", sa.BigInteger, comment="of the event that could not be applied"),
    sa.Column("error", sa.Text, comment="a short word for why; nothing personal"),
    sa.CheckConstraint("(halted_at IS NULL) = (halted_position IS NULL)", name="halted_somewhere"),
    comment="How far each following read model has come, and which one stopped at what.",
)

replans = sa.Table(
    "replans",
    metadata,
    sa.Column("ref", sa.Text, primary_key=True, comment="what changed: calendar/<position of the event>, rule/<position>"),
    sa.Column("change", sa.Text, nullable=False, comment="type of the directory's event"),
    sa.Column("concerns", sa.Text, nullable=False, comment="which entry: a day, an office, a limit"),
    sa.Column("since", sa.Date, nullable=False, comment="the legal day it holds from; nothing is planned anew before"),
    sa.Column("asked_by", sa.Text, nullable=False),
    _time("created_at", default=True),
    sa.Column("cursor", pg.UUID(as_uuid=False), comment="the last case looked at"),
    sa.Column("looked_at", sa.Integer, nullable=False, server_default="0", comment="cases and inquiries with a live clock"),
    sa.Column("touched", sa.Integer, nullable=False, server_default="0", comment="those with a clock that the change moves"),
    _time("walked_at", nullable=True),
    _time("finished_at", nullable=True),
    comment="Changes of calendar and rules for which the clocks of open cases are planned anew, in the background.",
)
sa.Index("replans_open", replans.c.created_at, postgresql_where=replans.c.finished_at.is_(None))

replan_cases = sa.Table(
    "replan_cases",
    metadata,
    sa.Column("ref", sa.Text, sa.ForeignKey("replans.ref")),
    sa.Column("case_id", pg.UUID(as_uuid=False)),
    sa.Column("kind", sa.Text, nullable=False, comment="of the stream, as in cases"),
    sa.Column("moves", pg.JSONB, comment="[{clock, limit, old, new}] as recorded; null until then"),
    _time("asked_at", default=True),
    _time("done_at", nullable=True),
    sa.PrimaryKeyConstraint("ref", "case_id"),
    comment="Cases and inquiries whose clocks a change moves, and from which date to which.",
)
sa.Index("replan_cases_open", replan_cases.c.ref, postgresql_where=replan_cases.c.done_at.is_(None))

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="<case>/<limit>/<start version>/<plan version>/<rung>: one rung, one message"),
    sa.Column("case_id", pg.UUID(as_uuid=False), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("recipients", pg.JSONB, nullable=False, comment="functions of the directory: owner, team_lead, supervisor, ..."),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Column("centre", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("outlet", sa.Text),
    _time("created_at", default=True),
    _time("delivered_at", nullable=True),
)
sa.Index("outbox_open", outbox.c.created_at, postgresql_where=outbox.c.delivered_at.is_(None))

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="<outbox id>/<person>"),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("case_id", pg.UUID(as_uuid=False), comment="null for what belongs to none, such as a digest"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Column("centre", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("outlet", sa.Text),
    _time("created_at", default=True),
    _time("read_at", nullable=True),
    comment="The in-app inbox of a person.",
)
sa.Index("messages_by_person", messages.c.person, messages.c.created_at)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("wishes", sa.LargeBinary, nullable=False, comment="addresses, channels, quiet hours, language; encrypted under a master key"),
    _time("changed_at", default=True),
    comment="How people want to be told beside the in-app inbox.",
)

endpoints = sa.Table(
    "endpoints",
    metadata,
    sa.Column("endpoint_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("channel", sa.Text, nullable=False, comment="webhook or bot"),
    sa.Column("office", sa.Text, nullable=False, comment="gets what concerns this office and those below it"),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("address", sa.LargeBinary, nullable=False, comment="encrypted under a master key: a bot's address is its password"),
    sa.Column("secrets", sa.LargeBinary, comment="of a webhook: its signing keys, the newest first; encrypted alike"),
    sa.Column("kinds", pg.ARRAY(sa.Text), nullable=False, comment="kinds of messages it gets"),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("made_by", sa.Text, nullable=False),
    _time("created_at", default=True),
    _time("removed_at", nullable=True),
    comment="Programs and chat bots of offices that are told.",
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="<message id>/<channel>, <outbox id>/<channel>/<endpoint>"),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("person", sa.Text),
    sa.Column("endpoint_id", pg.UUID(as_uuid=False)),
    sa.Column("case_id", pg.UUID(as_uuid=False)),
    sa.Column("clock_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting", comment="waiting, held (quiet hours), sent, dead, silenced"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    _time("next_at"),
    sa.Column("last_fault", sa.Text, comment="a short code; nothing personal"),
    _time("created_at", default=True),
    _time("sent_at", nullable=True),
    sa.Column("centre", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("outlet", sa.Text),
    comment="What is to leave the house, was sent, or could not be.",
)
sa.Index("deliveries_due", deliveries.c.channel, deliveries.c.next_at, postgresql_where=deliveries.c.state.in_(["waiting", "held"]))
sa.Index("deliveries_case", deliveries.c.case_id)
sa.Index("deliveries_dead", deliveries.c.created_at, postgresql_where=deliveries.c.state == "dead")

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("username", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False, comment="code of the directory"),
    sa.Column("password_hash", sa.Text, nullable=False, comment="argon2id"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    _time("locked_until", nullable=True),
    sa.Column("language", sa.Text, nullable=False, server_default="zh-CN"),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false(), comment="the password is a first one, for one sign-in"),
    _time("last_sign_in_at", nullable=True),
    _time("created_at", default=True),
)

second_factors = sa.Table(
    "second_factors",
    metadata,
    sa.Column("username", sa.Text, sa.ForeignKey("accounts.username"), primary_key=True),
    sa.Column("secret", sa.LargeBinary, comment="TOTP secret in force, encrypted under a master key and bound to the account"),
    sa.Column("pending", sa.LargeBinary, comment="one that is being enrolled, encrypted alike"),
    sa.Column("last_step", sa.BigInteger, nullable=False, server_default="0", comment="of the last code accepted: none is accepted twice"),
    sa.Column("drift", sa.SmallInteger, nullable=False, server_default="0", comment="steps the device's clock was off at the last code"),
    sa.Column("recovery", pg.ARRAY(sa.LargeBinary), nullable=False, server_default="{}", comment="SHA-256 of the codes not yet spent"),
    _time("enrolled_at", nullable=True),
    comment="Codes of time (RFC 6238) that accounts ask for beside the password.",
)

oidc_links = sa.Table(
    "oidc_links",
    metadata,
    sa.Column("issuer", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("username", sa.Text, sa.ForeignKey("accounts.username"), nullable=False),
    sa.PrimaryKeyConstraint("issuer", "subject"),
    sa.UniqueConstraint("issuer", "username"),
    comment="Under which name a provider's person signs in here.",
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True, comment="SHA-256 of the opaque token"),
    sa.Column("username", sa.Text, sa.ForeignKey("accounts.username"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="bearer or cookie; token: a personal access token"),
    sa.Column("csrf_hash", sa.LargeBinary),
    _time("created_at", default=True),
    _time("expires_at"),
    _time("ended_at", nullable=True),
    sa.Column("session_id", pg.UUID(as_uuid=False), nullable=False, unique=True, server_default=sa.text("gen_random_uuid()")),
    _time("seen_at", default=True),
    sa.Column("scopes", pg.ARRAY(sa.Text), comment="of a personal access token; null: everything the person may"),
    sa.Column("label", sa.Text, comment="of a personal access token: what it is for"),
    sa.Column("owes", pg.ARRAY(sa.Text), nullable=False, server_default="{}", comment="what must be done before anything else may be"),
    sa.Column("address", sa.Text, comment="from which it was opened"),
    sa.Column("agent", sa.Text, comment="the browser or program that opened it, as it says"),
    sa.Column(
        "sat_at",
        sa.TIMESTAMP(timezone=True),
        comment="when a code of the second factor was given last, or a decision made since while it was still fresh",
    ),
)
sa.Index("sessions_by_username", sessions.c.username, sessions.c.created_at)

sign_in_throttle = sa.Table(
    "sign_in_throttle",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    _time("since"),
    comment="Failed sign-ins by network address within a window; known to every process.",
)

security_refusals = sa.Table(
    "security_refusals",
    metadata,
    sa.Column("id", pg.UUID(as_uuid=False), primary_key=True),
    _time("at", default=True),
    sa.Column("kind", sa.Text, nullable=False, comment="the problem's code"),
    sa.Column("username", sa.Text, comment="an account that exists; a name that was guessed is not kept"),
    sa.Column("address", sa.Text),
    sa.Column("correlation_id", sa.Text),
    comment="Sign-ins and rights that were refused. Append-only; whom it may be shown to: security administrators and auditors.",
)
sa.Index("security_refusals_by_time", security_refusals.c.at)

broken_glass = sa.Table(
    "broken_glass",
    metadata,
    sa.Column("case_id", pg.UUID(as_uuid=False)),
    sa.Column("person", sa.Text),
    _time("until"),
    sa.PrimaryKeyConstraint("case_id", "person"),
    comment="Read model, inline: who may read a case through its wall, and how long.",
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("document_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("case_id", pg.UUID(as_uuid=False), nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False, comment="encrypted under the applicant's key"),
    sa.Column("centre", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("outlet", sa.Text),
    _time("created_at", default=True),
)

saved_filters = sa.Table(
    "saved_filters",
    metadata,
    sa.Column("filter_id", pg.UUID(as_uuid=False), primary_key=True),
    sa.Column("person", sa.Text, nullable=False, comment="code of whoever saved it; nobody else sees it"),
    sa.Column("page", sa.Text, nullable=False, comment="cases, history, deadlines"),
    sa.Column("name", sa.Text, nullable=False, comment="as they call it"),
    sa.Column("query", sa.Text, nullable=False, comment="of the page's address: codes and days, never words searched for"),
    _time("created_at", default=True),
    sa.UniqueConstraint("person", "page", "name"),
    comment="Filters of lists that people gave a name and come back to.",
)

wall_offices = sa.Table(
    "wall_offices",
    metadata,
    sa.Column("code", sa.Text),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("bureau", sa.Text, comment="the bureau that set it up"),
    sa.Column("centre", sa.Text, comment="the centre it stands under; a centre is its own"),
    sa.Column("above", pg.ARRAY(sa.Text), nullable=False, comment="itself and the offices above it, upwards"),
    sa.Column("whole_city", sa.Boolean, nullable=False, comment="the city's bureau or centre: every office is below it"),
    sa.PrimaryKeyConstraint("code", "since"),
    comment="Of the directory's offices what row-level security asks, with the days it holds on, both included.",
)
sa.Index("wall_offices_above", wall_offices.c.above, postgresql_using="gin")
sa.Index("wall_offices_bureau", wall_offices.c.bureau)

wall_people = sa.Table(
    "wall_people",
    metadata,
    sa.Column("code", sa.Text),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
    sa.Column("lawyer", sa.Text),
    sa.Column("unit", sa.Text),
    sa.PrimaryKeyConstraint("code", "since"),
    comment="The directory's people with their codes as lawyer and of their unit, with the days they hold on.",
)

wall_grants = sa.Table(
    "wall_grants",
    metadata,
    sa.Column("person", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("office", sa.Text),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
    sa.PrimaryKeyConstraint("person", "role", "office", "since"),
    comment="Roles at offices with their days, both included.",
)
