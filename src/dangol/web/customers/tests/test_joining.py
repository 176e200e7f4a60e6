"""The pages of golden values, pairs, merging and parting, and what each role sees of them."""

import json

import pyarrow as pa
import pytest
from django.urls import reverse

from dangol.customers.identify.golden import actions as golden
from dangol.customers.identify.matching import actions, joining
from dangol.customers.identify.models import Customer, Merge, Pair
from dangol.staff.models import Access

HIDDEN = ("1234-5678", "mina@example.com", "2222-3333")


@pytest.fixture
def signed_in(client, monkeypatch):
    for verb in ("merged", "parted"):
        monkeypatch.setattr(joining.consent, verb, lambda **_about: None, raising=False)

    def enter(member):
        client.force_login(member)
        return client

    return enter


@pytest.fixture
def pair(cast):
    evidence = {"probability": 0.93, "prior": -12.0, "terms": [
        {"field": "name", "level": "same name", "weight": 9.5}, {"field": "phone", "level": "other", "weight": -1.2}]}  # fmt: skip
    actions.propose(pa.table({
        "left": [cast.mina.pk], "right": [cast.jiho.pk], "probability": [0.93], "evidence": [json.dumps(evidence)],
        "verdict": ["doubtful"]}))  # fmt: skip
    return Pair.objects.get()


def text_of(answer):
    return answer.content.decode()


def test_the_queue_shows_pairs_masked_and_decides_by_a_rows_button(cast, pair, signed_in):
    client = signed_in(cast.steward)
    page = text_of(client.get(reverse("customers:pairs")))
    assert "김민아" in page
    assert f"join:{pair.pk}" in page
    assert not any(hidden in page for hidden in HIDDEN)
    answer = client.post(reverse("customers:decide"), {"act": f"join:{pair.pk}", "here": "state=open&least=0.5"})
    assert answer["Location"] == reverse("customers:pairs") + "?state=open&least=0.5"
    assert Customer.objects.get(pk=cast.jiho.pk).merged_into_id == cast.mina.pk
    again = client.post(reverse("customers:decide"), {"act": f"apart:{pair.pk}"}, follow=True)
    assert cast.steward.name in text_of(again)  # already decided by
    assert Access.objects.filter(verb="merge", customer_id=cast.mina.pk).count() == 1


def test_several_pairs_are_decided_at_once_also_all_that_fit(cast, pair, signed_in):
    other = Pair.objects.create(left=cast.jiho, right=cast.soyeon, probability=0.4)
    client = signed_in(cast.steward)
    client.post(reverse("customers:decide"), {"act": "later", "id": [pair.pk]})
    client.post(reverse("customers:decide"), {"act": "apart", "everything": "1", "here": "least=0"})
    assert dict(Pair.objects.values_list("pk", "state")) == {pair.pk: "snoozed", other.pk: "apart"}
    assert client.post(reverse("customers:decide"), {"act": "join"}).status_code == 302


def test_a_pair_shows_its_waterfall_as_chart_table_and_sentence(cast, pair, signed_in):
    page = text_of(signed_in(cast.steward).get(reverse("customers:pair", args=[pair.pk])))
    for shown in ("same name", "9.5", "93.0", "010-****-5678", '"mark"'):
        assert shown in page
    assert not any(hidden in page for hidden in HIDDEN)


def test_deciding_on_the_pair_page_goes_on_or_says_who_was_first(cast, pair, signed_in):
    client = signed_in(cast.steward)
    address = reverse("customers:pair", args=[pair.pk])
    done = client.post(address, {"act": "join", "kept": str(cast.jiho.pk), "note": "본인 확인"})
    assert done["Location"] == reverse("customers:pairs")
    assert Merge.objects.get().kept_id == cast.jiho.pk
    assert client.post(address, {"act": "apart"}).status_code == 409


def test_merge_is_previewed_made_and_taken_back_and_old_addresses_lead_on(cast, signed_in):
    client = signed_in(cast.steward)
    address = reverse("customers:merge", args=[cast.mina.pk])
    assert "박지호" in text_of(client.get(address, {"q": "박지호"}))
    preview = text_of(client.get(address, {"with": cast.jiho.pk}))
    assert "010-****-5678" in preview
    assert not any(hidden in preview for hidden in HIDDEN)
    assert not Merge.objects.exists()
    made = client.post(address, {"with": cast.jiho.pk, "kept": cast.mina.pk, "note": "같은 번호"})
    assert made["Location"] == reverse("customers:one", args=[cast.mina.pk])
    old = client.get(reverse("customers:one", args=[cast.jiho.pk]))
    assert (old.status_code, old["Location"]) == (302, made["Location"])
    history = text_of(client.get(reverse("customers:history", args=[cast.mina.pk])))
    assert "같은 번호" in history
    client.post(reverse("customers:part", args=[cast.jiho.pk]))
    assert Customer.objects.get(pk=cast.jiho.pk).merged_into_id is None
    again = client.post(reverse("customers:part", args=[cast.jiho.pk]), follow=True)
    assert cast.steward.name in text_of(again)


