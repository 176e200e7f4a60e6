"""Figures of a small company, on every engine."""

from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.base.errors import BadInput, NotAllowed
from dangol.engine import Store
from dangol.insight.olap import behind
from dangol.insight.olap import reads as olap
from dangol.insight.warehouse import actions
from dangol.insight.warehouse import reads as warehouse
from dangol.work.actions import Quiet
from tests.engines import on_every_engine
from tests.loaded import Loaded, sale


@pytest.fixture
def loaded(home, monkeypatch, settings):
    """Three customers who buy, one who never did, two products, one campaign."""
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="KRW", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.generated = ["branch", "rep"]
    loaded.customer("a", age_band="30s", home="own", unit_path="/1/2/", branch="강남", rep="rep 7")
    loaded.customer("b", age_band="40s", unit_path="/1/2/3/", branch="강남", rep="rep 8")
    loaded.customer("c", unit_path="/1/9/", branch="부산", rep="rep 9")
    loaded.customer("d", age_band="30s", unit_path="/1/9/", branch="부산", rep="rep 9")
    loaded.batch("sales", [
        sale("1", "a", "soap", "2026-01-05T01:00:00", 1000), sale("1", "a", "cream", "2026-01-05T01:00:00", 3000),
        sale("2", "a", "soap", "2026-02-04T01:00:00", 1000), sale("3", "b", "soap", "2026-01-31T16:00:00", 2000),
        sale("4", "b", "cream", "2026-03-03T01:00:00", 4000), sale("5", "c", "cream", "2026-01-10T01:00:00", 500),
        sale("6", "a", "cream", "2026-03-06T01:00:00", 6000, quantity=3),
    ])  # fmt: skip
    loaded.batch("products", [
        {"product_key": "soap", "brand": "Hana", "product_major": "BODY"},
        {"product_key": "cream", "brand": "Hana", "product_major": "FACE"},
    ])  # fmt: skip
    loaded.batch("contacts", [{"campaign_key": "9", "customer_key": key} for key in "abd"])
    loaded.batch("contacts", [{"campaign_key": "10", "customer_key": "a"}])
    loaded.batch("responses", [{"campaign_key": "9", "customer_key": "a", "responded_on": date(2026, 1, 9), "kind": kind}
                               for kind in ("coupon", "reply")])  # fmt: skip
    loaded.batch("events", [
        {"event_key": str(number), "event": event, "customer_key": key, "visitor": visitor, "site": "shop",
         "page": page, "happened_at": datetime.fromisoformat(at)}
        for number, (event, key, visitor, page, at) in enumerate([
            ("Viewed", "a", "x", "/soap", "2026-01-31T14:00:00"), ("Viewed", "a", "y", "/soap", "2026-01-31T16:00:00"),
            ("Viewed", None, "z", "/soap", "2026-02-01T01:00:00"), ("Added", None, "z", "/cream", "2026-02-01T01:00:00"),
            ("Viewed", "c", None, "/cream", "2026-02-02T01:00:00"),
        ])
    ])  # fmt: skip
    actions.refresh(Quiet())
    return loaded


def asked(measures, by=(), where="", **more):
    answer = olap.ask(None, measures, by, where, **more)
    return [tuple(row[name] for name in (*by, *measures)) for row in answer.rows]


@on_every_engine
def test_prices_of_a_piece_fall_into_bands_and_orders_count_in_each(loaded):
    assert asked(["sales_amount", "orders"], ["price_band"], order="price_band") == [
        (500, 500, 1), (1000, 2000, 2), (2000, 15000, 4),
    ]  # fmt: skip
    assert asked(["sales_amount"], [], "price_band >= 1000 and price_band < 2000") == [(2000,)]


@on_every_engine
def test_sums_orders_and_ratios_by_month_of_the_company(loaded):
    assert asked(["sales_amount", "quantity", "orders", "buying_customers", "average_ticket", "unit_price",
                  "purchase_frequency"], ["month"]) == [
        ("2026-01", 4500, 3, 2, 2, 2250.0, 1500.0, 1.0),
        ("2026-02", 3000, 2, 2, 2, 1500.0, 1500.0, 1.0),
        ("2026-03", 10000, 4, 2, 2, 5000.0, 2500.0, 1.0),
    ]  # fmt: skip


