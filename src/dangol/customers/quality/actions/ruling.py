"""The steward's rules: begin with the usual ones, save a version, switch, undo. No version is ever lost."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from dangol.base.errors import Conflict, NotFound
from dangol.customers.quality.models import Check, CheckVersion
from dangol.customers.quality.reads.ruling import rule_of
from dangol.customers.quality.rules.checks import DEFAULTS, Rule, checked
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right


@transaction.atomic
def begin(*, by: Member) -> int:
    """Write the usual rules where there are none yet; returns how many were written."""
    if Check.objects.exists():
        return 0
    for rule in DEFAULTS:
        _write(by, Check(version=0), checked(rule))
    return len(DEFAULTS)


@transaction.atomic
def save(*, by: Member, rule: Rule) -> Rule:
    """Save a rule as a new one (id 0) or as the next version of the one with its id.

    rule.version: the version that was read. Raises NotAllowed, NotFound, BadInput naming the field, Conflict where
    somebody saved another version meanwhile.
    """
    require(by, Right.QUALITY_EDIT)
    sound = checked(rule)
    if not sound.id:
        return _write(by, Check(version=0), replace(sound, on=True))
    stored = _locked(sound.id)
    if sound.version != stored.version:
        raise Conflict("Somebody changed this rule meanwhile. Look at it again before you save yours.")
    return _write(by, stored, replace(sound, on=stored.on))


@transaction.atomic
def switch(*, by: Member, rule_id: int, on: bool) -> Rule:
    """Switch a rule on or off; what it said is kept. Raises NotAllowed, NotFound."""
    require(by, Right.QUALITY_EDIT)
    stored = _locked(rule_id)
    present = rule_of(stored)
    return present if stored.on == on else _write(by, stored, replace(present, on=on))


@transaction.atomic
def undo(*, by: Member, rule_id: int) -> Rule:
    """Bring back what a rule said before its last change, as a new version. Raises NotFound, Conflict at the first."""
    require(by, Right.QUALITY_EDIT)
    stored = _locked(rule_id)
    earlier = CheckVersion.objects.filter(check_rule=stored, version__lt=stored.version).order_by("-version").first()
    if earlier is None:
        raise Conflict("This is the first version of the rule. Switch it off instead.")
    return _write(by, stored, replace(Rule(**earlier.definition), on=earlier.on))


def _locked(rule_id: int) -> Check:
    stored = Check.objects.select_for_update().filter(pk=rule_id).first()
    if stored is None:
        raise NotFound("There is no such rule.")
    return stored


def _write(by: Member, stored: Check, rule: Rule) -> Rule:
    stored.version, stored.definition, stored.on = stored.version + 1, rule.definition(), rule.on
    stored.save()
    CheckVersion.objects.create(
        check_rule=stored, version=stored.version, definition=stored.definition, on=stored.on, by=by
    )
    detail: dict[str, Any] = {"rule": stored.pk, "version": stored.version}
    note_access(by=by, verb="change", what="quality rule", detail=detail)
    return rule_of(stored)
