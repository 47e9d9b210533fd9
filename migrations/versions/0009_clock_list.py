"""Every time limit in a table of its own; messages that belong to no case."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_list",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False, comment="of a case, consultation or duty request"),
        sa.Column("clock_id", sa.Text(), nullable=False, comment="<limit>/<version of the event that started it>"),
        sa.Column("kind", sa.Text(), nullable=False, comment="of the stream, as in cases"),
        sa.Column("limit_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="as recorded: one whose date has passed may still be called running"),
        sa.Column("live", sa.Boolean(), nullable=False, comment="still to be met"),
        sa.Column("unit", sa.Text(), nullable=False, comment="calendar_day, working_day, hour, date"),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), nullable=True, comment="of a limit in hours"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False, comment="as it was first set"),
        sa.Column("moves", sa.Integer(), nullable=False, comment="how often another date was set, pauses not counted"),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("paused_since", sa.Date(), nullable=True, comment="of the oldest pause that is open"),
        sa.Column("paused_days", sa.Integer(), nullable=False, comment="days of closed pauses, those that overlap once"),
        sa.Column("on_miss", sa.Text(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("centre", sa.Text(), nullable=True),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "clock_id"),
        comment="Read model, inline: every time limit of every case and inquiry, running or over.",
    )
    op.create_index("cases_next_rung", "cases", ["next_rung_at"], unique=False, postgresql_where=sa.text("next_rung_at IS NOT NULL"))
    op.create_index("clock_list_live", "clock_list", ["due_at"], unique=False, postgresql_where=sa.text("live"))
    op.create_index("clock_list_centre", "clock_list", ["centre", "due_on"], unique=False)
    op.create_index("clock_list_limit", "clock_list", ["limit_id", "ended_on"], unique=False)
    op.alter_column(
        "messages",
        "case_id",
        nullable=True,
        existing_type=sa.UUID(as_uuid=False),
        comment="null for what belongs to none, such as a digest",
    )
    # Of the cases there are, as their snapshots tell; earlier dates and pauses come with the next event on each clock.
    op.execute(
        """
        INSERT INTO clock_list
        SELECT c.case_id, k->>'id', c.kind, k->>'limit', k->>'state',
            k->>'state' IN ('running', 'paused', 'missed') AND k->>'ended_on' IS NULL,
            k->>'unit', (k->>'started_on')::date, (k->>'started_at')::timestamptz, (k->>'due_on')::date, (k->>'due_at')::timestamptz,
            (k->>'due_on')::date, 0, (k->>'ended_on')::date, NULL, 0, k->>'on_miss', coalesce((k->>'confirmed')::boolean, true),
            coalesce((k->'counted'->>'provisional')::boolean, false), c.centre, c.outlet, c.unit, c.snapshot->>'owner'
        FROM cases c, jsonb_array_elements(c.snapshot->'clocks') AS k
        """
    )
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT ON clock_list TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
                GRANT SELECT ON clock_list TO reader;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON clock_list TO auditor;
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    op.drop_index("cases_next_rung", table_name="cases")
    op.drop_table("clock_list")
    op.alter_column("messages", "case_id", nullable=False, existing_type=sa.UUID(as_uuid=False), existing_comment=None)
