"""Merging, parting and proposing: one person from two, and two again, exactly."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.customers.identify import actions, reads
from dangol.customers.identify.matching import actions as matching
from dangol.customers.identify.matching import reads as looks
from dangol.customers.identify.matching import rules
from dangol.customers.identify.matching.reads import PairQuery
from dangol.customers.identify.models import Change, Customer, Merge, Pair, SourceKey, Standing
from dangol.customers.identify.rules import CustomerQuery
from dangol.staff.models import Access
from dangol.work.actions import Quiet
from tests.installed import ROOT, environment, install


def row(customer):
    known = Customer.objects.filter(pk=customer.pk).values().get()
    return {name: value for name, value in known.items() if name not in ("updated_at", "created_at")}


def merge(cast, kept, gone, **more):
    return matching.merge(by=cast.steward, kept_id=kept.pk, gone_id=gone.pk, **more)


def part(cast, gone):
    return matching.part(by=cast.steward, customer_id=gone.pk)


def test_a_merged_customer_leads_to_the_whole_and_is_in_no_list(cast, consents):
    merge(cast, cast.mina, cast.jiho)
    assert reads.root([cast.jiho.pk, cast.soyeon.pk]) == {cast.jiho.pk: cast.mina.pk, cast.soyeon.pk: cast.soyeon.pk}
    assert reads.family(cast.jiho.pk) == [cast.mina.pk, cast.jiho.pk]
    assert reads.customer(cast.rep, cast.jiho.pk).id == cast.mina.pk
    assert reads.customer(cast.rep, cast.mina.pk).keys == [("crm", "H-0001"), ("crm", "H-0002")]
    assert [one.name for one in reads.search(cast.rep, CustomerQuery()).rows] == ["김민아"]
    assert reads.count(cast.rep, CustomerQuery(text="박지호")) == (1, True)
    assert cast.jiho.pk not in reads.customer_ids(cast.administrator, CustomerQuery())
    assert cast.jiho.pk not in reads.attributes()["customer_id"].to_pylist()
    assert reads.tally(cast.rep)["customers"] == 1
    whole = {one["key"]: one["customer_id"] for one in reads.keys().to_pylist()}
    assert whole["H-0002"] == whole["H-0001"] == cast.mina.pk
    assert reads.own_keys([cast.jiho.pk]) == {cast.jiho.pk: ("crm", "H-0002")}
    assert reads.addressees([cast.jiho.pk]) == {cast.jiho.pk: ("김민아", "mina@example.com")}


def test_parting_restores_both_exactly_and_what_came_later_goes_to_whom_it_belongs(collected, cast, consents):
    before = row(cast.mina), row(cast.jiho)
    collected.rows = [
        {"source": "crm", "source_key": "H-0002", "name": "박지호", "address": "서울 중구 1", "attr:kids": "2"}
    ]
    actions.link(Quiet())
    merge(cast, cast.mina, cast.jiho)
    assert row(cast.mina)["address"] == "서울 중구 1"
    collected.rows = [{"source": "crm", "source_key": "H-0002", "email": "later@x.kr"},
                      {"source": "crm", "source_key": "H-0001", "birth_year": 1989}]  # fmt: skip
    collected.facts("sales", [("crm", "H-0002"), ("crm", "H-0001")])
    actions.link(Quiet())
    assert (row(cast.mina)["email"], row(cast.mina)["birth_year"]) == ("later@x.kr", 1989)
    actions.edit(by=cast.steward, customer_id=cast.mina.pk, changes={"name": "김민하"}, seen_at=datetime.now(UTC))
    part(cast, cast.jiho)
    mina, jiho = row(cast.mina), row(cast.jiho)
    assert (mina["email"], mina["birth_year"], mina["address"], mina["name"]) == (
        "mina@example.com",
        1989,
        "",
        "김민하",
    )
    assert mina["attributes"] == before[0]["attributes"]
    assert (jiho["email"], jiho["address"], jiho["name"]) == ("later@x.kr", "서울 중구 1", "박지호")
    assert jiho["attributes"] == {"kids": "2"}
    assert jiho["phone_e164"] == before[1]["phone_e164"]
    owner = {one["key"]: one["customer_id"] for one in reads.keys().to_pylist()}
    assert (owner["H-0001"], owner["H-0002"]) == (cast.mina.pk, cast.jiho.pk)


def test_merging_and_parting_leaves_no_trace_in_the_values(cast, consents):
    before = row(cast.mina), row(cast.coded)
    merge(cast, cast.mina, cast.coded)
    part(cast, cast.coded)
    assert (row(cast.mina), row(cast.coded)) == before


def test_a_chain_of_merges_parts_in_the_middle(cast, consents):
    merge(cast, cast.mina, cast.jiho)
    merge(cast, cast.soyeon, cast.mina)
    assert set(reads.family(cast.jiho.pk)) == {cast.soyeon.pk, cast.mina.pk, cast.jiho.pk}
    assert reads.family(cast.jiho.pk)[0] == cast.soyeon.pk
    part(cast, cast.jiho)
    assert reads.family(cast.soyeon.pk) == [cast.soyeon.pk, cast.mina.pk]
    assert reads.family(cast.jiho.pk) == [cast.jiho.pk]
    part(cast, cast.mina)
    assert {one: reads.family(one) for one in (cast.mina.pk, cast.soyeon.pk)} == {
        cast.mina.pk: [cast.mina.pk], cast.soyeon.pk: [cast.soyeon.pk]
    }  # fmt: skip


def test_who_is_parted_takes_along_those_merged_into_it(cast, consents):
    merge(cast, cast.mina, cast.jiho)
    merge(cast, cast.soyeon, cast.mina)
    part(cast, cast.mina)
    assert reads.family(cast.mina.pk) == [cast.mina.pk, cast.jiho.pk]


def test_consents_are_told_of_every_merge_and_parting(cast, consents):
    made = merge(cast, cast.mina, cast.jiho)
    part(cast, cast.jiho)
    edge = {"kept": cast.mina.pk, "gone": cast.jiho.pk, "merge": made}
    assert consents == [("merged", edge), ("parted", edge)]


def test_who_comes_second_is_told_who_decided_and_when(cast, consents):
    merge(cast, cast.mina, cast.jiho)
    with pytest.raises(Conflict) as second:
        merge(cast, cast.soyeon, cast.jiho)
    clock = Merge.objects.get().at.astimezone(timezone.get_default_timezone())
    assert second.value.params == {"who": cast.steward.name, "at": f"{clock:%H:%M}"}
    part(cast, cast.jiho)
    with pytest.raises(Conflict) as second:
        part(cast, cast.jiho)
    assert second.value.params["who"] == cast.steward.name
    with pytest.raises(NotFound):
        part(cast, cast.mina)
    with pytest.raises(BadInput):
        merge(cast, cast.mina, cast.mina)


def test_of_four_at_once_exactly_one_wins_and_the_others_learn_who(tmp_path):
    """On a database file of its own: one in memory has no locks to wait for."""
    done = subprocess.run(
        [sys.executable, "-m", "dangol.customers.identify.matching.tests.at_once"], cwd=ROOT, capture_output=True, check=False,
        text=True, timeout=120, env=environment(install(tmp_path)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {what: ["steward"] * 3 + ["won"] for what in ("decide", "merge", "part")}


def test_merges_need_the_right_and_both_customers_in_sight_and_are_logged(cast, consents):
    for member in (cast.rep, cast.branch_manager, cast.marketer):
        with pytest.raises(NotAllowed):
            matching.merge(by=member, kept_id=cast.mina.pk, gone_id=cast.jiho.pk)
    with pytest.raises(NotFound):
        matching.merge(by=cast.steward, kept_id=cast.mina.pk, gone_id=10**9)
    made = merge(cast, cast.mina, cast.jiho, note="same phone", address="10.0.0.1")
    part(cast, cast.jiho)
    logged = Access.objects.filter(verb__in=("merge", "part")).values_list("verb", "customer_id", "address", "detail")
    assert list(logged.order_by("pk")) == [
        ("merge", cast.mina.pk, "10.0.0.1", {"gone": cast.jiho.pk, "merge": made, "how": "hand"}),
        ("part", cast.mina.pk, "", {"parted": cast.jiho.pk, "merge": made}),
    ]  # fmt: skip


def test_the_database_itself_refuses_what_must_not_be(cast, consents):
    merge(cast, cast.mina, cast.jiho)
    for wrong in (
        lambda: Merge.objects.create(kept=cast.soyeon, gone=cast.jiho, how="hand", by=cast.steward, at=timezone.now()),
        lambda: Customer.objects.filter(pk=cast.mina.pk).update(merged_into=cast.mina.pk),
        lambda: Pair.objects.create(left=cast.soyeon, right=cast.mina, probability=1),
        lambda: Customer.objects.get(pk=cast.mina.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():  # ProtectedError is one
            wrong()


def standing(customer, amount, orders, day, snapshot="s1"):
    Standing.objects.update_or_create(
        customer=customer,
        defaults={"snapshot": snapshot, "as_of": date(2026, 1, 31), "amount": amount, "orders": orders, "last_day": day,
                  "first_day": day, "segment": "HHH", "recency_days": (date(2026, 1, 31) - day).days},
    )  # fmt: skip


def test_purchases_count_together_at_once_and_apart_again(cast, consents):
    standing(cast.mina, 1000, 2, date(2026, 1, 10))
    standing(cast.jiho, 500, 1, date(2026, 1, 20))
    merge(cast, cast.mina, cast.jiho)
    both = reads.customer(cast.rep, cast.mina.pk).standing
    assert (both.amount, both.orders, both.first_day, both.last_day) == (1500, 3, date(2026, 1, 10), date(2026, 1, 20))
    part(cast, cast.jiho)
    assert reads.customer(cast.rep, cast.mina.pk).standing.amount == 1000
    assert reads.customer(cast.rep, cast.jiho.pk).standing.amount == 500


def table(*pairs, verdict="doubtful", probability=0.8):
    evidence = json.dumps({"probability": probability, "prior": -10.0, "terms": [
        {"field": "name", "level": "same name", "weight": 8.0}, {"field": "phone", "level": "same phone", "weight": 4.0}]})  # fmt: skip
    return pa.table({
        "left": pa.array([left.pk for left, _right in pairs], pa.int64()),
        "right": pa.array([right.pk for _left, right in pairs], pa.int64()),
        "probability": pa.array([probability] * len(pairs), pa.float64()),
        "evidence": pa.array([evidence] * len(pairs)), "verdict": pa.array([verdict] * len(pairs)),
    })  # fmt: skip


def test_sure_pairs_are_merged_and_doubtful_ones_wait_once(cast, consents):
    assert matching.propose(table((cast.jiho, cast.mina), verdict="sure")) == {"merged": 1, "queued": 0}
    assert matching.propose(table((cast.jiho, cast.soyeon), (cast.soyeon, cast.jiho))) == {"merged": 0, "queued": 1}
    assert matching.propose(table((cast.jiho, cast.soyeon), probability=0.6)) == {"merged": 0, "queued": 0}
    assert reads.root([cast.jiho.pk]) == {cast.jiho.pk: cast.mina.pk}
    [queued] = looks.pairs(cast.steward).rows
    assert (queued.left.id, queued.right.id, queued.probability) == (cast.mina.pk, cast.soyeon.pk, 0.6)
    assert matching.propose(table((cast.jiho, cast.mina), verdict="sure")) == {"merged": 0, "queued": 0}


def test_a_chain_of_sure_pairs_becomes_one_customer(cast, consents):
    pairs = table((cast.mina, cast.jiho), (cast.jiho, cast.soyeon), (cast.mina, cast.soyeon), verdict="sure")
    assert matching.propose(pairs) == {"merged": 2, "queued": 0}
    assert reads.family(cast.soyeon.pk) == [cast.mina.pk, cast.jiho.pk, cast.soyeon.pk]


def test_what_a_person_put_apart_never_comes_back(cast, consents):
    matching.propose(table((cast.mina, cast.jiho)))
    [pair] = looks.pairs(cast.steward).rows
    assert matching.decide(by=cast.steward, pair_id=pair.id, verdict="apart", note="sisters") == "apart"
    for verdict in ("doubtful", "sure"):
        assert matching.propose(table((cast.mina, cast.jiho), verdict=verdict)) == {"merged": 0, "queued": 0}
    assert looks.pairs(cast.steward).count == 0
    assert looks.pairs(cast.steward, PairQuery(state="apart")).rows[0].note == "sisters"


def test_who_was_parted_by_hand_is_never_merged_again_without_a_person_not_even_through_a_third(cast, consents):
    matching.propose(table((cast.mina, cast.jiho), verdict="sure"))
    part(cast, cast.jiho)
    merge(cast, cast.mina, cast.soyeon)
    for left, right in ((cast.mina, cast.jiho), (cast.soyeon, cast.jiho)):
        assert matching.propose(table((left, right), verdict="sure")) == {"merged": 0, "queued": 0}
    merge(cast, cast.mina, cast.jiho)  # a person may
    assert reads.family(cast.jiho.pk)[0] == cast.mina.pk


def test_pairs_are_decided_once_put_off_and_joined_with_all_that_follows(cast, consents):
    matching.propose(table((cast.mina, cast.jiho), (cast.soyeon, cast.coded)))
    first, second = looks.pairs(cast.steward).rows
    assert matching.decide(by=cast.steward, pair_id=first.id, verdict="later") == "snoozed"
    assert [one.id for one in looks.pairs(cast.steward).rows] == [second.id]
    Pair.objects.filter(pk=first.id).update(snoozed_until=timezone.localdate() - timedelta(days=1))
    assert looks.pairs(cast.steward).count == 2
    assert matching.decide(by=cast.steward, pair_id=first.id, verdict="join", kept_id=cast.jiho.pk) == "joined"
    assert reads.family(cast.mina.pk)[0] == cast.jiho.pk
    for verdict in ("join", "apart", "later"):
        with pytest.raises(Conflict):
            matching.decide(by=cast.administrator, pair_id=first.id, verdict=verdict)
    with pytest.raises(BadInput):
        matching.decide(by=cast.steward, pair_id=second.id, verdict="perhaps")
    assert matching.decide_many(by=cast.steward, pair_ids=[first.id, second.id, 10**9], verdict="apart") == {
        "done": 1, "passed_over": 2
    }  # fmt: skip
    part(cast, cast.mina)
    assert Pair.objects.get(pk=first.id).state == "apart"


def test_evidence_adds_up_from_the_prior_to_the_probability(cast, consents):
    matching.propose(table((cast.mina, cast.jiho)))
    [pair] = looks.pairs(cast.steward).rows
    bars = looks.evidence(cast.steward, pair.id)
    assert [(one.before, one.after) for one in bars] == [(0.0, -10.0), (-10.0, -2.0), (-2.0, 2.0)]
    with pytest.raises(BadInput):
        matching.propose(table((cast.mina, cast.soyeon)).set_column(3, "evidence", pa.array(['{"terms": 1}'])))


def test_a_reviewer_sees_masks_and_still_whether_fields_agree(cast, consents):
    Customer.objects.filter(pk=cast.jiho.pk).update(phone="+82 10 1234 5678", phone_e164="+821012345678")
    matching.propose(table((cast.mina, cast.jiho)))
    [pair] = looks.pairs(cast.rep).rows
    agree = {one.field: one.agree for one in pair.fields}
    assert agree | {"phone": "same", "email": "different", "name": "different", "rep": "same"} == agree
    assert "1234-5678" not in str(pair)
    assert "mina@example.com" not in str(pair)


def test_pairs_are_seen_only_where_both_are_in_ones_own_tree(cast, consents):
    matching.propose(table((cast.mina, cast.jiho), (cast.mina, cast.soyeon)))
    assert [looks.pairs(who).count for who in (cast.rep, cast.branch_manager, cast.director, cast.busan_rep)] == [
        1,
        1,
        2,
        0,
    ]
    assert [n for _unit, _name, n in looks.counts(cast.branch_manager)] == [1]
    foreign = Pair.objects.get(right=cast.soyeon)
    for look in (looks.pair, looks.evidence):
        with pytest.raises(NotFound) as hidden:
            look(cast.rep, foreign.pk)
        with pytest.raises(NotFound) as missing:
            look(cast.rep, 10**9)
        assert str(hidden.value) == str(missing.value)
    with pytest.raises(NotFound):
        looks.preview(cast.rep, cast.mina.pk, cast.soyeon.pk)
    assert looks.pairs(cast.director, PairQuery(unit_id=cast.busan.pk)).count == 1
    merge(cast, cast.soyeon, cast.jiho)  # now the open pair of 김민아 leads to 부산
    assert looks.pairs(cast.rep).count == 0


def test_the_preview_is_what_the_merge_then_makes(collected, cast, consents):
    collected.rows = [{"source": "crm", "source_key": "H-0002", "email": "new@x.kr", "address": "서울 중구 세종대로 1"}]
    actions.link(Quiet())
    foreseen = looks.preview(cast.steward, cast.mina.pk, cast.jiho.pk)
    assert (foreseen.keys, foreseen.put_apart) == (2, None)
    merge(cast, cast.mina, cast.jiho)
    person = reads.customer(cast.steward, cast.mina.pk)
    assert {one.field: one.result for one in foreseen.fields} == {
        name: value.value for name, value in person.values.items() if value.value
    }  # fmt: skip
    part(cast, cast.jiho)
    assert looks.preview(cast.steward, cast.mina.pk, cast.jiho.pk).put_apart[0] == cast.steward.name


def test_an_unnamed_customer_is_claimed_by_code_or_key_and_given_back(cast, consents):
    SourceKey.objects.create(source="pos", key="card-77", customer=cast.coded)
    matching.claim(by=cast.steward, customer_id=cast.mina.pk, code=" H-0004 ")
    assert ("pos", "card-77") in reads.customer(cast.rep, cast.mina.pk).keys
    with pytest.raises(Conflict):
        matching.claim(by=cast.steward, customer_id=cast.mina.pk, code="card-77")
    part(cast, cast.coded)
    assert reads.customer(cast.busan_rep, cast.coded.pk).kind == "unnamed"
    matching.claim(by=cast.steward, customer_id=cast.jiho.pk, code="card-77")
    assert Merge.objects.get(parted_at=None).how == "claim"
    with pytest.raises(Conflict):
        matching.claim(by=cast.steward, customer_id=cast.mina.pk, code="H-0003")
    with pytest.raises(NotFound):
        matching.claim(by=cast.steward, customer_id=cast.mina.pk, code="nobody")
    with pytest.raises(NotAllowed):
        matching.claim(by=cast.rep, customer_id=cast.mina.pk, code="H-0004")


def test_households_show_those_in_sight_and_follow_merges(cast, consents):
    who = [cast.mina.pk, cast.jiho.pk, cast.soyeon.pk]
    noted = pa.table({"customer_id": pa.array(who, pa.int64()), "household_id": pa.array([5, 5, 5], pa.int64())})
    assert matching.households(noted) == {"noted": 3, "removed": 0}
    assert [one.id for one in looks.household(cast.rep, reads.customer(cast.rep, cast.mina.pk)).others] == [
        cast.jiho.pk
    ]
    merge(cast, cast.mina, cast.jiho)
    assert looks.household(cast.rep, reads.customer(cast.rep, cast.mina.pk)) is None
    assert [one.id for one in looks.household(cast.steward, reads.customer(cast.steward, cast.jiho.pk)).others] == [
        cast.soyeon.pk
    ]
    alone = pa.table(
        {"customer_id": pa.array([cast.soyeon.pk], pa.int64()), "household_id": pa.array([None], pa.int64())}
    )
    assert matching.households(alone) == {"noted": 0, "removed": 1}
    assert looks.household(cast.steward, reads.customer(cast.steward, cast.mina.pk)) is None


def test_merges_of_a_customer_are_listed_with_what_was_taken_back(cast, consents):
    merge(cast, cast.mina, cast.jiho, note="same phone")
    [view] = looks.merges(cast.steward, cast.jiho.pk)
    assert (view.part.id, view.standing, view.may_part, view.note) == (cast.jiho.pk, True, True, "same phone")
    assert not looks.merges(cast.rep, cast.mina.pk)[0].may_part
    part(cast, cast.jiho)
    assert (looks.merges(cast.steward, cast.mina.pk)[0].parted_by, Change.objects.filter(cause="hand").count()) == (
        cast.steward.name, 0
    )  # fmt: skip


def test_linkage_gets_standardised_values_of_named_customers_only(cast, consents):
    Customer.objects.filter(pk=cast.soyeon.pk).update(generated=["email"])
    merge(cast, cast.mina, cast.jiho)
    found = {one["customer_id"]: one for one in reads.records().to_pylist()}
    assert set(found) == {cast.mina.pk, cast.soyeon.pk}
    assert (found[cast.soyeon.pk]["email"], found[cast.soyeon.pk]["phone_e164"]) == (None, "+821044445555")
    assert set(rules.STATES) == {"open", "joined", "apart", "snoozed"}


def quiet(monkeypatch):
    from dangol.customers.identify.matching import joining

    told = []
    for verb in ("merged", "parted"):
        monkeypatch.setattr(
            joining.consent, verb, lambda *, _verb=verb, **about: told.append((_verb, about)), raising=False
        )
    return told


@pytest.fixture
def consents(monkeypatch):
    """What the consent room was told; a stand-in for its verbs."""
    return quiet(monkeypatch)
