"""Collection programmes, tasks, and what is found stale or unlinked."""

from datetime import date, timedelta

import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.customers.collect import actions as collect
from dangol.customers.identify import actions as identify
from dangol.customers.identify.matching import actions as matching
from dangol.customers.identify.models import Customer
from dangol.customers.identify.reads import quality as counted
from dangol.customers.quality import actions, reads
from dangol.customers.quality.actions.asking import Plan
from dangol.customers.quality.models import Programme, Task
from dangol.staff.models import Access
from dangol.work.actions import Quiet


def plan(**more):
    usual = {"name": "주소", "fields": ["address", "email"], "starts_on": date.today(),
             "ends_on": date.today() + timedelta(days=30), "benefit_cost": 500, "effort_cost": 100}  # fmt: skip
    return Plan(**usual | more)


def states(programme):
    return dict(Task.objects.filter(programme_id=programme).values_list("customer_id", "state"))


def test_a_programme_makes_a_task_for_each_customer_who_lacks_a_field(cast):
    made = actions.start(by=cast.steward, plan=plan())
    assert len(states(made)) == 4
    assert Task.objects.get(customer_id=cast.coded.pk).fields == ["address", "email"]
    assert [task.customer.label for task in reads.tasks(cast.rep)] == ["김민아", "박지호"]
    assert reads.open_tasks(cast.rep) == 2
    assert [task.customer.label for task in reads.tasks(cast.branch_manager, everyone=True)] == ["김민아", "박지호"]
    assert reads.programme(cast.busan_rep, made).tasks == 2
    assert Access.objects.filter(what="collection programme").exists()


def test_only_stewards_start_and_stop_and_only_within_sense(cast):
    with pytest.raises(NotAllowed):
        actions.start(by=cast.rep, plan=plan())
    for wrong, field in (({"fields": []}, "fields"), ({"fields": ["rep"]}, "fields"), ({"name": " "}, "name"),
                         ({"ends_on": date(2020, 1, 1), "starts_on": date(2019, 1, 1)}, "ends_on"),
                         ({"fields": ["name"], "unit_id": cast.gangnam.pk}, "fields")):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            actions.start(by=cast.steward, plan=plan(**wrong))
        assert refused.value.field == field


def test_a_rep_has_at_most_so_many_and_a_unit_may_be_aimed_at(cast):
    made = actions.start(by=cast.steward, plan=plan(unit_id=cast.gangnam.pk, most_per_rep=1))
    assert list(states(made)) == [cast.mina.pk]


def test_who_refused_is_left_alone_by_the_next_programme(cast):
    first = actions.start(by=cast.steward, plan=plan())
    task = Task.objects.get(programme_id=first, customer_id=cast.mina.pk)
    assert actions.handle(by=cast.rep, task_id=task.pk, result="refused") == "refused"
    with pytest.raises(Conflict):
        actions.handle(by=cast.rep, task_id=task.pk, result="done", values={"address": "서울 중구 세종대로 1"})
    second = actions.start(by=cast.steward, plan=plan())
    assert cast.mina.pk not in states(second)


def test_who_became_part_of_another_counts_with_that_one_everywhere(cast):
    made = actions.start(by=cast.steward, plan=plan())
    matching.merge(by=cast.steward, kept_id=cast.mina.pk, gone_id=cast.jiho.pk)
    assert [task.customer.label for task in reads.tasks(cast.rep)] == [
        "김민아",
        "김민아",
    ]  # the task outlives its customer
    task = Task.objects.get(programme_id=made, customer_id=cast.jiho.pk)
    actions.handle(by=cast.rep, task_id=task.pk, result="refused")
    again = actions.start(by=cast.steward, plan=plan())
    assert set(states(again)) == {cast.soyeon.pk, cast.coded.pk}
    everybody = [one for batch in counted.people() for one in batch["customer_id"].to_pylist()]
    assert everybody == [cast.mina.pk, cast.soyeon.pk, cast.coded.pk]
    assert counted.how_many() == 3
    assert cast.jiho.pk not in counted.named_ids()
    assert [row[0] for row in counted.lacking(cast.rep, ["address"])] == [cast.mina.pk]
    assert counted.values_of(cast.rep, [cast.jiho.pk]) == {}
    assert counted.known_by_source()["crm"] == len({cast.mina.pk, cast.soyeon.pk, cast.coded.pk})


