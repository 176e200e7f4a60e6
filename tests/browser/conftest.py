"""A real Chromium on a live server, and one look that judges any page."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-dev-shm-usage",
]  # fmt: skip
DESK, PHONE, NARROW = (1440, 900), (390, 844), (320, 700)
# What an English word in a Korean heading may be: names and abbreviations.
NAMES = re.compile(
    r"CSV|csv|\b(CRM|ERP|RFM|CSV|XLSX|Excel|SQL|API|CLI|DB|TOTP|Dangol|SMTP|URL|ID|VIP)\b|[HL]{3}|[A-Z]+-?\d+(?:-[0-9a-f]{10})?|\S+@\S+"
)
# All there: the letters are loaded, every chart is drawn, and what a page fetches when it opens has come.
THERE = """() => document.fonts.status === "loaded" && !document.querySelector(".htmx-request")
  && [...document.querySelectorAll("[data-chart]")].every((one) => one.querySelector("svg") || !one.checkVisibility())"""
JUDGE = Path(__file__).with_name("judge.js").read_text("utf-8")
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed (chromium or google-chrome)"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """One browser for all tests. Playwright's loop runs in this thread, so Django must be told that it is no request."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def server(live_server, settings):
    """The live server; it answers to its own host name."""
    settings.ALLOWED_HOSTS = ["*"]
    return live_server


class Visitor:
    """Somebody at a browser: opens pages, signs in without the form, and judges what is seen."""

    def __init__(self, browser, server) -> None:
        self.server = server
        self.context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, locale="ko-KR")
        self.page = self.context.new_page()
        self.noise: list[str] = []
        self.page.on(
            "console", lambda told: self.noise.append(told.text) if told.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))

    def sign_in(self, member) -> "Visitor":
        """Begin a session of the member."""
        session = SessionStore()
        session[SESSION_KEY] = str(member.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = member.get_session_auth_hash()
        session.save()
        self.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": self.server.url}]
        )
        return self

    def open(self, path: str, size: tuple[int, int] = DESK):
        """Open a page in a window of this size."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.goto(self.server.url + path)
        return self.page

    def look(self, name: str, *, language: str = "ko", contrast: bool = False) -> None:
        """Judge the page that is open: quiet console, no sideways scroll, labels, one h1, its language; if asked, contrast."""
        page = self.page
        page.wait_for_load_state("load")
        page.wait_for_function(THERE)
        assert self.noise == [], f"{name}: {self.noise}"
        seen = page.evaluate(JUDGE)
        assert seen["faults"] + (page.evaluate(CONTRAST) if contrast else []) == [], name
        assert seen["lang"] == language, name
        assert seen["overflow"] <= 0, f"{name}: {seen['overflow']} px wider than the window"
        if language == "ko":
            left = [text for text in seen["headings"] if re.search(r"[A-Za-z]{3,}", NAMES.sub("", text))]
            assert left == [], f"{name}: headings in English"


@pytest.fixture
def visitor(chromium, server, transactional_db) -> Iterator[Visitor]:
    """A visitor with an empty browser of their own."""
    made = Visitor(chromium, server)
    yield made
    made.context.close()


def sign_in(visitor: Visitor, member) -> Visitor:
    """Begin a session of the member."""
    return visitor.sign_in(member)


def look(visitor: Visitor, name: str, *, language: str = "ko") -> None:
    """Judge the page that is open."""
    visitor.look(name, language=language)
