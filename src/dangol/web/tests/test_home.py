"""Home: what each role should do next, and nothing invented."""

import pytest

from dangol.base.errors import Unavailable
from dangol.staff.rules import Right
from dangol.web.home import parts, tiles


def test_home_counts_the_customers_in_ones_care_only(cast):
    mine = next(one for one in tiles.board(cast.rep)["sections"] if one.tiles[0].url == "/customers/")
    assert mine.tiles[0].value == 2
    everybody = next(one for one in tiles.board(cast.marketer)["sections"] if one.tiles[0].url == "/customers/")
    assert everybody.tiles[0].value == 4


def test_section_asks_for_its_right(cast):
    section = parts.Section("x", [parts.Tile("n", 1)])
    providers = [(Right.STAFF_MANAGE, lambda member: section)]
    assert tiles.board(cast.administrator, providers)["sections"] == [section]
    assert tiles.board(cast.rep, providers)["sections"] == []


@pytest.mark.parametrize("error", [Unavailable("A limit was reached."), RuntimeError("x")])
def test_part_that_fails_leaves_the_rest_of_the_page(cast, error):
    def broken(member):
        raise error

    section = parts.Section("x", [parts.Tile("n", 1)])
    found = tiles.board(cast.rep, [(Right.CUSTOMERS_VIEW, broken), (Right.CUSTOMERS_VIEW, lambda member: section)])
    assert found["sections"] == [section]


def test_every_start_leads_to_a_page(cast):
    before = tiles.board(cast.administrator)
    assert [step.url for step in before["starts"]] == [
        "/sources/new/", "/sources/connections/", "/admin/schedules/", "/admin/members/"], "loading comes first"  # fmt: skip
    loaded = [(Right.SOURCES_VIEW, lambda member: parts.Section("x", [parts.Tile("n", 1)]))]
    after = tiles.board(cast.administrator, loaded)
    assert len(after["starts"]) == len(tiles.STARTS)
    assert (before["empty"], after["empty"]) == (True, False)


def test_no_figure_is_shown_before_there_is_data(cast):
    titles = [str(one.title) for one in tiles.board(cast.administrator)["sections"]]
    assert "Segments with the most sales" not in titles
    assert tiles.segments(cast.administrator) is None
    assert tiles.sources(cast.administrator) is None
