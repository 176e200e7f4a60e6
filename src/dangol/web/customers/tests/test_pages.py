"""The customer pages in the browser's eyes."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from dangol import profile
from dangol.api.tests.test_customers import Api
from dangol.base.errors import NotFound
from dangol.customers.identify.models import Customer, Standing
from dangol.customers.identify.picked import Among, Figure
from dangol.engine import Snapshot, fresh
from dangol.insight.segments.rules import Score
from dangol.profile import facts, picking
from dangol.staff.models import Access
from dangol.web.lists import bulk
from dangol.work import reads as work
from dangol.work import worker
from dangol.work.actions import Quiet

HOSTILE = "<script>alert(1)</script>{{7*7}}"


@pytest.fixture
def star(home, cast, monkeypatch):
    """A small warehouse: two orders of 김민아, one past campaign she answered; somebody else's order beside."""
    (home / "warehouse").mkdir(parents=True)

    def write(name, columns):
        pq.write_table(pa.table(columns), home / "warehouse" / f"{name}.parquet")
        return (home / "warehouse" / f"{name}.parquet",)

    at = [datetime(2026, 1, 5, 3, tzinfo=UTC), datetime(2026, 1, 5, 3, tzinfo=UTC), datetime(2026, 1, 20, 3, tzinfo=UTC),
          datetime(2026, 1, 21, 3, tzinfo=UTC)]  # fmt: skip
    mina, soyeon = cast.mina.pk, cast.soyeon.pk
    files = {
        "sales_lines": write("sales_lines", {
            "order_id": ["A", "A", "B", "C"], "line_no": pa.array([0, 1, 0, 0], pa.int32()),
            "customer_id": [mina, mina, mina, soyeon], "product_key": ["p1", "p2", "p1", "p1"], "store_key": ["s"] * 4,
            "sold_at": pa.array(at, pa.timestamp("us", "UTC")), "day": [moment.date() for moment in at],
            "quantity": [1, 1, 1, 1], "amount": [1000, 500, 1500, 99]}),
        "products": write("products", {"product_key": ["p1", "p2"], "product": ["크림", "비누"],
                                       "product_major": ["기초", "세정"], "product_minor": ["수분크림", "비누"]}),
        "campaigns": write("campaigns", {"campaign_key": ["18"], "campaign": ["봄 행사"], "starts_on": [date(2026, 1, 2)]}),
        "contacts": write("contacts", {"campaign_key": ["18"], "customer_id": [mina], "channel": ["dm"],
                                       "contacted_on": pa.array([None], pa.date32())}),
        "responses": write("responses", {"campaign_key": ["18"], "customer_id": [mina], "kind": ["coupon"],
                                         "detail": [""], "responded_on": [date(2026, 1, 20)]}),
    }  # fmt: skip
    snapshot = Snapshot(id="s1", root=home, files=files, rows={})
    monkeypatch.setattr(facts.warehouse, "current", lambda: (snapshot, True))
    monkeypatch.setattr(profile.score, "strategies", lambda: {
        "HHH": SimpleNamespace(code="HHH", name="단골", aim="유지", text="감사 인사를 전합니다.")})  # fmt: skip
    monkeypatch.setattr(profile.score, "history", lambda customer_id, **about: [])
    Standing.objects.create(customer=cast.mina, snapshot="s1", as_of=date(2026, 1, 31), segment="HHH", amount=3000,
                            orders=2, last_day=date(2026, 1, 20), recency_days=11)  # fmt: skip
    with fresh() as engine:
        monkeypatch.setattr(facts, "current", lambda: engine)
        yield cast


@pytest.fixture
def signed_in(client):
    def enter(member):
        client.force_login(member)
        return client

    return enter


def text_of(answer):
    return answer.content.decode()


def test_the_profile_gathers_every_room(star):
    found = profile.customer(star.rep, star.mina.pk)
    assert (found.value.orders, found.value.amount, found.value.average_ticket) == (2, 3000, 1500)
    assert found.value.cycle_days == 15
    assert [(one.name, one.amount) for one in found.classes] == [("기초", 2500), ("세정", 500)]
    assert found.monthly == [(date(2026, 1, 1), 3000)]
    assert found.counts == {"purchase": 2, "response": 1, "contact": 1, "consent": 1}
    assert found.events == sorted(found.events, key=lambda event: event.at, reverse=True)
    assert (found.strategy.aim, found.consents[0].given) == ("유지", True)
    assert found.last_contact.params == {"campaign": "봄 행사"}


