"""What lists look up among a million cases: the few that are open."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_OPEN = sa.text("stage <> 'ended' OR waiting_for IS NOT NULL")


def upgrade() -> None:
    op.create_index("case_list_open_centre", "case_list", ["centre", "due_at"], postgresql_where=_OPEN)
    op.create_index("case_list_open_outlet", "case_list", ["outlet", "due_at"], postgresql_where=_OPEN)


def downgrade() -> None:
    for name in ("case_list_open_centre", "case_list_open_outlet"):
        op.drop_index(name, "case_list")
