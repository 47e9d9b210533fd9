-- What the database itself knows of a caller. Made anew by `ops/wall.py`, as the owner, whenever this text changes.
--
-- Everything begins with `app.session`, the opaque token that a transaction is entered with: its SHA-256 must name a session that is
-- open, of an account that is not disabled, of a person the directory holds. Nothing else is believed: not a user name, not a role.
-- Today is Asia/Shanghai's, as it is for `domain/access.py`; the shadow's rows say of themselves on which days they hold.

CREATE VIEW wall_now AS
SELECT a.username, p.code AS person, p.lawyer, p.unit, g.role, g.office
  FROM sessions s
  JOIN accounts a ON a.username = s.username AND NOT a.disabled
  JOIN wall_people p ON p.code = a.person AND (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN p.since AND p.until
  LEFT JOIN wall_grants g ON g.person = p.code AND (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN g.since AND g.until
 WHERE s.token_hash = sha256(convert_to(current_setting('app.session', true), 'UTF8'))
   AND s.ended_at IS NULL
   AND s.expires_at > now();

CREATE VIEW wall_offices_now AS
SELECT o.code, o.kind, o.bureau, o.centre, o.above, o.whole_city
  FROM wall_offices o
 WHERE (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN o.since AND o.until;

-- The caller's user name; null where no session is open.
CREATE FUNCTION wall_user() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN (SELECT n.username FROM wall_now n LIMIT 1);
END
$$;

CREATE FUNCTION wall_person() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN (SELECT n.person FROM wall_now n LIMIT 1);
END
$$;

-- The codes under which a case's wall may name the caller (person, lawyer, unit); null, which hides every row, where no session is open.
CREATE FUNCTION wall_codes() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN (SELECT array_remove(ARRAY[n.person, n.lawyer, n.unit], NULL) FROM wall_now n LIMIT 1);
END
$$;

CREATE FUNCTION wall_has_role(VARIADIC wanted text[]) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN EXISTS (SELECT FROM wall_now n WHERE n.role = ANY (wanted));
END
$$;

-- Auditors, and supervisors whose office stands above every other, reach every case.
CREATE FUNCTION wall_everything() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM wall_now n LEFT JOIN wall_offices_now o ON o.code = n.office
         WHERE n.role = 'auditor'
            OR n.role = 'supervisor' AND o.code IS NOT NULL
               AND (o.whole_city OR NOT EXISTS (SELECT FROM wall_offices_now b WHERE NOT o.code = ANY (b.above)))
    );
END
$$;

-- By which values of a case's column the caller reaches it, over all roles held today. The table is that of `domain/access.py`,
-- written a second time on purpose: a slip in the one does not open the other, and a test holds the two together.
CREATE FUNCTION wall_reach(what text) RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    CASE what
    WHEN 'centre' THEN
        RETURN ARRAY(
            SELECT o.code FROM wall_now n JOIN wall_offices_now o ON o.code = n.office
             WHERE n.role IN ('liaison', 'receptionist') AND o.kind = 'centre'
            UNION
            SELECT o.centre FROM wall_now n JOIN wall_offices_now o ON o.code = n.office
             WHERE n.role IN ('caseworker', 'approver') AND o.centre IS NOT NULL
            UNION
            SELECT b.code FROM wall_now n JOIN wall_offices_now b ON b.above @> ARRAY[n.office] WHERE n.role = 'supervisor'
            UNION
            SELECT b.code FROM wall_now n JOIN wall_offices_now b ON b.bureau = n.office AND b.kind = 'centre' WHERE n.role = 'bureau_officer'
        );
    WHEN 'outlet' THEN
        RETURN ARRAY(
            SELECT n.office FROM wall_now n LEFT JOIN wall_offices_now o ON o.code = n.office
             WHERE n.role = 'duty_lawyer' OR n.role IN ('liaison', 'receptionist') AND o.kind IS DISTINCT FROM 'centre'
            UNION
            SELECT b.code FROM wall_now n JOIN wall_offices_now b ON b.above @> ARRAY[n.office] WHERE n.role = 'supervisor'
        );
    WHEN 'owner' THEN
        RETURN ARRAY(SELECT DISTINCT n.person FROM wall_now n WHERE n.role IN ('liaison', 'receptionist', 'duty_lawyer'));
    WHEN 'accepted_by' THEN
        RETURN ARRAY(SELECT DISTINCT n.person FROM wall_now n WHERE n.role = 'duty_lawyer');
    WHEN 'unit' THEN
        RETURN ARRAY(SELECT DISTINCT n.unit FROM wall_now n WHERE n.role = 'unit_manager' AND n.unit IS NOT NULL);
    WHEN 'unit_unnamed' THEN
        RETURN ARRAY(SELECT DISTINCT n.unit FROM wall_now n WHERE n.role = 'lawyer' AND n.unit IS NOT NULL);
    WHEN 'lawyer' THEN
        RETURN ARRAY(SELECT DISTINCT n.lawyer FROM wall_now n WHERE n.role = 'lawyer' AND n.lawyer IS NOT NULL);
    WHEN 'subsidy_centre' THEN
        RETURN ARRAY(
            SELECT DISTINCT o.centre FROM wall_now n JOIN wall_offices_now o ON o.code = n.office
             WHERE n.role = 'finance_officer' AND o.centre IS NOT NULL
        );
    END CASE;
END
$$;

-- Whether no stream of that id was ever begun: what a caller may send the opening command for.
CREATE FUNCTION wall_unopened(id uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM cases c WHERE c.case_id = id);
END
$$;

-- The ledger's last position and moment, which whoever appends must know and may not see the event of.
CREATE FUNCTION ledger_head(name text, OUT "position" bigint, OUT recorded_at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    SELECT e.position, e.recorded_at INTO ledger_head.position, ledger_head.recorded_at
      FROM events e WHERE e.ledger = name ORDER BY e.position DESC LIMIT 1;
END
$$;
