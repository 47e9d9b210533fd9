"""A sitting of an approver: since when its session needs no further one-time code to decide."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sessions",
        sa.Column(
            "sat_at",
            sa.TIMESTAMP(timezone=True),
            nullable=True,
            comment="when a code of the second factor was given last, or a decision made since while it was still fresh",
        ),
    )


def downgrade() -> None:
    op.drop_column("sessions", "sat_at")
