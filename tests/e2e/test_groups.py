"""People who join a case, over HTTP: who is in it already, or against whom it is, does not come in; each is shown as they stand."""

from datetime import datetime
from typing import Any

from tests.e2e.system import System
from tests.scenarios import SHANGHAI

CENTRE = "C-ADX"
TODAY = datetime.now(SHANGHAI).date()
SUBMIT: dict[str, Any] = {
    "centre": CENTRE,
    "channel": "walk_in",
    "applicant": {"name": "孙某", "id_kind": "passport", "id_number": "E10000001", "categories": ["migrant_worker"]},
    "opponents": [{"name": "周老板"}],
    "matter": {"summary": "欠薪"},
}


async def test_a_newcomer_is_held_against_everybody_in_the_case(system: System) -> None:
    opened = await system.command(system.login("receptionist", CENTRE), None, "submit_application", SUBMIT)
    assert opened.status_code == 201, opened.text
    case_id, caseworker = opened.json()["case_id"], system.login("caseworker", CENTRE)

    newcomers = [{"name": "李某"}, {"name": "又名孙某", "id_kind": "passport", "id_number": "e10000001"}, {"name": "周老板"}]
    body = {"recipients": newcomers, "reason": "同一工地的工友"}
    answer = await system.command(caseworker, case_id, "add_recipients", body)
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("/recipients/1", "duplicate_recipient"),
        ("/recipients/2", "recipient_is_opponent"),
    ]

    hundred = [{"name": f"工友{n}", "id_kind": "passport", "id_number": f"E2{n:07}", "claim_fen": n} for n in range(100)]
    answer = await system.command(caseworker, case_id, "add_recipients", body | {"recipients": hundred})
    assert answer.status_code == 200, answer.text
    left = {"party_id": 2, "reason": "withdrew", "detail": "不再申请"}
    assert (await system.command(caseworker, case_id, "release_recipient", left)).status_code == 200

    case = await system.get(caseworker, f"/cases/{case_id}")
    people = {r["party_id"]: r for r in case["recipients"]}
    assert (case["recipient_count"], len(people), people[101]["name"], people[101]["claim_fen"]) == (100, 101, "工友99", 99)
    assert (people[2]["status"], people[2]["left"]) == ("released", {"reason": "withdrew", "left_on": TODAY.isoformat()})
    found = await system.get(caseworker, "/cases", q="工友99")
    assert case_id in [row["case_id"] for row in found["items"]]
