"""The star: what a refresh makes of loaded rows."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from dangol import engine
from dangol.base.errors import Conflict, Damaged
from dangol.base.identifiers import file_hash
from dangol.engine import Store
from dangol.insight.warehouse import actions, reads
from dangol.work.actions import Quiet
from tests.engines import has_spark, keep_spark
from tests.loaded import Loaded, sale


@pytest.fixture
def loaded(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="America/New_York", currency="USD")
    return Loaded(home).stand_in(monkeypatch)


def rows(name, *order):
    snapshot, _newest = reads.current()
    with engine.fresh() as opened:
        found = opened.arrow(reads.table(opened, snapshot, name)).to_pylist()
    return sorted(found, key=lambda row: [str(row[column]) for column in order]) if order else found


def refresh():
    return actions.refresh(Quiet())


def test_a_sale_after_midnight_utc_belongs_to_the_company_day_before(loaded):
    loaded.batch("sales", [
        sale("1", "a", "p", "2017-01-01T04:59:59", 100), sale("2", "a", "p", "2017-01-01T05:00:00", 200),
        sale("3", "a", "p", "2017-07-01T03:59:59", 300), sale("4", "a", "p", "2017-07-01T04:00:00", 400),
        sale("5", "a", "p", "2017-03-12T06:59:59", 500), sale("6", "a", "p", "2017-11-06T04:59:59", 600),
    ])  # fmt: skip
    refresh()
    assert [row["day"] for row in rows("sales_lines", "order_id")] == [
        date(2016, 12, 31), date(2017, 1, 1), date(2017, 6, 30), date(2017, 7, 1), date(2017, 3, 12), date(2017, 11, 5),
    ]  # fmt: skip


def test_counting_lines_numbered_zero_counts_orders_whatever_the_source_numbered(loaded):
    loaded.batch(
        "sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 1), sale("1", "a", "q", "2017-01-05T10:00:00", 1)]
    )
    loaded.batch("sales", [sale("1", "b", "p", "2017-01-05T10:00:00", 1, line_no=7),
                           sale("1", "b", "q", "2017-01-05T10:00:00", 1, line_no=9)], source="web")  # fmt: skip
    refresh()
    found = rows("sales_lines", "source", "line_no")
    assert [(row["source"], row["line_no"]) for row in found] == [("pos", 0), ("pos", 1), ("web", 0), ("web", 1)]
    assert found[2]["product_key"] == "p"


def test_numbers_of_the_source_stay_where_they_count_orders(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 1, line_no=5),
                           sale("1", "a", "q", "2017-01-05T10:00:00", 1, line_no=0)])  # fmt: skip
    refresh()
    assert [(row["product_key"], row["line_no"]) for row in rows("sales_lines", "product_key")] == [("p", 5), ("q", 0)]


def test_a_row_loaded_again_with_other_values_replaces_the_earlier_one(loaded):
    loaded.batch(
        "sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100), sale("2", "a", "p", "2017-01-06T10:00:00", 5)]
    )
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 250)])
    refresh()
    assert sorted(row["amount"] for row in rows("sales_lines")) == [5, 250]


def test_a_line_of_an_unknown_customer_stays(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    loaded.numbers.clear()
    refresh()
    [line] = rows("sales_lines")
    assert (line["amount"], line["customer_id"]) == (100, None)


def test_new_batches_become_new_files_and_the_old_ones_are_taken_over(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    first = refresh()
    loaded.batch("sales", [sale("2", "b", "a first", "2017-02-05T10:00:00", 200)] + [
        sale(order, "a", "p", f"2017-01-{day}T10:00:00", 1) for order, day in (("3", "05"), ("4", "02"), ("5", "09"))
    ])  # fmt: skip
    second = refresh()
    assert (first["reused"], second["reused"]) == (0, 1)
    assert [(row["product_key"], row["item"]) for row in rows("products", "item")] == [("p", 1), ("a first", 2)]
    assert [row["item"] for row in rows("sales_lines", "order_id")] == [1, 2, 1, 1, 1]
    assert len({row["order_no"] for row in rows("sales_lines")}) == 5
    assert sorted((row["sales_amount"], row["orders"]) for row in rows("tickets")) == [
        (1, 1), (1, 1), (1, 1), (100, 1), (200, 1)]  # fmt: skip
    assert sorted(row["amount"] for row in rows("sales_lines")) == [1, 1, 1, 100, 200]
    assert {row["code"]: row["first_day"] for row in rows("customers")} == {
        "a": date(2017, 1, 2), "b": date(2017, 2, 5)}  # fmt: skip
    assert [(row["day"].day, row["before"] and row["before"].day, row["orders"])
            for row in rows("visits", "customer_id", "day")] == [(2, None, 1), (5, 2, 2), (9, 5, 1), (5, None, 1)]  # fmt: skip


def test_lines_added_to_an_old_order_do_not_make_it_two_orders(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    refresh()
    loaded.batch("sales", [sale("1", "a", "q", "2017-01-05T10:00:00", 200)])
    assert refresh()["reused"] == 0
    assert sorted(row["line_no"] for row in rows("sales_lines")) == [0, 1]


def test_a_customer_who_got_another_key_moves_with_all_lines(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    refresh()
    loaded.numbers["pos", "a"] = 77
    assert refresh()["reused"] == 0
    assert [row["customer_id"] for row in rows("sales_lines")] == [77]


def test_an_undone_load_is_gone_from_the_figures(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    wrong = loaded.batch("sales", [sale("2", "a", "p", "2017-01-06T10:00:00", 999)])
    refresh()
    loaded.undo("sales", wrong)
    refresh()
    assert [row["amount"] for row in rows("sales_lines")] == [100]


def test_nothing_new_keeps_the_snapshot(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    first = refresh()
    assert refresh() == first | {"reused": 1}


def test_an_order_over_midnight_of_two_files_is_one_order(loaded, monkeypatch):
    monkeypatch.setattr(actions.rules, "FILE_ROWS", 1)
    monkeypatch.setattr(actions.rules.pieces, "__defaults__", (1,))
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T23:59:59", 1), sale("1", "a", "q", "2017-01-06T00:00:01", 2),
                           sale("2", "a", "p", "2017-01-08T10:00:00", 3)])  # fmt: skip
    refresh()
    snapshot, _newest = reads.current()
    assert len(snapshot.paths("sales_lines")) > 1
    found = rows("sales_lines", "amount")
    assert [(row["order_id"], row["line_no"] == 0) for row in found].count(("1", True)) == 1
    assert sorted(row["amount"] for row in found) == [1, 2, 3]


def test_dimensions_never_multiply_lines_and_contacts_find_their_customer(loaded):
    product = {"product_key": "p", "product": "Soap", "brand": "National", "product_major": "BODY"}
    loaded.batch("products", [product])
    loaded.batch("products", [product | {"brand": "Private"}])
    loaded.batch("products", [product | {"brand": "Other"}], source="web")
    loaded.batch("contacts", [{"campaign_key": "1", "customer_key": "a", "channel": "mail"}])
    loaded.batch("responses", [{"campaign_key": "1", "customer_key": "b", "responded_on": date(2017, 3, 1)}])
    loaded.batch("survey_answers", [{"survey_key": "s", "question_key": "nps", "customer_key": key, "answer": "9",
                                     "score": 9} for key in ("a", None)])  # fmt: skip
    refresh()
    assert [row["brand"] for row in rows("products")] == ["Private"]
    assert [(row["customer_id"], row["score"]) for row in rows("survey_answers", "customer_id")] == [(1, 9), (None, 9)]
    assert [row["customer_id"] for row in rows("contacts")] == [1]
    assert [(row["customer_id"], row["responded_on"]) for row in rows("responses")] == [(2, date(2017, 3, 1))]


def test_web_events_are_in_the_star_with_their_customer_and_the_companys_day(loaded):
    seen = {
        "event": "Product Viewed",
        "site": "shop",
        "visitor": "v1",
        "happened_at": datetime(2017, 1, 5, 3, tzinfo=UTC),
    }
    loaded.batch("events", [seen | {"event_key": "m1", "customer_key": "a", "line_key": 1},
                            seen | {"event_key": "m2", "visitor": "v2", "line_key": 2}])  # fmt: skip
    loaded.batch("events", [seen | {"event_key": "m2", "visitor": "v2", "customer_key": "b", "line_key": 2,
                                    "happened_at": datetime(2017, 1, 5, 16, tzinfo=UTC)}])  # fmt: skip
    refresh()
    found = [(row["customer_id"], row["visitor"], str(row["day"])) for row in rows("web_events", "visitor")]
    assert found == [(1, "v1", "2017-01-04"), (2, "v2", "2017-01-05")]


def test_files_from_before_cost_was_known_are_read_beside_those_with_it(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    [old] = loaded.files["sales"]
    pq.write_table(pq.read_table(old.path).drop_columns(["cost", "paid"]), old.path)
    loaded.files["sales"] = [replace(old, sha256=file_hash(old.path))]
    loaded.batch("sales", [sale("2", "a", "p", "2017-01-06T10:00:00", 200, cost=120, paid=0)])
    refresh()
    assert [(row["amount"], row["cost"], row["paid"]) for row in rows("sales_lines", "amount")] == [
        (100, None, None), (200, 120, 0)]  # fmt: skip


def everything(loaded):
    """A bit of all there is: midnights, orders numbered anew, rows loaded again, strangers, dimensions, web events."""
    loaded.customer("a", branch="강남", rep="rep 1", age_band="30s")
    loaded.customer("c", branch="강남", rep="rep 2")
    loaded.batch("sales", [
        sale("1", "a", "p", "2017-01-01T04:59:59", 100), sale("1", "a", "q", "2017-01-01T05:00:00", 200),
        sale("2", "b", "p", "2017-03-12T06:59:59", 500), sale("3", None, "p", "2017-11-06T04:59:59", 600, quantity=3),
        sale("4", "c", "r", "2017-07-01T03:59:59", -600, discount=5),
    ])  # fmt: skip
    loaded.batch("sales", [sale("1", "b", "p", "2017-01-05T10:00:00", 1, line_no=7, cost=1, paid=0),
                           sale("1", "b", "q", "2017-01-05T10:00:00", 1, line_no=9)], source="web")  # fmt: skip
    loaded.batch("products", [{"product_key": "p", "product": "Soap", "brand": "National", "product_major": "BODY"},
                              {"product_key": "q", "brand": "Own"}])  # fmt: skip
    loaded.batch("products", [{"product_key": "p", "product": "Soap", "brand": "Private"}])
    loaded.batch("contacts", [{"campaign_key": "1", "customer_key": "a", "channel": "mail"}])
    loaded.batch("responses", [{"campaign_key": "1", "customer_key": "b", "responded_on": date(2017, 3, 1)}])
    loaded.batch("survey_answers", [{"survey_key": "s", "question_key": "nps", "customer_key": key, "answer": "9",
                                     "score": 9} for key in ("a", None)])  # fmt: skip
    seen = {"event": "Product Viewed", "site": "shop", "happened_at": datetime(2017, 1, 5, 3, tzinfo=UTC)}
    loaded.batch("events", [seen | {"event_key": "m1", "visitor": "v1", "customer_key": "a", "line_key": 1},
                            seen | {"event_key": "m2", "visitor": "v2", "line_key": 2}])  # fmt: skip
    loaded.numbers.pop(("pos", "c"))


def more(loaded):
    """What a later day brings: new lines, and one loaded again with another amount."""
    loaded.batch("sales", [sale("5", "a", "q", "2017-12-05T10:00:00", 50)])
    loaded.batch("sales", [sale("2", "b", "p", "2017-03-12T06:59:59", 250)])


def star():
    """Every table of the newest snapshot, rows in one order."""
    snapshot, _newest = reads.current()
    return {name: sorted(rows(name), key=repr) for name in snapshot.rows}


@pytest.mark.skipif(not has_spark(), reason="PySpark or Java is not installed.")
@pytest.mark.xdist_group("spark")
def test_spark_makes_the_same_star_of_everything_and_then_of_more(loaded, home, settings, monkeypatch):
    everything(loaded)
    keep_spark()
    made = {}
    for step in (lambda _loaded: None, more):
        step(loaded)
        for name in ("duckdb", "spark"):
            settings.DANGOL = replace(settings.DANGOL, engine=name)
            for module in (reads, actions):
                monkeypatch.setattr(module, "store", lambda name=name: Store(home / f"star on {name}"))
            told = refresh()
            made[name] = (told["reused"], star())
        assert made["spark"] == made["duckdb"]
    assert len(made["spark"][1]["sales_lines"]) == 8


def test_renaming_a_branch_rewrites_no_line(loaded):
    loaded.customer("a", branch="강남", rep="rep 1")
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    refresh()
    [unit] = {row["unit_id"] for row in rows("sales_lines")}
    loaded.places = {("역삼", None): unit}
    loaded.customer("a", branch="역삼", rep="rep 1")
    assert refresh()["reused"] == 1
    assert [(row["unit_id"], row["branch"]) for row in rows("units")] == [(unit, "역삼")]


def test_a_loaded_file_that_was_changed_is_refused(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    refresh()
    file = loaded.batch("sales", [sale("2", "a", "p", "2017-01-05T10:00:00", 100)])
    content = bytearray(file.path.read_bytes())
    content[20] ^= 1
    file.path.write_bytes(content)
    with pytest.raises(Damaged):
        refresh()
    assert len(rows("sales_lines")) == 1


def test_two_refreshes_do_not_run_at_once(loaded):
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    with reads.store().writing(), pytest.raises(Conflict):
        refresh()


def test_facts_say_what_the_snapshot_is_of(loaded, settings):
    settings.DANGOL = replace(settings.DANGOL, today=date(2017, 12, 31))
    loaded.generated = ["branch", "rep"]
    loaded.batch("sales", [sale("1", "a", "p", "2017-01-05T10:00:00", 100)])
    refresh()
    facts = reads.current()[0].facts
    assert (facts["as_of"], facts["first_day"], facts["currency"], facts["zone"], facts["generated"]) == (
        "2017-12-31", "2017-01-05", "USD", "America/New_York", ["branch", "rep"])  # fmt: skip
