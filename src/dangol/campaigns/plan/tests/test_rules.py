"""Plans as values: canonical form, fingerprint, power."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.campaigns.plan import rules

anything = st.one_of(st.none(), st.integers(), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3),
                     st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=3)), max_size=2))  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(rules.FIELDS)), anything))
def test_any_content_can_be_saved_and_its_form_is_stable(content):
    once = rules.canonical(content)
    assert rules.canonical(once) == once
    assert rules.fingerprint(content) == rules.fingerprint(once)
    assert isinstance(rules.problems(content), list)


@given(st.sampled_from(sorted(rules.FIELDS)))
def test_changing_any_field_changes_the_fingerprint(name):
    content = rules.canonical({})
    changed = {"list": ["x"], "map": {"age_band": ["x"]}, "int": 7, "minor": 7}.get(rules.FIELDS[name].kind, "other")
    assert rules.fingerprint(content | {name: changed}) != rules.fingerprint(content)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "spring"]
)
def test_a_link_leads_nowhere_but_to_this_site(path):
    assert "landing" in {problem.field for problem in rules.problems({"landing": path})}


def test_the_detectable_rise_is_found_with_the_power_it_promises():
    """By hand: 7.849 * (0.25 + 0.2275) / 0.15**2 = 166.6 people per group for 50 % against 65 %."""
    rise = rules.detectable_share(167, 167, 0.5)
    assert rise == pytest.approx(0.15, abs=0.002)


def test_more_people_detect_smaller_differences_and_nobody_detects_nothing():
    assert rules.detectable_share(1000, 1000, 0.3) < rules.detectable_share(100, 100, 0.3)
    assert rules.detectable_share(0, 100, 0.3) is None
    assert rules.detectable_mean(100, 0, 5.0) is None


def test_a_plan_pays_when_response_times_purchase_covers_the_cost():
    base = rules.Base(people=1000, buyers=300, orders=400, total=4_000_000, squares=1e11)
    sizes = {"treated": 800, "control": 200, "margin_percent": 30, "discount": 0, "cost_per_message": 0}
    gain = 800 * 0.1 * 10_000 * 0.3
    assert rules.expect(base, response=0.1, fixed_cost=int(gain), **sizes).pays
    assert not rules.expect(base, response=0.1, fixed_cost=int(gain) + 1, **sizes).pays
    assert rules.expect(base, response=None, fixed_cost=1, **sizes).pays is None
