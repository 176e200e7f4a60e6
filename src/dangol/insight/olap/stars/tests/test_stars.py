"""A small star of its own, described in a file, on every engine."""

from dataclasses import replace
from pathlib import Path

import pytest

from dangol.base.errors import BadInput, Damaged, NotFound
from dangol.customers.collect.tests.files import parsed_here
from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules as olap_rules
from dangol.insight.olap.stars import actions, rules
from dangol.staff.reads import system
from dangol.work.actions import Quiet
from tests.engines import on_every_engine

FOODMART = Path(__file__).resolve().parents[6] / "docs" / "stars" / "foodmart.toml"
STAR = """
name = "shop"
label = { en = "Shop", ko = "가게" }
currency = "USD"
[tables.sale]
columns = { who = "whole", what = "whole", day = "moment", amount = "decimal(4)", pieces = "whole", seller = "whole", place = "whole" }
joins = { who = "person", what = "item", seller = "staff", place = "place" }
[tables.stock]
columns = { what = "whole", day = "date", pieces = "whole" }
joins = { what = "item" }
[tables.person]
key = "id"
columns = { id = "whole", town = "text", born = "date" }
[tables.item]
key = "id"
columns = { id = "whole", item = { type = "text", header = "품목" }, class = "whole" }
joins = { class = "class" }
[tables.class]
key = "id"
columns = { id = "whole", family = "text" }
[tables.staff]
key = "id"
columns = { id = "whole", name = "text", boss = "whole" }
[tables.place]
key = "id"
columns = { id = "whole", land = "text", state = "text", city = "text" }
[facts.sale]
date = "day"
[facts.stock]
date = "day"
[dimensions]
best = { table = "sale", column = "who", rank = "rank", rank_by = "amount" }
half_of = { table = "sale", column = "who", rank = "decile", rank_by = "amount" }
town = { table = "person", also = ["home town", "사는 곳"], label = { en = "Town", ko = "동네" } }
born = { table = "person" }
item = { table = "item" }
family = { table = "class" }
seller = { table = "staff", column = "name", parent = "boss" }
land = { table = "place" }
state = { table = "place" }
hour = { table = "sale", column = "day", part = "hour" }
weekday = { table = "sale", column = "day", part = "weekday" }
city = { table = "place" }
[hierarchies]
places = { levels = ["land", "state", "city"], ragged = true }
items = { levels = ["family", "item"] }
[measures]
amount = { fact = "sale", sum = "amount", also = ["takings"], unit = "money", label = { en = "Amount", ko = "금액" } }
value = { fact = "sale", sum = "amount * pieces", unit = "money" }
sales = { fact = "sale", count = true, zero = true }
buyers = { fact = "sale", distinct = "who" }
mean = { fact = "sale", avg = "amount", unit = "money" }
busan = { fact = "sale", sum = "amount", unit = "money", where = "town = 'Busan'" }
per_buyer = { formula = "amount / buyers", unit = "money" }
busan_share = { formula = "busan / amount", unit = "share" }
stock = { fact = "stock", sum = "pieces", over_time = "last" }
own = { fact = "sale", sum = "amount", alone = "seller", unit = "money" }
middle = { fact = "sale", median = "amount", unit = "money" }
before = { formula = "previous(amount)", unit = "money" }
growth = { formula = "(sales - previous(sales)) / previous(sales)", unit = "share" }
year_so_far = { formula = "year_to_date(amount)", unit = "money" }
buyers_so_far = { formula = "year_to_date(buyers)", unit = "count" }
smooth = { formula = "moving_mean(sales, 2)" }
of_all = { formula = "sales / total(sales)", unit = "share" }
of_family = { formula = "sales / total(sales, family)", unit = "share" }
sold_and_left = { formula = "sales + stock", unit = "count" }
"""
FILES = {
    "sale.csv": """who,what,day,amount,pieces,seller,place
1,1,2026-01-05 21:30:00.0,0.1000,1,3,1
1,2,2026-01-06,0.2000,2,3,1
2,1,2026-02-07T09:05:00Z,0.3001,1,2,2
3,1,2026-02-08,10,1,4,3
1,9,2026-03-09,,5,1,3
""",
    "stock.csv": "what,day,pieces\n1,2026-01-10,5\n2,2026-01-10,7\n1,2026-01-31,4\n1,2026-02-28,3\n",
    "person.csv": "id,town,born\n1,Seoul,1990-01-02\n2,Busan,\n3,Busan,1980-05-06\n4,Daegu,\n",
    "item.csv": "id,품목,class\n1,soap,1\n2,cream,2\n3,balm,2\n",
    "class.csv": "id,family\n1,Body\n2,Face\n",
    "staff.csv": "id,name,boss\n1,Kim,0\n2,Lee,1\n3,Park,2\n4,Lee,1\n",
    "place.csv": "id,land,state,city\n1,Korea,Gangwon,Sokcho\n2,Vatican,Vatican,\n3,Israel,Israel,Haifa\n",
}


