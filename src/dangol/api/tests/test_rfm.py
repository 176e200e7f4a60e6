"""Segments over the API."""

import pyarrow as pa
import pytest

from dangol.api.tests.test_frame import Api
from dangol.insight.score.actions import scoring
from dangol.insight.score.rules import SEGMENTS
from dangol.insight.score.tests import purchases
from dangol.insight.score.tests.purchases import LAST, line
from dangol.staff.models import Access


@pytest.fixture
def scored(cast, home, monkeypatch):
    """A scored year in which the cast's customers are among the buyers."""
    monkeypatch.setattr(scoring.identify, "publish_standings", lambda *rows, **about: None)
    own = purchases.table([line(f"own{c.pk}", c.pk, LAST, 90_000) for c in (cast.mina, cast.jiho, cast.soyeon)])
    purchases.scored(home, pa.concat_tables([purchases.many(), own]))
    return cast


def ids(api, code, **query):
    """The ids of a segment's members, read page by page."""
    found, cursor = [], None
    while True:
        text = "&".join(f"{k}={v}" for k, v in (query | ({"cursor": cursor} if cursor else {})).items())
        page = api("GET", f"/rfm/segments/{code}/members?{text}").json()
        found += [row["customer_id"] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            return found


def test_segments_count_their_members(scored):
    api = Api(scored.marketer)
    body = api("GET", "/rfm/segments").json()
    assert [segment["code"] for segment in body["segments"]] == list(SEGMENTS)
    for segment in body["segments"]:
        members = ids(api, segment["code"], limit=7)
        assert len(members) == len(set(members)) == segment["customers"]
        assert members == sorted(members)


def test_members_outside_the_callers_scope_are_left_out(scored):
    api = Api(scored.branch_manager)
    seen = {one for code in SEGMENTS for one in ids(api, code)}
    assert seen == {scored.mina.pk, scored.jiho.pk}


def test_reading_members_is_logged(scored):
    Api(scored.marketer)("GET", "/rfm/segments/HHH/members")
    assert Access.objects.filter(what="segment.members", member=scored.marketer).count() == 1


def test_migration_takes_any_two_days_within_the_purchases_and_leads_to_the_customers(scored):
    api = Api(scored.marketer)
    days = api("GET", "/rfm/segments").json()["days"]
    flows = api("GET", f"/rfm/segments/migration?start={days[0]}&end={days[-1]}").json()["flows"]
    assert sum(flow["customers"] for flow in flows) == sum(
        segment["customers"] for segment in api("GET", "/rfm/segments").json()["segments"]
    )
    assert api("GET", f"/rfm/segments/migration?start=2001-01-01&end={days[-1]}").status_code == 422
    flows = api("GET", f"/rfm/segments/migration?start=2025-05-14&end={days[-1]}").json()["flows"]
    cell = next(flow for flow in flows if flow["before"] and flow["customers"] > 1)
    asked = f"start=2025-05-14&end={days[-1]}&before={cell['before']}&after={cell['after']}"
    first = api("GET", f"/rfm/segments/migration/customers?{asked}&limit=1").json()
    rest = api("GET", f"/rfm/segments/migration/customers?{asked}&cursor={first['next']}").json()
    assert len({one["customer_id"] for one in first["items"] + rest["items"]}) == cell["customers"]
    assert api("GET", "/rfm/warning?since=2025-05-14&until=2025-06-15").json()["until"] == "2025-06-15"


def test_before_scoring_the_answer_is_not_found_with_advice(cast):
    answer = Api(cast.marketer)("GET", "/rfm/segments")
    assert answer.status_code == 404
    assert "사이클" in answer.json()["detail"]


def test_a_scheme_is_tried_and_published(scored):
    api = Api(scored.analyst)
    body = {
        "name": "네 무리",
        "r": {"groups": 4},
        "m": {"groups": 3, "method": "fixed", "cut_points": [50_000, 90_000]},
    }
    seen = api("POST", "/rfm/scheme/preview", body)
    assert seen.status_code == 200
    assert sum(seen.json()["axes"]["m"].values()) == seen.json()["customers"]
    assert api("POST", "/rfm/scheme", body).json()["version"] == 2
    assert api("GET", "/rfm/scheme").json()["axes"]["m"]["cut_points"] == [50_000, 90_000]


def test_a_senseless_scheme_is_refused_with_its_field(scored):
    body = {"name": "x", "m": {"groups": 3, "method": "fixed", "cut_points": [9, 5]}}
    answer = Api(scored.analyst)("POST", "/rfm/scheme", body)
    assert answer.status_code == 422


def test_a_strategy_is_rewritten_by_those_with_the_right(scored):
    body = {"language": "ko", "name": "으뜸", "aim": "지키기", "text": "전화합니다."}
    assert Api(scored.executive)("PUT", "/rfm/segments/HHH/strategy", body).status_code == 403
    assert Api(scored.marketer)("PUT", "/rfm/segments/HHH/strategy", body).status_code == 204
