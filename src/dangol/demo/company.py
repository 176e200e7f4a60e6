"""The generated organisation: regions, branches, reps, and one account a role."""

from django.db import transaction

from dangol.demo import people
from dangol.staff import actions, reads
from dangol.staff.rules import Role

PASSWORD = "dangol-demo-2026"  # noqa: S105  shown on the screen of every demonstration
DOMAIN = "demo.dangol.example"
NAMES = {
    Role.ANALYST: "서지안", Role.MARKETER: "최다은", Role.APPROVER: "정현우", Role.AGENT: "윤하늘",
    Role.SUPERVISOR: "오세영", Role.TEAM_LEADER: "강도현", Role.BRANCH_MANAGER: "송미라", Role.DIRECTOR: "황보영",
    Role.STEWARD: "문가람", Role.SERVICE_DESK: "배윤아", Role.PARTNER: "노을상사", Role.ADMINISTRATOR: "한지민",
    Role.EXECUTIVE: "류태경",
}  # fmt: skip
IN_REGION = frozenset({Role.DIRECTOR})
IN_BRANCH = frozenset({Role.BRANCH_MANAGER, Role.TEAM_LEADER, Role.PARTNER})


def rep_email(index: int) -> str:
    """The account of the rep with this index."""
    return f"rep{index + 1:02d}@{DOMAIN}"


def account(role: Role) -> str:
    """The account to sign in with for a role."""
    return rep_email(0) if role is Role.REP else f"{role.value}@{DOMAIN}"


@transaction.atomic
def found() -> None:
    """Create units, accounts and reps, all or nothing; what is there already stays."""
    if reads.member_by_email(account(Role.EXECUTIVE)):
        return
    by = reads.system()
    company = actions.create_unit(by=by, name="Complete Journey", kind="company", parent_id=None, generated=True)
    regions: dict[str, int] = {}
    branches: dict[str, int] = {}
    for region, names in people.REGIONS.items():
        regions[region] = actions.create_unit(
            by=by, name=region, kind="large_branch", parent_id=company.pk, generated=True
        ).pk
        for name in names:
            branches[name] = actions.create_unit(
                by=by, name=name, kind="branch", parent_id=regions[region], generated=True
            ).pk
    for index, (_region, branch, name) in enumerate(people.reps()):
        _hire(rep_email(index), name, Role.REP, branches[branch])
    first_region = next(iter(regions))
    first_branch = people.REGIONS[first_region][0]
    for role, name in NAMES.items():
        place = company.pk
        if role in IN_REGION:
            place = regions[first_region]
        elif role in IN_BRANCH:
            place = branches[first_branch]
        _hire(account(role), name, role, place)


def _hire(email: str, name: str, role: Role, unit_id: int) -> None:
    """Open an account; of the reps only the first can sign in."""
    password = PASSWORD if email == account(role) else None
    actions.create_member(
        by=reads.system(), email=email, name=name, role=role, unit_id=unit_id, password=password, generated=True
    )