@pytest.fixture
def folder(home, settings, db, monkeypatch):
    parsed_here(monkeypatch)
    settings.DANGOL = replace(settings.DANGOL, currency="KRW")
    home.mkdir(parents=True, exist_ok=True)
    for name, text in {**FILES, "shop.toml": STAR}.items():
        (home / name).write_text(text, "utf-8")
    return home


def add(folder):
    return actions.add(Quiet(), by=system(), file=folder / "shop.toml")


def asked(measures, by=(), where="", **more):
    answer = olap.ask(None, measures, by, where, star="shop", **more)
    return [tuple(row[name] for name in (*by, *measures)) for row in answer.rows]


@on_every_engine
def test_a_star_is_asked_like_the_companys_own(folder):
    assert add(folder)["lost"] == [{"table": "sale", "column": "what", "target": "item", "rows": 1}]
    # decimals stay exact: 0.1 + 0.2 + 0.3001 are 60.01 cents, not 60.00999…
    assert asked(["amount", "sales", "buyers", "mean"], where="item = 'soap' or item = 'cream'") == [
        (1060.01, 4, 3, 265.0025)
    ]
    assert asked(["amount", "value", "buyers"], ["family"]) == [
        ("Body", 1040.01, 1040.01, 3),
        ("Face", 20, 40, 1),
        (None, None, None, 1),
    ]
    assert asked(["amount", "per_buyer", "busan", "busan_share"], ["half", "town"]) == [
        ("2026-H1", "Busan", 1030.01, 515.005, 1030.01, 1.0),
        ("2026-H1", "Seoul", 30, 30, None, None),
    ]
    assert asked(["buyers"], ["born"], "born >= '1985-01-01'") == [("1990-01-02", 1)]
    assert asked(["sales"], ["weekday", "hour"], "weekday in (1, 6)") == [(1, 0, 1), (1, 21, 1), (6, 9, 1)]
    assert asked(["sales"], ["item"], "items under ('Face', 'cream')") == [("cream", 1)]


def test_people_are_ranked_by_what_they_make_and_words_of_ones_own_are_understood(folder):
    add(folder)
    assert asked(["sales"], ["best", "born"]) == [(1, "1980-05-06", 1), (2, None, 1), (3, "1990-01-02", 3)]
    assert asked(["amount"], ["best"], where="family = 'Face'") == [(1, 20)]
    assert asked(["sales"], where="best <= 2 and town = 'Busan'") == [(2,)]
    assert asked(["sales"], where="best = 1 and ranked over (town = 'Seoul')") == [(3,)]
    said = olap.ask(None, ["takings"], ["사는 곳"], having="금액 > 10", star="shop")
    assert [dict(row) for row in said.rows] == [{"town": "Busan", "amount": pytest.approx(1030.01)}]
    assert asked(["previous(sales)"], ["month"]) == [("2026-01", None), ("2026-02", 2), ("2026-03", 2)]


@on_every_engine
def test_members_below_count_once_and_ragged_levels_are_skipped(folder):
    add(folder)
    # two are called Lee: their sums stay apart
    assert asked(["amount", "sales"], ["seller"]) == [
        ("Kim", 1060.01, 5),
        ("Lee (2)", 60.01, 3),
        ("Lee (4)", 1000, 1),
        ("Park", 30, 2),
    ]
    assert asked(["sales"], ["seller"], "seller_parent = 'Kim'") == [("Lee (2)", 3), ("Lee (4)", 1)]
    assert asked(["sales"], where="seller in ('Kim', 'Lee (2)', 'Park')") == [(5,)]
    assert asked(["sales"], where="not seller = 'Lee (2)' and town != 'Daegu'") == [(2,)]
    assert asked(["sales"], ["land", "state", "city"]) == [
        ("Israel", None, "Haifa", 2),
        ("Korea", "Gangwon", "Sokcho", 2),
        ("Vatican", None, None, 1),
    ]
    assert asked(["sales"], where="places under ('Israel', 'Haifa')") == [(2,)]


