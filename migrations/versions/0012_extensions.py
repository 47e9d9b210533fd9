"""More time asked for: the list of clocks tells which questions wait."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "clock_list", sa.Column("asked_on", sa.Date(), nullable=True, comment="since when somebody waits for more time to be granted")
    )
    op.add_column("clock_list", sa.Column("asked_by", sa.Text(), nullable=True, comment="code of whoever asked for more time"))
    op.add_column("clock_list", sa.Column("asked_to", sa.Date(), nullable=True, comment="until when"))
    op.create_index("clock_list_asked", "clock_list", ["asked_on"], postgresql_where=sa.text("asked_on IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("clock_list_asked", table_name="clock_list")
    for name in ("asked_to", "asked_by", "asked_on"):
        op.drop_column("clock_list", name)
