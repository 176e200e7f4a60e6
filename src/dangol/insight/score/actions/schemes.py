"""Publish schemes: the company's, and those of channels."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from dangol.base.errors import Conflict, NotFound
from dangol.insight.score import rules
from dangol.insight.score.models import Channel, Scheme
from dangol.insight.score.reads import channels
from dangol.insight.score.reads.schemes import schemes_of
from dangol.staff.reads import Member, require, system
from dangol.staff.rules import Right
from dangol.work.actions import enqueue

MOST_CHANNELS = 12


def in_force(channel: str = "") -> Scheme:
    """The version in force; the company's first one is made here. For this room only. Raises NotFound."""
    found = schemes_of(channel).first()
    if found is None and channel:
        raise NotFound("The channel “{channel}” has no scheme of its own.", channel=channel)
    return found or Scheme.objects.create(version=1, definition=_versioned(rules.DEFAULT, 1).as_dict(), by=system())


def _versioned(scheme: rules.RfmScheme, version: int) -> rules.RfmScheme:
    return rules.from_dict({**scheme.as_dict(), "version": version})


def save_scheme(*, by: Member, scheme: rules.RfmScheme, channel: str = "") -> tuple[int, int]:
    """Publish a scheme as the next version and queue the scoring; quantile cut points are computed anew for it.

    channel: whose scheme it is, "" for the company's; a channel's first one is made by `give_scheme`. Returns the
    version and the id of the job. Raises NotAllowed, NotFound, Conflict when somebody published at the same time.
    """
    require(by, Right.INSIGHT_EDIT)
    last = in_force(channel)
    definition = _versioned(scheme.without_computed(), last.version + 1).as_dict()
    return _publish(by, last.version + 1, definition, None, last.channel)


def use_scheme_again(*, by: Member, version: int, channel: str = "") -> tuple[int, int]:
    """Publish an earlier version once more, with the cut points it had, and queue the scoring.

    Returns the new version and the id of the job. Raises NotAllowed, NotFound, Conflict (it is in force, or somebody
    published at the same time).
    """
    require(by, Right.INSIGHT_EDIT)
    newest, old = in_force(channel), schemes_of(channel).filter(version=version).first()
    if old is None:
        raise NotFound("There is no version {version} of the scheme.", version=version)
    if old.version == newest.version:
        raise Conflict("This version is in force already.")
    definition = _versioned(rules.from_dict(old.definition), newest.version + 1).as_dict()
    return _publish(by, newest.version + 1, definition, old.cut_on, newest.channel)


def give_scheme(*, by: Member, channel: str) -> tuple[int, int]:
    """Score the customers of a channel by a scheme of its own, and queue the scoring.

    It begins with the numbers of groups, weights and window of the company's, its cut points computed from the
    channel's own customers; one that was withdrawn goes on from its last version. Returns the version and the id of the
    job. Raises NotAllowed, NotFound where nobody buys in it, Conflict where it has one or there are too many.
    """
    require(by, Right.INSIGHT_EDIT)
    channel = channel.strip()
    if channel not in {one.name for one in channels.of_purchases()}:
        raise NotFound("There are no purchases in the channel “{channel}”.", channel=channel)
    if Channel.objects.filter(withdrawn_at=None).count() >= MOST_CHANNELS:
        raise Conflict("There are {most} channels with a scheme already. Withdraw one that is not used any more.",
                       most=MOST_CHANNELS)  # fmt: skip
    with transaction.atomic():
        row, _made = Channel.objects.get_or_create(name=channel, defaults={"by": by, "withdrawn_at": timezone.now()})
        if not Channel.objects.filter(pk=row.pk, withdrawn_at__isnull=False).update(withdrawn_at=None):
            raise Conflict("The channel “{channel}” has a scheme of its own already.", channel=channel)
        last = schemes_of(channel).first()
        base = rules.from_dict(last.definition if last else in_force().definition)
        definition = _versioned(base if last else base.for_a_part(), last.version + 1 if last else 1)
        return _publish(by, definition.version, definition.without_computed().as_dict(), None, row)


def withdraw_scheme(*, by: Member, channel: str) -> None:
    """Score nobody by a channel's scheme any more; its versions stay. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_EDIT)
    gone = Channel.objects.filter(name=channel, withdrawn_at=None)
    if not gone.update(withdrawn_at=timezone.now(), withdrawn_by=by):
        raise NotFound("The channel “{channel}” has no scheme of its own.", channel=channel)


def _publish(
    by: Member, version: int, definition: dict[str, Any], cut_on: date | None, channel: Channel | None
) -> tuple[int, int]:
    """Write down a version and queue its scoring. Raises Conflict."""
    try:
        with transaction.atomic():
            Scheme.objects.create(version=version, definition=definition, cut_on=cut_on, by=by, channel=channel)
    except IntegrityError:
        raise Conflict("Somebody else published a scheme a moment ago. Look at it before you publish yours.") from None
    whose = channel.name if channel else ""
    key = f"score.run:{channel.pk}:{version}" if channel else f"score.run:{version}"
    return version, enqueue(kind="score.run", arguments={"channel": whose}, by=by, unique_key=key)
