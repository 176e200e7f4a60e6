"""Signing in: guessing is slowed, codes work once, nobody is locked out for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.contrib.auth.hashers import MD5PasswordHasher

from dangol.base.errors import BadInput, NotAllowed
from dangol.staff import actions as staff
from dangol.staff import reads
from dangol.staff.models import Guessing, Member, RecoveryCode
from dangol.staff.signin import actions, rules
from tests.cast import PASSWORD

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def attempt(email="rep@hanbit.example", password="wrong", now=NOW, address="10.0.0.1", device=""):
    return actions.try_password(email=email, password=password, address=address, now=now, device=device)


def test_right_password_opens_the_account_whatever_the_case_of_the_address(cast):
    assert attempt("REP@Hanbit.example ", PASSWORD).member == cast.rep


@pytest.mark.parametrize("email", ["rep@hanbit.example", "nobody@hanbit.example"])
def test_sixth_guess_must_wait_whether_the_account_exists_or_not(cast, email):
    for _ in range(rules.ACCOUNT.free):
        assert attempt(email).wait_seconds == 0
    assert attempt(email).wait_seconds == 31
    assert attempt(email, PASSWORD).member is None


@pytest.mark.parametrize("email", ["rep@hanbit.example", "nobody@hanbit.example", "unset@hanbit.example"])
def test_wrong_password_costs_one_hash_whether_the_account_exists_or_not(cast, monkeypatch, email):
    Member.objects.create(email="unset@hanbit.example", name="x", role="rep", password="!")
    hashed, encode = [], MD5PasswordHasher.encode

    def counted(self, password, salt):
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    attempt(email)
    assert hashed == ["wrong"]


def test_lock_grows_to_a_quarter_of_an_hour_and_never_further():
    tries, now = rules.Tries(), NOW
    waits = []
    for _ in range(20):
        tries = rules.after_failure(tries, rules.ACCOUNT, now)
        waits.append(rules.wait_seconds(tries, now))
        now = max(now, tries.locked_until or now)
    assert waits[3:8] == [0, 31, 61, 121, 241]
    assert max(waits) == 901


def test_lock_ends_by_itself_and_the_right_password_clears_it(cast):
    for _ in range(rules.ACCOUNT.free):
        attempt()
    later = NOW + timedelta(seconds=31)
    assert attempt(password=PASSWORD, now=later).member == cast.rep
    assert attempt(now=later).wait_seconds == 0


def test_waiting_guesses_do_not_lengthen_the_lock(cast):
    for _ in range(50):
        attempt()
    assert attempt(now=NOW + timedelta(seconds=31), password=PASSWORD).member == cast.rep


def test_browser_that_signed_in_before_is_not_locked_out_by_strangers(cast):
    device = actions.remember_device(cast.rep)
    for _ in range(rules.ACCOUNT.free + 1):
        attempt(address="203.0.113.9")
    assert attempt(password=PASSWORD).member is None
    assert attempt(password=PASSWORD, device=device).member == cast.rep
    assert attempt(password=PASSWORD, device=device[:-2] + "xx").member is None


def test_one_address_cannot_go_through_many_accounts(cast):
    for number in range(rules.ADDRESS.free):
        attempt(f"guess{number}@hanbit.example")
    assert attempt("fresh@hanbit.example").wait_seconds > 0
    assert attempt("fresh@hanbit.example", address="10.0.0.2").wait_seconds == 0


def test_table_of_guesses_names_nobody(cast):
    attempt()
    assert "hanbit" not in str(list(Guessing.objects.values()))


def test_switched_off_account_and_the_system_account_do_not_open(cast):
    Member.objects.filter(pk=cast.rep.pk).update(is_active=False)
    assert attempt(password=PASSWORD).member is None
    reads.system()
    assert attempt("system", "!").member is None


def test_generated_account_opens_in_a_demonstration_only(cast, settings):
    Member.objects.filter(pk=cast.rep.pk).update(generated=True)
    assert attempt(password=PASSWORD).member is None
    with pytest.raises(NotAllowed):
        actions.demo_account(member_id=cast.rep.pk)
    settings.DANGOL = replace(settings.DANGOL, demo=True)
    assert attempt(password=PASSWORD).member == cast.rep
    assert actions.demo_account(member_id=cast.rep.pk) == cast.rep
    with pytest.raises(NotAllowed):
        actions.demo_account(member_id=cast.marketer.pk)


@pytest.fixture
def secret(cast):
    made = actions.new_secret()
    cast.codes = actions.switch_on_second_factor(by=cast.rep, secret=made, code=pyotp.TOTP(made).at(NOW), now=NOW)
    return made


def second(cast, code, now):
    return actions.try_second_factor(member_id=cast.rep.pk, code=code, address="10.0.0.1", now=now).member


def test_code_works_once_and_an_older_one_never_again(cast, secret):
    later = NOW + timedelta(seconds=60)
    code, older = pyotp.TOTP(secret).at(later), pyotp.TOTP(secret).at(later - timedelta(seconds=30))
    assert second(cast, code, later) == cast.rep
    assert second(cast, code, later) is None
    assert second(cast, older, later) is None


def test_code_of_enrolment_cannot_be_used_to_sign_in(cast, secret):
    assert second(cast, pyotp.TOTP(secret).at(NOW), NOW) is None


def test_code_of_a_clock_two_steps_off_is_refused(cast, secret):
    later = NOW + timedelta(minutes=10)
    assert second(cast, pyotp.TOTP(secret).at(later + timedelta(seconds=61)), later) is None


def test_recovery_code_works_once_written_any_way(cast, secret):
    code = cast.codes[0].upper().replace("-", " ")
    assert second(cast, code, NOW) == cast.rep
    assert second(cast, code, NOW) is None
    assert actions.recovery_codes_left(cast.rep) == rules.RECOVERY_CODES - 1


def test_guessing_codes_is_slowed(cast, secret):
    for _ in range(rules.ACCOUNT.free):
        second(cast, "000000", NOW)
    later = NOW + timedelta(seconds=5)
    assert second(cast, pyotp.TOTP(secret).at(later), later) is None


def test_secret_and_recovery_codes_are_not_readable_in_the_database(cast, secret):
    stored = str(list(Member.objects.values())) + str(list(RecoveryCode.objects.values()))
    assert secret not in stored
    assert cast.codes[0] not in stored


def test_wrong_first_code_leaves_the_second_factor_off(cast):
    with pytest.raises(BadInput):
        actions.switch_on_second_factor(by=cast.rep, secret=actions.new_secret(), code="000000", now=NOW)
    assert Member.objects.get(pk=cast.rep.pk).totp_secret == ""


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "address"),
    [
        ("203.0.113.5", "", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "10.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1", "10.0.0.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "10.0.0.0/24", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1", "10.0.0.1"),
        ("", "198.51.100.1", "10.0.0.1", ""),
    ],
)
def test_forwarded_address_is_believed_from_the_trusted_proxy_only(remote, forwarded, trusted, address):
    assert rules.client_address(remote, forwarded, trusted) == address


def test_change_of_role_ends_the_sessions(cast):
    before = cast.rep.get_session_auth_hash()
    staff.edit_member(
        by=cast.administrator, member_id=cast.rep.pk, name="이수진", role="agent", unit_id=None, active=True
    )
    assert Member.objects.get(pk=cast.rep.pk).get_session_auth_hash() != before
