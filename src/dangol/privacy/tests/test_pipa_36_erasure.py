"""Personal Information Protection Act art. 36 (correction and erasure), art. 21 (irrecoverable, kept apart by law)."""

import json
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from dangol.base.errors import BadInput, Conflict
from dangol.customers.collect.models import Person, Quarantined
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.models import Consent, Suppression
from dangol.customers.identify import reads as identify
from dangol.customers.identify.models import Change, Customer
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import fresh
from dangol.insight.warehouse import reads as warehouse
from dangol.privacy import actions, reads, rules
from dangol.privacy.models import Request
from dangol.profile.facts import facts_of
from dangol.staff.models import Access
from dangol.work.actions import Quiet

GONE = ("홍길순", "5555-6666", "55556666", "gilsun@example.com", "테헤란로 1")
AT = datetime(2026, 10, 1, tzinfo=UTC)


def _erase(shop, request_id):
    code = Request.objects.get(pk=request_id).customer.code
    actions.erase(by=shop.cast.steward, request_id=request_id, confirm=code)
    return actions.run_erase(Quiet(by=shop.cast.steward), request_id=request_id)


def _texts():
    """Every text of every table of the operations database."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield from ((table, str(value)) for value in row)


def _sales():
    snapshot, _newest = warehouse.current()
    with fresh() as engine:
        table = warehouse.table(engine, snapshot, "sales_lines")
        return engine.arrow(table.aggregate(n=table.count(), amount=table.amount.sum())).to_pylist()


def test_nothing_of_an_erased_person_is_left_and_the_figures_stay(shop):
    cast, person = shop.cast, shop.person("P-1")
    consent.give(by=cast.agent, customer_ids=[person.pk], purpose="marketing", channel="email", at=AT,
                 text_version="1", proof="홍길순 서명")  # fmt: skip
    bought, lines = _sales(), len(facts_of(person.pk).lines)
    request = shop.ask("erasure", wish="홍길순입니다. 지워 주세요.")
    actions.assign(by=cast.steward, request_id=request, member_id=cast.steward.pk)
    preview = reads.preview(cast.steward, request)
    assert {one.what: one.until for one in preview.stays}["purchases"] == date(
        2031, 7, 17
    )  # the last bought on 16 July 2026
    assert sum(one.n for one in preview.goes) >= 9
    exported = json.loads(actions.export(by=cast.steward, request_id=shop.ask("portability"), form="json"))
    assert len(exported["parts"]["purchases"]) == lines
    _erase(shop, request)
    left = [(table, text) for table, text in _texts() for secret in GONE if secret in text]
    assert left == []
    shop.cycle()
    assert _sales() == bought
    assert len(facts_of(person.pk).lines) == lines > 0
    person.refresh_from_db()
    assert (person.kind, person.name, person.birth_year, person.attributes) == ("unnamed", "", None, {})
    done = reads.request(cast.steward, request)
    assert (done.state, done.wish) == (rules.DONE, "")
    assert Change.objects.filter(customer=person).count() == 0
    assert not list(identify.search(cast.steward, CustomerQuery(text="홍길순")).rows)


def test_erasing_needs_the_typed_code_and_a_checked_identity(people):
    request = people.ask("erasure", checked=False)
    with pytest.raises(Conflict, match="identity"):
        actions.erase(by=people.cast.steward, request_id=request, confirm="P-1")
    actions.check_identity(by=people.cast.steward, request_id=request, how="id")
    with pytest.raises(BadInput, match="code"):
        actions.erase(by=people.cast.steward, request_id=request, confirm="yes")
    with pytest.raises(Conflict, match="not confirmed"):
        actions.run_erase(Quiet(by=people.cast.steward), request_id=request)
    assert people.person("P-1").name == "홍길순"


def test_a_later_import_of_the_same_person_brings_nobody_back(people):
    person = people.person("P-1")
    _erase(people, people.ask("erasure"))
    again = ("no,성명,휴대폰,이메일,주소,출생\nP-1,홍길순,,,,1985\nP-9,홍길순,,GILSUN@example.com,,1985\n"
             "P-10,홍길순,+82 10 5555 6666,,,1985\nP-11,다른 사람,010-9999-0000,other@example.com,,1970\n")  # fmt: skip
    report = people.load("customers", again)
    assert report["read"] == 4
    people.cycle(("identify", "privacy"))
    person.refresh_from_db()
    assert person.name == ""
    assert [people.person(key).name for key in ("P-9", "P-10", "P-11")] == ["", "", "다른 사람"]
    assert not Person.objects.filter(fields__icontains="홍길순").exists()
    assert consents.suppressed("email", ["gilsun@example.com", "other@example.com"]) == {"gilsun@example.com"}


def test_suppressed_addresses_are_keyed_hashes_only(people):
    _erase(people, people.ask("erasure"))
    assert Suppression.objects.count() == 3  # key, e-mail, phone
    assert all(len(row.digest) == 64 for row in Suppression.objects.all())


def test_refused_rows_about_the_person_are_emptied_and_counts_still_add_up(people):
    bad = "no,성명,휴대폰,이메일,주소,출생\nP-1,홍길순,010-5555-6666,gilsun@example.com,,아주 옛날\nP-4,남,010-1,a@b.kr,,여름\n"
    report = people.load("customers", bad)
    assert report["quarantined"] == 2
    _erase(people, people.ask("erasure"))
    rows = {row.line: row.raw for row in Quarantined.objects.order_by("line")}
    assert [bool(raw) for raw in rows.values()] == [False, True]


def test_erasing_twice_or_after_a_break_in_any_step_ends_the_same(people, monkeypatch):
    from dangol.privacy.actions import erasing

    request = people.ask("erasure")
    actions.erase(by=people.cast.steward, request_id=request, confirm="P-1")
    running = Quiet(by=people.cast.steward)
    names = [
        name
        for name, _step in erasing._steps(
            people.cast.steward, erasing._person(people.cast.steward, [people.person("P-1").pk])
        )
    ]
    whole = erasing._steps
    for broken in names:

        def steps(by, found, broken=broken):
            def fail():
                raise RuntimeError(broken)

            return [(name, fail if name == broken else step) for name, step in whole(by, found)]

        monkeypatch.setattr(erasing, "_steps", steps)
        with pytest.raises(RuntimeError, match=broken):
            actions.run_erase(running, request_id=request)
    monkeypatch.setattr(erasing, "_steps", whole)
    actions.run_erase(running, request_id=request)
    once = sorted(_texts())
    actions.run_erase(running, request_id=request)
    assert sorted(_texts()) == once
    assert not [text for _table, text in once for secret in GONE if secret in text]
    assert Suppression.objects.count() == 3


def test_a_joined_person_is_erased_whole(people):
    one, other = people.person("P-1"), people.person("P-2")
    consent.merged(kept=one.pk, gone=other.pk, merge=7)
    request = people.ask("erasure")
    assert set(reads.preview(people.cast.steward, request).customers) == {one.pk, other.pk}
    _erase(people, request)
    assert set(Customer.objects.filter(pk__in=[one.pk, other.pk]).values_list("name", flat=True)) == {""}
    assert not Consent.objects.filter(customer_id__in=[one.pk, other.pk]).exists()


def test_access_log_says_that_somebody_was_erased_by_whom_and_not_who_it_was(people):
    request = people.ask("erasure")
    _erase(people, request)
    lines = Access.objects.filter(verb="erase", member=people.cast.steward)
    assert {line.what for line in lines} >= {f"privacy request {request}", "consent.suppression"}
    assert not any(secret in str(line.detail) + line.reason for line in Access.objects.all() for secret in GONE)
