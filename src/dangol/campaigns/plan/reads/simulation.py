"""What a plan can be expected to bring, from the counts of its people."""

from dataclasses import asdict
from typing import Any

from dangol.campaigns.knowledge.reads import usual_rate
from dangol.campaigns.plan import rules
from dangol.campaigns.plan.reads.people import Counts

PRICES = ("margin_percent", "discount", "fixed_cost", "cost_per_message")


def simulation(by: Any, content: dict[str, Any], counts: Counts) -> dict[str, Any]:
    """People, reach with reasons, past purchases, expectation; the plan's prices are those of its present content."""
    plain = rules.canonical(content)
    prices = {name: plain[name] if isinstance(plain[name], int) else rules.FIELDS[name].default or 0 for name in PRICES}
    usual = usual_rate(by)  # that of all past campaigns together
    expected = rules.expect(
        counts.base, treated=counts.target, control=counts.control, response=usual.share if usual else None, **prices
    )
    base = counts.base
    return {
        "segment_size": counts.segment_size, "people": counts.people, "reachable": counts.reachable,
        "reasons": counts.reasons, "snapshot": counts.snapshot, "counted_at": counts.counted_at,
        "base": asdict(base) | {"buying_share": base.buying_share, "per_customer": base.per_customer,
                                "ticket": base.ticket},
        "expected": asdict(expected),
    }  # fmt: skip
