"""Pairs, merges, claims, provenance and golden rules over the API."""

import json

import pyarrow as pa
import pytest

from dangol.api.tests.test_customers import Api
from dangol.customers.identify.matching import actions, joining
from dangol.customers.identify.models import Customer, Pair


@pytest.fixture
def steward(cast, monkeypatch):
    for verb in ("merged", "parted"):
        monkeypatch.setattr(joining.consent, verb, lambda **_about: None, raising=False)
    return Api(cast.steward)


@pytest.fixture
def pair(cast):
    evidence = json.dumps({"prior": -10.0, "terms": [{"field": "name", "level": "same name", "weight": 12.0}]})
    rows = {"left": [cast.mina.pk, cast.mina.pk], "right": [cast.jiho.pk, cast.soyeon.pk], "probability": [0.8, 0.6],
            "evidence": [evidence] * 2}  # fmt: skip
    actions.propose(pa.table(rows))
    return Pair.objects.get(right=cast.jiho)


def test_pairs_are_paged_masked_explained_and_decided_once(cast, pair, steward):
    first = steward("GET", "/pairs?limit=1").json()
    [row] = first["items"]
    assert (row["id"], row["left"]["label"], row["state"]) == (pair.pk, "김민아", "open")
    assert "1234-5678" not in json.dumps(first)
    second = steward("GET", f"/pairs?limit=1&cursor={first['next']}").json()
    assert (second["items"][0]["probability"], second["next"]) == (0.6, None)
    assert steward("GET", f"/pairs/{pair.pk}").json()["evidence"][-1]["after"] == 2.0
    assert sum(one["pairs"] for one in steward("GET", "/pairs/counts").json()) == 2
    decided = steward("POST", f"/pairs/{pair.pk}/decision", {"verdict": "join"})
    assert decided.json() == {"state": "joined"}
    again = steward("POST", f"/pairs/{pair.pk}/decision", {"verdict": "apart"})
    assert again.status_code == 409
    assert cast.steward.name in again.json()["detail"]
    other = Pair.objects.get(right=cast.soyeon)
    both = {"pair_ids": [pair.pk, other.pk], "verdict": "later"}
    assert steward("POST", "/pairs/decisions", both).json() == {"done": 1, "passed_over": 1}


def test_a_merge_is_previewed_made_listed_and_taken_back(cast, steward):
    path = f"/customers/{cast.mina.pk}"
    preview = steward("GET", f"{path}/merges/preview?gone_id={cast.coded.pk}").json()
    assert {one["field"]: one["result"] for one in preview["fields"]}["name"] == "김민아"
    assert not Customer.objects.filter(merged_into__isnull=False).exists()
    made = steward("POST", f"{path}/merges", {"gone_id": cast.jiho.pk}).json()["merge_id"]
    assert steward("GET", f"/customers/{cast.jiho.pk}").json()["id"] == cast.mina.pk
    [listed] = steward("GET", f"{path}/merges").json()
    assert (listed["id"], listed["part"]["id"], listed["standing"]) == (made, cast.jiho.pk, True)
    assert steward("POST", f"{path}/merges", {"gone_id": cast.jiho.pk}).status_code == 409
    parted = steward("POST", f"/customers/{cast.jiho.pk}/part", {"note": "자매"})
    assert parted.json() == {"customer_id": cast.jiho.pk}
    assert steward("POST", f"/customers/{cast.jiho.pk}/part", {}).status_code == 409
    steward("POST", f"{path}/claims", {"code": "H-0004"})
    assert steward("GET", f"{path}/history?kind=merge").json()["items"][0]["params"] == {
        "gone": "H-0004",
        "kept": "H-0001",
    }


