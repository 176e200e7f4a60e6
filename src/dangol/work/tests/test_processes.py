"""Workers as real processes on a real database file (or PostgreSQL), killed and stopped."""

import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.installed import ROOT, environment, install

# One process of the tests runs them all: on PostgreSQL each that does migrates a database for it.
pytestmark = [pytest.mark.own_database, pytest.mark.xdist_group("workers")]

DATABASE = os.environ.get("DANGOL_DATABASE", "sqlite")


class Place:
    """A database of its own with job rows, seen from outside Django."""

    def __init__(self, home, connect, environment):
        self.home, self.connect, self.environment = home, connect, environment
        self.mark = "%s" if "DANGOL_DATABASE" in environment else "?"
        self.marks = home / "marks"
        self.marks.mkdir()

    def ask(self, statement, *values):
        with self.connect() as connection:
            cursor = connection.execute(statement.replace("?", self.mark), values)
            return cursor.fetchall() if cursor.description else []

    def enqueue(self, kind, **arguments):
        given = json.dumps({"folder": str(self.marks), **arguments})
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        return self.ask(
            "INSERT INTO work_job (kind, arguments, state, done, note, cancel_asked, attempts, lease, holder, created_at)"
            " VALUES (?, ?, 'queued', 0, '', ?, 0, 0, '', ?) RETURNING id",
            f"test.{kind}", given, False, now,
        )[0][0]  # fmt: skip

    def job(self, pk):
        names = ("state", "lease", "attempts", "done", "result", "error")
        return dict(zip(names, self.ask(f"SELECT {', '.join(names)} FROM work_job WHERE id = ?", pk)[0], strict=True))

    @staticmethod
    def read(column):
        """A JSON column: text on SQLite, ready on PostgreSQL."""
        return json.loads(column) if isinstance(column, str) else column

    def until(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(f"did not happen in {seconds} s: {self.ask('SELECT id, state, lease FROM work_job')}")

    def writable(self):
        """Whether nobody holds a lock on the jobs."""
        with self.connect(wait_seconds=0.2) as connection:
            try:
                connection.execute("UPDATE work_job SET note = note")
            except Exception as error:
                if "lock" not in str(error):
                    raise
                return False
        return True

    def freeze(self, process):
        """Stop a process between two of its writes.

        Frozen within one it would hold the database's lock, on SQLite for every writer: then nothing can be taken over
        before it goes on, which is not what is asked here.
        """
        for _ in range(50):
            process.send_signal(signal.SIGSTOP)
            if self.writable():
                return
            process.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        raise AssertionError("the worker never let go of the database")

    def seen(self, name):
        return list(self.marks.glob(f"{name}-*"))

    @contextmanager
    def workers(self, number, seconds=90):
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "dangol.work.tests.desk", str(seconds)], env=self.environment, cwd=ROOT
            )
            for _ in range(number)
        ]
        try:
            yield started
        finally:
            for process in started:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """The name of a migrated, empty database on PostgreSQL, to copy; on SQLite there is one for all tests."""
    if DATABASE == "sqlite":
        yield None
        return
    with database_of_its_own() as name:
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity", "0"], cwd=ROOT, check=True,
            env=environment(tmp_path_factory.mktemp("empty"), DANGOL_DATABASE=address(name)),
        )  # fmt: skip
        yield name


def address(name):
    """Where the database of this name is, on the PostgreSQL server of the tests."""
    return urlunsplit(urlsplit(DATABASE)._replace(path=f"/{name}"))


