"""What leaves the house: how people want to be told, programs and bots of offices, deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column(
            "wishes", sa.LargeBinary(), nullable=False, comment="addresses, channels, quiet hours, language; encrypted under a master key"
        ),
        sa.Column("changed_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("person"),
        comment="How people want to be told beside the in-app inbox.",
    )
    op.create_table(
        "endpoints",
        sa.Column("endpoint_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="webhook or bot"),
        sa.Column("office", sa.Text(), nullable=False, comment="gets what concerns this office and those below it"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False, comment="encrypted under a master key: a bot's address is its password"),
        sa.Column("secrets", sa.LargeBinary(), nullable=True, comment="of a webhook: its signing keys, the newest first; encrypted alike"),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False, comment="kinds of messages it gets"),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("removed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("endpoint_id"),
        comment="Programs and chat bots of offices that are told.",
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False, comment="<message id>/<channel>, <outbox id>/<channel>/<endpoint>"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("endpoint_id", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("clock_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state", sa.Text(), server_default="waiting", nullable=False, comment="waiting, held (quiet hours), sent, dead, silenced"
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_fault", sa.Text(), nullable=True, comment="a short code; nothing personal"),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("centre", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="What is to leave the house, was sent, or could not be.",
    )
    op.create_index(
        "deliveries_due", "deliveries", ["channel", "next_at"], unique=False, postgresql_where=sa.text("state IN ('waiting', 'held')")
    )
    op.create_index("deliveries_case", "deliveries", ["case_id"], unique=False)
    op.create_index("deliveries_dead", "deliveries", ["created_at"], unique=False, postgresql_where=sa.text("state = 'dead'"))
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT, INSERT, UPDATE ON contacts, endpoints TO app;
                GRANT SELECT, UPDATE ON deliveries TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON deliveries TO auditor;
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("endpoints")
    op.drop_table("contacts")
