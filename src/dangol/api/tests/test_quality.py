"""Quality over the API: what the pages do, within the caller's tree."""

from datetime import date, timedelta

import pytest

from dangol.api.tests.test_frame import Api
from dangol.customers.identify.models import Customer
from dangol.customers.quality import actions
from dangol.staff.models import Access
from dangol.work.actions import Quiet


@pytest.fixture
def measured(cast):
    Customer.objects.filter(pk=cast.jiho.pk).update(name="홍길동")
    actions.measure(Quiet())
    return cast


def test_scores_rules_and_breakers_are_those_of_the_callers_tree(measured):
    rep, steward = Api(measured.rep), Api(measured.steward)
    assert (rep("GET", "/quality").json()["customers"], steward("GET", "/quality").json()["customers"]) == (2, 4)
    rule = next(one for one in rep("GET", "/quality/rules").json() if one["name"] == "Name is a placeholder")
    assert rule["broken"] == 1
    found = rep("GET", f"/quality/rules/{rule['id']}/customers").json()["items"]
    assert [(one["customer_id"], one["mended"]) for one in found] == [(measured.jiho.pk, False)]
    assert Api(measured.busan_rep)("GET", f"/quality/rules/{rule['id']}/customers").json()["items"] == []
    assert Access.objects.filter(detail={"quality rule": rule["id"]}, member=measured.rep, count=1).exists()
    lines = rep("GET", "/quality/league").json()
    assert [(line["label"], line["place"], line["value"]) for line in lines["lines"]] == [("이수진", None, None)]


def test_a_rule_is_tried_made_changed_taken_back_and_switched_off(measured):
    api = Api(measured.steward)
    body = {"name": "주소 길이", "kind": "length", "field": "address", "params": {"least": 5}}
    assert api("POST", "/quality/rules/preview", {**body, "params": {"least": 9}}).json()["exact"]
    made = api("POST", "/quality/rules", body)
    assert made.status_code == 201
    path = f"/quality/rules/{made.json()['id']}"
    assert api("PUT", path, body | {"version": 1, "weight": 4}).json()["version"] == 2
    assert api("PUT", path, body | {"version": 1, "weight": 5}).status_code == 409
    assert api("POST", f"{path}/undo", {}).json()["weight"] == 1
    assert not api("POST", f"{path}/switch", {"on": False}).json()["on"]
    assert [one["version"] for one in api("GET", f"{path}/versions").json()] == [4, 3, 2, 1]
    assert api("POST", "/quality/rules", body | {"kind": "pattern", "params": {"pattern": "("}}).status_code == 422
    assert Api(measured.rep)("POST", "/quality/rules", body).status_code == 403


def test_a_programme_is_started_worked_on_and_stopped(measured):
    api, rep = Api(measured.steward), Api(measured.rep)
    days = {"starts_on": date.today().isoformat(), "ends_on": (date.today() + timedelta(days=9)).isoformat()}
    made = api("POST", "/quality/programmes", {"name": "주소", "fields": ["address"], **days}).json()["id"]
    task = rep("GET", "/quality/tasks").json()["items"][0]
    assert task["missing"] == ["address"]
    path = f"/quality/tasks/{task['id']}/result"
    assert rep("POST", path, {"result": "done", "values": {"address": "서울 중구 세종대로 110"}}).json() == {
        "state": "done"
    }
    assert Api(measured.busan_rep)("POST", path, {"result": "refused"}).status_code == 404
    assert api("GET", f"/quality/programmes/{made}").json()["values"] == 1
    assert api("POST", f"/quality/programmes/{made}/stop", {}).status_code == 204
