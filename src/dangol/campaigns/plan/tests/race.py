"""Pairs of approvers at the same moment: `python -m dangol.campaigns.plan.tests.race` on a database of its own."""

import json
import threading

PAIRS = 25


def race():
    """For every pair: what both approvers heard, how many decisions stand, and the plan's state."""
    from dangol.campaigns.plan import actions, reads
    from dangol.campaigns.plan.models import Decision
    from dangol.campaigns.tests import world
    from tests.cast import assemble

    cast = assemble()
    found = []
    for pair in range(PAIRS):
        view = actions.draft(by=cast.marketer, **world.fields(name=f"pair {pair}"))
        actions.submit(by=cast.marketer, plan_id=view.id)
        heard = _decide_together((cast.approver.pk, cast.administrator.pk), view)
        state = reads.plan(cast.marketer, view.id).state
        found.append([sorted(heard), Decision.objects.filter(plan_id=view.id).count(), state])
    return found


def _decide_together(members, view):
    from django.db import connections

    from dangol.base.errors import Conflict
    from dangol.campaigns.plan import actions
    from dangol.staff.models import Member

    heard, gate = [], threading.Barrier(2)

    def decide(member_id):
        member = Member.objects.get(pk=member_id)
        gate.wait(10)
        try:
            actions.approve(by=member, plan_id=view.id, content_hash=view.hash)
            heard.append("won")
        except Conflict as error:
            heard.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(one,)) for one in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return heard


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(race()))
