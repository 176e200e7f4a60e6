"""The pages of groups, as people use them."""

import re

import pytest

from dangol.api.tests.test_frame import Api
from dangol.base.errors import Conflict
from dangol.insight.score.groups import actions, reads
from dangol.insight.score.groups.models import Grouping, Version
from dangol.insight.score.groups.rules.clusters import Wanted
from dangol.insight.score.groups.tests import kinds
from dangol.insight.score.groups.tests.test_trees import planted
from dangol.insight.score.tests.purchases import numbered_from
from dangol.insight.segments import actions as segments
from dangol.staff.actions import save_view
from dangol.staff.models import Access, SavedView
from dangol.work.actions import Quiet
from dangol.work.models import Job

QUICK = Wanted(features=("recency_days", "orders", "average_ticket"), most_k=3)


@pytest.fixture
def found(cast, home):
    """Three kinds of customers, found."""
    kinds.warehouse(home, numbered_from(cast.mina.pk, kinds.lines()))
    cast.grouping_id, _job = actions.start(by=cast.analyst, name="구매 유형", wanted=QUICK)
    actions.run_fit(Quiet(), Version.objects.get().pk)
    return cast


def enter(client, member, language="en"):
    member.language = language
    member.save(update_fields=["language"])
    client.force_login(member)
    return client


def test_before_anything_is_found_the_page_says_what_to_do(cast, client):
    assert b"No groups have been found yet" in enter(client, cast.analyst).get("/groups/").content
    assert enter(client, cast.rep).get("/groups/").status_code == 403
    assert enter(client, cast.executive).get("/groups/new/").status_code == 403


def test_clusters_are_asked_for_and_their_search_is_shown(cast, home, client):
    body = {"name": "우리 고객", "features": ["orders", "amount"], "method": "mixture", "window_days": "180", "k": "3"}
    answer = enter(client, cast.analyst, "ko").post("/groups/new/", body)
    grouping = Grouping.objects.get()
    assert answer.headers["Location"] == f"/groups/{grouping.pk}/"
    assert Version.objects.get().wanted["method"] == "mixture"
    assert Job.objects.get().kind == "groups.fit"
    assert "그룹 찾기" in client.get(f"/groups/{grouping.pk}/").content.decode()
    refused = client.post("/groups/new/", {**body, "features": []})
    assert refused.status_code == 422


def test_groups_are_shown_in_words_and_pictures_in_both_languages(found, client):
    path = f"/groups/{found.grouping_id}/"
    for language, word in (("ko", "그룹 수를 정한 이유"), ("en", "Why so many groups")):
        for page in ("/groups/", path, f"{path}1/"):
            answer = enter(client, found.marketer, language).get(page)
            assert answer.status_code == 200
            text = re.sub(r"<script.*?</script>", "", answer.content.decode(), flags=re.S)
            assert "style=" not in text
            assert reads.grouping(found.marketer, found.grouping_id).groups[0].customers
            assert page != path or word in text
    assert text.count("<rect") == 3
    assert client.get(f"{path}9/").status_code == 404
    assert client.get("/groups/999/").status_code == 404


def test_a_group_is_named_and_lists_the_customers_one_may_see(found, client):
    path = f"/groups/{found.grouping_id}/1/"
    assert enter(client, found.executive).post(f"{path}name/", {"name": "x"}).status_code == 403
    assert enter(client, found.analyst).post(f"{path}name/", {"name": "x" * 61}).status_code == 422
    assert client.post(f"{path}name/", {"name": "<b>큰손</b>"}).status_code == 302
    text = client.get(path).content.decode()
    assert "&lt;b&gt;큰손" in text
    assert Access.objects.filter(what="group.members", member=found.analyst).exists()
    group = next(one.code for one in reads.grouping(found.analyst, found.grouping_id).groups
                 if found.mina.pk in reads.members_of(found.analyst, found.grouping_id, one.code, limit=999))  # fmt: skip
    own = enter(client, found.branch_manager).get(f"/groups/{found.grouping_id}/{group}/").content.decode()
    assert "김민아" in own
    assert "이소연" not in own


def test_another_number_is_taken_and_a_grouping_retired(found, client):
    enter(client, found.analyst)
    assert client.post(f"/groups/{found.grouping_id}/again/", {"k": "1"}).status_code == 422
    client.post(f"/groups/{found.grouping_id}/again/", {"k": "2"})
    assert Version.objects.get(number=2).wanted["k"] == 2
    client.post(f"/groups/{found.grouping_id}/retire/")
    assert "구매 유형" not in client.get("/groups/").content.decode()


