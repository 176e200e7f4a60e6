"""Every kind of measure by every kind of dimension, against plain Python over the same lines."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules
from dangol.insight.warehouse import actions
from dangol.insight.warehouse import reads as warehouse
from dangol.work.actions import Quiet
from tests.engines import on_every_engine
from tests.loaded import Loaded

SPLITS = (
    (), ("month",), ("year", "quarter"), ("day",), ("age_band",), ("month", "age_band"), ("branch", "year"), ("store",),
    ("store_region", "quarter"), ("brand",), ("brand", "age_band", "half"), ("product", "month"), ("channel", "week"),
    ("store_region", "age_band"),
)  # fmt: skip
CONDITIONS = {
    "": lambda line: True,
    "year = '2025'": lambda line: line["day"].year == 2025,
    "month in ('2024-11', '2024-12', '2025-03')": lambda line: (line["day"].year, line["day"].month) in (
        (2024, 11), (2024, 12), (2025, 3)),
    "quarter > '2024-Q4' and age_band = '30s'": lambda line: line["day"].year > 2024 and line["age_band"] == "30s",
    "not week between '2025-W02' and '2025-W20' or brand = 'B1'": lambda line: not (
        date(2025, 1, 6) <= line["day"] <= date(2025, 5, 18)) or line["brand"] == "B1",
    "store_region != 'north' and day <= '2025-06-15'": lambda line: (
        line["store_region"] not in (None, "north") and line["day"] <= date(2025, 6, 15)),
}  # fmt: skip


@pytest.fixture
def lines(home, monkeypatch, settings):
    """Orders of 24 customers and of some nobody knows; some stores, products and age bands are missing."""
    settings.DANGOL = replace(settings.DANGOL, time_zone="UTC", currency="KRW", demo=True)
    dice, loaded, found = random.Random(5), Loaded(home).stand_in(monkeypatch), []
    people = {
        f"c{n}": {"age_band": dice.choice(["20s", "30s", None]), "branch": dice.choice(["A", "B"])} for n in range(24)
    }
    for key, profile in people.items():
        loaded.customer(key, unit_path="/1/", rep="rep 1", **profile)
    stores = {f"s{n}": ["north", "south", None, "north"][n] for n in range(4)}
    products = {f"p{n}": ["B1", "B1", "B2", None, "B2"][n] for n in range(5)}
    for order in range(260):
        key = dice.choice([*people, None])
        day = date(2024, 10, 20) + timedelta(days=dice.randrange(400))
        store, channel = dice.choice([*stores, "elsewhere"]), dice.choice(["web", "shop"])
        for place in range(dice.randrange(1, 4)):
            product = dice.choice([*products, "unlisted"])
            sold = {"order_id": str(order), "line_no": place, "customer_key": key, "product_key": product,
                    "store_key": store, "channel": channel, "quantity": 1, "amount": dice.randrange(-300, 3000)}  # fmt: skip
            profile = people.get(key, {"age_band": None, "branch": None})
            found.append({**sold, **profile, "day": day, "store": store, "product": product, "brand": products.get(product),
                          "store_region": stores.get(store)})  # fmt: skip
            found[-1]["raw"] = {**sold, "sold_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC)}
    loaded.batch("sales", [line.pop("raw") for line in found])
    loaded.batch("stores", [{"store_key": key, "region": region} for key, region in stores.items()])
    loaded.batch("products", [{"product_key": key, "brand": brand} for key, brand in products.items()])
    actions.refresh(Quiet())
    return found, people


def _group(line, by):
    return tuple(rules.period_text(name, rules.period_number(name, line["day"])) if name in rules.PERIODS else line[name]
                 for name in by)  # fmt: skip


def _sales(lines, by):
    groups = defaultdict(list)
    for line in lines:
        groups[_group(line, by)].append(line)
    found = {}
    for group, own in groups.items():
        orders = {line["order_id"]: line["customer_key"] for line in own}
        bought = [key for key in orders.values() if key]
        found[group] = {
            "sales_amount": sum(line["amount"] for line in own),
            "returns_amount": -sum(min(line["amount"], 0) for line in own),
            "orders": len(orders), "buying_customers": len(set(bought)),
            "repeat_customers": sum(bought.count(key) > 1 for key in set(bought)),
        }  # fmt: skip
    return found


def _retention(lines, by):
    [place] = [n for n, name in enumerate(by) if name in rules.PERIODS]
    buyers = defaultdict(set)
    for line in lines:
        if line["customer_key"]:
            buyers[_group(line, by)].add(line["customer_key"])
    numbers = {group: rules.period_from(by[place], group[place]) for group in buyers}
    at = {(group[:place], number, group[place + 1 :]): buyers[group] for group, number in numbers.items()}
    found = {}
    for group, number in numbers.items():
        before = at.get((group[:place], number - 1, group[place + 1 :]))
        found[group] = {"retention_rate": pytest.approx(len(before & buyers[group]) / len(before)) if before else None}
    return found


def _accumulated(lines, people, by):
    """Customers whose first purchase in a group without time lies in or before its period; all without time."""
    ever = [line for line in lines if line["customer_key"]]
    if not by or not set(by) & {*rules.PERIODS, "store", "product", "brand", "channel", "store_region"}:
        known = [profile | {"customer_key": key} for key, profile in people.items()]
        return {group: {"customers": sum(_group(one, by) == group for one in known)} for group in {_group(one, by) for one in known}}  # fmt: skip
    timeless = [name for name in by if name not in rules.PERIODS]
    times = [name for name in by if name in rules.PERIODS]
    first = {}
    for line in ever:
        key = (_group(line, timeless), line["customer_key"])
        first[key] = min(first.get(key, line["day"]), line["day"])
    found = {}
    for line in lines:
        own = _group(line, timeless)
        ends = [rules.period_days(name, rules.period_number(name, line["day"]))[1] for name in times]
        bought = [group for (group, _key), day in first.items() if day <= min(ends, default=date.max)]
        found[_group(line, by)] = {"customers": bought.count(own)}
    return found


def _asked(measures, by, where=""):
    answer = olap.ask(None, measures, by, where)
    return {tuple(row[name] for name in by): {name: row[name] for name in measures} for row in answer.rows}


@on_every_engine
def test_figures_are_those_of_plain_python(lines, settings):
    found, people = lines
    sums = ["sales_amount", "returns_amount", "orders", "buying_customers", "repeat_customers"]
    chosen = SPLITS if settings.DANGOL.engine == "duckdb" else SPLITS[5:6]
    for place, by in enumerate(chosen):
        where, holds = list(CONDITIONS.items())[place % len(CONDITIONS)]
        kept = [line for line in found if holds(line)]
        expected = _sales(kept, by)
        assert _asked(sums, by, where) == expected, (by, where)
        for measures in (["sales_amount", "orders"], ["buying_customers"]):
            alone = {group: {name: figures[name] for name in measures} for group, figures in expected.items()}
            assert _asked(measures, by, where) == alone, (by, where, measures)
        if sum(name in rules.PERIODS for name in by) == 1:
            kept = _retention(found, by)
            assert _asked(["retention_rate"], by) == kept, by
            if "quarter" in by:
                late = {group: figures for group, figures in kept.items() if "2025-Q2" in group}
                assert late
                assert _asked(["retention_rate"], by, "quarter = '2025-Q2'") == late
        if by == ("month",):  # customers under a condition: the period alone cuts what is shown, not who counts
            shown = _asked(["customers"], by, "year = '2025' and age_band = '30s'")
            those = [line for line in found if line["age_band"] == "30s"]
            every = _accumulated(those, people, by)
            assert shown == {group: every[group] for group in every if group[0].startswith("2025")}
        if "branch" not in by:
            every = _accumulated(found, people, by)
            assert {group: every[group] for group, _one in _asked(["customers"], by).items()} == _asked(["customers"], by), by  # fmt: skip


def test_a_star_without_numbers_and_tickets_is_answered_by_its_keys(lines, monkeypatch):
    asked = [(("store",), ""), (("brand", "age_band"), "store_region = 'north'"), (("product",), "product != 'p1'"),
             (("store_region", "quarter"), ""), (("channel", "weekday", "hour"), "")]  # fmt: skip
    names = ["sales_amount", "returns_amount", "orders", "buying_customers"]
    quick = [_asked(names, *one) for one in asked]
    newer, table = {"item", "place", "order_no"}, warehouse.table

    def older(engine, snapshot, name):
        found = table(engine, snapshot, name)
        return found.drop(*newer & {*found.columns})

    monkeypatch.setattr(warehouse, "tickets", lambda engine, snapshot: None)
    monkeypatch.setattr(warehouse, "table", older)
    assert [_asked(names, *one) for one in asked] == quick
    assert all(quick)


def test_figures_by_visits_are_those_by_lines(lines, monkeypatch):
    asked = [
        ((), "day between '2025-01-15' and '2025-04-20'"), (("year",), "age_band = '30s' and month >= '2025-02'"),
        (("month",), "month in ('2024-11', '2025-03')"), (("week",), "quarter != '2025-Q1'"),
        (("month", "age_band"), "quarter = '2025-Q2'"), (("branch", "quarter"), "month in ('2024-11', '2025-03')"),
        (("week", "month"), ""), (("age_band", "year"), "not year = '2025' or age_band = '30s'"),
        (("day",), "first_month = '2025-01'"),
    ]  # fmt: skip
    for by, where in asked:
        names = ["buying_customers", "purchase_cycle_days", "repeat_customers"]
        if sum(one in rules.PERIODS for one in by) == 1:
            names.append("retention_rate")
        quick = [_asked([name], by, where) for name in names]
        with monkeypatch.context() as patched:
            patched.setattr(warehouse, "visits", lambda engine, snapshot: None)  # as in a layout that had none
            assert [_asked([name], by, where) for name in names] == quick, (by, where)
            assert any(quick), (by, where)
