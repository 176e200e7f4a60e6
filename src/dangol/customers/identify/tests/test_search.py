"""Lists of customers: what is found, in which order, and by whom."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from dangol.base.errors import BadInput, NotAllowed, NotFound
from dangol.customers.identify import reads
from dangol.customers.identify.matching.actions import merge
from dangol.customers.identify.models import Customer, Standing
from dangol.customers.identify.picked import Among, Figure
from dangol.customers.identify.reads import listing, walking
from dangol.customers.identify.rules import CustomerQuery, given_name


def labels(page):
    return [row.label for row in page.rows]


def stand(customer, **values):
    return Standing.objects.create(customer=customer, snapshot="s1", as_of=date(2026, 1, 31), **values)


@pytest.fixture
def people(cast):
    """The cast with standings and given names."""
    for customer in (cast.mina, cast.jiho, cast.soyeon):
        customer.given_name = given_name(customer.name)
        customer.save()
    stand(cast.mina, segment="HHH", amount=900, orders=3, last_day=date(2026, 1, 20), recency_days=11)
    stand(cast.jiho, segment="LLL", amount=100, orders=1, last_day=date(2025, 6, 1), recency_days=244)
    stand(cast.soyeon, segment="HHH", amount=500, orders=2, last_day=date(2026, 1, 5), recency_days=26)
    return cast


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("김", ["김민아"]),
        ("민아", ["김민아"]),
        ("5678", ["김민아"]),
        ("010-1234-5678", ["김민아"]),
        ("+82 10 1234", ["김민아"]),
        ("mina@", ["김민아"]),
        ("h-0004", ["H-0004"]),
        ("H-000", ["김민아", "박지호", "이소연", "H-0004"]),
        ("없는사람", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
def test_search_finds_by_each_key(people, text, found):
    assert labels(reads.search(people.administrator, CustomerQuery(text=text))) == found


def test_a_text_of_invisible_characters_finds_nobody(people):
    assert reads.search(people.administrator, CustomerQuery(text="\u200b\u202e")).rows == []


def test_whole_numbers_and_addresses_are_no_oracle_for_those_who_may_not_read_them(people):
    for text in ("mina@example.com", "01012345678", "mi"):
        assert labels(reads.search(people.marketer, CustomerQuery(text=text))) == []
    assert labels(reads.search(people.marketer, CustomerQuery(text="5678"))) == ["김민아"]


def test_phone_and_email_are_masked_in_lists_for_everybody(people):
    row = reads.search(people.administrator, CustomerQuery(text="김민아")).rows[0]
    assert (row.phone, row.email) == ("010-****-5678", "m***@example.com")


def test_list_count_and_ids_stay_within_the_tree(people):
    query = CustomerQuery(sort="amount", descending=True)
    expected = {
        people.rep: {people.mina.pk, people.jiho.pk},
        people.branch_manager: {people.mina.pk, people.jiho.pk},
        people.busan_rep: {people.soyeon.pk, people.coded.pk},
        people.director: {people.mina.pk, people.jiho.pk, people.soyeon.pk, people.coded.pk},
    }
    for member, ids in expected.items():
        page = reads.search(member, query)
        assert {row.id for row in page.rows} == ids
        assert reads.count(member, query) == (len(ids), True)
        assert set(reads.customer_ids(member, query)) == ids


def test_no_filter_leads_out_of_the_tree(people):
    for query in (
        CustomerQuery(segments=("HHH",)),
        CustomerQuery(text="이소연"),
        CustomerQuery(rep_id=people.busan_rep.pk),
        CustomerQuery(unit_id=people.busan.pk),
        CustomerQuery(ids=(people.soyeon.pk,)),
        CustomerQuery(consent_channel="email"),
    ):
        assert people.soyeon.pk not in reads.customer_ids(people.rep, query)


def test_a_role_without_the_right_sees_no_list(people):
    people.rep.is_active = False
    with pytest.raises(NotAllowed):
        reads.search(people.rep, CustomerQuery())


def test_a_foreign_customer_and_a_missing_one_give_the_same_answer(people):
    with pytest.raises(NotFound) as foreign:
        reads.customer(people.rep, people.soyeon.pk)
    with pytest.raises(NotFound) as missing:
        reads.customer(people.rep, 999_999)
    with pytest.raises(NotFound) as huge:
        reads.customer(people.rep, 10**30)
    assert str(foreign.value) == str(missing.value) == str(huge.value)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CustomerQuery(segments=("HHH",)), ["김민아", "이소연"]),
        (CustomerQuery(segments=("HHH", "LLL")), ["김민아", "박지호", "이소연"]),
        (CustomerQuery(kind="unnamed"), ["H-0004"]),
        (CustomerQuery(gender="M"), ["박지호"]),
        (CustomerQuery(last_from=date(2026, 1, 5), last_to=date(2026, 1, 19)), ["이소연"]),
        (CustomerQuery(amount_from=100, amount_to=500), ["박지호", "이소연"]),
        (CustomerQuery(consent_channel="email"), ["김민아", "이소연"]),
        (CustomerQuery(consent_channel="sms"), []),
        (CustomerQuery(sort="amount"), ["박지호", "이소연", "김민아", "H-0004"]),
        (CustomerQuery(sort="last_day", descending=True), ["김민아", "이소연", "박지호", "H-0004"]),
        (CustomerQuery(sort="name", descending=True), ["이소연", "박지호", "김민아", "H-0004"]),
    ],
)
def test_filters_and_orders(people, query, found):
    assert labels(reads.search(people.administrator, query)) == found


def test_a_unit_takes_its_whole_subtree(people):
    page = reads.search(people.administrator, CustomerQuery(unit_id=people.gangnam.pk))
    assert labels(page) == ["김민아", "박지호"]


def test_own_attributes_filter_by_equality_and_by_nothing_else(people):
    Customer.objects.filter(pk=people.mina.pk).update(attributes={"income_band": "50-74K"}, age_band="35-44")
    admin = people.administrator
    assert labels(reads.search(admin, CustomerQuery(attributes={"income_band": "50-74K"}))) == ["김민아"]
    assert labels(reads.search(admin, CustomerQuery(age_bands=("35-44",)))) == ["김민아"]
    for name in ("income_band__startswith", "_connector", "a b", "__class__"):
        with pytest.raises(BadInput):
            reads.search(admin, CustomerQuery(attributes={name: "x"}))


@pytest.mark.parametrize("cap", [10_000, 3])
@pytest.mark.parametrize("sort", ["name", "amount", "last_day"])
@pytest.mark.parametrize("descending", [False, True])
def test_paging_shows_everybody_once_also_when_someone_joins_meanwhile(people, monkeypatch, cap, sort, descending):
    monkeypatch.setattr(listing, "COUNT_CAP", cap)
    for number in range(6):
        extra = Customer.objects.create(code=f"X-{number}", name="김민아" if number % 2 else "", kind="named")
        if number < 4:
            stand(extra, amount=500, last_day=date(2026, 1, 5) if number else None)
    query, seen = CustomerQuery(sort=sort, descending=descending, size=3), []
    while True:
        page = reads.search(people.administrator, query)
        seen += [row.id for row in page.rows]
        Customer.objects.create(code=f"new-{len(seen)}", name="가가가")
        if not page.next_cursor:
            break
        query = replace(query, cursor=page.next_cursor)
    before = set(Customer.objects.exclude(code__startswith="new-").values_list("pk", flat=True))
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


@pytest.mark.parametrize("sort", ["name", "amount", "last_day"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("cap", [10_000, 3])
def test_going_back_shows_the_pages_one_came_by(people, monkeypatch, sort, descending, cap):
    monkeypatch.setattr(listing, "COUNT_CAP", cap)
    for number in range(6):
        extra = Customer.objects.create(code=f"X-{number}", name="김민아" if number % 2 else "", kind="named")
        if number < 4:
            stand(extra, amount=500, last_day=date(2026, 1, 5) if number else None)
    query, forth = CustomerQuery(size=2, sort=sort, descending=descending), []
    page = reads.search(people.administrator, query)
    assert not page.previous_cursor
    while page.next_cursor:
        forth.append([row.id for row in page.rows])
        page = reads.search(people.administrator, replace(query, cursor=page.next_cursor))
    back = []
    while page.previous_cursor:
        page = reads.search(people.administrator, replace(query, cursor=page.previous_cursor))
        back.append([row.id for row in page.rows])
        assert page.next_cursor
    assert len(forth) > 3
    assert back == forth[::-1]


def test_walking_the_index_and_sorting_here_give_the_same_page(people, monkeypatch):
    for query in (CustomerQuery(), CustomerQuery(sort="amount", descending=True), CustomerQuery(segments=("HHH",))):
        sorted_here = reads.search(people.administrator, query)
        monkeypatch.setattr(listing, "COUNT_CAP", 1)
        walked = reads.search(people.administrator, query)
        monkeypatch.undo()
        assert labels(walked) == labels(sorted_here)
        assert (walked.count, walked.exact) == (1, False)


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WzEsMiwzXQ", "🙂", "WyJuYW1lIixmYWxzZSwwLHsiYSI6MX0sMV0"])
def test_a_forged_cursor_is_refused(people, cursor):
    with pytest.raises(BadInput):
        reads.search(people.administrator, CustomerQuery(cursor=cursor))


def test_a_cursor_of_another_order_is_refused(people):
    page = reads.search(people.administrator, CustomerQuery(size=1))
    with pytest.raises(BadInput):
        reads.search(people.administrator, CustomerQuery(size=1, sort="amount", cursor=page.next_cursor))


@pytest.mark.parametrize("values", [{"sort": "phone"}, {"sort": "email"}, {"kind": "x"}, {"size": 0}, {"size": 10**6}])
def test_a_question_nobody_may_ask_is_refused(values):
    with pytest.raises(BadInput):
        CustomerQuery(**values)


def test_a_page_takes_few_queries(people, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        reads.search(people.branch_manager, CustomerQuery(text="김", segments=("HHH",), unit_id=people.gangnam.pk))


def test_whoever_was_merged_is_found_by_name_number_and_code_as_the_whole(people):
    merge(by=people.steward, kept_id=people.mina.pk, gone_id=people.jiho.pk)
    for text in ("박지호", "지호", "3333", "010-2222-3333", "jiho@example.com", people.jiho.code):
        page = reads.search(people.steward, CustomerQuery(text=text))
        assert ([row.id for row in page.rows], page.count) == ([people.mina.pk], 1), text
    assert labels(reads.search(people.rep, CustomerQuery(text="박지호", gender="F"))) == ["김민아"]
    assert labels(reads.search(people.rep, CustomerQuery(text="박지호", gender="M"))) == []
    assert labels(reads.search(people.busan_rep, CustomerQuery(text="박지호"))) == []


@pytest.mark.parametrize("cap", [1, 10_000])
@pytest.mark.parametrize("sort", ["value", "name"])
@pytest.mark.parametrize("down", [False, True])
def test_a_list_is_narrowed_and_sorted_by_what_rooms_above_know(cast, monkeypatch, cap, sort, down):
    monkeypatch.setattr(listing, "COUNT_CAP", cap)  # 1: walked in the order, else fetched and sorted
    monkeypatch.setattr(walking, "FIRST_STEP", 2)
    made = [Customer.objects.create(name=f"{n % 7:02}", code=f"F-{n:03}", gender="FM"[n % 2]).pk for n in range(40)]
    values, flags = np.full(made[-1] + 1, np.nan), np.zeros(made[-1] + 1, dtype=bool)
    values[made[::3]] = [n % 5 for n in range(len(made[::3]))]
    flags[made[5:]] = True
    figure = Figure("f", values) if sort == "value" else None
    query = CustomerQuery(sort=sort, figure=figure, descending=down, gender="F", among=Among("a", flags), size=4)
    fits = [one for one in made[5:] if (one - made[0]) % 2 == 0]
    rows = {one: (values[one] if sort == "value" else f"{(one - made[0]) % 7:02}", one) for one in fits}
    known = [one for one in fits if sort == "name" or not np.isnan(values[one])]
    wanted = sorted(known, key=rows.get, reverse=down) + [one for one in fits if one not in known]
    met, pages = [], [reads.search(cast.analyst, query)]
    while pages[-1].next_cursor:
        pages.append(reads.search(cast.analyst, replace(query, cursor=pages[-1].next_cursor)))
    for page in pages:
        met += [row.id for row in page.rows]
    assert met == wanted
    back = reads.search(cast.analyst, replace(query, cursor=pages[-1].previous_cursor))
    assert [row.id for row in back.rows] == [row.id for row in pages[-2].rows]
    assert reads.count(cast.analyst, query, None) == (len(fits), True)
    assert reads.customer_ids(cast.analyst, query) == fits
