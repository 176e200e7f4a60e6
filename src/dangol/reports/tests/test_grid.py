"""The table against a small company whose figures can be worked out by hand."""

import io
from dataclasses import replace
from urllib.parse import parse_qs

import openpyxl
import pytest
from django.utils import translation

from dangol.base.errors import Unavailable
from dangol.engine.engines import DuckDB
from dangol.insight.olap import behind
from dangol.insight.olap.own import actions as own
from dangol.insight.olap.own.reads import Written
from dangol.insight.warehouse import actions
from dangol.reports import asked as steps
from dangol.reports import exporting, korea, layout, levels, paper, picture, sheets, show
from dangol.reports import fields as catalogue
from dangol.reports.grid import OTHERS
from dangol.web.explorer import panels
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale


@pytest.fixture
def loaded(home, monkeypatch, settings, db):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.generated = ["branch"]
    loaded.customer("a", age_band="30s", branch="강남", rep="rep 1", unit_path="/1/2/")
    loaded.customer("b", age_band="40s", branch="강남", rep="rep 2", unit_path="/1/2/")
    loaded.customer("c", age_band="30s", branch="부산", rep="rep 3", unit_path="/1/9/")
    loaded.batch("sales", [
        sale("0", "a", "soap", "2025-02-03T01:00:00", 400), sale("1", "a", "soap", "2026-01-05T01:00:00", 1000),
        sale("2", "a", "cream", "2026-02-05T01:00:00", 500), sale("3", "b", "soap", "2026-01-06T01:00:00", 2000),
        sale("4", "c", "cream", "2026-02-07T01:00:00", 4000), sale("5", "c", "oil", "2026-02-08T01:00:00", 300),
        sale("6", "a", "oil", "2026-03-05T01:00:00", 100),
    ])  # fmt: skip
    actions.refresh(Quiet())
    return loaded


def laid(text, by=None):
    with translation.override("en"):
        return layout.lay(by, steps.read(parse_qs(text)))


def lines(grid, column=()):
    return [(head.path, *(grid.figure(head.path, column, one) for one in grid.asked.figures)) for head in grid.rows]


def test_people_are_counted_anew_at_every_level_and_never_added_up(loaded):
    grid = laid("rows=branch&rows=rep&depth=2&cols=product&show=buying_customers&show=sales_amount")
    assert lines(grid) == [
        (("강남",), 2, 4000), (("강남", "rep 1"), 1, 2000), (("강남", "rep 2"), 1, 2000), (("부산",), 1, 4300),
        (("부산", "rep 3"), 1, 4300), ((), 3, 8300)]  # fmt: skip
    assert grid.figure((), ("oil",), grid.asked.figures[0]) == 2
    assert grid.figure(("강남",), ("cream",), grid.asked.figures[1]) == 500
    assert grid.questions <= 6


def test_growth_is_against_the_period_before_even_where_it_is_filtered_out(loaded):
    grid = laid("rows=month&from.month=2026-02&show=sales_amount&show=sales_amount:last&show=sales_amount:year")
    assert lines(grid) == [
        (("2026-02",), 4800, pytest.approx(0.6), pytest.approx(11.0)), (("2026-03",), 100, pytest.approx(100 / 4800 - 1), None),
        ((), 4900, pytest.approx(4900 / 3000 - 1), pytest.approx(4900 / 400 - 1))]  # fmt: skip
    assert [head.whole for head in grid.rows] == [True, False, True]
    assert any("not whole" in template for template, _params in grid.notes)


def test_growth_before_the_data_begins_is_not_enough_data(loaded):
    grid = laid("rows=quarter&cols=product&show=sales_amount:last&show=sales_amount")
    assert grid.figure(("2025-Q1",), ("soap",), grid.asked.figures[0]) is None
    assert grid.figure(("2026-Q1",), ("soap",), grid.asked.figures[0]) is None


def test_the_largest_are_shown_and_the_rest_are_others_exactly(loaded, monkeypatch):
    monkeypatch.setattr(steps, "TOPS", (1, 20))
    grid = laid("rows=product&top=1&cols=month&show=sales_amount&show=buying_customers&show=sales_amount:total")
    assert lines(grid) == [
        (("cream",), 4500, 2, pytest.approx(4500 / 8300)), ((OTHERS,), 3800, 3, pytest.approx(3800 / 8300)), ((), 8300, 3, 1.0)]  # fmt: skip
    assert grid.figure((OTHERS,), ("2026-02",), grid.asked.figures[1]) == 1


