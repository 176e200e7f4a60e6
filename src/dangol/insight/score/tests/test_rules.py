from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput
from dangol.insight.score import rules
from tools import messages

counts = st.integers(min_value=0, max_value=10**9)
groups = st.integers(min_value=2, max_value=9)


@st.composite
def schemes(draw):
    """A scheme with cut points on every axis."""
    axes = {}
    for code in rules.AXES:
        size = draw(groups)
        points = sorted(draw(st.lists(counts, min_size=size - 1, max_size=size - 1)))
        axes[code] = rules.Axis(groups=size, cut_points=tuple(points), weight=draw(st.sampled_from((1.0, 2.0, 0.5))))
    return rules.RfmScheme(**axes)


@given(schemes(), counts, counts)
def test_a_more_recent_purchase_never_lowers_the_recency_score(scheme, one, other):
    sooner, later = sorted((one, other))
    assert rules.score_of(scheme.r, "r", sooner) >= rules.score_of(scheme.r, "r", later)


@given(schemes(), st.sampled_from(("f", "m")), counts, counts)
def test_more_never_lowers_frequency_or_monetary_score(scheme, code, one, other):
    less, more = sorted((one, other))
    axis = scheme.axes[code]
    assert rules.score_of(axis, code, less) <= rules.score_of(axis, code, more)


@given(schemes(), st.tuples(counts, counts, counts))
def test_scores_lie_within_their_groups_and_the_weighted_score_within_0_to_100(scheme, values):
    scores = {
        code: rules.score_of(scheme.axes[code], code, value) for code, value in zip(rules.AXES, values, strict=True)
    }
    assert all(1 <= scores[code] <= scheme.axes[code].groups for code in rules.AXES)
    assert -1e-9 <= rules.weighted_score(scheme, scores) <= 100 + 1e-9
    assert rules.segment_of(scheme, scores) in rules.STRATEGIES


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=9), st.sampled_from(rules.AXES))
def test_cut_points_from_quantiles_are_sorted(values, code):
    found = rules.from_quantiles(code, sorted(values))
    assert list(found) == sorted(found)


@given(schemes())
def test_a_scheme_survives_being_written_down(scheme):
    assert rules.from_dict(scheme.as_dict()) == scheme


def test_best_scores_weigh_100_and_worst_0():
    scheme = rules.preset("543")
    assert rules.weighted_score(scheme, {"r": 5, "f": 4, "m": 3}) == pytest.approx(100)
    assert rules.weighted_score(scheme, {"r": 1, "f": 1, "m": 1}) == 0


def test_weights_shift_the_score_to_their_axis():
    scheme = rules.preset("555")
    scheme = replace(scheme, m=replace(scheme.m, weight=3.0))
    assert rules.weighted_score(scheme, {"r": 1, "f": 1, "m": 5}) == pytest.approx(60)


@given(schemes(), st.sampled_from(rules.AXES), counts)
def test_the_border_of_high_is_where_scores_become_high(scheme, code, value):
    axis, border = scheme.axes[code], scheme.high[code]
    high = value <= border if code == "r" else value >= border
    assert (rules.score_of(axis, code, value) >= axis.high_from) == high


def test_high_is_above_the_middle_of_the_axis():
    assert [rules.middle_up(groups) for groups in (2, 3, 4, 5, 7)] == [2, 3, 3, 4, 5]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"groups": 1}, "groups"),
        ({"groups": 12}, "groups"),
        ({"method": "guess"}, "method"),
        ({"groups": 3, "method": "fixed", "cut_points": (5,)}, "cut_points"),
        ({"groups": 3, "method": "fixed", "cut_points": (9, 5)}, "cut_points"),
        ({"groups": 3, "method": "fixed", "cut_points": (5, 5)}, "cut_points"),
        ({"groups": 2, "method": "fixed", "cut_points": (10**400,)}, "cut_points"),
        ({"weight": -1.0}, "weight"),
        ({"weight": float("nan")}, "weight"),
        ({"high_from": 6}, "high_from"),
    ],
)
def test_a_senseless_axis_is_refused_with_its_field(given, field):
    with pytest.raises(BadInput) as refused:
        rules.Axis(**given)
    assert refused.value.field == field


@pytest.mark.parametrize("code", ["", "55", "5555", "abc", "051"])
def test_a_senseless_scheme_code_is_refused(code):
    with pytest.raises(BadInput):
        rules.preset(code)


@pytest.mark.parametrize("given", [{}, {"name": "x"}, {"name": "x", "r": 1, "f": {}, "m": {}}, {"r": {"depth": 3}}])
def test_what_is_not_a_scheme_is_refused(given):
    with pytest.raises(BadInput):
        rules.from_dict(given)


def test_all_weights_zero_are_refused():
    with pytest.raises(BadInput):
        rules.RfmScheme(**{code: rules.Axis(weight=0.0) for code in rules.AXES})


def test_strategies_cover_every_combination_in_both_languages():
    combinations = {r + f + m for r in "HL" for f in "HL" for m in "HL"}
    assert set(rules.STRATEGIES) == combinations
    catalogue = messages._catalog(messages.LOCALE / "insight" / "ko" / "LC_MESSAGES" / "django.po")
    for strategy in rules.STRATEGIES.values():
        for text in (strategy.name, strategy.aim, strategy.text):
            said = catalogue.get(text)
            assert said is not None
            assert said.string
            assert said.string != text
    assert len({strategy.name for strategy in rules.STRATEGIES.values()}) == 8
