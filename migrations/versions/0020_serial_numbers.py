"""Cases are found by the digits of their numbers that count, by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_COMMENTS = {"register_serial": "the digits of the register number that count", "case_serial": "those of the case number"}


def upgrade() -> None:
    for name, comment in _COMMENTS.items():
        op.add_column("case_list", sa.Column(name, sa.Text(), nullable=True, comment=comment))
    op.execute(
        "UPDATE case_list SET register_serial = substring(register_number FROM '第([0-9]+)号$'),"
        " case_serial = substring(case_number FROM '第([0-9]+)号$')"
    )
    for name in _COMMENTS:
        op.create_index(f"case_list_{name}", "case_list", [name])


def downgrade() -> None:
    for name in _COMMENTS:
        op.drop_index(f"case_list_{name}", table_name="case_list")
        op.drop_column("case_list", name)
