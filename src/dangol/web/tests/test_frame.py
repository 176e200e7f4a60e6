"""The frame: who comes in, what is around a page, and what goes out with it."""

import json
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client, RequestFactory
from django.utils import translation

from dangol.staff.rules import Role
from dangol.web import navigation, shell
from dangol.web.middleware import POLICY


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.ROOT_URLCONF = "dangol.web.tests.urls"
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def admin(cast, client):
    client.force_login(cast.administrator)
    return client


def test_signed_out_is_sent_to_sign_in_and_back_afterwards(db, client):
    answer = client.get("/components/?q=a")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fcomponents%2F%3Fq%3Da")


def test_signed_out_htmx_leaves_the_page_instead_of_swapping_the_sign_in_page_into_it(db, client):
    answer = client.get("/components/", headers={"hx-request": "true"})
    assert answer["HX-Redirect"].startswith("/sign-in/")


def test_page_asks_for_its_right(cast, client):
    client.force_login(cast.marketer)
    assert client.get("/guarded/").status_code == 403
    client.force_login(cast.administrator)
    assert client.get("/guarded/").content == b"in"


def test_page_answers_only_its_methods(admin):
    assert admin.post("/guarded/").status_code == 405
    assert admin.get("/posted/").status_code == 405
    assert admin.head("/guarded/").status_code == 200


def test_every_page_carries_the_safety_headers(admin):
    answer = admin.get("/")
    assert answer["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer["Cache-Control"] == "no-store"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Clear-Site-Data" not in answer


def test_page_speaks_the_members_language_whatever_the_browser_asks(cast, client):
    client.force_login(cast.marketer)
    assert '<html lang="ko"' in client.get("/help/", headers={"accept-language": "en"}).content.decode()
    type(cast.marketer).objects.filter(pk=cast.marketer.pk).update(language="en")
    answer = client.get("/help/", headers={"accept-language": "ko"})
    assert '<html lang="en"' in answer.content.decode()
    assert answer["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("cookie", "accepts", "language"),
    [("", "en-GB,en", "en"), ("", "fr", "ko"), ("en", "ko", "en"), ("fr", "en", "en"), ("", "", "ko")],
)
def test_signed_out_page_speaks_cookie_then_browser_then_company_language(
    db, client, settings, cookie, accepts, language
):
    settings.LANGUAGE_CODE = "ko"
    if cookie:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    answer = client.get("/nowhere/", headers={"accept-language": accepts})
    assert answer["Content-Language"] == language


def test_theme_is_the_members(cast, client):
    type(cast.marketer).objects.filter(pk=cast.marketer.pk).update(theme="dark")
    client.force_login(cast.marketer)
    assert 'data-theme="dark"' in client.get("/help/").content.decode()


def test_switched_off_member_is_out_on_the_next_request(cast, client):
    client.force_login(cast.marketer)
    assert client.get("/help/").status_code == 200
    type(cast.marketer).objects.filter(pk=cast.marketer.pk).update(is_active=False)
    assert client.get("/help/").status_code == 302


def test_navigation_shows_the_areas_of_the_role_and_marks_the_present_one(cast, monkeypatch):
    monkeypatch.setattr(shell, "_answers", lambda path: True)
    areas = {place.url: place for place in shell.nav(cast.rep, "/customers/4/")}
    assert list(areas) == ["/", "/customers/"]
    assert areas["/customers/"].current == "true"
    assert areas["/"].current == ""
    everything = [place.url for place in shell.nav(cast.administrator, "/")]
    assert everything == [area.path for area in navigation.AREAS]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/customers/", {"/customers/": "page"}),
        ("/customers/4/", {"/customers/": "true"}),
        ("/customers/quality/rules/", {"/customers/quality/": "true"}),
        ("/customers/quality/programmes/3/", {"/customers/quality/programmes/": "true"}),
    ],
)
def test_navigation_marks_the_nearest_page_above_the_open_one(cast, path, shown):
    area = next(place for place in shell.nav(cast.administrator, path) if place.url == "/customers/")
    assert {page.url: page.current for page in area.pages if page.current} == shown


def test_navigation_leaves_out_areas_that_have_no_page(cast, settings):
    settings.ROOT_URLCONF = "dangol.web.home.urls"
    assert [place.url for place in shell.nav(cast.administrator, "/")] == ["/"]


def test_demonstration_says_that_people_are_generated(admin, settings):
    assert "시연용" not in admin.get("/").content.decode()
    settings.DANGOL = replace(settings.DANGOL, demo=True)
    assert "시연용" in admin.get("/").content.decode()


def test_stale_and_damaged_figures_are_said_on_every_page(admin, monkeypatch):
    monkeypatch.setattr(shell, "freshness", lambda: shell.Freshness(as_of=date(2017, 12, 31), stale=True))
    page = admin.get("/help/").content.decode()
    assert "banner-warn" in page
    assert "2017년 12월 31일" in page
    monkeypatch.setattr(shell, "freshness", lambda: shell.Freshness(damaged=True))
    assert "banner-bad" in admin.get("/help/").content.decode()


def test_announcement_reaches_the_live_region_in_any_script(admin):
    answer = admin.post("/posted/")
    assert json.loads(answer["HX-Trigger"]) == {"announce": {"text": "저장했습니다", "level": "ok"}}


def test_htmx_keeps_no_page_in_the_browser_and_evaluates_nothing(admin):
    head = admin.get("/").content.decode()
    config = json.loads(head.split('name="htmx-config" content=\'')[1].split("'")[0])
    assert config["historyCacheSize"] == 0
    assert config["allowEval"] is False
    assert config["includeIndicatorStyles"] is False
    assert config["selfRequestsOnly"] is True


def test_form_without_its_token_is_refused_with_a_page(cast):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.administrator)
    answer = strict.post("/posted/")
    assert answer.status_code == 403
    assert "오래된 양식" in answer.content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_home_opens_for_every_role(cast, client, role):
    client.force_login(cast.members[role.value])
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


def test_get_of_the_frame_writes_nothing(admin, django_assert_max_num_queries):
    admin.get("/help/")  # the first page after signing in gets its form token
    with django_assert_max_num_queries(15) as seen:
        admin.get("/help/")
    assert not [
        query for query in seen.captured_queries if not query["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    ]


def test_address_of_an_unbuilt_page_is_empty():
    assert shell.address("nowhere:page") == ""
    assert shell.address("home:help") == "/help/"


def test_context_survives_a_request_without_a_member():
    request = RequestFactory().get("/")
    request.user = None
    assert shell.context(request)["nav"] == []