def test_provenance_names_rule_and_candidates_and_locks(cast, steward):
    path = f"/customers/{cast.mina.pk}/provenance"
    phone = next(one for one in steward("GET", path).json() if one["field"] == "phone")
    assert (phone["value"], phone["reason"], phone["locked"]) == ("010-****-5678", "only", False)
    assert steward("PUT", f"{path}/phone", {"mark": phone["candidates"][0]["mark"]}).json()["locked"] is True
    assert steward("PUT", f"{path}/phone", {"mark": None}).json()["locked"] is False
    assert steward("PUT", f"{path}/phone", {"mark": "nobody"}).status_code == 404


def test_rules_are_read_tried_and_put_in_force_once(cast, steward):
    assert steward("GET", "/golden-rules").json()["version"] == 0
    wanted = {"version": 0, "rules": {"email": {"rule": "trusted", "sources": ["crm"]}}}
    assert steward("POST", "/golden-rules/trial", wanted).json() == {"looked_at": 4, "customers": 0, "fields": {}}
    assert steward("PUT", "/golden-rules", wanted).json()["job_id"]
    assert steward("GET", "/golden-rules").json()["rules"]["email"] == {"rule": "trusted", "sources": ["crm"]}
    assert steward("PUT", "/golden-rules", wanted).status_code == 409
    for wrong in ({"kind": {"rule": "newest"}}, {"email": {"rule": "trusted"}}, {"email": {"rule": "loudest"}}):
        assert steward("PUT", "/golden-rules", {"version": 1, "rules": wrong}).status_code == 422


READ = ("", "/timeline", "/history", "/provenance", "/merges")
WRITE = (("merges", {"gone_id": 1}), ("claims", {"code": "H-0004"}), ("part", {}))


@pytest.mark.parametrize("role", ["rep", "team_leader", "branch_manager", "director", "busan_rep"])
def test_every_road_stays_within_ones_own_tree(cast, pair, role):
    """UX-AND-SAFETY 20: list, count, search, single reads, pairs, previews and error texts."""
    trees = {
        "rep": {1, 2},
        "team_leader": {1, 2},
        "branch_manager": {1, 2},
        "director": {1, 2, 3, 4},
        "busan_rep": {3, 4},
    }
    people = {1: cast.mina, 2: cast.jiho, 3: cast.soyeon, 4: cast.coded}
    mine = {people[number].pk for number in trees[role]}
    api = Api(cast.members[role])
    listed = api("GET", "/customers").json()
    assert {row["id"] for row in listed["items"]} == mine
    assert listed["count"] == len(mine)
    for number, person in people.items():
        found = api("GET", f"/customers?text={person.name or person.code}").json()
        assert {row["id"] for row in found["items"]} == {person.pk} & mine, number
    missing = {road: api("GET", f"/customers/{10**9}{road}") for road in READ}
    for person in people.values():
        for road in READ:
            answer = api("GET", f"/customers/{person.pk}{road}")
            assert answer.status_code == (200 if person.pk in mine else 404)
            if person.pk not in mine:
                assert answer.json() == missing[road].json()
    seen = {row["id"]: {row["left"]["id"], row["right"]["id"]} for row in api("GET", "/pairs?state=").json()["items"]}
    assert all(ends <= mine for ends in seen.values())
    assert len(seen) == sum(one["pairs"] for one in api("GET", "/pairs/counts").json())
    for one in Pair.objects.all():
        assert api("GET", f"/pairs/{one.pk}").status_code == (200 if one.pk in seen else 404)
        assert api("POST", f"/pairs/{one.pk}/decision", {"verdict": "apart"}).status_code == 403
    for person in people.values():
        inside = {cast.mina.pk, person.pk} <= mine and person.pk != cast.mina.pk
        previewed = api("GET", f"/customers/{cast.mina.pk}/merges/preview?gone_id={person.pk}")
        assert previewed.status_code == (
            200 if inside else 422 if person.pk == cast.mina.pk and cast.mina.pk in mine else 404
        )
        for road, body in WRITE:
            assert api("POST", f"/customers/{person.pk}/{road}", body).status_code == 403
    assert Pair.objects.filter(state="open").count() == 2
