"""What the statistics count of each case, the counts themselves, and how to find cases by walls and outlets."""

import sqlalchemy as sa
from alembic import op

from ledger.fact_counts import BODIES, TRIGGERS

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_facts",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column(
            "fact",
            sa.Text(),
            nullable=False,
            comment="what is counted, such as kind, channel, township, decision, money",
        ),
        sa.Column("key", sa.Text(), nullable=False, comment="which of them, such as hotline; empty where there is but one"),
        sa.Column("day", sa.Date(), nullable=False, comment="the legal day by which it is put into a period"),
        sa.Column("centre", sa.Text(), nullable=False, comment="of the case"),
        sa.Column("kind", sa.Text(), nullable=False, comment="of the matter; unknown where nobody said"),
        sa.Column("place", sa.Text(), nullable=False, comment="of a township: the office to which the way is measured; else empty"),
        sa.Column("days", sa.Integer(), nullable=False, comment="from the application to a decision or an assignment; else 0"),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="fen of money and subsidies, people helped of kind; else 0"),
        sa.PrimaryKeyConstraint("case_id", "fact", "key"),
        comment="Read model, following: what the statistics count of each case, a row each.",
    )
    op.create_index("case_facts_found", "case_facts", ["fact", "key", "day", "case_id"])
    op.create_table(
        "fact_counts",
        sa.Column("centre", sa.Text(), nullable=False, comment="`*` for all centres together"),
        sa.Column("kind", sa.Text(), nullable=False, comment="of the matter; `*` for all kinds together"),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "place")),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("centre", "kind", "fact", "month", "key", "place", "days"),
        comment="The rows of case_facts counted, by centre, kind and month. Kept by triggers on that table, in its own transactions.",
    )
    op.create_index("case_list_excluded", "case_list", ["excluded"], postgresql_using="gin", postgresql_where=sa.text("excluded <> '{}'"))
    op.create_index("case_list_outlet_centre", "case_list", ["outlet", "centre", "case_id"])
    for name, body in BODIES.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
    for name, made in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {made}")


def downgrade() -> None:
    op.drop_table("case_facts")
    for name in BODIES:
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("case_list_outlet_centre", table_name="case_list")
    op.drop_index("case_list_excluded", table_name="case_list")
    op.drop_table("fact_counts")
