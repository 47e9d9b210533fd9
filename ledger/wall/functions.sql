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
   AND s.expires_at > now()
   AND (s.kind = 'token' OR s.seen_at > now() - interval '2 hours');

CREATE VIEW wall_offices_now AS
SELECT o.code, o.kind, o.bureau, o.centre, o.above, o.whole_city
  FROM wall_offices o
 WHERE (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN o.since AND o.until;

-- The caller's user name; null where no session is open.
CREATE FUNCTION wall_user() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN (SELECT n.username FROM wall_now n LIMIT 1);
END
$$;

CREATE FUNCTION wall_person() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN (SELECT n.person FROM wall_now n LIMIT 1);
END
$$;

-- The codes under which a case's wall may name the caller (person, lawyer, unit); null, which hides every row, where no session is open.
CREATE FUNCTION wall_codes() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN (SELECT array_remove(ARRAY[n.person, n.lawyer, n.unit], NULL) FROM wall_now n LIMIT 1);
END
$$;

-- The cases whose wall the caller reads through for a while, with a reason that their supervisor was told.
CREATE FUNCTION wall_glass() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN ARRAY(
        SELECT b.case_id FROM broken_glass b WHERE b.person = (SELECT n.person FROM wall_now n LIMIT 1) AND b.until > now()
    );
END
$$;

CREATE FUNCTION wall_has_role(VARIADIC wanted text[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN EXISTS (SELECT FROM wall_now n WHERE n.role = ANY (wanted));
END
$$;

-- Auditors, and supervisors whose office stands above every other, reach every case.
CREATE FUNCTION wall_everything() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
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
-- Whoever reaches everything is given every centre, so that most rows are settled by the first comparison.
CREATE FUNCTION wall_reach(what text) RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
    n record;
    found text[] := '{}';
BEGIN
    FOR n IN
        SELECT w.person, w.lawyer, w.unit, w.role, w.office, o.kind, o.centre, o.whole_city
          FROM wall_now w LEFT JOIN wall_offices_now o ON o.code = w.office
         WHERE w.role IS NOT NULL
    LOOP
        CASE what
        WHEN 'centre' THEN
            CASE n.role
            WHEN 'liaison', 'receptionist' THEN
                IF n.kind = 'centre' THEN found := found || n.office; END IF;
            WHEN 'caseworker', 'approver' THEN
                IF n.centre IS NOT NULL THEN found := found || n.centre; END IF;
            WHEN 'supervisor' THEN
                found := found || ARRAY(
                    SELECT b.code FROM wall_offices_now b WHERE b.kind = 'centre' AND (n.whole_city OR b.above @> ARRAY[n.office])
                );
            WHEN 'bureau_officer' THEN
                found := found || ARRAY(SELECT b.code FROM wall_offices_now b WHERE b.bureau = n.office AND b.kind = 'centre');
            WHEN 'auditor' THEN
                found := found || ARRAY(SELECT b.code FROM wall_offices_now b WHERE b.kind = 'centre');
            ELSE NULL;
            END CASE;
        WHEN 'outlet' THEN
            IF n.role = 'duty_lawyer' OR n.role IN ('liaison', 'receptionist') AND n.kind IS DISTINCT FROM 'centre' THEN
                found := found || n.office;
            ELSIF n.role = 'supervisor' AND NOT n.whole_city THEN
                found := found || ARRAY(SELECT b.code FROM wall_offices_now b WHERE b.above @> ARRAY[n.office]);
            END IF;
        WHEN 'owner' THEN
            IF n.role IN ('liaison', 'receptionist', 'duty_lawyer') THEN found := found || n.person; END IF;
        WHEN 'keeper' THEN
            IF n.role IN ('liaison', 'receptionist', 'caseworker', 'duty_lawyer') THEN found := found || n.person; END IF;
        WHEN 'accepted_by' THEN
            IF n.role = 'duty_lawyer' THEN found := found || n.person; END IF;
        WHEN 'unit' THEN
            IF n.role = 'unit_manager' AND n.unit IS NOT NULL THEN found := found || n.unit; END IF;
        WHEN 'unit_unnamed' THEN
            IF n.role = 'lawyer' AND n.unit IS NOT NULL THEN found := found || n.unit; END IF;
        WHEN 'lawyer' THEN
            IF n.role = 'lawyer' AND n.lawyer IS NOT NULL THEN found := found || n.lawyer; END IF;
        WHEN 'subsidy_centre' THEN
            IF n.role = 'finance_officer' AND n.centre IS NOT NULL THEN found := found || n.centre; END IF;
        END CASE;
    END LOOP;
    RETURN found;
END
$$;

-- Whether no stream of that id was ever begun: what a caller may send the opening command for.
CREATE FUNCTION wall_unopened(id uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM cases c WHERE c.case_id = id);
END
$$;

-- The ledger's last position and moment, which whoever appends must know and may not see the event of.
CREATE FUNCTION ledger_head(name text, OUT "position" bigint, OUT recorded_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
    SELECT e.position, e.recorded_at INTO ledger_head.position, ledger_head.recorded_at
      FROM events e WHERE e.ledger = name ORDER BY e.position DESC LIMIT 1;
END
$$;

-- The first position of a ledger recorded at that moment or later, one past its end where there is none. Positions are dense and their
-- moments never run backward, so that a period becomes a range of the primary key by halving, without an index of its own to append to.
CREATE FUNCTION ledger_position(name text, since timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
    low bigint := 1;
    high bigint := coalesce((SELECT max(e.position) FROM events e WHERE e.ledger = name), 0) + 1;
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high) / 2;
        IF (SELECT e.recorded_at FROM events e WHERE e.ledger = name AND e.position = middle) < since THEN
            low := middle + 1;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
