"""Loaded rows without the rooms that load them: Parquet batches, keys and attributes for tests of the star."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dangol.base.identifiers import file_hash
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
        rows = [{"customer_id": number, "kind": "unnamed", "code": key, "age_band": None, "unit_path": None,
                 "branch": None, "rep": None, "home": None, **self.profiles.get(number, {})}
                for (_source, key), number in self.numbers.items()]  # fmt: skip
        names = ("kind", "code", "age_band", "unit_path", "branch", "rep", "home")
        schema = pa.schema([("customer_id", pa.int64()), *((name, pa.string()) for name in names)])
        return pa.Table.from_pylist(rows, schema=schema.with_metadata({"generated": json.dumps(self.generated)}))

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
