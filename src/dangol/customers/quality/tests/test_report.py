"""The report on the customer base."""

from dangol.customers.identify.models import Customer
from dangol.customers.quality import reads, rules


def test_completeness_counts_real_values_within_the_tree_and_generated_ones_apart(cast):
    Customer.objects.filter(pk=cast.mina.pk).update(address="서울 중구 1", generated=["name"])
    report = reads.report(cast.administrator)
    field = {one.field: one for one in report.completeness}
    assert (report.customers, report.named, report.unnamed, report.unnamed_share) == (4, 3, 1, 0.25)
    assert (field["phone"].held, field["phone"].share, field["phone"].level) == (3, 0.75, "warn")
    assert (field["address"].held, field["address"].level) == (1, "bad")
    assert (field["name"].held, field["name"].generated) == (2, 1)
    assert (field["rep"].held, field["rep"].level) == (4, "ok")
    assert reads.report(cast.rep).customers == 2


def test_nobody_gives_no_share_instead_of_zero(cast):
    Customer.objects.all().update(rep=None, unit=None)
    report = reads.report(cast.rep)
    assert (report.customers, report.unnamed_share) == (0, None)
    assert {one.level for one in report.completeness} == {""}
    assert rules.Completeness("name", 1, 0, 0.6).level == "warn"
