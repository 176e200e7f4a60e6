"""Roles, rights, and whose customers a member may see: one predicate for every road."""

from dataclasses import dataclass
from enum import StrEnum


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


class Right(StrEnum):
    """What a role may do. Seeing customers is bounded by `Scope` besides."""

    CUSTOMERS_VIEW = "customers.view"
    CUSTOMERS_EDIT = "customers.edit"
    CUSTOMERS_UNMASK = "customers.unmask"
    CUSTOMERS_EXPORT = "customers.export"
    CUSTOMERS_MERGE = "customers.merge"
    QUALITY_EDIT = "quality.edit"
    SURVEYS_EDIT = "surveys.edit"
    PRIVACY_HANDLE = "privacy.handle"
    INSIGHT_VIEW = "insight.view"
    INSIGHT_EDIT = "insight.edit"
    CAMPAIGNS_VIEW = "campaigns.view"
    CAMPAIGNS_PLAN = "campaigns.plan"
    CAMPAIGNS_APPROVE = "campaigns.approve"
    CAMPAIGNS_LAUNCH = "campaigns.launch"
    SOURCES_VIEW = "sources.view"
    SOURCES_LOAD = "sources.load"
    STAFF_MANAGE = "staff.manage"
    LOG_VIEW = "log.view"
    TOKENS_MANAGE = "tokens.manage"


class Role(StrEnum):
    """The roles of the product."""

    ANALYST = "analyst"
    MARKETER = "marketer"
    APPROVER = "approver"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    REP = "rep"
    TEAM_LEADER = "team_leader"
    BRANCH_MANAGER = "branch_manager"
    DIRECTOR = "director"
    STEWARD = "steward"
    SERVICE_DESK = "service_desk"
    PARTNER = "partner"
    ADMINISTRATOR = "administrator"
    EXECUTIVE = "executive"


