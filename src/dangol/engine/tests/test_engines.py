"""The engine: shut in, limited in time, the same on both sides."""

import threading
import time
from dataclasses import replace

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from dangol import engine
from dangol.base.errors import Cancelled, TooMuch, Unavailable
from tests.engines import on_every_engine


@pytest.fixture
def numbers(home):
    home.mkdir(parents=True)
    path = home / "numbers [1].parquet"
    pq.write_table(
        pa.table({"n": pa.array(range(100_000), pa.int64()), "even": [n % 2 == 0 for n in range(100_000)]}), path
    )
    return path


@on_every_engine
def test_what_is_written_is_read_back(numbers, home):
    with engine.fresh() as opened:
        table = opened.table([numbers])
        small = opened.memory(pa.table({"even": [True], "word": ["짝수"]}))
        joined = table.inner_join(small, "even").group_by("word").aggregate(total=table.n.sum())
        assert opened.write(joined, home / "out.parquet") == 1
    assert pq.read_table(home / "out.parquet").to_pylist() == [{"word": "짝수", "total": sum(range(0, 100_000, 2))}]


def test_duckdb_reads_nothing_outside_the_home_folder(numbers, tmp_path):
    secret = tmp_path / "secret.parquet"
    pq.write_table(pa.table({"n": [1]}), secret)
    with engine.fresh() as opened, pytest.raises(Exception, match="disabled by configuration"):
        opened.arrow(opened.table([secret]))
    with engine.fresh(folders=[tmp_path]) as opened:
        assert opened.arrow(opened.table([secret])).num_rows == 1
    with engine.fresh() as opened, pytest.raises(Exception, match="locked"):
        opened.backend.raw_sql("SET enable_external_access = true")


def test_a_page_question_that_takes_too_long_is_stopped(numbers, monkeypatch):
    opened = engine.current()
    monkeypatch.setattr(opened, "seconds", 0.2)
    table = opened.table([numbers])
    with pytest.raises(TooMuch, match=r"longer than 0\.2 seconds"):
        opened.arrow(table.select("n").cross_join(table.select(m="n")).cross_join(table.select(k="n")).count())
    assert opened.arrow(table.count()).as_py() == 100_000


def endless(opened, numbers):
    """A question that takes for ever; on Spark minutes, in tasks that come back to what they read every second.

    Spark only marks a task as unwanted. One that never reads on would keep its core for ever, and from every test after.
    """
    table = opened.table([numbers])
    on_spark = settings.DANGOL.engine == "spark"
    few = table.filter(table.n < 2_000) if on_spark else table.select(m="n").cross_join(table.select(n="n"))
    pairs = table.select("n").cross_join(few.select(k="n"))
    return pairs.aggregate(total=(pairs.n + pairs.k).sum())


def at_rest(opened):
    """Wait until no task of Spark runs any more."""
    if settings.DANGOL.engine != "spark":
        return
    tracker = opened.session.sparkContext._jsc.sc().statusTracker()
    end = time.monotonic() + 30
    while any(one.numRunningTasks() for one in tracker.getExecutorInfos()):
        assert time.monotonic() < end, "Spark works on at what nobody waits for"
        time.sleep(0.1)


@on_every_engine
def test_a_patient_question_runs_until_its_job_is_cancelled(numbers, monkeypatch):
    opened, asked = engine.current(), threading.Event()
    monkeypatch.setattr(opened, "seconds", 0.1)
    clock = threading.Timer(0.5, asked.set)
    with engine.patient(asked.is_set), engine.patient():
        clock.start()
        with pytest.raises(Cancelled, match="stopped"):
            opened.arrow(endless(opened, numbers))
        with pytest.raises(Cancelled):
            opened.arrow(opened.table([numbers]).count())
    clock.join()
    at_rest(opened)
    monkeypatch.setattr(opened, "seconds", None)
    assert opened.arrow(opened.table([numbers]).count()).as_py() == 100_000


@on_every_engine
def test_a_newer_question_interrupts_the_older_one_of_the_same_key_only(numbers):
    ended, begun = {}, threading.Barrier(3)

    def ask(key):
        opened = engine.current()
        with engine.asking(key), engine.asking(key):
            begun.wait()
            try:
                opened.arrow(endless(opened, numbers))
            except (Cancelled, TooMuch) as error:
                ended[key] = type(error)

    threads = [threading.Thread(target=ask, args=[key]) for key in ("mine", "hers")]
    for thread in threads:
        thread.start()
    begun.wait()
    opened = engine.current()
    with engine.asking("mine"):
        assert opened.arrow(opened.table([numbers]).count()).as_py() == 100_000
    threads[0].join()
    assert ended == {"mine": Cancelled}
    with engine.asking("hers"):
        threads[1].join()
    assert ended == {"mine": Cancelled, "hers": Cancelled}
    at_rest(opened)


def test_threads_share_one_duckdb_but_not_its_connection(numbers):
    found = []

    def ask():
        opened = engine.current()
        found.append((opened, opened.arrow(opened.table([numbers]).n.sum()).as_py()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(opened) for opened, _sum in found}) == 4
    assert {total for _opened, total in found} == {sum(range(100_000))}


def test_views_do_not_pile_up(numbers, home):
    opened = engine.current()
    for place in range(100):
        copy = home / f"copy{place}.parquet"
        copy.write_bytes(numbers.read_bytes())
        opened.table([copy])
    assert len(opened.backend.list_tables()) <= 70
    assert opened.arrow(opened.table([home / "copy0.parquet"]).count()).as_py() == 100_000


def test_without_pyspark_the_error_names_what_to_install(settings, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "dangol.engine.spark", None)
    settings.DANGOL = replace(settings.DANGOL, engine="spark")
    with pytest.raises(Unavailable, match=r"dangol\[spark\]"), engine.fresh():
        pass


def test_text_stays_text(numbers):
    opened = engine.current()
    table = opened.table([numbers]).mutate(word=ibis.literal("x' or 1=1 --"))
    assert opened.arrow(table.word.max()).as_py() == "x' or 1=1 --"
