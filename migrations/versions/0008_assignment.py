"""Who was given which case when, and the cases taken from the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handlings",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("lawyer", sa.Text(), nullable=False, comment="empty where a unit declined before it named anybody"),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the case when it came to the lawyer"),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("centre", sa.Text(), nullable=False),
        sa.Column("named_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True, comment="declined, released, renamed, closed"),
        sa.PrimaryKeyConstraint("case_id", "lawyer", "version"),
        comment="Read model, inline: who was given which case when. Codes and dates only: everybody's turn is counted whoever asks.",
    )
    op.create_index("handlings_by_lawyer", "handlings", ["lawyer", "named_on"], unique=False)
    op.create_table(
        "claims",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="of the case when it was taken: an act of the person since then ends it"
        ),
        sa.Column("centre", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("taken_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
        comment="Cases taken from the queue and not acted on yet; they are shown to colleagues and run out.",
    )
    op.create_index("claims_by_person", "claims", ["person"], unique=False)
    # Cases in hand when the table comes: as of the day they last moved. What was given back before then is not counted.
    op.execute(
        """
        INSERT INTO handlings (case_id, lawyer, version, unit, centre, named_on)
        SELECT case_id, held.lawyer, version, unit, centre, (updated_at AT TIME ZONE 'Asia/Shanghai')::date
        FROM case_list, unnest(lawyers) AS held(lawyer)
        WHERE stage IN ('assignment', 'representation')
        """
    )
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT, INSERT, UPDATE ON handlings TO app;
                GRANT SELECT, INSERT, UPDATE, DELETE ON claims TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
                GRANT SELECT ON handlings TO reader;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON handlings, claims TO auditor;
            END IF;
        END
        $$
        """
    )
