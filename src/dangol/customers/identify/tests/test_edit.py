"""Changes by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.customers.identify import actions, reads
from dangol.customers.identify.models import Change, Customer
from dangol.staff.models import Access


def now():
    return datetime.now(UTC)


def test_an_edit_is_kept_with_who_and_when_and_logged(cast):
    actions.edit(
        by=cast.rep, customer_id=cast.mina.pk, changes={"phone": "010-9999-8888"}, seen_at=now(), address="::1"
    )
    person = reads.customer(cast.rep, cast.mina.pk)
    assert (person.values["phone"].value, person.values["phone"].by_hand) == ("010-****-8888", "이수진")
    cast.mina.refresh_from_db()
    assert cast.mina.phone_e164 == "+821099998888"
    entry = Access.objects.get()
    assert (entry.verb, entry.customer_id, entry.address, entry.detail) == (
        "change",
        cast.mina.pk,
        "::1",
        {"fields": ["phone"]},
    )


def test_two_people_editing_the_same_field_see_both_values(cast):
    seen = now()
    actions.edit(by=cast.rep, customer_id=cast.mina.pk, changes={"name": "김민하"}, seen_at=seen)
    with pytest.raises(Conflict) as conflict:
        actions.edit(by=cast.administrator, customer_id=cast.mina.pk, changes={"name": "김미나"}, seen_at=seen)
    assert (conflict.value.params["theirs"], conflict.value.params["mine"]) == ("김민하", "김미나")
    actions.edit(by=cast.administrator, customer_id=cast.mina.pk, changes={"address": "서울 중구 1"}, seen_at=seen)
    cast.mina.refresh_from_db()
    assert (cast.mina.name, cast.mina.address) == ("김민하", "서울 중구 1")


def test_an_edit_can_be_undone_once_by_its_author_and_only_for_a_while(cast):
    Customer.objects.filter(pk=cast.mina.pk).update(
        generated=["name"], origins={"name": {"source": "crm", "at": "2026-01-01T00:00:00+00:00"}}
    )
    [change] = actions.edit(by=cast.rep, customer_id=cast.mina.pk, changes={"name": "김민하"}, seen_at=now())
    with pytest.raises(NotFound):
        actions.undo(by=cast.administrator, change_id=change)
    actions.undo(by=cast.rep, change_id=change)
    value = reads.customer(cast.rep, cast.mina.pk).values["name"]
    assert (value.value, value.generated, value.source) == ("김민아", True, "crm")
    with pytest.raises(Conflict):
        actions.undo(by=cast.rep, change_id=change)
    [late] = actions.edit(by=cast.rep, customer_id=cast.mina.pk, changes={"name": "김민하"}, seen_at=now())
    Change.objects.filter(pk=late).update(at=now() - timedelta(minutes=5))
    with pytest.raises(Conflict):
        actions.undo(by=cast.rep, change_id=late)


def test_nobody_edits_foreign_customers_hidden_fields_or_without_the_right(cast):
    edits = [
        (cast.rep, cast.soyeon, {"name": "x"}, NotFound),
        (cast.marketer, cast.mina, {"name": "x"}, NotAllowed),
        (cast.rep, cast.mina, {"generated": "x"}, BadInput),
        (cast.rep, cast.mina, {"kind": "unnamed"}, BadInput),
        (cast.rep, cast.mina, {"rep": "1"}, BadInput),
        (cast.rep, cast.mina, {"email": "x"}, BadInput),
    ]
    for member, customer, changes, error in edits:
        with pytest.raises(error):
            actions.edit(by=member, customer_id=customer.pk, changes=changes, seen_at=now())
    assert not Change.objects.exists()


def test_naming_an_unnamed_customer_makes_it_a_named_one(cast):
    actions.edit(by=cast.busan_rep, customer_id=cast.coded.pk, changes={"name": "한소희"}, seen_at=now())
    assert reads.customer(cast.busan_rep, cast.coded.pk).kind == "named"


def test_unmasking_needs_the_right_and_is_logged(cast):
    assert reads.customer(cast.rep, cast.mina.pk).values["email"].value == "m***@example.com"
    with pytest.raises(NotAllowed):
        actions.unmask(by=cast.marketer, customer_id=cast.mina.pk)
    with pytest.raises(NotFound):
        actions.unmask(by=cast.rep, customer_id=cast.soyeon.pk)
    person = actions.unmask(by=cast.rep, customer_id=cast.mina.pk, address="10.0.0.1")
    assert person.values["email"].value == "mina@example.com"
    assert list(Access.objects.values_list("verb", "customer_id", "address")) == [("unmask", cast.mina.pk, "10.0.0.1")]


def test_customers_are_assigned_only_within_ones_own_part_of_the_organisation(cast):
    ids = [cast.mina.pk, cast.soyeon.pk]
    with pytest.raises(BadInput):
        actions.assign(by=cast.branch_manager, customer_ids=ids, rep_id=cast.busan_rep.pk)
    with pytest.raises(NotAllowed):
        actions.assign(by=cast.marketer, customer_ids=ids, rep_id=cast.busan_rep.pk)
    assert actions.assign(by=cast.administrator, customer_ids=ids, rep_id=cast.busan_rep.pk) == 1
    cast.mina.refresh_from_db()
    assert (cast.mina.rep_id, cast.mina.unit_id) == (cast.busan_rep.pk, cast.busan.pk)


def test_hand_over_a_second_ago_takes_the_customer_out_of_sight(cast):
    actions.assign(by=cast.administrator, customer_ids=[cast.mina.pk], rep_id=cast.busan_rep.pk)
    with pytest.raises(NotFound):
        reads.customer(cast.rep, cast.mina.pk)
    with pytest.raises(NotFound):
        actions.edit(by=cast.rep, customer_id=cast.mina.pk, changes={"name": "x"}, seen_at=now())
