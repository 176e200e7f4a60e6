"""The only door to DuckDB and Spark, and the store of immutable snapshots."""

from dangol.engine.engines import Engine, current, current_local, fresh, fresh_local
from dangol.engine.limits import asking, patient
from dangol.engine.lookup import rows_of, span_of
from dangol.engine.snapshots import Snapshot, Store

__all__ = [
    "Engine",
    "Snapshot",
    "Store",
    "asking",
    "current",
    "current_local",
    "fresh",
    "fresh_local",
    "patient",
    "rows_of",
    "span_of",
]
