"""Rows that programs push: one answer for each, each once, all or none."""

import json
import threading
from dataclasses import asdict

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test import Client

from dangol.base.errors import BadInput, Conflict, NotAllowed, TooMuch
from dangol.customers.collect import actions as collect
from dangol.customers.collect import places
from dangol.customers.collect import reads as collected
from dangol.customers.collect.feeds import actions, pushing
from dangol.customers.collect.models import Load
from dangol.staff.tokens.actions import create_token

PERSON = {"source_key": "no", "name": "name", "phone": "phone", "attr:skin": "skin"}


@pytest.fixture
def people(cast):
    collect.describe_source(by=cast.steward, code="app", kind="customers", reader="push", mapping=PERSON)
    return cast


@pytest.fixture
def sales(cast):
    mapping = {name: name for name in ("order_id", "customer_key", "product_key", "sold_at", "quantity", "amount")}
    collect.describe_source(by=cast.steward, code="pos", kind="sales", reader="push", mapping=mapping, key=["order_id"])
    return cast


def take(cast, code, *rows):
    return actions.take(source_code=code, rows=list(rows), by=cast.steward)


def outcomes(taken):
    return [(one.outcome, one.reason, one.field) for one in taken.rows]


def test_each_row_is_answered_for(people):
    first = take(people, "app", {"no": "1", "name": "김민아", "skin": "건성"}, {"no": 2, "name": "박지호"})
    assert outcomes(first) == [("created", "", ""), ("created", "", "")]
    second = take(people, "app", {"no": "1", "name": "김민아", "skin": "지성"}, {"no": "2", "name": "박지호"},
                  {"no": None, "name": "이름만"}, {"no": "3", "name": "메모 900101-1234567"}, {"no": "4"})  # fmt: skip
    assert outcomes(second) == [
        ("updated", "", ""), ("unchanged", "", ""), ("quarantined", "missing", "source_key"),
        ("quarantined", "resident_number", "name"), ("created", "", ""),
    ]  # fmt: skip
    assert second.read == second.created + second.updated + second.unchanged + second.quarantined == 5
    load = collected.load(people.steward, second.load_id)
    assert (load.read, load.loaded, load.unchanged, load.quarantined) == (5, 2, 1, 2)
    assert {row["source_key"]: row.get("attr:skin") for row in collected.people()} == {
        "1": "지성",
        "2": None,
        "4": None,
    }


def test_pushed_sales_reach_the_raw_files_and_supersede_by_key(sales):
    row = {
        "order_id": "A",
        "customer_key": "1",
        "product_key": "p",
        "sold_at": "2026-01-05",
        "quantity": 1,
        "amount": 100,
    }
    assert outcomes(take(sales, "pos", row)) == [("created", "", "")]
    assert outcomes(take(sales, "pos", row)) == [("unchanged", "", "")]
    assert outcomes(take(sales, "pos", {**row, "amount": 900.0}))[0][0] == "updated"
    rows = [row for file in collected.raw_files("sales") for row in pq.read_table(file.path).to_pylist()]
    assert [row["amount"] for row in rows] == [100, 900]
    assert collected.raw_files("sales")[-1].replaces == 1


def test_push_is_all_or_nothing_where_its_shape_is_wrong(people):
    for rows, error in (
        ([{"no": "1"}, {"no": "2", "role": "admin"}], "no column role"),
        ([{"no": "1"}, {"no": ["2"]}], "one value"),
        ([], "at least one"),
    ):
        with pytest.raises(BadInput, match=error):
            take(people, "app", *rows)
    assert Load.objects.count() == 0


def test_limits_rights_and_a_running_load_are_told(people, monkeypatch):
    monkeypatch.setattr(pushing, "PUSH_ROWS", 2)
    with pytest.raises(TooMuch):
        take(people, "app", *({"no": str(n)} for n in range(3)))
    with pytest.raises(NotAllowed):
        actions.take(source_code="app", rows=[{"no": "1"}], by=people.analyst)
    with places.only_one("app"), pytest.raises(Conflict):
        take(people, "app", {"no": "1"})


@pytest.fixture
def client(people):
    """Posts with the steward's token, narrowed to loading."""
    _view, secret = create_token(by=people.steward, name="app", scopes=["sources.load"])

    def post(body, kind="application/json", key=None, token=secret, code="app"):
        headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
        data = json.dumps(body) if kind == "application/json" else body
        return Client().post(f"/api/v1/sources/{code}/rows", data, content_type=kind, headers=headers)

    return post


def test_api_takes_json_ndjson_and_csv(client):
    assert client({"rows": [{"no": "1"}]}).json()["created"] == 1
    assert client('{"no":"1"}\n\n{"no":"2"}\n', "application/x-ndjson").json()["created"] == 1
    answer = client('\ufeffno,name\r\n3,"김, 민아"\r\n', "text/csv")
    assert answer.json()["rows"] == [{"row": 0, "outcome": "created", "reason": "", "field": ""}]
    assert {row["source_key"]: row.get("name") for row in collected.people()} == {"1": None, "2": None, "3": "김, 민아"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"rows": [{"no": "1"}], "more": 1}, "application/json"), ({"rows": {"no": 1}}, "application/json"),
        ({"rows": [[1]]}, "application/json"), ([1], "application/json"), ('{"no":1}\n{"no"', "application/x-ndjson"),
        ('{"no":1,"no":2}', "application/x-ndjson"), ("[1]", "application/x-ndjson"), ("no,name\n1\n", "text/csv"),
        ("no,no\n1,2\n", "text/csv"), ('no\n"1', "text/csv"), (b"\xff\xfe", "text/csv"),
    ],
)  # fmt: skip
def test_api_refuses_what_could_be_read_in_two_ways(client, body, kind):
    assert client(body, kind).status_code == 422
    assert Load.objects.count() == 0


def test_api_asks_for_the_scope_and_limits_the_size(client, people):
    _view, narrow = create_token(by=people.steward, name="view", scopes=["sources.view"])
    assert client({"rows": [{"no": "1"}]}, token=narrow).status_code == 403
    assert client("no\n" + "1\n" * 3_000_000, "text/csv").status_code == 413
    assert client({"rows": [{"no": "1"}]}, code="nothing").status_code == 404


def test_same_key_gives_the_same_answer_and_another_body_is_refused(client):
    first = client({"rows": [{"no": "1"}]}, key="k1")
    again = client({"rows": [{"no": "1"}]}, key="k1")
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert client({"rows": [{"no": "2"}]}, key="k1").status_code == 422
    assert Load.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_calls_with_one_key_have_one_effect(transactional_db, client):
    gate, answers = threading.Barrier(20), []

    def call():
        gate.wait()
        answers.append(client({"rows": [{"no": str(n)} for n in range(50)]}, key="one"))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409, 503}
    done = [answer for answer in answers if answer.status_code == 200]
    assert done
    assert len({answer.content for answer in done}) == 1
    assert Load.objects.count() == 1
    assert len(list(collected.people())) == 50
    assert asdict(pushing.RowTaken(0, "created")) == done[0].json()["rows"][0]
