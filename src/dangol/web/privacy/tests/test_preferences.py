"""The customer's own page by signed link: RFC 8058, Network Act art. 50(2) and (6), safety tests 17 and 18."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dangol.base.errors import Conflict
from dangol.channels import links
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.models import Consent
from dangol.privacy import actions
from dangol.privacy import reads as requests
from dangol.privacy.models import Request

AT = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def link(cast):
    """The link of 김민아's own page."""
    made = actions.preference_link(by=cast.steward, customer_id=cast.mina.pk)
    return "/p/" + made.rpartition("/p/")[2]


def _words(cast):
    return {(w.purpose, w.channel): w.given for w in consents.of_customer(cast.mina.pk) if w.current}


def _post(link, **form):
    return Client(enforce_csrf_checks=True).post(link, form)


@pytest.mark.parametrize(("language", "text"), [("ko", "나의 선택"), ("en", "Your choices")])
def test_the_page_speaks_the_language_of_its_address(link, language, text):
    page = Client().get(f"{link}?lang={language}")
    assert text in page.content.decode()
    assert "session" not in page.cookies
    assert "<script" not in page.content.decode().split("<main")[1]


def test_looking_three_times_changes_no_row(cast, link):
    before = list(Consent.objects.order_by("pk").values())
    for _turn in range(3):
        assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200
        Client().get(link + "?choice=refuse_all&lang=en")
    assert list(Consent.objects.order_by("pk").values()) == before
    assert not Request.objects.exists()


def test_choices_are_saved_each_with_the_text_that_was_shown(cast, link):
    consent.give(by=cast.agent, customer_ids=[cast.mina.pk], purpose="marketing", channel="sms", at=AT, text_version="1",
                 proof="form")  # fmt: skip
    _post(link, choice="save", agree=["marketing:sms", "night:sms", "profiling:all"])
    assert _words(cast) == {("marketing", "email"): False, ("marketing", "sms"): True, ("night", "sms"): True}
    newest = next(w for w in consents.of_customer(cast.mina.pk) if w.purpose == "night")
    assert (newest.text_version, newest.origin, newest.through) == ("standard-1", "customer", "email")
    assert newest.noticed_at is not None


def test_refusing_automatic_analysis_works_by_the_page(cast, link):
    """Personal Information Protection Act art. 37-2(1)."""
    _post(link, choice="save", agree=["marketing:email"])
    assert consents.refused_profiling([cast.mina.pk, cast.jiho.pk]) == {cast.mina.pk}


def test_confirming_starts_two_new_years(cast, link):
    Consent.objects.filter(customer_id=cast.mina.pk).update(at=datetime.now(UTC) - timedelta(days=720))
    page = _post(link + "?lang=en", choice="confirm").content.decode()
    assert "you still agree" in page
    word = next(w for w in consents.of_customer(cast.mina.pk) if w.current)
    assert datetime.now(UTC) - word.at < timedelta(minutes=1)


@pytest.mark.parametrize("form", [{"List-Unsubscribe": "One-Click"}, {}, {"choice": "refuse"}])
def test_one_click_and_any_wordless_post_refuse(cast, link, form):
    for _turn in range(2):
        assert Client(enforce_csrf_checks=True).post(link, form).status_code == 200
    assert _words(cast)["marketing", "email"] is False
    assert len([w for w in consents.of_customer(cast.mina.pk) if not w.given]) == 1


@pytest.mark.parametrize("kind", ["access", "erasure", "explanation", "review", "refusal"])
def test_a_request_by_the_page_is_identified_by_its_link_and_filed_once(cast, link, kind):
    for _turn in range(2):
        assert _post(link, choice="ask", kind=kind, wish="부탁합니다").status_code == 200
    [found] = requests.requests(cast.steward)
    assert (found.kind, found.origin, found.state, found.check_how) == (kind, "customer", "open", "link")


def test_links_that_are_forged_swapped_cut_expired_or_of_nobody_all_look_the_same(cast, link, monkeypatch):
    signed = link.rpartition("/")[2]
    bad = {signed[:-1], signed[:9], signed + "x", "x" * 3000, links.sign(links.CLICK, f"customer-{cast.mina.pk}"),
           signed.replace("customer-", "customer-9"), links.sign(links.PREFERENCE, "customer-99999"),
           links.sign(links.PREFERENCE, f"customer-{cast.coded.pk}"), links.sign(links.PREFERENCE, "customer-x")}  # fmt: skip
    answers = [Client().get(f"/p/{one}") for one in bad] + [_post(f"/p/{one}", choice="refuse") for one in bad]
    monkeypatch.setitem(links.AGES, links.PREFERENCE, timedelta(seconds=-1))
    answers.append(Client().get(link))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert _words(cast) == {("marketing", "email"): True}


def test_an_erased_person_s_link_opens_nothing(cast, link):
    cast.mina.kind, cast.mina.name = "unnamed", ""
    cast.mina.save()
    assert Client().get(link).status_code == 404


def test_nobody_is_given_a_link_that_would_open_nothing(cast):
    with pytest.raises(Conflict, match="not known by name"):
        actions.preference_link(by=cast.steward, customer_id=cast.coded.pk)
