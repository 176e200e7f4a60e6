"""The administration pages."""

import re
from dataclasses import fields, replace

import pytest
from django.test import Client

from dangol.staff import actions as staff
from dangol.staff import reads
from dangol.web.admin import texts
from dangol.work import actions as work
from tests.cast import PASSWORD

PAGES = ["members", "members/new", "organisation", "rights", "log", "tokens", "jobs", "settings"]


def browser(member):
    client = Client()
    client.post("/sign-in/", {"email": member.email, "password": PASSWORD})
    return client


@pytest.fixture
def admin(cast):
    return browser(cast.administrator)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_for_an_administrator_in_both_languages(cast, admin, name, language):
    staff.set_own_profile(by=cast.administrator, language=language)
    answer = admin.get(f"/admin/{name}/")
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_closed_to_everybody_else(cast, name):
    others = [member for role, member in cast.members.items() if role != "administrator"]
    assert {browser(member).get(f"/admin/{name}/").status_code for member in others} == {403}
    assert Client().get(f"/admin/{name}/")["Location"].startswith("/sign-in/")


def test_member_is_opened_and_can_sign_in(cast, admin):
    made = admin.post(
        "/admin/members/new/",
        {"name": "새직원", "email": "New@x.kr", "role": "rep", "unit": cast.team.pk, "password": "바다로 가는 기차",
         "language": "ko"},
    )  # fmt: skip
    assert made.status_code == 302
    assert Client().post("/sign-in/", {"email": "new@x.kr", "password": "바다로 가는 기차"}).status_code == 302


def test_refused_member_keeps_what_was_typed_and_names_the_field(cast, admin):
    given = {"name": "새직원", "email": "rep@hanbit.example", "role": "rep", "password": "short", "language": "ko"}
    page = admin.post("/admin/members/new/", given)
    assert page.status_code == 422
    text = page.content.decode()
    assert 'value="새직원"' in text
    assert 'href="#id_password"' in text


def test_role_and_state_of_a_member_are_changed(cast, admin):
    given = {"name": "이수진", "email": cast.rep.email, "role": "agent", "unit": cast.team.pk}
    assert admin.post(f"/admin/members/{cast.rep.pk}/", given).status_code == 302
    changed = reads.member(cast.administrator, cast.rep.pk)
    assert (changed.role, changed.active) == ("agent", False)


def test_the_customers_of_a_member_come_along_to_another_unit_from_the_day_that_is_said(cast, admin):
    place = f"/admin/members/{cast.rep.pk}/"
    assert "고객 2명" in admin.get(place).content.decode()
    assert 'name="from_day"' not in admin.get(f"/admin/members/{cast.marketer.pk}/").content.decode()
    given = {"name": "이수진", "email": cast.rep.email, "role": "rep", "unit": cast.busan.pk, "active": "on"}
    assert admin.post(place, given | {"from_day": "2999-01-01"}).status_code == 422
    assert reads.member(cast.administrator, cast.rep.pk).unit_id == cast.team.pk
    assert "2" in admin.post(place, given | {"from_day": "2026-05-01"}, follow=True).content.decode()
    page = admin.get(f"/customers/{cast.mina.pk}/history/").content.decode()
    assert "이수진 · 부산지점" in page
    assert "이수진 · 강남1팀" in page


def test_administrator_cannot_switch_the_own_account_off(cast, admin):
    given = {"name": "한지민", "email": cast.administrator.email, "role": "administrator", "unit": ""}
    assert admin.post(f"/admin/members/{cast.administrator.pk}/", given).status_code == 422


def test_change_of_rights_asks_for_proof_after_a_while(cast, admin):
    session = admin.session
    session["proved_at"] = 0
    session.save()
    assert "/confirm/" in admin.get(f"/admin/members/{cast.rep.pk}/")["Location"]
    posted = admin.post(
        f"/admin/members/{cast.rep.pk}/", {"name": "이수진", "email": cast.rep.email, "role": "administrator"}
    )
    assert "/confirm/" in posted["Location"]
    assert reads.member(cast.administrator, cast.rep.pk).role == "rep"


