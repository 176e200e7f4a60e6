"""Signing in and out as a browser does it."""

import re
from dataclasses import replace

import pyotp
import pytest
from django.test import Client

from dangol.staff import actions as staff
from dangol.staff.signin import actions as signin
from tests.cast import PASSWORD


def sign_in(client, member, password=PASSWORD, **more):
    return client.post("/sign-in/", {"email": member.email, "password": password, **more})


def signed_in(client):
    return client.get("/account/").status_code == 200


def edit(cast, member, **changes):
    given = {"name": member.name, "role": member.role, "unit_id": member.unit_id, "active": member.is_active}
    staff.edit_member(by=cast.administrator, member_id=member.pk, **given | changes)


@pytest.fixture
def enrolled(cast, client):
    """A rep whose second factor is on, with the secret."""
    secret = signin.new_secret()
    signin.switch_on_second_factor(by=cast.rep, secret=secret, code=pyotp.TOTP(secret).now())
    return secret


def test_session_gets_a_new_id_at_sign_in(cast, client):
    client.get("/sign-in/")
    before = client.cookies["sessionid"].value if "sessionid" in client.cookies else client.session.session_key
    assert sign_in(client, cast.rep).status_code == 302
    assert client.session.session_key != before
    assert signed_in(client)


def test_session_cookie_is_kept_from_scripts_and_other_sites(cast, client):
    sign_in(client, cast.rep)
    cookie = client.cookies["session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_wrong_password_gives_the_same_page_as_an_unknown_account(cast, client):
    def page(email):
        text = client.post("/sign-in/", {"email": email, "password": "wrong"}).content.decode()
        return re.sub(r'value="[^"]*"', "", text)

    assert page("rep@hanbit.example") == page("nix@hanbit.example")
    assert not signed_in(client)


def test_too_many_tries_answer_429(cast, client):
    answers = [sign_in(client, cast.rep, "wrong").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_forged_forwarded_address_does_not_dodge_the_lock(cast):
    statuses = [
        Client(headers={"X-Forwarded-For": f"1.2.3.{number}"})
        .post("/sign-in/", {"email": f"a{number}@b.kr", "password": "x"})
        .status_code
        for number in range(31)
    ]
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    "target", ["https://evil.kr/", "//evil.kr/", "/\\evil.kr", "javascript:alert(1)", "http:evil.kr", "evil.kr", ""]
)
def test_sign_in_leads_to_no_other_site(cast, client, target):
    assert sign_in(client, cast.rep, next=target)["Location"] == "/"


def test_sign_in_leads_to_where_somebody_wanted_to_go(cast, client):
    assert sign_in(client, cast.rep, next="/customers/?q=1")["Location"] == "/customers/?q=1"


def test_sign_out_ends_the_session_on_the_server_and_clears_the_browser(cast, client):
    sign_in(client, cast.rep)
    stolen = client.cookies["session"].value
    answer = client.post("/sign-out/")
    assert "storage" in answer["Clear-Site-Data"]
    thief = Client()
    thief.cookies["session"] = stolen
    assert not signed_in(thief)


def test_sign_out_by_get_changes_nothing(cast, client):
    sign_in(client, cast.rep)
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client)


@pytest.mark.parametrize("changes", [{"active": False}, {"role": "agent"}])
def test_sessions_of_a_disabled_or_changed_member_end_at_the_next_request(cast, client, changes):
    sign_in(client, cast.rep)
    edit(cast, cast.rep, **changes)
    assert not signed_in(client)


def test_sessions_stay_ended_when_an_account_is_switched_on_again(cast, client):
    sign_in(client, cast.rep)
    edit(cast, cast.rep, active=False)
    edit(cast, cast.rep, active=True)
    assert not signed_in(client)


def test_new_password_keeps_this_session_and_ends_the_others(cast, client):
    other = Client()
    sign_in(client, cast.rep)
    sign_in(other, cast.rep)
    answer = client.post("/account/password/", {"current": PASSWORD, "password": "바다로 가는 기차"})
    assert answer.status_code == 302
    assert signed_in(client)
    assert not signed_in(other)


def test_right_password_alone_opens_nothing_where_a_second_factor_is_on(cast, client, enrolled):
    assert sign_in(client, cast.rep)["Location"] == "/sign-in/code/"
    assert not signed_in(client)
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    assert not signed_in(client)


