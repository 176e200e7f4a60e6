"""Customers by rank, by the clock and since their first purchase, against plain Python over the same lines."""

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.base.errors import BadInput
from dangol.insight.olap import behind
from dangol.insight.olap import reads as olap
from dangol.insight.warehouse import actions
from dangol.work.actions import Quiet
from tests.engines import on_every_engine
from tests.loaded import Loaded, sale

ZONE = ZoneInfo("Europe/Berlin")  # its clock changes within the lines


@pytest.fixture
def lines(home, monkeypatch, settings):
    """Purchases of 23 customers, some of equal sales, and one of nobody; one customer never bought."""
    settings.DANGOL = replace(settings.DANGOL, time_zone="Europe/Berlin", currency="KRW")
    dice, loaded, found = random.Random(3), Loaded(home).stand_in(monkeypatch), []
    for n in range(24):
        loaded.customer(f"c{n}", unit_path="/1/", age_band=dice.choice(["20s", "30s"]))
    rows = []
    for order in range(150):
        key = f"c{dice.randrange(23)}" if order else None
        at = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(hours=dice.randrange(24 * 90))
        amount, brand = dice.choice([100, 200, 300]), dice.choice(["Private", "National"])
        rows.append(sale(str(order), key, brand, at.replace(tzinfo=None).isoformat(), amount))
        local = at.astimezone(ZONE)
        number = int(key[1:]) + 1 if key else None
        found.append({"id": number, "amount": amount, "brand": brand, "day": local.date(), "hour": local.hour})
    loaded.batch("sales", rows)
    loaded.batch("products", [{"product_key": brand, "brand": brand} for brand in ("Private", "National")])
    actions.refresh(Quiet())
    return found


def asked(measures, by=(), where="", **more):
    answer = olap.ask(None, measures, by, where, **more)
    return [tuple(row[name] for name in (*by, *measures)) for row in answer.rows]


def ranked(lines):
    """Customers from the best down."""
    sums = Counter()
    for line in lines:
        if line["id"]:
            sums[line["id"]] += line["amount"]
    return sorted(sums, key=lambda who: (-sums[who], who)), sums


def parts(lines, number):
    """Customer -> which of so many even parts, the first ones one larger."""
    order, _sums = ranked(lines)
    size, larger = divmod(len(order), number)
    sizes = [size + (place < larger) for place in range(number)]
    return dict(zip(order, [place + 1 for place, count in enumerate(sizes) for _one in range(count)], strict=True))


def sums(lines, *keys):
    found = defaultdict(int)
    for line in lines:
        found[tuple(key(line) for key in keys)] += line["amount"]
    return sorted((*group, amount) for group, amount in found.items())


def test_customers_by_rank_are_those_that_plain_reckoning_finds(lines):
    known = [line for line in lines if line["id"]]
    tenth = parts(lines, 10)
    assert asked(["sales_amount"], ["customer_decile"], "customer_decile is not missing") == sums(
        known, lambda line: tenth[line["id"]])  # fmt: skip
    by_brand = asked(["sales_amount"], ["customer_decile", "brand"], "customer_decile <= 2")
    first = [line for line in known if tenth[line["id"]] <= 2]
    assert by_brand == sums(first, lambda line: tenth[line["id"]], lambda line: line["brand"])
    # ranked by what they bought under the conditions, and by what is said instead
    private = [line for line in known if line["brand"] == "Private"]
    best = ranked(private)[0][:3]
    assert asked(["sales_amount", "buying_customers"], where="customer_rank <= 3 and brand = 'Private'") == [
        (sum(line["amount"] for line in private if line["id"] in best), 3)]  # fmt: skip
    said = "customer_rank <= 3 and brand = 'National' and ranked over (brand starts with 'priv')"
    assert asked(["sales_amount"], where=said) == [
        (sum(line["amount"] for line in known if line["brand"] == "National" and line["id"] in best),)]  # fmt: skip
    tops = {name: ranked(lines)[0][:count] for name, count in (("best_tenth_share", 3), ("best_fifth_share", 5))}
    whole = sum(line["amount"] for line in known)
    assert asked(list(tops)) == [tuple(
        pytest.approx(sum(ranked(lines)[1][who] for who in best) / whole) for best in tops.values())]  # fmt: skip


