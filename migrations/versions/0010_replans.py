"""Changes of calendar and rules, and the cases whose clocks they move."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replans",
        sa.Column("ref", sa.Text(), nullable=False, comment="what changed: calendar/<position of the event>, rule/<position>"),
        sa.Column("change", sa.Text(), nullable=False, comment="type of the directory's event"),
        sa.Column("concerns", sa.Text(), nullable=False, comment="which entry: a day, an office, a limit"),
        sa.Column("since", sa.Date(), nullable=False, comment="the legal day it holds from; nothing is planned anew before"),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("cursor", sa.UUID(as_uuid=False), nullable=True, comment="the last case looked at"),
        sa.Column("looked_at", sa.Integer(), server_default="0", nullable=False, comment="cases and inquiries with a live clock"),
        sa.Column("touched", sa.Integer(), server_default="0", nullable=False, comment="those with a clock that the change moves"),
        sa.Column("walked_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ref"),
        comment="Changes of calendar and rules for which the clocks of open cases are planned anew, in the background.",
    )
    op.create_index("replans_open", "replans", ["created_at"], unique=False, postgresql_where=sa.text("finished_at IS NULL"))
    op.create_table(
        "replan_cases",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="of the stream, as in cases"),
        sa.Column(
            "moves",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="[{clock, limit, old, new}] as recorded; null until then",
        ),
        sa.Column("asked_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("done_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ref"], ["replans.ref"]),
        sa.PrimaryKeyConstraint("ref", "case_id"),
        comment="Cases and inquiries whose clocks a change moves, and from which date to which.",
    )
    op.create_index("replan_cases_open", "replan_cases", ["ref"], unique=False, postgresql_where=sa.text("done_at IS NULL"))
    op.create_index("clock_list_open", "clock_list", ["case_id"], unique=False, postgresql_where=sa.text("live"))
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT, INSERT ON replans TO app;
                GRANT SELECT ON replan_cases TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON replans, replan_cases TO auditor;
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    op.drop_index("clock_list_open", table_name="clock_list")
    op.drop_table("replan_cases")
    op.drop_table("replans")
