"""The pages of segments, migration and scheme, as people use them."""

import re
from datetime import date

import pytest

from dangol.base.errors import NotFound
from dangol.insight.score import actions, reads
from dangol.insight.score.actions import scoring
from dangol.insight.score.models import Scheme, StrategyText
from dangol.insight.score.rules import STRATEGIES
from dangol.insight.score.tests import purchases
from dangol.insight.score.tests.purchases import LAST, in_channels
from dangol.insight.score.warning import reads as warning
from dangol.insight.segments import actions as segment_actions
from dangol.insight.segments import reads as segments
from dangol.web.insight import days
from dangol.work.actions import Quiet
from dangol.work.models import Job


@pytest.fixture
def scored(cast, home, monkeypatch):
    """A scored year."""
    monkeypatch.setattr(scoring.identify, "publish_standings", lambda *rows, **about: None)
    purchases.scored(home, purchases.many(120))
    return cast


@pytest.fixture
def signed_in(client):
    def enter(member, language="en"):
        member.language = language
        member.save(update_fields=["language"])
        client.force_login(member)
        return client

    return enter


PAGES = [
    "/insight/",
    "/insight/warning/",
    "/insight/segments/HHH/",
    "/insight/segments/LLL/",
    "/insight/migration/",
    "/insight/scheme/",
]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_both_languages(scored, signed_in, path, language):
    answer = signed_in(scored.marketer, language).get(path)
    assert answer.status_code == 200
    text = re.sub(r"<script.*?</script>", "", answer.content.decode(), flags=re.S)
    assert ("세그먼트" in text) == (language == "ko")
    assert "style=" not in text


@pytest.mark.parametrize("path", ["/insight/", "/insight/migration/", "/insight/scheme/"])
def test_before_the_first_scoring_a_page_says_what_to_do(cast, signed_in, path):
    answer = signed_in(cast.marketer).get(path)
    assert answer.status_code == 200
    assert b"purchases" in answer.content


def test_the_map_shows_all_eight_segments_with_their_sizes(scored, signed_in):
    text = signed_in(scored.marketer).get("/insight/").content.decode()
    for segment in reads.segments():
        assert f'href="/insight/segments/{segment.code}/"' in text
        assert STRATEGIES[segment.code].name in text
    assert "at most" in text


def test_every_page_says_how_it_is_defined(scored, signed_in):
    for path in PAGES[:4]:
        assert 'class="definition"' in signed_in(scored.marketer).get(path).content.decode()


def test_those_without_the_right_do_not_come_in(scored, signed_in):
    assert signed_in(scored.rep).get("/insight/").status_code == 403
    assert signed_in(scored.executive).post("/insight/segments/HHH/strategy/", {"name": "a"}).status_code == 403
    assert signed_in(scored.executive).post("/insight/scheme/", {"kind": "333"}).status_code == 403


def test_an_unknown_segment_or_day_is_said_plainly(scored, signed_in):
    client = signed_in(scored.marketer)
    assert client.get("/insight/segments/XXX/").status_code == 404
    assert client.get("/insight/?as_of=1999-01-01").status_code == 404
    assert client.get("/insight/?as_of=yesterday").status_code == 422


def test_an_earlier_month_can_be_looked_at(scored, signed_in):
    day = reads.months()[3]
    answer = signed_in(scored.marketer).get(f"/insight/?as_of={day}")
    assert f"{sum(one.customers for one in reads.segments(day)):,}" in answer.content.decode()


def test_a_strategy_is_rewritten_and_taken_back(scored, signed_in):
    client = signed_in(scored.marketer, "ko")
    body = {"name": "우리 단골", "aim": "오래 함께", "text": "먼저 안부를 묻습니다."}
    assert client.post("/insight/segments/HHH/strategy/", body).status_code == 302
    text = client.get("/insight/segments/HHH/").content.decode()
    assert re.search("<h1[^>]*>우리 단골", text)
    assert "최다은" in text
    client.post("/insight/segments/HHH/strategy/", {"default": "1", **body})
    text = client.get("/insight/segments/HHH/").content.decode()
    assert not re.search("<h1[^>]*>우리 단골", text)


def test_half_a_strategy_comes_back_with_what_was_typed(scored, signed_in):
    answer = signed_in(scored.marketer).post(
        "/insight/segments/HHH/strategy/", {"name": "Typed <b>", "aim": "", "text": ""}
    )
    assert answer.status_code == 422
    assert "Typed &lt;b&gt;" in answer.content.decode()
    assert "Fill in all three" in answer.content.decode()


