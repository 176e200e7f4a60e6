from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base import money, period, text
from dangol.base.errors import BadInput
from dangol.base.identifiers import content_hash, token

USD, KRW = money.currency("USD"), money.currency("KRW")


@pytest.mark.parametrize(
    ("word", "particle", "said"),
    [
        ("김민아", "을", "김민아를"),
        ("이소연", "은", "이소연은"),
        ("서울", "으로", "서울로"),
        ("부산", "으로", "부산으로"),
        ("대구", "으로", "대구로"),
        ("3", "은", "3은"),
        ("2", "은", "2는"),
        ("100", "이", "100이"),
        ("Seoul", "으로", "Seoul로"),
        ("VIP(골드)", "과", "VIP(골드)와"),
        ("", "을", "를"),
    ],
)
def test_particle_follows_the_last_sound(word, particle, said):
    assert text.with_particle(word, particle) == said


@pytest.mark.parametrize(
    ("value", "language", "said"),
    [
        (9999, "ko", "9,999"),
        (10_000, "ko", "1만"),
        (12_345, "ko", "1.2만"),
        (123_456_789, "ko", "1.2억"),
        (2 * 10**12, "ko", "2조"),
        (-54_321, "ko", "-5.4만"),
        (9999, "en", "9,999"),
        (12_345, "en", "12.3K"),
        (1_200_000, "en", "1.2M"),
    ],
)
def test_short_number_counts_as_people_do(value, language, said):
    assert text.short_number(value, language) == said


def test_money_rounds_half_to_even():
    assert [money.to_minor(value, USD) for value in ("0.005", "0.015", "1,234.5")] == [0, 2, 123450]


@pytest.mark.parametrize("nonsense", ["", "twelve", "NaN", "inf", "1.2.3"])
def test_money_refuses_what_is_no_amount(nonsense):
    with pytest.raises(BadInput):
        money.to_minor(nonsense, USD)


@given(st.integers(-(10**15), 10**15))
def test_money_survives_the_way_out_and_in(minor):
    assert money.to_minor(money.to_major(minor, USD), USD) == minor


def test_money_is_shown_with_its_sign():
    assert (money.show(123450, USD), money.show(-5000, KRW)) == ("$1,234.50", "-₩5,000")
    assert money.to_major(1, USD) == Decimal("0.01")


def test_month_ends_are_whole_months_only():
    assert list(period.month_ends(date(2017, 1, 1), date(2017, 3, 30))) == [date(2017, 1, 31), date(2017, 2, 28)]


def test_content_hash_ignores_order_and_feels_every_value():
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": "1"})


def test_tokens_differ_and_carry_160_bits():
    assert len({token() for _ in range(100)}) == 100
    assert len(token()) >= 27
