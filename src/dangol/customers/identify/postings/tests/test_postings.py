"""Who was in charge from which day on: last year's sales stay where they were."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput, NotFound
from dangol.customers.identify import actions, reads
from dangol.customers.identify.matching import actions as matching
from dangol.customers.identify.models import Customer, Merge, Posting, SourceKey
from dangol.customers.identify.postings import rules
from dangol.customers.identify.postings.rules import BEGINNING, END, course
from dangol.work.actions import Quiet

MARCH, MAY, JULY = date(2026, 3, 1), date(2026, 5, 1), date(2026, 7, 1)


def word(day, unit, rep=None):
    return rules.Posting(day, unit, rep)


def test_a_later_word_holds_from_its_day_on_and_the_first_known_one_from_the_beginning():
    assert course([word(BEGINNING, None), word(MARCH, 1), word(MAY, 2)]) == [word(BEGINNING, 1), word(MAY, 2)]
    assert course([word(BEGINNING, 1), word(MAY, 2), word(MARCH, 3)]) == [word(BEGINNING, 1), word(MARCH, 3)]
    assert course([word(BEGINNING, 1), word(MARCH, 2), word(MARCH, 1)]) == [word(BEGINNING, 1)]
    assert course([word(BEGINNING, 1, 7), word(MARCH, None)]) == [word(BEGINNING, 1, 7), word(MARCH, None)]
    assert course([word(BEGINNING, 1), word(MARCH, 1, 7)]) == [word(BEGINNING, 1, 7)]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), min_size=1, max_size=8))
def test_every_day_has_the_last_word_that_speaks_of_it(said):
    words = [word(BEGINNING, 9), *(word(date(2026, month, 1), unit) for month, unit in said)]
    found = course(words)
    assert found[0].from_day == BEGINNING
    assert all(one.whose != two.whose for one, two in pairwise(found))
    for day in [date(2026, month, 15) for month in range(1, 11)]:
        wanted = [one for one in words if one.from_day <= day][-1]
        assert [one.whose for one in found if one.from_day <= day][-1] == wanted.whose


@pytest.fixture
def on(settings):
    """Sets the company's day."""

    def day(today):
        settings.DANGOL = replace(settings.DANGOL, today=today)

    day(MARCH)
    return day


def told(key="H-0001"):
    """The postings of a key as the warehouse gets them: (from, until, unit, rep)."""
    rows = [row for row in reads.postings().to_pylist() if row["key"] == key]
    return [(row["from_day"], row["until_day"], row["unit_id"], row["rep_id"]) for row in rows]


def test_what_never_changed_is_not_written_down(collected, cast):
    collected.rows = [{"source": "crm", "source_key": "H-0001", "email": "other@example.com"}]
    actions.link(Quiet())
    assert (Posting.objects.count(), told()) == (0, [])


def test_a_customer_who_is_assigned_anew_was_with_the_former_rep_until_that_day(cast, on):
    on(MAY)
    actions.assign(by=cast.administrator, customer_ids=[cast.mina.pk], rep_id=cast.busan_rep.pk)
    before, now = (cast.team.pk, cast.rep.pk), (cast.busan.pk, cast.busan_rep.pk)
    assert told() == [(BEGINNING, MAY, *before), (MAY, END, *now)]
    on(JULY)
    actions.assign(by=cast.administrator, customer_ids=[cast.mina.pk], rep_id=cast.rep.pk)
    assert told() == [(BEGINNING, MAY, *before), (MAY, JULY, *now), (JULY, END, *before)]
    assert [(one.since, one.until, one.rep) for one in reads.charged(cast.rep, cast.mina.pk)] == [
        (JULY, None, "이수진"), (MAY, date(2026, 6, 30), "박정우"), (None, date(2026, 4, 30), "이수진")]  # fmt: skip
    with pytest.raises(NotFound):
        reads.charged(cast.busan_rep, cast.mina.pk)
    actions.forget(customer_ids=[cast.mina.pk])
    assert told() == []


def test_the_customers_of_a_rep_come_along_to_another_unit_from_the_day_that_is_given(cast, on):
    on(JULY)
    account = {"name": "이수진", "role": "rep", "active": True}
    with pytest.raises(BadInput):
        actions.edit_member(by=cast.administrator, member_id=cast.rep.pk, unit_id=cast.busan.pk,
                            from_day=date(2026, 7, 2), **account)  # fmt: skip
    came = actions.edit_member(by=cast.administrator, member_id=cast.rep.pk, unit_id=cast.busan.pk, from_day=MAY,
                               **account)  # fmt: skip
    assert came == reads.charges(cast.administrator, cast.rep.pk) == 2
    assert told() == [(BEGINNING, MAY, cast.team.pk, cast.rep.pk), (MAY, END, cast.busan.pk, cast.rep.pk)]
    assert Customer.objects.get(pk=cast.mina.pk).unit_id == cast.busan.pk
    assert actions.edit_member(by=cast.administrator, member_id=cast.rep.pk, unit_id=cast.busan.pk, **account) == 0


