"""Golden values follow the evidence and the rules, and say why."""

from datetime import UTC, datetime

import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.customers.identify import actions, reads
from dangol.customers.identify.golden import actions as golden
from dangol.customers.identify.golden import history
from dangol.customers.identify.golden import reads as evidence
from dangol.customers.identify.models import Customer, Survivorship
from dangol.staff.models import Access
from dangol.work.actions import Quiet


@pytest.fixture
def spoken(collected, cast):
    """Two sources that know 김민아 by her keys, and disagree."""
    from dangol.customers.identify.models import SourceKey

    SourceKey.objects.create(source="shop", key="s1", customer=cast.mina)
    collected.rows = [
        {"source": "crm", "source_key": "H-0001", "at": datetime(2026, 2, 2, tzinfo=UTC), "email": "crm@x.kr",
         "phone": "010-1111-2222"},
        {"source": "shop", "source_key": "s1", "at": datetime(2026, 2, 1, tzinfo=UTC), "email": "shop-long@x.kr"},
    ]  # fmt: skip
    actions.link(Quiet())
    return cast


def email(cast):
    return Customer.objects.get(pk=cast.mina.pk).email


def put(cast, seen=0, **rules):
    return golden.set_rules(by=cast.steward, rules=rules, seen=seen, note="shop knows best")


def test_new_rules_change_the_golden_values_without_any_load_and_are_kept_as_versions(spoken):
    assert email(spoken) == "crm@x.kr"
    trial = golden.try_rules(spoken.steward, {"email": {"rule": "trusted", "sources": ["shop"]}})
    assert (trial["customers"], trial["fields"]) == (1, {"email": 1})
    assert email(spoken) == "crm@x.kr"
    put(spoken, email={"rule": "trusted", "sources": ["shop"]})
    assert golden.recompute_all(Quiet())["changed"] == 1
    assert email(spoken) == "shop-long@x.kr"
    version = evidence.rules_in_force(spoken.rep)
    assert (version.by, version.note, version.editable) == (spoken.steward.name, "shop knows best", False)
    put(spoken, seen=version.version)
    golden.recompute_all(Quiet())
    assert email(spoken) == "crm@x.kr"
    assert Survivorship.objects.count() == 2


def test_rules_are_changed_only_by_those_who_may_and_never_over_somebody_elses(spoken):
    with pytest.raises(NotAllowed):
        golden.set_rules(by=spoken.rep, rules={}, seen=0)
    with pytest.raises(NotAllowed):
        golden.try_rules(spoken.rep, {})
    put(spoken)
    with pytest.raises(Conflict):
        put(spoken)


def test_why_names_every_candidate_with_source_and_rule_and_masks_it(spoken):
    found = evidence.why(spoken.rep, spoken.mina.pk, "email")
    assert (found.rule, found.reason, found.locked) == ("newest", "newest", False)
    assert [(one.source, one.key, one.chosen) for one in found.candidates] == [
        ("crm", "H-0001", True), ("shop", "s1", False), ("", "", False)
    ]  # fmt: skip
    assert {one.value for one in found.candidates} == {"c***@x.kr", "s***@x.kr", "m***@example.com"}
    assert evidence.why(spoken.rep, spoken.mina.pk, "email", unmasked=True).value == "crm@x.kr"
    with pytest.raises(NotAllowed):
        evidence.why(spoken.marketer, spoken.mina.pk, "email", unmasked=True)
    for member, name in ((spoken.busan_rep, "email"), (spoken.rep, "attributes")):
        with pytest.raises(NotFound):
            evidence.why(member, spoken.mina.pk, name)


def test_a_candidate_is_locked_by_hand_until_it_is_released(spoken, collected):
    shop = next(one for one in evidence.why(spoken.rep, spoken.mina.pk, "email").candidates if one.source == "shop")
    golden.lock(by=spoken.rep, customer_id=spoken.mina.pk, name="email", mark=shop.mark)
    collected.rows = [{"source": "crm", "source_key": "H-0001", "email": "later@x.kr"}]
    actions.link(Quiet())
    assert email(spoken) == "shop-long@x.kr"
    assert reads.customer(spoken.rep, spoken.mina.pk).values["email"].by_hand == spoken.rep.name
    golden.release(by=spoken.rep, customer_id=spoken.mina.pk, name="email")
    assert email(spoken) == "later@x.kr"
    with pytest.raises(Conflict):
        golden.release(by=spoken.rep, customer_id=spoken.mina.pk, name="email")
    with pytest.raises(NotFound):
        golden.lock(by=spoken.rep, customer_id=spoken.mina.pk, name="email", mark="nobody")
    with pytest.raises(BadInput):
        golden.lock(by=spoken.rep, customer_id=spoken.mina.pk, name="kind", mark=shop.mark)
    with pytest.raises(NotAllowed):
        golden.lock(by=spoken.marketer, customer_id=spoken.mina.pk, name="email", mark=shop.mark)
    assert Access.objects.filter(verb="change", customer_id=spoken.mina.pk).count() == 2


def test_locking_the_present_value_keeps_it_too(spoken, collected):
    chosen = evidence.why(spoken.rep, spoken.mina.pk, "email").candidates[0]
    golden.lock(by=spoken.rep, customer_id=spoken.mina.pk, name="email", mark=chosen.mark)
    collected.undo(1)
    actions.link(Quiet())
    assert email(spoken) == "crm@x.kr"


def test_history_tells_sources_edits_and_consents_newest_first_and_masked(spoken, collected):
    actions.edit(by=spoken.rep, customer_id=spoken.mina.pk, changes={"name": "김민하"}, seen_at=datetime.now(UTC))
    collected.undo(1)
    entries = history.of(spoken.rep, spoken.mina.pk)
    assert entries == sorted(entries, key=lambda one: one.at, reverse=True)
    assert {one.kind for one in entries} == {"said", "golden", "hand", "consent"}
    said = [one for one in entries if one.kind == "said"]
    assert all(one.off and one.load == 1 for one in said)
    assert {"email": "c***@x.kr", "phone": "010-****-2222"} in [one.values for one in said]
    assert "crm@x.kr" not in str(entries)
    assert [one.params["after"] for one in history.of(spoken.rep, spoken.mina.pk, kind="hand")] == ["김민하"]
    with pytest.raises(NotFound):
        history.of(spoken.busan_rep, spoken.mina.pk)


def test_a_birthday_collected_as_lunar_is_known_as_such_with_its_solar_day(collected, cast):
    collected.rows = [{"source": "crm", "source_key": "H-0001", "birth": "1988-04-17", "birth_lunar": "lunar"},
                      {"source": "crm", "source_key": "H-0002", "birth": "1988-04-17"}]  # fmt: skip
    actions.link(Quiet())
    found = Customer.objects.filter(pk__in=[cast.mina.pk, cast.jiho.pk]).order_by("pk")
    assert [(row.birth_day.isoformat(), row.birth_lunar) for row in found] == [
        ("1988-04-17", True), ("1988-04-17", False)
    ]  # fmt: skip
