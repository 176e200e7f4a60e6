from dangol.customers.identify.models import Customer
from dangol.staff import reads


def test_rep_sees_own_customers_only(cast):
    seen = Customer.objects.filter(reads.within(reads.scope_of(cast.rep)))
    assert set(seen) == {cast.mina, cast.jiho}


def test_branch_manager_sees_the_branch_and_its_teams(cast):
    seen = Customer.objects.filter(reads.within(reads.scope_of(cast.branch_manager)))
    assert set(seen) == {cast.mina, cast.jiho}


def test_marketer_sees_the_whole_company(cast):
    assert Customer.objects.filter(reads.within(reads.scope_of(cast.marketer))).count() == 4


def test_partner_without_a_unit_sees_nobody(cast):
    cast.partner.unit = None
    assert not Customer.objects.filter(reads.within(reads.scope_of(cast.partner))).exists()