def test_the_timeline_filters_and_goes_on(star):
    assert {event.kind for event in profile.customer(star.rep, star.mina.pk, kind="purchase").events} == {"purchase"}
    assert [event.amount for event in profile.timeline(star.rep, star.mina.pk, kind="purchase")] == [1500, 1500]


def test_rows_laid_down_by_customer_show_the_same_profile(star, monkeypatch):
    before = profile.customer(star.rep, star.mina.pk)
    assert profile.publish(Quiet())["reused"] is False
    assert profile.publish(Quiet())["reused"] is True

    def scanned():
        raise AssertionError("the star was scanned")

    monkeypatch.setattr(facts, "current", scanned)
    after = profile.customer(star.rep, star.mina.pk)
    assert (after.value, after.classes, after.monthly, after.counts) == (
        before.value, before.classes, before.monthly, before.counts
    )  # fmt: skip
    assert profile.customer(star.busan_rep, star.soyeon.pk).value.amount == 99


def test_the_profile_of_a_merged_customer_has_the_purchases_of_both_before_the_next_cycle(star):
    Customer.objects.filter(pk=star.soyeon.pk).update(merged_into=star.mina.pk)
    for laid_down in (False, True):
        found = profile.customer(star.rep, star.soyeon.pk)
        assert (found.person.id, found.value.orders, found.value.amount) == (star.mina.pk, 3, 3099)
        if not laid_down:
            profile.publish(Quiet())


def test_a_message_of_ours_is_not_shown_twice(star, monkeypatch):
    message = SimpleNamespace(campaign_key="18", ended_at=datetime(2026, 1, 3, tzinfo=UTC), sending_at=None,
                              queued_at=None, channel="email", state="sent")  # fmt: skip
    monkeypatch.setattr(profile.events.channels, "of_customer", lambda customer_id: [message])
    assert profile.customer(star.rep, star.mina.pk).counts["contact"] == 1


def test_without_a_warehouse_the_profile_says_so_and_shows_the_published_standing(star, monkeypatch):
    def nothing():
        raise NotFound("There is no data yet.")

    monkeypatch.setattr(facts.warehouse, "current", nothing)
    found = profile.customer(star.rep, star.mina.pk)
    assert (found.available, found.value.amount, found.value.last_day) == (False, 3000, date(2026, 1, 20))


def test_a_profile_takes_at_most_fifteen_queries(star, signed_in, django_assert_max_num_queries):
    client = signed_in(star.rep)
    with django_assert_max_num_queries(15):
        profile.customer(star.rep, star.mina.pk)
    with django_assert_max_num_queries(25):  # with session, sign-in, frame and access log
        client.get(reverse("customers:one", args=[star.mina.pk]))


def test_customer_360_shows_what_matters_and_logs_the_look(star, signed_in):
    page = text_of(signed_in(star.rep).get(reverse("customers:one", args=[star.mina.pk]), REMOTE_ADDR="10.1.2.3"))
    for shown in ("김민아", "단골", "이수진", "봄 행사", "유지", "010-****-5678", "m***@example.com"):
        assert shown in page
    for hidden in ("1234-5678", "mina@example.com"):
        assert hidden not in page
    assert list(Access.objects.values_list("verb", "what", "customer_id", "address")) == [
        ("view", "customer", star.mina.pk, "10.1.2.3")
    ]


def test_a_foreign_customer_looks_like_a_missing_one_on_every_address(star, signed_in):
    client = signed_in(star.rep)
    for name in ("one", "timeline"):
        foreign = client.get(reverse(f"customers:{name}", args=[star.soyeon.pk]), headers={"HX-Request": "true"})
        missing = client.get(reverse(f"customers:{name}", args=[987654]), headers={"HX-Request": "true"})
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert text_of(foreign) == text_of(missing)
    for name, args in (("unmask", []), ("field", ["name"])):
        assert client.post(reverse(f"customers:{name}", args=[star.soyeon.pk, *args]), {"open": "1"}).status_code == 404
    assert not Access.objects.exists()


def test_looking_changes_nothing_and_unmasking_is_a_post(star, signed_in):
    client = signed_in(star.rep)
    address = reverse("customers:unmask", args=[star.mina.pk])
    assert client.get(address).status_code == 405
    page = text_of(client.post(address, headers={"HX-Request": "true"}))
    assert "010-1234-5678" in page
    assert Access.objects.filter(verb="unmask", customer_id=star.mina.pk).count() == 1


