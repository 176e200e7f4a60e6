"""What conditions find: alone, put together, on each engine, and for one customer."""

from dataclasses import replace
from datetime import date

import pytest

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.engine import current
from dangol.insight.olap import reads as olap
from dangol.insight.olap.own import actions as own
from dangol.insight.olap.own import uses
from dangol.insight.olap.own.reads import Written
from dangol.insight.segments import actions, counting, past, prepared, reads, rules, tables
from dangol.insight.segments.reads import members
from dangol.insight.segments.rules import (
    LAST_CAMPAIGN,
    Event,
    Filter,
    Group,
    InSegment,
    Measured,
    Profile,
    Purchase,
    Reach,
    Score,
    Window,
)
from dangol.insight.segments.tests.world import build
from dangol.work.actions import Quiet
from tests.engines import on_every_engine

A = (Filter("brand", ("brand A",)),)
B = (Filter("brand", ("brand B",)),)
NEVER = Purchase("orders", None, 0)
ASKED = [
    (Purchase("orders", 3), {"mina", "soyeon"}),
    (Purchase("orders", 3, None, Window("last", 90), A), {"mina"}),
    (Purchase("orders", 3, None, Window("last", 120, quiet_days=110), A), {"soyeon"}),
    (Purchase("orders", 1, None, Window("always", quiet_days=29)), {"soyeon"}),
    (Purchase("orders", 3, None, Window("between", since=date(2026, 1, 1), until=date(2026, 3, 31), not_since=True), A), {"soyeon"}),
    (Purchase("orders", 1, None, Window("between", since=date(2026, 4, 1), until=date(2026, 4, 30), not_since=True)), set()),
    (Purchase("orders", 1, 1, Window(), (Filter("brand", ("brand A",)), Filter("product_major", ("make-up",)))), {"mina", "coded"}),
    (NEVER, {"jiho"}),
    (Purchase("orders", None, 3), {"jiho", "coded", "soyeon"}),
    (Purchase("amount", 100_000, None, Window(), (Filter("channel", ("mall",)),)), {"soyeon"}),
    (Purchase("amount", 0, 0), {"jiho", "coded"}),
    (Purchase("quantity", 5), {"mina"}),
    (Purchase("average", 18_000, 18_000), {"mina"}),
    (Purchase("products", 3), {"mina"}),
    (Purchase("last", 100), {"soyeon"}),
    (Purchase("first", None, 90), {"mina", "coded"}),
    (Profile("age_band", "one_of", ("30s",)), {"mina"}),
    (Profile("age_band", "none_of", ("30s",)), {"jiho", "soyeon", "coded"}),
    (Profile("age_band", "unknown"), {"jiho", "coded"}),
    (Profile("first_day", "between", (), 100, None), {"soyeon"}),
    (Profile("no such attribute", "one_of", ("x",)), set()),
    (Event("contact", 1), {"mina", "soyeon"}),
    (Event("click", 1, None, Window("last", 40), (Filter("campaign", ("spring",)),)), {"mina"}),
    (Event("contact", None, 0), {"jiho", "coded"}),
    (Reach("email"), {"mina", "soyeon"}),
    (Reach("email", can=False), {"jiho", "coded"}),
    (Score("rfm", "frequency", "between", (), 3, None), {"mina"}),  # in the scheme's window
    (Score("rfm", "frequency", "between", (), 3, None, 12), set()),
    (Score("lifetime", "no such", "between", (), 1, None), set()),
    (Purchase("orders", 1, None, Window("last", 90), A, "first"), {"mina", "coded"}),
    (Purchase("orders", 1, None, Window(), B, "later"), {"mina"}),
    (Purchase("amount", 7_000, 7_000, Window(), B, "last"), {"mina"}),  # m3 and m4 are of one day: the number decides
    (Purchase("orders", 1, None, Window(), (Filter("channel", ("mall",)),), "first"), {"soyeon"}),
    (Purchase("amount", None, None, top=50), {"soyeon"}),
    (Purchase("amount", None, None, top=51), {"soyeon", "mina"}),  # rounded up to whole customers, of those who bought
    (Purchase("amount", None, None, Window(), B, top=10), {"mina"}),
    (Event("contact", 1, then="bought", within=29), {"mina"}),
    (Event("contact", 1, then="bought", within=28), set()),
    (Event("contact", 1, then="nothing", within=28), {"mina", "soyeon"}),
    (Event("contact", 1, then="nothing", within=30), set()),  # thirty days have not passed yet
    (Event("contact", 1, then="nothing"), {"soyeon"}),
    (Purchase("orders", 1, price_from=7_500, price_to=8_000), {"coded"}),
    (Purchase("orders", 2, None, Window("last", 90), price_from=10_000, price_to=20_000), {"mina"}),
    (Purchase("orders", None, 0, price_to=20_000), {"jiho", "soyeon"}),
    (Purchase("amount", 12_000, 12_000, Window(), B, price_to=9_999), {"mina"}),
    (Purchase("average", None, None, price_from=5_001, top=50), {"soyeon", "mina"}),
    (Purchase("orders", 1, None, Window(), (), "first", price_to=8_000), {"mina", "coded"}),
    (Event("contact", 1, filters=(Filter("campaign", (LAST_CAMPAIGN,)),)), {"mina", "soyeon"}),
    (Event("click", None, 0, filters=(Filter("campaign", (LAST_CAMPAIGN, "winter")),)), {"jiho", "soyeon", "coded"}),
    (Purchase("orders", 1, filters=(Filter("store", ("명동점",)),)), {"mina"}),
    (Purchase("quantity", 1, filters=(Filter("store", ("st2",)),)), {"soyeon"}),  # has no name: called by its key
    (Purchase("orders", 1, filters=(Filter("store_region", ("부산",)),)), {"coded"}),
    (Purchase("products", 1, filters=(Filter("store", ("없는점",)),)), set()),
    (Measured("margin", 0), set()),  # nobody's costs are known
    (Measured("average_ticket", 18_000, 18_000), {"mina"}),
    (Measured("sales_amount", 0, 0), {"jiho", "coded"}),
    (Measured("sales_amount", 10_000, None, Window("last", 30)), {"mina"}),
    (Measured("returns_amount", None, 0), {"mina", "jiho", "soyeon"}),
]  # fmt: skip


