"""The only door to splink: candidate pairs, how alike they are, and what that is worth, on DuckDB and on Spark.

Splink finds the pairs that blocking rules allow, sorts each comparison of a pair into one of its levels and adds up
weights. What is compared and what a level is worth comes from above; nothing here knows a person from a restaurant.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from dangol.engine.engines import Engine

ROW, LEFT, RIGHT, WEIGHT = "row", "left", "right", "weight"
NOTHING = "null"
_TINY = 2.0**-40
# What the conditions of levels may use besides plain SQL, on DuckDB; Spark has the first from splink's own archive.
_MACROS = (
    "CREATE OR REPLACE TEMP MACRO jaro_winkler(a, b) AS jaro_winkler_similarity(a, b)",
    "CREATE OR REPLACE TEMP MACRO words_shared(a, b) AS len(list_intersect(a, b))",
)
_SPARK_FUNCTION = (
    "CREATE OR REPLACE TEMPORARY FUNCTION words_shared(a ARRAY<STRING>, b ARRAY<STRING>) RETURNS INT "
    "RETURN size(array_intersect(a, b))"
)


class Level(Protocol):
    """One answer a comparison can give. when: SQL over `<column>_l` and `<column>_r`; frequency_of: the column whose
    value, where rare, makes the level worth more."""

    @property
    def name(self) -> str: ...
    @property
    def when(self) -> str: ...
    @property
    def frequency_of(self) -> str: ...


class Comparison(Protocol):
    """What is asked of a pair: missing is SQL true where it cannot be asked; levels from alike to unlike, the last
    one (what is left) with an empty `when`."""

    @property
    def name(self) -> str: ...
    @property
    def missing(self) -> str: ...
    @property
    def levels(self) -> Sequence[Level]: ...


@dataclass(frozen=True)
class Weights:
    """What a model knows. prior: probability that two records picked at random match; m, u: by comparison, the
    probability of each level among matches and among others.

    Source: Fellegi and Sunter (1969), A Theory for Record Linkage, JASA 64, equations 9 to 11.
    """

    prior: float
    m: Mapping[str, Sequence[float]]
    u: Mapping[str, Sequence[float]]


class Pairs:
    """Records registered with splink, ready to be paired. Made by `opened`."""

    def __init__(self, engine: Engine, records: pa.Table, comparisons: Sequence[Comparison]) -> None:
        self.engine, self.comparisons = engine, tuple(comparisons)
        self._api = _api(engine)
        self._records = self._registered(records)

    def _registered(self, table: pa.Table) -> Any:
        return self._api.register(
            table if self.engine.name == "duckdb" else self.engine.backend._session.createDataFrame(table)
        )

    def patterns(self, rules: Sequence[str]) -> pa.Table:
        """How often each combination of levels occurs among the pairs that any rule allows.

        rules: SQL over l and r. Gives one int column a comparison (-1 missing, else the number of the level) and
        `pairs`, int64.
        """
        names = [one.name for one in self.comparisons]
        codes = Weights(0.5, *({one.name: [_TINY * 2.0**k for k in powers(one)] for one in self.comparisons}
                               for powers in (_counted, _zeros)))  # fmt: skip
        with self._scored(rules, codes, least=None, frequencies={}) as table:
            levels = ", ".join(f"CAST(round(mw_{name}) AS INT) - 1 AS {name}" for name in names)
            groups = ", ".join(str(n + 1) for n in range(len(names)))
            return self._rows(f"SELECT {levels}, CAST(count(*) AS BIGINT) AS pairs FROM {table} GROUP BY {groups}")  # noqa: S608

    def scored(
        self, rules: Sequence[str], weights: Weights, least: float, frequencies: Mapping[str, pa.Table]
    ) -> pa.Table:
        """The pairs that any rule allows and whose weight is at least `least` (log2 of the odds, the prior included).

        frequencies: for each column that a level names, a table of `value` and `share`, the probability that a record
        of somebody else has the value; a level that names it is worth log2(m / share) instead of log2(m / u).
        Gives left, right (row numbers, left < right), weight, and for each comparison its level (int), its weight
        `w_<name>` and the part of it that comes from how rare the value is, `f_<name>` (float64, log2).
        """
        with self._scored(rules, weights, least=least, frequencies=frequencies) as table:
            columns = [f"{ROW}_l AS {LEFT}_row, {ROW}_r AS {RIGHT}_row, match_weight AS {WEIGHT}"]
            for one in self.comparisons:
                columns.append(f"mw_{one.name} AS w_{one.name}")
                rare = any(level.frequency_of for level in one.levels)
                columns.append(f"{f'mw_tf_adj_{one.name}' if rare else 'CAST(0 AS DOUBLE)'} AS f_{one.name}")
            found = self._rows(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2")  # noqa: S608
        return found.rename_columns([LEFT, RIGHT, *found.column_names[2:]])

    @contextmanager
    def _scored(
        self, rules: Sequence[str], weights: Weights, least: float | None, frequencies: Mapping[str, pa.Table]
    ) -> Iterator[str]:
        from splink import Linker

        settings = {
            "link_type": "dedupe_only",
            "unique_id_column_name": ROW,
            "blocking_rules_to_generate_predictions": list(rules),
            "probability_two_random_records_match": weights.prior,
            "comparisons": [_comparison(one, weights, bool(frequencies)) for one in self.comparisons],
            "retain_intermediate_calculation_columns": True,
            "retain_matching_columns": False,
        }
        with _quiet():
            linker = Linker(self._records, settings, log_level=None, validate_settings=False)
            for column, shares in frequencies.items():
                named = self._registered(shares.rename_columns([column, f"tf_{column}"]))
                linker.table_management.register_term_frequency_lookup(named, column)
            found = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        try:
            yield found.physical_name
        finally:
            found.drop_table_from_database_and_remove_from_cache()

    def _rows(self, sql: str) -> pa.Table:
        if self.engine.name == "duckdb":
            return self.engine.backend.con.execute(sql).to_arrow_table()
        return self.engine.backend._session.sql(sql).toArrow()


@contextmanager
def opened(engine: Engine, records: pa.Table, comparisons: Sequence[Comparison]) -> Iterator[Pairs]:
    """Records with a unique int64 column `row`, to be paired; what splink made on the way is dropped at the end."""
    pairs = Pairs(engine, records, comparisons)
    try:
        yield pairs
    finally:
        pairs._api.delete_tables_created_by_splink_from_db()


def _api(engine: Engine) -> Any:
    from splink import DuckDBAPI

    if engine.name == "duckdb":
        for macro in _MACROS:
            engine.backend.con.execute(macro)
        return DuckDBAPI(engine.backend.con)
    from splink import SparkAPI

    session = engine.backend._session
    with _quiet():
        api = SparkAPI(spark_session=session, break_lineage_method="persist")
    session.sql(_SPARK_FUNCTION)
    return api


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink's advice to people at a notebook, kept back: levels and weights are ours and complete by construction."""
    logger, before = logging.getLogger("splink"), logging.getLogger("splink").level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"splink\..*")
            yield
    finally:
        logger.setLevel(before)


def _counted(one: Comparison) -> range:
    return range(1, len(one.levels) + 1)


def _zeros(one: Comparison) -> list[int]:
    return [0] * len(one.levels)


def _comparison(one: Comparison, weights: Weights, frequencies: bool) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": one.missing, "is_null_level": True, "label_for_charts": NOTHING},
    ]
    for level, m, u in zip(one.levels, weights.m[one.name], weights.u[one.name], strict=True):
        found = {"sql_condition": level.when or "ELSE", "label_for_charts": level.name, "m_probability": m,
                 "u_probability": u}  # fmt: skip
        if level.frequency_of and frequencies:
            found |= {"tf_adjustment_column": level.frequency_of, "tf_adjustment_weight": 1.0,
                      "disable_tf_exact_match_detection": True, "tf_minimum_u_value": _TINY}  # fmt: skip
        levels.append(found)
    return {"output_column_name": one.name, "comparison_levels": levels}
