"""Sealing: the Merkle tree's tiles, signed checkpoints, and where they were anchored. What is there stays as it is."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLES = ("tiles", "checkpoints", "anchors")


def upgrade() -> None:
    op.create_table(
        "tiles",
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="0 holds leaf hashes, 1 the roots of tiles of level 0, and so on"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="the tile's place in its level, from 0"),
        sa.Column("hashes", sa.LargeBinary(), nullable=False, comment="256 hashes of 32 bytes, one after the other"),
        sa.Column("root", sa.LargeBinary(), nullable=False, comment="the hash over them, so that the level above needs 32 bytes a tile"),
        sa.PrimaryKeyConstraint("ledger", "level", "n"),
        sa.CheckConstraint("octet_length(hashes) = 8192 AND octet_length(root) = 32", name="tile_is_full"),
        comment="Full tiles of each ledger's Merkle tree (C2SP tlog-tiles, height 8). Made of the events and never changed.",
    )
    op.create_table(
        "checkpoints",
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="how many events are under it: those up to this position"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="the signed note as it was given away"),
        sa.Column("signed_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "size"),
        sa.CheckConstraint("size > 0 AND octet_length(root) = 32", name="checkpoint_is_whole"),
        comment="Signed heads of each ledger, insert only. One a size: two histories are never signed at one.",
    )
    op.create_table(
        "anchors",
        sa.Column("anchor_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="directory, email, witness"),
        sa.Column("place", sa.Text(), nullable=False, comment="where it was put: names no person"),
        sa.Column("anchored_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False, comment="the note as it was put there, with cosignatures"),
        sa.PrimaryKeyConstraint("anchor_id"),
        comment="Where checkpoints were put outside the database, insert only.",
    )
    op.create_index("anchors_by_age", "anchors", ["ledger", "kind", "anchored_at"], unique=False)
    # Hashes do not compress: an attempt at it would be made for every tile.
    op.execute("ALTER TABLE tiles ALTER COLUMN hashes SET STORAGE EXTERNAL")
    for table in _TABLES:
        op.execute(f"CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER {table}_stay BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
