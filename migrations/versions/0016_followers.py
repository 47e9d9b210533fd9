"""Read models that follow the ledger, and the first of them: how long each case stood in which state."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stage_days",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False, comment="1 for the first state of the case, then on"),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False, comment="legal day of the event that brought it"),
        sa.Column("left_on", sa.Date(), nullable=True, comment="of the event that ended it; null: the case stands in it"),
        sa.Column("entered_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("left_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the event that brought it"),
        sa.Column("type", sa.Text(), nullable=False, comment="of that event"),
        sa.Column("centre", sa.Text(), nullable=False, comment="of the case then"),
        sa.Column("office", sa.Text(), nullable=False, comment="for which that event was recorded"),
        sa.Column("actor", sa.Text(), nullable=False, comment="who recorded it"),
        sa.PrimaryKeyConstraint("case_id", "n"),
        comment="Read model, following: how long each case stood in which stage and state.",
    )
    op.create_index("stage_days_state", "stage_days", ["state", "entered_on"], unique=False)
    op.create_index("stage_days_centre", "stage_days", ["centre", "entered_on"], unique=False)
    op.create_table(
        "followers",
        sa.Column("name", sa.Text(), nullable=False, comment="of a following read model"),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False, comment="the last of the cases' ledger it holds"),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("halted_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("halted_position", sa.BigInteger(), nullable=True, comment="of the event that could not be applied"),
        sa.Column("error", sa.Text(), nullable=True, comment="a short word for why; nothing personal"),
        sa.PrimaryKeyConstraint("name"),
        sa.CheckConstraint("(halted_at IS NULL) = (halted_position IS NULL)", name="halted_somewhere"),
        comment="How far each following read model has come, and which one stopped at what.",
    )


def downgrade() -> None:
    op.drop_table("followers")
    op.drop_table("stage_days")
