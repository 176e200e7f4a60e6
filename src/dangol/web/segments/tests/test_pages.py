"""The builder in the browser's place: every act changes the draft, and what it answers fits."""

import re
from datetime import timedelta

import pyarrow as pa
import pytest
from django.test import Client
from django.utils import timezone

from dangol.insight.score.groups import reads as groups
from dangol.insight.score.index import reads as index
from dangol.insight.segments import actions, prepared, reads
from dangol.insight.segments.reads import members
from dangol.insight.segments.rules import Group, Profile, Purchase
from dangol.insight.segments.tests.world import build
from dangol.web.segments import building, forms
from dangol.work.actions import Quiet

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def company(cast, tmp_path, monkeypatch):
    build(cast, tmp_path / "home", monkeypatch)
    prepared.prepare(Quiet())
    return cast


@pytest.fixture
def client(company):
    client = Client()
    client.force_login(company.marketer)
    return client


def act(client, **given):
    return client.post("/segments/0/do/", given, **HTMX)


def test_a_segment_is_built_counted_undone_and_saved_without_leaving_the_page(client, company):
    assert "segment-changed" in act(client, act="add", kind="purchase")["HX-Trigger"]
    answer = act(client, act="set", path="0", measure="orders", least="3", most="", window="last", days="200")
    assert answer["HX-Reswap"] == "none"  # the same fields: only what it says is drawn anew
    told = dict(re.findall(r'<p class="seg-sentence[^>]*lang="(\w+)">(.*?)</p>', answer.content.decode()))
    assert "at least 3" in told["en"]
    assert "3" in told["ko"]
    assert "구매" in told["ko"]
    counted = client.get("/segments/0/counts/").content.decode()
    assert 'data-total="2"' in counted
    assert re.search(r'id="n-0"[^>]*>2<', counted)
    act(client, act="set", path="0", measure="orders", least="3", most="", window="last", days="90")
    assert 'data-total="1"' in client.get("/segments/0/counts/").content.decode()
    assert act(client, act="group", path="").status_code == 200
    act(client, act="add", kind="profile", path="1")
    shaped = act(client, act="set", path="1.0", field="age_band")
    act(client, act="set", path="1.0", field="age_band", test="one_of", values=["30s"])
    assert "HX-Reswap" not in shaped
    assert act(client, act="move", path="0", into="1").status_code == 200
    assert reads.draft(company.marketer).root.parts[0].parts[1].measure == "orders"
    act(client, act="undo")
    saved = client.post("/segments/0/save/", {"act": "save", "name": "단골", "shared": "1"})
    [segment] = reads.segments(company.marketer)
    assert saved.url == f"/segments/{segment.id}/"
    for path in ("", "history/", "people/", "why/?code=H-0001"):
        assert client.get(f"{saved.url}{path}").status_code == 200
    assert client.get(f"/segments/overlap/?segment={segment.id}").status_code == 200
    assert client.get("/segments/values/?kind=purchase&field=brand&q=brand").content.decode().count("checkbox") == 2


def test_groupings_and_indexes_are_called_as_people_named_them(client, company, monkeypatch):
    ids = [company.mina.pk, company.soyeon.pk]
    members = {"customer_id": ids, "group_7": pa.array([1, 2], pa.int16())}
    values = {"customer_id": ids, "index_3": [80.0, 20.0], "grade_3": ["gold", "plain"]}
    monkeypatch.setattr(groups, "table", lambda engine: engine.memory(pa.table(members)))
    monkeypatch.setattr(groups, "columns", lambda: [
        groups.ColumnView("group_7", 7, "Buying habits", "clusters", {1: "Weekly", 2: "Rare"})])  # fmt: skip
    monkeypatch.setattr(index, "table", lambda engine: engine.memory(pa.table(values)))
    monkeypatch.setattr(index, "columns", lambda: [
        index.ColumnView("index_3", "grade_3", 3, "Our index", ["gold", "plain"])])  # fmt: skip
    company.marketer.language = "en"
    company.marketer.save()
    act(client, act="add", kind="score")
    card = act(client, act="set", path="0", field="groups.group_7").content.decode()
    for name in ("Buying habits", "Our index: value (0 to 100)", "Our index: grade"):
        assert f">{name}</option>" in card
    assert "group 7" not in card
    found = client.get("/segments/values/?kind=score&field=groups.group_7").content.decode()
    assert "Weekly" in found
    page = act(client, act="set", path="0", field="groups.group_7", test="one_of", values=["1"]).content.decode()
    assert "Buying habits" in page
    assert "Weekly" in page
    assert 'data-total="1"' in client.get("/segments/0/counts/").content.decode()
    monkeypatch.setattr(groups, "columns", lambda: [
        groups.ColumnView("group_7", 7, "Buying habits", "clusters", {2: "Rare"})])  # fmt: skip
    gone = "“Buying habits” has no such group or grade any more: 1."
    assert gone in client.get("/segments/new/").content.decode()
    refused = client.post("/segments/0/save/", {"act": "save", "name": "x"}, follow=True).content.decode()
    assert refused.count(gone) == 2  # said where it is to be mended, and why it was not saved
    act(client, act="set", path="0", field="index.index_3")
    act(client, act="set", path="0", field="index.index_3", test="between", least="50", most="")
    assert 'data-total="1"' in client.get("/segments/0/counts/").content.decode()


