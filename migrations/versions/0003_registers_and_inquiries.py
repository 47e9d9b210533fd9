"""Streams beside the cases: what kind a stream is of, deeds done to registers, the list of consultations and duty requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_a_stream = "case, consultation, duty: the stream is <kind>/<case_id>"
    op.add_column("cases", sa.Column("kind", sa.Text(), server_default="case", nullable=False, comment=of_a_stream))
    op.create_table_comment(
        "cases",
        "Lock, head and snapshot (a cache of the fold) of a stream that takes commands. armed_version: what its workflow has seen.",
    )
    of_the_command = "of the stream the command is for, as in cases"
    op.add_column("inbox", sa.Column("kind", sa.Text(), server_default="case", nullable=False, comment=of_the_command))
    op.create_table(
        "deeds",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("deed_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("hmac_key", sa.Text(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("done_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "idempotency_key"),
        comment="Changes to registers (directory, accounts, rotas), each once a principal and key, with its outcome for ever.",
    )
    op.create_table(
        "inquiries",
        sa.Column("inquiry_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="consultation or duty"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("centre", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=True, comment="the office that received it, where that is no centre"),
        sa.Column("owner", sa.Text(), nullable=True, comment="who must not drop it (first-inquiry responsibility)"),
        sa.Column("handing_to", sa.Text(), nullable=True, comment="whom a hand-over waits for"),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("in_custody", sa.Boolean(), nullable=True),
        sa.Column(
            "person",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the sealed name of who asked; absent for who did not say",
        ),
        sa.Column("forwarded_to", sa.Text(), nullable=True),
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=True, comment="the case it became"),
        sa.Column("received_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True, comment="the nearest open due moment"),
        sa.Column("due_limit", sa.Text(), nullable=True),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("clocks", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("inquiry_id"),
        comment="Read model, inline: consultations and requests to duty lawyers.",
    )
    for column in ("centre", "outlet", "owner", "handing_to"):
        op.create_index(f"inquiries_{column}", "inquiries", [column, "received_at"], unique=False)
    op.create_index("inquiries_case", "inquiries", ["case_id"], unique=False)
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT, INSERT, UPDATE ON deeds, inquiries TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
                GRANT SELECT ON inquiries TO reader;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON deeds, inquiries TO auditor;
            END IF;
        END
        $$
        """
    )
