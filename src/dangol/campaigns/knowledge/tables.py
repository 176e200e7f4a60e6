"""What past campaigns counted: contacted customers and those who answered."""

from collections.abc import Sequence

import ibis
from ibis.expr.types import Table


def answered(campaigns: Table, contacts: Table, responses: Table, *, not_counted: Sequence[str]) -> Table:
    """One row per campaign: campaign_key, campaign, kind, starts_on, ends_on, source, contacted, responded, outside.

    contacted: distinct customers on the target list. responded: those of them with an answer. outside: distinct
    customers who answered without being on the list.
    """
    asked = contacts.select("campaign_key", "customer_id").distinct()
    said = responses.filter(~responses.kind.isin(list(not_counted))).select("campaign_key", "customer_id").distinct()
    both = asked.mutate(asked=ibis.literal(1, "int64")).outer_join(
        said.mutate(said=ibis.literal(1, "int64")), ["campaign_key", "customer_id"], rname="{name}_said"
    )
    each = both.select(
        campaign_key=ibis.coalesce(both.campaign_key, both.campaign_key_said),
        asked=both.asked.fill_null(0),
        said=both.said.fill_null(0),
    )
    counts = each.group_by("campaign_key").agg(
        contacted=each.asked.sum(),
        responded=(each.asked * each.said).sum(),
        outside=((1 - each.asked) * each.said).sum(),
    )
    joined = campaigns.left_join(counts, "campaign_key")
    return joined.select(
        "campaign_key", "campaign", "kind", "starts_on", "ends_on", "source",
        contacted=joined.contacted.fill_null(0),
        responded=joined.responded.fill_null(0),
        outside=joined.outside.fill_null(0),
    )  # fmt: skip
