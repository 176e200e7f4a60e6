"""Network Act art. 50, Decree art. 61 to 62-3: advertising only with consent, never at night without, confirmed, told.

Paragraph (1), (2) and (6): consent, refusal. (3): the night. (7): the result is told. (8): confirmed every two years.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.channels import actions as ledger
from dangol.channels import reads as channels
from dangol.channels.rules import HELD, SENT, Delivery, Limits, Outgoing, Receipt
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.models import Consent
from dangol.customers.consent.rules import Permit
from dangol.privacy import actions
from dangol.privacy.actions import notices
from dangol.work.actions import Quiet

SEOUL = ZoneInfo("Asia/Seoul")
EVENING = datetime(2026, 11, 2, 20, 59, 40, tzinfo=SEOUL)
WORDS = "cust,purpose,channel,given,at,version,proof\n"


class Fake:
    """A channel that keeps what it is given; it says that it is one by delivering nothing."""

    limits = Limits(per_second=1e6, per_connection=10**6)

    def __init__(self, name="email", broken=False):
        self.name, self.broken, self.sent = name, broken, []

    def unfit(self, address):
        return "" if "@" in address or address.startswith("010") else "form"

    def send(self, message):
        if self.broken:
            raise Delivery("421 later", counterpart=True)
        self.sent.append(message)
        return Receipt(provider_id="x", answer="250 OK")

    def close(self):
        pass


class Clock:
    """A clock that moves on by a second each time it is looked at."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        self.at += timedelta(seconds=1)
        return self.at.astimezone(UTC)


def _loop(channel, clock):
    return ledger.Loop(campaign_key="c1", channel=channel, purpose="marketing", sender=str(clock.at), zone=SEOUL, clock=clock,
                       make=lambda token, values, address: Outgoing(token, address, "s", "t", "", {}))  # fmt: skip


def test_a_batch_that_reaches_nine_in_the_evening_stops_and_goes_on_at_eight(cast):
    """Art. 50(3): 20:59:59 goes, 21:00:00 waits, 08:00:00 goes."""
    people = range(9001, 9011)
    consent.give(by=cast.agent, customer_ids=list(people), purpose="marketing", channel="sms",
                 at=datetime(2026, 10, 1, tzinfo=UTC), text_version="1", proof="form")  # fmt: skip
    channel = Fake("sms")
    ledger.queue(campaign_key="c1", step="1", channel=channel,
                 people=[ledger.Person(f"010{one}", {}, Permit(one, None, None, "1")) for one in people])  # fmt: skip
    tally = _loop(channel, Clock(EVENING)).run(lambda: True)
    assert 0 < tally.sent < len(people)
    counts = channels.counts("c1")
    assert counts[SENT] + counts[HELD] == len(people)
    assert channels.next_due("c1").astimezone(SEOUL) == datetime(2026, 11, 3, 8, tzinfo=SEOUL)
    too_early = _loop(channel, Clock(datetime(2026, 11, 3, 7, 59, 50, tzinfo=SEOUL))).run(lambda: True)
    assert too_early.sent == 0
    _loop(channel, Clock(datetime(2026, 11, 3, 7, 59, 59, tzinfo=SEOUL))).run(lambda: True)
    assert channels.counts("c1")[SENT] == len(people)


def test_words_from_a_source_are_taken_over_once_and_undo_no_refusal(people):
    """Art. 50(2), (6): an import cannot undo a refusal."""
    cast, one, other = people.cast, people.person("P-1"), people.person("P-2")
    consent.withdraw(by=cast.agent, customer_ids=[one.pk], purpose="marketing", channel="email",
                     at=datetime(2026, 1, 1, tzinfo=UTC))  # fmt: skip
    people.load("consents", WORDS + (
        "P-1,marketing,email,동의,2026-05-01 10:00,v1,form 1\n"
        "P-2,marketing,email,Y,2026-05-01 10:00,v1,form 2\n"
        "P-2,marketing,sms,N,2026-05-01 10:00,,\n"
        "P-2,marketing,email,아마도,2026-05-02 10:00,v1,form 2\n"
        "P-2,marketing,kakao,Y,2026-05-02 10:00,v1,\n"
        "X-9,marketing,email,Y,2026-05-02 10:00,v1,form 3\n"))  # fmt: skip
    running = Quiet(by=cast.administrator)
    assert actions.take_consents(running) == {"words": 2, "unclear": 3}
    assert actions.take_consents(running) == {"words": 0, "unclear": 0}
    said = {(w.channel, w.given, w.origin, w.through) for w in consents.of_customer(other.pk)}
    assert said == {("email", True, "import", "import"), ("sms", False, "import", "import")}
    assert [w.given for w in consents.of_customer(one.pk) if w.current] == [False]


