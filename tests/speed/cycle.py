"""A generated company of any size, and its cycle: `python -m tests.speed.cycle company CUSTOMERS LINES`, then `cycle`.

The rows are put where a load would have put them (loading has a figure of its own); identifying, the warehouse and
scoring then run as in the product. Prints the seconds of each step.
"""

import json
import os
import sys
from itertools import chain
from pathlib import Path
from typing import Any


def company(customers: int, lines: int) -> None:
    """Customers with names and numbers, and validated batches of their purchases."""
    from django.core.management import call_command
    from django.db import connection

    from dangol.customers.identify.models import Customer, SourceKey

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
    _fill(Customer, ({"kind": "named", "code": f"C{n:08}", **_person(n), "generated": ["name", "phone"]}
                     for n in range(1, customers + 1)))  # fmt: skip
    first = Customer.objects.order_by("pk").values_list("pk", flat=True).first() or 1
    _fill(SourceKey, ({"source": "till", "key": str(n), "customer_id": first + n - 1} for n in range(1, customers + 1)))
    _batches(customers, lines)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


SURNAMES, FIRST, SECOND = "김이박최정강조윤장임", "민서지하도예수현준유", "아호연우은진영희철빈"


def _person(n: int) -> dict[str, str]:
    given = FIRST[n // 10 % 10] + SECOND[n // 100 % 10]
    tail = f"{n * 7919 % 10000:04}"
    return {
        "name": SURNAMES[n % 10] + given, "given_name": given, "phone": f"010-{n % 9000 + 1000}-{tail}",
        "phone_e164": f"+8210{n % 9000 + 1000}{tail}", "phone_tail": tail, "email": f"c{n}@example.com",
        "gender": "FM"[n % 2], "age_band": f"{n % 6 * 10 + 20}s",
    }  # fmt: skip


def _fill(model: Any, rows: Any) -> None:
    from itertools import islice

    from django.db import transaction

    known = {field.name for field in model._meta.get_fields()} | {field.attname for field in model._meta.fields}
    rows = iter(rows)
    while chunk := list(islice(rows, 20_000)):
        with transaction.atomic():
            model.objects.bulk_create(
                [model(**{k: v for k, v in row.items() if k in known}) for row in chunk], batch_size=2_000
            )


def _batches(customers: int, lines: int) -> None:
    import pyarrow.parquet as pq
    from django.conf import settings

    from dangol.base.identifiers import file_hash
    from dangol.customers.collect.models import Batch, Load, Source
    from tests.speed.generate import places, sales

    source = Source.objects.create(code="till", name="Till", system="till", kind="sales", reader="parquet")
    load = Load.objects.create(source=source, name="generated", state="done")
    folder = settings.DANGOL.home / "raw" / "till"
    folder.mkdir(parents=True, exist_ok=True)
    tables = chain(places().items(), (("sales", table) for table in sales(customers, lines)))
    for number, (kind, table) in enumerate(tables):
        path = folder / f"{number}.parquet"
        pq.write_table(table, path, compression="zstd", row_group_size=122_880)
        Batch.objects.create(load=load, source=source, kind=kind, number=number, path=f"till/{path.name}",
                             sha256=file_hash(path), read=table.num_rows, rows=table.num_rows)  # fmt: skip


def steps() -> dict[str, float]:
    """Seconds of each step of the product's own cycle over what is there."""
    from dangol import cycle
    from dangol.staff.reads import system
    from dangol.work.actions import Quiet

    return {name: said["seconds"] for name, said in cycle.run(Quiet(by=system())).items()}


def main(verb: str, customers: str = "0", lines: str = "0") -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    import django

    django.setup()
    if verb == "company":
        company(int(customers), int(lines))
        print("{}")
    elif verb == "cycle":
        print(json.dumps(steps()))
    elif verb == "load":
        from tests.speed.load import rate

        print(json.dumps(rate(Path(customers), int(lines))))
    elif verb == "people":
        from tests.speed import people_load

        print(json.dumps(people_load.rate(Path(customers), int(lines))))
    else:
        from tests.speed.pages import pages

        print(json.dumps(pages()))


if __name__ == "__main__":
    main(*sys.argv[1:])
