"""The lists that a form's codes come from, as (code, name) pairs, by the source a field names."""

from collections.abc import Sequence
from typing import Any

import texts
from domain.eligibility.policy import Policy
from web.backend import Json, items, part
from web.forms import Tree
from web.page import Visit

type Pair = tuple[str, str]


def paper_name(visit: Visit, issued: Json) -> str:
    """What an issued paper is called: the kind of paper it was drawn as, and its number."""
    key = f"templates.{issued['template']}"
    return f"{visit.t(key) if texts.has(visit.lang, key) else issued['template']} · {issued['number']}"


def counties(visit: Visit) -> dict[str, str]:
    """What counties are called, by their codes: as their centres are, without the word for a centre."""
    suffix = visit.t("pages.centre_suffix")
    centres = [o for o in reversed(visit.centres) if o.get("county")]
    return {str(o["county"]): visit.called(o).removesuffix(suffix).strip() for o in centres}


class Choices:
    """Choices for the forms of one visit: from the directory, and from the case where there is one."""

    def __init__(self, visit: Visit, policy: Policy, case: Json, *, events: Sequence[Json], tariffs: Sequence[Json]) -> None:
        self.visit, self.policy, self.case = visit, policy, case
        self.events, self.tariffs = events, tariffs
        self.clocks: Sequence[Json] = ()
        """The case's limits as they stand now, for the forms that choose among them."""
        self._added: dict[str, list[Pair]] = {}

    def add(self, source: str, pairs: list[Pair]) -> None:
        """A source of this form alone."""
        self._added[source] = pairs

    def of(self, typed: Tree, source: str) -> list[Pair]:
        """The choices of a source. `typed` is what stands in the form: a group's own rows can be chosen from."""
        if source in self._added:
            return self._added[source]
        if source == "applicants":
            return self._applicants(typed)
        listed: list[Pair] = getattr(self, f"_{source}")()
        return listed

    def _offices(self, *kinds: str) -> list[Pair]:
        return [
            (o["code"], self.visit.called(o))
            for o in self.visit.near.offices
            if (o["kind"] in kinds) or (not kinds and o["kind"] not in ("bureau", "centre"))
        ]

    def _centres(self) -> list[Pair]:
        return self._offices("centre")

    def _outlets(self) -> list[Pair]:
        return self._offices()

    def _reception_offices(self) -> list[Pair]:
        """Every office that receives people: centres and their outlets."""
        return [*self._centres(), *self._outlets()]

    def _people(self) -> list[Pair]:
        return [(p["code"], p["name"]) for p in self.visit.near.people]

    def _lawyers(self) -> list[Pair]:
        return [(each["code"], f"{each['name']} · {each.get('unit_name') or each['unit']}") for each in self.visit.lawyers]

    def _units(self) -> list[Pair]:
        return list({each["unit"]: str(each.get("unit_name") or each["unit"]) for each in self.visit.lawyers}.items())

    def _choices(self) -> list[Pair]:
        return [*self._lawyers(), *self._units()]

    def _everybody(self) -> list[Pair]:
        return [*self._people(), *self._lawyers(), *self._units()]

    def _townships(self) -> list[Pair]:
        """Those of the visitor's county; at the city's offices all."""
        own = next((o for o in self.visit.offices if o["code"] == self.visit.office), None)
        county = str(own["county"]) if own and own["level"] == "county" else ""
        return [(str(t["code"]), self.visit.called(t)) for t in self.visit.townships if county in ("", t["county"])]

    def _counties(self) -> list[Pair]:
        return list(counties(self.visit).items())

    def _recipients(self) -> list[Pair]:
        people: list[Any] = [part(self.case, "applicant"), *items(self.case, "co_applicants")]
        gone = {r["party_id"] for r in items(self.case, "recipients") if r["status"] == "released"}
        named = [(p.get("party_id", i), str(p.get("name") or self.visit.t("words.withheld"))) for i, p in enumerate(people)]
        return [(str(party_id), name) for party_id, name in named if party_id not in gone]

    def _applicants(self, typed: Tree) -> list[Pair]:
        if self.case:
            return self._recipients()
        people: list[Any] = [part(typed, "applicant"), *typed.get("co_applicants", [])]
        unnamed = [self.visit.t("pages.applicant"), *(f"{self.visit.t('pages.co_applicant')} {i}" for i in range(1, len(people)))]
        return [(str(i), str(p.get("name") or unnamed[i])) for i, p in enumerate(people)]

    def _documents(self) -> list[Pair]:
        return [(d["document_id"], d["title"]) for d in items(self.case, "documents")]

    def _servable(self) -> list[Pair]:
        """What can be served: the centre's own papers first, then files."""
        return [*((i["document_id"], paper_name(self.visit, i)) for i in items(self.case, "issued")), *self._documents()]

    def _standing(self) -> list[Pair]:
        """The centre's papers that no other has taken the place of, the newest first."""
        return [(i["document_id"], paper_name(self.visit, i)) for i in reversed(items(self.case, "issued")) if not i.get("voided_by")]

    def _extendable(self) -> list[Pair]:
        """Limits for which more time may be asked, with how many days are left."""
        left = [(c, c.get("extendable") or 0) for c in self.clocks]
        return [(str(c["id"]), self.visit.t("deadlines.extendable", limit=c["limit"], day=c["due"], days=days)) for c, days in left if days]

    def _asked_limits(self) -> list[Pair]:
        """Limits for which more time was asked, with the dates."""
        asked = [(c, part(c, "question")) for c in items(self.case, "clocks")]
        return [(str(c["id"]), self.visit.t("deadlines.moved_to", limit=c["limit"], old=c["due"], new=q["due_on"])) for c, q in asked if q]

    def _papers(self) -> list[Pair]:
        """Kinds of paper the office knows, and those this case speaks of."""
        known = {key.removeprefix("papers."): words for key, words in texts.catalogue(self.visit.lang).items() if key.startswith("papers.")}
        spoken: list[Json] = [*items(self.case, "papers"), *items(part(self.case, "accept_first"), "papers_listed")]
        spoken += items(part(self.case, "supplement"), "papers")
        return list({**known, **{str(p["kind"]): str(p["kind"]) for p in spoken if p["kind"] not in known}}.items())

    def _templates(self) -> list[Pair]:
        known = texts.catalogue(self.visit.lang).items()
        return [(key.removeprefix("templates."), words) for key, words in known if key.startswith("templates.")]

    def _tariffs(self) -> list[Pair]:
        def words(code: str) -> str:
            return self.visit.t(f"tariffs.{code}") if texts.has(self.visit.lang, f"tariffs.{code}") else code

        return [(t["code"], f"{words(t['code'])} · {self.visit.t('pages.amount_of', amount=t['amount_fen'])}") for t in self.tariffs]

    def _events(self) -> list[Pair]:
        from_newest = [e for e in reversed(self.events) if not e["type"].startswith(("clock_", "deadline_"))]
        return [(str(e["version"]), f"{e['version']} · {self.visit.t('event_names.' + e['type'])}") for e in from_newest]

    def _accept_first_grounds(self) -> list[Pair]:
        return [(code, self.visit.word("ground", code)) for code in self.policy.grounds]

    def _waivers(self) -> list[Pair]:
        return [(code, self.visit.word("ground", code)) for code in self.policy.waivers]