def test_a_scheme_is_tried_without_changing_anything(scored, signed_in):
    given = {"kind": "333", "window_days": "", "r_weight": "1", "f_weight": "1", "m_weight": "2"}
    answer = signed_in(scored.executive).get("/insight/scheme/preview/", given)
    assert answer.status_code == 200
    assert b"121 customers" in answer.content
    assert Scheme.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"r_cuts": "30, 7"}, "grow from left to right"),
        ({"r_cuts": "a, b"}, "whole numbers"),
        ({"m_cuts": "1e400"}, "at most"),
        ({"r_weight": "0", "f_weight": "0", "m_weight": "0"}, "weight must be above 0"),
        ({"window_days": "-1"}, "valid choice"),
    ],
)
def test_a_senseless_scheme_is_refused_while_trying_and_when_publishing(scored, signed_in, given, says):
    body = {"kind": "own", "window_days": "90", "r_weight": "1", "f_weight": "1", "m_weight": "1"} | given
    client = signed_in(scored.marketer)
    assert says in client.get("/insight/scheme/preview/", body).content.decode()
    answer = client.post("/insight/scheme/", body)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert Scheme.objects.count() == 1


def test_publishing_queues_the_scoring_and_shows_its_progress(scored, signed_in):
    body = {"kind": "own", "window_days": "180", "r_cuts": "7, 30", "m_groups": "4", "m_cuts": "10000, 50000",
            "r_weight": "1", "f_weight": "1", "m_weight": "1", "name": "우리 기준"}  # fmt: skip
    client = signed_in(scored.marketer)
    answer = client.post("/insight/scheme/", body)
    job = Job.objects.get(kind="score.run")
    assert answer.headers["Location"] == f"/insight/scheme/?job={job.pk}"
    assert "우리 기준" in client.get(answer.headers["Location"]).content.decode()
    actions.run(Quiet())
    scheme = reads.scheme().scheme
    assert (scheme.r.cut_points, scheme.m.cut_points, scheme.f.groups, scheme.window_days) == (
        (7, 30),
        (10000, 50000),
        5,
        180,
    )


def test_small_groups_are_folded_for_a_branch_manager(scored, signed_in):
    small = [one for one in reads.segments() if 0 < one.customers < reads.SMALL_GROUP]
    text = signed_in(scored.branch_manager).get("/insight/").content.decode()
    assert text.count("too few to show") >= len(small)
    flows = signed_in(scored.branch_manager).get("/insight/migration/").content.decode()
    assert "&lt;5" in flows


def test_a_migration_between_a_day_and_itself_asks_for_two_days(scored, signed_in):
    day: date = reads.months()[-1]
    text = signed_in(scored.marketer).get(f"/insight/migration/?from={day}&to={day}").content.decode()
    assert "Choose two different days" in text


@pytest.mark.parametrize(
    "path", ["/insight/migration/?from=", "/insight/warning/?since=", "/insight/segments/HHH/?since="]
)
def test_any_day_can_be_compared_with_and_what_lies_outside_is_said(scored, signed_in, monkeypatch, path):
    client = signed_in(scored.marketer)
    assert "Choose days in between" in client.get(path + "1999-01-01").content.decode()
    monkeypatch.setattr(days, "page_seconds", lambda *, opening=False: 0.0)
    slow = client.get(path + "2025-05-14").content.decode()
    assert 'hx-trigger="load"' in slow
    work = re.search(r'action="(/insight/days/[^"]+)"', slow)[1].replace("&amp;", "&")
    back = client.post(work)["Location"]
    assert back.startswith(path + "2025-05-14&job=")
    job = Job.objects.get(kind="score.days")
    assert f'id="job-{job.pk}"' in client.get(back).content.decode()
    actions.run_days(Quiet(by=scored.marketer), **job.arguments)
    done = client.get(back).content.decode()
    assert "job-" not in done
    assert 'value="2025-05-14"' in done


def test_a_cell_of_the_matrix_leads_to_its_customers_and_they_become_a_segment(cast, home, monkeypatch, signed_in):
    monkeypatch.setattr(scoring.identify, "publish_standings", lambda *rows, **about: None)
    purchases.scored(home, purchases.numbered_from(cast.mina.pk, purchases.many(120)))
    client = signed_in(cast.marketer)
    flow = next(one for one in reads.migration(date(2025, 5, 31), LAST) if cast.mina.pk in reads.mover_ids(
        cast.marketer, reads.Move(date(2025, 5, 31), LAST, one.before, one.after)))  # fmt: skip
    page = client.get(f"/insight/migration/?from=2025-05-31&to={LAST}").content.decode()
    link = f"?from=2025-05-31&amp;to={LAST}&amp;before={flow.before or 'new'}&amp;after={flow.after}#customers"
    assert f'href="{link}"' in page
    page = client.get("/insight/migration/" + link.replace("&amp;", "&")).content.decode()
    action = re.search(r'action="(/insight/migration/segment/[^"]+)"', page)[1].replace("&amp;", "&")
    made = client.post(action, {"name": "Stayed"})
    [segment] = segments.segments(cast.marketer)
    assert made["Location"] == f"/segments/{segment.id}/"
    assert len(segments.member_ids(segment.id)) == flow.customers
    own = reads.mover_ids(cast.branch_manager, reads.Move(date(2025, 5, 31), LAST, flow.before, flow.after))
    assert cast.mina.pk in own
    assert set(own) <= {cast.mina.pk, cast.jiho.pk}


