"""The frame in a real browser: both languages, both themes, desk and phone, mouse and keyboard."""

import pytest

from tests.browser.conftest import DESK, NARROW, PHONE

PATHS = ("/", "/help/", "/components/", "/nowhere/")


def _quiet(noise):
    """A 404 page is itself reported by the browser as a failed request; that is not a fault of the page."""
    noise[:] = [text for text in noise if "404 (Not Found)" not in text]


@pytest.mark.parametrize("size", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
@pytest.mark.parametrize("path", PATHS)
def test_page_of_the_frame_stands_in_korean(visitor, cast, path, size):
    visitor.sign_in(cast.administrator).open(path, size)
    _quiet(visitor.noise)
    visitor.look(path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_stands_in_english_by_day_and_night(visitor, cast, scheme):
    member = cast.administrator
    type(member).objects.filter(pk=member.pk).update(language="en", theme=scheme)
    page = visitor.sign_in(member).open("/components/", PHONE)
    visitor.look("components", language="en")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(250, 248, 244)", "dark": "rgb(25, 23, 21)"}[scheme]


def test_charts_are_drawn_within_the_content_policy(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/")
    page.wait_for_selector("#chart-bar svg.marks")
    assert page.locator("#chart-line svg.marks").count() == 1
    assert "만" in page.locator("#chart-bar svg").text_content()
    assert visitor.noise == []


def test_palette_opens_by_keyboard_and_enter_goes_where_it_says(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/")
    page.keyboard.press("Control+k")
    page.keyboard.type("도움말")
    page.keyboard.press("Enter")
    page.wait_for_url("**/help/")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    assert not page.locator("#palette").evaluate("dialog => dialog.open")


def test_first_tab_stop_skips_to_the_content(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_single_letter_shortcuts_can_be_switched_off(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "list-q"
    page = visitor.open("/help/")
    page.locator("[data-keys]").uncheck()
    page = visitor.open("/components/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "list-q"


def test_rows_are_walked_and_selected_by_keyboard(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/")
    page.locator("#list-q").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    assert page.locator("#list-form tbody input:checked").count() == 1
    assert "1건 선택됨" in page.locator("[data-selected]").inner_text()


def test_live_search_never_replaces_the_field_while_hangul_is_composed(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/")
    page.locator("#list-q").focus()
    page.evaluate("document.getElementById('list-q').dataset.mine = '1'")
    keys = page.context.new_cdp_session(page)
    for part in ("ㅇ", "예", "옛"):
        keys.send("Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)})
        page.wait_for_timeout(300)
    keys.send("Input.insertText", {"text": "예시"})
    page.wait_for_timeout(600)
    assert page.locator("#list-q").input_value() == "예시"
    assert page.locator("#list-q").get_attribute("data-mine") == "1"
    assert page.evaluate("document.activeElement.id") == "list-q"
    assert page.url.endswith("?q=%EC%98%88%EC%8B%9C")


def test_back_restores_the_list_as_it_was(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/?group=A")
    visitor.open("/help/")
    page.go_back()
    assert "group=A" in page.url
    assert ": A" in page.locator(".chips").first.inner_text()


def test_nothing_of_a_page_stays_in_browser_storage(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/")
    page.locator("#list-q").fill("0007")
    page.wait_for_timeout(600)
    assert page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])") == "[{},{}]"


def test_phone_reaches_every_area_without_script(chromium, server, cast, visitor):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    visitor.context.close()
    visitor.context, visitor.page = context, context.new_page()
    page = visitor.sign_in(cast.administrator).open("/", PHONE)
    page.locator(".dock summary").click()
    assert page.locator(".dock-sheet a[href='/help/']").is_visible()


def test_targets_on_a_phone_are_large_enough_for_a_thumb(visitor, cast):
    page = visitor.sign_in(cast.administrator).open("/components/", PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, .btn, .dock a, summary.btn, input[type=search]")]
        .filter((e) => e.checkVisibility() && !e.closest(".only-read") && e.getBoundingClientRect().height < 43.5)
        .map((e) => e.outerHTML.slice(0, 100))"""
    )
    assert small == []
