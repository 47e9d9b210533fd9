"""Tables sent for the directory: judged, staged, accepted as a whole or not at all."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("directory", sa.Integer(), nullable=False, comment="how many events the directory had when the table was judged"),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="counts, and faults by row and column"),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("accepted_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("import_id"),
        comment="Tables sent for the directory and judged, waiting to be accepted. Reference data of offices and staff, nothing of a case.",
    )
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "n"),
        comment="The changes a judged table would bring, in their order; gone once they are accepted.",
    )
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT, INSERT, UPDATE, DELETE ON imports, import_rows TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON imports TO auditor;
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    op.drop_table("import_rows")
    op.drop_table("imports")
