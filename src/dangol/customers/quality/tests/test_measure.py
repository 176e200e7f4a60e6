"""Measuring: the six criteria, who breaks what, scope, trend."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dangol.customers.identify.models import Customer
from dangol.customers.quality import actions, reads
from dangol.customers.quality.models import Measurement, Measuring
from dangol.customers.quality.reads import ruling
from dangol.customers.quality.rules import fairness
from dangol.work.actions import Quiet

SAID = {"source": "crm", "at": datetime.now(UTC).isoformat()}


@pytest.fixture
def measured(cast):
    everyone = Customer.objects.all()
    everyone.update(origins=dict.fromkeys(("name", "phone", "email", "address", "birth_year", "gender"), SAID))
    Customer.objects.filter(pk=cast.mina.pk).update(address="서울 중구 세종대로 110", generated=["email"])
    Customer.objects.filter(pk=cast.jiho.pk).update(
        name="홍길동",
        email="JIHO@example.com ",
        origins={"phone": {"source": "crm", "at": "2020-01-01T00:00:00+00:00"}},
    )
    actions.measure(Quiet())
    return cast


def line(by, name):
    return next(one for one in reads.rule_lines(by) if one.rule.name == name)


def names(by, rule):
    return [issue.customer.label for issue in reads.issues(by, line(by, rule).rule.id).rows]


def test_the_six_criteria_are_counted_by_their_formula(measured):
    board = reads.board(measured.administrator)
    field = {one.name: one for one in board.fields}
    assert (board.customers, board.named) == (4, 3)
    assert (field["phone"].real, field["email"].real, field["email"].generated) == (3, 2, 1)
    assert field["name"].scores["reliability"].value == pytest.approx(2 / 3)  # 홍길동 is a placeholder
    assert field["email"].scores["standardisation"].value == pytest.approx(1 / 2)
    assert field["phone"].scores["recency"].value == pytest.approx(2 / 3)
    score = board.now.scores
    # name 3, phone 3, email 2, address 1, year 3, gender 3, age band 0, unit 4, rep 4
    assert (score["completeness"].part, score["completeness"].whole) == (23, 36)
    ready = {one.name: one.ready.part for one in board.uses}
    assert ready == {"Mailing": 1, "Call": 2, "Delivery": 1, "Birthday programme": 3}
    assert score["fit"].value == pytest.approx((1 + 2 * 2 + 1 + 3) / (5 * 4))
    assert score["integration"].value == 1


def test_every_score_opens_to_the_customers_behind_it_within_the_tree(measured):
    assert names(measured.administrator, "No phone, needed for calls") == ["H-0004"]
    assert names(measured.rep, "No phone, needed for calls") == []
    assert names(measured.rep, "Name is a placeholder") == ["홍길동"]
    assert names(measured.busan_rep, "Name is a placeholder") == []
    for by in (measured.administrator, measured.branch_manager, measured.rep, measured.busan_rep):
        for one in reads.rule_lines(by):
            assert reads.issue_count(by, one.rule.id) == one.broken, (by.role, one.rule.name)


def test_a_customer_mended_since_is_shown_as_mended(measured):
    Customer.objects.filter(pk=measured.jiho.pk).update(name="박지호")
    rule = line(measured.rep, "Name is a placeholder").rule
    assert [issue.mended for issue in reads.issues(measured.rep, rule.id).rows] == [True]


def test_measuring_twice_a_day_keeps_one_measurement_and_another_day_makes_a_trend(measured):
    before = Measurement.objects.count()
    actions.measure(Quiet())
    assert Measurement.objects.count() == before
    Measuring.objects.update(day="2026-09-01")
    Measurement.objects.update(day="2026-09-01")
    actions.measure(Quiet())
    board = reads.board(measured.administrator)
    assert len(board.trend) == 2
    assert board.before.day.isoformat() == "2026-09-01"


def test_groups_add_up_to_the_whole_and_a_rep_sees_only_the_own_line(measured):
    units = {one.label: one.customers for one in reads.groups(measured.administrator, "unit")}
    assert units == {"한빛화장품": 4, "강남지점": 2, "강남1팀": 2, "부산지점": 2}
    assert {one.label for one in reads.groups(measured.administrator, "rep")} == {"이수진", "박정우"}
    assert [one.label for one in reads.groups(measured.rep, "rep")] == ["이수진"]
    assert reads.groups(measured.branch_manager, "source") == []
    assert [one.customers for one in reads.groups(measured.administrator, "source")] == [0, 4]


def test_a_preview_of_many_is_an_estimate_and_of_few_exact(measured, monkeypatch):
    by = measured.steward
    placeholder, shared = (line(by, name).rule for name in ("Name is a placeholder", "Same phone for many customers"))
    assert reads.preview(by, placeholder) == reads.Preview(broken=1, customers=4, exact=True)
    monkeypatch.setattr(ruling, "SAMPLE", 3)
    assert reads.preview(by, placeholder) == reads.Preview(broken=1, customers=4, exact=False)
    Customer.objects.exclude(phone="").update(phone_e164="+821012345678")
    assert reads.preview(by, replace(shared, params={"at_most": 2})).broken == 3


def test_a_league_shows_the_change_since_a_month_and_hides_others_from_a_rep(measured, monkeypatch):
    monkeypatch.setattr(fairness, "LEAST_CUSTOMERS", 2)
    Measuring.objects.update(day="2026-09-01")
    Measurement.objects.update(day="2026-09-01")
    Customer.objects.filter(pk=measured.mina.pk).update(email="", generated=[])
    actions.measure(Quiet())
    seen = {one.label: one for one in reads.league(measured.director).lines}
    assert set(seen) == {"이수진", "박정우"}
    assert (seen["이수진"].change, seen["박정우"].change) == (0, 0)  # a generated value was no value either
    assert seen["이수진"].place == 1
    own = reads.league(measured.rep)
    assert [one.label for one in own.lines] == ["이수진"]
    assert (own.own.customers, own.average.customers, own.team) == (2, 2, "강남1팀")
    branches = reads.league(measured.director, cut="unit", criterion="overall")
    assert {one.label for one in branches.lines} == {"강남지점", "부산지점"}


def test_whoever_sees_figures_but_no_people_gets_small_groups_folded(measured):
    token = measured.director
    token.scopes = frozenset({"insight.view"})
    board = reads.board(token)
    assert (board.folded, board.fields, {share.value for share in board.now.scores.values()}) == (True, [], {None})
    assert {one.broken for one in reads.rule_lines(token)} == {0}
    assert reads.league(token).average.value is None
    assert all(one.folded and one.overall is None for one in reads.groups(token, "unit"))
