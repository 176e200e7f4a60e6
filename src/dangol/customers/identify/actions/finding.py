"""Find customers who are one person, where anybody changed since the last time."""

from typing import Any

from django.db.models import Max

from dangol.customers.identify.linkage import actions as linkage
from dangol.customers.identify.matching import actions as matching
from dangol.customers.identify.models import Customer, Taken
from dangol.customers.identify.reads.whole import records
from dangol.work.actions import Running

DONE = "find"


def find(running: Running, *, only_new: bool = True) -> dict[str, Any]:
    """Compare new and changed named customers with all; merge the sure, queue the doubtful, note households.

    Nothing is read where no customer changed since the last run. Returns what the linkage reports, {} for nothing.
    """
    newest = Customer.objects.filter(kind="named", merged_into=None).aggregate(last=Max("updated_at"))["last"]
    mark = int(newest.timestamp() * 1_000_000) if newest else 0
    seen = Taken.objects.filter(kind=DONE).values_list("batch", flat=True).first()
    if not mark or (only_new and seen == mark):
        return {}
    report = linkage.find(
        running, people=records, propose=matching.propose, settle=matching.households, only_new=only_new
    )
    # The moment from before the comparison: whoever changes during it, also by its merges, is looked at next time.
    Taken.objects.update_or_create(kind=DONE, defaults={"batch": mark, "live": True})
    return report
