"""Collected data and consents to stand in for the rooms below."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass
class File:
    """A batch of facts."""

    path: Path
    batch: int


class Collected:
    """Stands in for what was collected: people, and the customer keys of fact files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said, self.files, self.shared = folder, [], {}, {}

    @property
    def rows(self):
        return self.said

    @rows.setter
    def rows(self, rows):
        """Another load of people, a batch for all of them but those that name theirs."""
        number = max((row["batch"] for row in self.said), default=0) + 1
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=number)
        self.said = self.said + [{"batch": number, "load": number, "live": True, "at": at, **row} for row in rows]

    def undo(self, batch, live=False):
        self.said = [row | ({"live": live} if row["batch"] == batch else {}) for row in self.said]

    def people_batches(self):
        return {row["batch"]: row["live"] for row in self.said}

    def people_keys(self, batch):
        return iter([(row["source"], row["source_key"]) for row in self.said if row["batch"] == batch])

    def versions(self, wanted, live=True):
        mine = [row for row in self.said if (row["source"], row["source_key"]) in wanted]
        return iter([{"source_code": row["source"]} | row for row in mine if row["live"] or not live])

    def raw_files(self, kind):
        return self.files.get(kind, [])

    def systems(self):
        return self.shared

    def facts(self, kind, pairs):
        path = self.folder / f"{kind}-{len(self.files.get(kind, []))}.parquet"
        columns = {"source": [p[0] for p in pairs], "customer_key": [p[1] for p in pairs], "extra": [1] * len(pairs)}
        pq.write_table(pa.table(columns), path)
        self.files.setdefault(kind, []).append(File(path, 1000 + sum(map(len, self.files.values()))))
