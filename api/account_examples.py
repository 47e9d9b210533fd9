"""Bodies and answers of the routes of signing in and of accounts, as the OpenAPI document shows them. Nobody of it exists."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from api.absences import Away
from api.accounts import NewAccount, NewRole, OidcLink, RoleEnd, Why
from api.oidc import Returned
from api.own import FactorBegun, FactorCode, NewPassword, NewToken

type Json = dict[str, Any]

_SESSION = "01a20b63-8042-7d11-9a20-3f2e1d0c9b8a"
_AT = "2026-11-24T10:30:00+08:00"
_WHY: Json = {"reason": "本人到窗口核验身份后申请。"}
_AWAY: Json = {"person": "P-JIA-FENGQIN", "since": "2026-11-25", "until": "2026-12-02", "deputy": "P-BAI-LING"}
_ROLE: Json = {"person": "P-BAI-LING", "role": "caseworker", "office": "C-ADX"}

BODIES: Mapping[str, tuple[type[BaseModel], Json]] = {
    "finish_oidc": (Returned, {"flow": "bWFzdGVyLTFhMmIzYzRk…", "state": "kq3Wm1", "code": "SplxlOBeZQQYbYS6WxSbIA"}),
    "change_password": (NewPassword, {"old": "the one they gave me", "new": "a long one of my own"}),
    "begin_second_factor": (FactorBegun, {"password": "a long one of my own"}),
    "confirm_second_factor": (FactorCode, {"code": "492039"}),
    "prove_second_factor": (FactorCode, {"code": "492039"}),
    "issue_token": (NewToken, {"label": "月报程序", "scopes": ["read"], "days": 90}),
    "person_away": (Away, _AWAY),
    "create_account": (NewAccount, {"username": "bai.ling", "person": "P-BAI-LING"}),
    "disable_account": (Why, _WHY),
    "enable_account": (Why, _WHY),
    "unlock_account": (Why, _WHY),
    "remove_second_factor": (Why, _WHY),
    "link_oidc": (OidcLink, {"subject": "bai.ling@sfj"}),
    "grant_role": (NewRole, _ROLE | {"until": "2027-11-23"}),
    "end_role": (RoleEnd, _ROLE | {"since": "2026-12-01"}),
}
"""By operation: what it takes, and an example."""

_FLOW: Json = {
    "authorization_url": "https://id.example.gov.cn/authorize?response_type=code&client_id=yuanshou&state=kq3Wm1",
    "flow": "bWFzdGVyLTFhMmIzYzRk…",
    "expires_in": 600,
}
_ACCOUNT: Json = {
    "username": "bai.ling", "person": "P-BAI-LING", "name": "白玲", "office": "C-ADX",
    "roles": [{"role": "receptionist", "office": "C-ADX"}],
    "disabled": False, "locked_until": None, "must_change": False, "second_factor": False, "clock_drift_seconds": 0, "oidc_subject": None,
    "created_at": _AT, "last_sign_in_at": _AT,
}  # fmt: skip
ANSWERS: Mapping[str, Json] = {
    "begin_oidc": _FLOW,
    "my_account": {
        "username": "jia.fengqin", "owes": [],
        "second_factor": {"enrolled_at": _AT, "recovery_left": 10, "clock_drift_seconds": -30, "sitting_until": _AT},
    },
    "my_sessions": {
        "id": _SESSION, "kind": "bearer", "current": True, "label": None, "scopes": None, "created_at": _AT, "seen_at": _AT,
        "expires_at": "2026-11-24T18:30:00+08:00", "address": "10.20.0.15", "agent": "Mozilla/5.0",
    },
    "begin_second_factor": {
        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "otpauth_uri": "otpauth://totp/Yuanshou:jia.fengqin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Yuanshou",
        "qr_svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    },
    "confirm_second_factor": {"recovery_codes": ["abcde-fghjk", "mnpqr-stuvw"]},
    "issue_token": {
        "token": "yst_4f0b2c", "id": _SESSION, "label": "月报程序", "scopes": ["read"], "expires_at": "2027-02-22T10:30:00+08:00",
    },
    "list_absences": _AWAY,
    "person_away": _AWAY,
    "list_accounts": _ACCOUNT,
    "create_account": {"username": "bai.ling", "person": "P-BAI-LING", "first_password": "vJ3qX8sLw2bTzR0e"},
    "reset_password": {"username": "bai.ling", "first_password": "vJ3qX8sLw2bTzR0e"},
    "grant_role": _ROLE | {"since": "2026-11-24", "until": "2027-11-23"},
    "end_role": _ROLE | {"since": "2026-12-01"},
    "security_refusals": {
        "id": _SESSION, "at": _AT, "kind": "bad_credentials", "username": "bai.ling", "address": "10.20.0.15",
        "correlation_id": "01a20b63-8043",
    },
}  # fmt: skip
"""By operation: its answer, or an item of its list."""
CHANGED: Json = {"username": "bai.ling"}
