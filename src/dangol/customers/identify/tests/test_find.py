"""The linkage runs where anybody changed, and its word is carried out."""

import re

from django.utils import translation
from django.utils.translation import gettext

from dangol.customers.identify import actions, reads
from dangol.customers.identify.actions import finding
from dangol.customers.identify.linkage.rules import comparing
from dangol.customers.identify.linkage.rules.evidence import FIELDS
from dangol.customers.identify.matching import actions as matching
from dangol.customers.identify.matching import reads as looks
from dangol.customers.identify.matching.reads import PairQuery
from dangol.customers.identify.matching.rules import TERM_NAMES
from dangol.customers.identify.models import Customer, Merge, SourceKey
from dangol.work.actions import Quiet
from tests.speed import people as generated


def test_customers_are_compared_only_when_somebody_changed(cast, monkeypatch):
    asked = []

    def find(running, *, people, **_more):
        asked.append({row["customer_id"] for row in people().to_pylist()})
        return {"compared": 3}

    monkeypatch.setattr(finding.linkage, "find", find)
    assert actions.find(Quiet()) == {"compared": 3}
    assert actions.find(Quiet()) == {}
    Customer.objects.get(pk=cast.mina.pk).save()
    actions.find(Quiet())
    assert asked == [{cast.mina.pk, cast.jiho.pk, cast.soyeon.pk}] * 2
    actions.find(Quiet(), only_new=False)
    assert len(asked) == 3


TWICE = (
    ("한소희", "1991-02-03", "F"),
    ("오지안", "1984-07-19", "M"),
    ("서윤재", "1977-11-30", "M"),
    ("문가온", "2001-05-08", "F"),
)
HOME = {"phone": "010-7777-1234", "address": "서울특별시 강남구 역삼로 12 101동 202호"}
APART = {
    "father": {"name": "김도현", "birth": "1962-05-01", "gender": "M", **HOME},
    "twin": {"name": "김민준", "birth": "1992-03-04", "gender": "M", **HOME},
    "other twin": {"name": "김민서", "birth": "1992-03-04", "gender": "M", **HOME},
    "stranger": {"name": "한소희", "birth": "1968-09-21", "gender": "F", "phone": "010-6060-7070"},
}


def people(count):
    """Two sources' records: some people in both, a family with twins on one telephone, a namesake; and strangers."""
    rows = []
    for place, (name, birth, gender) in enumerate(TWICE):
        phone = f"010-31{place}7-12{place}9"
        crm = {"name": name, "birth": birth, "gender": gender, "phone": phone, "email": f"p{place}@example.com"}
        web = crm | {"birth": birth.replace("-", "."), "phone": phone.replace("-", ""), "email": ""}
        rows += [crm | {"source": "crm", "source_key": f"T{place}"}, web | {"source": "web", "source_key": f"T{place}"}]
    for place, (who, row) in enumerate(APART.items()):
        rows.append(row | {"source": ("crm", "web")[place % 2], "source_key": who})
    made = generated.table(count).select(["name", "phone", "email", "birth", "gender", "address"]).to_pylist()
    rows += [
        {name: value or "" for name, value in row.items()} | {"source": "crm", "source_key": f"G{place}"}
        for place, row in enumerate(made)
    ]
    return rows


def customer(source, key):
    [found] = reads.root([SourceKey.objects.get(source=source, key=key).customer_id]).values()
    return found


def test_one_person_of_two_sources_is_joined_and_relatives_and_namesakes_are_not(collected, cast):
    slip = people(1)[0] | {"source": "web", "source_key": "slip", "name": "한소회", "email": ""}
    collected.rows = [*people(250), slip]
    actions.link(Quiet())
    assert actions.find(Quiet())["merged"] >= len(TWICE)
    all_told_apart(cast)
    seen = [
        looks.evidence(cast.steward, one.id) for one in looks.pairs(cast.steward, PairQuery(state="", size=200)).rows
    ]
    with translation.override("ko"):
        said = [{gettext(TERM_NAMES[bar.field]): gettext(bar.level) for bar in bars[1:]} for bars in seen]
    assert any(one.get("이름(성 제외)") == "오타 하나 차이" and one.get("전화번호") == "같음" for one in said)
    assert all(re.search("[가-힣]", text) for one in said for pair in one.items() for text in pair)


def all_told_apart(cast):
    """Who is twice is one, everybody else somebody, and the family of three a household."""
    assert all(customer("crm", f"T{n}") == customer("web", f"T{n}") for n in range(len(TWICE)))
    apart = [customer(("crm", "web")[place % 2], who) for place, who in enumerate(APART)]
    assert len({*apart, customer("crm", "T0")}) == len(APART) + 1
    assert {side.id for side in looks.household(cast.steward, reads.customer(cast.steward, apart[0])).others} == set(
        apart[1:3]
    )


def test_every_answer_of_a_comparison_has_a_name_and_korean_words():
    parts = [comparing.given(True), comparing.family(True), comparing.birth("birth"), comparing.birth_year("birth_year"),
             comparing.phone("phone", "phone"), comparing.email("email", "email"), comparing.address("address", "address"),
             comparing.place("postcode", "", ""), comparing.category("gender", "gender", "gender", "Gender")]  # fmt: skip
    levels = {level.name for one in parts for level in one.levels}
    with translation.override("ko"):
        assert all(re.search("[가-힣]", gettext(text)) for text in levels)
        shown = [gettext(TERM_NAMES[FIELDS.get(one.name, one.name)]) for one in parts]
    assert all(re.search("[가-힣]", text) for text in shown)


def test_what_a_person_has_parted_is_not_joined_again(collected, cast):
    """Of so few records nothing can be learnt: what is joined is proven by itself."""
    collected.rows = people(5)
    actions.link(Quiet())
    assert actions.find(Quiet())["merged"] >= len(TWICE)
    all_told_apart(cast)
    merge = Merge.objects.get(gone_id=SourceKey.objects.get(source="web", key="T0").customer_id)
    matching.part(by=cast.steward, customer_id=merge.gone_id)
    for only_new in (True, False):
        report = actions.find(Quiet(), only_new=only_new)
        assert (report["merged"], report["queued"]) == (0, 0)
    assert customer("crm", "T0") != customer("web", "T0")
    assert customer("crm", "T1") == customer("web", "T1")
