"""Erasing a person: requests and how far each came; a key that is destroyed cannot be put back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("subject_id", sa.UUID(as_uuid=False), nullable=False, comment="the subject that stands for the person"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False, comment="of the request in the person's stream"),
        sa.Column(
            "subjects",
            postgresql.ARRAY(sa.UUID(as_uuid=False)),
            nullable=False,
            comment="every entry that is linked as this person",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="open, approved, refused, done"),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("refused_for", sa.Text(), nullable=True),
        sa.Column("destroyed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "version"),
        comment="Read model, inline: requests that a person be erased, and how far each has come.",
    )
    op.create_index(
        "erasures_waiting", "erasures", ["state", "asked_on"], unique=False, postgresql_where=sa.text("state IN ('open', 'approved')")
    )
    op.execute(
        """
        CREATE FUNCTION refuse_unshredding() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a key that was destroyed is not put back, and its row stays' USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER shredded_keys_stay BEFORE UPDATE ON subject_keys FOR EACH ROW
        WHEN (OLD.wrapped IS NULL AND (NEW.wrapped IS NOT NULL OR NEW.subject_id <> OLD.subject_id OR NEW.state <> OLD.state))
        EXECUTE FUNCTION refuse_unshredding()
        """
    )
    op.execute(
        """
        CREATE TRIGGER shredded_rows_stay BEFORE DELETE ON subject_keys FOR EACH ROW WHEN (OLD.wrapped IS NULL)
        EXECUTE FUNCTION refuse_unshredding()
        """
    )
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT ON erasures TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON erasures TO auditor;
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER shredded_rows_stay ON subject_keys")
    op.execute("DROP TRIGGER shredded_keys_stay ON subject_keys")
    op.execute("DROP FUNCTION refuse_unshredding()")
    op.drop_index("erasures_waiting", table_name="erasures")
    op.drop_table("erasures")