@on_every_engine
def test_orders_by_product_class_count_every_order_that_holds_it(loaded):
    assert asked(["orders", "sales_amount", "average_ticket"], ["product_major"]) == [
        ("BODY", 3, 4000, pytest.approx(4000 / 3)), ("FACE", 4, 13500, 3375.0)]  # fmt: skip
    assert asked(["orders"], where="product_major = 'FACE'") == [(4,)]
    assert asked(["orders", "buying_customers"]) == [(6, 3)]


@on_every_engine
def test_missing_values_are_a_group_of_their_own(loaded):
    assert asked(["customers", "buying_customers", "contacted_customers"], ["age_band"]) == [
        ("30s", 2, 1, 2), ("40s", 1, 1, 1), (None, 1, 1, 0)]  # fmt: skip
    assert asked(["sales_amount"], ["home"], "age_band is null") == [(None, 500)]


@on_every_engine
def test_accumulated_customers_grow_with_the_first_purchases(loaded):
    assert asked(["customers"]) == [(4,)]
    assert asked(["customers"], ["month"]) == [("2026-01", 2), ("2026-02", 3), ("2026-03", 3)]
    assert asked(["customers"], ["month"], "month >= '2026-02'") == [("2026-02", 3), ("2026-03", 3)]
    assert asked(["customers"], ["year", "month"]) == [
        ("2026", "2026-01", 2),
        ("2026", "2026-02", 3),
        ("2026", "2026-03", 3),
    ]
    assert asked(["customers"], ["product"]) == [("cream", 3), ("soap", 2)]


@on_every_engine
def test_retention_compares_with_the_period_before_even_when_that_is_filtered_out(loaded):
    rates = [("2026-01", None, None), ("2026-02", 0.5, 0.5), ("2026-03", 1.0, 0.0)]
    assert asked(["retention_rate", "churn_rate"], ["month"]) == rates
    assert asked(["retention_rate", "churn_rate"], ["month"], "month > '2026-01'") == rates[1:]
    assert asked(["retention_rate"], ["age_band", "month"], "age_band is null") == [(None, "2026-01", None)]


@on_every_engine
def test_purchase_cycle_is_the_mean_gap_between_purchase_days(loaded):
    # a: 5 Jan, 4 Feb (30 days), 6 Mar (30); b: 1 Feb in Seoul, 3 Mar (30); c: one day only
    assert asked(["purchase_cycle_days"]) == [(30.0,)]
    assert asked(["purchase_cycle_days"], ["age_band"]) == [("30s", 30.0), ("40s", 30.0)]
    assert asked(["purchase_cycle_days"], ["month"]) == [("2026-02", 30.0), ("2026-03", 30.0)]
    assert asked(["purchase_cycle_days"], where="age_band is null") == [(None,)]


@on_every_engine
def test_campaigns_count_people_not_rows(loaded):
    assert asked(["contacted_customers", "responding_customers"], ["campaign"]) == [("9", 3, 1), ("10", 1, 0)]
    assert asked(["responding_customers"], ["month"]) == [("2026-01", 1)]


@on_every_engine
def test_contacts_and_responses_count_every_one(loaded):
    assert asked(["contacts", "contacted_customers"], ["campaign"]) == [("9", 3, 3), ("10", 1, 1)]
    assert asked(["responses", "responding_customers"], ["response_kind"]) == [("coupon", 1, 1), ("reply", 1, 1)]
    assert asked(["contacts", "responses"]) == [(4, 2)]


@on_every_engine
def test_web_events_count_visits_browsers_and_customers_on_the_companys_day(loaded):
    web = ["web_events", "web_visitors", "web_customers"]
    assert asked(web) == [(5, 3, 2)]  # a with two browsers, z, and c
    assert asked(web, ["month"]) == [("2026-01", 1, 1, 1), ("2026-02", 4, 3, 2)]  # midnight in Seoul lies between
    assert asked(web, ["web_event"], "web_page = '/cream'") == [("Added", 1, 1, 0), ("Viewed", 1, 1, 1)]
    assert asked(["web_events"], ["hour"]) == [(1, 1), (10, 3), (23, 1)]
    assert asked(["web_customers"], ["age_band"], "web_site = 'shop'") == [("30s", 1), (None, 1)]


