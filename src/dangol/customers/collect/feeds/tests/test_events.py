"""Events of web sites: each once, tied to the customer, nothing personal besides."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from django.test import Client

from dangol.base.errors import BadInput, NotAllowed, TooMuch
from dangol.base.identifiers import file_hash
from dangol.customers.collect import reads as collected
from dangol.customers.collect.feeds import actions, events, reads
from dangol.customers.collect.feeds.models import Site, WebEvent
from dangol.customers.collect.feeds.rules import happened
from dangol.customers.consent import actions as consent
from dangol.staff.reads import system
from dangol.work.actions import Quiet

SHOP = "https://shop.example"
NOW = datetime(2026, 1, 5, 3, tzinfo=UTC)


@pytest.fixture
def site(cast):
    return actions.keep_site(by=cast.steward, code="shop", system="crm", origins=[SHOP])


def event(number, kind="track", user=None, visitor="v1", **more):
    given = {"type": kind, "messageId": f"m{number}", "anonymousId": visitor, "event": "Product Viewed", **more}
    return {name: value for name, value in (given | {"userId": user}).items() if value is not None}


def hear(site, *sent, origin=SHOP, now=NOW):
    return actions.hear(write_key=site.write_key, origin=origin, body={"batch": list(sent)}, now=now)


def gathered():
    """Rows in force by the rule of reads: a later row of a line key supersedes the earlier one."""
    rows = {}
    for file in collected.raw_files("events"):
        rows |= {row["line_key"]: row for row in pq.read_table(file.path).to_pylist()}
    return {row["event_key"]: row for row in rows.values()}


def gather():
    return events.gather(Quiet())


def test_event_is_kept_once_however_often_it_is_sent(site):
    assert vars(hear(site, event(1), event(2), event(1))) == {"new": 2, "known": 1}
    assert vars(hear(site, event(2), event(3))) == {"new": 1, "known": 1}
    assert gather() == {"gathered": 3, "tied": 0}
    assert vars(hear(site, event(3))) == {"new": 0, "known": 1}
    assert gather() == {"gathered": 0, "tied": 0}
    assert sorted(gathered()) == ["m1", "m2", "m3"]


def test_row_says_who_what_when_where_and_nothing_personal_besides(site):
    hear(site, event(1, user="H-0001", properties={"product_id": "p1", "price": 12.5, "email": "mina@example.com"},
                     context={"ip": "203.0.113.9", "userAgent": "x", "page": {"url": f"{SHOP}/p/1?email=a@b.example#x"},
                              "campaign": {"name": "봄 할인", "source": "mail"}},
                     timestamp="2026-01-05T02:59:00Z"))  # fmt: skip
    hear(site, event(2, "identify", user="H-0001", traits={"name": "김민아", "phone": "010-1234-5678"}))
    kept = json.dumps(list(WebEvent.objects.order_by("pk").values_list("fields", flat=True)), ensure_ascii=False)
    assert not [word for word in ("mina", "203.0", "김민아", "010-", "a@b", "userAgent") if word in kept]
    gather()
    row = gathered()["m1"]
    assert (row["customer_key"], row["visitor"], row["event"], row["site"]) == (
        "H-0001",
        "v1",
        "Product Viewed",
        "shop",
    )
    assert (row["page"], row["campaign"], row["source"]) == ("/p/1", "봄 할인", "crm")
    assert json.loads(row["properties"]) == {"price": 12.5, "product_id": "p1"}
    assert row["happened_at"] == datetime(2026, 1, 5, 2, 59)
    assert gathered()["m2"]["event"] == "Identified"


def test_identify_ties_earlier_and_later_events_of_the_visitor_to_the_customer(site):
    hear(site, event(1), event(2, visitor="other"))
    gather()
    assert gathered()["m1"]["customer_key"] is None
    hear(site, event(3), event(4, "identify", user="H-0001"), event(5))
    assert gather() == {"gathered": 3, "tied": 1}
    assert {key: row["customer_key"] for key, row in gathered().items()} == {
        "m1": "H-0001", "m2": None, "m3": "H-0001", "m4": "H-0001", "m5": "H-0001",
    }  # fmt: skip
    assert gather() == {"gathered": 0, "tied": 0}


def test_second_customer_at_the_same_machine_does_not_take_the_first_ones_events(site):
    hear(site, event(1), event(2, "identify", user="H-0001"))
    gather()
    hear(site, event(3, "identify", user="H-0002"), event(4, user="H-0002"))
    gather()
    found = {key: row["customer_key"] for key, row in gathered().items()}
    assert found == {"m1": "H-0001", "m2": "H-0001", "m3": "H-0002", "m4": "H-0002"}


def test_process_that_died_before_the_mark_gathers_nothing_twice(site):
    hear(site, event(1))
    gather()
    WebEvent.objects.update(gathered=False)
    assert gather()["gathered"] == 0
    assert WebEvent.objects.filter(gathered=False).count() == 0
    assert sum(file.rows for file in collected.raw_files("events")) == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (event(1, "alias"), "/batch/0/type"), (event(1, visitor=None), "/batch/0/userId"),
        (event(1, messageId=None), "/batch/0/messageId"), (event(1, event=["x"]), "/batch/0/event"),
        (event(1, "identify"), "/batch/0/userId"), (event(1, properties=[]), "/batch/0/properties"),
        (event(1, visitor="x" * 101), "/batch/0/anonymousId"), (event(1, user={"$gt": ""}), "/batch/0/userId"),
    ],
)  # fmt: skip
def test_event_of_another_shape_is_refused_with_its_field_and_none_is_kept(site, sent, field):
    with pytest.raises(BadInput) as failure:
        hear(site, sent, event(2))
    assert failure.value.field == field
    assert WebEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        ({}, 0), ({"timestamp": "2026-01-05T02:00:00Z"}, -60), ({"timestamp": "2027-01-01T00:00:00Z"}, 0),
        # a clock three hours fast: only the time between doing and sending counts
        ({"originalTimestamp": "2026-01-05T05:50:00Z", "sentAt": "2026-01-05T06:00:00Z"}, -10),
        ({"timestamp": "yesterday"}, 0), ({"timestamp": "1970-01-01T00:00:00Z"}, 0),
    ],
)  # fmt: skip
def test_time_is_the_servers_whatever_the_visitors_clock_says(given, minutes):
    assert happened(given, NOW) == NOW + timedelta(minutes=minutes)


def test_foreign_pages_unknown_keys_and_floods_are_refused(site, monkeypatch):
    for key, origin in (("site_wrong", SHOP), ("", SHOP), (site.write_key, "https://evil.example")):
        with pytest.raises(NotAllowed):
            actions.hear(write_key=key, origin=origin, body=event(1), now=NOW)
    monkeypatch.setattr(events, "CALLS_PER_MINUTE", 3)
    for number in range(3):
        hear(site, event(number))
    with pytest.raises(TooMuch, match="Wait 60"):
        hear(site, event(9))
    assert hear(site, event(9), now=NOW + timedelta(minutes=1)).new == 1
    Site.objects.update(enabled=False)
    with pytest.raises(NotAllowed):
        hear(site, event(10), now=NOW + timedelta(minutes=2))


def test_browser_of_an_allowed_page_is_let_in_and_others_are_not(site):
    address = "/api/v1/events"
    asked = Client().options(address, headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"})
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, SHOP)
    assert "Access-Control-Allow-Origin" not in Client().options(address, headers={"Origin": "https://evil.example"})
    key = base64.b64encode(f"{site.write_key}:".encode()).decode()
    sent = Client().post(address, json.dumps(event(1)), content_type="application/json",
                         headers={"Origin": SHOP, "Authorization": f"Basic {key}"})  # fmt: skip
    assert (sent.status_code, sent.json()) == (200, {"success": True, "new": 1, "known": 0})
    assert sent["Access-Control-Allow-Origin"] == SHOP
    plain = Client().post(address, json.dumps({**event(2), "writeKey": site.write_key}), content_type="text/plain")
    assert plain.json()["new"] == 1
    assert Client().post(address, json.dumps(event(3)), content_type="application/json").status_code == 403
    assert Client().post(address, b"x" * 2_000_000, content_type="text/plain").status_code in (413, 422)


def test_site_needs_real_origins_and_its_key_can_be_renewed(cast, site):
    for origin in ("*", "javascript:alert(1)", "https://shop.example/path", "shop.example"):
        with pytest.raises(BadInput):
            actions.keep_site(by=cast.steward, code="other", origins=[origin])
    renewed = actions.renew_key(by=cast.steward, code="shop")
    assert renewed.write_key != site.write_key
    with pytest.raises(NotAllowed):
        hear(site, event(1))
    with pytest.raises(NotAllowed):
        reads.sites(cast.rep)


def test_gathered_events_are_forgotten_after_a_while(site):
    hear(site, event(1))
    gather()
    hear(site, event(2))
    assert events.prune(now=NOW + timedelta(days=29)) == 0
    assert events.prune(now=NOW + timedelta(days=31)) == 1
    assert WebEvent.objects.get().message_id == "m2"


def test_erased_persons_events_stay_and_count_but_name_nobody_in_any_file(site, home):
    hear(site, event(1, visitor="v1", properties={"product_id": "p1"}), event(2, visitor="v2", user="H-0002"))
    gather()
    hear(site, event(3, kind="identify", visitor="v1", user="H-0001"), event(4, visitor="v1"))
    gather()  # m1 is H-0001's from here on, and a later file says so
    consent.erased(by=system(), customer_ids=[], addresses=[("key", "crm:H-0001")])
    assert actions.forget(keys=[("crm", "H-0001")]) > 0
    assert actions.forget(keys=[("crm", "H-0001")]) == 0
    hear(site, event(5, kind="identify", visitor="v1", user="H-0001"), event(6, visitor="v3", user="H-0002"))
    gather()
    rows = gathered()
    assert {name: (row["customer_key"], row["visitor"]) for name, row in rows.items()} == {
        "m1": (None, None), "m2": ("H-0002", "v2"), "m3": (None, None), "m4": (None, None), "m5": (None, None),
        "m6": ("H-0002", "v3"),
    }  # fmt: skip
    assert (rows["m1"]["event"], rows["m1"]["properties"]) == ("Product Viewed", None)
    files = list((home / "raw" / "shop.web-events").iterdir())
    assert sorted(map(str, files)) == sorted(str(file.path) for file in collected.raw_files("events"))
    assert all(file_hash(file.path) == file.sha256 for file in collected.raw_files("events"))
    told = {
        row[name] for file in files for row in pq.read_table(file).to_pylist() for name in ("customer_key", "visitor")
    }
    assert told == {None, "H-0002", "v2", "v3"}
    assert not WebEvent.objects.filter(fields__icontains="H-0001").exists()