def test_rows_are_sorted_by_any_column(loaded):
    grid = laid('rows=branch&cols=month&show=sales_amount&sort=-0@["2026-01"]')
    assert [head.path for head in grid.rows] == [("강남",), ("부산",), ()]
    assert [head.path for head in laid("rows=branch&show=sales_amount&sort=label").rows] == [("강남",), ("부산",), ()]


def test_the_people_behind_a_cell_are_as_many_as_it_says(loaded, cast):
    grid = laid("rows=branch&cols=month&show=buying_customers")
    for row, column in (("강남", "2026-01"), ("강남", "2026-02"), ("부산", "2026-02")):
        where = catalogue.both(catalogue.among("branch", [row]), catalogue.among("month", [column]))
        found = behind.customers(cast.analyst, where)
        assert found.count == len(behind.ids(cast.analyst, where)) == grid.raw((row,), (column,), "buying_customers")
    assert [row["sales_amount"] for row in behind.customers(cast.analyst, "month = '2026-01'").rows] == [2000, 1000]


def test_who_may_not_see_people_sees_no_small_group(loaded, cast):
    cast.analyst.scopes = frozenset({"insight.view"})
    grid = laid("rows=branch&show=sales_amount", cast.analyst)
    assert [grid.figure(head.path, (), grid.asked.figures[0]) for head in grid.rows] == [None, None, None]
    with translation.override("en"):
        assert show.cell(grid, grid.rows[0], grid.columns[0], grid.asked.figures[0]) == "fewer than 5"


def test_the_table_and_the_people_stay_inside_of_ones_own_tree(loaded, cast):
    unit = cast.branch_manager.unit
    unit.path = "/1/2/"
    unit.save()
    manager = type(cast.branch_manager).objects.get(pk=cast.branch_manager.pk)
    grid = laid("rows=branch&show=sales_amount", manager)
    assert [head.path for head in grid.rows] == [("강남",), ()]
    assert behind.ids(manager, "branch = '부산'") == []


def test_excel_holds_numbers_with_their_form_and_csv_no_formula(loaded):
    loaded.customer("a", age_band="=1+1", branch="강남", rep="rep 1", unit_path="/1/2/")
    actions.refresh(Quiet())
    with translation.override("en"):
        grid = laid("rows=age_band&show=sales_amount&show=sales_amount:total")
        book = openpyxl.load_workbook(io.BytesIO(sheets.as_xlsx(grid).content))
        cells = [[(cell.value, cell.data_type, cell.number_format) for cell in row] for row in book.worksheets[0]]
        text = sheets.as_csv(grid).content.decode("utf-8-sig").splitlines()
    assert cells[0][1][0] == "Sales"
    assert ("=1+1", "s") in [row[0][:2] for row in cells]
    assert (43.0, "n", '"$"#,##0.00') in [row[1] for row in cells]
    assert cells[-1][2][2] == "0.0%"
    days = openpyxl.load_workbook(io.BytesIO(sheets.as_xlsx(laid("rows=day&show=sales_amount")).content)).worksheets[0]
    assert days["A2"].is_date
    assert any(line.startswith("'=1+1,") for line in text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("rows=month&show=sales_amount", "line"), ("rows=branch&show=sales_amount", "bar"), ("rows=branch&cols=month&show=orders&chart=cohort", "cohort"),
     ("rows=branch&show=sales_amount&chart=pareto", "pareto"), ("rows=branch&show=orders&show=sales_amount&chart=scatter", "scatter"),
     ("rows=branch&show=sales_amount&chart=map", "bar")],
)  # fmt: skip
def test_a_chart_is_chosen_and_says_what_it_shows(loaded, text, kind):
    with translation.override("en"):
        found = picture.of(laid(text))
    assert found.kind == kind
    assert found.rows
    assert found.said
    assert bool(found.notes) == ("chart=map" in text)


# ---- how often the engine is asked -----------------------------------------------------------------------------------


@pytest.fixture
def scans(loaded, monkeypatch):
    """What the engine was asked for since: one entry a question."""
    found = []
    arrow = DuckDB.arrow

    def counted(self, expression):
        found.append(expression)
        return arrow(self, expression)

    monkeypatch.setattr(DuckDB, "arrow", counted)
    return found