def test_every_kind_of_condition_and_every_example_can_be_added_and_counted(client, company):
    for kind in forms.STARTS:
        assert act(client, act="add", kind=kind).status_code == 200
    assert act(client, act="copy", path="2").status_code == 200
    assert client.get("/segments/new/").content.decode().count("<article") == len(forms.STARTS) + 1
    for name in building.EXAMPLES:
        assert act(client, act="example", name=name).status_code == 200
        assert "data-total" in client.get("/segments/0/counts/").content.decode()


def test_a_change_that_goes_wrong_is_said_and_changes_nothing(client, company):
    act(client, act="add", kind="purchase")
    answer = act(client, act="set", path="0", measure="orders", least="many", window="last", days="90")
    assert answer.status_code == 204
    assert "many" in answer["HX-Trigger"].encode().decode("unicode_escape")
    assert reads.draft(company.marketer).root == Group(parts=(reads.draft(company.marketer).root.parts[0],))
    assert act(client, act="remove", path="7").status_code == 204
    assert client.get("/segments/new/").status_code == 200


def test_a_count_gives_up_where_the_draft_was_changed_meanwhile(client, company, monkeypatch):
    act(client, act="add", kind="purchase")
    monkeypatch.setattr(reads, "draft_turn", lambda *_given: 99)
    assert client.get("/segments/0/counts/").status_code == 204


def test_customers_can_be_listed_by_segment_and_only_by_ones_own_or_shared_ones(client, company):
    made = actions.create(
        by=company.marketer, name="서른", root=Group(parts=(Profile("age_band", "one_of", ("30s",)),))
    )
    actions.refresh(Quiet(), made.id)
    listed = client.get(f"/customers/?built={made.id}").content.decode()
    assert "김민아" in listed
    assert "이소연" not in listed
    own = actions.create(by=company.analyst, name="남", root=Group(parts=(Purchase("orders", 1),)), shared=False)
    assert "이소연" not in client.get(f"/customers/?built={own.id}").content.decode()


def test_a_campaign_aims_at_a_built_segment_and_its_approval_binds_who_is_in_it(company, monkeypatch):
    from dangol.base.errors import Conflict, Damaged
    from dangol.campaigns.plan import actions as plan
    from dangol.campaigns.plan import reads as plans
    from dangol.campaigns.plan.actions import submitting
    from dangol.customers.identify import actions as identity
    from dangol.customers.identify.models import Membership

    made = actions.create(by=company.marketer, name="샀다", root=Group(parts=(Purchase("orders", 1),)))
    actions.refresh(Quiet(), made.id)
    draft = plan.draft(
        by=company.marketer, name="봄", aim="keep", built=[str(made.id)], as_of="2026-06-30", starts_on="2026-07-01",
        offer="쿠폰", subject="안내", body="안녕하세요 {{ link }}",
    )  # fmt: skip
    assert plan.simulate(by=company.marketer, plan_id=draft.id)["people"] == 3
    handed = plan.submit(by=company.marketer, plan_id=draft.id)
    approved = plan.approve(by=company.approver, plan_id=draft.id, content_hash=handed.hash)
    identity.publish_members(segment_id=made.id, customer_ids=[company.mina.pk])  # the live one moves on
    assert len(plans.aim(approved.content).ids) == 3
    [frozen] = approved.content["frozen"]
    identity.publish_members(segment_id=int(frozen.split(":")[1]), customer_ids=[company.mina.pk])
    with pytest.raises(Damaged):
        plans.aim(approved.content)
    assert plan.edit(by=company.marketer, plan_id=draft.id, name="여름").content["frozen"] == []
    assert plan.sweep(before=timezone.now()) == 1  # changed, it is not handed in with them any more
    monkeypatch.setattr(members, "LARGE", 0)  # as if the segment were large: a job writes down who is in it
    assert plans.submitting(company.marketer, draft.id) is None
    job_id = plan.start_submit(by=company.marketer, plan_id=draft.id)
    assert plans.submitting(company.marketer, draft.id).id == job_id
    assert plans.plan(company.marketer, draft.id).state == "draft"

    def changed(*_given):
        plan.edit(by=company.marketer, plan_id=draft.id, name="가을")

    def killed(*_given):
        raise SystemError

    def lists():
        return Membership.objects.values("segment_id").distinct().count()

    running = Quiet(by=company.marketer)
    with pytest.raises(Conflict):
        plan.run_submit(Quiet(by=company.marketer, show=changed), draft.id)
    assert lists() == 1  # what was not handed in left nothing, nor did what it was handed in with before
    with monkeypatch.context() as cut:  # killed between freezing and handing in: nothing after it runs
        cut.setattr(submitting, "_submit", killed)
        cut.setattr(submitting.building, "let_go", lambda **_given: None)
        with pytest.raises(SystemError):
            plan.run_submit(running, draft.id)
    assert lists() == 2
    assert plan.sweep(before=timezone.now() - timedelta(days=1)) == 0  # a run may still go on with it
    plan.run_submit(running, draft.id)
    assert plans.plan(company.marketer, draft.id).state == "submitted"
    assert lists() == 2  # the list that was begun is the one it was handed in with
    assert plan.sweep(before=timezone.now()) == 0
    plan.edit(by=company.marketer, plan_id=draft.id, name="겨울")
    assert plan.sweep(before=timezone.now()) == 1  # nobody uses it any more


def test_a_rep_sees_no_segments(company):
    client = Client()
    client.force_login(company.rep)
    for path in ("/segments/", "/segments/new/", "/segments/0/counts/", "/segments/overlap/", "/segments/values/"):
        assert client.get(path).status_code == 403