def test_versions_show_what_changed_and_are_used_again(scored, signed_in):
    client = signed_in(scored.analyst)
    client.post("/insight/scheme/", {"kind": "333", "window_days": "", "r_weight": 1, "f_weight": 2, "m_weight": 1})
    text = client.get("/insight/scheme/").content.decode()
    assert "F · Weight: <s>1</s> → 2" in text
    assert client.post("/insight/scheme/versions/1/use/").status_code == 302
    assert reads.scheme().scheme.version == 3
    assert signed_in(scored.executive).post("/insight/scheme/versions/1/use/").status_code == 403


def test_customers_who_fell_become_a_segment_of_those_one_may_see(cast, home, monkeypatch, signed_in):
    monkeypatch.setattr(scoring.identify, "publish_standings", lambda *rows, **about: None)
    purchases.scored(home, purchases.numbered_from(cast.mina.pk, purchases.many(120)))
    scored, client = cast, signed_in(cast.branch_manager)
    address = f"/insight/warning/?since={reads.months()[2]}&least=5"
    page = client.get(address).content.decode()
    action = re.search(r'action="(/insight/warning/segment/[^"]+)"', page)[1].replace("&amp;", "&")
    made = client.post(action, {"name": "Fallen"})
    [segment] = segments.segments(scored.branch_manager)
    assert made["Location"] == f"/segments/{segment.id}/"
    listed = warning.fallen(scored.branch_manager, since=reads.months()[2], least=5.0, limit=500)
    assert segments.member_ids(segment.id) == sorted(one.customer_id for one in listed) != []
    assert len(warning.fallen(scored.marketer, since=reads.months()[2], least=5.0, limit=500)) >= len(listed)
    assert client.get(action).status_code == 405


def test_a_channel_has_its_own_pages_scheme_and_list_of_customers(scored, signed_in, home):
    purchases.warehouse(home, in_channels(purchases.many()), "20260102-000000")
    client = signed_in(scored.analyst)
    assert b"/insight/channels/" in client.get("/insight/scheme/").content
    given = client.post("/insight/channels/", {"name": "web"})
    assert given.headers["Location"].startswith("/insight/scheme/?channel=web&job=")
    assert client.get("/insight/?channel=web").status_code == 200  # waits for its first scoring
    actions.run(Quiet(), channel="web")
    for path in ("/insight/", "/insight/segments/HHH/", "/insight/migration/", "/insight/warning/", "/insight/scheme/"):
        said = client.get(f"{path}?channel=web")
        assert said.status_code == 200, path
        assert b"?channel=web" in said.content, path
    made = client.post("/insight/segments/HHH/live/?channel=web", {"name": "Web regulars"})
    assert made.headers["Location"].startswith("/segments/")
    assert client.get("/insight/?channel=fax").status_code == 404
    client.post("/insight/channels/withdraw/", {"name": "web"})
    assert client.get("/insight/?channel=web").status_code == 200  # a segment stands on it
    segment_actions.archive(by=scored.analyst, segment_ids=[int(made.headers["Location"].split("/")[-2])])
    client.post("/insight/channels/withdraw/", {"name": "web"})
    assert client.get("/insight/?channel=web").status_code == 404


def test_a_strategy_is_brought_back_as_it_was(scored, signed_in):
    client = signed_in(scored.analyst, "ko")
    for text in ("first", "second"):
        client.post("/insight/segments/HHH/strategy/", {"name": "N", "aim": "A", "text": text})
    assert "second" in reads.strategy("HHH", "ko")
    client.post("/insight/segments/HHH/strategy/", {"again": StrategyText.objects.earliest("id").pk})
    assert reads.strategy("HHH", "ko") == "A: first"
    assert reads.strategy("HHH", "en").startswith("Keep their loyalty: ")
    with pytest.raises(NotFound):
        reads.strategy("HHX", "ko")
