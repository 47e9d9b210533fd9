"""The ledger of reads: what it is found by, and indexes of the cases' ledger that leave it out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INDEXES = {"events_by_type": "type", "events_by_actor": "actor", "events_by_office": "office"}


def upgrade() -> None:
    op.create_table(
        "access_reads",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False, comment="in the ledger `access`"),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False, comment="personal_data_read or access_refused"),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("cases", postgresql.ARRAY(sa.UUID(as_uuid=False)), nullable=False, comment="cases, consultations, duty requests"),
        sa.Column("subjects", postgresql.ARRAY(sa.UUID(as_uuid=False)), nullable=False),
        sa.Column("what", postgresql.ARRAY(sa.Text()), nullable=False, comment="of a refusal: the route"),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True, comment="of a refusal: what was told"),
        sa.Column("opened", sa.Integer(), nullable=False, comment="values opened"),
        sa.Column("reason", sa.Text(), nullable=True, comment="sealed"),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        comment="Read model, inline: the ledger `access` by case, subject and person.",
    )
    for name in ("cases", "subjects"):
        op.create_index(f"access_reads_{name}", "access_reads", [name], postgresql_using="gin", postgresql_with={"fastupdate": "off"})
    op.create_index("access_reads_person", "access_reads", ["person", "at", "position"])
    op.create_index("access_reads_time", "access_reads", ["at", "position"])
    for name, column in _INDEXES.items():
        op.drop_index(name, table_name="events")
        op.create_index(name, "events", [column, "position"], postgresql_where=sa.text("ledger = 'case'"))
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT ON access_reads TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON access_reads TO auditor;
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    for name, column in _INDEXES.items():
        op.drop_index(name, table_name="events")
        op.create_index(name, "events", [column, "position"])
    op.drop_table("access_reads")
