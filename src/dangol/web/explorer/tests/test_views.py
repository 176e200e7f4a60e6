"""Kept views at the explorer, and the pages of mailings."""

import pytest
from django.test import Client

from dangol.reports import actions, reads
from dangol.staff.tokens import actions as tokens

QUERY = "rows=branch&show=sales_amount"


@pytest.fixture
def analyst(cast, home):
    client = Client(headers={"accept-language": "en"})
    cast.analyst.language = "en"
    cast.analyst.save()
    client.force_login(cast.analyst)
    return client


def test_a_changed_view_can_be_saved_saved_as_new_or_discarded(analyst, cast):
    kept = analyst.post("/explorer/views/act/", {"act": "keep", "name": "매출", "query": QUERY})
    address = kept["Location"]
    view = reads.views(cast.analyst)[0]
    assert address == f"/explorer/?{QUERY}&view={view.id}"
    assert "This view was changed." not in analyst.get(address).content.decode()
    page = analyst.get(f"/explorer/?{QUERY}&heat=1&view={view.id}").content.decode()
    assert "This view was changed." in page
    assert f'href="/explorer/?{QUERY.replace("&", "&amp;")}&amp;view={view.id}"' in page
    analyst.post("/explorer/views/act/", {"act": "keep", "name": "둘째", "query": QUERY + "&heat=1", "view": view.id})
    assert reads.seen(cast.analyst, view.id).query == QUERY
    analyst.post("/explorer/views/act/", {"act": "save", "query": QUERY + "&heat=1", "view": view.id, "version": 1})
    assert reads.seen(cast.analyst, view.id).query == QUERY + "&heat=1"


def test_deleting_a_view_can_be_undone_from_the_message(analyst, cast):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    answer = analyst.post("/explorer/views/act/", {"act": "remove", "query": QUERY, "view": view}, follow=True)
    assert 'value="restore"' in answer.content.decode()
    analyst.post("/explorer/views/act/", {"act": "restore", "query": "", "view": view})
    assert [one.id for one in reads.views(cast.analyst)] == [view]


def test_the_explorer_opens_with_the_view_chosen_for_that(analyst, cast):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    actions.change(by=cast.analyst, view_id=view, usual=True)
    assert analyst.get("/explorer/")["Location"] == f"/explorer/?{QUERY}&view={view}"
    assert analyst.get("/explorer/?fresh=1").status_code == 200


def test_a_mailing_is_made_paused_and_ended_on_its_page(analyst, cast):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    page = f"/explorer/views/{view}/mail/"
    given = {"form": "csv", "recipients": [cast.analyst.pk], "every": "weekly", "at": "08:00", "weekdays": ["0"]}
    assert analyst.post(page, given | {"recipients": [cast.rep.pk]}).status_code == 422
    assert analyst.post(page, given).status_code == 302
    [made] = reads.mailings(cast.analyst, view)
    assert (made.clock.plan.weekdays, made.clock.late_minutes) == ((0,), 5)
    analyst.post(f"{page}{made.id}/", {"act": "pause"})
    assert "paused" in analyst.get(page).content.decode()
    analyst.post(f"{page}{made.id}/", {"act": "stop"})
    assert reads.mailings(cast.analyst, view) == []


def test_the_api_keeps_changes_and_schedules_views(cast, home):
    _token, secret = tokens.create_token(by=cast.analyst, name="t", scopes=["insight.view"])
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def post(path, body):
        return client.post(f"/api/v1{path}", body, content_type="application/json")

    made = post("/reports", {"name": "매출", "query": QUERY}).json()
    assert post("/reports", {"name": "매출", "query": QUERY}).status_code == 409
    assert post("/reports", {"name": "x", "query": QUERY, "owner_id": 1}).status_code == 422
    changed = client.patch(
        f"/api/v1/reports/{made['id']}", {"version": 1, "name": "새 이름"}, content_type="application/json"
    )
    assert changed.json()["version"] == 2
    plan = {"form": "pdf", "recipients": [cast.analyst.pk], "plan": {"every": "daily", "at": "08:00"}}
    mailing = post(f"/reports/{made['id']}/mailings", plan).json()
    assert mailing["enabled"]
    assert client.delete(f"/api/v1/mailings/{mailing['id']}").status_code == 204
    assert client.delete(f"/api/v1/reports/{made['id']}").status_code == 204
    assert client.get("/api/v1/reports").json() == []