@pytest.fixture
def company(cast, tmp_path, monkeypatch):
    build(cast, tmp_path / "home", monkeypatch)
    cast.names = {one.pk: name for name, one in (("mina", cast.mina), ("jiho", cast.jiho), ("soyeon", cast.soyeon),
                                                  ("coded", cast.coded))}  # fmt: skip
    return cast


def found(cast, node):
    """Who meets it, counted by bits; and as one expression of the engine, which must say the same."""
    counter = counting.Counter(current())
    bits = {cast.names[int(one)] for one in counter.now.ids(counter.node(node))}
    whole = node if isinstance(node, Group) else Group(parts=(node,))
    rows = counter.engine.arrow(tables.members(counter.facts, whole))["customer_id"].to_pylist()
    assert {cast.names[one] for one in rows} == bits
    assert len(rows) == len(bits)
    return bits


def test_every_kind_of_condition_finds_whom_it_asks_for(company):
    prepared.prepare(Quiet())
    assert [(asked, who) for asked, who in ASKED if found(company, asked) != who] == []


@pytest.fixture
def laid(company):
    prepared.prepare(Quiet())
    return company


@on_every_engine
def test_conditions_are_judged_alike_on_each_engine(laid):
    """Several kinds at once in one expression: a question each would cost Spark minutes."""
    chosen = [ASKED[place] for place in (2, 6, 18)]
    counter = counting.Counter(current())
    rows = counter.engine.arrow(tables.judged(counter.facts, Group(parts=tuple(asked for asked, _who in chosen))))
    for number, (_asked, who) in enumerate(chosen):
        assert {laid.names[row["customer_id"]] for row in rows.to_pylist() if row[f"c{number}"]} == who


def test_groups_put_answers_together_as_they_say(company):
    prepared.prepare(Quiet())
    bought, named = Purchase("orders", 1), Profile("kind", "one_of", ("named",))
    assert found(company, Group("all", (bought, named))) == {"mina", "soyeon"}
    assert found(company, Group("any", (NEVER, Profile("age_band", "one_of", ("20s",))))) == {"jiho", "soyeon"}
    assert found(company, Group("none", (NEVER, Profile("age_band", "one_of", ("20s",))))) == {"mina", "coded"}
    nested = Group("all", (named, Group("none", (Group("any", (NEVER,)), Reach("email", can=False)))))
    assert found(company, nested) == {"mina", "soyeon"}


def test_editing_one_condition_asks_the_engine_for_that_one_only(company):
    prepared.prepare(Quiet())
    parts = (Purchase("orders", 1), Reach("email"), Profile("kind", "one_of", ("named",)))
    first = reads.counts(company.marketer, Group(parts=parts))
    again = reads.counts(company.marketer, Group(parts=(Purchase("orders", 2), *parts[1:])))
    assert (first.asked, again.asked) == (3, 1)
    assert (first.total, again.total) == (2, 2)
    assert again.parts == {(): 2, (0,): 2, (1,): 2, (2,): 3}
    [line] = again.reach
    assert (line.channel, line.can, list(line.cannot)) == ("email", 2, [])


