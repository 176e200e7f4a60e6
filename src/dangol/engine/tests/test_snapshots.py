"""Snapshots: damage is refused, a crash at any step leaves a whole one, readers keep what they read."""

import itertools
import os
import random
import signal
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.base.errors import Conflict, Damaged, NotFound
from dangol.engine import Store, snapshots
from tests.installed import Forks, environment


def publish(store, name, values, facts=None):
    with store.draft(name) as draft:
        for part in (values[: len(values) // 2], values[len(values) // 2 :]):
            path = draft.place("numbers")
            pq.write_table(pa.table({"n": pa.array(part, pa.int64())}), path, compression="zstd")
            draft.add("numbers", path, len(part))
        draft.facts |= facts or {"kept": True}


def total(snapshot):
    return sum(sum(pq.read_table(path).column("n").to_pylist()) for path in snapshot.paths("numbers"))


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    publish(store, "s1", list(range(1000)))
    publish(store, "s2", list(range(5000, 9000)))
    return store


TRUTH = {"s1": sum(range(1000)), "s2": sum(range(5000, 9000))}


def test_two_hundred_flipped_bits_never_give_a_wrong_number(store):
    dice = random.Random(20261123)
    files = [
        *sorted((store.root / "s2").glob("*.parquet")),
        store.root / "s2" / "manifest.json",
        store.root / "CURRENT",
    ]
    refused = 0
    for _ in range(200):
        path = dice.choice(files)
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        snapshot, newest = store.current()
        assert total(snapshot) == TRUTH[snapshot.id]
        if path.suffix == ".parquet":
            assert (snapshot.id, newest) == ("s1", False)
        refused += not newest
        path.write_bytes(whole)
        assert store.current()[0].id == "s2"
    assert refused > 150


@pytest.mark.parametrize("harm", ["truncated", "missing", "foreign", "no_manifest", "empty_manifest", "old_manifest"])
def test_a_harmed_snapshot_is_refused_and_the_one_before_is_served(store, harm):
    file, manifest = sorted((store.root / "s2").glob("*.parquet"))[0], store.root / "s2" / "manifest.json"
    if harm == "truncated":
        file.write_bytes(file.read_bytes()[:-7])
    elif harm == "missing":
        file.unlink()
    elif harm == "foreign":
        pq.write_table(pa.table({"n": [1, 2, 3]}), file)
    elif harm == "no_manifest":
        manifest.unlink()
    elif harm == "empty_manifest":
        manifest.write_text("{}")
    else:
        manifest.write_bytes((store.root / "s1" / "manifest.json").read_bytes())
    with pytest.raises((Damaged, NotFound)):
        store.open("s2")
    snapshot, newest = store.current()
    assert (snapshot.id, newest, total(snapshot)) == ("s1", False, TRUTH["s1"])


def test_nothing_whole_is_an_error_not_a_number(store):
    for file in store.root.glob("*/numbers-0.parquet"):
        file.write_bytes(b"x")
    with pytest.raises(Damaged):
        store.current()


def test_a_manifest_that_names_a_path_is_refused(store, monkeypatch):
    def traverse(self, table):
        return self.folder / f"../{table}.parquet"

    monkeypatch.setattr(snapshots.Draft, "place", traverse)
    with store.draft("s3") as draft:
        path = draft.place("numbers")
        pq.write_table(pa.table({"n": [1]}), path)
        draft.add("numbers", path, 1)
        draft.files[0]["name"] = "../numbers.parquet"
    with pytest.raises(Damaged):
        store.open("s3")
    for name in ("../s1", "/etc", "", ".", "s1/../s2"):
        with pytest.raises(NotFound):
            store.open(name)


def test_a_file_is_checked_while_it_is_taken_over(store):
    before, _newest = store.current()
    path = before.paths("numbers")[0]
    content = bytearray(path.read_bytes())
    content[10] ^= 4
    path.write_bytes(content)
    with pytest.raises(Damaged), store.draft("s3") as draft:
        draft.copy("numbers", path, 1, before.sha256[path.name])
    assert "s3" not in store.ids()


def test_a_failure_at_any_step_of_publishing_leaves_a_whole_snapshot(store, monkeypatch):
    """Let the n-th call to the disc fail, for every n until publishing succeeds."""
    calls = {"left": 0}

    def failing(real):
        def run(*arguments, **named):
            if calls["left"] == 0:
                raise OSError("disc gone")
            calls["left"] -= 1
            return real(*arguments, **named)

        return run

    for step in range(100):
        with monkeypatch.context() as patch:
            calls["left"] = step
            patch.setattr(snapshots.os, "fsync", failing(os.fsync))
            patch.setattr(snapshots.os, "replace", failing(os.replace))
            patch.setattr(snapshots.Path, "write_text", failing(snapshots.Path.write_text))
            try:
                publish(store, f"t{step:02}", list(range(10)))
            except OSError:
                done = False
            else:
                done = True
        snapshot, newest = store.current()
        assert newest
        assert total(snapshot) == TRUTH.get(snapshot.id, sum(range(10)))
        assert not list(store.root.glob(".*.draft"))
        if done:
            assert snapshot.id == f"t{step:02}"
            assert step > 6
            return
    raise AssertionError("never succeeded")


def main(root: str, told: str) -> None:
    """Publish one snapshot after the other for as long as it lives, saying when the first is there."""
    store = Store(Path(root))
    for number in itertools.count(len(store.ids())):
        with store.draft(f"s{number:06}") as draft:
            for _part in range(3):
                path = draft.place("numbers")
                pq.write_table(pa.table({"n": pa.array([number] * 1000, pa.int64())}), path)
                draft.add("numbers", path, 1000)
        Path(told).touch()


def test_kill_9_at_any_moment_leaves_a_whole_snapshot(tmp_path):
    dice = random.Random(9)
    store, told = Store(tmp_path / "store"), tmp_path / "told"
    with Forks("dangol.engine.tests.test_snapshots", environment(tmp_path)) as forks:
        for _ in range(20):
            told.unlink(missing_ok=True)
            child = forks.start(str(store.root), str(told))
            while not told.exists():
                time.sleep(0.002)
            time.sleep(dice.random() * 0.1)
            os.kill(child, signal.SIGKILL)
            assert forks.ended() == -signal.SIGKILL
            snapshot, newest = store.current()
            assert newest
            assert total(snapshot) == 3000 * int(snapshot.id[1:])
    publish(store, "z", [1, 2])
    assert store.current()[0].id == "z"
    assert not list(store.root.glob(".*.draft"))


def test_two_writers_at_once_are_refused(store):
    with store.draft("s3") as draft:
        with pytest.raises(Conflict), store.draft("s4"):
            pass
        assert draft.folder.exists()
    assert store.pointer() == "s3"


def test_only_the_oldest_go_and_never_one_that_was_just_read(store):
    def age(name):
        os.utime(store.root / name / "READ", (0, 0))

    store.open("s1")
    publish(store, "s3", [1])
    publish(store, "s4", [1])
    assert store.ids() == ["s1", "s2", "s3", "s4"]
    for name in ("s1", "s2"):
        age(name)
    store.open("s2")
    publish(store, "s5", [1])
    assert store.ids() == ["s2", "s3", "s4", "s5"]
