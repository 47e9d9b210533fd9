"""People: lighter search terms, the marks that tell one person from another, who is in what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Terms of 32 bytes a case and person cannot be cut down to those of a person without the key they were made under: the rows are
    # derived, and are written anew by whoever enters the people again. No release holds any.
    op.drop_table("search_tokens")
    op.create_table(
        "search_tokens",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.UUID(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("token", "subject_id"),
        comment="Terms of names, numbers and phone tails, the first 64 bits of an HMAC: who is found by which. They go with the shred.",
    )
    op.create_index("search_tokens_by_subject", "search_tokens", ["subject_id"], unique=False)
    op.create_table(
        "people",
        sa.Column("subject_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("id_token", sa.BigInteger(), nullable=True, comment="HMAC, 64 bits, of the identity number"),
        sa.Column("name_token", sa.BigInteger(), nullable=True, comment="of the whole name"),
        sa.Column("shape_token", sa.BigInteger(), nullable=True, comment="of the name with variant and mistaken characters as one"),
        sa.Column("kept", sa.UUID(as_uuid=False), nullable=True, comment="the subject it is linked to as the same person"),
        sa.PrimaryKeyConstraint("subject_id"),
        comment="Marks by which two entries are told to be one person, and who was linked. They go with the shred.",
    )
    for column in ("id_token", "name_token", "shape_token", "kept"):
        op.create_index(f"people_{column}", "people", [column], unique=False, postgresql_where=sa.text(f"{column} IS NOT NULL"))
    op.create_table(
        "case_people",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False, comment="of a case, consultation or duty request"),
        sa.Column("party_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="case, consultation or duty"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False, comment="false: left, or was replaced"),
        sa.PrimaryKeyConstraint("case_id", "party_id"),
        comment="Read model, inline: who is in what, in which role.",
    )
    op.create_index("case_people_by_subject", "case_people", ["subject_id"], unique=False)
    # A duty lawyer's own cases, too, are found by an index.
    op.create_index("case_list_accepted_by", "case_list", ["accepted_by"], postgresql_where=sa.text("accepted_by IS NOT NULL"))
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT, INSERT, UPDATE, DELETE ON search_tokens, people, case_people TO app;
            END IF;
        END
        $$
        """
    )