def test_reachable_and_reasons_for_the_rest_add_up_to_the_segment(company):
    prepared.prepare(Quiet())
    counts = reads.counts(company.marketer, Group())
    [line] = counts.reach
    assert counts.total == 4
    assert line.can + sum(n for _reason, n in line.cannot) == 4
    assert dict(line.cannot) == {"withdrawn": 1, "no_consent": 1}


def test_why_somebody_is_in_or_not_is_the_same_expression_for_one(company):
    prepared.prepare(Quiet())
    made = actions.create(by=company.marketer, name="샀다", root=Group(parts=(Purchase("orders", 1),)))
    root = Group(
        "all", (Purchase("orders", 3, None, Window("last", 90), A), Group("none", (NEVER,)), InSegment(made.id))
    )
    why = reads.why(company.marketer, root, company.soyeon.pk)
    assert not why.inside
    alone = reads.why(company.marketer, Group(parts=(Purchase("amount", None, None, top=50), InSegment(made.id, inside=False),
                                                     Measured("average_ticket", 1))), company.mina.pk)  # fmt: skip
    assert alone.conditions == {(0,): (False, "72000"), (1,): (False, "in"), (2,): (True, "18000.0")}
    assert why.conditions == {(0,): (False, None), (1, 0): (False, "3"), (2,): (True, "in")}
    assert reads.why(company.marketer, root, company.mina.pk).inside


def test_nothing_is_counted_for_somebody_elses_customers_on_any_road(company):
    prepared.prepare(Quiet())
    everybody = Group(parts=(Purchase("orders", 0),))
    actions.create(by=company.marketer, name="모두", root=everybody)
    [segment] = reads.segments(company.marketer)
    actions.refresh(Quiet(), segment.id)
    manager = company.branch_manager  # of 강남: 민아 and 지호
    assert reads.counts(manager, everybody).total == 2
    assert reads.segment(manager, segment.id).size == 2
    assert reads.segment(company.marketer, segment.id).size == 4
    assert reads.members_of(manager, segment.id) == sorted([company.mina.pk, company.jiho.pk])
    assert {row.id for row in reads.sample(manager, everybody)} == {company.mina.pk, company.jiho.pk}
    assert reads.sizes(manager, segment.id) == []
    with pytest.raises(NotFound):
        reads.why(manager, everybody, company.soyeon.pk)
    company.mina.rep = company.busan_rep
    company.mina.unit = company.busan
    company.mina.save()  # handed over a moment ago
    assert reads.counts(manager, everybody).total == 1


def test_small_groups_are_folded_for_those_who_may_not_see_customers(company):
    prepared.prepare(Quiet())
    company.executive.scopes = frozenset({"insight.view"})  # a token for figures only
    counts = reads.counts(company.executive, Group(parts=(Purchase("orders", 3),)))
    assert counts.total is None
    assert set(counts.parts.values()) == {None}
    assert {n for line in counts.reach for _reason, n in line.cannot} | {line.can for line in counts.reach} <= {None, 0}


def test_overlap_counts_everybody_once(company):
    prepared.prepare(Quiet())
    ids = [actions.create(by=company.marketer, name=name, root=Group(parts=(asked,))).id for name, asked in (
        ("샀다", Purchase("orders", 1)), ("받는다", Reach("email")), ("서른", Profile("age_band", "one_of", ("30s",))))]  # fmt: skip
    overlap = reads.overlap(company.marketer, ids)
    assert overlap.sizes == [3, 2, 1]
    assert dict(overlap.parts) == {(True, True, True): 1, (True, True, False): 1, (True, False, False): 1}
    assert overlap.union == 3


def test_unfinished_conditions_ask_for_nothing(company):
    prepared.prepare(Quiet())
    unfinished = Group(parts=(Profile("age_band"), Purchase("orders", None, None), InSegment(0)))
    assert reads.counts(company.marketer, unfinished).total == 4
    assert rules.ready(Group(parts=(Profile("age_band"),))) is None


