"""Connections, sites and schedules in the web."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from dangol.customers.collect import actions as collect
from dangol.customers.collect import reads as collected
from dangol.customers.collect.feeds import actions
from dangol.health import findings
from dangol.work import worker
from dangol.work.schedules import actions as schedules
from dangol.work.schedules import reads as scheduled
from dangol.work.schedules.rules import Plan

PLAN = {"every": "daily", "minutes": 60, "at": "03:00", "month_day": 1, "retries": 3, "late_minutes": 60}


@pytest.fixture
def file(home):
    """A SQLite file in the folder of sources."""
    path = home / "inbox" / "erp.sqlite"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE goods (product_key TEXT, product TEXT, updated_at TEXT)")
        database.execute("INSERT INTO goods VALUES ('a', '크림', '2026-01-05 10:00')")
    return path


@pytest.fixture
def administrator(client, cast):
    client.force_login(cast.administrator)
    return client


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_database_becomes_a_source_that_is_fetched_by_the_clock(administrator, file, cast):
    answer = administrator.post("/sources/connections/new/", {"code": "erp", "kind": "sqlite", "database": "erp.sqlite"},
                                follow=True)  # fmt: skip
    shown = answer.content.decode()
    assert "goods" in shown
    assert "notice-ok" in shown
    look = "/sources/connections/erp/look/?schema=&table=goods"
    assert "크림" in page(administrator, look)
    described = administrator.post(look, {"watermark": "updated_at", "overlap": 10})
    assert described.status_code == 302
    assert page(administrator, described["Location"])
    collect.describe_source(
        by=cast.administrator, code="goods", kind="products", reader="sql",
        mapping={"product_key": "product_key", "product": "product"}, options=administrator.session["sources.sql"],
    )  # fmt: skip
    made = administrator.post("/sources/goods/schedule/", PLAN)
    assert made.status_code == 302
    administrator.post(made["Location"] + "run/")
    worker.run_until_empty()
    schedules.tick()
    assert scheduled.schedules(cast.administrator)[0].last.result["loaded"] == 1
    assert [file.rows for file in collected.raw_files("products")] == [1]


def test_password_is_on_no_page(administrator, cast):
    actions.keep_connection(by=cast.administrator, code="erp", kind="postgresql", host="203.0.113.1", port=1,
                            database="shop", user="reader", password="s3cret-pass")  # fmt: skip
    for address in ("/sources/connections/", "/sources/connections/erp/change/"):
        assert "s3cret" not in page(administrator, address)


def test_failed_test_says_its_cause_and_keeps_the_connection(administrator, cast):
    given = {"code": "erp", "kind": "postgresql", "host": "127.0.0.1", "port": 1, "database": "x", "password": "p"}
    shown = administrator.post("/sources/connections/new/", given, follow=True).content.decode()
    assert "source_networks" in shown
    missing = administrator.post("/sources/connections/new/", {**given, "code": "b", "host": ""})
    assert missing.status_code == 422


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("steward", "/sources/connections/", 403), ("steward", "/sources/sites/", 200), ("rep", "/sources/sites/", 403),
        ("steward", "/admin/schedules/", 200), ("rep", "/admin/schedules/", 403), ("analyst", "/sources/sites/new/", 403),
    ],
)  # fmt: skip
def test_pages_ask_for_their_right(client, cast, role, address, status):
    client.force_login(getattr(cast, role))
    assert client.get(address).status_code == status


def test_file_source_shows_its_watched_folder(client, cast, home):
    collect.describe_source(
        by=cast.steward, code="shop", kind="products", reader="csv", mapping={"product_key": "code"}
    )
    client.force_login(cast.steward)
    assert str(home / "inbox" / "shop") in page(client, "/sources/shop/schedule/")
    assert client.post("/sources/shop/schedule/", {**PLAN, "every": "weekly"}).status_code == 422
    client.post("/sources/shop/schedule/", {**PLAN, "every": "weekly", "weekdays": ["0", "3"]})
    assert (home / "inbox" / "shop" / "done").is_dir()
    assert scheduled.schedules(cast.steward)[0].plan == Plan("weekly", 60, "03:00", (0, 3), 1)
    assert str(home / "inbox" / "shop") in page(client, "/sources/shop/")


def test_late_schedule_is_told_at_home_and_by_the_check_of_the_installation(client, cast, settings):
    yesterday = datetime.now(UTC) - timedelta(days=2)
    schedules.set_plan(by=cast.steward, code="pull:x", name="야간 적재", kind="collect.pull", arguments={"source_code": "x"},
                       plan=Plan("daily", at="03:00"), now=yesterday)  # fmt: skip
    client.force_login(cast.steward)
    assert "야간 적재" in page(client, "/")
    [found] = [one for one in findings() if one.name == "schedules"]
    assert not found.good
    assert "야간 적재" in found.words
    client.force_login(cast.rep)
    assert "야간 적재" not in page(client, "/")


def test_schedule_is_paused_and_goes_on_and_get_changes_nothing(client, cast):
    pk = schedules.set_plan(by=cast.steward, code="pull:x", name="x", kind="collect.pull", arguments={"source_code": "x"},
                            plan=Plan("daily", at="03:00"))  # fmt: skip
    client.force_login(cast.steward)
    for verb in ("run", "switch", "remove"):
        assert client.get(f"/admin/schedules/{pk}/{verb}/").status_code == 405
    client.post(f"/admin/schedules/{pk}/switch/", {"enabled": "0"})
    assert not scheduled.schedule(cast.steward, pk).enabled
    client.force_login(cast.analyst)
    assert client.post(f"/admin/schedules/{pk}/switch/", {"enabled": "1"}).status_code == 404
    assert not scheduled.schedule(cast.steward, pk).enabled


def test_built_in_schedules_run_the_loop_and_keep_the_house(cast):
    from dangol.staff.reads import system

    schedules.ensure_builtin(by=system())
    schedules.ensure_builtin(by=system())
    found = {one.code: one for one in scheduled.schedules(cast.administrator)}
    assert sorted(found) == ["cycle", "housekeeping"]
    schedules.run_now(by=cast.administrator, schedule_id=found["housekeeping"].id)
    worker.run_until_empty()
    schedules.tick()
    last = scheduled.schedule(cast.administrator, found["housekeeping"].id).last
    assert (last.state, set(last.result)) == ("done", {"jobs", "runs", "web_events", "lists", "frozen"})


def test_site_shows_the_line_for_its_pages_and_the_script_is_let_in(client, cast):
    client.force_login(cast.steward)
    answer = client.post("/sources/sites/new/", {"code": "shop", "origins": "https://shop.example", "properties": "sku",
                                                 "enabled": "on"}, follow=True)  # fmt: skip
    assert 'data-key="site_' in answer.content.decode()
    script = client.get("/dangol-events.js")
    assert (script["Cross-Origin-Resource-Policy"], script["Content-Type"]) == (
        "cross-origin", "text/javascript; charset=utf-8",
    )  # fmt: skip
    assert client.post("/sources/sites/new/", {"code": "b", "origins": "*"}).status_code == 422