def test_a_role_that_may_not_unmask_gets_neither_button_nor_value(star, signed_in):
    client = signed_in(star.marketer)
    page = text_of(client.get(reverse("customers:one", args=[star.mina.pk])))
    assert "unmask" not in page
    assert "fields/" not in page
    assert client.post(reverse("customers:unmask", args=[star.mina.pk])).status_code == 403
    opened = client.post(reverse("customers:field", args=[star.mina.pk, "phone"]), {"open": "1"})
    assert opened.status_code == 403


def edit(client, customer, name, value, seen_at="2999-01-01T00:00:00+00:00"):
    address = reverse("customers:field", args=[customer.pk, name])
    return client.post(address, {"value": value, "seen_at": seen_at}, headers={"HX-Request": "true"})


def test_edit_in_place_saves_offers_undo_and_shows_both_values_in_a_conflict(star, signed_in):
    client = signed_in(star.rep)
    saved = text_of(edit(client, star.mina, "name", "김민하"))
    assert "김민하" in saved
    assert "/customers/undo/" in saved
    conflict = text_of(edit(client, star.mina, "name", "김미나", "2020-01-01T00:00:00+00:00"))
    assert "김민하" in conflict
    assert 'value="김미나"' in conflict
    assert Customer.objects.get(pk=star.mina.pk).name == "김민하"
    wrong = text_of(edit(client, star.mina, "birth_year", "19x8"))
    assert 'aria-invalid="true"' in wrong
    assert edit(client, star.mina, "kind", "unnamed").status_code == 404
    assert "x" not in Customer.objects.get(pk=star.mina.pk).name
    assert 'aria-invalid="true"' in text_of(edit(client, star.mina, "name", "x", "yesterday"))


def test_undo_takes_the_change_back(star, signed_in):
    client = signed_in(star.rep)
    edit(client, star.mina, "name", "김민하")
    change = star.mina.changes.get()
    answer = client.post(reverse("customers:undo", args=[change.pk]), {"name": "name"}, headers={"HX-Request": "true"})
    assert "김민아" in text_of(answer)


def test_hostile_text_is_shown_and_never_run(star, signed_in):
    Customer.objects.filter(pk=star.mina.pk).update(
        name=HOSTILE, address=HOSTILE, attributes={HOSTILE: HOSTILE}, origins={"name": {"source": HOSTILE, "at": ""}}
    )
    client = signed_in(star.rep)
    for address in (reverse("customers:list"), reverse("customers:one", args=[star.mina.pk])):
        page = text_of(client.get(address))
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page
        assert "<script>alert(1)" not in page


def test_the_list_finds_and_stays_within_the_tree(star, signed_in):
    client = signed_in(star.rep)
    page = text_of(client.get(reverse("customers:list"), {"q": "김"}))
    assert "김민아" in page
    assert "박지호" not in page
    assert list(Access.objects.values_list("verb", "count")) == [("search", 1)]
    everybody = text_of(client.get(reverse("customers:list")))
    assert "이소연" not in everybody
    assert "H-0004" not in everybody


def test_an_unnamed_customer_is_called_by_its_code(star, signed_in):
    page = text_of(signed_in(star.busan_rep).get(reverse("customers:list"), {"kind": "unnamed"}))
    assert "H-0004" in page


@pytest.mark.parametrize(
    "query", [{"sort": "phone"}, {"unit": "x"}, {"after": "x"}, {"amount.from": "x"}, {"kind": "z"}, {"sort": "-email"}]
)
def test_nonsense_in_the_address_is_answered_with_a_sentence(star, signed_in, query):
    assert signed_in(star.rep).get(reverse("customers:list"), query).status_code in (200, 422)


def test_bulk_assignment_moves_only_what_one_may_see(star, signed_in):
    client = signed_in(star.administrator)
    answer = client.post(
        reverse("customers:list"),
        {"act": "bulk:assign", "id": [star.mina.pk], "value.assign": str(star.busan_rep.pk)},
    )
    assert answer.status_code == 302
    star.mina.refresh_from_db()
    assert star.mina.rep_id == star.busan_rep.pk
    assert Access.objects.get(verb="change").count == 1


def test_export_stays_within_the_tree_and_is_logged_with_its_reason(star, signed_in):
    client = signed_in(star.branch_manager)
    answer = client.post(
        reverse("customers:list"), {"act": "export:csv", "everything": "1", "reason": "분기 점검 자료", "format": "csv"}
    )
    body = b"".join(answer.streaming_content).decode("utf-8-sig") if answer.streaming else text_of(answer)
    assert "김민아" in body
    assert "이소연" not in body
    assert "mina@example.com" not in body
    assert Access.objects.filter(verb="export", reason="분기 점검 자료").exists()


