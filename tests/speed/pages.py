"""Page times at full size, by Django's test client against a generated home. Each hook is a page and its questions."""

import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

ROUNDS = 40
WARM = 3


def _search() -> Iterator[str]:
    """Search as you type, by name, number and code."""
    words = ["김민아", "이서", "박지호", "C00012345", "5678", "c777@example.com", "최", "정하연"]
    return (f"/customers/?q={word}" for word in cycle(words))


def _customer() -> Iterator[str]:
    """Customer 360."""
    from dangol.customers.identify.models import Customer

    last = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 1
    first = Customer.objects.order_by("pk").values_list("pk", flat=True).first() or 1
    return (f"/customers/{first + n * 7919 % (last - first + 1)}/" for n in cycle(range(1000)))


def _segments() -> Iterator[str]:
    """The segments with their counts."""
    return cycle(["/insight/"])


def _home() -> Iterator[str]:
    """The home page of an analyst."""
    return cycle(["/"])


def _explorer() -> Iterator[str]:
    """The explorer as it opens."""
    return cycle(["/explorer/"])


def _filtered() -> Iterator[str]:
    """The explorer's answer to a filter nobody asked for before: sales by age of one month."""
    from dangol.reports.asked import Asked, Figure, query

    months = [f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)]
    wheres = (f"month = '{month}' and store != '{other}'" for other in range(400) for month in months)
    figures = (Figure("sales_amount"), Figure("buying_customers"))
    return (f"/explorer/?{query(Asked(rows=('age_band',), figures=figures, where=where))}" for where in wheres)


def _report() -> Iterator[str]:
    """A standard report: sales trend and its causes."""
    return cycle(["/analysis/causes/"])


# What is measured: name -> addresses to ask in turn. A page joins by adding its line here.
PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "customer search": _search,
    "customer 360": _customer,
    "segment count": _segments,
    "home": _home,
    "explorer": _explorer,
    "explorer, a new filter": _filtered,
    "report of sales": _report,
}


def pages() -> dict[str, Any]:
    """p50 and p95 in milliseconds of each page, p95 of its processor time, or the status of the one that did not answer."""
    from django.test import Client

    from dangol.insight.answers import waiting
    from dangol.staff.models import Member
    from dangol.staff.rules import Role

    waiting.FIRST_SECONDS = 60.0  # the whole answer is measured, not the frame that comes before it
    member, _made = Member.objects.get_or_create(
        email="bench@example.com", defaults={"name": "Bench", "role": Role.ANALYST, "password": "!"}
    )
    client = Client(headers={"accept-language": "ko"}, SERVER_NAME="127.0.0.1")
    client.force_login(member)
    return {name: _measure(client, addresses()) for name, addresses in PAGES.items()}


def _measure(client: Any, addresses: Iterator[str]) -> dict[str, float]:
    times, worked = [], []
    for address in islice(addresses, WARM + ROUNDS):
        start, begun = time.perf_counter(), time.process_time()
        response = client.get(address, follow=True)
        _ = response.content if not response.streaming else b"".join(response.streaming_content)
        times.append(time.perf_counter() - start)
        worked.append(time.process_time() - begun)
        if response.status_code != 200:
            return {"status": response.status_code}
    kept, cpu = sorted(times[WARM:]), sorted(worked[WARM:])
    place = int(len(kept) * 0.95) - 1
    return {"p50": 1000 * kept[len(kept) // 2], "p95": 1000 * kept[place], "cpu": 1000 * cpu[place]}
