"""The cast: a small named company of Korean staff and customers, for all tests."""

from dataclasses import dataclass
from datetime import UTC, datetime

from dangol.customers.consent.models import Consent
from dangol.customers.identify.models import Customer, SourceKey
from dangol.staff.models import Member, OrgUnit
from dangol.staff.rules import Role

PASSWORD = "단골손님-2026"


@dataclass
class Cast:
    """The company 한빛화장품 with two branches, a member per role, and four customers."""

    company: OrgUnit
    gangnam: OrgUnit
    busan: OrgUnit
    team: OrgUnit
    members: dict[str, Member]
    mina: Customer  # named, of rep 이수진 in 강남
    jiho: Customer  # named, refused e-mail, of rep 이수진 in 강남
    soyeon: Customer  # named, of rep 박정우 in 부산
    coded: Customer  # un-named (비실명), 부산

    def __getattr__(self, name: str) -> Member:
        try:
            return self.__dict__["members"][name]
        except KeyError:
            raise AttributeError(name) from None


def _unit(name: str, kind: str, parent: OrgUnit | None = None) -> OrgUnit:
    unit = OrgUnit.objects.create(name=name, kind=kind, parent=parent)
    unit.path = (parent.path if parent else "/") + f"{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def _member(key: str, name: str, role: Role, unit: OrgUnit) -> Member:
    member = Member(email=f"{key}@hanbit.example", name=name, role=role, unit=unit)
    member.set_password(PASSWORD)
    member.save()
    return member


def _customer(code: str, name: str, unit: OrgUnit, rep: Member | None, **more: object) -> Customer:
    customer = Customer.objects.create(code=code, name=name, unit=unit, rep=rep, **more)
    SourceKey.objects.create(source="crm", key=code, customer=customer)
    return customer


def assemble() -> Cast:
    """Create the cast in the test database."""
    company = _unit("한빛화장품", "company")
    gangnam = _unit("강남지점", "branch", company)
    busan = _unit("부산지점", "branch", company)
    team = _unit("강남1팀", "team", gangnam)
    places = {Role.REP: team, Role.TEAM_LEADER: team, Role.BRANCH_MANAGER: gangnam, Role.DIRECTOR: company}
    names = {Role.REP: "이수진", Role.MARKETER: "최다은", Role.APPROVER: "정현우", Role.ADMINISTRATOR: "한지민"}
    members = {
        role.value: _member(role.value, names.get(role, role.value), role, places.get(role, company)) for role in Role
    }
    members["busan_rep"] = _member("busan_rep", "박정우", Role.REP, busan)
    rep, busan_rep = members["rep"], members["busan_rep"]
    mina = _customer("H-0001", "김민아", team, rep, phone="010-1234-5678", phone_e164="+821012345678", phone_tail="5678",
                     email="mina@example.com", gender="F", birth_year=1988)  # fmt: skip
    jiho = _customer("H-0002", "박지호", team, rep, phone="010-2222-3333", phone_e164="+821022223333", phone_tail="3333",
                     email="jiho@example.com", gender="M", birth_year=1979)  # fmt: skip
    soyeon = _customer("H-0003", "이소연", busan, busan_rep, phone="010-4444-5555", phone_e164="+821044445555",
                       phone_tail="5555", email="soyeon@example.com", gender="F", birth_year=1995)  # fmt: skip
    coded = _customer("H-0004", "", busan, busan_rep, kind="unnamed")
    at = datetime(2026, 1, 5, tzinfo=UTC)
    for customer, given in ((mina, True), (jiho, False), (soyeon, True)):
        Consent.objects.create(customer_id=customer.pk, purpose="marketing", channel="email", given=given, at=at,
                               text_version="2026-01")  # fmt: skip
    return Cast(company, gangnam, busan, team, members, mina, jiho, soyeon, coded)
