"""The pages and the API of the customer index, as people use them."""

import html
import re

import pytest

from dangol.api.tests.test_frame import Api
from dangol.insight.score.groups.tests import kinds
from dangol.insight.score.index import actions, reads
from dangol.insight.score.index.models import Version
from dangol.insight.score.index.rules import Definition, Part
from dangol.insight.score.tests.purchases import numbered_from
from dangol.insight.segments import actions as building
from dangol.insight.segments import reads as segments
from dangol.profile.facts import Facts
from dangol.web.groups.tests.test_pages import enter
from dangol.work.actions import Quiet
from dangol.work.models import Job

BODY = {"name": "우리 지수", "purpose": "좋은 고객 찾기", "source0": "orders", "weight0": "3", "scale0": "percentile",
        "source1": "recency_days", "weight1": "1", "scale1": "range", "reverse1": "on", "window_days": "365",
        "grades": "단골=70, 손님=0"}  # fmt: skip


@pytest.fixture
def bought(cast, home):
    kinds.warehouse(home, numbered_from(cast.mina.pk, kinds.lines(60)))
    return cast


def test_before_there_is_an_index_the_page_says_what_to_do(cast, client):
    assert b"There is no index yet" in enter(client, cast.analyst).get("/groups/index/").content
    assert enter(client, cast.executive).get("/groups/index/new/").status_code == 403
    assert enter(client, cast.analyst, "en").post("/groups/index/new/", BODY).status_code == 422


def test_an_index_is_composed_tried_published_and_shown(bought, client):
    enter(client, bought.analyst, "ko")
    seen = client.get("/groups/index/preview/", BODY)
    assert "60명" in seen.content.decode()
    assert "grades" not in client.get("/groups/index/preview/", {**BODY, "grades": "A"}).content.decode()
    assert not Version.objects.exists()
    for wrong in ({"grades": "A=80"}, {"source0": "", "source1": ""}, {"weight0": "0"}):
        assert client.post("/groups/index/new/", {**BODY, **wrong}).status_code == 422
    path = client.post("/groups/index/new/", BODY).headers["Location"]
    assert Job.objects.get().kind == "index.count"
    actions.keep(Quiet())
    for language, words in (("ko", "75% 주문 수"), ("en", "75% Orders + 25% Days since the last purchase (less")):
        text = enter(client, bought.marketer, language).get(path).content.decode()
        assert words in text
        assert "style=" not in re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert enter(client, bought.analyst).get(f"{path}change/").status_code == 200
    assert client.post(f"{path}change/", {**BODY, "source1": ""}).status_code == 302
    actions.keep(Quiet())
    text, index_id = client.get(f"{path}?grade=단골").content.decode(), int(path.strip("/").rpartition("/")[2])
    assert "version 2" in text
    assert "김민아" in text or "박지호" in text or "이소연" in text or "H-0004" in text or "None of this grade" in text
    assert client.post(f"{path}live/", {"name": "", "grade": "단골"}).headers["Location"] == path
    assert client.post(f"{path}live/", {"name": "단골 60", "most": "101"}).headers["Location"] == path
    made = client.post(f"{path}live/", {"name": "단골 60", "grade": "단골", "least": "60"}).headers["Location"]
    [segment] = segments.segments(bought.analyst)
    assert made == f"/segments/{segment.id}/"
    assert [(one["field"], one["test"]) for one in segment.definition["parts"]] == [
        (f"grade_{index_id}", "one_of"),
        (f"index_{index_id}", "between"),
    ]
    assert "segment 단골 60" in html.unescape(client.post(f"{path}retire/", follow=True).content.decode())
    building.archive(by=bought.analyst, segment_ids=[segment.id])
    assert client.post(f"{path}retire/").status_code == 302
    assert "우리 지수" not in client.get("/groups/index/").content.decode()


def test_everything_works_over_the_api(bought):
    api = Api(bought.analyst)
    body = {"name": "지수", "parts": [{"source": "orders"}, {"source": "average_ticket", "scale": "range"}]}
    assert api("POST", "/index/preview", {"parts": body["parts"]}).json()["customers"] == 60
    index_id = api("POST", "/index", body).json()["id"]
    actions.keep(Quiet())
    whole = api("GET", f"/index/{index_id}").json()
    assert sum(whole["today"]["bins"]) == 60
    assert len(whole["history"]) == 1
    members = [api("GET", f"/index/{index_id}/grades/{one['name']}/members?limit=100").json()["items"]
               for one in whole["today"]["grades"]]  # fmt: skip
    assert [len(one) for one in members] == [one["customers"] for one in whole["today"]["grades"]]
    assert api("POST", "/index", {**body, "parts": [{"source": "shoes"}]}).status_code == 422
    assert api("POST", f"/index/{index_id}/versions", {"parts": [{"source": "orders"}]}).status_code == 202
    assert api("GET", "/index").json()[0]["version"] == 2
    assert api("DELETE", f"/index/{index_id}").status_code == 204
    assert Api(bought.executive)("POST", "/index", body).status_code == 403


def test_customer_360_shows_the_index(bought, client, monkeypatch):
    monkeypatch.setattr("dangol.profile.facts_of", lambda *ids: Facts())
    definition = Definition("", (Part("orders"),))
    actions.publish(by=bought.analyst, name="우리 지수", definition=definition)
    actions.keep(Quiet())
    assert reads.of_customer(bought.mina.pk)
    text = enter(client, bought.analyst).get(f"/customers/{bought.mina.pk}/").content.decode()
    assert "우리 지수" in text
