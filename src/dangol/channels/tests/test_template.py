"""The grammar of messages: what it says, and everything it refuses."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput, TooMuch
from dangol.channels import template

NAMES, LISTS = ("name", "offer"), ("offers",)


def _render(source, **values):
    return template.render(template.parse(source, names=NAMES, lists=LISTS), values)


def test_names_conditions_and_lists_are_filled():
    source = "{% if name %}{{ name }}님{% else %}고객님{% endif %}:{% for one in offers %} {{ one }}{% endfor %}"
    assert _render(source, name="김민아", offers=["가", "나"]) == "김민아님: 가 나"
    assert _render(source, offers=[]) == "고객님:"


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__ }}", "{{ name.upper }}", "{{ name.__class__ }}", "{{ c.delete }}", "{{ name|upper }}",
        "{{ env }}", "{{ settings.SECRET_KEY }}", "{% include 'x' %}", "{% debug %}", "{% load x %}", "{% if 1 %}x{% endif %}",
        "{% for a in name %}x{% endfor %}", "{% for a.b in offers %}x{% endfor %}", "{% if name %}", "{% endif %}",
        "{% else %}", "{{ name", "name }}", "{% if name", "{{ }}", "{%%}", "{{ {{ name }} }}", "{{ name() }}", "{{ NAME }}",
    ],
)  # fmt: skip
def test_attacks_are_refused_when_saving_with_their_position(attack):
    with pytest.raises(BadInput) as caught:
        _render(f"안녕하세요\n  {attack}")
    assert caught.value.params["line"] == 2 or "{{" in attack or "}}" in attack or "{%" in attack
    assert caught.value.params["column"] >= 1


@given(st.text(alphabet="{}%nameofrif dls\n", max_size=80))
def test_whatever_is_typed_is_either_a_template_or_a_bad_input(source):
    with contextlib.suppress(BadInput):
        assert isinstance(_render(source, name="x", offers=["y"]), str)


@given(st.text(max_size=60))
def test_a_value_is_never_read_as_a_template(value):
    assert _render("{{ name }}", name=value) == value


def test_a_value_that_looks_like_a_template_stays_text_in_html_too():
    nodes = template.parse("{{ name }}", names=NAMES)
    assert template.render_html(nodes, {"name": "{{ offer }}<script>"}, labels={}) == "<p>{{ offer }}&lt;script&gt;</p>"


def test_nesting_too_deep_is_refused():
    with pytest.raises(BadInput, match="deeply"):
        _render("{% if name %}" * 6 + "{% endif %}" * 6)


def test_output_over_256_kb_is_refused():
    inner = "{% for a in offers %}" * 3 + "x" * 300 + "{% endfor %}" * 3
    with pytest.raises(TooMuch):
        _render(inner, offers=["y"] * 100)


def test_rendering_over_50_milliseconds_is_refused():
    clock = iter(n * 0.02 for n in range(100))
    nodes = template.parse("{{ name }}" * 10, names=NAMES)
    with pytest.raises(TooMuch):
        template.render(nodes, {"name": "x"}, clock=lambda: next(clock))


def test_a_source_over_64_kb_is_refused():
    with pytest.raises(TooMuch):
        _render("x" * 65 * 1024)