@on_every_engine
def test_a_manager_has_figures_with_and_without_those_below(folder):
    add(folder)
    assert asked(["amount", "own"], ["seller"]) == [
        ("Kim", 1060.01, None),
        ("Lee (2)", 60.01, 30.01),
        ("Lee (4)", 1000, 1000),
        ("Park", 30, 30),
    ]
    assert [row[1] for row in asked(["middle"], ["seller"])] == pytest.approx([25.005, 20, 1000, 15])
    assert asked(["amount", "own"], where="seller = 'Lee (2)'") == [(60.01, 30.01)]


def test_figures_of_other_periods_and_of_the_whole_come_by_formula(folder):
    add(folder)
    assert asked(["sales", "before", "growth", "year_so_far", "buyers_so_far", "smooth"], ["month"]) == [
        ("2026-01", 2, None, None, 30, 1, None),
        ("2026-02", 2, 30, 0.0, 1060.01, 3, 2.0),
        ("2026-03", 1, 1030.01, -0.5, 1060.01, 3, 1.5),
    ]
    # February alone still knows January, under every other condition
    assert asked(["before", "buyers_so_far"], where="month = '2026-02' and town = 'Seoul'") == [(30, 1)]
    assert asked(["sales", "before"], ["quarter"]) == [("2026-Q1", 5, None)]
    # who has sold nothing this month keeps what the year has seen
    assert asked(["year_so_far"], ["month", "town"], "month = '2026-03'") == [
        ("2026-03", "Busan", 1030.01),
        ("2026-03", "Seoul", 30),
    ]
    assert asked(["of_all", "of_family"], ["family", "item"]) == [
        ("Body", "soap", 0.6, 1.0),
        ("Face", "cream", 0.2, 1.0),
        (None, None, 0.2, 1.0),
    ]
    written = olap.ask(
        None, ["sales / total(sales)", "amount / sales", "amount - previous(amount)"], ["month"], star="shop"
    )
    assert [(one.unit, one.label) for one in written.columns[1:3]] == [
        ("share", "sales / total(sales)"),
        ("money", "amount / sales"),
    ]
    assert list(written.rows[1].values())[1:] == [0.4, 515.005, 1000.01]
    for measures, by, sentence in (
        (["sales / nothing"], [], "no measure nothing"),
        (["before"], ["town"], "needs a period"),
        (["of_family"], ["item"], "needs family in the split"),
        (["before"], ["week", "month"], "weeks or by months"),
    ):
        with pytest.raises(BadInput, match=sentence):
            asked(measures, by)


@on_every_engine
def test_several_facts_answer_side_by_side_and_stock_is_not_added_up_over_time(folder):
    add(folder)
    assert asked(["sales", "stock", "sold_and_left"], ["month"]) == [
        ("2026-01", 2, 4, 6),
        ("2026-02", 2, 3, 5),
        ("2026-03", 1, None, 1),
    ]
    assert asked(["stock"], ["item"]) == [("cream", 7), ("soap", 3)]
    answer = olap.ask(None, ["stock", "buyers"], ["family"], star="shop", total=True)
    assert answer.total == {"stock": 3, "buyers": 3}
    with pytest.raises(BadInput, match="cannot be split"):
        asked(["stock"], ["town"])


