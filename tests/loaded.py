"""Loaded rows without the rooms that load them: Parquet batches, keys and attributes for tests of the star."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dangol.base.identifiers import file_hash
from dangol.customers.identify.postings.reads import SCHEMA
from dangol.customers.identify.postings.rules import BEGINNING, Posting, spans
from dangol.insight.warehouse import actions
from dangol.insight.warehouse.rules import MARKS, RAW

TYPES = actions.ARROW


@dataclass(frozen=True)
class RawFile:
    path: Path
    source: str
    batch: str
    sha256: str
    rows: int
    replaces: int = 0


class Loaded:
    """What has been loaded so far; stands in for the reads of collect and identify."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.generated: list[str] = []
        self.files: dict[str, list[RawFile]] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.profiles: dict[int, dict[str, Any]] = {}
        self.lines: dict[tuple[str, str], set[int]] = {}
        self.places: dict[tuple[str, str | None], int] = {}
        self.courses: dict[tuple[str, str], list[Posting]] = {}

    def batch(self, kind: str, rows: Iterable[Mapping[str, Any]], source: str = "pos") -> RawFile:
        """One more batch. A row may give its own `line_key`."""
        rows = [{**row, "source": source} for row in rows]
        for place, row in enumerate(rows):
            row.setdefault("line_key", _line_key(kind, row, place))
            if row.get("customer_key"):
                self.numbers.setdefault((source, row["customer_key"]), len(self.numbers) + 1)
        columns = {**RAW[kind], **MARKS}
        schema = pa.schema([(name, TYPES[type_] if type_ != "timestamp" else pa.timestamp("us", "UTC"))
                            for name, type_ in columns.items()])  # fmt: skip
        name = f"{sum(len(files) for files in self.files.values()):06}"
        path = self.home / "raw" / source / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
        keys = {row["line_key"] for row in rows}
        replaces = len(keys & self.lines.setdefault((source, kind), set()))
        self.lines[source, kind] |= keys
        file = RawFile(path, source, name, file_hash(path), len(rows), replaces)
        self.files.setdefault(kind, []).append(file)
        return file

    def undo(self, kind: str, file: RawFile) -> None:
        self.files[kind].remove(file)

    def raw_files(self, kind: str) -> list[RawFile]:
        return list(self.files.get(kind, []))

    def fingerprint(self) -> str:
        return str(sum(len(files) for files in self.files.values()))

    def keys(self) -> pa.Table:
        rows = [{"source": source, "key": key, "customer_id": number} for (source, key), number in self.numbers.items()]
        return pa.Table.from_pylist(rows, schema=pa.schema([("source", pa.string()), ("key", pa.string()),
                                                            ("customer_id", pa.int64())]))  # fmt: skip

    def attributes(self) -> pa.Table:
        rows = [{"customer_id": number, "kind": "unnamed", "code": key, **self.profiles.get(number, {})}
                for (_source, key), number in self.numbers.items()]  # fmt: skip
        for row in rows:
            row["unit_id"] = self.unit(row.get("branch"), row.get("region"), row.get("unit_id"))
            row["rep_id"] = int(row["rep"].removeprefix("rep ")) if row.get("rep") else None
        names = ("kind", "code", "age_band", "unit_path", "branch", "region", "rep", "home")
        schema = pa.schema([("customer_id", pa.int64()), ("unit_id", pa.int64()), ("rep_id", pa.int64()),
                            *((name, pa.string()) for name in names)])  # fmt: skip
        return pa.Table.from_pylist(rows, schema=schema.with_metadata({"generated": json.dumps(self.generated)}))

    def unit(self, branch: str | None, region: str | None = None, number: int | None = None) -> int | None:
        """The number of an organisation unit, made where there is none of these names; None for no branch."""
        return self.places.setdefault((branch, region), number or len(self.places) + 1) if branch else None

    def units(self) -> pa.Table:
        for profile in self.profiles.values():
            self.unit(profile.get("branch"), profile.get("region"), profile.get("unit_id"))
        rows = [{"unit_id": pk, "branch": branch, "region": region} for (branch, region), pk in self.places.items()]
        return pa.Table.from_pylist(rows, schema=pa.schema([("unit_id", pa.int64()), ("branch", pa.string()),
                                                            ("region", pa.string())]))  # fmt: skip

    def postings(self) -> pa.Table:
        rows = [{"source": source, "key": key, "customer_id": self.numbers[source, key], "from_day": one.from_day,
                 "until_day": until, "unit_id": one.unit_id, "rep_id": one.rep_id}
                for (source, key), course in self.courses.items() for one, until in spans(course)]  # fmt: skip
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    def moved(self, key: str, day: date, *, branch: str, rep: str, source: str = "pos") -> None:
        """A customer comes into the charge of another branch and rep from a day on."""
        number = self.numbers[source, key]
        now = self.profiles[number]
        before = Posting(BEGINNING, self.unit(now["branch"], now.get("region")), int(now["rep"].removeprefix("rep ")))
        self.profiles[number] = now | {"branch": branch, "rep": rep}
        after = Posting(day, self.unit(branch, now.get("region")), int(rep.removeprefix("rep ")))
        self.courses[source, key] = [*self.courses.get((source, key), [before]), after]

    def customer(self, key: str, source: str = "pos", **profile: Any) -> int:
        """Give a customer attributes; returns the customer_id."""
        number = self.numbers.setdefault((source, key), len(self.numbers) + 1)
        self.profiles[number] = profile
        return number

    def stand_in(self, monkeypatch: Any) -> "Loaded":
        """Take the place of the rooms that load and identify."""
        monkeypatch.setattr(actions, "collect", self)
        monkeypatch.setattr(actions, "identify", self)
        return self


def _line_key(kind: str, row: Mapping[str, Any], place: int) -> int:
    key = {"sales": (row.get("order_id"), row.get("line_no"), row.get("product_key"))}.get(
        kind, tuple(row.get(name) for name in RAW[kind] if name.endswith("_key"))
    )
    return hash((kind, *key)) if any(key) else place


def sale(order: str, customer: str, product: str, at: str, amount: int, **more: Any) -> dict[str, Any]:
    """A line of a purchase; at: UTC, ISO."""
    return {"order_id": order, "customer_key": customer, "product_key": product,
            "sold_at": datetime.fromisoformat(at + "+00:00"), "quantity": 1, "amount": amount, **more}  # fmt: skip