def test_who_was_not_reached_rests_and_a_half_filled_task_stays_open(cast):
    actions.start(by=cast.steward, plan=plan(fields=["address", "email", "birth_year"]))
    task = Task.objects.get(customer_id=cast.coded.pk)
    assert task.fields == ["address", "email", "birth_year"]
    assert actions.handle(by=cast.busan_rep, task_id=task.pk, result="done",
                          values={"email": "new@example.com", "phone": "010-9"}) == "open"  # fmt: skip
    assert Customer.objects.get(pk=cast.coded.pk).email == "new@example.com"
    waiting = next(one for one in reads.tasks(cast.busan_rep) if one.id == task.pk)
    assert waiting.missing == ["address", "birth_year"]
    actions.handle(by=cast.busan_rep, task_id=task.pk, result="not_reached")
    assert task.pk not in [one.id for one in reads.tasks(cast.busan_rep)]
    with pytest.raises(BadInput):
        actions.handle(by=cast.busan_rep, task_id=task.pk, result="done", values={"birth_year": "12"})
    with pytest.raises(NotFound):
        actions.handle(by=cast.rep, task_id=task.pk, result="refused")


def test_the_next_measuring_closes_what_was_filled_elsewhere_and_counts_the_result(cast):
    made = actions.start(by=cast.steward, plan=plan(fields=["address"]))
    Customer.objects.filter(pk=cast.mina.pk).update(address="서울 중구 세종대로 110")
    Customer.objects.filter(pk=cast.jiho.pk).update(address="-")  # too short to be an address
    assert actions.measure(Quiet())["tasks_closed"] == 1
    assert states(made)[cast.mina.pk] == "done"
    assert states(made)[cast.jiho.pk] == "open"
    actions.handle(by=cast.busan_rep, task_id=Task.objects.get(customer_id=cast.soyeon.pk).pk, result="done",
                   values={"address": "부산 해운대구 우동 1"})  # fmt: skip
    found = reads.programme(cast.steward, made)
    assert (found.values, found.done, found.cost, found.cost_a_value) == (2, 2, 1200, 600)
    assert actions.stop(by=cast.steward, programme_id=made) == 2
    assert sorted(states(made).values()) == ["closed", "closed", "done", "done"]
    with pytest.raises(Conflict):
        actions.stop(by=cast.steward, programme_id=made)


def test_a_programme_ends_by_itself_when_its_time_is_over(cast):
    made = actions.start(by=cast.steward, plan=plan())
    Programme.objects.update(ends_on=date.today() - timedelta(days=1))
    assert reads.open_tasks(cast.rep) == 0
    actions.measure(Quiet())
    assert Programme.objects.get(pk=made).state == "ended"
    assert set(states(made).values()) == {"closed"}


HEAD = "order,line,cust,item,store,when,qty,amount\n"
MAPPING = {"order_id": "order", "line_no": "line", "customer_key": "cust", "product_key": "item", "store_key": "store",
           "sold_at": "when", "quantity": "qty", "amount": "amount"}  # fmt: skip


@pytest.fixture
def loaded(cast, tmp_path):
    """Half a year of monthly sums, with an un-named buyer, no product list, and a bad row."""
    months = [f"2026-0{month}-28 00:00" for month in range(1, 7)]
    rows = [f"O{month}{n},1,{key},p1,s1,{when},1,1000\n" for month, when in enumerate(months)
            for n, key in enumerate(["H-0001", "H-0004", *(f"U{i}" for i in range(10))])]  # fmt: skip
    path = tmp_path / "sales.csv"
    path.write_text(HEAD + "".join(rows) + "X,1,H-0001,p1,s1,yesterday,1,1\n", "utf-8")
    collect.describe_source(by=cast.steward, code="shop", name="매장", kind="sales", reader="csv", mapping=MAPPING)
    load = collect.start_load(by=cast.steward, source_code="shop", path=path)
    collect.run_load(Quiet(by=cast.steward), load_id=load)
    identify.link(Quiet())
    actions.measure(Quiet())
    return cast


def test_sums_strangers_and_unknown_keys_are_found_and_shown_to_those_who_see_sources(loaded):
    told = {one.kind.code: one.params for one in reads.findings(loaded.steward)}
    assert set(told) == {
        "rolled_up",
        "unnamed_sales",
        "without_sales",
        "unknown_products",
        "unknown_stores",
        "quarantine",
    }
    assert (told["rolled_up"]["count"], told["rolled_up"]["months"]) == (72, 6)
    assert (told["unnamed_sales"]["count"], told["unnamed_sales"]["total"]) == (72, 72)
    assert (told["unknown_products"]["count"], told["unknown_products"]["keys"]) == (72, 1)
    assert told["quarantine"]["count"] == 1
    for one in reads.findings(loaded.steward):
        assert one.kind.text.format(**one.params)
    assert reads.findings(loaded.rep) == []