def test_second_factor_opens_the_account_once_per_code(cast, client, enrolled, monkeypatch):
    from dangol.staff.signin import actions

    step = 10**9
    monkeypatch.setattr(actions, "_step", lambda secret, code, now: step if code == "123456" else None)
    for opens in (True, False):
        browser = Client()
        sign_in(browser, cast.rep)
        browser.post("/sign-in/code/", {"code": "123456"})
        assert signed_in(browser) is opens


def test_code_page_without_a_password_before_leads_back(cast, client):
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"


def test_second_factor_is_switched_on_with_a_picture_and_codes_shown_once(cast, client):
    sign_in(client, cast.rep)
    page = client.get("/account/second-factor/").content.decode()
    assert "data:image/svg+xml" in page
    secret = re.search(r"<code>([A-Z2-7 ]{32,})</code>", page)[1].replace(" ", "")
    done = client.post("/account/second-factor/", {"code": pyotp.TOTP(secret).now()})
    assert done.status_code == 200
    assert len(re.findall(r"<li><code>", done.content.decode())) == 10


def test_sensitive_step_asks_for_proof_after_a_while(cast, client):
    sign_in(client, cast.rep)
    session = client.session
    session["proved_at"] = 0
    session.save()
    assert client.get("/account/second-factor/")["Location"] == "/confirm/?next=%2Faccount%2Fsecond-factor%2F"
    assert client.post("/confirm/", {"password": "wrong"}).status_code == 422
    done = client.post("/confirm/", {"password": PASSWORD, "next": "/account/second-factor/"})
    assert done["Location"] == "/account/second-factor/"
    assert client.get("/account/second-factor/").status_code == 200


def test_token_is_shown_once_and_works(cast, client):
    sign_in(client, cast.rep)
    made = client.post("/account/tokens/", {"name": "계산기", "days": "30", "scopes": ["customers.view"]})
    secret = re.search(r'value="(dgl_[^"]+)"', made.content.decode())[1]
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).json()["rights"] == [
        "customers.view"
    ]
    assert secret not in client.get("/account/").content.decode()


def test_token_form_offers_and_takes_own_rights_only(cast, client):
    sign_in(client, cast.rep)
    assert "staff.manage" not in client.get("/account/").content.decode()
    refused = client.post("/account/tokens/", {"name": "x", "days": "30", "scopes": ["staff.manage"]})
    assert refused.status_code == 422


def test_language_and_colours_are_kept_with_the_account_and_for_those_signed_out(cast, client):
    client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert '<html lang="en"' in client.get("/sign-in/").content.decode()
    sign_in(client, cast.rep)
    assert '<html lang="ko"' in client.get("/account/").content.decode()
    client.post("/language/", {"language": "en"})
    client.post("/theme/", {"theme": "dark"})
    assert '<html lang="en" data-theme="dark"' in client.get("/account/").content.decode()


@pytest.mark.parametrize(("path", "name"), [("/language/", "language"), ("/theme/", "theme")])
def test_choice_that_does_not_exist_is_refused(cast, client, path, name):
    assert client.post(path, {name: "klingon"}).status_code == 422
    assert client.get(path).status_code == 405


def test_one_click_accounts_are_offered_in_a_demonstration_only(cast, client, settings):
    member = staff.create_member(
        by=cast.administrator, email="demo@x.kr", name="가상인", role="rep", password=PASSWORD, generated=True
    )
    assert "가상인" not in client.get("/sign-in/").content.decode()
    assert client.post("/sign-in/demo/", {"member": member.pk}).status_code == 403
    settings.DANGOL = replace(settings.DANGOL, demo=True)
    assert "가상인" in client.get("/sign-in/").content.decode()
    assert client.post("/sign-in/demo/", {"member": member.pk})["Location"] == "/"
    assert signed_in(client)


def test_demonstration_opens_no_account_of_a_real_person(cast, client, settings):
    settings.DANGOL = replace(settings.DANGOL, demo=True)
    assert client.post("/sign-in/demo/", {"member": cast.administrator.pk}).status_code == 403


def test_forms_from_another_site_are_refused(cast):
    browser = Client(enforce_csrf_checks=True)
    assert sign_in(browser, cast.rep).status_code == 403
