"""kill -9 in the middle of a fetch while the source goes on changing: nothing twice, nothing lost."""

import shutil
import signal
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq

from tests.installed import Forks, environment, install

POINTS = [("in mid stream", 6), ("before a batch", 3), ("before the end", 1)]
ROWS = 2000


def prepare(home):
    """An installation that has loaded nothing, beside a source of its own."""
    shutil.rmtree(home, ignore_errors=True)
    install(home)
    (home / "inbox").mkdir()
    with sqlite3.connect(home / "inbox" / "erp.sqlite") as database:
        database.execute("CREATE TABLE goods (code TEXT PRIMARY KEY, name TEXT, changed INT)")
        database.executemany(
            "INSERT INTO goods VALUES (?, ?, ?)", [(f"p{n}", f"제품 {n}", n // 7) for n in range(ROWS)]
        )


def change(home):
    """What happens at the source between the death and the next fetch: rows move behind the highest mark, some come."""
    with sqlite3.connect(home / "inbox" / "erp.sqlite") as database:
        highest = database.execute("SELECT MAX(changed) FROM goods").fetchone()[0]
        database.execute("UPDATE goods SET name = name || '!', changed = ? WHERE rowid % 5 = 0", (highest,))
        database.executemany("INSERT INTO goods VALUES (?, '새 제품', ?)", [(f"n{n}", highest + 1) for n in range(50)])
        return dict(database.execute("SELECT code, name FROM goods").fetchall())


def kept(home):
    """Products in force, by the rule that a later batch's row supersedes."""
    with sqlite3.connect(home / "dangol.sqlite3") as database:
        paths = database.execute("SELECT path FROM collect_batch WHERE live AND rows > 0 ORDER BY id").fetchall()
        loads = database.execute("SELECT state, read, loaded, unchanged, quarantined FROM collect_load").fetchall()
    rows = pa.concat_tables([pq.read_table(home / "raw" / path) for (path,) in paths]).to_pylist()
    return {row["line_key"]: row for row in rows}, len(rows), loads


def test_fetch_killed_anywhere_goes_on_with_the_rows_it_had_and_then_takes_the_changes(tmp_path):
    home = tmp_path / "home"
    with Forks("dangol.customers.collect.feeds.tests.killed", environment(home)) as forks:
        for point, times in POINTS:
            prepare(home)
            assert forks.run(point, times, 1) == -signal.SIGKILL, point
            now = change(home)
            for report in forks.ask("never", 0, 2):
                assert report["read"] == report["loaded"] + report["unchanged"] + report["quarantined"], point
            force, _written, loads = kept(home)
            assert {row["product_key"]: row["product"] for row in force.values()} == now, point
            assert all(load[0] == "done" and load[1] == load[2] + load[3] + load[4] for load in loads), point
