"""The reports over a small company, on every engine, and within what a member may see."""

import json
from dataclasses import replace

import pytest

from dangol.base.errors import BadInput, NotAllowed, NotFound, TooMuch
from dangol.insight.analysis import reads
from dangol.insight.analysis.actions import answering, boards
from dangol.insight.analysis.reads import Ask, asking, kept, reports
from dangol.insight.analysis.rules import funnel
from dangol.insight.analysis.rules.catalogue import KINDS
from dangol.insight.analysis.rules.packing import packed, unpacked
from dangol.insight.answers.rules import takes_long
from dangol.insight.olap import reads as olap
from dangol.insight.warehouse import actions
from dangol.work import worker
from dangol.work.actions import Quiet
from tests.engines import on_every_engine
from tests.loaded import Loaded, sale

AT = "T03:00:00"
SALES = [
    # a: regular; b: gone after January; c: new in March; d: came back in March; e: a prize only; nobody: no customer
    sale("1", "a", "soap", f"2026-01-05{AT}", 1000), sale("1", "a", "cream", f"2026-01-05{AT}", 3000, line_no=1),
    sale("2", "a", "soap", f"2026-02-04{AT}", 1000), sale("3", "a", "cream", f"2026-03-06{AT}", 6000),
    sale("4", "a", "cream", f"2026-03-07{AT}", 2000), sale("5", "a", "cream", f"2026-03-08{AT}", -500),
    sale("6", "b", "soap", f"2026-01-20{AT}", 2000), sale("7", "b", "soap", f"2026-02-20{AT}", 700),
    sale("8", "c", "cream", f"2026-03-03{AT}", 4000), sale("9", "d", "soap", f"2025-11-11{AT}", 100),
    sale("10", "d", "soap", f"2026-03-09{AT}", 300), sale("11", "e", "soap", f"2026-02-02{AT}", 0),
    sale("12", "", "soap", f"2026-03-10{AT}", 50),
]  # fmt: skip


