"""What the home page tells: unusual weeks and where they lie, goals, each within one's own part of the company."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dangol.base.errors import BadInput, NotAllowed, NotFound
from dangol.insight.analysis import actions, reads
from dangol.insight.analysis.actions import boards
from dangol.insight.analysis.rules import goals, pulse
from dangol.insight.analysis.rules.holidays import Holiday, holidays
from dangol.insight.warehouse import actions as warehouse
from dangol.work.actions import Quiet
from tests.engines import on_every_engine
from tests.loaded import Loaded, sale

LAST = date(2026, 3, 29)


@pytest.fixture
def company(home, monkeypatch, settings, cast):
    """Fourteen weeks of 60 orders each; in the last week 강남 sells soap for ten times the money."""
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="KRW", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    for key, unit in (("a", cast.gangnam), ("b", cast.busan)):
        loaded.customer(
            key,
            unit_path=unit.path,
            branch=unit.name,
            unit_id=unit.pk,
            rep=f"rep {cast.rep.pk}" if key == "a" else None,
        )
    lines = []
    for week in range(14):
        for n in range(120):
            key, item = "ab"[n % 2], ("soap", "cream")[n // 2 % 2]
            amount = (1000 if week == 0 and key == "a" and item == "soap" else 100) + (week + n) % 7
            day = LAST - timedelta(days=7 * week + n % 7)
            lines.append(sale(f"{week}-{n}", key, item, f"{day}T03:00:00", amount))
    loaded.batch("sales", lines)
    loaded.batch("products", [{"product_key": "soap", "brand": "Hana", "product_major": "BODY"},
                              {"product_key": "cream", "brand": "Duna", "product_major": "FACE"}])  # fmt: skip
    warehouse.refresh(Quiet())
    return cast


def test_a_week_like_the_others_is_no_hint_and_a_strange_one_is():
    usual = [100.0, 104, 98, 101, 99, 103, 97, 102, 100, 101, 99, 100, 102]
    assert pulse.move("amount", usual) is None
    found = pulse.move("amount", [160.0, *usual[1:]])
    # median 100.5, median deviation 1.5: 0.6745 × 59.5 / 1.5
    assert found.usual == 100.5
    assert found.z == pytest.approx(0.6745 * 59.5 / 1.5)
    assert pulse.move("amount", [160.0, *[100.0] * 12]) is None  # no spread to judge by
    assert pulse.move("amount", [160.0, *usual[1:8]]) is None  # too few weeks
    assert pulse.moves({"amount": [160.0, *usual[1:]], "orders": [3.0] * 13, "buyers": [3.0] * 13}) == []


def test_the_season_of_a_year_ago_is_no_surprise_and_its_absence_is_one():
    noise = [0, 3, -2, 1, -1, 2, -3, 1, 0, 2, -1, 1, -2] * 6
    high = {0, 1, 50, 51, 52, 53}  # the second week of a month of presents, as there was one a year ago
    weeks = [(200.0 if place in high else 100.0) + noise[place] for place in range(pulse.FAR)]
    assert pulse.seasoned(weeks[:56]) is None  # a year, but no month more
    assert pulse.move("amount", weeks[:56]) is not None
    assert pulse.move("amount", weeks) is None
    missed = pulse.move("amount", [105.0, *weeks[1:]])
    assert missed.seasoned
    assert missed.change < 0
    said = [
        one.template for one in pulse.sentences(missed, pulse.Part("brand", "Hana", missed.change / 2), {"brand": "B"})
    ]
    assert said == [pulse.DOWN, pulse.OF_IT, pulse.BY_SEASON]


def test_the_part_is_the_group_with_most_of_the_change_and_never_the_whole():
    groups = {"all": {"x": (50.0, 100.0)}, "brand": {"a": (20.0, 60.0), "b": (30.0, 40.0)}}
    assert pulse.part(-50.0, groups) == pulse.Part("brand", "a", -40.0)
    assert pulse.part(50.0, groups) is None


def test_a_branch_that_opened_lately_is_held_against_its_own_weeks_only():
    ramp = [150.0, 100, 104, 98, 101, 99]
    assert pulse.move("amount", [*ramp, *[0.0] * 60]) is None  # five weeks before are too few, empty ones are none
    assert not pulse.judged([*ramp, *[0.0] * 60])
    assert pulse.move("amount", [*ramp, 97, 103, 100, 102, 99, *[0.0] * 60]).usual == 100.0


def test_a_day_without_its_data_is_told_from_a_bad_week_and_from_a_holiday():
    days = {LAST - timedelta(days=ago): 100 for ago in range(91)}
    assert pulse.gap(days, LAST) is None
    gone = LAST - timedelta(days=3)
    assert pulse.gap(days | {gone: 0}, LAST) == pulse.Gap(gone, 0, 100)
    assert pulse.gap(days | {gone: 30}, LAST) is None  # a bad day is no missing one
    assert pulse.gap(days | {LAST: 30}, LAST) == pulse.Gap(LAST, 30, 100)  # the last day has only begun
    assert pulse.gap(days | {gone: 0}, LAST, {gone}) is None
    assert pulse.gap({day: n // 10 for day, n in days.items()} | {gone: 0}, LAST) is None  # too few to miss


def test_korean_holidays_are_found_and_those_of_the_moon_move():
    found = holidays(date(2026, 1, 1), date(2026, 12, 31), korean=True)
    assert [one.day for one in found if one.name == "Seollal"] == [date(2026, 2, day) for day in (16, 17, 18)]
    assert [one.day for one in found if one.name == "Chuseok"] == [date(2026, 9, day) for day in (24, 25, 26)]
    assert [one.name for one in holidays(date(2026, 9, 1), date(2026, 12, 31), korean=False)] == ["Christmas"]


def test_a_lost_day_and_a_holiday_are_said_instead_of_a_fall(company, monkeypatch):
    monkeypatch.setattr(boards, "keep_usual", lambda *given: 0)
    plain = holidays

    def off(first, last, **more):
        return [Holiday(LAST, "Seollal", moves=True)] if first <= LAST <= last else plain(first, last, **more)

    monkeypatch.setattr(boards, "holidays", off)
    actions.publish(Quiet())
    [note] = reads.board(company.analyst).notes
    assert ([one.template for one in note], reads.board(company.analyst).hints) == ([pulse.UP, pulse.HOLIDAY], [])
    monkeypatch.setattr(boards, "holidays", lambda *given, **more: [])
    monkeypatch.setattr(pulse, "FEWEST_A_DAY", 5)
    monkeypatch.setattr(pulse, "LAST_DAY", 2.0)  # as if half of the last day were missing
    actions.publish(Quiet())
    [[note]] = reads.board(company.analyst).notes
    assert (note.template, note.values["day"]) == (pulse.LOST, ("day", LAST))


@on_every_engine
def test_the_cycle_leaves_each_part_of_the_company_its_own_board(company, settings, monkeypatch):
    if settings.DANGOL.engine == "spark":  # the reports have tests of their own there, which take long enough
        monkeypatch.setattr(boards, "keep_usual", lambda *given: 0)
    report = actions.publish(Quiet())
    assert report["boards"] == 6
    whole = reads.board(company.analyst)
    assert (whole.as_of, whole.notes) == (LAST, [])
    assert whole.weeks["orders"] == [120] * 14
    assert whole.weeks["buyers"] == [2] * 14
    said = [sentence.values for hint in whole.hints for sentence in hint]
    assert (said[0]["measure"], said[1]["group"], said[1]["dimension"]) == (
        ("said", "Sales"), ("text", "강남지점"), ("said", "Branch"))  # fmt: skip
    own = reads.board(company.branch_manager)
    assert own.weeks["orders"] == [60] * 14
    assert own.hints[0][1].values["group"] == ("text", "BODY")
    mine = reads.board(company.rep)  # of the own customers, without the right to see the company's figures
    assert (mine.weeks["orders"], mine.weeks["buyers"]) == ([60] * 14, [1] * 14)
    assert [one.template for one in mine.hints[0]] == [pulse.UP, pulse.BY_WEEKS]
    with pytest.raises(NotAllowed):
        reads.board(company.agent)


def test_goals_are_counted_at_once_and_by_the_cycle_within_the_unit(company):
    year = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
    actions.set_goal(by=company.marketer, measure="orders", unit_id=None, target=2000, **year)
    actions.set_goal(by=company.marketer, measure="orders", unit_id=company.gangnam.pk, target=10, **year)
    found = {one.unit: one for one in reads.goals_of(company.marketer)}
    # twelve whole weeks of 120, and 69 orders on the first four days of the year
    assert (found[""].value, found[""].state, found["강남지점"].state) == (1509.0, goals.AHEAD, goals.REACHED)
    assert [one.unit for one in reads.goals_of(company.branch_manager)] == ["강남지점"]
    assert [one.unit for one in reads.goals_of(company.marketer, whole=True)] == [""]
    buyers = {"measure": "buying_customers", "unit_id": company.gangnam.pk, "target": 5}
    actions.set_goal(by=company.marketer, **buyers, **year)
    next_year = {"first": date(2027, 1, 1), "last": date(2027, 12, 31)}
    actions.set_goal(by=company.marketer, **buyers, **next_year)
    ends = {one.first.year: one for one in reads.goals_of(company.marketer) if one.measure == "buying_customers"}
    assert (ends[2026].value, ends[2026].state, ends[2027].state) == (1, goals.BEHIND, goals.AWAITED)
    again = actions.set_goal(by=company.marketer, measure="orders", unit_id=None, target=9000, **year)
    assert [one.state for one in reads.goals_of(company.marketer) if one.id == again] == [goals.BEHIND]
    actions.publish(Quiet())
    actions.remove_goal(by=company.marketer, goal_id=again)
    assert len(reads.goals_of(company.marketer)) == 3


def test_a_goal_of_a_rep_is_told_to_the_rep_and_one_of_a_segment_to_who_sees_everybody(company):
    year = {"first": date(2026, 1, 1), "last": date(2026, 12, 31), "measure": "orders", "target": 1500}
    actions.set_goal(by=company.marketer, rep_id=company.rep.pk, **year)
    [mine] = reads.goals_of(company.rep)
    assert (mine.rep, mine.value) == (company.rep.name, 754.0)  # half of all but the odd one
    actions.set_goal(by=company.marketer, segment="HHH", **year)
    assert [one.segment for one in reads.goals_of(company.marketer, whole=True)] == ["HHH"]
    assert [(one.rep, one.segment) for one in reads.goals_of(company.branch_manager)] == [(company.rep.name, "")]
    for wrong in ({"segment": "XYZ"}, {"segment": "HHH", "rep_id": company.rep.pk}):
        with pytest.raises(BadInput):
            actions.set_goal(by=company.marketer, **year, **wrong)
    with pytest.raises(NotFound):
        actions.set_goal(by=company.marketer, rep_id=company.agent.pk, **year)


def test_what_is_no_goal_is_refused(company):
    year = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
    for wrong in (
        {"measure": "luck"},
        {"target": 0},
        {"last": date(2025, 1, 1)},
        {"measure": "good_share", "unit_id": 1},
    ):
        with pytest.raises(BadInput):
            actions.set_goal(
                by=company.marketer, **{"measure": "orders", "unit_id": None, "target": 5, **year, **wrong}
            )
    with pytest.raises(NotAllowed):
        actions.set_goal(by=company.branch_manager, measure="orders", unit_id=None, target=5, **year)
    with pytest.raises(NotFound):
        actions.set_goal(by=company.marketer, measure="orders", unit_id=10**6, target=5, **year)
    with pytest.raises(NotFound):
        actions.remove_goal(by=company.marketer, goal_id=10**6)


def test_before_there_are_purchases_there_is_no_board(home, cast):
    assert actions.publish(Quiet()) == {"boards": 0, "goals": 0, "hints": 0, "reports": 0}
    assert reads.board(cast.analyst) is None