def test_a_rank_holds_the_same_people_on_every_road(lines, cast):
    tenth = parts(lines, 10)
    assert asked(["customers", "buying_customers"], ["customer_decile"])[0] == (1, 3, 3)
    assert asked(["customers"], ["customer_decile"])[-1] == (None, 1)
    assert asked(["sales_amount"], ["customer_decile"]) == [
        (place, amount) for place, amount, _orders in asked(["sales_amount", "repeat_rate"], ["customer_decile"])]  # fmt: skip
    people = {(tenth[line["id"]], f"{line['day']:%Y-%m}", line["id"]) for line in lines if line["id"]}
    counted = Counter((place, month) for place, month, _who in people)
    months = ["customer_decile", "month"]
    assert asked(["buying_customers"], months, "customer_decile is not missing") == sorted(
        (*group, count) for group, count in counted.items())  # fmt: skip
    again = len({who for place, month, who in people if place == 1 and month == "2026-03"}
                & {who for place, month, who in people if place == 1 and month == "2026-04"})  # fmt: skip
    stayed = asked(["retention_rate"], months, "customer_decile = 1")
    assert (1, "2026-04", pytest.approx(again / counted[1, "2026-03"])) in stayed
    assert behind.ids(cast.administrator, "customer_decile = 1") == sorted(who for who, n in tenth.items() if n == 1)
    # a later look at the same people: those of March, in April
    march = [line for line in lines if line["day"].month == 3]
    best = ranked(march)[0][:5]
    april = [line["amount"] for line in lines if line["day"].month == 4 and line["id"] in best]
    assert asked(["sales_amount"], where="month = '2026-04' and customer_rank <= 5 and ranked over (month = '2026-03')"
                 ) == [(sum(april),)]  # fmt: skip
    before = [line["amount"] for line in lines if line["day"].month == 2 and line["id"] in best]
    assert asked(["previous(sales_amount)"], where="month = '2026-03' and customer_rank <= 5") == [(sum(before),)]


@on_every_engine
def test_every_engine_ranks_and_tells_the_time_alike(lines):
    tenth = parts(lines, 10)
    assert asked(["sales_amount"], ["customer_decile"], "customer_decile is not missing") == sums(
        [line for line in lines if line["id"]], lambda line: tenth[line["id"]])  # fmt: skip
    late = [line for line in lines if line["hour"] >= 12 and line["brand"] == "Private"]
    assert asked(["sales_amount"], ["weekday"], "hour >= 12 and brand starts with 'priv'") == sums(
        late, lambda line: line["day"].isoweekday())  # fmt: skip


def test_the_clock_is_the_companys_and_cohorts_count_months_since_the_first_purchase(lines):
    assert asked(["sales_amount"], ["hour"]) == sums(lines, lambda line: line["hour"])
    assert asked(["sales_amount"], where="weekday in ('Sat', '일요일')") == [
        (sum(line["amount"] for line in lines if line["day"].isoweekday() > 5),)]  # fmt: skip
    first = {}
    for line in lines:
        if line["id"]:
            first[line["id"]] = min(first.get(line["id"], date.max), line["day"])
    triangle = defaultdict(set)
    for line in lines:
        if line["id"]:
            start = first[line["id"]]
            triangle[f"{start:%Y-%m}", line["day"].month - start.month].add(line["id"])
    sizes = Counter(f"{start:%Y-%m}" for start in first.values())
    assert asked(["buying_customers", "cohort_share"], ["first_month", "months_since_first"],
                 "first_month is not missing") == [
        (month, since, len(who), len(who) / sizes[month]) for (month, since), who in sorted(triangle.items())]  # fmt: skip


def test_groups_are_ranked_among_each_other(lines, db):
    days = asked(["sales_amount", "rank(sales_amount)", "cumulative(sales_amount)"], ["day"], order="-sales_amount")
    amounts = [amount for _day, amount, _rank, _run in days]
    assert [rank for _day, _amount, rank, _run in days] == [1 + sum(a > b for a in amounts) for b in amounts]
    assert [run for *_rest, run in days] == [sum(a for a in amounts if a >= b) for b in amounts]
    both = asked(["sales_amount", "rank(sales_amount, brand)"], ["brand", "month"])
    for brand in ("National", "Private"):
        of_brand = [row for row in both if row[0] == brand]
        assert sorted(of_brand, key=lambda row: row[3]) == sorted(of_brand, key=lambda row: -row[2])
    answer = olap.ask(None, ["rank(sales_amount)", "sales_amount / total(sales_amount, brand)"], ["brand"], total=True)
    assert set(answer.total.values()) == {None}
    with pytest.raises(BadInput, match="needs brand in the split"):
        asked(["rank(sales_amount, brand)"], ["month"])


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("month starts with '2026'", "is a period"), ("brand like '%a%b'", "at the start and end only"),
        ("brand = 'x' or ranked over (brand = 'y')", "once"), ("ranked over (customer_rank < 3)", "their own ranks"),
        ("brand starts 'x'", "character 14"),
    ],
)  # fmt: skip
def test_a_condition_that_has_no_meaning_is_refused(lines, where, sentence):
    with pytest.raises(BadInput, match=sentence):
        asked(["sales_amount"], where=where)


def test_parts_of_texts_and_blanks_are_found(lines):
    whole = {
        brand: sum(line["amount"] for line in lines if line["brand"] == brand) for brand in ("Private", "National")
    }
    for where in ("brand contains 'RIV'", "brand like 'Pri%'", "brand ends with 'vate'", "not brand like '%onal'",
                  "brand not contains 'tion'", "brand starts with 'p' and brand is not empty"):  # fmt: skip
        assert asked(["sales_amount"], where=where) == [(whole["Private"],)]
    assert asked(["sales_amount"], where="brand contains '%' or brand contains 'P.iv' or brand is empty") == [(0,)]