ROLE_NAMES = {
    Role.ANALYST: N_("Analyst"),
    Role.MARKETER: N_("Marketer"),
    Role.APPROVER: N_("Approver"),
    Role.AGENT: N_("Contact-centre agent"),
    Role.SUPERVISOR: N_("Contact-centre supervisor"),
    Role.REP: N_("Sales rep"),
    Role.TEAM_LEADER: N_("Team leader"),
    Role.BRANCH_MANAGER: N_("Branch manager"),
    Role.DIRECTOR: N_("Director (large branch)"),
    Role.STEWARD: N_("Data steward"),
    Role.SERVICE_DESK: N_("Service desk"),
    Role.PARTNER: N_("Partner"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.EXECUTIVE: N_("Executive"),
}

RIGHT_NAMES = {
    Right.CUSTOMERS_VIEW: N_("See customers"),
    Right.CUSTOMERS_EDIT: N_("Change customers"),
    Right.CUSTOMERS_UNMASK: N_("Show masked numbers and addresses"),
    Right.CUSTOMERS_EXPORT: N_("Export customers"),
    Right.CUSTOMERS_MERGE: N_("Join and part customers"),
    Right.QUALITY_EDIT: N_("Change quality rules and programmes"),
    Right.SURVEYS_EDIT: N_("Make surveys and forms"),
    Right.PRIVACY_HANDLE: N_("Handle privacy requests"),
    Right.INSIGHT_VIEW: N_("See figures and segments"),
    Right.INSIGHT_EDIT: N_("Change scoring and segments"),
    Right.CAMPAIGNS_VIEW: N_("See campaigns"),
    Right.CAMPAIGNS_PLAN: N_("Plan campaigns"),
    Right.CAMPAIGNS_APPROVE: N_("Approve campaigns"),
    Right.CAMPAIGNS_LAUNCH: N_("Launch campaigns"),
    Right.SOURCES_VIEW: N_("See sources and quarantine"),
    Right.SOURCES_LOAD: N_("Load data"),
    Right.STAFF_MANAGE: N_("Manage members and settings"),
    Right.LOG_VIEW: N_("Read the access log"),
    Right.TOKENS_MANAGE: N_("Revoke tokens of others"),
}
VERB_NAMES = {
    "view": N_("viewed"),
    "search": N_("searched"),
    "change": N_("changed"),
    "unmask": N_("unmasked"),
    "export": N_("exported"),
    "merge": N_("merged"),
    "part": N_("parted"),
    "erase": N_("erased"),
    "rights": N_("rights"),
}
# What lines of the access log are about; a number after the word is the record's id
WHAT_NAMES = {
    "access log": N_("access log"),
    "campaign": N_("campaign targets"),
    "campaign.draw": N_("draw of a control group"),
    "campaign.launch": N_("campaign launch"),
    "campaign.preview": N_("message preview"),
    "campaign.run": N_("campaign messages"),
    "connection": N_("connection to a database"),
    "collection programme": N_("collection programme"),
    "consent": N_("consent"),
    "consent.notice": N_("notice of consent"),
    "consent.suppression": N_("suppression list"),
    "consent.text": N_("text of consent"),
    "customer": N_("customer"),
    "customer.lifetime": N_("lifetime value of a customer"),
    "customer history": N_("customer history"),
    "customer pair": N_("pair of customers"),
    "customer pairs": N_("pairs of customers"),
    "group.members": N_("customers of a group"),
    "golden rules": N_("rules for golden values"),
    "customer rep": N_("rep in charge"),
    "customer unit": N_("branch of customers"),
    "customers": N_("customer list"),
    "index.members": N_("customers of an index grade"),
    "legal areas": N_("list of legal areas"),
    "lifetime.at_risk": N_("customers slipping away"),
    "breach list": N_("list of people affected by a breach"),
    "local mailbox": N_("local mailbox"),
    "mailbox": N_("local mailbox"),
    "message": N_("message"),
    "personal data": N_("personal data"),
    "privacy request": N_("privacy request"),
    "quality rule": N_("quality rule"),
    "quarantine": N_("quarantined rows"),
    "site": N_("web site"),
    "segment": N_("segment"),
    "survey": N_("survey"),
    "segment.left_out": N_("left out lines of a list"),
    "segment.members": N_("segment members"),
    "timeline": N_("customer timeline"),
    "member": N_("member"),
    "token": N_("API token"),
    "unit": N_("organisation unit"),
    "warning": N_("customers who fell"),
    "migration": N_("customers who moved between segments"),
}
UNIT_KINDS = {
    "company": N_("Company"),
    "large_branch": N_("Large branch"),
    "branch": N_("Branch"),
    "team": N_("Team"),
}
LANGUAGES = ("ko", "en")
THEMES = ("auto", "light", "dark")

_R = Right
_FIELD = frozenset({_R.CUSTOMERS_VIEW, _R.CUSTOMERS_EDIT, _R.CUSTOMERS_UNMASK})
_LEAD = _FIELD | {_R.CUSTOMERS_EXPORT, _R.INSIGHT_VIEW, _R.CAMPAIGNS_VIEW}
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ANALYST: frozenset(
        {_R.CUSTOMERS_VIEW, _R.CUSTOMERS_EXPORT, _R.INSIGHT_VIEW, _R.INSIGHT_EDIT, _R.CAMPAIGNS_VIEW, _R.SOURCES_VIEW}
    ),
    Role.MARKETER: frozenset(
        {
            _R.CUSTOMERS_VIEW, _R.CUSTOMERS_EXPORT, _R.INSIGHT_VIEW, _R.INSIGHT_EDIT, _R.CAMPAIGNS_VIEW,
            _R.CAMPAIGNS_PLAN, _R.CAMPAIGNS_LAUNCH, _R.SURVEYS_EDIT,
        }
    ),
    Role.APPROVER: frozenset({_R.CUSTOMERS_VIEW, _R.INSIGHT_VIEW, _R.CAMPAIGNS_VIEW, _R.CAMPAIGNS_APPROVE}),
    Role.AGENT: _FIELD,
    Role.SUPERVISOR: _FIELD | {_R.CUSTOMERS_EXPORT, _R.INSIGHT_VIEW},
    Role.REP: _FIELD,
    Role.TEAM_LEADER: _LEAD,
    Role.BRANCH_MANAGER: _LEAD,
    Role.DIRECTOR: _LEAD,
    Role.STEWARD: frozenset(
        {
            _R.CUSTOMERS_VIEW, _R.CUSTOMERS_EDIT, _R.CUSTOMERS_UNMASK, _R.CUSTOMERS_EXPORT, _R.SOURCES_VIEW,
            _R.SOURCES_LOAD, _R.INSIGHT_VIEW, _R.CUSTOMERS_MERGE, _R.QUALITY_EDIT, _R.SURVEYS_EDIT,
            _R.PRIVACY_HANDLE,
        }
    ),
    Role.SERVICE_DESK: _FIELD | {_R.PRIVACY_HANDLE},
    Role.PARTNER: frozenset({_R.CUSTOMERS_VIEW}),
    Role.ADMINISTRATOR: frozenset(Right),
    Role.EXECUTIVE: frozenset({_R.INSIGHT_VIEW, _R.CAMPAIGNS_VIEW, _R.CUSTOMERS_VIEW}),
}  # fmt: skip
COMPANY_WIDE = frozenset(
    {
        Role.ANALYST, Role.MARKETER, Role.APPROVER, Role.AGENT, Role.SUPERVISOR, Role.STEWARD, Role.SERVICE_DESK,
        Role.ADMINISTRATOR, Role.EXECUTIVE,
    }
)  # fmt: skip
OWN_ONLY = frozenset({Role.REP})


