"""The rules of accounts: passwords, who gives nothing to whom, administrators kept apart; where a token is enough."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.accounts import ADMINISTRATORS, check_not_self, check_password, check_separation, needs_second_factor
from domain.command import Refusal
from domain.directory import Directory, RoleEnded, RoleGranted
from ledger.keys import Keys
from ledger.personal import SealFault, unwrap_secret, wrap_secret
from ledger.settings import Settings, SettingsFault
from tests.unit.world import DIRECTORY, TODAY

DAY = timedelta(days=1)
AUDITOR = "P-HAN-LEI"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_length"),
        ("x" * 1025, "password_length"),
        ("PassW0rd1234", "password_too_common"),
        ("abababababab", "password_too_common"),
        ("my li.guangming pass", "password_names_account"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, code: str) -> None:
    with pytest.raises(Refusal, match=code) as met:
        check_password(password, username="li.guangming")
    assert met.value.status == 422


@pytest.mark.parametrize("password", ["twelve chars", "密码由十二个以上的汉字组成也行", "x9" + "kq4" * 300])
def test_a_long_one_is_taken_whatever_it_is_made_of(password: str) -> None:
    check_password(password, username="li.guangming")


def test_nobody_gives_to_themselves() -> None:
    with pytest.raises(Refusal, match="cannot_grant_to_self"):
        check_not_self("P-A", "P-A")
    check_not_self("P-A", "P-B")


def auditor_until(day: date) -> Directory:
    return Directory.fold([RoleEnded(since=day + DAY, person=AUDITOR, role="auditor", office="B-CITY")], DIRECTORY)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS - {"auditor"}))
def test_administrators_are_kept_apart_on_every_day_of_both(role: str) -> None:
    directory = auditor_until(TODAY)
    for since, until in ((TODAY, None), (TODAY - 9 * DAY, TODAY), (TODAY, TODAY)):
        with pytest.raises(Refusal, match="separation_of_administrators"):
            check_separation(directory, AUDITOR, role, since, until)  # pyright: ignore[reportArgumentType]
    check_separation(directory, AUDITOR, role, TODAY + DAY, None)  # pyright: ignore[reportArgumentType]
    check_separation(directory, AUDITOR, "caseworker", TODAY, None)


def test_a_role_to_come_counts_too() -> None:
    coming = RoleGranted(since=TODAY + 30 * DAY, person="P-HE-JING", role="auditor", office="B-CITY")
    directory = Directory.fold([coming], DIRECTORY)
    with pytest.raises(Refusal, match="separation_of_administrators"):
        check_separation(directory, "P-HE-JING", "system_administrator", TODAY, None)
    check_separation(directory, "P-HE-JING", "system_administrator", TODAY, TODAY + 29 * DAY)


def test_approvers_and_administrators_need_more_than_a_password() -> None:
    assert all(needs_second_factor([role]) for role in ("approver", *ADMINISTRATORS))
    assert not needs_second_factor(["caseworker", "lawyer", "supervisor", "liaison"])


def test_a_secret_opens_at_its_place_under_its_key_only() -> None:
    old, new = Keys("a", {"a": bytes(32)}), Keys("b", {"a": bytes(32), "b": bytes(range(32))})
    box = wrap_secret(old, "totp/li", b"secret")
    assert unwrap_secret(new, "totp/li", box) == b"secret"  # also after the master key was changed
    assert unwrap_secret(new, "totp/li", wrap_secret(new, "totp/li", b"secret")) == b"secret"
    for place, changed in (("totp/wang", box), ("totp/li", box[:-1] + bytes([box[-1] ^ 1]))):
        with pytest.raises(SealFault):
            unwrap_secret(old, place, changed)


class TestSettings:
    @pytest.fixture(autouse=True)
    def engines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("YUANSHOU_EXAMPLE", "YUANSHOU_SECOND_FACTOR", "YUANSHOU_OIDC_ISSUER", "YUANSHOU_PUBLIC_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DATABASE_URL", "postgresql://x")
        monkeypatch.setenv("TEMPORAL_ADDRESS", "x:1")

    @pytest.mark.parametrize(
        ("example", "given", "expected"), [("1", None, "optional"), ("0", None, "required"), ("0", "optional", "optional")]
    )
    def test_a_second_factor_is_required_but_in_the_worked_example(
        self, monkeypatch: pytest.MonkeyPatch, example: str, given: str | None, expected: str
    ) -> None:
        monkeypatch.setenv("YUANSHOU_EXAMPLE", example)
        if given:
            monkeypatch.setenv("YUANSHOU_SECOND_FACTOR", given)
        assert Settings.from_environment().second_factor == expected

    def test_another_word_is_a_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("YUANSHOU_SECOND_FACTOR", "sometimes")
        with pytest.raises(SettingsFault, match="required or optional"):
            Settings.from_environment()

    def test_a_provider_is_named_with_its_client_and_a_secret_out_of_a_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("YUANSHOU_OIDC_ISSUER", "https://id.example.gov.cn")
        with pytest.raises(SettingsFault, match="YUANSHOU_OIDC_CLIENT_ID"):
            Settings.from_environment()
        monkeypatch.setenv("YUANSHOU_OIDC_CLIENT_ID", "yuanshou")
        (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
        monkeypatch.setenv("YUANSHOU_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
        monkeypatch.setenv("YUANSHOU_PUBLIC_URL", "https://yuanshou.example.gov.cn/")
        found = Settings.from_environment().oidc
        assert found is not None
        assert (found.client_secret, found.redirect_uri) == ("s3cret", "https://yuanshou.example.gov.cn/sign-in/oidc/callback")
        monkeypatch.setenv("YUANSHOU_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "absent"))
        with pytest.raises(SettingsFault, match="cannot be read"):
            Settings.from_environment()
