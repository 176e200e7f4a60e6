"""Sources over the API: a file is looked at, looked through, corrected, loaded and taken back; a repetition does nothing."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dangol.api.tests.test_frame import Api
from dangol.customers.collect import actions, reads
from dangol.work.actions import Quiet

TEXT = "회원번호;성명;휴대폰;생일\n1;김민아;010-1234-5678;1980. 3. 15.\n2;박지호;12;1985-02-30\n"
SOURCE = {"code": "crm", "kind": "customers", "reader": "csv", "options": {"unfit": "quarantine"}, "mapping":
          {"source_key": "회원번호", "name": "성명", "phone": "휴대폰", "birth": "생일"}}  # fmt: skip


@pytest.fixture
def api(cast):
    return Api(cast.steward)


def send(api, path, text=TEXT, **data):
    file = SimpleUploadedFile("회원.csv", text.encode())
    key = data.pop("key", None)
    headers = {"Authorization": f"Bearer {api.secret}", **({"Idempotency-Key": key} if key else {})}
    return api.client.post(f"/api/v1{path}", {"file": file, **data}, headers=headers)


def test_file_is_previewed_looked_through_corrected_loaded_and_taken_back(api, cast):
    shown = send(api, "/sources/preview").json()
    assert (shown["kind"], shown["mapping"], shown["found"]["delimiter"]) == ("customers", SOURCE["mapping"], ";")
    assert min(shown["confidence"].values()) > 0.8
    assert api("POST", "/sources", SOURCE).status_code == 200
    made = send(api, "/sources/crm/checks", key="k1")
    again = send(api, "/sources/crm/checks", key="k1")
    assert (made.status_code, made.json()["id"]) == (202, again.json()["id"])
    load_id = made.json()["id"]
    actions.run_check(Quiet(by=cast.steward), load_id=load_id)
    view = api("GET", f"/loads/{load_id}").json()
    assert (view["state"], view["outlook"]["created"], view["outlook"]["quarantined"]) == ("checked", 1, 1)
    [row] = api("GET", f"/loads/{load_id}/refused").json()["items"]
    assert row["reason"] == "not_phone"
    cells = {"휴대폰": "010-2222-3333", "생일": "1985-02-28"}
    fixed = api("POST", f"/loads/{load_id}/correct", {"rows": {str(row["id"]): cells}})
    assert fixed.status_code == 202
    actions.run_check(Quiet(by=cast.steward), load_id=load_id)
    assert api("POST", f"/loads/{load_id}/load", {}).status_code == 202
    actions.run_load(Quiet(by=cast.steward), load_id=load_id)
    view = api("GET", f"/loads/{load_id}").json()
    assert (view["read"], view["created"], view["updated"], view["quarantined"]) == (2, 2, 0, 0)
    assert {row["birth"] for row in reads.people()} == {"1980-03-15", "1985-02-28"}
    for verb, on_the_way, state in (("undo", "undoing", "undone"), ("redo", "redoing", "done")):
        asked = api("POST", f"/loads/{load_id}/{verb}", {})
        assert (asked.status_code, asked.json()["state"]) == (202, on_the_way)
        assert asked.json()["job_id"]
        actions.run_turn(Quiet(by=cast.steward), load_id=load_id)
        assert api("GET", f"/loads/{load_id}").json()["state"] == state


def test_quarantine_is_mended_ignored_taken_up_and_assigned(api, cast):
    api("POST", "/sources", SOURCE)
    load_id = send(api, "/sources/crm/loads").json()["id"]
    actions.run_load(Quiet(by=cast.steward), load_id=load_id)
    [row] = api("GET", "/quarantine?source=crm").json()["items"]
    assert api("POST", "/quarantine/assign", {"ids": [row["id"]], "member": cast.steward.pk}).json()["changed"] == 1
    assert api("POST", "/quarantine/assign", {"ids": [row["id"]], "member": cast.rep.pk}).status_code == 422
    assert api("POST", "/quarantine/ignore", {"ids": [row["id"]], "note": "시험"}).json()["changed"] == 1
    assert api("POST", "/quarantine/take-up", {"source": "crm"}).json()["changed"] == 1
    step = {"column": "휴대폰", "verb": "replace", "find": "12", "put": ""}
    done = api("POST", "/quarantine/mend", {"source": "crm", "step": step}).json()
    assert done == {"tried": 1, "changed": 1, "loaded": 0}
    fixed = api("POST", f"/quarantine/{row['id']}/fix", {"cells": {"생일": "1985-02-28"}}).json()
    assert fixed["state"] == "fixed"


def test_member_without_the_right_is_refused_everywhere(api, cast):
    api("POST", "/sources", SOURCE)
    analyst = Api(cast.analyst)
    assert send(analyst, "/sources/preview").status_code == 403
    assert send(analyst, "/sources/crm/checks").status_code == 403
    assert analyst("POST", "/quarantine/retry", {"source": "crm"}).status_code == 403
    assert analyst("POST", "/sources", json.loads(json.dumps(SOURCE))).status_code == 403
