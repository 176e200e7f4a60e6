"""Filters and tags: figures as people read them, and data that cannot leave its place."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django import forms
from django.template import engines
from django.utils import translation

from dangol.web.icons import ICONS
from dangol.web.templatetags import dangol as tags


def render(text, **variables):
    return engines["django"].from_string(text).render(variables)


@pytest.fixture(autouse=True)
def company(settings):
    settings.DANGOL = replace(settings.DANGOL, currency="USD", time_zone="America/New_York")
    with translation.override("ko"):
        yield


def test_number_has_commas_a_true_minus_and_a_dash_for_nothing():
    assert [tags.number(v) for v in (1469307, -5, None, "", float("nan"), 0)] == ["1,469,307", "−5", "–", "–", "–", "0"]


def test_short_counts_as_the_language_does_with_the_exact_one_on_hover():
    assert tags.short(9999) == "9,999"
    assert tags.short(12345) == '<span title="12,345">1.2만</span>'
    with translation.override("en"):
        assert tags.short(12345) == '<span title="12,345">12.3K</span>'


def test_money_is_shown_in_the_companys_currency(settings):
    assert tags.money(123450) == "$1,234.50"
    assert tags.money(-100) == "−$1.00"
    assert tags.money_short(3) == "$0.03"
    settings.DANGOL = replace(settings.DANGOL, currency="KRW")
    assert tags.money(5000) == "₩5,000"
    assert "₩4.6억" in tags.money_short(459_812_345)


def test_share_is_a_percentage_and_a_change_has_an_arrow_beside_its_colour():
    assert tags.percent(0.12345, 1) == "12.3%"
    assert "▲ 5.0%" in tags.change(0.05)
    assert "▼ 3.1%" in tags.change(-0.031)


def test_day_is_written_as_the_language_writes_it_and_cut_in_the_companys_zone():
    assert tags.day(date(2026, 11, 22)) == "2026년 11월 22일"
    late = datetime(2017, 12, 1, 3, 0, tzinfo=UTC)
    assert tags.day(late) == "2017년 11월 30일"
    assert tags.moment(late) == "2017년 11월 30일 22:00"
    with translation.override("en"):
        assert tags.day(date(2026, 11, 22)) == "22 Nov 2026"
        assert tags.moment(late) == "30 Nov 2017, 22:00"


def test_articles_of_law_are_cited_as_the_language_cites_them():
    cited = ["36, Decree 43", "37-2(1), Decree 44-3", "6, Decree 6(1) nos. 2 and 3", "12(3), 15(1)(h)"]
    assert [tags.article(one) for one in cited] == [
        "제36조, 시행령 제43조", "제37조의2제1항, 시행령 제44조의3", "제6조, 시행령 제6조제1항제2호·제3호",
        "제12조제3항, 제15조제1항(h)",
    ]  # fmt: skip
    with translation.override("en"):
        assert [tags.article(one) for one in cited] == cited


def test_duration_is_rounded_to_what_one_can_grasp():
    assert [tags.duration(s) for s in (5, 95, 7300)] == ["5초", "2분", "2시간"]


def test_badge_says_generated_in_words():
    assert "생성됨" in tags.badge("generated")
    assert "생성됨" in tags.badge("generated", mark=True)
    assert "&lt;b&gt;" in tags.badge("ok", "<b>")


@pytest.mark.parametrize("name", sorted(ICONS))
def test_icon_is_hidden_from_readers_unless_it_has_a_label(name):
    assert 'aria-hidden="true"' in tags.icon(name)
    assert 'aria-label="x"' in tags.icon(name, "x")


def test_chart_data_cannot_end_its_script_element():
    spec = {"mark": "bar", "encoding": {"x": {"field": "n", "title": "수", "type": "quantitative"}}}
    row = {"name": "</script><script>alert(1)</script>", "n": 3}
    page = render('{% chart id="c" spec=spec table=rows caption="말" %}', spec=spec, rows=[row])
    assert page.count("</script>") == 1
    data = page.split('id="c-spec">')[1].split("</script>")[0]
    assert json.loads(data)["data"]["values"] == [row]


def test_chart_has_its_sentence_and_a_table_with_headings_from_the_spec():
    spec = {"layer": [{"mark": "line", "encoding": {"x": {"field": "n", "title": "고객 수"}}}]}
    page = render('{% chart id="c" spec=spec table=rows caption="늘었습니다." %}', spec=spec, rows=[{"n": 12345}])
    assert "<figcaption>늘었습니다.</figcaption>" in page
    assert "고객 수</th>" in page
    assert "12,345</td>" in page


def test_field_ties_label_help_and_error_to_the_input():
    class Form(forms.Form):
        name = forms.CharField(label="이름", help_text="도움")

    page = render("{% form_errors form %}{% field form.name %}", form=Form({"name": ""}))
    assert '<label for="id_name">' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_error"' in page
    assert 'href="#id_name"' in page


@pytest.mark.parametrize("name", tags.STATES)
def test_each_of_the_seven_states_is_said_in_both_languages(name):
    korean = render("{% state name %}", name=name)
    with translation.override("en"):
        english = render("{% state name %}", name=name)
    assert korean != english
    assert len(tags.STATES) == 7


def _job(**more):
    usual = {"id": 7, "state": "running", "done": 5, "total": 10, "note": "", "seconds_left": 4, "error": None}
    return SimpleNamespace(**usual | more)


def test_running_job_asks_again_and_can_be_cancelled():
    page = render("{% job view %}", view=_job())
    assert 'hx-get="/jobs/7/"' in page
    assert 'action="/jobs/7/cancel/"' in page
    assert "50%" in page


def test_finished_job_asks_no_more_and_a_failed_one_says_why():
    assert "hx-get" not in render("{% job view %}", view=_job(state="done"))
    page = render("{% job view %}", view=_job(state="failed", error={"template": "A limit was reached."}))
    assert "한도를 넘었습니다." in page