ADDS_UP = "show=sales_amount&show=sales_amount:total&show=sales_amount:row&show=quantity"
GROWS = "show=sales_amount:last&show=sales_amount:year"


PASSES = [  # question, how many are asked, how many look at tables, sales amount
    (f"rows=branch&rows=product&depth=2&cols=month&{ADDS_UP}", 1, 1, 8300),
    (f"rows=branch&cols=month&{ADDS_UP}&{GROWS}", 1, 1, 8300),
    (f"rows=branch&cols=month&{ADDS_UP}&{GROWS}&from.month=2026-02", 1, 1, 4900),
    # no period on an axis: now, and each time before
    (f"rows=branch&is.month=2026-02&{ADDS_UP}&{GROWS}", 3, 3, 4800),
    # and once more for what is unfolded alone
    (f'rows=branch&rows=product&open=["강남"]&cols=month&{ADDS_UP}', 2, 2, 8300),
    # people: cells, rows, columns and total, each beside the sums: by visits, or apart because that is quicker
    ("rows=branch&cols=month&show=buying_customers&show=sales_amount", 4, 8, 8300),
]


def test_a_pivot_asks_once_for_all_that_adds_up(loaded, scans):
    for text, asked, scanned, total in PASSES:
        scans.clear()
        grid = laid(text)
        assert (grid.questions, len(scans), grid.raw((), (), "sales_amount")) == (asked, scanned, total), text


def test_what_was_added_up_is_what_the_engine_says_level_by_level(loaded, monkeypatch):
    text = f"rows=branch&rows=product&depth=2&cols=month&from.month=2026-02&{ADDS_UP}&{GROWS}"
    once = laid(text)
    monkeypatch.setattr(levels, "MOST_ADDED", 1)
    apart = laid(text)
    assert apart.questions > once.questions
    for row in once.rows:
        for column in once.columns:
            for figure in once.asked.figures:
                both = [grid.figure(row.path, column.path, figure) for grid in (once, apart)]
                assert both[0] == (both[1] if both[1] is None else pytest.approx(both[1]))


def test_others_have_growth_and_are_counted_below_unfolded_rows(loaded, monkeypatch):
    monkeypatch.setattr(steps, "TOPS", (1, 20))
    grid = laid("rows=age_band&rows=product&depth=2&top=1&cols=month&show=sales_amount:last&show=buying_customers")
    growth, people = grid.asked.figures
    below = ("30s", OTHERS)  # cream is shown, soap and oil are others
    assert grid.raw(below, (), "buying_customers") == 2
    assert grid.figure(below, ("2026-02",), people) == 1
    assert grid.figure(below, ("2026-02",), growth) == pytest.approx(300 / 1000 - 1)
    assert grid.figure((OTHERS,), ("2026-02",), growth) == pytest.approx(-1)


def test_regions_that_are_no_provinces_say_what_they_are():
    assert korea.is_korea(["서울특별시", "경기도", "본사", None, "부산"])
    assert not korea.is_korea(["서울", "서울특별시"])  # twice the same tile
    spelled = ("경상남도", "gyeongnam", "Gyeongsangnam-do", "South Gyeongsang Province", "Kyongsangnam-do")
    assert {tile.code for one in spelled if (tile := korea.tile_of(one))} == {"gyeongnam"}
    assert korea.tile_of("Jeju Special Self-Governing Province") is korea.tile_of("제주특별자치도") is not None
    assert {tile for one in ("Jeonbuk State", "전라북도", "Jeollabuk-do", "전북특별자치도") if (tile := korea.tile_of(one))} == {
        korea.tile_of("전북")}  # fmt: skip
    assert "cities and districts" in korea.why_not(["강남구", "수원시", None])
    assert "addresses" in korea.why_not(["서울 강남구 역삼동", "경기도 수원시 팔달구"])
    assert "not the provinces" in korea.why_not(["강남", "부산"])


def test_a_sheet_without_a_korean_font_says_so_and_one_without_korean_needs_none(loaded, monkeypatch):
    monkeypatch.setattr("dangol.reports.paper.FONTS", ("No Such Font",))
    with translation.override("en"):
        assert paper.as_png(laid("rows=age_band&show=sales_amount")).content.startswith(b"\x89PNG")
        for form in (paper.as_pdf, paper.as_png):
            with pytest.raises(Unavailable, match="fonts-noto-cjk"):
                form(laid("rows=branch&show=sales_amount"))


