"""A small shop: people and purchases loaded from files, one cycle run."""

from datetime import date

import pytest

from dangol import cycle
from dangol.customers.collect import actions as collect
from dangol.customers.identify.models import Customer, Standing
from dangol.privacy import actions
from dangol.work.actions import Quiet

PEOPLE = ("no,성명,휴대폰,이메일,주소,출생\n"
          "P-1,홍길순,010-5555-6666,gilsun@example.com,서울시 강남구 테헤란로 1,1985\n"
          "P-2,김철수,010-7777-8888,chulsoo@example.com,부산시 해운대구 1,1990\n"
          "P-3,이어린,010-1212-3434,child@example.com,서울시 중구 1,2016\n")  # fmt: skip
SALES = "order,cust,item,when,qty,amount\n" + "".join(
    f"O{n},P-{n % 3 + 1},i{n % 4},2026-0{n % 9 + 1}-1{n % 9} 10:00,1,{(n + 1) * 1000}\n" for n in range(18)
)
MAPPINGS = {
    "customers": {"source_key": "no", "name": "성명", "phone": "휴대폰", "email": "이메일", "address": "주소",
                  "birth_year": "출생"},
    "sales": {"order_id": "order", "customer_key": "cust", "product_key": "item", "sold_at": "when", "quantity": "qty",
              "amount": "amount"},
    "consents": {"customer_key": "cust", "purpose": "purpose", "channel": "channel", "given": "given",
                 "said_at": "at", "text_version": "version", "proof": "proof"},
}  # fmt: skip


class Shop:
    """The cast, the people of the files by key, and verbs to load and to run the cycle."""

    def __init__(self, cast, folder):
        self.cast, self.folder, self.turn = cast, folder, 0

    def load(self, kind, text):
        """Load a file of a kind; returns the load's report."""
        self.turn += 1
        path = self.folder / f"{kind}-{self.turn}.csv"
        path.write_text(text, "utf-8")
        collect.describe_source(by=self.cast.steward, code=f"shop-{kind}", name=kind, kind=kind, reader="csv",
                                mapping=MAPPINGS[kind], system="shop")  # fmt: skip
        load = collect.start_load(by=self.cast.steward, source_code=f"shop-{kind}", path=path)
        return collect.run_load(Quiet(by=self.cast.steward), load_id=load)

    def cycle(self, steps=("identify", "privacy", "warehouse", "profile")):
        """Run steps of the cycle."""
        report = {}
        for step in cycle.STEPS:
            if step.name in steps:
                report[step.name] = step.run(Quiet(by=self.cast.administrator))
        return report

    def person(self, key):
        """The customer a key belongs to."""
        return Customer.objects.get(keys__source="shop", keys__key=key)

    def ask(self, kind, key="P-1", *, checked=True, **more):
        """A request of that kind by a customer, with the identity checked."""
        made = actions.receive(by=self.cast.steward, customer_id=self.person(key).pk, kind=kind, **more)
        if checked:
            actions.check_identity(by=self.cast.steward, request_id=made, how="call")
        return made


@pytest.fixture
def people(cast, tmp_path):
    """The people without purchases: no warehouse, which costs a second."""
    made = Shop(cast, tmp_path)
    made.load("customers", PEOPLE)
    made.cycle(steps=("identify",))
    return made


@pytest.fixture
def shop(people):
    """The people with purchases."""
    people.load("sales", SALES)
    people.cycle()
    return people


@pytest.fixture
def graded(people):
    """The people, the first with a published grade."""
    Standing.objects.create(customer=people.person("P-1"), snapshot="s", as_of=date(2026, 10, 31), orders=6, amount=57_000,
                            recency_days=107, r=2, f=5, m=4, segment="LHH")  # fmt: skip
    return people