@pytest.fixture
def loaded(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="KRW", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.generated = ["branch"]
    for key, path, branch in (("a", "/1/2/", "강남"), ("b", "/1/2/", "강남"), ("c", "/1/9/", "부산"), ("d", "/1/9/", "부산"),
                              ("e", "/1/9/", "부산")):  # fmt: skip
        loaded.customer(key, unit_path=path, branch=branch)
    loaded.batch("sales", SALES)
    loaded.batch("products", [{"product_key": "soap", "brand": "Hana", "product_major": "BODY"},
                              {"product_key": "cream", "brand": "Duna", "product_major": "FACE"}])  # fmt: skip
    loaded.batch("sales", [sale("99", "a", "soap", f"2026-04-01{AT}", 10)])
    actions.refresh(Quiet())
    return loaded


def rows(report, block):
    return next(one for one in report.found.blocks if one.name == block).rows


@on_every_engine
def test_the_reports_say_the_same_on_every_engine(loaded):
    causes = reads.report(None, Ask("causes", end="2026-03", months=1))
    assert causes.ask.split == "product_major"
    groups = {row["group"]: row for row in rows(causes, "groups")}
    assert [(groups[name]["before"], groups[name]["now"]) for name in ("FACE", "BODY")] == [(0, 11500), (1700, 350)]
    assert groups["FACE"]["mix"] == 12000
    assert groups["FACE"]["returns"] == -500
    assert groups["BODY"]["without_customer"] == 50
    moves = {row["move"].template: (row["customers"], row["change"]) for row in rows(causes, "customers")}
    assert moves == {"New customers": (1, 4000), "Came back or switched": (1, 300), "Stayed": (1, 6500),
                     "Did not buy again": (2, -700)}  # fmt: skip
    assert [(row["month"].month, row["amount"]) for row in rows(causes, "trend")] == [
        (11, 100),
        (1, 6000),
        (2, 1700),
        (3, 11850),
    ]

    told = reads.report(None, Ask("funnel", end="2026-03", months=1, numbers={"current_days": 60, "main_orders": 2}))
    sizes = [(row["group"].template, row["customers"], row["before"]) for row in rows(told, "groups")]
    # d bought twice by March and is current, but once within 60 days; b's second order was in February
    assert sizes == [("Prize-only customers", 1, 1), ("Trial customers", 1, 1), ("Customers who left", 0, 0),
                     ("Secondary-use customers", 2, 0), ("Low-power customers", 0, 0), ("Meaningful customers", 1, 2)]  # fmt: skip

    triangle = rows(reads.report(None, Ask("cohorts", end="2026-03", months=3, numbers={"least": 2})), "triangle")
    assert [(row["cohort"].month, row["size"], row.get("m1"), row.get("m2")) for row in triangle] == [
        (1, 2, 1.0, 0.5), (2, 1, None, None), (3, 1, None, None)]  # fmt: skip

    units = rows(reads.report(None, Ask("comparison", end="2026-03", months=1, numbers={"least": 2})), "standing")
    assert [(row["group"], row["n"], row["value"], row["amount"]) for row in units] == [("강남", 2, 0.5, 7500)]


@pytest.mark.parametrize("split", ["", "brand", "product_major", "product", "branch", "segment", "age_band"])
def test_every_split_adds_up_to_the_sales_of_the_figures(loaded, split):
    report = reads.report(None, Ask("causes", end="2026-03", months=1, split=split))
    now, before = (olap.ask(None, ["sales_amount"], where=f"month = '2026-0{month}'").rows[0]["sales_amount"]
                   for month in (3, 2))  # fmt: skip
    effects = rows(report, "effects")
    assert (effects[0]["level"], effects[-1]["level"]) == (before, now)
    assert sum(row.get("effect", 0) for row in effects) == now - before
    if split:
        total = next(one for one in report.found.blocks if one.name == "groups").total
        assert (total["before"], total["now"]) == (before, now)


@pytest.mark.parametrize(
    "bounds", [{}, {"current_days": 7}, {"trial_orders": 9}, {"main_orders": 1, "low_percent": 100}]
)
def test_the_groups_of_the_funnel_add_up_to_all_customers(loaded, bounds):
    report = reads.report(None, Ask("funnel", end="2026-03", numbers=bounds))
    assert sum(row["customers"] for row in rows(report, "groups")) == olap.ask(None, ["customers"]).rows[0]["customers"]
    assert len(rows(report, "groups")) == len(funnel.GROUPS)


def test_conditions_narrow_every_report(loaded):
    causes = reads.report(None, Ask("causes", end="2026-03", months=1, split="", only={"brand": "Hana"}))
    assert rows(causes, "effects")[-1]["level"] == 350
    both = Ask("causes", end="2026-03", months=1, split="", only={"brand": "Hana"}, where="branch = '부산'")
    assert rows(reads.report(None, both), "effects")[-1]["level"] == 300
    few = reads.report(None, Ask("funnel", end="2026-03", only={"branch": "부산"}))
    assert sum(row["customers"] for row in rows(few, "groups")) == 3
    with pytest.raises(BadInput):
        reads.report(None, Ask("funnel", end="2026-03", where="brand = 'Hana'"))
    # the first purchase of the brand makes the cohort
    cohorts = reads.report(None, Ask("cohorts", end="2026-03", months=3, only={"brand": "Duna"}))
    assert [(row["cohort"].month, row["size"]) for row in rows(cohorts, "triangle")] == [(1, 1), (3, 1)]


def test_a_member_sees_the_own_customers_only(loaded, cast):
    cast.branch_manager.unit.path = "/1/2/"
    cast.branch_manager.unit.save()
    report = reads.report(cast.branch_manager, Ask("causes", end="2026-03", months=1, split="branch"))
    assert [row["group"] for row in rows(report, "groups")] == ["강남"]
    assert rows(report, "effects")[-1]["level"] == 7500
    assert "branch" not in report.values
    told = reads.report(cast.branch_manager, Ask("funnel", end="2026-03"))
    assert sum(row["customers"] for row in rows(told, "groups")) == 2
    assert [
        row["group"] for row in rows(reads.report(cast.branch_manager, Ask("comparison", end="2026-03")), "small")
    ] == ["강남"]
    assert (
        sum(row["size"] for row in rows(reads.report(cast.branch_manager, Ask("cohorts", end="2026-03")), "triangle"))
        == 2
    )
    # the same question of somebody who sees all is another answer
    assert (
        rows(reads.report(None, Ask("causes", end="2026-03", months=1, split="branch")), "effects")[-1]["level"]
        == 11850
    )


def test_what_cannot_be_asked_is_refused(loaded, cast):
    with pytest.raises(NotAllowed):
        reads.report(cast.agent, Ask("causes"))
    with pytest.raises(NotFound):
        reads.report(None, Ask("horoscope"))
    for wrong in (Ask("causes", split="income"), Ask("causes", end="March"), Ask("causes", months=99), Ask("causes", against="x"),
                  Ask("funnel", numbers={"low_percent": 0}), Ask("cohorts", ways={"by": "weight"}), Ask("causes", only={"x": "y"}),
                  Ask("causes", where="brand = soap")):  # fmt: skip
        with pytest.raises(BadInput):
            reads.report(None, wrong)


def test_a_comparison_the_data_do_not_cover_is_said(loaded):
    report = reads.report(None, Ask("causes", end="2026-03", months=3, against="year"))
    assert not report.covered
    assert report.found.notes
    assert reads.report(None, Ask("causes")).ask.months == 1  # of six months, three fit twice; November began late


@on_every_engine
def test_the_reports_on_how_people_buy_say_the_same_on_every_engine(loaded):
    bought = reads.report(None, Ask("purchases", end="2026-03", months=1))
    # a again after 30, 1 days; d after 118 days
    assert [(row["days"].values["low"][1], row["times"]) for row in rows(bought, "gaps")[1:]] == [(15, 1), (91, 1)]
    assert rows(bought, "gaps")[0]["times"] == 1
    assert sum(row["all"] for row in rows(bought, "hours")) == 6  # the return is an order of its own
    assert [row["orders"] for row in rows(bought, "pieces")] == [5]
    bands = rows(reads.report(None, Ask("prices", end="2026-03", months=1)), "bands")
    assert sum(row["amount"] for row in bands) == 12350
    pairs = reads.report(None, Ask("basket", end="2026-03", months=3, split="product", numbers={"least": 2}))
    assert rows(pairs, "pairs") == []
    assert next(tile.value for tile in pairs.found.tiles) == 9
    who = reads.report(
        None, Ask("profile", end="2026-03", months=3, split="branch", only={"brand": "Duna"}, numbers={"least": 2})
    )
    assert [(row["group"], row["customers"]) for row in rows(who, "branch")] == [("부산", 1), ("강남", 1)]


def test_things_bought_in_one_order_are_pairs(loaded):
    loaded.batch("sales", [sale(f"x{n}", "a", item, f"2026-03-20{AT}", 5, line_no=place)
                           for n in range(3) for place, item in enumerate(("soap", "cream", "cream"))])  # fmt: skip
    actions.refresh(Quiet())
    found = reads.report(None, Ask("basket", end="2026-03", months=1, split="product", numbers={"least": 3}))
    assert [(row["first"], row["second"], row["both"]) for row in rows(found, "pairs")] == [("soap", "cream", 3)]


@pytest.mark.parametrize("name", ["group", "seasons", "profile", "basket", "purchases", "prices"])
def test_the_other_reports_keep_to_the_members_customers(loaded, cast, name):
    cast.branch_manager.unit.path = "/1/77/"
    cast.branch_manager.unit.save()
    report = reads.report(cast.branch_manager, Ask(name, end="2026-03"))
    for block in report.found.blocks:
        assert not [
            row
            for row in block.rows
            if row.get("amount") or row.get("customers") or row.get("orders") or row.get("both")
        ]


def test_the_cycle_keeps_the_usual_reports_for_who_sees_everybody_and_for_nobody_else(loaded, cast, monkeypatch):
    assert boards.publish(Quiet())["reports"] == len(KINDS)
    assert boards.publish(Quiet())["reports"] == 0  # the data are the same
    fresh = {}
    for name in KINDS:
        case = asking.case(None, Ask(name))
        fresh[name] = reports.WORK[name](case)
        assert packed(unpacked(json.loads(json.dumps(packed(fresh[name]))))) == packed(fresh[name])
    kept._kept.clear()
    monkeypatch.setattr(reports, "WORK", {})  # nothing can be worked out now
    for name in KINDS:
        assert packed(reads.report(cast.analyst, Ask(name)).found) == packed(fresh[name])
        with pytest.raises(KeyError):
            reads.report(cast.branch_manager, Ask(name))
    loaded.batch("sales", [sale("100", "a", "soap", f"2026-04-02{AT}", 10)])
    actions.refresh(Quiet())
    with pytest.raises(KeyError):
        reads.report(cast.analyst, Ask("causes"))


def test_a_report_past_its_time_is_worked_out_by_a_job_of_who_asked(loaded, cast, settings):
    ask = Ask("causes", end="2026-03", months=1, only={"brand": "Hana"})
    with pytest.raises(TooMuch) as late:
        reads.report(cast.analyst, ask, seconds=1e-9)
    assert takes_long(late.value)
    job = answering.start(by=cast.analyst, ask=ask)
    assert reads.frame(cast.analyst, ask).job_id == job
    assert reads.frame(cast.marketer, ask).job_id is None
    worker.run_until_empty()
    kept._kept.clear()
    found = reads.report(cast.analyst, ask, seconds=1e-9)
    assert rows(found, "effects")[-1]["level"] == 350
    with pytest.raises(TooMuch):
        reads.report(cast.branch_manager, ask, seconds=1e-9)  # who sees a part of the company is told of that part
