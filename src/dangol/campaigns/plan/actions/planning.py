"""Draft, edit, simulate, approve."""

import secrets
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext, override

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.base.identifiers import token
from dangol.campaigns.plan import reads, rules
from dangol.campaigns.plan.actions.submitting import locked
from dangol.campaigns.plan.models import Decision, Plan
from dangol.channels import letters
from dangol.channels import reads as channels
from dangol.channels.rules import Receipt
from dangol.insight.score import reads as score
from dangol.insight.segments import reads as segments
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work.actions import Quiet, Running, enqueue

SEED_BITS = 48


def draft(*, by: Any, **fields: Any) -> reads.PlanView:
    """A new plan; fields as in rules.FIELDS, any of them missing or wrong. Raises BadInput for a field unknown.

    One that says no reason takes over the recommended strategies of its RFM segments, with where they come from.
    """
    require(by, Right.CAMPAIGNS_PLAN)
    _known(fields)
    _visible(by, fields)
    defaults = {"seed": secrets.randbits(SEED_BITS), "language": settings.DANGOL.language}
    content = rules.canonical(defaults | fields)
    if content["segments"] and not content["why"]:
        content = rules.canonical(content | _strategy(content["segments"], content["language"]))
    row = Plan.objects.create(name=content["name"][:120], content=content, by=by)
    return reads.plan(by, row.pk)


def _strategy(codes: Sequence[str], language: str) -> dict[str, str]:
    """The recommended strategies of segments as a plan's reason, in the plan's language."""
    with override(language if language in rules.LANGUAGES else get_language()):
        known = score.strategies()
        found = [(known[code], score.strategy(code, get_language() or "en")) for code in codes if code in known]
        authors = sorted({view.edited_by for view, _text in found if view.edited_by})
        source = gettext("Recommended strategy of RFM segments: %(names)s") % {
            "names": ", ".join(view.name for view, _text in found)
        }
        rewritten = " · " + gettext("rewritten by: %(names)s") % {"names": ", ".join(authors)} if authors else ""
    texts = [f"{view.name}: {text}" if len(found) > 1 else text for view, text in found]
    return {"why": "\n".join(texts), "why_from": (source + rewritten)[:200] if found else ""}


def copy(*, by: Any, plan_id: int) -> reads.PlanView:
    """A new draft with the content of another plan and a seed of its own."""
    content = dict(reads.plan(by, plan_id).content)
    content.pop("seed")
    content.pop("frozen")
    return draft(by=by, **content)


def _known(fields: dict[str, Any]) -> None:
    for name in fields:
        if name not in rules.FIELDS:
            raise BadInput("A plan has no field {name}.", field=name, name=name)
    if fields.get("frozen"):
        raise BadInput("Who is in the segments is frozen when the plan is handed in.", field="frozen")


def _visible(by: Any, fields: dict[str, Any]) -> None:
    """Raises NotFound for a segment that somebody built for themselves alone."""
    for one in rules.canonical(fields)["built"]:
        segments.visible_id(by, one)


def edit(*, by: Any, plan_id: int, version: int | None = None, **fields: Any) -> reads.PlanView:
    """Change fields of a plan; always saves, also what is wrong. Any change voids submission and approval.

    version: the one the editor saw. Raises Conflict where somebody else changed it since, or it was launched.
    """
    require(by, Right.CAMPAIGNS_PLAN)
    _known(fields)
    _visible(by, fields)
    with transaction.atomic():
        row = locked(plan_id)
        if row.state not in rules.EDITABLE:
            raise Conflict("This campaign was launched and can no longer be changed. Copy it to plan another.")
        if version is not None and version != row.version:
            raise Conflict("Somebody else has changed this plan since you opened it. Load the page again.")
        content = rules.canonical(row.content | fields)
        if content != row.content:
            content["frozen"] = []  # it is handed in anew, with those who are in the segments then
            row.content, row.name = content, content["name"][:120]
            row.version += 1
            row.state, row.approved_hash, row.submitted_at = rules.DRAFT, "", None
            row.save()
    return reads.plan(by, plan_id)


def simulate(*, by: Any, plan_id: int) -> dict[str, Any]:
    """Count whom the plan reaches, keep it with the plan and say what to expect.

    For a plan that aims at many a call of half a minute: doors leave it to the job `plan.count`, see `start_count`.
    Raises BadInput while the aim is not whole.
    """
    require(by, Right.CAMPAIGNS_VIEW)
    run_count(Quiet(by=by), plan_id)
    view = reads.plan(by, plan_id)
    counts = reads.kept(view)
    if counts is None:
        raise Conflict("Somebody else has changed this plan since you opened it. Load the page again.")
    return reads.simulation(by, view.content, counts)


def start_count(*, by: Any, plan_id: int) -> int:
    """Queue the count of a plan's people; while one waits or runs its id is returned instead. Raises NotFound."""
    reads.plan(by, plan_id)
    return enqueue(kind="plan.count", arguments={"plan_id": plan_id}, by=by, unique_key=reads.count_key(plan_id))


class _Changed(Exception):
    """The plan aims at others than when the count began."""


