"""Failures: the right status, a sentence in the reader's language, and nothing that should stay inside."""

import re

import pytest

from dangol.base.errors import BadInput
from dangol.web import failures, sentences


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.ROOT_URLCONF = "dangol.web.tests.urls"


@pytest.fixture
def member(cast, client):
    client.force_login(cast.marketer)
    return client


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("bad", 422),
        ("missing", 404),
        ("refused", 403),
        ("conflict", 409),
        ("damaged", 503),
        ("away", 503),
        ("much", 413),
    ],
)
def test_expected_failure_has_its_status_and_a_page(member, kind, status):
    answer = member.get(f"/fail/{kind}/")
    assert answer.status_code == status
    assert answer.content.decode().count("<h1") == 1
    assert answer["Cache-Control"] == "no-store"


def test_failure_says_its_sentence_in_korean_with_values_escaped(member):
    page = member.get("/fail/bad/").content.decode()
    assert "날짜가 아닙니다: “&lt;b&gt;x&lt;/b&gt;”" in page


def test_what_is_missing_and_what_is_not_yours_look_the_same(member):
    pages = [member.get(path).content.decode() for path in ("/fail/missing/", "/fail/foreign/")]
    plain = [re.sub(r"[A-Za-z0-9]{64}|missing|foreign", "", page) for page in pages]
    assert plain[0] == plain[1]
    assert "같은" not in plain[0]
    assert "없는 보기입니다" not in plain[0]


def test_htmx_gets_one_notice_for_the_message_region(member):
    answer = member.get("/fail/conflict/", headers={"hx-request": "true"})
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (409, "#messages", "innerHTML")
    assert 'role="alert"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_unavailable_says_when_to_come_back(member):
    assert member.get("/fail/away/")["Retry-After"] == "10"


def test_crash_shows_no_detail_and_reads_no_database(member, django_assert_num_queries):
    member.raise_request_exception = False
    answer = member.get("/crash/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "secret detail" not in page
    assert "<h1" in page


def test_failure_page_stands_when_the_database_is_gone(rf, django_db_blocker):
    request = rf.get("/")
    with django_db_blocker.block():
        answer = failures.broken(request)
    assert answer.status_code == 500
    assert b"<h1" in answer.content


@pytest.mark.parametrize("code", sorted(failures.PAGES))
def test_every_failure_page_is_there_in_both_languages(member, cast, code, rf):
    from django.utils import translation

    pages = []
    for language in ("ko", "en"):
        with translation.override(language):
            request = rf.get("/x/")
            request.user, request.session = cast.marketer, {}
            pages.append(failures.failure(request, code).content.decode())
    heading = [page.split("<h1>")[1].split("</h1>")[0] for page in pages]
    assert heading[0] != heading[1]


def test_missing_page_is_the_same_signed_out(db, client):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "plain-card" in answer.content.decode()


def test_template_whose_values_do_not_fit_is_shown_as_it_is():
    assert sentences.say("A {thing} without its value", {"other": 1}) == "A {thing} without its value"


def test_sentence_with_braces_in_its_value_is_not_formatted_twice():
    error = BadInput("“{text}” is not a date. Write it like 2026-11-23.", text="{0.__class__}")
    assert "{0.__class__}" in sentences.sentence(error)
