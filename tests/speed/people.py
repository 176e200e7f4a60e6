"""The load rate of people: validated rows of customers per second, created and then updated, and the most memory."""

import os
import random
import time
from pathlib import Path
from typing import Any

SURNAMES, SYLLABLES = "김이박최정강조윤장임", "민서지우하준도윤수아현주영은성호진혜원"


def rate(folder: Path, rows: int) -> dict[str, Any]:
    """Write a CSV of people, load it, then a second one that changes a tenth of them; rows a second of both."""
    from django.core.management import call_command

    from dangol.customers.collect import actions as collect
    from dangol.staff.reads import system

    call_command("migrate", verbosity=0)
    by = system()
    fields = {"source_key": "회원번호", "name": "성명", "phone": "휴대폰", "email": "이메일", "birth": "생년월일",
              "gender": "성별", "address": "주소"}  # fmt: skip
    collect.describe_source(by=by, code="members", name="Members", kind="customers", reader="csv", mapping=fields,
                            options={"unfit": "quarantine"})  # fmt: skip
    first = _load(by, _file(folder / "people.csv", list(fields.values()), rows, moved=False))
    second = _load(by, _file(folder / "moved.csv", list(fields.values()), rows, moved=True))
    return {"rows": rows, "created": first, "updated": second}


def _file(path: Path, names: list[str], rows: int, *, moved: bool) -> Path:
    dice = random.Random(1)
    with path.open("w", encoding="utf-8") as out:
        out.write(",".join(names) + "\n")
        for number in range(rows):
            name = dice.choice(SURNAMES) + dice.choice(SYLLABLES) + dice.choice(SYLLABLES)
            phone = dice.randrange(10**8) + (moved and number % 10 == 0)
            out.write(f"{8_800_000_000_000_000 + number},{name},010-{phone // 10**4 % 10**4:04d}-{phone % 10**4:04d},"
                      f"m{number}@example.com,19{number % 60 + 40}.{number % 12 + 1:02d}.{number % 28 + 1:02d},"
                      f"{'남여'[number % 2]},서울 강남구 역삼로 {number % 900}\n")  # fmt: skip
    return path


def _load(by: Any, path: Path) -> dict[str, Any]:
    from dangol.customers.collect import actions as collect
    from dangol.work.actions import Quiet

    load_id = collect.start_load(by=by, source_code="members", path=path)
    start = time.perf_counter()
    report = collect.run_load(Quiet(by=by), load_id=load_id)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "rate": report["read"] / seconds, "megabytes": _most(), **{
        name: report[name] for name in ("created", "updated", "unchanged", "quarantined")}}  # fmt: skip


def _most() -> float:
    """The most memory this process held, MB."""
    try:
        status = Path(f"/proc/{os.getpid()}/status").read_text()
    except OSError:
        return 0.0
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
