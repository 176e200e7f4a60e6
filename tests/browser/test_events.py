"""The script of foreign web sites in a real browser: what it keeps, what it sends, and when it does neither."""

import pytest

from dangol.customers.collect.feeds import actions as feeds
from dangol.customers.collect.feeds.models import WebEvent

KEPT = "() => Object.keys(localStorage).sort()"
REFUSALS = {
    "Do Not Track": "Object.defineProperty(navigator, 'doNotTrack', {get: () => '1'})",
    "Global Privacy Control": "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})",
}


@pytest.fixture
def shop(visitor, cast):
    """A shop's page with the script on it; returns a function that opens it and one that leaves it with all sent."""
    site = feeds.keep_site(by=cast.steward, code="shop", origins=[visitor.server.url])
    script = f'<script src="/dangol-events.js" data-key="{site.write_key}"></script>'
    answer = {"content_type": "text/html", "body": f"<!doctype html><title>shop</title>{script}"}
    visitor.context.route("**/shop", lambda route: route.fulfill(**answer))

    def look(*, sends=True):
        visitor.page.goto(visitor.server.url + "/shop")
        if sends:
            with visitor.page.expect_response("**/api/v1/events"):
                visitor.page.evaluate("dangol.track('viewed')")
        return list(WebEvent.objects.order_by("pk").values_list("fields", flat=True))

    return visitor.page, look


def test_nothing_is_kept_in_the_browser_before_consent_and_all_of_it_goes_when_it_is_taken_back(shop):
    page, look = shop
    first = {row["visitor"] for row in look()}
    assert page.evaluate(KEPT) == []
    assert page.context.cookies() == []
    both = {row["visitor"] for row in look()}
    assert (len(first), len(both)) == (1, 2)  # somebody new on every page
    page.evaluate("dangol.consent(true)")
    assert page.evaluate(KEPT) == ["dangol.consent", "dangol.visitor"]
    number = page.evaluate("localStorage.getItem('dangol.visitor')")
    again = look()
    assert {row["visitor"] for row in again} == both
    assert again[-1]["visitor"] == number
    page.evaluate("dangol.consent(false)")
    assert page.evaluate(KEPT) == []
    assert len({row["visitor"] for row in look()}) == 3


@pytest.mark.parametrize("signal", REFUSALS)
def test_nothing_is_sent_and_nothing_kept_where_the_browser_refuses_tracking(shop, signal):
    page, look = shop
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(REFUSALS[signal])
    look(sends=False)
    page.evaluate("dangol.track('bought'); dangol.identify('H-0001'); dangol.page()")
    page.wait_for_timeout(1200)  # events leave after a second
    page.goto("about:blank")  # and whatever waits, when the page is left
    assert [url for url in asked if "/events" in url and not url.endswith(".js")] == []
    assert not WebEvent.objects.exists()