def test_a_rank_holds_the_same_customers_in_every_cell_and_behind_it(loaded, cast):
    # over the whole table c is the best, then a and b with equal sales; of soap alone b would be the best
    text = 'rows=product&rows=customer_rank&depth=1&open=["soap"]&show=sales_amount&show=best_tenth_share&sort=label'
    grid = laid(text)
    ranks = {path: amount for path, amount, _share in lines(grid) if len(path) == 2}
    assert ranks == {("soap", 2): 1400, ("soap", 3): 2000}
    assert grid.figure(("soap",), (), grid.asked.figures[1]) == 2000 / 3400
    where = panels.condition_of(grid.asked, grid.fields, ("soap", 2), ())
    assert behind.ids(cast.administrator, where) == [1]
    with translation.override("en"):
        assert show.condition(where) == "soap · 2"
        assert [show.member("weekday", 1), show.member("hour", 9)] == ["Monday", "09:00"]


def test_a_cohort_triangle_is_a_table_like_any_other(loaded):
    grid = laid("rows=first_month&cols=months_since_first&show=cohort_share&chart=cohort")
    assert [head.path for head in grid.rows if head.path] == [("2025-02",), ("2026-01",), ("2026-02",)]
    assert grid.figure(("2025-02",), (11,), grid.asked.figures[0]) == 1
    assert grid.figure(("2026-02",), (0,), grid.asked.figures[0]) == 1


def test_a_measure_that_compares_shows_its_members_or_says_what_it_needs(loaded, cast):
    growth = Written("", "growth", "Growth", "증가", "share", "sales_amount / previous(sales_amount) - 1")
    own.save(by=cast.analyst, given=growth)
    pivot = laid("rows=branch&cols=month&show=growth&sort=-0")
    assert [head.path for head in pivot.rows] == [("부산",), ("강남",), ()]
    assert pivot.figure(("강남",), ("2026-02",), pivot.asked.figures[0]) == pytest.approx(500 / 3000 - 1)
    unfolded = laid("rows=branch&rows=month&depth=2&show=growth")
    assert (("강남", "2026-02"), pytest.approx(500 / 3000 - 1)) in lines(unfolded)
    without = laid("rows=branch&show=growth")
    assert [head.path for head in without.rows] == [("부산",), ("강남",), ()]
    with translation.override("en"):
        assert "Growth compares with the period before" in show.notes(without)[0]
    assert not any("{measure}" in template for template, _values in pivot.notes)


def test_a_file_of_numbers_holds_every_row_that_a_page_sums_up_as_others(loaded):
    for number in range(30):
        loaded.customer(f"more {number}", age_band=f"band {number:02}", branch="강남", rep="rep 1", unit_path="/1/2/")
    loaded.batch("sales", [sale(f"m{n}", f"more {n}", "soap", "2026-03-06T01:00:00", 10 + n) for n in range(30)])
    actions.refresh(Quiet())
    asked = steps.read(parse_qs("rows=age_band&show=sales_amount"))
    page = layout.lay(None, asked)
    assert [head.kind for head in page.rows].count("others") == 1
    assert any("every row" in template for template, _params in page.notes)
    file = layout.lay(None, exporting.whole(asked, "csv"))
    assert [head.kind for head in file.rows].count("member") == 32
    amounts = [values[0] for _path, *values in lines(file)]
    assert sum(amounts[:-1]) == amounts[-1] == 8300 + sum(10 + n for n in range(30))
    assert not exporting.whole(asked, "pdf").every


def test_a_condition_on_a_member_there_is_not_says_which_it_may_have_meant(loaded):
    with translation.override("en"):
        grid = laid("rows=month&show=sales_amount&where=branch = '강남구'")
        assert show.notes(grid) == ["Branch has no member “강남구”. Did you mean: 강남?"]
        there = show.notes(laid("rows=month&show=sales_amount&where=branch = '강남'"))
        assert not any("member" in note for note in there)


def test_growth_heeds_a_period_that_a_condition_calls_by_another_word(loaded):
    grid = laid("rows=branch&show=sales_amount:last&where=월 = '2026-02'")
    assert any("names a period" in template for template, _params in grid.notes)
