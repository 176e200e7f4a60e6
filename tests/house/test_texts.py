"""Korean texts hold together whatever stands in their variables. That none is missing is checked in test_docs."""

import ast
import re

import pytest

from tools import messages

PLACE = re.compile(r"%\((\w+)\)[sd]|(?<!\{)\{(\w*)[^{}]*\}")
# A particle glued to a variable fits only half of the words: 김민아을, 이수진를.
GLUED = re.compile(r"(%\(\w+\)[sd]|\{\w*\})[”’'\"」』)]?(을|를|은|는|이|가|과|와|으로|로)(?=[\s,.!?]|$)")
AREAS = sorted(path.parts[-4] for path in messages.LOCALE.glob("*/ko/LC_MESSAGES/django.po"))


def _texts(area):
    path = messages.LOCALE / area / "ko" / "LC_MESSAGES" / "django.po"
    for message in messages._catalog(path):
        if message.id:
            source = message.id[0] if isinstance(message.id, tuple) else message.id
            for korean in message.string if isinstance(message.string, tuple) else (message.string,):
                yield source, korean


@pytest.mark.parametrize("area", AREAS)
def test_translation_uses_the_variables_of_its_source(area):
    for source, korean in _texts(area):
        wanted = {a or b for a, b in PLACE.findall(source)}
        assert {a or b for a, b in PLACE.findall(korean)} == wanted, source


@pytest.mark.parametrize("area", AREAS)
def test_no_particle_stands_directly_after_a_variable(area):
    assert [korean for _source, korean in _texts(area) if GLUED.search(korean)] == []


@pytest.mark.parametrize("area", AREAS)
def test_korean_is_korean(area):
    """A text of several words has Hangul in its translation, except names and code."""
    plain = [
        source
        for source, korean in _texts(area)
        if len(source.split()) > 2 and source.isascii() and not re.search(r"[가-힣]", korean)
    ]
    assert plain == []


def test_no_text_hides_inside_an_f_string():
    """Before Python 3.12 an f-string is one token: a text inside is neither gathered nor translated."""
    hidden = []
    for path in sorted(messages.PACKAGE.rglob("*.py")):
        strings = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.JoinedStr))
        for call in (node for string in strings for node in ast.walk(string) if isinstance(node, ast.Call)):
            known = isinstance(call.func, ast.Name) and call.func.id in messages.KEYWORDS
            if known and call.args and isinstance(call.args[0], ast.Constant):
                hidden.append(f"{path.relative_to(messages.PACKAGE)}:{call.lineno}")
    assert hidden == []
