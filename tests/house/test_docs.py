"""Every setting, measure, endpoint and channel is documented."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from tools import docs, messages


@pytest.mark.parametrize("page", docs.PAGES)
def test_page_written_from_the_code_is_up_to_date(page):
    with translation.override("en"):
        assert (docs.DOCS / page).read_text("utf-8") == docs.PAGES[page](), "run: python -m tools.docs"


def test_every_channel_is_documented():
    page = (docs.DOCS / "channels.md").read_text("utf-8")
    assert not [name for name in settings.CHANNELS if f"`{name}`" not in page]


def test_every_text_has_its_korean():
    assert messages.missing() == []


def test_tour_names_every_room():
    tour = (docs.DOCS / "tour.md").read_text("utf-8")
    package = Path(docs.DOCS).parent / "src" / "dangol"
    rooms = [path.name for path in package.iterdir() if (path / "__init__.py").exists() and path.name != "locale"]
    assert not [room for room in rooms if f"`{room}/`" not in tour]