@on_every_engine
def test_conditions_choose_rows(loaded):
    assert asked(["sales_amount"], where="month = '2026-01' and not (product = 'soap' or age_band is null)") == [
        (3000,)
    ]
    assert asked(["sales_amount"], where="day between '2026-01-05' and '2026-01-10'") == [(4500,)]
    assert asked(["sales_amount"], where="week in ('2026-W02', '2026-W10') and brand = 'Hana'") == [(14500,)]
    assert asked(["sales_amount"], where="brand = 'nobody'' or 1=1 --'") == [(0,)]
    assert asked(["average_ticket"], where="brand = 'nobody'") == [(None,)]


@on_every_engine
def test_the_newest_segment_is_a_dimension(loaded, settings):
    assert asked(["customers"], ["segment"]) == [(None, 4)]
    with Store(settings.DANGOL.home / "scores").draft("s1") as draft:
        path = draft.place("rfm")
        rows = pa.table({"customer_id": pa.array([1, 1, 2], pa.int64()), "segment": ["LLL", "HHH", "LLH"],
                         "as_of": pa.array([date(2026, 1, 31), date(2026, 3, 6), date(2026, 3, 6)])})  # fmt: skip
        pq.write_table(rows, path)
        draft.add("rfm", path, 3)
    assert asked(["customers", "sales_amount"], ["segment"]) == [("HHH", 1, 11000), ("LLH", 1, 6000), (None, 2, 500)]


def test_order_limit_and_total(loaded):
    answer = olap.ask(None, ["sales_amount", "retention_rate"], ["month"], order="-sales_amount", limit=2, total=True)
    assert [row["month"] for row in answer.rows] == ["2026-03", "2026-01"]
    assert (answer.groups, answer.total) == (3, {"sales_amount": 17500, "retention_rate": None})


def test_generated_columns_are_named(loaded):
    answer = olap.ask(None, ["sales_amount"], ["branch", "month"])
    assert answer.generated_columns == ["branch"]


def test_nobody_sees_figures_of_customers_out_of_scope(loaded, cast):
    unit = cast.branch_manager.unit
    unit.path = "/1/2/"
    unit.save()
    manager = type(cast.branch_manager).objects.get(pk=cast.branch_manager.pk)
    assert olap.ask(manager, ["sales_amount", "customers", "contacted_customers"]).rows[0] == {
        "sales_amount": 17000, "customers": 2, "contacted_customers": 2}  # fmt: skip
    assert [row["branch"] for row in olap.ask(manager, ["orders"], ["branch"]).rows] == ["강남"]
    assert [row["branch"] for row in olap.ask(manager, ["orders"], ["branch"], "branch = '부산' or branch = '강남'").rows] == ["강남"]  # fmt: skip
    with pytest.raises(NotAllowed):
        olap.ask(cast.rep, ["sales_amount"])


@pytest.fixture
def moved(loaded):
    """a went from rep 7 of 강남 to rep 9 of 부산 on 1 March: 5000 before, 6000 after."""
    loaded.moved("a", date(2026, 3, 1), branch="부산", rep="rep 9")
    assert actions.refresh(Quiet())["reused"] == 0


@on_every_engine
def test_last_years_sales_stay_with_who_was_in_charge_then(moved):
    moved = [("강남", 11000, 2, 1), ("부산", 6500, 2, 3)]
    assert asked(["sales_amount", "buying_customers", "customers"], ["branch"]) == moved
    assert asked(["sales_amount"], ["rep", "month"], "rep in ('rep 7', 'rep 9')") == [
        ("rep 7", "2026-01", 4000), ("rep 7", "2026-02", 1000), ("rep 9", "2026-01", 500), ("rep 9", "2026-03", 6000)]  # fmt: skip
    assert asked(["sales_amount", "buying_customers"], ["branch_today"]) == [("강남", 6000, 1), ("부산", 11500, 2)]
    assert asked(["customers"], ["branch", "month"], "month = '2026-03' and branch = '부산'") == [
        ("부산", "2026-03", 2)]  # fmt: skip
    assert asked(["contacted_customers"], ["branch"]) == [("강남", 1), ("부산", 2)]


