"""Personal Information Protection Act art. 36 (correction and erasure), art. 21 (irrecoverable, kept apart by law)."""

import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.db import connection

from dangol.base.errors import BadInput, Conflict
from dangol.customers.collect import actions as collect
from dangol.customers.collect.feeds import events
from dangol.customers.collect.feeds.models import Site, Visitor, WebEvent
from dangol.customers.collect.models import Load, Person, Quarantined
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.models import Consent, Suppression
from dangol.customers.identify import reads as identify
from dangol.customers.identify.linkage import compared
from dangol.customers.identify.matching import actions as matching
from dangol.customers.identify.models import Change, Customer, Household, Pair
from dangol.customers.identify.rules import CustomerQuery
from dangol.customers.quality.models import Programme, Task
from dangol.customers.surveys.models import Answer, Response, Survey, Version
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
    """Every text of every table of the operations database; JSON is kept escaped and read here as people write."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield from ((table, _read(str(value))) for value in row)


def _read(text):
    return json.dumps(json.loads(text), ensure_ascii=False) if text[:1] in ("{", "[") and "\\u" in text else text


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
    sales = "order,cust,item,when,qty,amount\n1,P-1,i,2026-01-05,P-1,9\n2,P-4,i,2026-01-05,P-1,9\n3,P-4,i,(82) 10-5555.6666,1,9\n"
    assert people.load("sales", sales)["quarantined"] == 3
    _erase(people, people.ask("erasure"))
    rows = Quarantined.objects.order_by("load", "line")
    assert [bool(row.raw) for row in rows] == [False, True, False, True, False]  # the P-1 in a quantity is nobody's key
    assert [row.state for row in rows] == ["ignored", "open", "ignored", "open", "ignored"]


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
    matching.merge(by=people.cast.steward, kept_id=one.pk, gone_id=other.pk)
    request = people.ask("erasure")
    assert set(reads.preview(people.cast.steward, request).customers) == {one.pk, other.pk}
    _erase(people, request)
    assert set(Customer.objects.filter(pk__in=[one.pk, other.pk]).values_list("name", flat=True)) == {""}
    assert not Consent.objects.filter(customer_id__in=[one.pk, other.pk]).exists()


def _fill(people, one, other):
    """Write of a merged family into every table that may hold a person; `other` is part of `one`."""
    steward, now = people.cast.steward, datetime.now(UTC)
    site = Site.objects.create(code="web", name="web", system="shop", write_key="w")
    Visitor.objects.create(site=site, anonymous_id="a-1", customer_key="P-2", at=now)
    for number, fields in enumerate(({"visitor": "a-1", "page": "/김철수"}, {"customer_key": "P-1", "page": "/홍길순"},
                                     {"customer_key": "P-3", "page": "/이어린"})):  # fmt: skip
        fields |= {"event_key": f"m{number}", "event": "Page Viewed", "happened_at": now.isoformat()}
        WebEvent.objects.create(site=site, message_id=f"m{number}", fields=fields, received_at=now)
    events.gather(Quiet())
    matching.merge(by=steward, kept_id=one.pk, gone_id=other.pk, note="홍길순과 김철수는 한 사람")
    Pair.objects.create(left=other, right=people.person("P-3"), probability=0.9, note="chulsoo@example.com",
                        evidence={"name": "김철수"})  # fmt: skip
    Household.objects.create(customer=other, household_id=7)
    compared.note(pa.table({"customer_id": [one.pk, other.pk, people.person("P-3").pk], "name": ["가", "나", "다"]}))
    survey = Survey.objects.create(code="s", name="s", token="t", by=steward)
    version = Version.objects.create(survey=survey, number=1, content={"questions": []}, by=steward)
    for customer in (one, other):
        response = Response.objects.create(version=version, survey=survey, once=str(customer.pk), at=now,
                                           customer_id=customer.pk, answers={"why": customer.name})  # fmt: skip
        Answer.objects.create(response=response, survey=survey, question="why", kind="text", text=customer.email)
    programme = Programme.objects.create(name="p", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), by=steward)
    Task.objects.create(programme=programme, customer_id=other.pk)
    _look_through(people)


def _look_through(people):
    """A file that was looked through and corrected, waiting to be loaded, and one that was loaded."""
    path = people.folder / "look.csv"
    path.write_text("no,성명,휴대폰,이메일,주소,출생\nP-1,홍길순,010-5555-6666,gilsun@example.com,서울,1986\n"
                    "P-2,김철수,010-7777-8888,,,여름\nP-4,남,,,,겨울\n", "utf-8")  # fmt: skip
    look = collect.start_check(by=people.cast.steward, source_code="shop-customers", path=path)
    collect.run_check(Quiet(by=people.cast.steward), load_id=look)
    fixes = {row.pk: {"출생": "1990", "성명": f"{row.raw['성명']}님"} for row in Quarantined.objects.filter(load=look)}
    collect.correct(by=people.cast.steward, load_id=look, values=fixes)
    assert len(Load.objects.get(pk=look).corrections) == 2
    done = Load.objects.filter(state="done").first()
    done.corrections, done.outlook = {"3": {"성명": "김철수"}}, {"examples": {"created": [{"key": "홍길순"}]}}
    done.save()


FAMILY = (*GONE, "김철수", "7777-8888", "77778888", "chulsoo@example.com", "해운대")


def test_a_merged_family_is_gone_from_every_table_and_nobody_else_is(people):
    one, other = people.person("P-1"), people.person("P-2")
    _fill(people, one, other)
    full = {table for table, text in _texts() for secret in FAMILY if secret in text}
    assert full >= {"collect_person", "collect_load", "collect_quarantined", "feeds_webevent", "identify_merge",
                    "identify_pair", "identify_customer", "surveys_response", "surveys_answer"}  # fmt: skip
    _erase(people, people.ask("erasure"))
    assert [(table, text) for table, text in _texts() for secret in FAMILY if secret in text] == []
    assert [model.objects.count() for model in (Household, Pair, Visitor)] == [0, 0, 0]
    assert [event.fields["customer_key"] for event in WebEvent.objects.all()] == ["P-3"]
    [gathered] = (settings.DANGOL.home / "raw" / "web.web-events").iterdir()
    told = [[row["event"], row["customer_key"], row["visitor"], row["page"]]
            for row in pq.read_table(gathered).to_pylist()]  # fmt: skip
    assert told == [["Page Viewed", None, None, None]] * 2 + [["Page Viewed", "P-3", None, "/이어린"]]
    known = pq.read_table(settings.DANGOL.home / "linkage" / "compared.parquet")["customer_id"].to_pylist()
    assert known == [people.person("P-3").pk]
    assert Task.objects.get().state == "closed"
    [kept] = Load.objects.filter(state="checked")
    assert [cells["성명"] for cells in kept.corrections.values()] == ["남님"]
    assert people.person("P-3").name == "이어린"
    assert not Response.objects.exclude(customer_id=None).exists()


def test_access_log_says_that_somebody_was_erased_by_whom_and_not_who_it_was(people):
    request = people.ask("erasure")
    _erase(people, request)
    lines = Access.objects.filter(verb="erase", member=people.cast.steward)
    assert {line.what for line in lines} >= {f"privacy request {request}", "consent.suppression"}
    assert not any(secret in str(line.detail) + line.reason for line in Access.objects.all() for secret in GONE)