def test_a_code_is_claimed_and_a_wrong_one_said(cast, signed_in):
    client = signed_in(cast.steward)
    address = reverse("customers:claim", args=[cast.mina.pk])
    assert client.post(address, {"code": "H-0003"}).status_code == 409
    assert client.post(address, {"code": "H-0004"}).status_code == 302
    assert Customer.objects.get(pk=cast.coded.pk).merged_into_id == cast.mina.pk


def test_why_is_one_click_away_and_a_value_can_be_locked_and_released(cast, signed_in):
    client = signed_in(cast.rep)
    card = text_of(client.get(reverse("customers:one", args=[cast.mina.pk])))
    address = reverse("customers:why", args=[cast.mina.pk, "phone"])
    assert address in card
    part = text_of(client.get(address, headers={"HX-Request": "true"}))
    assert "010-****-5678" in part
    assert "<html" not in part
    assert "<html" in text_of(client.get(address))
    from dangol.customers.identify.golden import reads

    [said] = reads.why(cast.rep, cast.mina.pk, "phone").candidates
    lock = reverse("customers:lock", args=[cast.mina.pk, "phone"])
    assert client.post(lock, {"mark": said.mark}).status_code == 302
    assert reads.why(cast.rep, cast.mina.pk, "phone").locked
    client.post(lock, {})
    assert not reads.why(cast.rep, cast.mina.pk, "phone").locked
    assert client.get(reverse("customers:why", args=[cast.mina.pk, "kind"])).status_code == 404


def test_rules_are_tried_and_put_in_force_by_a_steward_and_only_read_by_others(cast, signed_in):
    client = signed_in(cast.steward)
    address = reverse("customers:rules")
    form = {"seen": "0", "note": "CRM 우선", "rule.email": "trusted", "sources.email": "crm, shop"}
    assert client.post(address, form | {"act": "try"}).status_code == 200
    assert golden.reads.rules_in_force(cast.steward).version == 0
    assert client.post(address, form | {"act": "save"}).status_code == 302
    assert golden.reads.policy()["email"].sources == ("crm", "shop")
    assert client.post(address, form | {"act": "save"}).status_code == 422  # somebody else's came between
    reader = signed_in(cast.rep)
    assert "<select" not in text_of(reader.get(address)).split("</header>")[-1].split("CRM")[0]
    assert reader.post(address, form | {"act": "save"}).status_code == 403


@pytest.mark.parametrize("name", ["history", "merge", "claim", "part", "why", "lock"])
def test_a_foreign_customer_looks_like_a_missing_one_on_every_address(cast, signed_in, name):
    client = signed_in(cast.steward)
    more = ["phone"] if name in ("why", "lock") else []
    post = name in ("claim", "part", "lock")
    ask = client.post if post else client.get
    missing = ask(reverse(f"customers:{name}", args=[987654, *more]), {"code": "H-0004"})
    assert missing.status_code == 404
    if name in ("history", "why"):
        part = {"HX-Request": "true"}
        foreign = signed_in(cast.rep).get(reverse(f"customers:{name}", args=[cast.soyeon.pk, *more]), headers=part)
        gone = client.get(reverse(f"customers:{name}", args=[987654, *more]), headers=part)
        assert (foreign.status_code, text_of(foreign)) == (404, text_of(gone))


def test_looking_changes_nothing_and_what_changes_is_a_post(cast, pair, signed_in):
    client = signed_in(cast.steward)
    for name, args in (
        ("decide", []),
        ("claim", [cast.mina.pk]),
        ("part", [cast.mina.pk]),
        ("lock", [cast.mina.pk, "name"]),
    ):
        assert client.get(reverse(f"customers:{name}", args=args)).status_code == 405
    for name in ("decide", "claim", "part"):
        args = [] if name == "decide" else [cast.mina.pk]
        assert signed_in(cast.rep).post(reverse(f"customers:{name}", args=args)).status_code == 403
    assert Pair.objects.get().state == "open"


@pytest.mark.parametrize("query", [{"unit": "x"}, {"least": "0.3"}, {"state": "z"}, {"page": "x"}, {"page": "9999"}])
def test_nonsense_in_the_address_of_the_queue_is_answered_with_a_sentence(cast, signed_in, query):
    assert signed_in(cast.steward).get(reverse("customers:pairs"), query).status_code == 422


def test_a_household_is_shown_with_those_in_sight(cast, signed_in):
    who = [cast.mina.pk, cast.jiho.pk, cast.soyeon.pk]
    actions.households(pa.table({"customer_id": who, "household_id": [1, 1, 1]}))
    page = text_of(signed_in(cast.rep).get(reverse("customers:one", args=[cast.mina.pk])))
    assert "박지호" in page
    assert "이소연" not in page
