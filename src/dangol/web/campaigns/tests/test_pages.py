"""The campaign pages, as members and customers use them."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from dangol.campaigns.evaluate import actions as evaluate
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as running
from dangol.campaigns.knowledge import actions as knowledge
from dangol.campaigns.plan import actions as plan
from dangol.campaigns.plan import reads
from dangol.campaigns.tests import world
from dangol.channels import links
from dangol.channels.email import mailbox
from dangol.customers.consent import reads as consent
from dangol.customers.consent.rules import Permit
from dangol.work.actions import Quiet


@pytest.fixture
def company(cast, settings, monkeypatch, tmp_path):
    with world.post(settings, tmp_path / "home" / "mailbox") as folder:
        settings.DANGOL = replace(settings.DANGOL, demo=True)
        world.snapshot()
        world.people(monkeypatch, cast.marketer, silent=(7,), homeless=(8,))
        from dangol.insight.score import reads as score

        monkeypatch.setattr(score, "months", lambda: [world.AS_OF])
        yield cast, folder


def _signed_in(member):
    client = Client()
    client.force_login(member)
    return client


def _launched(cast, **more):
    view = plan.draft(by=cast.marketer, **world.fields(**more))
    plan.submit(by=cast.marketer, plan_id=view.id)
    plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)
    run = execute.launch(by=cast.marketer, plan_id=view.id)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    return running.run(cast.marketer, run.id)


def _link(folder, kind):
    letter = mailbox.letters(folder, limit=1)[0][0]
    return re.search(rf"/{kind}/\S+", letter.text)[0], int(re.match(r"c(\d+)@", letter.to)[1])


def test_every_page_opens_in_both_languages(company):
    cast, folder = company
    knowledge.keep_past(Quiet())
    draft = plan.draft(by=cast.marketer, name="반쪽 계획")
    waiting = plan.draft(by=cast.marketer, **world.fields(name="결재 대기"))
    plan.submit(by=cast.marketer, plan_id=waiting.id)
    approved = plan.draft(by=cast.marketer, **world.fields(name="승인됨"))
    plan.submit(by=cast.marketer, plan_id=approved.id)
    plan.approve(by=cast.approver, plan_id=approved.id, content_hash=approved.hash)
    run = _launched(cast)
    evaluate.judge(by=cast.marketer, run_id=run.id)
    evaluate.learn(by=cast.marketer, run_id=run.id)
    name = mailbox.letters(folder, limit=1)[0][0].name
    pages = [
        "/campaigns/", "/campaigns/?q=%EA%B3%84%ED%9A%8D&state=past&sort=-rate", "/campaigns/new/?segment=LHH",
        f"/campaigns/{draft.id}/", f"/campaigns/{draft.id}/panel/", f"/campaigns/{draft.id}/approve/",
        f"/campaigns/{draft.id}/preview/", f"/campaigns/{waiting.id}/", f"/campaigns/{waiting.id}/panel/",
        f"/campaigns/{waiting.id}/preview/?place=3", f"/campaigns/{waiting.id}/approve/",
        f"/campaigns/{approved.id}/launch/", f"/campaigns/runs/{run.id}/", f"/campaigns/runs/{run.id}/numbers/",
        f"/campaigns/runs/{run.id}/result/", "/campaigns/knowledge/", "/campaigns/knowledge/?q=Spring",
        "/campaigns/knowledge/c1/", f"/campaigns/knowledge/{run.campaign_key}/", "/campaigns/mailbox/",
        f"/campaigns/mailbox/{name}/",
    ]  # fmt: skip
    for language in ("ko", "en"):
        cast.administrator.language = language
        cast.administrator.save()
        client = _signed_in(cast.administrator)
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 200, (page, answer.status_code)
            assert "no-store" in answer["Cache-Control"]
            assert " style=" not in answer.content.decode()


def test_reading_pages_changes_nothing(company):
    cast, _folder = company
    run = _launched(cast)

    def state():
        view = reads.plan(cast.marketer, run.plan_id)
        return view.state, view.version, view.simulation, running.run(cast.marketer, run.id)

    before = state()
    client = _signed_in(cast.administrator)
    for page in (f"/campaigns/{run.plan_id}/do/", f"/campaigns/{run.plan_id}/launch/", f"/campaigns/runs/{run.id}/"):
        client.get(page + "?act=stop")
    assert state() == before


def test_a_draft_saves_itself_and_lists_what_is_missing(company):
    cast, _folder = company
    client = _signed_in(cast.marketer)
    answer = client.post("/campaigns/new/", {"name": "새 계획", "aim": "keep", "segments": ["HHH"]})
    place = answer["Location"]
    saved = client.post(
        place, {"version": "1", "discount": "3,0x0", "subject": "{{ nobody }}"}, headers={"HX-Request": "true"}
    )
    text = saved.content.decode()
    assert 'href="#id_discount"' in text
    assert 'href="#id_subject"' in text
    assert 'value="2"' in text
    stale = client.post(place, {"version": "1", "name": "다른 이름"}, headers={"HX-Request": "true"})
    assert stale.status_code == 409


def test_an_approver_decides_on_the_page_and_the_marketer_launches_with_the_number_in_the_button(company):
    cast, _folder = company
    view = plan.draft(by=cast.marketer, **world.fields())
    marketer, approver = _signed_in(cast.marketer), _signed_in(cast.approver)
    marketer.post(f"/campaigns/{view.id}/do/", {"act": "submit"})
    assert view.hash in approver.get(f"/campaigns/{view.id}/approve/").content.decode()
    approver.post(f"/campaigns/{view.id}/approve/", {"act": "approve", "hash": view.hash})
    expected = running.preview(cast.marketer, view.id).target
    assert str(expected) in marketer.get(f"/campaigns/{view.id}/launch/").content.decode()
    answer = marketer.post(f"/campaigns/{view.id}/launch/", {"hash": view.hash})
    assert answer["Location"].startswith("/campaigns/runs/")
    assert approver.post(f"/campaigns/{view.id}/launch/", {"hash": view.hash}).status_code == 403


def test_scanners_opening_every_link_change_no_consent(company):
    cast, folder = company
    _launched(cast)
    link, one = _link(folder, "p")
    for _turn in range(3):
        assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200
    verdict = consent.permits([one], "marketing", "email", datetime.now(UTC), world_zone())[one]
    assert isinstance(verdict, Permit)


def world_zone():
    from django.conf import settings

    return settings.DANGOL.zone


def test_refusing_on_the_page_works_once_and_again_harmlessly(company):
    cast, folder = company
    _launched(cast)
    link, one = _link(folder, "p")
    for _turn in range(2):
        assert Client(enforce_csrf_checks=True).post(link, {"choice": "refuse"}).status_code == 200
    verdict = consent.permits([one], "marketing", "email", datetime.now(UTC), world_zone())[one]
    assert verdict.reason == "withdrawn"
    words = [word for word in consent.of_customer(one) if not word.given]
    assert len(words) == 1
    assert words[0].origin == "customer"


def test_one_click_refusal_by_rfc_8058(company):
    cast, folder = company
    _launched(cast)
    letter = mailbox.letters(folder, limit=1)[0][0]
    path = letter.refuse_link.removeprefix("http://testserver")
    answer = Client(enforce_csrf_checks=True).post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    one = int(re.match(r"c(\d+)@", letter.to)[1])
    verdict = consent.permits([one], "marketing", "email", datetime.now(UTC), world_zone())[one]
    assert verdict.reason == "withdrawn"


def test_links_that_are_not_valid_all_look_the_same(company):
    cast, folder = company
    _launched(cast)
    good, _one = _link(folder, "p")
    signed = good.rpartition("/")[2]
    unknown = links.sign(links.PREFERENCE, "no-such-token")
    swapped = links.sign(links.CLICK, signed.split("~")[0])
    bad = {signed[:-1], signed[:5], signed + "x", unknown, swapped, "x" * 2000, signed.replace("~", "~~")}
    answers = {Client().get(f"/p/{one}").content for one in bad} | {Client().post(f"/p/{one}").content for one in bad}
    answers |= {Client().get(f"/c/{one}").content for one in {signed, unknown}}
    assert len(answers) == 1
    assert {Client().get(f"/p/{one}").status_code for one in bad} == {404}


def test_an_expired_link_is_not_valid(company, monkeypatch):
    from datetime import timedelta

    cast, folder = company
    _launched(cast)
    link, _one = _link(folder, "p")
    monkeypatch.setitem(links.AGES, links.PREFERENCE, timedelta(seconds=-1))
    assert Client().get(link).status_code == 404


def test_a_click_leads_to_the_offer_on_this_site(company):
    cast, folder = company
    _launched(cast)
    link, _one = _link(folder, "c")
    answer = Client().get(link, follow=True)
    assert answer.redirect_chain[0][0].startswith("/o/")
    assert "3,000원" in answer.content.decode()


def test_without_the_demonstration_there_is_no_mailbox_page(company, settings):
    cast, _folder = company
    settings.DANGOL = replace(settings.DANGOL, demo=False)
    assert _signed_in(cast.administrator).get("/campaigns/mailbox/").status_code == 404


def test_opening_a_link_starts_no_session(company):
    cast, folder = company
    _launched(cast)
    for kind in ("p", "c"):
        client = Client()
        client.get(_link(folder, kind)[0], follow=True)
        assert not client.cookies


def test_approval_and_launch_ask_for_the_password_again_after_a_while(company):
    cast, _folder = company
    view = plan.draft(by=cast.marketer, **world.fields())
    plan.submit(by=cast.marketer, plan_id=view.id)
    for member, path in ((cast.approver, "approve"), (cast.marketer, "launch")):
        client = _signed_in(member)
        session = client.session
        session["proved_at"] = 0
        session.save()
        answer = client.post(f"/campaigns/{view.id}/{path}/", {"act": "approve", "hash": view.hash})
        assert "/confirm/" in answer["Location"]
    assert reads.plan(cast.marketer, view.id).state == "submitted"


def test_a_plan_for_many_is_counted_by_a_job_and_its_pages_wait_for_that(company, monkeypatch):
    from dangol.campaigns.plan.reads import people
    from dangol.work.models import Job

    cast, _folder = company
    monkeypatch.setattr(people, "DIRECT", 50)
    view = plan.draft(by=cast.marketer, **world.fields())
    client, place = _signed_in(cast.marketer), f"/campaigns/{view.id}"
    assert 'hx-trigger="load, submit"' in client.get(f"{place}/panel/").content.decode()
    assert not Job.objects.exists(), "looking starts nothing"
    for _click in range(2):
        shown = client.post(f"{place}/simulation/", headers={"HX-Request": "true"}).content.decode()
        assert "?asked=1" in shown
    job = Job.objects.get(kind="plan.count")
    plan.run_count(Quiet(by=cast.marketer), plan_id=view.id)
    Job.objects.filter(pk=job.pk).update(state="done", unique_key=None)
    assert "198" in client.get(f"{place}/simulation/?asked=1").content.decode()

    plan.submit(by=cast.marketer, plan_id=view.id)
    plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)
    assert str(running.preview(cast.marketer, view.id).target) in client.get(f"{place}/launch/").content.decode()
    monkeypatch.setattr(people.Counts, "newest", False)
    waiting = client.get(f"{place}/launch/").content.decode()
    assert 'name="hash"' not in waiting, "nothing to confirm before it is counted"
    launched = client.post(f"{place}/launch/", {"hash": view.hash})
    assert client.get(launched["Location"] + "numbers/").status_code == 200
    assert client.post(f"{place}/launch/", {"hash": view.hash}).status_code == 409


def test_the_survey_of_a_message_is_answered_by_the_customer_and_counts_for_the_campaign(company, monkeypatch):
    from dangol.customers.collect import actions as collect
    from dangol.customers.surveys import actions as surveys
    from dangol.customers.surveys.models import Response

    cast, folder = company
    score = {"key": "score", "kind": "nps", "text": {"ko": "추천하시겠어요?", "en": "Would you recommend us?"}}
    made = surveys.create(
        by=cast.marketer, name="감사 설문", code="thanks",
        content={"title": {"ko": "한 가지만 여쭙니다", "en": "One question"}, "questions": [score]},
    )  # fmt: skip
    asks = {"body": "{{ link }}\n\n{{ survey }}", "survey": "thanks"}
    waits = plan.draft(by=cast.marketer, **world.fields(**asks | {"survey": ""}))
    closed = plan.draft(by=cast.marketer, **world.fields(**asks))
    assert [{problem.field for problem in view.problems} for view in (waits, closed)] == [{"survey"}, {"survey"}]
    surveys.publish(by=cast.marketer, survey_id=made.id)

    run = _launched(cast, **asks)
    path, one = _link(folder, "q")
    opened = Client().get(path)
    assert opened["Location"].split("/s/me/")[1]
    page = opened["Location"].removeprefix("http://testserver")
    assert "추천하시겠어요?" in Client().get(page).content.decode()
    assert not Response.objects.exists(), "looking answers nothing"
    assert Client().post(page, {"q.score": "9", "go": "on", "at": "0", "once": "a" * 24}).status_code == 200
    assert Response.objects.get().customer_id == one
    assert running.run(cast.marketer, run.id).survey_answers == 1

    told = []
    monkeypatch.setattr(collect, "record", lambda **what: told.append(what))
    for _cycle in range(2):
        execute.record_clicks(Quiet())
    [answer] = [row for what in told if what["kind"] == "responses" for row in what["rows"]]
    assert (answer["campaign_key"], answer["kind"], answer["detail"]) == (run.campaign_key, "survey", "thanks")
    assert Client().get(path[:-1]).status_code == 404