@dataclass(frozen=True)
class Scope:
    """Whose customers a member may see.

    everyone: the whole company. unit_path: those of organisation units whose path starts so (\"/1/4/\").
    member_id: those of this rep only. With none of the three: nobody's.
    """

    everyone: bool = False
    unit_path: str | None = None
    member_id: int | None = None


def bound_to_unit(role: Role) -> bool:
    """Whether what a role sees depends on its place in the organisation tree."""
    return role not in COMPANY_WIDE | OWN_ONLY


def scope(role: Role, *, unit_path: str | None, member_id: int) -> Scope:
    """The scope of a role at its place in the organisation tree."""
    if role in COMPANY_WIDE:
        return Scope(everyone=True)
    if role in OWN_ONLY:
        return Scope(member_id=member_id)
    return Scope(unit_path=unit_path) if unit_path else Scope()


def holds(role: str, right: Right, *, scopes: frozenset[str] | None = None) -> bool:
    """Whether a role carries a right, within the scopes of an API token where one is used."""
    return right in RIGHTS.get(Role(role), frozenset()) and (scopes is None or right.value in scopes)


# Whose jobs may be watched and stopped by others than who started them: first part of the kind -> (see, stop).
JOB_RIGHTS = {
    "collect": (Right.SOURCES_VIEW, Right.SOURCES_LOAD),
    "cycle": (Right.SOURCES_VIEW, Right.SOURCES_LOAD),
    "execute": (Right.CAMPAIGNS_VIEW, Right.CAMPAIGNS_LAUNCH),
    "identify": (Right.SOURCES_VIEW, Right.SOURCES_LOAD),
    "plan": (Right.CAMPAIGNS_VIEW, Right.CAMPAIGNS_PLAN),
    "privacy": (Right.PRIVACY_HANDLE, Right.PRIVACY_HANDLE),
    "quality": (Right.SOURCES_VIEW, Right.QUALITY_EDIT),
}


def oversees(role: str, kind: str, *, change: bool, scopes: frozenset[str] | None = None) -> bool:
    """Whether a role may see (or stop) jobs of a kind that somebody else started."""
    right = JOB_RIGHTS.get(kind.partition(".")[0], (Right.STAFF_MANAGE, Right.STAFF_MANAGE))[change]
    return holds(role, right, scopes=scopes) or holds(role, Right.STAFF_MANAGE, scopes=scopes)