def test_an_old_import_is_not_applied_again_after_the_customer_agreed_anew(people):
    cast, one = people.cast, people.person("P-1")
    people.load("consents", WORDS + "P-1,marketing,email,N,2026-01-01 10:00,,\n")
    actions.take_consents(Quiet(by=cast.administrator))
    consent.give(by=cast.agent, customer_ids=[one.pk], purpose="marketing", channel="email", at=datetime.now(UTC),
                 text_version="1", proof="web", origin="customer")  # fmt: skip
    actions.take_consents(Quiet(by=cast.administrator))
    assert [w.given for w in consents.of_customer(one.pk) if w.current] == [True]


@pytest.fixture
def post(monkeypatch):
    """The e-mail channel replaced by one that keeps what it is given."""
    channel = Fake()
    monkeypatch.setattr(channels, "channel", lambda name: channel)
    return channel


def _notices(cast):
    return actions.run_notices(Quiet(by=cast.administrator))


def test_the_result_is_told_once_with_sender_act_day_and_result(cast, post, settings):
    """Art. 50(7), Decree art. 62-2."""
    consent.withdraw(by=cast.agent, customer_ids=[cast.mina.pk], purpose="marketing", channel="email",
                     at=datetime(2026, 11, 20, 3, tzinfo=UTC))  # fmt: skip
    assert _notices(cast) == {"told": 4, "asked": 0, "unreachable": 0}
    letter = next(one for one in post.sent if "2026-11-20" in one.text)
    assert (letter.to, letter.subject) == ("mina@example.com", "수신 거부가 처리되었습니다")
    for said in (settings.DANGOL.sender_name, "수신 거부", "2026-11-20", "처리 결과", "/p/"):
        assert said in letter.text
    assert consents.overdue_notices(datetime.now(UTC), SEOUL) == 0
    assert _notices(cast)["told"] == 0
    assert len(post.sent) == 4


def test_a_notice_that_could_not_be_sent_stays_due(cast, post):
    post.broken = True
    before = len(consents.waiting_notices(datetime.now(UTC), SEOUL))
    assert _notices(cast)["told"] == 0
    assert len(consents.waiting_notices(datetime.now(UTC), SEOUL)) == before > 0
    Consent.objects.filter(customer_id=cast.soyeon.pk).update(customer_id=cast.coded.pk)
    post.broken = False


def test_customers_without_an_address_are_left_for_the_phone(cast, post):
    consent.give(by=cast.agent, customer_ids=[cast.coded.pk], purpose="marketing", channel="sms",
                 at=datetime(2026, 11, 20, tzinfo=UTC), text_version="1", proof="form")  # fmt: skip
    assert _notices(cast)["unreachable"] == 1
    assert [one.customer_id for one in consents.waiting_notices(datetime.now(UTC), SEOUL)] == [cast.coded.pk]


def test_generated_words_are_never_told(cast, post):
    Consent.objects.update(generated=True)
    assert _notices(cast) == {"told": 0, "asked": 0, "unreachable": 0}
    assert post.sent == []


def test_confirmation_is_asked_thirty_and_seven_days_before(cast, post):
    """Art. 50(8), Decree art. 62-3: with the day of consent and how to keep or withdraw it."""

    def asked(days_left):
        given = datetime.now(UTC).replace(microsecond=0) - timedelta(days=730 - days_left)
        Consent.objects.filter(customer_id=cast.mina.pk).update(at=given, noticed_at=given)
        Consent.objects.exclude(customer_id=cast.mina.pk).delete()
        return _notices(cast)["asked"]

    assert asked(60) == 0
    assert asked(25) == 1
    assert asked(20) == 0
    assert asked(5) == 1
    assert asked(4) == 0
    assert {one.subject for one in post.sent} == {"수신 동의를 유지하시겠습니까?"}
    assert notices.AGAIN in {one.campaign_key for one in channels.of_customer(cast.mina.pk)}