def run_count(running: Running, plan_id: int) -> dict[str, Any]:
    """Count a plan's people and keep the counts with it: the handler of the job `plan.count`.

    A plan that is changed meanwhile is counted as it is then. Returns {people}. Raises NotFound, BadInput, Cancelled.
    """
    while True:
        content = _content(plan_id)
        wanted = rules.counted_by(content)

        def tick(done: int, total: int, wanted: str = wanted) -> None:
            running.progress(done, total, rules.N_("Counting who can be reached"))
            if rules.counted_by(_content(plan_id)) != wanted:
                raise _Changed

        try:
            counts = reads.count(content, tick)
        except _Changed:
            continue
        with transaction.atomic():
            row = locked(plan_id)
            if rules.counted_by(row.content) == wanted:
                row.simulation = counts.plain()
                row.save(update_fields=["simulation"])
                return {"people": counts.people}


def _content(plan_id: int) -> dict[str, Any]:
    found = Plan.objects.filter(pk=plan_id).values_list("content", flat=True).first()
    if found is None:
        raise NotFound("There is no such campaign.")
    return rules.canonical(found)


def approve(*, by: Any, plan_id: int, content_hash: str, comment: str = "") -> reads.PlanView:
    """Approve exactly the content with this hash. The planner cannot approve it: two people stand behind a launch.

    Of two approvers at the same moment exactly one decides; the other gets Conflict with name and time.
    """
    return _decide(by, plan_id, rules.APPROVED, content_hash, comment)


def send_back(*, by: Any, plan_id: int, content_hash: str, comment: str) -> reads.PlanView:
    """Return a plan to its planner with a comment. Raises BadInput without one, Conflict as `approve`."""
    if not comment.strip():
        raise BadInput("Say what should be changed.", field="comment")
    return _decide(by, plan_id, rules.SENT_BACK, content_hash, comment)


def _decide(by: Any, plan_id: int, verdict: str, content_hash: str, comment: str) -> reads.PlanView:
    require(by, Right.CAMPAIGNS_APPROVE)
    with transaction.atomic():
        row = locked(plan_id)
        if row.by_id == by.pk:
            raise NotAllowed("You planned this campaign; somebody else has to approve it.")
        if row.state != rules.SUBMITTED:
            raise _decided(row)
        if rules.fingerprint(row.content) != content_hash:
            raise Conflict("The plan was changed after you opened it. Read it again before you decide.")
        row.state = verdict
        row.approved_hash = content_hash if verdict == rules.APPROVED else ""
        row.save(update_fields=["state", "approved_hash"])
        Decision.objects.create(
            plan=row, verdict=verdict, content_hash=content_hash, version=row.version, comment=comment.strip(), by=by
        )
        note_access(by=by, verb="change", what="campaign", detail={"plan": plan_id, "verdict": verdict})
    return reads.plan(by, plan_id)


def _decided(row: Plan) -> Conflict:
    last = row.decisions.select_related("by").order_by("-pk").first()
    if last is None or row.state == rules.DRAFT:
        return Conflict("This plan is not waiting for approval.")
    at = timezone.localtime(last.at, settings.DANGOL.zone)
    return Conflict("This plan was already decided by {name}, {time}.", name=last.by.name, time=f"{at:%Y-%m-%d %H:%M}")


def mark_launched(*, by: Any, plan_id: int, content_hash: str) -> dict[str, Any]:
    """Take an approved plan out for launching, once; call it inside the launch's transaction. Returns its content.

    Raises Conflict unless the plan is approved and its content has this hash still.
    """
    require(by, Right.CAMPAIGNS_LAUNCH)
    row = locked(plan_id)
    now = rules.fingerprint(row.content)
    if row.state == rules.LAUNCHED:
        raise Conflict("This campaign was launched already.")
    if row.state != rules.APPROVED or not row.approved_hash or row.approved_hash != now:
        raise Conflict("This plan is not approved as it stands. Submit it for approval again.")
    if content_hash != now:
        raise Conflict("What you want to launch is not what was approved. Load the page again.")
    row.state = rules.LAUNCHED
    row.save(update_fields=["state"])
    return rules.canonical(row.content)


def discard(*, by: Any, plan_id: int) -> None:
    """Delete a draft nobody has decided on. Raises Conflict otherwise."""
    require(by, Right.CAMPAIGNS_PLAN)
    with transaction.atomic():
        row = locked(plan_id)
        if row.state != rules.DRAFT or row.decisions.exists():
            raise Conflict("Only a draft that nobody has decided on can be deleted.")
        row.delete()


def try_message(*, by: Any, plan_id: int) -> Receipt:
    """Send the message to the planner's own address, as a customer would get it. Raises Delivery, BadInput.

    Its links are of a token the ledger does not know: they open the neutral page.
    """
    require(by, Right.CAMPAIGNS_PLAN)
    view = reads.plan(by, plan_id)
    letter = letters.Letter(reads.letter_content(view.content))
    adapter = channels.channel(view.content["channel"])
    try:
        return adapter.send(letter.fill(token=token(), values={"name": by.name}, to=by.email))
    finally:
        adapter.close()
