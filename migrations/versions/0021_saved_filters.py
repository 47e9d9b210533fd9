"""Filters of lists that people gave a name."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_filters",
        sa.Column("filter_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("person", sa.Text(), nullable=False, comment="code of whoever saved it; nobody else sees it"),
        sa.Column("page", sa.Text(), nullable=False, comment="cases, history, deadlines"),
        sa.Column("name", sa.Text(), nullable=False, comment="as they call it"),
        sa.Column("query", sa.Text(), nullable=False, comment="of the page's address: codes and days, never words searched for"),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("filter_id"),
        sa.UniqueConstraint("person", "page", "name"),
        comment="Filters of lists that people gave a name and come back to.",
    )


def downgrade() -> None:
    op.drop_table("saved_filters")
