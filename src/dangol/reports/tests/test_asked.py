"""The state of the explorer is its address, and every step leads to a state."""

from urllib.parse import parse_qs

import pytest

from dangol.base.errors import BadInput
from dangol.reports import asked as steps
from dangol.reports import changes, growth
from dangol.reports.asked import Asked, Figure, Filter
from dangol.reports.fields import among, condition

FULL = Asked(
    rows=("region", "branch"), columns=("month",), figures=(Figure("sales_amount"), Figure("sales_amount", "last")),
    filters=(Filter("brand", ("Hana", None, "~odd"), out=True), Filter("month", low="2026-01", high="2026-06")),
    where="product = 'a''b'", sort='-1@["2026-02"]', top=50, depth=2, open=(("강남", None),), shut=(("부산",),),
    totals=False, heat=True, chart="bar",
)  # fmt: skip


def test_the_address_holds_the_whole_state():
    assert steps.read(parse_qs(steps.query(FULL))) == FULL
    assert steps.query(Asked(rows=("month",), figures=(Figure("orders"),))) == "rows=month&show=orders"


def test_nonsense_in_an_address_is_left_out_or_refused():
    read = steps.read({"sort": ["9"], "top": ["7"], "depth": ["-1"], "chart": ["pie"], "show": ["a:b"], "is.": [""]})
    assert read == Asked(figures=(Figure("a"),))
    with pytest.raises(BadInput):
        steps.read({"open": ['{"a":1}']})
    with pytest.raises(BadInput):
        steps.read({"rows": ["a", "b", "c", "d", "e"]})


def test_unfolded_rows_stay_when_figures_order_or_sorting_change():
    one = Asked(rows=("region", "branch"), figures=(Figure("orders"),), open=(("강남",),))
    assert changes.shown(one, Figure("customers"), 0).open == one.open
    assert changes.placed(one, "rep", "rows").open == one.open
    assert changes.placed(one, "branch", "rows", 0).open == ()
    assert changes.folded(changes.folded(one, ("부산",)), ("부산",)) == one
    assert one.unfolded(("강남",))
    assert not one.unfolded(("부산",))


def test_the_order_goes_with_its_figure():
    one = Asked(rows=("region",), figures=(Figure("orders"), Figure("customers")), sort="-1")
    assert changes.shown(one, Figure("customers"), 0).sort == "-0"
    assert changes.hidden(one, Figure("customers")).sort == ""
    assert changes.exchanged(one, Figure("customers"), Figure("customers", "total")).sort == ""


def test_a_field_is_in_one_place_only():
    one = Asked(rows=("region", "branch"), columns=("month",))
    assert changes.placed(one, "region", "cols").rows == ("branch",)
    assert changes.taken(one, "month").columns == ()
    assert changes.turned(one).rows == ("month",)


def test_missing_values_are_values_of_a_condition():
    assert among("brand", ["a'b", None]) == "brand = 'a''b' or brand is null"
    assert among("brand", ["a"], out=True) == "not (brand = 'a') or brand is null"
    assert among("brand", ["a", None], out=True) == "not (brand = 'a') and brand is not null"
    assert among("brand", [None], out=True) == "brand is not null"


@pytest.mark.parametrize(
    ("period", "text", "last", "year"),
    [("month", "2026-01", "2025-12", "2025-01"), ("quarter", "2026-Q1", "2025-Q4", "2025-Q1"), ("half", "2026-H1", "2025-H2", "2025-H1"),
     ("year", "2026", "2025", "2025"), ("day", "2024-02-29", "2024-02-28", None), ("week", "2020-W53", "2020-W52", None),
     ("week", "2021-W01", "2020-W53", "2020-W01")],
)  # fmt: skip
def test_a_period_is_compared_with_the_one_before_and_that_of_the_year_before(period, text, last, year):
    from dangol.insight.olap.rules import period_from, period_text

    number = period_from(period, text)
    assert period_text(period, growth.base_of("last", period, number)) == last
    before = growth.base_of("year", period, number)
    assert (period_text(period, before) if before is not None else None) == year


def test_growth_needs_a_base():
    assert growth.change(5, 4, points=False) == 0.25
    assert growth.change(5, 0, points=False) is None
    assert growth.change(5, None, points=False) is None
    assert growth.change(-1, -2, points=False) == 0.5
    assert growth.change(0.5, 0.25, points=True) == 0.25


def test_a_filter_by_a_part_of_a_text_is_in_the_address_and_in_the_condition():
    found = steps.from_query("rows=brand&show=sales_amount&has.brand=O'Neil")
    assert found.filters == (Filter("brand", has="O'Neil"),)
    assert steps.from_query(steps.query(found)) == found
    assert condition(found.filters[0]) == "brand contains 'O''Neil'"
    lacks = steps.from_query("rows=brand&show=sales_amount&way.brand=lacks&text.brand=x")  # as the form sends it
    assert "lacks.brand=x" in steps.query(lacks)
    assert steps.from_query(steps.query(lacks)) == lacks
    assert condition(lacks.filters[0]) == "(not (brand contains 'x') or brand is null)"
    assert condition(Filter("brand", has="x", way="starts")) == "brand starts with 'x'"
