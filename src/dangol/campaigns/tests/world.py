"""A small company with purchases, for the tests of campaigns: a real snapshot, 200 customers, a local mailbox."""

import asyncio
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from dangol.channels.email import mailbox
from dangol.customers.consent.actions import give
from dangol.insight.warehouse import reads as warehouse

PEOPLE = range(1, 201)
AS_OF = date(2026, 9, 30)
STARTS = date(2026, 10, 1)


def snapshot(*, until=date(2026, 11, 30), lift=()):
    """Write a star: every third customer bought for 10,000 in September, every fourth in October, `lift` besides."""
    sales = [(one, date(2026, 9, 10), 10_000 + one) for one in PEOPLE if one % 3 == 0]
    sales += [(one, date(2026, 10, 5), 20_000 + one) for one in PEOPLE if one % 4 == 0 or one in lift]
    tables = {
        "sales_lines": pa.table({
            "order_id": pa.array([f"o{n}" for n in range(len(sales))]), "line_no": pa.array([0] * len(sales), pa.int32()),
            "customer_id": pa.array([row[0] for row in sales], pa.int64()),
            "day": pa.array([row[1] for row in sales], pa.date32()), "amount": pa.array([row[2] for row in sales], pa.int64()),
        }),
        "customers": pa.table({"customer_id": pa.array(list(PEOPLE), pa.int64()),
                               "age_band": pa.array(["20-29" if one % 2 else "30-39" for one in PEOPLE])}),
        "campaigns": pa.table({"campaign_key": ["c1"], "campaign": ["Spring post"], "kind": ["TypeA"],
                               "starts_on": pa.array([date(2026, 3, 1)], pa.date32()),
                               "ends_on": pa.array([date(2026, 3, 31)], pa.date32()), "source": ["past"]}),
        "contacts": pa.table({"campaign_key": ["c1"] * 40, "customer_id": pa.array(range(1, 41), pa.int64()),
                              "channel": ["mail"] * 40, "contacted_on": pa.array([date(2026, 3, 1)] * 40, pa.date32())}),
        "responses": pa.table({"campaign_key": ["c1"] * 6, "customer_id": pa.array([1, 1, 2, 3, 4, 99], pa.int64()),
                               "responded_on": pa.array([date(2026, 3, 9)] * 6, pa.date32()),
                               "kind": ["redemption"] * 6, "detail": [""] * 6}),
    }  # fmt: skip
    with warehouse.store().draft(f"{until:%Y%m%d}-{len(lift):04d}") as draft:
        draft.facts = {"as_of": until.isoformat()}
        for name, table in tables.items():
            path = draft.place(name)
            pq.write_table(table, path)
            draft.add(name, path, table.num_rows)


@contextmanager
def post(settings, folder):
    """A real SMTP receiver on a loopback port, keeping what it gets."""
    from dataclasses import replace

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.DANGOL = replace(settings.DANGOL, smtp_port=port, language="ko", company="한빛화장품")
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(mailbox.serve(port, folder, stop),))
    thread.start()
    for _try in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield folder
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def segment():
    """The RFM segment all of them are in."""
    from dangol.insight.score.reads import SegmentView

    return SegmentView("HHH", "단골", "지키기", "감사합니다", customers=len(PEOPLE), share=1.0)


def people(monkeypatch, by, *, silent=(), homeless=()):
    """Names, addresses and consent of the 200, and a list of what collect was told."""
    from dangol.customers.collect import actions as collect
    from dangol.customers.identify import reads as identify
    from dangol.insight.score import reads as score

    told = []
    monkeypatch.setattr(score, "segments", lambda day=None, by=None: [segment()])
    monkeypatch.setattr(score, "segment_members", lambda code, as_of: pa.array(list(PEOPLE), pa.int64()))
    monkeypatch.setattr(
        identify, "addressees",
        lambda ids: {one: (f"고객{one}", "" if one in homeless else f"c{one}@example.com") for one in ids},
    )  # fmt: skip
    monkeypatch.setattr(identify, "own_keys", lambda ids: {one: ("crm", f"K{one}") for one in ids if one in PEOPLE})
    monkeypatch.setattr(collect, "record", lambda **what: told.append(what))
    give(
        by=by, customer_ids=[one for one in PEOPLE if one not in silent], purpose="marketing", channel="email",
        at=datetime.now(UTC) - timedelta(days=30), text_version="2026-10", proof="form 7",
    )  # fmt: skip
    return told


def fields(**more):
    """A whole plan."""
    return {
        "name": "가을 단골 감사", "aim": "keep", "segments": ["HHH"], "as_of": AS_OF, "offer": "다음 구매 3,000원 할인",
        "discount": 3000, "fixed_cost": 50_000, "cost_per_message": 15, "subject": "{{ name }}님, 감사합니다",
        "body": "안녕하세요, {{ name }}님.\n\n{{ offer }}\n\n{{ link }}", "link_label": "혜택 보기", "starts_on": STARTS,
        "window_days": 28, "control_percent": 20, "seed": 42, "language": "ko",
    } | more  # fmt: skip


def cells(content):
    """Who would be drawn into which cell now: customer_id -> cell."""
    from dangol.campaigns.plan import reads

    found = {}
    for step in reads.draw(content, reads.aim(content).ids):
        found |= step.cells | dict.fromkeys(step.reach.refused, "out")
    return found
