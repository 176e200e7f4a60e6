"""The linkage runs where anybody changed, and its word is carried out."""

from dangol.customers.identify import actions
from dangol.customers.identify.actions import finding
from dangol.customers.identify.matching import reads as looks
from dangol.customers.identify.models import Customer
from dangol.work.actions import Quiet


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


def test_two_records_of_one_person_are_found_by_the_real_linkage(collected, cast):
    names = [
        "한소희",
        "오지안",
        "서윤재",
        "문가온",
        "배다솜",
        "류하람",
        "신이든",
        "권세아",
        "황도경",
        "안나래",
        "송보담",
        "전아린",
    ]
    rows = [
        {"source": source, "source_key": f"{source}{place}", "name": name, "phone": f"010-{3100 + place * 37}-{1200 + place * 91}",
         "email": f"p{place}@example.com", "birth_year": 1970 + place}
        for place, name in enumerate(names) for source in ("crm", "web")
    ]  # fmt: skip
    collected.rows = rows
    actions.link(Quiet())
    report = actions.find(Quiet())
    roots = Customer.objects.filter(name__in=names, merged_into=None).count()
    assert report["compared"] == 3 + 2 * len(names)
    assert roots + looks.pairs(cast.steward).count <= 2 * len(names)
    assert roots < 2 * len(names) or looks.pairs(cast.steward).count
