"""The cast with purchases, contacts and answers in a real snapshot, laid down for conditions."""

from datetime import date

from dangol.insight.score import actions as score
from dangol.insight.segments import counting, prepared
from dangol.insight.warehouse import actions as warehouse
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale

AS_OF = date(2026, 6, 30)
# customer, order, product, day, amount: 민아 buys brand A to this day, 소연 did and stopped, the coded one returned all
BOUGHT = (
    ("mina", "m1", "p1", "2026-04-10", 30_000), ("mina", "m1", "p2", "2026-04-10", 5_000),
    ("mina", "m2", "p1", "2026-05-20", 20_000), ("mina", "m3", "p3", "2026-06-30", 10_000),
    ("mina", "m4", "p2", "2026-06-30", 7_000),
    ("soyeon", "s1", "p1", "2026-01-05", 50_000), ("soyeon", "s2", "p1", "2026-02-01", 50_000),
    ("soyeon", "s3", "p1", "2026-03-01", 50_000),
    ("coded", "c1", "p3", "2026-06-01", 8_000), ("coded", "c2", "p3", "2026-06-02", -8_000),
)  # fmt: skip
PRODUCTS = (("p1", "brand A", "skin"), ("p2", "brand B", "skin"), ("p3", "brand A", "make-up"))


def build(cast, home, monkeypatch):
    """Write the star, the scores and the facts of the cast; returns what was loaded."""
    loaded = Loaded(home).stand_in(monkeypatch)
    people = {"mina": cast.mina, "jiho": cast.jiho, "soyeon": cast.soyeon, "coded": cast.coded}
    for name, one in people.items():
        loaded.numbers["pos", name] = one.pk
        loaded.profiles[one.pk] = {
            "kind": one.kind, "age_band": {"mina": "30s", "soyeon": "20s"}.get(name), "home": "own",
            "branch": one.unit.name, "unit_path": one.unit.path,
        }  # fmt: skip
    loaded.batch("sales", [sale(order, who, product, f"{day} 03:00", amount, line_no=0 if product != "p2" or order == "m4" else 1,
                                channel="store" if who != "soyeon" else "mall",
                                store_key="st2" if who == "soyeon" else "st3" if who == "coded" else "st1")
                           for who, order, product, day, amount in BOUGHT])  # fmt: skip
    loaded.batch("products", [{"product_key": key, "product": key, "brand": brand, "product_major": major}
                              for key, brand, major in PRODUCTS])  # fmt: skip
    loaded.batch(
        "stores",
        [
            {"store_key": "st0", "store": "없는점", "region": "부산", "branch": "강남지점"},
            {"store_key": "st3", "store": "부산점", "region": "부산", "branch": "강남지점"},
            {"store_key": "st1", "store": "명동점", "region": "서울", "branch": "강남지점"},
        ],
    )
    loaded.batch("contacts", [{"campaign_key": "spring", "customer_key": who, "channel": "email",
                               "contacted_on": date(2026, 6, 1), "generated": 0} for who in ("mina", "soyeon")])  # fmt: skip
    loaded.batch("responses", [
        {"campaign_key": "spring", "customer_key": "mina", "responded_on": date(2026, 6, 2), "kind": "click",
         "detail": "person", "generated": 0},
        {"campaign_key": "spring", "customer_key": "soyeon", "responded_on": date(2026, 6, 1), "kind": "click",
         "detail": "machine", "generated": 0},
    ])  # fmt: skip
    warehouse.refresh(Quiet())
    score.run(Quiet(by=cast.administrator))
    monkeypatch.setattr(prepared, "collect", loaded)
    counting._served.clear()
    return loaded
