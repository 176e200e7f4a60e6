"""Measures an analyst makes of others, and what is said of wrong ones."""

import contextlib
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules
from dangol.insight.olap.own import actions, reads
from dangol.insight.olap.own.reads import Written
from dangol.insight.warehouse import actions as warehouse
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale

NET = Written("", "net_ticket", "Net ticket", "순객단가", "money", "(sales_amount - discount) / orders - 0.5")


@pytest.fixture
def loaded(home, monkeypatch, settings, cast):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD")
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.batch("sales", [
        sale("1", "a", "soap", "2026-01-05T01:00:00", 1000, discount=100, channel="web"),
        sale("2", "a", "cream", "2026-01-06T01:00:00", 3000, channel="store"),
        sale("3", "b", "cream", "2026-02-06T01:00:00", -500, channel="store"),
    ])  # fmt: skip
    warehouse.refresh(Quiet())
    return loaded


def asked(measures, by=(), where="", **more):
    answer = olap.ask(None, measures, by, where, **more)
    return [tuple(row[name] for name in (*by, *measures)) for row in answer.rows]


def test_a_formula_becomes_a_measure_everywhere(loaded, cast):
    kept = actions.save(by=cast.marketer, given=NET)
    assert kept.version == 1
    # $34.00 of three orders, less half a dollar: numbers in a formula are in major units
    assert asked(["net_ticket"]) == [(pytest.approx(1083.333333, abs=1e-5),)]
    assert asked(["net_ticket", "orders"], ["month"], order="-net_ticket") == [
        ("2026-01", 1900, 2),
        ("2026-02", -550, 1),
    ]
    with translation.override("en"):
        told = {one["name"]: one for one in olap.names(cast.marketer)["measures"]}["net_ticket"]
    assert told == {"also": [], "name": "net_ticket", "label": "Net ticket", "unit": "money",
                    "definition": "(Sales − Discount) ÷ Orders − 0.5"}  # fmt: skip
    web = Written("", "web_share", "Share of the web", "웹 비중", "share", "web_sales / sales_amount")
    actions.save(
        by=cast.marketer,
        given=Written("", "web_sales", "Web sales", "웹 매출", "money", "sales_amount", "channel = 'web'"),
    )
    actions.save(by=cast.marketer, given=web)
    assert asked(["web_share", "web_sales"], ["month"]) == [("2026-01", 0.25, 1000), ("2026-02", 0, 0)]
    assert asked(["web_share"], where="channel = 'store'") == [(0,)]


def test_versions_are_kept_and_nobody_is_overwritten(loaded, cast):
    first = actions.save(by=cast.marketer, given=NET)
    second = actions.save(by=cast.marketer, given=replace(first, formula="sales_amount / orders"))
    with pytest.raises(Conflict, match="Somebody else"):
        actions.save(by=cast.marketer, given=replace(first, formula="sales_amount"))
    with pytest.raises(Conflict):
        actions.save(by=cast.marketer, given=NET)
    assert [(one.version, one.formula) for one in reads.versions("", "net_ticket")] == [
        (2, second.formula),
        (1, first.formula),
    ]
    actions.save(by=cast.marketer, given=Written("", "twice", "Twice", "두 배", "money", "net_ticket * 2"))
    with pytest.raises(BadInput, match="made of itself"):
        actions.save(by=cast.marketer, given=replace(second, formula="twice / 2"))
    with pytest.raises(Conflict, match="twice"):
        actions.remove(by=cast.marketer, star="", name="net_ticket")
    actions.remove(by=cast.marketer, star="", name="twice")
    actions.remove(by=cast.marketer, star="", name="net_ticket")
    with pytest.raises(BadInput, match="no measure net_ticket"):
        asked(["net_ticket"])
    assert actions.save(by=cast.marketer, given=NET).version == 4
    with pytest.raises(NotAllowed):
        actions.save(by=cast.branch_manager, given=replace(NET, name="other"))
    with pytest.raises(NotFound):
        actions.save(by=cast.marketer, given=replace(NET, star="nowhere"))


WRONG = [
    ({"formula": "sales_amount +"}, "formula", "ends too early"),
    ({"formula": "sales_amount % 2"}, "formula", "character 14"),
    ({"formula": "sales_amnt / orders"}, "formula", "Did you mean: sales_amount"),
    ({"formula": "net_ticket + 1"}, "formula", "made of itself"),
    ({"formula": "sales_amount / contacted_customers", "condition": "channel = 'web' and product = 'x'"}, "condition", "cannot be split"),
    ({"condition": "chanel = 'web'"}, "condition", "Did you mean: channel"),
    ({"condition": "channel = web"}, "condition", "Put texts in quotes"),
    ({"name": "orders"}, "name", "taken"), ({"name": "Net ticket"}, "name", "small English letters"),
    ({"label_ko": " "}, "label_ko", "both languages"), ({"unit": "won"}, "unit", "no unit"),
]  # fmt: skip


def test_a_wrong_measure_is_told_with_its_field(loaded, cast):
    for change, field, sentence in WRONG:
        with pytest.raises(BadInput, match=sentence) as told:
            actions.check(by=cast.marketer, given=replace(NET, **change))
        assert (change, told.value.field) == (change, field)


PIECES = ["previous(", "total(", "if_missing(", "moving_mean(", "year_to_date(", ",", "2", "a", "b", *"c1 .+-*/()"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_text_breaks_the_reader_of_formulas(text):
    signs = str.maketrans("×÷−", "*/-")
    with contextlib.suppress(BadInput):
        found = rules.parse_formula(text)
        rules.computed(found, lambda name, _frames: {"a": 3, "b": Decimal("0.1")}.get(name), lambda *_: None)
        assert rules.parse_formula(rules.said(found, lambda name: name.removesuffix("()")).translate(signs)) is not None


def test_what_is_missing_is_nothing_in_a_sum_and_missing_in_a_quotient():
    values = {"a": 3, "b": Decimal("0.1"), "c": None, "z": 0, "f": 0.5}

    def computed(text):
        return rules.computed(
            rules.parse_formula(text), lambda name, _frames: values[name], lambda _node, _frames: None
        )

    assert (computed("a + c"), computed("c - a"), computed("c + c"), computed("a * c"), computed("a / z")) == (
        3,
        -3,
        None,
        None,
        None,
    )
    assert computed("b + b + b") == Decimal("0.3")
    assert computed("a - -f * 2") == 4.0
    assert (computed("if_missing(c, a)"), computed("if_missing(b, a)")) == (3, Decimal("0.1"))
    assert rules.said(rules.parse_formula("a - (b - c) / (2 * -a)"), str.upper) == "A − (B − C) ÷ (2 × (−A))"
