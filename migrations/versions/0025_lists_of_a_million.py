"""What lists look up among a million cases: the few that are open, and the serial that ends a case's numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0018"
branch_labels = None
depends_on = None

_OPEN = sa.text("stage <> 'ended' OR waiting_for IS NOT NULL")


def upgrade() -> None:
    op.create_index("case_list_open_centre", "case_list", ["centre", "due_at"], postgresql_where=_OPEN)
    op.create_index("case_list_open_outlet", "case_list", ["outlet", "due_at"], postgresql_where=_OPEN)
    for name in ("register_number", "case_number"):
        serial = sa.text(f"substring({name}, '([0-9]+)[^0-9]*$')")
        op.create_index(f"case_list_{name}_serial", "case_list", [serial], postgresql_where=sa.text(f"{name} IS NOT NULL"))


def downgrade() -> None:
    for name in ("case_list_open_centre", "case_list_open_outlet", "case_list_register_number_serial", "case_list_case_number_serial"):
        op.drop_index(name, "case_list")