def test_members_are_searched_filtered_and_exported_with_a_reason(cast, admin):
    page = admin.get("/admin/members/?q=박정우").content.decode()
    assert "busan_rep@" in page
    assert "marketer@" not in page
    assert "marketer@" not in admin.get("/admin/members/?role=rep").content.decode()
    export = admin.post("/admin/members/", {"act": "export", "format": "csv", "reason": "정기 점검", "everything": "1"})
    assert "busan_rep@" in b"".join(export.streaming_content).decode("utf-8-sig")
    line = reads.access_log(cast.administrator)[0]
    assert (line.verb, line.reason) == ("export", "정기 점검")


def test_unit_is_added_renamed_and_moved(cast, admin):
    admin.post("/admin/organisation/", {"name": "영남", "kind": "large_branch", "parent": cast.company.pk})
    large = next(unit for unit in reads.unit_tree(cast.administrator) if unit.name == "영남")
    admin.post(f"/admin/organisation/{cast.busan.pk}/", {"name": "부산본점", "parent": large.id})
    moved = reads.unit(cast.administrator, cast.busan.pk)
    assert (moved.name, moved.parent_id) == ("부산본점", large.id)


def test_log_is_narrowed_by_customer_verb_and_member(cast, admin):
    staff.note_access(by=cast.rep, verb="unmask", what="customer", customer_id=77, address="203.0.113.7")
    staff.note_access(by=cast.marketer, verb="view", what="customer", customer_id=78, address="203.0.113.8")
    for query in ("customer=77", "verb=unmask", "q=이수진"):
        page = admin.get(f"/admin/log/?{query}").content.decode()
        assert "203.0.113.7" in page
        assert "203.0.113.8" not in page


def test_hostile_text_in_names_is_shown_as_text(cast, admin):
    staff.edit_member(by=cast.administrator, member_id=cast.rep.pk, name="<script>alert(1)</script>", role="rep",
                      unit_id=None, active=True)  # fmt: skip
    for path in ("/admin/members/", f"/admin/members/{cast.rep.pk}/", "/admin/log/"):
        assert "<script>alert" not in admin.get(path).content.decode()


def test_settings_page_hides_passwords(cast, admin, settings):
    settings.DANGOL = replace(
        settings.DANGOL, smtp_password="geheim1", database="postgresql://dangol:geheim2@db:5432/dangol"
    )
    page = admin.get("/admin/settings/").content.decode()
    assert "geheim" not in page
    assert "postgresql://dangol:" in page


def test_every_setting_is_shown_with_a_meaning_that_is_translated(settings):
    shown = {name for names in texts.GROUPS.values() for name in names}
    assert shown == {option.name for option in fields(settings.DANGOL)}
    assert set(texts.MEANINGS) == {option.metadata["help"] for option in fields(settings.DANGOL)}


def test_parked_job_shows_its_reason_and_is_started_again(cast, admin):
    from django.apps import apps

    pk = work.enqueue(kind="cycle.run", arguments={}, by=cast.marketer)
    jobs = apps.get_model("work", "Job").objects.filter(pk=pk)
    template = (
        "The worker died {deaths} times in this job, so it was set aside. Look into the log, then start it again."
    )
    jobs.update(state="parked", error={"type": "Unavailable", "template": template, "params": {"deaths": 3}})
    assert "3번 중단" in admin.get("/admin/jobs/").content.decode()
    admin.post(f"/admin/jobs/{pk}/retry/")
    assert jobs.get().state == "queued"


def test_token_of_a_member_is_revoked(cast, admin):
    from dangol.staff.tokens import actions as tokens

    made, secret = tokens.create_token(by=cast.marketer, name="x", scopes=["customers.view"])
    assert "최다은" in admin.get("/admin/tokens/").content.decode()
    admin.post(f"/admin/tokens/{made.id}/revoke/")
    assert tokens.open_with(secret) is None


def test_no_page_has_inline_script_or_style(cast, admin):
    for name in PAGES:
        text = admin.get(f"/admin/{name}/").content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), name
