"""kill -9 in the middle of a load, then the same command again: nothing twice, nothing lost."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DRIVER = Path(__file__).parent / "killed.py"
SEED = 20261123
POINTS = [
    ("staged", 1), ("before the file is in place", 2), ("before the transaction", 3), ("inside the transaction", 4),
    ("after the transaction", 4), ("before the end", 1), ("after the end", 1),
]  # fmt: skip


def run(home, *arguments):
    env = {**os.environ, "DANGOL_HOME": str(home), "DANGOL_DATABASE": "sqlite",
           "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}  # fmt: skip
    return subprocess.run(
        [sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    home = tmp_path_factory.mktemp("killed") / "home"
    made = run(home, "-m", "django", "migrate", "--settings", "dangol.config.settings", "-v", "0")
    assert made.returncode == 0, made.stderr
    return home


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """2,000 rows with equal ones among them, and a bad one in every batch."""
    dice = random.Random(SEED)
    lines = ["order_id,customer_key,product_key,sold_at,quantity,amount"]
    for number in range(2000):
        amount = "free" if number % 371 == 5 else dice.randrange(1, 9) * 1000
        lines.append(f"{number // 40},C{dice.randrange(3)},P{dice.randrange(2)},2026-01-05,1,{amount}")
    path = tmp_path_factory.mktemp("file") / "sales.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def state(home):
    """What is visible: rows of live batches, counts, refused lines."""
    with sqlite3.connect(home / "dangol.sqlite3") as database:
        paths = database.execute("SELECT path FROM collect_batch WHERE live AND rows > 0 ORDER BY id").fetchall()
        load = database.execute("SELECT state, read, loaded, unchanged, quarantined FROM collect_load").fetchall()
        refused = database.execute("SELECT line, reason FROM collect_quarantined ORDER BY line").fetchall()
    rows = pa.concat_tables([pq.read_table(home / "raw" / path) for (path,) in paths])
    return sorted(map(repr, rows.to_pylist())), load, refused


def test_load_killed_anywhere_ends_in_the_same_state(prepared, file, tmp_path):
    whole = tmp_path / "whole"
    shutil.copytree(prepared, whole)
    report = json.loads(run(whole, str(DRIVER), str(file), "never", "0").stdout)
    expected = state(whole)
    assert report["read"] == 2000
    assert expected[1] == [("done", 2000, 1994, 0, 6)]
    for number, (point, times) in enumerate(POINTS):
        home = tmp_path / str(number)
        shutil.copytree(prepared, home)
        died = run(home, str(DRIVER), str(file), point, str(times))
        assert died.returncode == -signal.SIGKILL, (point, died.stderr)
        again = run(home, str(DRIVER), str(file), "never", "0")
        assert again.returncode == 0, (point, again.stderr)
        rows, loads, refused = state(home)
        assert (rows, refused) == (expected[0], expected[2]), point
        assert sum(load[2] for load in loads) == 1994, point
        assert all(load[1] == load[2] + load[3] + load[4] for load in loads), point
