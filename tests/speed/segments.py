"""Live counts of segments over the home a cycle left: `python -m tests.speed.segments`. Prints p50 and p95 per definition.

What is timed is what a page asks after an edit: one condition of the definition is a new one each time, so that it is
asked of the engine, the others are known; then everything is put together, counted part by part and split by channel.
"""

import json
import os
import statistics
import time
from datetime import timedelta
from itertools import count

ROUNDS = 12


def definitions() -> dict:
    """Five typical definitions. n: which edit this is; it changes one bound, never back to an earlier one."""
    from dangol.insight.segments import counting
    from dangol.insight.segments.rules import Filter, Group, Profile, Purchase, Reach, Score, Window

    as_of = counting._served[0].as_of
    some = (Filter("product_key", tuple(str(n) for n in range(100, 140))),)
    rest = (Score("rfm", "segment", "one_of", ("HHH", "HHL")), Profile("kind", "one_of", ("unnamed",)))
    return {
        "often lately": lambda n: Group(parts=(Purchase("orders", 3, None, Window("last", 90 + n)), *rest)),
        "of some products, not since": lambda n: Group(
            parts=(Purchase("orders", 1, None, Window("last", 365, quiet_days=30 + n), some), *rest)
        ),
        "spent much, ever": lambda n: Group("any", (Purchase("amount", 300_000 + n), Reach("email"), *rest)),
        "of some products, ever": lambda n: Group(
            "any", (Purchase("amount", 20_000 + n, None, Window(), some), Group("none", rest))
        ),
        "last year between days": lambda n: Group(
            parts=(Purchase("quantity", 10, None, Window(
                "between", since=as_of - timedelta(days=700 + n), until=as_of - timedelta(days=335))), *rest)
        ),
    }  # fmt: skip


def main() -> dict[str, dict[str, float]]:
    """Lay the facts down and time the counts."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    django.setup()
    from dangol.insight.segments import prepared, reads
    from dangol.insight.segments.rules import Group
    from dangol.staff.reads import system
    from dangol.work.actions import Quiet

    began = time.perf_counter()
    prepared.prepare(Quiet())
    found: dict[str, dict[str, float]] = {"laying down": {"seconds": time.perf_counter() - began}}
    by = system()
    reads.counts(by, Group())
    edits = count(1)
    for name, make in definitions().items():
        reads.counts(by, make(0))
        times, cpu = [], []
        for _round in range(ROUNDS):
            root = make(next(edits))
            clock, processor = time.perf_counter(), time.process_time()
            counts = reads.counts(by, root)
            times.append(1000 * (time.perf_counter() - clock))
            cpu.append(1000 * (time.process_time() - processor))
            assert counts.asked == 1
        found[name] = {
            "p50": statistics.median(times), "p95": sorted(times)[int(0.95 * (ROUNDS - 1))],
            "cpu": statistics.median(cpu), "customers": counts.total or 0, "of": counts.everybody,
        }  # fmt: skip
    return found


if __name__ == "__main__":
    print(json.dumps(main()))
