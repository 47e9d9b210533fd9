"""The directory's shadow for row-level security. The wall itself, being functions and policies, is built by `ops/wall.py`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wall_offices",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bureau", sa.Text(), nullable=True, comment="the bureau that set it up"),
        sa.Column("centre", sa.Text(), nullable=True, comment="the centre it stands under; a centre is its own"),
        sa.Column("above", postgresql.ARRAY(sa.Text()), nullable=False, comment="itself and the offices above it, upwards"),
        sa.Column("whole_city", sa.Boolean(), nullable=False, comment="the city's bureau or centre: every office is below it"),
        sa.PrimaryKeyConstraint("code", "since"),
        comment="Of the directory's offices what row-level security asks, with the days it holds on, both included.",
    )
    op.create_index("wall_offices_above", "wall_offices", ["above"], unique=False, postgresql_using="gin")
    op.create_index("wall_offices_bureau", "wall_offices", ["bureau"], unique=False)
    op.create_table(
        "wall_people",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("lawyer", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code", "since"),
        comment="The directory's people with their codes as lawyer and of their unit, with the days they hold on.",
    )
    op.create_table(
        "wall_grants",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("person", "role", "office", "since"),
        comment="Roles at offices with their days, both included.",
    )
