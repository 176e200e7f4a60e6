"""Standard forms, masks and search texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput
from dangol.customers.identify import rules


@pytest.mark.parametrize(
    ("name", "given"),
    [("김민아", "민아"), ("남궁민", "민"), ("황보라미", "라미"), ("이산", "산"), ("Mina Kim", "Kim"), ("김", "")],
)
def test_the_given_name_is_what_follows_the_surname(name, given):
    assert rules.given_name(name) == given


def test_masks_keep_only_what_helps_to_recognise():
    assert rules.masked_phone("010-1234-5678") == "010-****-5678"
    assert rules.masked_phone("1234") == "****"
    assert rules.masked_email("mina@example.com") == "m***@example.com"
    assert rules.masked_email("not an address") == "***"
    assert rules.masked_address("서울특별시 강남구 역삼로 1") == "서울특별시 강남구 ***"
    assert rules.masked_address("역삼로") == "***"
    assert [rules.mask(name, "") for name in ("phone", "email", "address")] == ["", "", ""]


def test_a_resident_number_is_refused_in_every_field():
    for name in rules.GOLDEN:
        with pytest.raises(BadInput) as refused:
            rules.standard({name: "김민아 900101-1234568"})
        assert refused.value.field == name


@given(st.text(min_size=1), st.text())
def test_everything_that_begins_with_a_prefix_lies_before_what_comes_after(prefix, rest):
    assert prefix <= prefix + rest < rules.after(prefix)


@pytest.mark.parametrize(
    ("name", "value"), [("email", "a b"), ("phone", "12"), ("gender", "x"), ("kind", "named"), ("address", "가" * 301)]
)
def test_a_value_that_cannot_be_right_is_refused_with_its_field(name, value):
    with pytest.raises(BadInput) as refused:
        rules.checked({name: value})
    assert refused.value.field == name


def test_a_later_source_wins_but_never_over_a_hand():
    old, new = rules.Origin("crm", "2026-01-01"), rules.Origin("shop", "2026-02-01")
    hand = rules.Origin("staff:3", "2025-01-01")
    assert rules.wins(new, old)
    assert not rules.wins(old, new)
    assert not rules.wins(new, hand)
    assert rules.wins(new, None)
