"""Accounts, rights, the organisation tree, saved views and the access log."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.staff import actions, reads, rules
from dangol.staff.models import Access, Member, OrgUnit
from dangol.staff.rules import Right, Role
from tests.cast import PASSWORD


def edit(by, member, **changes):
    given = {"name": member.name, "role": member.role, "unit_id": member.unit_id, "active": member.is_active}
    return actions.edit_member(by=by, member_id=member.pk, **given | changes)


def create(cast, **changes):
    given = {"email": "New@Hanbit.Example", "name": "새직원", "role": "rep", "password": "바다로 가는 기차"}
    return actions.create_member(by=cast.administrator, **given | changes)


def test_address_of_an_account_is_kept_in_lower_case_and_unique(cast):
    assert create(cast).email == "new@hanbit.example"
    with pytest.raises(Conflict):
        create(cast, email="NEW@hanbit.example")


@pytest.mark.parametrize(
    ("password", "accepted"),
    [("1234567", False), ("password1", False), ("hanbit.example", False), ("x" * 257, False),
     ("aaaaaaaaq", True), ("바다로 가는 기차", True), ("x y z 1 2 3 " * 20, True)],
)  # fmt: skip
def test_password_is_judged_by_length_and_lists_and_not_by_composition(cast, password, accepted):
    if accepted:
        assert create(cast, password=password).check_password(password)
    else:
        with pytest.raises(BadInput):
            create(cast, password=password)


@pytest.mark.parametrize(
    "email", ["", "no-at", "a@b\r\nc", "a b@c.kr", "<a@b.kr>", "a@b.kr, c@d.kr", "a" * 260 + "@b.kr"]
)
def test_nonsense_is_no_address(cast, email):
    with pytest.raises(BadInput):
        create(cast, email=email)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_change_accounts(cast, role):
    with pytest.raises(NotAllowed):
        edit(cast.members[role.value], cast.rep, role="administrator")


def test_every_role_has_a_name_and_every_right_is_somebodys():
    assert set(rules.ROLE_NAMES) == set(Role) == set(rules.RIGHTS)
    assert set().union(*rules.RIGHTS.values()) == set(Right) == set(rules.RIGHT_NAMES)


def test_new_role_holds_at_the_next_look(cast):
    assert not reads.may(cast.rep, Right.CAMPAIGNS_APPROVE)
    edit(cast.administrator, cast.rep, role="approver")
    assert reads.may(Member.objects.get(pk=cast.rep.pk), Right.CAMPAIGNS_APPROVE)


def test_last_administrator_cannot_be_lost(cast):
    with pytest.raises(Conflict):
        edit(cast.administrator, cast.administrator, active=False)
    with pytest.raises(Conflict):
        edit(reads.system(), cast.administrator, role="rep")


def test_change_of_rights_is_written_down_and_a_change_of_name_is_not(cast):
    Access.objects.all().delete()
    edit(cast.administrator, cast.rep, name="이수정")
    assert not Access.objects.exists()
    edit(cast.administrator, cast.rep, role="team_leader")
    line = Access.objects.get()
    assert (line.verb, line.detail["before"]["role"], line.detail["after"]["role"]) == ("rights", "rep", "team_leader")


def test_own_password_is_changed_with_the_current_one_only(cast):
    with pytest.raises(BadInput):
        actions.change_own_password(by=cast.rep, current="wrong", password="바다로 가는 기차")
    actions.change_own_password(by=cast.rep, current=PASSWORD, password="바다로 가는 기차")
    assert Member.objects.get(pk=cast.rep.pk).check_password("바다로 가는 기차")


def test_members_are_found_by_text_role_unit_and_state(cast):
    by = cast.administrator
    assert [one.name for one in reads.members(by, reads.MemberQuery(text="박정우"))] == ["박정우"]
    assert {one.role for one in reads.members(by, reads.MemberQuery(roles=("rep", "partner")))} == {"rep", "partner"}
    assert {one.name for one in reads.members(by, reads.MemberQuery(unit_id=cast.busan.pk))} == {"박정우"}
    edit(by, cast.busan_rep, active=False)
    assert [one.name for one in reads.members(by, reads.MemberQuery(active=False))] == ["박정우"]
    with pytest.raises(NotAllowed):
        reads.members(cast.rep)


def test_moved_unit_takes_everything_below_it_along(cast):
    large = actions.create_unit(by=cast.administrator, name="영남", kind="large_branch", parent_id=cast.company.pk)
    actions.move_unit(by=cast.administrator, unit_id=cast.gangnam.pk, parent_id=large.pk)
    assert OrgUnit.objects.get(pk=cast.team.pk).path == f"{large.path}{cast.gangnam.pk}/{cast.team.pk}/"
    assert OrgUnit.objects.get(pk=cast.busan.pk).path == cast.busan.path


def test_moved_branch_changes_whose_customers_its_new_leader_sees(cast):
    large = actions.create_unit(by=cast.administrator, name="영남", kind="large_branch", parent_id=cast.company.pk)
    director = edit(cast.administrator, cast.director, unit_id=large.pk)
    before = reads.unit_tree(director)
    actions.move_unit(by=cast.administrator, unit_id=cast.busan.pk, parent_id=large.pk)
    assert {unit.name for unit in reads.unit_tree(director)} - {unit.name for unit in before} == {"부산지점"}


def test_unit_cannot_be_moved_below_itself_or_below_a_lower_kind(cast):
    with pytest.raises(Conflict):
        actions.move_unit(by=cast.administrator, unit_id=cast.gangnam.pk, parent_id=cast.team.pk)
    with pytest.raises(BadInput):
        actions.create_unit(by=cast.administrator, name="지점", kind="branch", parent_id=cast.team.pk)


def test_saving_a_view_as_new_touches_no_other_view(cast):
    first = actions.save_view(by=cast.rep, page="customers", name="강남", query="q=1")
    with pytest.raises(Conflict):
        actions.save_view(by=cast.rep, page="customers", name="강남", query="q=2")
    actions.save_view(by=cast.marketer, page="customers", name="강남", query="q=3")
    first.refresh_from_db()
    assert first.query == "q=1"


def test_only_the_owner_changes_a_shared_view_and_a_private_one_does_not_exist_for_others(cast):
    shared = actions.save_view(by=cast.rep, page="customers", name="공유", query="", shared=True)
    private = actions.save_view(by=cast.rep, page="customers", name="내것", query="")
    with pytest.raises(Conflict):
        actions.update_view(by=cast.marketer, view_id=shared.pk, query="q=1")
    with pytest.raises(NotFound):
        actions.delete_view(by=cast.marketer, view_id=private.pk)
    assert [view.name for view in reads.saved_views(cast.marketer, "customers")] == ["공유"]


def test_access_log_is_read_by_administrators_and_narrowed(cast):
    actions.note_access(by=cast.rep, verb="view", what="customer", customer_id=7)
    actions.note_access(by=cast.marketer, verb="export", what="customers", count=3, reason="보고")
    query = reads.AccessQuery(customer_id=7)
    assert [line.member_name for line in reads.access_log(cast.administrator, query)] == ["이수진"]
    assert [line.count for line in reads.access_log(cast.administrator, reads.AccessQuery(verbs=("export",)))] == [3]
    assert reads.count_access(cast.administrator, cap=1) == (1, False)
    with pytest.raises(NotAllowed):
        reads.access_log(cast.marketer)


def test_pruning_removes_old_looks_and_leaves_changes_of_rights_alone(cast):
    now = datetime.now(UTC)
    for verb, days in (("view", 366), ("view", 300), ("rights", 700), ("rights", 3 * 366)):
        actions.note_access(by=cast.rep, verb=verb, what=f"{verb} {days}")
        Access.objects.filter(what=f"{verb} {days}").update(at=now - timedelta(days=days))
    assert actions.prune_log(by=cast.administrator, before=now - timedelta(days=365)) == 1
    assert actions.prune_log(by=cast.administrator, before=now - timedelta(days=3 * 365), rights=True) == 1
    assert set(Access.objects.exclude(verb="erase").values_list("what", flat=True)) >= {"view 300", "rights 700"}
