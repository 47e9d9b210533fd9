"""Accounts and access: second factors, providers, what a session is, guesses, refusals, glass that was broken."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[object]:
    default_ = sa.text("clock_timestamp()") if default else None
    return sa.Column(name, sa.TIMESTAMP(timezone=True), server_default=default_, nullable=nullable)


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column(
            "must_change", sa.Boolean(), server_default=sa.false(), nullable=False, comment="the password is a first one, for one sign-in"
        ),
    )
    op.add_column("accounts", _time("last_sign_in_at", nullable=True))
    op.create_table(
        "second_factors",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column(
            "secret", sa.LargeBinary(), nullable=True, comment="TOTP secret in force, encrypted under a master key and bound to the account"
        ),
        sa.Column("pending", sa.LargeBinary(), nullable=True, comment="one that is being enrolled, encrypted alike"),
        sa.Column(
            "last_step", sa.BigInteger(), server_default="0", nullable=False, comment="of the last code accepted: none is accepted twice"
        ),
        sa.Column(
            "drift", sa.SmallInteger(), server_default="0", nullable=False, comment="steps the device's clock was off at the last code"
        ),
        sa.Column(
            "recovery",
            postgresql.ARRAY(sa.LargeBinary()),
            server_default="{}",
            nullable=False,
            comment="SHA-256 of the codes not yet spent",
        ),
        _time("enrolled_at", nullable=True),
        sa.ForeignKeyConstraint(["username"], ["accounts.username"]),
        sa.PrimaryKeyConstraint("username"),
        comment="Codes of time (RFC 6238) that accounts ask for beside the password.",
    )
    op.create_table(
        "oidc_links",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["username"], ["accounts.username"]),
        sa.PrimaryKeyConstraint("issuer", "subject"),
        sa.UniqueConstraint("issuer", "username"),
        comment="Under which name a provider's person signs in here.",
    )
    op.alter_column(
        "sessions",
        "kind",
        existing_type=sa.Text(),
        existing_nullable=False,
        comment="bearer or cookie; token: a personal access token",
        existing_comment="bearer or cookie",
    )
    op.add_column(
        "sessions",
        sa.Column("session_id", sa.UUID(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False, unique=True),
    )
    op.add_column("sessions", _time("seen_at", default=True))
    op.add_column(
        "sessions",
        sa.Column(
            "scopes", postgresql.ARRAY(sa.Text()), nullable=True, comment="of a personal access token; null: everything the person may"
        ),
    )
    op.add_column("sessions", sa.Column("label", sa.Text(), nullable=True, comment="of a personal access token: what it is for"))
    op.add_column(
        "sessions",
        sa.Column(
            "owes",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="what must be done before anything else may be",
        ),
    )
    op.add_column("sessions", sa.Column("address", sa.Text(), nullable=True, comment="from which it was opened"))
    op.add_column("sessions", sa.Column("agent", sa.Text(), nullable=True, comment="the browser or program that opened it, as it says"))
    op.create_index("sessions_by_username", "sessions", ["username", "created_at"], unique=False)
    op.create_table(
        "sign_in_throttle",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _time("since"),
        sa.PrimaryKeyConstraint("address"),
        comment="Failed sign-ins by network address within a window; known to every process.",
    )
    op.create_table(
        "security_refusals",
        sa.Column("id", sa.UUID(as_uuid=False), nullable=False),
        _time("at", default=True),
        sa.Column("kind", sa.Text(), nullable=False, comment="the problem's code"),
        sa.Column("username", sa.Text(), nullable=True, comment="an account that exists; a name that was guessed is not kept"),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="Sign-ins and rights that were refused. Append-only; whom it may be shown to: security administrators and auditors.",
    )
    op.create_index("security_refusals_by_time", "security_refusals", ["at"], unique=False)
    op.create_table(
        "broken_glass",
        sa.Column("case_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        _time("until"),
        sa.PrimaryKeyConstraint("case_id", "person"),
        comment="Read model, inline: who may read a case through its wall, and how long.",
    )
    op.execute(
        "CREATE TRIGGER security_refusals_stay BEFORE UPDATE OR DELETE ON security_refusals FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER security_refusals_stay_whole BEFORE TRUNCATE ON security_refusals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