def test_a_live_segment_is_frozen_as_it_was_on_any_past_day_and_never_changes(company, monkeypatch):
    prepared.prepare(Quiet())
    recent = Group(parts=(Purchase("orders", 1, None, Window("last", 60)),))
    live = actions.create(by=company.marketer, name="최근", root=recent)
    inner = actions.create(
        by=company.marketer, name="안", root=Group(parts=(InSegment(live.id), Score("rfm", "score", "known")))
    )

    def frozen(one, day):
        made = actions.freeze(by=company.marketer, segment_id=one.id, name="그때", day=day)
        return made.as_of, {company.names[pk] for pk in reads.member_ids(made.id)}

    assert frozen(live, None) == (date(2026, 6, 30), {"mina", "coded"})
    assert frozen(live, date(2026, 3, 1)) == (date(2026, 3, 1), {"soyeon"})
    assert frozen(inner, date(2026, 4, 15)) == (date(2026, 4, 15), {"soyeon"})  # 민아 came after the last scoring day
    reach = actions.create(by=company.marketer, name="닿는", root=Group(parts=(InSegment(live.id), Reach("email"))))
    for one, day in ((reach, date(2026, 3, 1)), (inner, date(2025, 12, 1)), (live, date(2026, 7, 1))):
        with pytest.raises(BadInput) as refused:
            frozen(one, day)
        assert refused.value.field == "day"
    monkeypatch.setattr(members, "LARGE", 0)  # as if they were many: a job writes them down
    waiting = actions.freeze(by=company.marketer, segment_id=live.id, name="많음", day=date(2026, 3, 1))
    assert not waiting.counted
    assert str(waiting.id) not in dict(reads.choices(company.marketer))
    with pytest.raises(Conflict):
        reads.members_now(str(waiting.id))
    assert reads.freezing(company.marketer, waiting.id).kind == "segments.freeze"
    for _again in range(2):
        assert actions.run_freeze(Quiet(), waiting.id) == {"customers": 1}


def test_past_sizes_are_worked_out_for_the_ends_of_months_they_can_be_known_on(company):
    prepared.prepare(Quiet())
    by, recent = company.marketer, Purchase("orders", 1, None, Window("last", 60))
    live = actions.create(by=by, name="최근", root=Group(parts=(recent,)))
    actions.refresh(Quiet(), live.id)
    assert actions.run_past(Quiet(), live.id) == {"days": 13, "counted": 5}  # nothing is known before 5 January
    found = [(one.day.month, one.customers, one.how) for one in reads.sizes(by, live.id)]
    assert found == [(1, 1, "afterwards"), (2, 1, "afterwards"), (3, 1, "afterwards"), (4, 1, "afterwards"),
                     (5, 1, "afterwards"), (6, 2, "counted")]  # fmt: skip
    with_reach = Group(parts=(recent, Reach("email")))
    actions.update(by=by, segment_id=live.id, version=1, root=with_reach)
    assert actions.run_past(Quiet(), live.id) == {"days": 13, "counted": 0}  # consent is known of today only
    assert [one.how for one in reads.sizes(by, live.id)] == ["earlier"]
    assert past.of_today(with_reach) == [Reach("email")]
    assert actions.run_past(Quiet(), live.id + 1) == {"days": 0, "counted": 0}


OWN = Written("", "kept", "Kept per order", "주문당 실매출", "money", "(sales_amount * 0.07 - discount) / orders",
              "brand = 'brand A'")  # fmt: skip


def test_an_own_measure_finds_customers_by_the_very_figure_the_explorer_gives(company):
    prepared.prepare(Quiet())
    by = company.analyst
    own.save(by=by, given=OWN)
    for where, days in (("", Window()), ("day >= '2026-05-01'", Window("last", 61))):
        told = {}
        for name, whose in (("mina", "age_band = '30s'"), ("soyeon", "age_band = '20s'")):
            [row] = olap.ask(by, ["kept"], where=" and ".join(one for one in (whose, where) if one)).rows
            told[name] = row["kept"]
        for name, figure in told.items():
            if figure is not None:
                assert name in found(company, Measured("kept", figure, figure, days))
                assert name not in found(company, Measured("kept", figure + 0.01, None, days))
    assert told == {"mina": 1050.0, "soyeon": None}
    made = actions.create(by=by, name="실매출", root=Group(parts=(Measured("kept", 1),)))
    assert uses.of(by, "", "kept") == ["세그먼트 실매출"]
    with pytest.raises(Conflict):
        own.remove(by=by, star="", name="kept", anyway=True)
    own.save(by=by, given=replace(OWN, version=1, formula="sales_amount / previous(sales_amount)", condition=""))
    assert actions.refresh(Quiet(), made.id) == {"customers": 0}  # it cannot be asked any more: left as it was
    [(label, why)] = reads.left_out_measures()
    assert why.params["label"] == label == "주문당 실매출"
    for name in ("kept", "buying_customers", "retention_rate", "contacted_customers", "no_such"):
        with pytest.raises(BadInput):
            actions.create(by=by, name="x", root=Group(parts=(Measured(name, 1),)))


def test_a_definition_that_asks_for_what_is_not_there_is_refused_when_it_is_saved(company):
    prepared.prepare(Quiet())
    for asked in (Purchase("profit"), Event("dance"), Profile("shoe_size", "known"), Score("rfm", "luck", "known"),
                  Score("stars", "sign", "known"), Score("groups", "group_9", values=("1",)), Reach("pigeon")):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            actions.create(by=company.marketer, name="x", root=Group(parts=(asked,)))
        assert "finished" not in refused.value.template
    assert not reads.segments(company.marketer)