@contextmanager
def database_of_its_own(template="template1"):
    import psycopg

    name = f"dangol_work_{secrets.token_hex(4)}"
    with psycopg.connect(DATABASE, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name
    finally:
        with psycopg.connect(DATABASE, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def place(tmp_path, empty):
    home = tmp_path / "place"
    home.mkdir()
    if DATABASE == "sqlite":
        file = install(home) / "dangol.sqlite3"
        yield Place(
            home,
            lambda wait_seconds=20: sqlite3.connect(file, timeout=wait_seconds),
            environment(home),
        )
        return
    import psycopg

    with database_of_its_own(template=empty) as name:
        yield Place(
            home,
            lambda wait_seconds=20: psycopg.connect(address(name), options=f"-c lock_timeout={wait_seconds}s"),
            environment(home, DANGOL_DATABASE=address(name)),
        )


def test_three_workers_run_each_of_forty_jobs_exactly_once(place):
    jobs = [place.enqueue("mark", name=f"job{number:02}") for number in range(40)]
    with place.workers(3):
        place.until(lambda: all(place.job(pk)["state"] == "done" for pk in jobs))
    assert [len(place.seen(f"job{number:02}")) for number in range(40)] == [1] * 40
    assert {place.job(pk)["attempts"] for pk in jobs} == {1}


def test_job_of_a_killed_worker_is_finished_by_the_next(place):
    pk = place.enqueue("finish_if_second")
    with place.workers(1) as (first,):
        place.until(lambda: place.seen("began"))
        first.kill()
        first.wait()
        assert place.job(pk)["state"] == "running"
        with place.workers(1):
            place.until(lambda: place.job(pk)["state"] == "done")
    assert place.job(pk)["attempts"] == 2


def test_late_write_of_a_worker_that_slept_past_its_lease_is_refused(place):
    pk = place.enqueue("sleep_through")
    with place.workers(1) as (sleeper,):
        place.until(lambda: place.seen("began"))
        place.freeze(sleeper)
        with place.workers(1):
            place.until(lambda: place.job(pk)["state"] == "done")
            done = place.job(pk)
            sleeper.send_signal(signal.SIGCONT)
            time.sleep(3)
            assert sleeper.poll() is None
    assert place.job(pk) == done
    assert place.read(done["result"]) == {"lease": done["lease"]}


def test_resumed_worker_stops_at_its_next_step(place):
    pk = place.enqueue("crawl", steps=100)
    with place.workers(1) as (sleeper,):
        place.until(lambda: place.seen("began"))
        place.freeze(sleeper)
        with place.workers(1):
            place.until(lambda: place.job(pk)["attempts"] == 2)
            sleeper.send_signal(signal.SIGCONT)
            place.until(lambda: place.job(pk)["state"] == "done")
    assert len(place.seen("ended")) == 1


def test_third_death_of_its_worker_parks_a_job_and_others_go_on(place):
    poison, other = place.enqueue("die"), place.enqueue("mark")
    for _ in range(3):
        with place.workers(1) as (worker,):
            place.until(lambda one=worker: one.poll() is not None)
    with place.workers(1):
        place.until(lambda: place.job(poison)["state"] == "parked")
        place.until(lambda: place.job(other)["state"] == "done")
    assert len(place.seen("began")) == 3
    assert place.read(place.job(poison)["error"])["params"] == {"deaths": 3}


def test_running_job_stops_within_two_seconds_of_a_cancel(place):
    pk = place.enqueue("crawl")
    with place.workers(1):
        place.until(lambda: place.job(pk)["done"] > 2)
        place.ask("UPDATE work_job SET cancel_asked = ? WHERE id = ?", True, pk)
        place.until(lambda: place.job(pk)["state"] == "cancelled", seconds=2)
    assert not place.seen("ended")


def test_workers_start_a_due_schedule_once(place):
    due = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 60))
    place.ask(
        "INSERT INTO work_schedule (code, name, kind, arguments, every, minutes, at, weekdays, month_day, enabled, builtin,"
        " retries, late_minutes, next_run, created_at)"
        " VALUES ('s', 's', 'test.mark', ?, 'minutes', 60, '02:00', '[]', 1, ?, ?, 0, 60, ?, ?)",
        json.dumps({"folder": str(place.marks)}), True, False, due, due,
    )  # fmt: skip
    with place.workers(3):
        place.until(lambda: place.ask("SELECT state FROM work_run") == [("done",)])
        time.sleep(0.5)
    assert len(place.seen("ran")) == 1
    assert place.ask("SELECT COUNT(*) FROM work_job")[0][0] == 1
