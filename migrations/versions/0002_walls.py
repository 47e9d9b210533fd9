"""The ledger's walls: what is recorded can neither be changed nor removed, by nobody who serves the product."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    op.execute("CREATE TRIGGER events_rows_stay BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER events_stay BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER inbox_stays BEFORE DELETE ON inbox FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER inbox_stays_whole BEFORE TRUNCATE ON inbox FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
    # Under a foreign DATABASE_URL one role may do everything; the triggers hold there too.
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                GRANT SELECT, INSERT ON events TO app;
                GRANT SELECT, INSERT, UPDATE ON cases, inbox, number_series, subject_keys, search_tokens, case_list,
                    outbox, messages, accounts, sessions, files TO app;
                GRANT DELETE ON search_tokens TO app;
                GRANT SELECT ON alembic_version TO app;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
                GRANT SELECT ON events, cases, case_list TO reader;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'auditor') THEN
                GRANT SELECT ON events, cases, inbox, case_list, number_series TO auditor;
            END IF;
        END
        $$
        """
    )