def test_rules_are_found_shown_tried_and_changed(cast, home, client):
    lines, people = planted()
    kinds.warehouse(home, lines, customers=people)
    enter(client, cast.analyst)
    body = {"name": "잠든 고객", "target": "asleep", "features": ["orders", "recency_days"], "attributes": ["kids"],
            "target_days": "90", "window_days": "180"}  # fmt: skip
    assert client.post("/groups/tree/", {**body, "target": "attribute"}).status_code == 422
    path = client.post("/groups/tree/", body).headers["Location"]
    actions.run_fit(Quiet(), Version.objects.get().pk)
    text = client.get(path).content.decode()
    assert "below 8" in text
    assert "The rules as a tree" in text
    effect = client.get(f"{path}rules/", {"t": "12"}).content.decode()
    assert "12 or more" in effect
    assert "not a number" in client.get(f"{path}rules/", {"t": "many"}).content.decode()
    assert Version.objects.count() == 1
    api = Api(cast.analyst)
    whole = api("GET", f"{path[:-1]}").json()
    assert whole["tree"]["threshold"] == 8
    seen = api("POST", f"{path}rules/preview", {"thresholds": {"": 12}}).json()
    assert [one["customers"] for one in seen] != [one["customers"] for one in whole["leaves"]]
    assert client.post(f"{path}rules/", {"t": "12"}).status_code == 302
    actions.run_fit(Quiet(), Version.objects.get(number=2).pk)
    assert "below 12" in client.get(path).content.decode()
    assert api("PUT", f"{path}rules", {"thresholds": {"": 12}}).status_code == 409
    assert api("POST", "/groups/trees", {"name": "규칙", "attributes": ["kids"]}).status_code == 202
    assert enter(client, cast.executive).post(f"{path}rules/", {"t": "9"}).status_code == 403


def test_everything_works_over_the_api(found):
    api = Api(found.analyst)
    whole = api("GET", f"/groups/{found.grouping_id}").json()
    assert whole["reason"] == "silhouette"
    assert [one["code"] for one in whole["groups"]] == [1, 2, 3]
    assert api("GET", "/groups").json()[0]["id"] == found.grouping_id
    members = [api("GET", f"/groups/{found.grouping_id}/groups/{code}/members?limit=100").json()["items"]
               for code in (1, 2, 3)]  # fmt: skip
    assert [len(one) for one in members] == [one["customers"] for one in whole["groups"]]
    assert api("PUT", f"/groups/{found.grouping_id}/groups/1/name", {"name": "큰손"}).status_code == 204
    assert api("GET", f"/groups/{found.grouping_id}").json()["groups"][0]["name"] == "큰손"
    assert api("POST", "/groups", {"name": "둘", "features": ["orders", "class"], "k": 2}).status_code == 202
    assert api("POST", "/groups", {"name": "둘", "k": 1}).status_code == 422
    assert api("POST", "/groups", {"name": "둘", "features": ["shoes"]}).status_code == 422
    assert api("POST", f"/groups/{found.grouping_id}/again", {"k": 4}).status_code == 202
    assert api("DELETE", f"/groups/{found.grouping_id}").status_code == 204
    assert Api(found.executive)("POST", "/groups", {"name": "x"}).status_code == 403


def test_a_group_becomes_a_live_segment_and_what_is_used_is_not_taken_away(found, client):
    path = f"/groups/{found.grouping_id}/"
    enter(client, found.analyst, "en")
    made = client.post(f"{path}1/live/", {"name": "Our best"})
    assert made.headers["Location"].startswith("/segments/")
    save_view(by=found.marketer, page="customers", name="Mine", query=f"group=group_{found.grouping_id}.1")
    with pytest.raises(Conflict) as refused:
        actions.retire(by=found.analyst, grouping_id=found.grouping_id)
    assert "Our best" in refused.value.params["names"]
    assert "Mine" in refused.value.params["names"]
    assert client.post(f"{path}retire/").headers["Location"] == path
    segments.archive(by=found.analyst, segment_ids=[int(made.headers["Location"].split("/")[2])])
    SavedView.objects.all().delete()
    assert client.post(f"{path}retire/").headers["Location"] == "/groups/"
    assert client.post(f"{path}1/live/", {"name": "Late"}).status_code == 404