def test_only_who_sees_everyone_may_ask_an_added_star(folder, cast, settings):
    add(folder)
    assert [one["name"] for one in olap.stars(cast.marketer)] == ["", "shop"]
    assert [one["name"] for one in olap.stars(cast.branch_manager)] == [""]
    with pytest.raises(NotFound, match="no star shop"):
        olap.ask(cast.branch_manager, ["sales"], star="shop")
    hierarchies = {one["name"]: one["levels"] for one in olap.names(cast.marketer, "shop")["hierarchies"]}
    assert hierarchies["places"] == ["land", "state", "city"]
    assert "period" in hierarchies
    [path] = (settings.DANGOL.home / "stars" / "shop").glob("*/person-0.parquet")
    path.write_bytes(path.read_bytes()[:-9] + b"x" * 9)
    with pytest.raises(Damaged):
        asked(["sales"], ["town"])
    actions.remove(by=system(), name="shop")
    with pytest.raises(NotFound):
        asked(["sales"])


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("sale.csv", "0.3001", "0.30011", "sale: row 4 of sale.csv: “0.30011” in the column amount is not of the type decimal"),
        ("sale.csv", "2026-02-07", "2026-02-30", "row 4 .* column day .* moment"),
        ("sale.csv", "1,2,2026", "x,2,2026", "row 3 .* column who .* whole"),
        ("person.csv", "2,Busan", "1,Busan", "person: 2 rows have the key id = 1"),
        ("staff.csv", "1,Kim,0", "1,Kim,3", "goes round in a circle"),
        ("item.csv", "품목", "item", "no column “품목”"),
        ("shop.toml", 'sum = "amount * pieces"', 'sum = "amount * piece"', "measures.value: sum names “piece”, .* pieces"),
        ("shop.toml", '"busan / amount"', '"busan / "', "formula ends too early"),
        ("shop.toml", '"amount / buyers"', '"per_buyer / buyers"', "made of itself"),
        ("shop.toml", "town = 'Busan'", "towns = 'Busan'", "measures.busan: There is no dimension towns. Did you mean: town"),
        ("shop.toml", "town = 'Busan'", "pieces = 1", r'Add to .dimensions.: pieces = \{ table = "sale" \}'),
        ("shop.toml", 'rank_by = "amount"', 'rank_by = "busan"', "a sum or count without where"),
        ("shop.toml", 'joins = { what = "item" }', 'joins = { what = "items" }', "joins names “items”"),
        ("shop.toml", '"amount / buyers"', '"prevous(amount)"', "no function prevous. Possible: previous"),
        ("shop.toml", '"amount / buyers"', '"moving_mean(amount, 0)"', "whole number of periods from 1"),
        ("shop.toml", '"amount / buyers"', '"previous(total(amount))"', "put total on the outside"),
        ("shop.toml", 'sum = "amount * pieces"', 'sum = "previous(amount)"', "not over columns"),
        ("shop.toml", "[facts.stock]", "[facts.stock]\ndates = 1", "facts.stock has no setting dates. .* date"),
        ("shop.toml", '[tables.class]', '[tables.class]\nfiles = ["../../etc/passwd"]', "outside the folder"),
        ("shop.toml", 'part = "hour"', 'part = "minute"', "part names “minute”"),
        ("shop.toml", '{ table = "person" }', '{ table = "person", part = "hour" }', "the hour of a moment"),
        ("shop.toml", "[dimensions]", '[dimensions]\nseller_level = { table = "item", column = "item" }', "two things"),
        ("shop.toml", 'joins = { what = "item" }', "joins = { what = 1 }", "joins must be a text"),
        ("shop.toml", "currency =", "currency", "is not TOML"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_place(folder, file, old, new, sentence):
    path = folder / file
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(BadInput, match=sentence):
        add(folder)
    assert olap.stars() == [{"name": "", "label": "The company's own"}]


def test_the_description_of_foodmart_is_whole():
    star = rules.declared(actions.read_declaration(FOODMART))
    assert {"unit_sales", "store_profit", "employees", "ragged_unit_sales"} <= star.model.measures.keys()
    assert all(
        one.ko
        for one in (*star.model.measures.values(), *star.model.dimensions.values())
        if one.name not in olap_rules.PERIODS
    )
    assert star.hides == {
        "ragged_state": "ragged_country",
        "ragged_city": "ragged_state",
        "ragged_store": "ragged_city",
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [("0.001", "decimal(3)"), ("12", "whole"), ("1e-5", "number"), ("2026-01-31", "date"), ("n/a", "text")],
)
def test_a_cell_that_does_not_fit_says_which_type_holds_it(text, kind):
    assert rules.fitting(text) == kind
