"""Who breaks a rule, in the list kit: export, tasks and assignment in bulk, on to Customer 360."""

from types import SimpleNamespace
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput
from dangol.customers.identify import actions as identify
from dangol.customers.quality import actions, reads
from dangol.customers.quality.rules.checks import ASKED, FIELDS, KINDS, SEVERITY_NAMES, Rule
from dangol.staff import reads as staff
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.lists import Bulk, Column, Count, ListPage, ListState, Page, Selection
from dangol.web.quality.pages import frame
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

SHOWN = {"name": "name", "phone": "phone", "email": "email", "gender": "gender", "age_band": "age_band"}


def _rows(rule: Rule) -> Any:
    def rows(state: ListState, limit: int, after: str | None) -> Page:
        found = reads.issues(state.by, rule.id, after=int(after) if after and after.isdecimal() else 0, limit=limit)
        shown = [
            SimpleNamespace(
                id=one.customer.id, label=one.customer.label,
                value=getattr(one.customer, SHOWN.get(rule.field, ""), ""), rep=one.customer.rep,
                unit=one.customer.unit, mended=one.mended, generated=one.customer.generated,
                code=one.customer.code,
            )
            for one in found.rows
        ]  # fmt: skip
        return Page(shown, str(found.next) if found.next is not None else None)

    return rows


def _count(rule: Rule) -> Any:
    return lambda state, _exact: Count(reads.issue_count(state.by, rule.id))


def _mended(row: Any) -> tuple[str, str] | None:
    return ("ok", gettext("put right since")) if row.mended else None


def _numbers(selection: Selection) -> list[int]:
    return [int(one) for one in selection.each() if one.isascii() and one.isdecimal() and len(one) < 19]


def _ask(rule: Rule) -> Any:
    def run(by: Any, selection: Selection, _value: str) -> str:
        made = actions.ask(by=by, rule_id=rule.id, customer_ids=_numbers(selection))
        return ngettext("%(n)s task was made.", "%(n)s tasks were made.", made) % {"n": f"{made:,}"}

    return run


def _assign(by: Any, selection: Selection, value: str) -> str:
    try:
        moved = identify.assign(
            by=by, customer_ids=_numbers(selection), rep_id=int(value), address=by.request_address
        )  # fmt: skip
    except BadInput as error:
        return sentence(error)
    return ngettext("%(n)s customer was put in the rep’s charge.", "%(n)s customers were put in the rep’s charge.",
                    moved) % {"n": f"{moved:,}"}  # fmt: skip


def _reps(member: Any) -> list[tuple[str, str]]:
    return [(str(pk), f"{name} ({unit})" if unit else name) for pk, name, unit in staff.reps(member)]


def _list(rule: Rule) -> ListPage:
    columns = [
        Column("label", _("Customer"), link=lambda row: reverse("customers:one", args=[row.id]),
               generated=lambda row: "name" in row.generated),
    ]  # fmt: skip
    if rule.field in SHOWN and rule.field != "name":
        columns.append(Column("value", gettext(FIELDS[rule.field].label),
                              generated=lambda row: rule.field in row.generated))  # fmt: skip
    columns += [
        Column("mended", _("State"), "badge", value=_mended), Column("rep", _("Rep in charge")),
        Column("unit", _("Branch")), Column("code", _("Customer code"), shown=False),
    ]  # fmt: skip
    bulk = [
        Bulk("assign", _("Put in the charge of"), _assign, right=Right.CUSTOMERS_EDIT, choices=_reps, icon="people")
    ]
    if rule.field in ASKED:
        bulk.insert(0, Bulk("ask", _("Make a task for the rep"), _ask(rule), right=Right.CUSTOMERS_EDIT, icon="check"))
    return ListPage(
        name=f"quality.rule.{rule.id}", title=_("Customers"), unit=pgettext_lazy("counted", "customers"),
        columns=tuple(columns),
        rows=_rows(rule), count=_count(rule), bulk=tuple(bulk), export_right=Right.CUSTOMERS_EXPORT, saved=False,
        empty=(_("Nobody breaks this rule"), _("Of the customers you may see, none did at the last measuring."),
               reverse("quality:rules"), _("All rules")),
    )  # fmt: skip


@page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
def issues(request: Request, rule_id: int) -> HttpResponseBase:
    """Customers who break a rule."""
    rule = reads.rule(request.user, rule_id)
    request.user.request_address = address_of(request)
    context = frame(request, "rules") | {"rule": rule, "kind": KINDS[rule.kind], "severities": SEVERITY_NAMES}
    return _list(rule).respond(request, "quality/issues.html", context)
