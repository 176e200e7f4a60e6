"""Which value becomes the golden one."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput
from dangol.customers.identify.golden import rules
from dangol.customers.identify.golden.rules import Rule, Statement, choose


def said(value, source, day, **more):
    at = datetime(2026, 1, day, tzinfo=UTC)
    return Statement("email", value, {"email": value}, source, at, **{"key": source, "batch": 1} | more)


CRM = said("a@x.kr", "crm", 3)
SHOP = said("longer@x.kr", "shop", 2)
WEB = said("a@x.kr", "web", 1)
HAND = said("hand@x.kr", "", 1, member=7)


@pytest.mark.parametrize(
    ("rule", "chosen", "reason"),
    [
        (Rule("newest"), CRM, "newest"),
        (Rule("trusted", ("shop", "crm")), SHOP, "trusted"),
        (Rule("trusted", ("nobody",)), CRM, "trusted"),
        (Rule("longest"), SHOP, "longest"),
        (Rule("frequent"), CRM, "frequent"),
    ],
)
def test_each_rule_chooses_the_same_value_in_whatever_order_it_is_said(rule, chosen, reason):
    for order in itertools.permutations([CRM, SHOP, WEB]):
        choice = choose(order, rule)
        assert (choice.chosen, choice.reason) == (chosen, reason)
        assert choice.said[0] is chosen


def test_what_a_member_wrote_stays_whatever_the_rule_even_an_empty_value():
    for rule in rules.RULE_NAMES:
        assert choose([CRM, HAND, SHOP], Rule(rule, ("crm",))).chosen is HAND
    empty = said("", "", 5, member=7)
    assert choose([CRM, HAND, empty], Rule()).chosen is empty


def test_a_real_value_comes_before_a_newer_generated_one():
    made = said("made@x.kr", "made", 9, generated=True)
    choice = choose([WEB, made], Rule())
    assert (choice.chosen, choice.reason) == (WEB, "real")
    assert choose([made], Rule()).reason == "only"


def test_of_one_source_the_newest_word_counts_and_an_empty_one_erases_nothing():
    words = [said("old@x.kr", "crm", 1), said("new@x.kr", "crm", 2), said("", "crm", 3), said("old@x.kr", "web", 1)]
    assert choose(words, Rule("frequent")).chosen.value == "new@x.kr"  # not old twice: the crm says new now
    assert choose([], Rule()).reason == "nothing"


STATEMENTS = st.lists(
    st.builds(
        said, st.sampled_from(["", "a", "bb", "ccc"]), st.sampled_from(["crm", "shop", "web"]), st.integers(1, 4),
        batch=st.integers(1, 3), generated=st.booleans(), key=st.sampled_from("12"), member=st.sampled_from([0, 0, 0, 5]),
    ),
    max_size=7, unique_by=lambda one: one.order,
)  # fmt: skip


@given(STATEMENTS, st.sampled_from(sorted(rules.RULE_NAMES)), st.randoms())
def test_no_order_of_evidence_ever_changes_the_choice(words, rule, random):
    mixed = list(words)
    random.shuffle(mixed)
    one, other = (choose(order, Rule(rule, ("shop",))) for order in (words, mixed))
    assert (one.chosen, one.reason) == (other.chosen, other.reason)


@pytest.mark.parametrize(
    ("stored", "field"),
    [
        ({"kind": {"rule": "newest"}}, "kind"),
        ({"name": {"rule": "loudest"}}, "name"),
        ({"name": {"rule": "trusted"}}, "name"),
        ({"name": {"rule": "trusted", "sources": "crm"}}, "name"),
        ({"name": {"rule": "newest", "by": 1}}, "name"),
        ({"name": "newest"}, "name"),
    ],
)
def test_rules_that_mean_nothing_are_refused_with_their_field(stored, field):
    with pytest.raises(BadInput) as refused:
        rules.policy_of(stored)
    assert refused.value.field == field


def test_rules_survive_being_stored():
    policy = rules.policy_of({"phone": {"rule": "trusted", "sources": ["crm", "shop", "crm"]}})
    assert policy["phone"] == Rule("trusted", ("crm", "shop"))
    assert rules.policy_of(rules.stored_form(policy)) == policy
