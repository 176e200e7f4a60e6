"""kill -9 in the middle of a load or of taking one back, then the same again: nothing twice, nothing lost."""

import json
import random
import shutil
import signal
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.installed import Forks, environment, install

LOADS = "dangol.customers.collect.tests.killed"
PEOPLE = "dangol.customers.collect.tests.killed_people"
SEED = 20261123
POINTS = [
    ("staged", 1), ("before the file is in place", 2), ("before the transaction", 3), ("inside the transaction", 4),
    ("after the transaction", 4), ("before the end", 1), ("after the end", 1),
]  # fmt: skip


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


def again(home):
    """The installation as if nothing had ever been loaded."""
    shutil.rmtree(home)
    return install(home)


def test_load_killed_anywhere_ends_in_the_same_state(file, tmp_path):
    home = install(tmp_path / "home")
    with Forks(LOADS, environment(home)) as forks:
        report = forks.ask(str(file), "never", 0)
        expected = state(home)
        assert report["read"] == 2000
        assert expected[1] == [("done", 2000, 1994, 0, 6)]
        for point, times in POINTS:
            again(home)
            assert forks.run(str(file), point, times) == -signal.SIGKILL, point
            assert forks.run(str(file), "never", 0) == 0, point
            rows, loads, refused = state(home)
            assert (rows, refused) == (expected[0], expected[2]), point
            assert sum(load[2] for load in loads) == 1994, point
            assert all(load[1] == load[2] + load[3] + load[4] for load in loads), point


def people(home):
    """The newest version of everybody: {key: (name, email)}, and whether any key has two of them or a dead one."""
    with sqlite3.connect(home / "dangol.sqlite3") as database:
        rows = database.execute(
            "SELECT source_key, fields, live FROM collect_person JOIN collect_batch ON batch_id = collect_batch.id "
            "WHERE newest"
        ).fetchall()
    found = {key: json.loads(fields) for key, fields, _live in rows}
    sound = len(rows) == len(found) and all(live for _key, _fields, live in rows)
    return {key: (said["name"], said.get("email")) for key, said in found.items()}, sound


def loads(home):
    with sqlite3.connect(home / "dangol.sqlite3") as database:
        return database.execute("SELECT state, read, loaded, updated, quarantined FROM collect_load").fetchall()


def roster(path, names):
    path.write_text(
        "source_key,name,email\n" + "".join(f"{key},{name},{mail}\n" for key, (name, mail) in names.items())
    )
    return str(path)


def survive(forks, what, *deaths):
    """Give the same command until it ends, killed at each of these points first."""
    for point, times in deaths:
        assert forks.run(what, point, times) == -signal.SIGKILL, point
    assert forks.run(what, "never", 0) == 0


def test_load_of_people_and_taking_it_back_survive_being_killed_with_updates_and_all(tmp_path):
    dice = random.Random(SEED)
    first = {str(key): (f"김하나{key}", f"k{key}@example.com") for key in range(450)}
    changed = {key: (name, f"new{key}@example.com") for key, (name, _mail) in first.items() if dice.random() < 0.5}
    second = changed | {str(key): (f"새사람{key}", "") for key in range(450, 900)}
    after = first | {key: (name, mail or None) for key, (name, mail) in second.items()}
    home = install(tmp_path / "home")
    with Forks(PEOPLE, environment(home)) as forks:
        survive(forks, roster(tmp_path / "first.csv", first))
        survive(forks, roster(tmp_path / "second.csv", second), ("inside the transaction", dice.randrange(2, 4)),
                ("after the transaction", dice.randrange(2, 4)))  # fmt: skip
        assert people(home) == (after, True)
        assert loads(home)[-1] == ("done", len(second), len(second), len(changed), 0)
        survive(forks, "2", ("inside a step", dice.randrange(2, 5)), ("before the end", 1))
    assert people(home) == (first, True)
    assert loads(home)[-1][0] == "undone"
