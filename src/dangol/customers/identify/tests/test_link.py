"""Keys become customers: people, un-named ones, and people who come later."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from dangol.customers.identify import actions, reads
from dangol.customers.identify.actions import linking
from dangol.customers.identify.models import Change, Customer, SourceKey, Standing
from dangol.customers.identify.rules import CustomerQuery
from dangol.work.actions import Quiet


def link():
    return actions.link(Quiet())


def test_keys_that_come_without_a_person_make_unnamed_customers_once(collected):
    collected.facts("sales", [("pos", "7"), ("pos", "8"), ("pos", "7")])
    collected.facts("responses", [("pos", "9")])
    assert link() | {"people": 0} == {"people": 0, "refused": 0, "changed": 0, "new_customers": 3, "new_keys": 3}
    assert link()["new_keys"] == 0
    assert set(Customer.objects.values_list("code", "kind")) == {("7", "unnamed"), ("8", "unnamed"), ("9", "unnamed")}


def test_a_person_who_comes_later_names_the_unnamed_customer_and_keeps_its_id(collected):
    collected.facts("sales", [("pos", "7")])
    link()
    before = Customer.objects.get()
    collected.rows = [{"source": "pos", "source_key": "7", "name": " 김민아 ", "phone": "010 1234 5678"}]
    link()
    after = Customer.objects.get()
    assert (after.pk, after.kind, after.name, after.given_name) == (before.pk, "named", "김민아", "민아")
    assert (after.phone, after.phone_e164, after.phone_tail) == ("010 1234 5678", "+821012345678", "5678")


def test_the_same_key_of_two_sources_is_one_customer_only_within_a_system(collected):
    collected.facts("sales", [("pos", "7"), ("shop", "7"), ("web", "7")])
    collected.shared = {"pos": "stores", "shop": "stores"}
    link()
    owner = dict(SourceKey.objects.values_list("source", "customer_id"))
    assert owner["pos"] == owner["shop"] != owner["web"]
    assert Customer.objects.count() == 2


def test_a_source_added_to_a_system_later_finds_its_customers(collected):
    collected.shared = {"pos": "stores", "shop": "stores"}
    collected.facts("sales", [("pos", "7")])
    link()
    collected.facts("contacts", [("shop", "7"), ("shop", "10")])
    assert link()["new_customers"] == 1
    assert SourceKey.objects.get(source="shop", key="7").customer.code == "7"


def test_every_value_keeps_its_source_and_time_and_generated_ones_their_mark(collected, cast):
    said = datetime(2026, 2, 1, tzinfo=UTC)
    collected.rows = [
        {"source": "crm", "source_key": "H-0004", "name": "한소희", "email": "Sohee@Example.com", "generated": ["name"],
         "at": said, "attr:income_band": "50-74K", "attr:age_band": "35-44", "rep_code": "busan_rep@hanbit.example",
         "unit_code": "부산지점"}
    ]  # fmt: skip
    link()
    person = reads.customer(cast.administrator, cast.coded.pk)
    assert person.values["name"].generated
    assert not person.values["email"].generated
    assert (person.values["email"].source, person.values["email"].at) == ("crm", said.isoformat())
    assert (person.attributes, person.values["age_band"].value) == ({"income_band": "50-74K"}, "35-44")
    assert (person.unit, person.rep) == ("부산지점", "박정우")


def test_a_generated_name_makes_nobody_a_named_customer(collected, cast):
    collected.rows = [{"source": "crm", "source_key": "H-0004", "name": "한소희", "generated": True}]
    link()
    person = reads.customer(cast.administrator, cast.coded.pk)
    assert (person.label, person.kind) == ("한소희", "unnamed")
    page = reads.search(cast.administrator, CustomerQuery(kind="unnamed"))
    assert [row.name for row in page.rows] == ["한소희"]
    collected.rows = [{"source": "crm", "source_key": "H-0004", "name": "한소희"}]
    link()
    assert reads.customer(cast.administrator, cast.coded.pk).kind == "named"


def test_a_value_replaced_by_a_source_is_kept_as_a_change(collected, cast):
    collected.rows = [{"source": "crm", "source_key": "H-0001", "email": "new@example.com"}]
    link()
    link()
    assert list(Change.objects.values_list("field", "before", "after", "source")) == [
        ("email", "mina@example.com", "new@example.com", "crm")
    ]


def test_two_sources_that_disagree_do_not_turn_a_value_round_at_every_cycle(collected, cast):
    collected.rows = [
        {"source": "crm", "source_key": "H-0001", "batch": 1, "email": "old@example.com"},
        {"source": "crm", "source_key": "H-0001", "batch": 2, "email": "new@example.com"},
    ]
    for _cycle in range(3):
        link()
        assert Customer.objects.get(pk=cast.mina.pk).email == "new@example.com"
    assert list(Change.objects.values_list("before", "after")) == [("mina@example.com", "new@example.com")]


def test_a_source_never_overwrites_what_a_member_wrote_by_hand(collected, cast):
    seen = datetime.now(UTC)
    actions.edit(by=cast.rep, customer_id=cast.mina.pk, changes={"email": "hand@example.com"}, seen_at=seen)
    collected.rows = [{"source": "crm", "source_key": "H-0001", "email": "crm@example.com", "address": "서울 중구 1"}]
    link()
    cast.mina.refresh_from_db()
    assert (cast.mina.email, cast.mina.address) == ("hand@example.com", "서울 중구 1")


def test_an_empty_value_erases_nothing_and_a_resident_number_is_not_taken(collected, cast):
    collected.rows = [{"source": "crm", "source_key": "H-0001", "name": "", "address": "900101-1234568"}]
    assert link()["refused"] == 1  # and of an empty one nothing is said
    cast.mina.refresh_from_db()
    assert (cast.mina.name, cast.mina.address) == ("김민아", "")


def test_linking_goes_on_where_it_was_stopped(collected, monkeypatch):
    monkeypatch.setattr(linking, "CHUNK", 10)
    collected.facts("sales", [("pos", str(number)) for number in range(35)])

    class Stops(Quiet):
        def progress(self, done, total=None, note=""):
            if done >= 20:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.link(Stops())
    assert Customer.objects.count() == SourceKey.objects.count() == 20
    assert link()["new_customers"] == 15
    assert Customer.objects.count() == 35


def test_the_warehouse_gets_keys_and_attributes_but_no_names_and_no_numbers(cast):
    Customer.objects.filter(pk=cast.mina.pk).update(attributes={"income_band": "50-74K"}, age_band="35-44")
    keys = reads.keys()
    assert keys.schema.names == ["source", "key", "customer_id"]
    assert ("crm", "H-0001", cast.mina.pk) in {tuple(row.values()) for row in keys.to_pylist()}
    table = reads.attributes()
    mina = next(row for row in table.to_pylist() if row["customer_id"] == cast.mina.pk)
    assert mina["branch"] == "강남지점"
    assert mina["income_band"] == "50-74K"
    text = str(table.to_pylist())
    for personal in ("김민아", "5678", "mina@", "이수진"):
        assert personal not in text


def test_nobody_yet_gives_empty_tables_of_the_right_shape(db):
    assert reads.keys().num_rows == 0
    assert {"customer_id", "branch", "rep"} <= set(reads.attributes().schema.names)


def publish(rows, snapshot="s1"):
    return actions.publish_standings(pa.table(rows), snapshot=snapshot, as_of=date(2026, 1, 31), running=Quiet())


def test_standings_are_replaced_and_those_of_nobody_are_taken_away(cast):
    rows = {
        "customer_id": [cast.mina.pk, cast.jiho.pk], "amount": [900, None], "orders": [3, 1],
        "last_day": [date(2026, 1, 20), None], "segment": ["HHH", None], "r": [5, 1], "score": [4.5, None],
    }  # fmt: skip
    assert publish(rows) == {"published": 2, "removed": 0}
    publish(rows)
    mina = reads.customer(cast.administrator, cast.mina.pk).standing
    assert (mina.segment, mina.amount, mina.last_day, mina.as_of) == ("HHH", 900, date(2026, 1, 20), date(2026, 1, 31))
    publish(rows | {"r": [4, 1], "segment": ["HHH", "LHL"]}, "s1b")  # one moves in an index, the other beside it only
    assert list(Standing.objects.order_by("pk").values_list("customer_id", "r", "segment", "snapshot")) == sorted(
        [(cast.mina.pk, 4, "HHH", "s1b"), (cast.jiho.pk, 1, "LHL", "s1b")]
    )
    assert publish({"customer_id": [cast.jiho.pk], "segment": ["LLL"]}, "s2") == {"published": 1, "removed": 1}
    assert reads.count(cast.administrator, CustomerQuery(segments=("HHH",))) == (0, True)
    assert list(Standing.objects.values_list("customer_id", "segment")) == [(cast.jiho.pk, "LLL")]


def test_addressees_give_name_and_address(cast):
    assert reads.addressees([cast.mina.pk, 10**9]) == {cast.mina.pk: ("김민아", "mina@example.com")}


def golden(customer):
    return Customer.objects.values("name", "phone_e164", "email", "address", "attributes", "kind").get(pk=customer.pk)


def test_undoing_a_load_takes_the_golden_values_back_and_redoing_brings_them_again(collected, cast):
    before = golden(cast.mina)
    collected.rows = [{"source": "crm", "source_key": "H-0001", "email": "new@example.com", "phone": "010-7777-8888",
                       "attr:income_band": "50-74K"}]  # fmt: skip
    link()
    after = golden(cast.mina)
    assert (after["email"], after["attributes"]) == ("new@example.com", {"income_band": "50-74K"})
    collected.undo(1)
    assert link()["changed"] == 1
    assert golden(cast.mina) == before
    collected.undo(1, live=True)
    link()
    assert golden(cast.mina) == after


def test_a_name_that_is_taken_back_leaves_an_unnamed_customer(collected):
    collected.facts("sales", [("pos", "7")])
    collected.rows = [{"source": "pos", "source_key": "7", "name": "김민아"}]
    link()
    assert Customer.objects.get().kind == "named"
    collected.undo(1)
    link()
    assert (Customer.objects.get().kind, Customer.objects.get().name) == ("unnamed", "")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_the_order_of_loads_does_not_matter_where_sources_say_when(collected, cast, order):
    loads = [
        {"source": "crm", "source_key": "H-0001", "at": datetime(2026, 2, day, tzinfo=UTC), "email": email}
        for day, email in ((1, "a@x.kr"), (3, "b@x.kr"), (2, "c@x.kr"))
    ]
    for place in order:
        collected.rows = [loads[place]]
        link()
    assert golden(cast.mina)["email"] == "b@x.kr"


def test_a_run_looks_only_at_batches_that_came_since(collected, monkeypatch):
    collected.rows = [{"source": "pos", "source_key": "7", "name": "김민아"}]
    collected.facts("sales", [("pos", "8")])
    link()
    collected.rows = [{"source": "pos", "source_key": "9", "name": "박지호"}]
    collected.facts("sales", [("pos", "10")])
    asked = []
    monkeypatch.setattr(collected, "people_keys", lambda batch: asked.append(batch) or iter([("pos", "9")]))
    assert link() == {"people": 1, "refused": 0, "changed": 1, "new_customers": 2, "new_keys": 2}
    assert asked == [2]
    assert link() == {"people": 0, "refused": 0, "changed": 0, "new_customers": 0, "new_keys": 0}