def test_a_customer_comes_along_no_earlier_than_the_rep_got_it(cast, on):
    on(MAY)
    actions.assign(by=cast.administrator, customer_ids=[cast.mina.pk], rep_id=cast.busan_rep.pk)
    on(JULY)
    account = {"name": "박정우", "role": "rep", "active": True, "unit_id": cast.gangnam.pk}
    actions.edit_member(by=cast.administrator, member_id=cast.busan_rep.pk, from_day=MARCH, **account)
    assert [(row[0], row[2]) for row in told()] == [(BEGINNING, cast.team.pk), (MAY, cast.gangnam.pk)]
    assert [(row[0], row[2]) for row in told("H-0003")] == [(BEGINNING, cast.busan.pk), (MARCH, cast.gangnam.pk)]


def test_many_customers_are_brought_by_a_job(cast, on, monkeypatch):
    from dangol.customers.identify.actions import moving

    monkeypatch.setattr(moving, "AT_ONCE", 1)
    monkeypatch.setattr(moving, "CHUNK", 1)
    account = {"name": "이수진", "role": "rep", "active": True}
    actions.edit_member(by=cast.administrator, member_id=cast.rep.pk, unit_id=cast.busan.pk, **account)
    assert told() == []
    assert moving.follow(Quiet(by=cast.administrator), cast.rep.pk, MARCH.isoformat()) == {"customers": 2}
    assert [row[0] for row in told("H-0002")] == [BEGINNING, MARCH]


@pytest.fixture
def loads(collected, cast, on):
    """Two loads: the rep of 강남 in March, that of 부산 in May."""
    for day, unit, rep in ((MARCH, "강남1팀", "rep"), (MAY, "부산지점", "busan_rep")):
        on(day)
        collected.rows = [{"source": "crm", "source_key": "H-0009", "unit_code": unit,
                           "rep_code": f"{rep}@hanbit.example"}]  # fmt: skip
        actions.link(Quiet())
    return collected


def test_undoing_a_load_takes_its_postings_back_and_bringing_it_back_gives_them_their_day(loads, cast, on):
    both = told("H-0009")
    assert [row[:3] for row in both] == [(BEGINNING, MAY, cast.team.pk), (MAY, END, cast.busan.pk)]
    on(JULY)
    for batch in (2, 1):
        loads.undo(batch)
        actions.link(Quiet())
        assert told("H-0009") == []
        loads.undo(batch, live=True)
        actions.link(Quiet())
        assert told("H-0009") == both


def test_where_the_only_load_is_undone_nobody_was_ever_in_charge(collected, cast, on):
    collected.rows = [{"source": "crm", "source_key": "H-0009", "unit_code": "강남1팀"}]
    actions.link(Quiet())
    on(MAY)
    collected.undo(1)
    actions.link(Quiet())
    assert (Customer.objects.get(keys__key="H-0009").unit_id, told("H-0009")) == (None, [])


def test_a_source_may_say_from_which_day(collected, cast, on):
    said = {"source": "crm", "source_key": "H-0001", "unit_code": "부산지점", "rep_code": "busan_rep@hanbit.example"}
    on(JULY)
    collected.rows = [said | {"assigned_on": "2026-05-01"}]
    actions.link(Quiet())
    assert [row[0] for row in told()] == [BEGINNING, MAY]
    collected.rows = [said | {"assigned_on": "2026-03-01"}]  # the source corrects the day
    actions.link(Quiet())
    assert [row[0] for row in told()] == [BEGINNING, MARCH]


def test_lines_of_a_merged_customer_keep_their_own_postings_and_parting_gives_them_back(cast, on):
    kept, gone = cast.mina, cast.soyeon
    SourceKey.objects.create(source="shop", key="S-1", customer=gone)
    made = matching.merge(by=cast.administrator, kept_id=kept.pk, gone_id=gone.pk)
    Merge.objects.filter(pk=made).update(at=datetime(2026, 5, 1, 3, tzinfo=UTC))
    kept.refresh_from_db()
    theirs = (kept.unit_id, kept.rep_id)
    for key in ("H-0003", "S-1"):
        assert told(key) == [(BEGINNING, MAY, cast.busan.pk, cast.busan_rep.pk), (MAY, END, *theirs)]
    assert told("H-0001") == []
    matching.part(by=cast.administrator, customer_id=gone.pk)
    assert (told("H-0003"), told("H-0001")) == ([], [])


def test_parting_takes_back_what_the_merge_said_and_nothing_said_since(collected, cast, on):
    collected.rows = [{"source": "crm", "source_key": "H-0003", "rep_code": "marketer@hanbit.example"}]
    actions.link(Quiet())
    on(MAY)
    matching.merge(by=cast.administrator, kept_id=cast.mina.pk, gone_id=cast.soyeon.pk)
    assert [row[3] for row in told()] == [cast.rep.pk, cast.marketer.pk]
    on(JULY)
    actions.assign(by=cast.administrator, customer_ids=[cast.mina.pk], rep_id=cast.busan_rep.pk)
    matching.part(by=cast.administrator, customer_id=cast.soyeon.pk)
    assert [(row[0], row[3]) for row in told()] == [(BEGINNING, cast.rep.pk), (JULY, cast.busan_rep.pk)]
