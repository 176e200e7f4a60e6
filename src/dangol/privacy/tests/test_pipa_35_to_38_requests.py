"""Personal Information Protection Act art. 35 (access), 36 (correction), 37 (stop), 38 (how): deadlines, identity, refusal.

GDPR art. 12(3) is another country's file.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.privacy import actions, reads, rules
from dangol.privacy.models import Request
from dangol.privacy.reads import RequestQuery
from dangol.staff.models import Access

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)


def _ask(cast, kind="access", *, checked=True, at=AT, **more):
    made = actions.receive(by=cast.steward, customer_id=cast.mina.pk, kind=kind, received_at=at, **more)
    if checked:
        actions.check_identity(by=cast.steward, request_id=made, how="call")
    return made


@pytest.mark.parametrize(
    ("kind", "country", "due"),
    [("access", "KR", date(2026, 11, 12)), ("erasure", "KR", date(2026, 11, 12)), ("explanation", "KR", date(2026, 12, 2)),
     ("access", "EU", date(2026, 12, 2)), ("objection", "EU", date(2026, 12, 2))],
)  # fmt: skip
def test_deadline_comes_from_the_dated_policy_of_the_country(cast, kind, country, due):
    found = reads.request(cast.steward, _ask(cast, kind, country=country))
    assert found.due_on == due
    assert found.article


def test_one_month_after_the_thirty_first_is_the_last_of_a_short_month():
    term = rules.term(reads.policies("EU"), "access", date(2026, 1, 31))
    assert term.due_on(date(2026, 1, 31)) == date(2026, 2, 28)


def test_every_kind_has_its_article_and_no_country_is_made_up():
    for country in reads.countries():
        assert {one.kind for one in reads.policies(country).terms} == set(rules.KINDS)
        assert all(one.article and (one.days or one.months) for one in reads.policies(country).terms)
    with pytest.raises(BadInput, match="XX"):
        reads.policies("XX")


def test_nothing_is_handed_over_before_the_identity_is_checked(cast):
    made = _ask(cast, checked=False)
    for verb in (actions.report, lambda **more: actions.export(form="json", **more),
                 lambda **more: actions.close(answer="x", **more)):  # fmt: skip
        with pytest.raises(Conflict):
            verb(by=cast.steward, request_id=made)
    actions.check_identity(by=cast.steward, request_id=made, how="id", remark="운전면허")
    assert "김민아" in actions.export(by=cast.steward, request_id=made, form="json")


def test_board_shows_the_late_ones_first(cast):
    fine, late, soon = (_ask(cast, at=datetime.now(UTC) - timedelta(days=days)) for days in (0, 30, 9))
    assert [one.id for one in reads.requests(cast.steward)] == [late, soon, fine]
    assert [one.clock for one in reads.requests(cast.steward)] == ["over", "soon", "fine"]
    board = reads.board(cast.steward)
    assert (board.waiting, board.over, board.soon) == (3, 1, 1)
    assert reads.overdue() == 1
    assert reads.count_requests(cast.steward, RequestQuery(clocks=("over",))) == 1


def test_refusal_names_its_ground_and_ends_the_request(cast):
    made = _ask(cast, "erasure")
    with pytest.raises(BadInput, match="ground"):
        actions.refuse(by=cast.steward, request_id=made, ground="because", answer="x")
    actions.refuse(by=cast.steward, request_id=made, ground="law", answer="상법에 따라 보관합니다. 이의는 …")
    found = reads.request(cast.steward, made)
    assert (found.state, found.ground, found.clock) == ("refused", "law", "closed")
    with pytest.raises(Conflict):
        actions.erase(by=cast.steward, request_id=made, confirm="H-0001")


def test_every_step_is_logged_with_who_and_from_where(cast):
    made = _ask(cast)
    actions.assign(by=cast.steward, request_id=made, member_id=cast.service_desk.pk, address="10.0.0.7")
    actions.close(by=cast.steward, request_id=made, answer="보냈습니다", address="10.0.0.7")
    assert [step.what for step in reads.request(cast.steward, made).steps] == [
        "received",
        "checked",
        "assigned",
        "done",
    ]
    lines = Access.objects.filter(what=f"privacy request {made}", customer_id=cast.mina.pk)
    assert lines.count() == 4
    assert set(lines.filter(address="10.0.0.7").values_list("member", flat=True)) == {cast.steward.pk}


def test_requests_go_only_to_those_who_may_handle_them(cast):
    made = _ask(cast)
    with pytest.raises(BadInput, match="may not handle"):
        actions.assign(by=cast.steward, request_id=made, member_id=cast.marketer.pk)
    for look in (lambda: reads.requests(cast.marketer), lambda: reads.request(cast.agent, made)):
        with pytest.raises(NotAllowed):
            look()
    with pytest.raises(NotFound):
        reads.request(cast.steward, made + 1)


def test_stopping_withdraws_every_consent_and_no_import_brings_it_back(cast):
    """Art. 37: stop."""
    made = _ask(cast, "objection")
    assert actions.stop_use(by=cast.steward, request_id=made) >= 2
    said = {(w.purpose, w.channel): w.given for w in consents.of_customer(cast.mina.pk) if w.current}
    assert not any(said.values())
    assert said["profiling", "all"] is False
    assert consent.give(by=cast.agent, customer_ids=[cast.mina.pk], purpose="marketing", channel="email",
                        at=datetime.now(UTC), text_version="1", proof="x", origin="import") == 0  # fmt: skip


def test_report_holds_everything_in_full_and_says_where_it_came_from(people):
    """Art. 35."""
    cast = people.cast
    found = actions.report(by=cast.steward, request_id=people.ask("access"))
    person = {row["field"]: row["value"] for part in found.parts if part.name == "person" for row in part.rows}
    assert (person["name"], person["phone"], person["email"]) == ("홍길순", "010-5555-6666", "gilsun@example.com")
    assert {part.name for part in found.parts} >= {"person", "sources", "requests"}
    assert Access.objects.filter(verb="export", what="personal data", member=cast.steward).count() == 1


def test_a_request_of_one_kind_that_waits_is_not_filed_twice_by_the_customer(cast):
    first = actions.receive_from_customer(customer_id=cast.mina.pk, kind="access", wish="보여 주세요")
    assert actions.receive_from_customer(customer_id=cast.mina.pk, kind="access") == first
    actions.close(by=cast.steward, request_id=first, answer="보냈습니다")
    assert actions.receive_from_customer(customer_id=cast.mina.pk, kind="access") != first
    assert Request.objects.count() == 2
