"""Histories across cases: the events of a legal period in the order of legal days, and the refused commands."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("events_by_legal_day", "events", ["effective_on", "position"], postgresql_where=sa.text("ledger = 'case'"))
    op.create_index("case_list_cause", "case_list", ["cause", "case_id"])
    op.create_index("inbox_refused", "inbox", ["received_at", "command_id"], postgresql_where=sa.text("outcome ? 'refusal'"))


def downgrade() -> None:
    op.drop_index("case_list_cause", table_name="case_list")
    op.drop_index("inbox_refused", table_name="inbox")
    op.drop_index("events_by_legal_day", table_name="events")
