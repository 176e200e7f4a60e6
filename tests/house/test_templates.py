"""Templates keep the house rules: no inline code, one frame, formatted figures, no GET that changes something."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "src" / "dangol" / "web"
FOLDER = WEB / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
NAMES = [path.relative_to(FOLDER).as_posix() for path in TEMPLATES]
FRAMES = ("frame/page.html", "frame/plain.html")
CLASS = re.compile(r"\.([a-z][a-z0-9-]+)")


def _text(path):
    return re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_template_has_no_inline_style_or_script(path):
    text = _text(path)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "<style" not in text
    assert "javascript:" not in text
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag


# Pages behind a signed link from a message: the link itself is the proof, and RFC 8058 asks for a POST without cookies.
SIGNED_LINKS = {"privacy/preferences.html", "surveys/answer.html"}


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_template_marks_nothing_safe(path):
    assert not re.search(r"\|\s*safe\b|autoescape off", _text(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_whole_page_comes_in_one_of_the_two_frames(path):
    text = _text(path)
    if "<!doctype" in text.lower():
        assert path.relative_to(FOLDER).as_posix() in FRAMES


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_form_that_posts_carries_its_token(path):
    if path.relative_to(FOLDER).as_posix() in SIGNED_LINKS:
        return
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", _text(path), flags=re.DOTALL | re.IGNORECASE):
        assert "csrf_token" in form, form[:120]


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_image_has_its_words(path):
    for tag in re.findall(r"<img\b[^>]*>", _text(path)):
        assert "alt=" in tag


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_english_words_between_tags_are_marked_for_translation(path):
    text = re.sub(r"<(script|code|kbd|pre|style)\b.*?</\1>", " ", _text(path), flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*comment.*?endcomment\s*-?%\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*blocktrans(late)?\b.*?endblocktrans(late)?\s*-?%\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{% block card_class %\}.*?\{% endblock %\}", " ", text)
    text = re.sub(r"\{[%{].*?[%}]\}", "·", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "·", text, flags=re.DOTALL)
    allowed = {"CSV", "Excel", "XLSX", "Parquet", "SQL", "RFM", "HHH", "LLL", "API", "Ctrl", "Enter", "Esc", "Dangol"}
    words = [word for word in re.findall(r"[A-Za-z]{3,}", re.sub(r"&\w+;", " ", text)) if word not in allowed]
    assert words == []


def test_every_state_of_a_page_is_used_by_the_components_page():
    from dangol.web.home.samples import STATES
    from dangol.web.templatetags.dangol import STATES as KNOWN

    assert set(STATES) == set(KNOWN)
    assert len(KNOWN) == 7