def test_files_are_kept_unless_the_past_of_somebody_in_them_changed(loaded):
    loaded.moved("a", date(2026, 3, 1), branch="부산", rep="rep 9")
    actions.refresh(Quiet())
    # more sales come: the files from before are taken over, and the new lines are with the new branch
    loaded.batch("sales", [sale("7", "a", "soap", "2026-03-09T01:00:00", 100)])
    assert actions.refresh(Quiet())["reused"] == 7
    assert asked(["sales_amount"], ["branch"]) == [("강남", 11000), ("부산", 6600)]
    # what never was in the past of the old files rebuilds nothing; what was in it does
    loaded.moved("b", date(2026, 4, 1), branch="부산", rep="rep 9")
    assert actions.refresh(Quiet())["reused"] == 8
    assert asked(["sales_amount"], ["branch"]) == [("강남", 11000), ("부산", 6600)]
    loaded.courses.clear()
    assert actions.refresh(Quiet())["reused"] == 0
    assert asked(["sales_amount"], ["branch"]) == [("부산", 17600)]


def test_from_a_cell_to_exactly_its_people_also_where_they_moved_on(loaded, cast):
    loaded.moved("a", date(2026, 3, 1), branch="부산", rep="rep 9")
    actions.refresh(Quiet())
    for where in (
        "branch = '강남'",
        "branch = '부산' and month = '2026-01'",
        "rep_today = 'rep 9'",
        "place under ('강남')",
    ):
        [people] = asked(["buying_customers"], where=where)
        assert len(behind.ids(cast.administrator, where)) == people[0]
    assert behind.ids(cast.administrator, "branch = '강남'") == [1, 2]


def test_a_snapshot_of_an_earlier_version_answers_until_the_next_refresh(loaded, monkeypatch):
    store, snapshot = warehouse.store(), warehouse.current()[0]
    with store.draft("9") as draft:
        for name in snapshot.rows:
            [path] = snapshot.paths(name)
            kept = [column for column in pq.read_schema(path).names
                    if (name, column) != ("customers", "unit_id") and column not in warehouse.NEWER.get(name, ())]  # fmt: skip
            if name not in ("units", "postings"):
                target = draft.place(name)
                pq.write_table(pq.read_table(path, columns=kept), target)
                draft.add(name, target, snapshot.rows[name])
        draft.facts |= dict(snapshot.facts)
    assert warehouse.current()[0].id == "9"
    assert asked(["sales_amount", "cost_amount", "customers"], ["branch"]) == [
        ("강남", 17000, None, 2), ("부산", 500, None, 2)]  # fmt: skip
    assert asked(["sales_amount"], ["rep"], "branch = '부산'") == [("rep 9", 500)]


def test_margin_and_receivable_speak_of_the_lines_whose_cost_and_payment_are_known(loaded):
    measures = ["cost_amount", "margin", "margin_rate", "cost_known_share", "paid_amount", "receivable"]
    assert asked(measures) == [(None, None, None, None, None, None)]
    loaded.batch("sales", [
        sale("8", "c", "soap", "2026-04-01T01:00:00", 1000, cost=600, paid=400),
        sale("8", "c", "cream", "2026-04-01T01:00:00", 3000, cost=0),
        sale("9", "c", "soap", "2026-04-02T01:00:00", -500, quantity=-1, cost=-300, paid=0),
        sale("10", "b", "soap", "2026-04-03T01:00:00", 2000)])  # fmt: skip
    actions.refresh(Quiet())
    month = "month = '2026-04'"
    assert asked([*measures, "orders"], where=month) == [(300, 3200, 3200 / 3500, 3500 / 5500, 400, 100, 3)]
    assert asked([*measures, "buying_customers"], ["product_major"], month) == [
        ("BODY", 300, 200, 200 / 500, 500 / 2500, 400, 100, 2), ("FACE", 0, 3000, 1.0, 1.0, None, None, 1)]  # fmt: skip


@pytest.mark.parametrize(
    ("measures", "by", "more", "sentence"),
    [
        ([], [], {}, "at least one"), (["salse"], [], {}, "sales_amount"), (["brand"], [], {}, "is a dimension"),
        (["orders"], ["sales_amount"], {}, "is a measure"), (["orders"], [], {"having": "orders > 'x'"}, "not a number"), (["orders"], ["mnth"], {}, "month"),
        (["orders"], ["month", "month"], {}, "different dimensions"), (["orders"], [], {"where": "foo = 1"}, "foo"),
        (["orders"], ["month"], {"order": "brand"}, "Order by"), (["orders"], [], {"limit": 0}, "limit"),
        (["orders"], [], {"where": "month = '2026-13'"}, "2026-13"), (["orders"], [], {"where": "week = '2026-W99'"}, "W99"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(loaded, db, measures, by, more, sentence):
    with pytest.raises(BadInput, match=sentence):
        olap.ask(None, measures, by, **more)
