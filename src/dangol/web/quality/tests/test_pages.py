"""The pages of quality in the browser's eyes."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from dangol.customers.identify.models import Customer
from dangol.customers.quality import actions, reads
from dangol.customers.quality.actions.asking import Plan
from dangol.customers.quality.models import Check, Programme, Task
from dangol.work.actions import Quiet


@pytest.fixture
def measured(cast):
    Customer.objects.filter(pk=cast.jiho.pk).update(name="홍길동")
    actions.measure(Quiet())
    cast.programme = actions.start(by=cast.steward, plan=Plan(
        name="주소 모으기", fields=["address"], starts_on=date.today(), ends_on=date.today() + timedelta(days=30),
        benefit="샘플 증정", script="주소를 여쭤봅니다."))  # fmt: skip
    return cast


@pytest.fixture
def enter(client):
    def enter(member):
        client.force_login(member)
        return client

    return enter


def rule_named(name):
    return next(row for row in Check.objects.all() if row.definition["name"] == name)


PAGES = ("board", "branches", "reps", "sources", "rules", "findings", "programmes", "tasks")


def test_every_page_opens_before_and_after_the_first_measuring(cast, enter):
    for _turn in range(2):
        for role in ("administrator", "branch_manager", "rep"):
            for page in PAGES:
                answer = enter(getattr(cast, role)).get(reverse(f"quality:{page}"))
                assert answer.status_code == 200, (role, page)
        actions.measure(Quiet())


def test_a_score_opens_the_list_of_customers_within_the_tree(measured, enter):
    rule = rule_named("Name is a placeholder")
    url = reverse("quality:issues", args=[rule.pk])
    assert url in enter(measured.rep).get(reverse("quality:board")).content.decode()
    assert "홍길동" in enter(measured.rep).get(url).content.decode()
    assert "홍길동" not in enter(measured.busan_rep).get(url).content.decode()


def test_a_steward_writes_previews_changes_and_takes_back_a_rule(measured, enter):
    steward = enter(measured.steward)
    given = {
        "name": "전화 길이",
        "field": "phone",
        "pattern": "(a+)+$",
        "severity": "bad",
        "weight": "2",
        "whom": "all",
    }
    found = steward.post(reverse("quality:preview", args=["pattern"]), given).content.decode()
    assert "3" in found
    assert steward.post(reverse("quality:new_rule", args=["pattern"]), given).status_code == 302
    rule = rule_named("전화 길이")
    url = reverse("quality:rule", args=[rule.pk])
    assert steward.post(url, given | {"version": "1", "weight": "5"}).status_code == 302
    assert steward.post(url, given | {"version": "1", "weight": "6"}).status_code == 422
    steward.post(reverse("quality:undo_rule", args=[rule.pk]))
    rule.refresh_from_db()
    assert (rule.version, rule.definition["weight"]) == (3, 2.0)
    steward.post(reverse("quality:switch", args=[rule.pk]), {"on": "0"})
    rule.refresh_from_db()
    assert not rule.on
    assert enter(measured.rep).get(url).status_code == 200
    assert enter(measured.rep).post(reverse("quality:switch", args=[rule.pk]), {"on": "1"}).status_code == 403


def test_a_bad_pattern_is_refused_with_a_word_at_the_field(measured, enter):
    given = {"name": "x", "field": "name", "pattern": "(?=a)b(", "severity": "warn", "weight": "1", "whom": "all"}
    answer = enter(measured.steward).post(reverse("quality:new_rule", args=["pattern"]), given)
    assert answer.status_code == 422
    assert answer.context["form"].errors["pattern"]


def test_an_untouched_usual_rule_stays_in_both_languages(measured, enter):
    rule = rule_named("No phone, needed for calls")
    measured.steward.language = "ko"
    measured.steward.save()
    steward = enter(measured.steward)
    shown = steward.get(reverse("quality:rule", args=[rule.pk])).context["form"].initial
    steward.post(reverse("quality:rule", args=[rule.pk]), {**shown, "version": "1", "weight": "3"})
    rule.refresh_from_db()
    assert (rule.version, rule.definition["name"], rule.definition["use"]) == (2, "No phone, needed for calls", "Call")


def test_a_rep_types_a_value_and_the_customer_has_it(measured, enter):
    task = Task.objects.get(customer_id=measured.mina.pk)
    rep = enter(measured.rep)
    page = rep.get(reverse("quality:tasks")).content.decode()
    assert "김민아" in page
    assert "샘플 증정" in page
    url = reverse("quality:task", args=[task.pk])
    assert rep.post(url, {"result": "done", "address": ""}).status_code == 422
    assert rep.post(url, {"result": "done", "address": "서울 중구 세종대로 110"}).status_code == 302
    measured.mina.refresh_from_db()
    assert measured.mina.address == "서울 중구 세종대로 110"
    assert Task.objects.get(pk=task.pk).state == "done"
    assert enter(measured.busan_rep).post(url, {"result": "refused"}).status_code == 404


def test_tasks_and_assignments_are_made_from_the_list_in_bulk(measured, enter):
    rule = rule_named("Name is a placeholder")
    url = reverse("quality:issues", args=[rule.pk])
    leader = enter(measured.branch_manager)
    leader.post(url, {"act": "bulk:ask", "everything": "1"})
    assert Task.objects.filter(programme__check_rule=rule, customer_id=measured.jiho.pk, rep=measured.rep).exists()
    leader.post(url, {"act": "bulk:assign", "id": [str(measured.jiho.pk)], "value.assign": str(measured.busan_rep.pk)})
    assert Customer.objects.get(pk=measured.jiho.pk).rep == measured.rep  # not of this tree


def test_a_programme_is_started_and_stopped_in_the_web(measured, enter):
    steward = enter(measured.steward)
    given = {"name": "생일", "fields_asked": ["birth_year"], "starts_on": "2026-11-01", "ends_on": "2099-01-01",
             "most_per_rep": "10", "benefit_cost": "1,000"}  # fmt: skip
    answer = steward.post(reverse("quality:new_programme"), given)
    made = Programme.objects.latest("pk")
    assert answer.url == reverse("quality:programme", args=[made.pk])
    steward.post(reverse("quality:stop_programme", args=[made.pk]))
    assert reads.programme(measured.steward, made.pk).state == "stopped"
    assert enter(measured.rep).get(reverse("quality:new_programme")).status_code == 403
