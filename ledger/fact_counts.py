"""How `fact_counts` is kept: triggers of `case_facts` add what came and take away what went, once a statement."""

from collections.abc import Mapping

_CAME, _WENT = "SELECT *, 1 AS sign FROM new_facts", "SELECT *, -1 AS sign FROM old_facts"
_BODY = """
        BEGIN
            INSERT INTO public.fact_counts AS held (centre, kind, fact, month, key, place, days, cases, amount)
            SELECT c.centre, k.kind, f.fact, date_trunc('month', f.day)::date, f.key, f.place, f.days, sum(f.sign), sum(f.sign * f.amount)
            FROM ({rows}) f, LATERAL (VALUES (f.centre), ('*')) c(centre), LATERAL (VALUES (f.kind), ('*')) k(kind)
            GROUP BY 1, 2, 3, 4, 5, 6, 7
            HAVING sum(f.sign) <> 0 OR sum(f.sign * f.amount) <> 0
            ON CONFLICT (centre, kind, fact, month, key, place, days)
            DO UPDATE SET cases = held.cases + excluded.cases, amount = held.amount + excluded.amount;
            RETURN NULL;
        END
        """
BODIES: Mapping[str, str] = {
    "count_facts_added": _BODY.format(rows=_CAME),
    "count_facts_changed": _BODY.format(rows=f"{_CAME} UNION ALL {_WENT}"),
    "count_facts_gone": _BODY.format(rows=_WENT),
}
"""The trigger functions, by name."""
_NEW, _OLD = "NEW TABLE AS new_facts", "OLD TABLE AS old_facts"
TRIGGERS: Mapping[str, str] = {
    "facts_added": f"AFTER INSERT ON public.case_facts REFERENCING {_NEW} FOR EACH STATEMENT EXECUTE FUNCTION count_facts_added()",
    "facts_changed": (
        f"AFTER UPDATE ON public.case_facts REFERENCING {_OLD} {_NEW} FOR EACH STATEMENT EXECUTE FUNCTION count_facts_changed()"
    ),
    "facts_gone": f"AFTER DELETE ON public.case_facts REFERENCING {_OLD} FOR EACH STATEMENT EXECUTE FUNCTION count_facts_gone()",
}
"""The triggers, by name, as PostgreSQL writes them."""
