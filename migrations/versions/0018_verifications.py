"""Verifications of the ledgers that an auditor asked for in the browser."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verifications",
        sa.Column("verification_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="code of the person"),
        sa.Column("asked_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("begun_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False, comment="events verified so far"),
        sa.Column("total", sa.BigInteger(), nullable=True, comment="events there were when it began"),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "exit", sa.SmallInteger(), comment="of `yuanshou verify`: 0 clean, 1 tampering, 2 could not run, 3 clean but anchors are old"
        ),
        sa.Column("result", pg.JSONB(), nullable=True, comment="what it found, as in verified.json"),
        sa.PrimaryKeyConstraint("verification_id"),
        comment="Verifications of the ledgers asked for on the audit page: by whom, how far they came, what they found.",
    )
    # One at a time: whoever asks while one runs is told of that one.
    op.create_index(
        "verifications_open", "verifications", [sa.text("(true)")], unique=True, postgresql_where=sa.text("finished_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("verifications")