def test_more_rows_than_a_step_holds_are_changed_by_a_job_with_progress(star, signed_in, monkeypatch):
    monkeypatch.setattr(bulk, "STEP", 2)
    client = signed_in(star.administrator)
    form = {"act": "bulk:assign", "everything": "1", "value.assign": str(star.busan_rep.pk)}
    answer = client.post(reverse("customers:list") + "?sort=-amount", form)
    job_id = int(answer["Location"].rpartition("job=")[2])
    assert f'id="job-{job_id}"' in text_of(client.get(answer["Location"]))
    assert worker.run_until_empty() == 1
    done = work.job(star.administrator, job_id)
    assert (done.state, done.result, done.total) == ("done", {"rows": 4}, 4)
    assert Customer.objects.exclude(rep=star.busan_rep).count() == 0
    assert f'id="job-{job_id}"' not in text_of(signed_in(star.rep).get(answer["Location"])), "a job of somebody else"


def test_one_customer_takes_few_questions_however_much_is_known(star, signed_in, django_assert_max_num_queries):
    client = signed_in(star.administrator)
    with django_assert_max_num_queries(15):
        client.get(reverse("customers:one", args=[star.mina.pk]))
    Customer.objects.filter(pk__in=[star.jiho.pk, star.soyeon.pk]).update(merged_into=star.mina)
    with django_assert_max_num_queries(15):
        client.get(reverse("customers:one", args=[star.mina.pk]))


def test_rows_picked_by_hand_are_exported_alone_by_few_questions(star, signed_in, django_assert_max_num_queries):
    client = signed_in(star.branch_manager)
    form = {"act": "export", "id": [star.mina.pk, star.soyeon.pk], "reason": "분기 점검 자료", "format": "csv"}
    with django_assert_max_num_queries(12):
        answer = client.post(reverse("customers:list") + "?sort=-amount", form)
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "김민아" in body
    assert "박지호" not in body, "not picked"
    assert "이소연" not in body, "picked by a forged form, but of another branch"


def test_the_list_is_narrowed_and_sorted_by_scores_for_those_who_see_figures(star, signed_in, monkeypatch):
    asked = []
    flags, values = np.zeros(10**4, dtype=bool), np.full(10**4, np.nan)
    flags[[star.mina.pk, star.jiho.pk]] = True
    values[star.mina.pk], values[star.jiho.pk] = 81.5, 90.25
    monkeypatch.setattr(picking, "indexes", lambda: {
        key: SimpleNamespace(name=f"index_{n}", index_id=n, label=f"지수 {n}") for n, key in ((1, "index"), (2, "index_2"))})  # fmt: skip
    monkeypatch.setattr(picking, "figure_of", lambda sort: Figure(sort, values))
    monkeypatch.setattr(picking.segments, "meeting", lambda root: asked.append(root) or Among("a", flags))
    text = text_of(signed_in(star.analyst).get("/customers/?index.from=80&sort=-index&cols=name,index"))
    assert asked[0].parts[0].parts[0] == Score("index", "index_1", "between", least=80)
    assert "이소연" not in text
    assert text.index("박지호") < text.index("김민아")
    api = Api(star.analyst)
    rows = api("GET", "/customers?value_to=5&sort=-value").json()["items"]
    assert [(row["name"], row["index"]) for row in rows] == [("박지호", 90.25), ("김민아", 81.5)]
    other = text_of(
        signed_in(star.analyst).get("/customers/?index_2.from=10&index.to=99&sort=-index_2&cols=name,index_2")
    )
    assert "지수 2" in other
    assert other.index("박지호") < other.index("김민아")
    assert {part.parts[0].field for part in asked[-1].parts} == {"index_1", "index_2"}
    assert api("GET", "/customers?index_id=2&index_from=10&sort=-index").status_code == 200
    assert asked[-1].parts[0].parts[0].field == "index_2"
    assert api("GET", "/customers?index_id=3").status_code == 422
    assert signed_in(star.rep).get("/customers/?index.from=80").status_code == 403
    assert Api(star.rep)("GET", "/customers?index_from=80").status_code == 403
    assert Api(star.rep)("GET", "/customers?sort=value").status_code == 422
    assert "90.25" not in text_of(signed_in(star.rep).get("/customers/?cols=name,index"))
    assert signed_in(star.analyst).get("/customers/?group=group_1.9").status_code in {400, 422}
