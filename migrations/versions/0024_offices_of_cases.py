"""Which offices acted on which case: what an office did on cases of another is found without reading all it did."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_offices",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the first event that was recorded for it"),
        sa.PrimaryKeyConstraint("case_id", "office"),
        comment="Read model, following: which offices acted on which case.",
    )
    op.create_index("case_offices_office", "case_offices", ["office", "case_id"], unique=False)


def downgrade() -> None:
    op.drop_table("case_offices")
