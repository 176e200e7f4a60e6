"""The whole way from tables to people: block, train, score, decide where to cut, and cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dangol.customers.identify.linkage import blocking
from dangol.customers.identify.linkage.preparing import FILE, Prepared
from dangol.customers.identify.linkage.rules import clusters, fitting
from dangol.customers.identify.linkage.rules.comparing import Answers, Comparison, Vetoes, vetoes_of
from dangol.engine import Engine
from dangol.engine.linkage import LEFT, RIGHT, WEIGHT, Pairs, Weights, opened

TRAINING_PAIRS, RANDOM_RECORDS = 2_000_000, 900
KEPT_FROM = 0.02
PATTERNS_FOR_VETOES = 200_000
SEED = 20260101
Levels = npt.NDArray[np.int64]


@dataclass
class Linked:
    """What was found.

    pairs: left, right (rows), weight, probability, level and weights per comparison (see engine.linkage), veto (bool)
    and joined (bool), sorted by row. groups: for each row the smallest row of its person. sure: for each row the
    probability that holds it in its group, 1 where it stands alone. model: none where no two records share anything.
    """

    pairs: pa.Table
    groups: npt.NDArray[np.int64]
    sure: npt.NDArray[np.float64]
    threshold: float
    precision: float
    model: fitting.Model | None
    vetoes: Vetoes
    keys: list[tuple[str, ...]]
    looked_at: int
    one_to_one: bool


def link(
    engine: Engine, prepared: Prepared, *, precision: float, across: bool = False, new: pa.Array | None = None
) -> Linked:
    """Find which records are one person.

    precision: share of joined pairs that shall be right. across: the files hold nobody twice, so only pairs of
    different files count and each record has one partner at most in every other file. new: bool[rows]; only pairs
    with a new record are scored, the model is learnt from all.
    """
    parts = {name: blocking.codes(prepared.records[name]) for name in (*prepared.strong, *prepared.weak)}
    files = prepared.records[FILE].to_numpy().astype(np.int64) if across else None
    keys = blocking.choose(prepared.strong, prepared.weak, parts, files, prepared.same)
    if not _meets(keys, new):
        return _nobody(prepared, keys, across)
    records = _with_keys(prepared, keys, new)
    allowed = " AND l.file <> r.file" if across else ""
    total = _total(prepared.records, across)
    with opened(engine, records, prepared.comparisons) as pairs:
        known = _learnt(pairs, prepared, keys, allowed, total)
        model = known.model
        weights = Weights(model.prior, model.m, model.u)
        fresh = " AND (l.fresh OR r.fresh)" if new is not None else ""
        rules = [f"l.k{n} = r.k{n}{allowed}{fresh}" for n in range(len(keys.columns))]
        least = float(np.log2(KEPT_FROM / (1 - KEPT_FROM))) - 4
        scored = pairs.scored(rules, weights, least, _frequencies(prepared, model))
    found = _judged(scored, prepared.comparisons, known, files, whole=new is None)
    limit, expected, joined = _decided(found, known, precision, files, whole=new is None)
    groups, sure = _grouped(found, prepared.records.num_rows, joined, limit, known.contradiction)
    left, right = found[LEFT].to_numpy(), found[RIGHT].to_numpy()
    found = found.append_column("joined", pa.array(groups[left] == groups[right]))
    return Linked(found, groups, sure, limit, expected, model, known.vetoes, keys.of, known.looked_at, across)


def _meets(keys: blocking.Keys, new: pa.Array | None) -> bool:
    """Whether any block holds two records, one of them new: else there is no pair to learn from or to score."""
    if new is None:
        return bool(keys.columns)
    return any(pc.any(pc.and_(column.is_valid(), new)).as_py() for column in keys.columns)


def _nobody(prepared: Prepared, keys: blocking.Keys, across: bool) -> Linked:
    """What is found where no two records share enough to be looked at."""
    rows = prepared.records.num_rows
    return Linked(_no_pairs(prepared.comparisons), np.arange(rows), np.ones(rows), 1.0, 1.0, None, Vetoes(), keys.of, 0,
                  across)  # fmt: skip


@dataclass(frozen=True)
class _Known:
    """What was learnt from the pairs. looked_at: how many pairs the keys bring together; total: how many there are."""

    model: fitting.Model
    vetoes: Vetoes
    looked_at: int
    total: float

    @property
    def contradiction(self) -> float:
        """The weight of a pair that contradicts itself, inside a cluster."""
        return clusters.FAR if self.vetoes.twins else clusters.UNLIKE


# What together nearly always means one person, exactly the same; parts that are there are used.
IDENTIFYING = (("code",), ("g", "f", "birth"), ("g", "phone"), ("g", "email"), ("g", "f", "address"),
               ("title", "address"),                ("birth", "phone"))  # fmt: skip
FREE_OF_DUPLICATES = 0.005


def hold_nobody_twice(prepared: Prepared) -> bool:
    """Whether the files hold nobody twice: hardly any two records of one file agree in what identifies,
    many of different files do."""
    files = prepared.records[FILE].to_numpy().astype(np.int64)
    if len(np.unique(files)) < 2:
        return False
    twice, across = np.zeros(len(files), bool), np.zeros(len(files), bool)
    for names in IDENTIFYING:
        if not all(name in prepared.records.column_names for name in names):
            continue
        key = blocking.joined([blocking.codes(prepared.records[name]) for name in names])
        inside = blocking.shared(blocking.joined([key, files]))
        twice |= inside
        across |= blocking.shared(key) & ~inside
    return bool(twice.sum() <= FREE_OF_DUPLICATES * len(files) and across.sum() > 5 * twice.sum())


def _with_keys(prepared: Prepared, keys: blocking.Keys, new: pa.Array | None) -> pa.Table:
    records = prepared.records
    for number, column in enumerate(keys.columns):
        records = records.append_column(f"k{number}", column)
    count = records.num_rows
    share = min(1.0, TRAINING_PAIRS / max(keys.pairs, 1))
    random = np.random.default_rng(SEED)
    drawn = random.random(count) < share
    lot = np.zeros(count, np.int32)
    lot[random.permutation(count)[:RANDOM_RECORDS]] = 1
    records = records.append_column("drawn", pa.array(drawn))
    records = records.append_column("lot", pa.array(lot, mask=lot == 0))
    return records.append_column("fresh", new if new is not None else pa.array(np.ones(count, bool)))


def _total(records: pa.Table, across: bool) -> float:
    """The number of all pairs that could be one person."""
    count = records.num_rows
    inside = pc.value_counts(records[FILE]).field("counts").to_pylist() if across else []
    return float(max(count * (count - 1) / 2 - sum(size * (size - 1) / 2 for size in inside), 1.0))


def _learnt(pairs: Pairs, prepared: Prepared, keys: blocking.Keys, allowed: str, total: float) -> _Known:
    comparisons = prepared.comparisons
    drawn = " AND l.drawn"
    found = pairs.patterns([f"l.k{n} = r.k{n}{allowed}{drawn}" for n in range(len(keys.columns))])
    share = max(min(1.0, TRAINING_PAIRS / max(keys.pairs, 1)), 1e-9)
    levels = np.column_stack([found[one.name].to_numpy() for one in comparisons]).astype(np.int64)
    counts = found["pairs"].to_numpy() / share
    names = [one.name for one in comparisons]
    as_rows = [
        (dict(zip(names, row, strict=True)), float(count)) for row, count in zip(levels.tolist(), counts, strict=True)
    ]
    vetoes = vetoes_of(comparisons, as_rows)
    barred = [vetoes.forbids(comparisons, row) or Answers(comparisons, row).another_name() for row, _count in as_rows]
    forbidden = np.array(barred, bool)
    random = pairs.patterns([f"l.lot = r.lot{allowed}"])
    shares, asked = _random(random, prepared)
    seen = fitting.Evidence(levels, counts, forbidden, shares, asked, total)
    model = fitting.fit(comparisons, seen, prepared.records.num_rows)
    return _Known(model, vetoes, int(counts.sum()), total)


def _random(found: pa.Table, prepared: Prepared) -> tuple[dict[str, Any], dict[str, float]]:
    """The share of each level among all pairs: counted in a sample, the same value counted exactly."""
    counts = found["pairs"].to_numpy().astype(float)
    shares, asked = {}, {}
    for one in prepared.comparisons:
        level = found[one.name].to_numpy()
        per_level = np.array([counts[level == k].sum() for k in range(len(one.levels))])
        there = max(per_level.sum(), 1.0)
        share = (per_level + 0.2) / (there + 0.2 * len(per_level))
        if len(one.columns) == 1:
            share[0] = max(_collision(prepared.records[one.columns[0]]), 1e-9)
            share[1:] *= (1 - share[0]) / share[1:].sum()
        shares[one.name], asked[one.name] = share, there / max(counts.sum(), 1.0)
    return shares, asked


def _collision(column: pa.ChunkedArray) -> float:
    """The probability that two records picked at random have the same value."""
    counts = pc.value_counts(column.drop_null()).field("counts").to_numpy().astype(float)
    filled = counts.sum()
    return float((counts * (counts - 1)).sum() / max(filled * (filled - 1), 1.0))


def _frequencies(prepared: Prepared, model: fitting.Model) -> dict[str, pa.Table]:
    """For each column whose rare values count more, the chance that somebody else's record has a value.

    Of the other records with the value, as many as a record has partners on average are the same person's.
    """
    found: dict[str, pa.Table] = {}
    partners = 2 * model.matches / max(prepared.records.num_rows, 1)
    for column in sorted(
        {level.frequency_of for one in prepared.comparisons for level in one.levels if level.frequency_of}
    ):
        counted = pc.value_counts(prepared.records[column].drop_null())
        counts = counted.field("counts").to_numpy().astype(float)
        share = np.maximum(counts - 1 - partners, 0.5) / max(counts.sum(), 1.0)
        found[column] = pa.table({"value": counted.field("values"), "share": pa.array(share)})
    return found


def _no_pairs(comparisons: Sequence[Comparison]) -> pa.Table:
    named = [("l", pa.int8()), ("w", pa.float64()), ("f", pa.float64())]
    fields = [(LEFT, pa.int64()), (RIGHT, pa.int64()), (WEIGHT, pa.float64()), ("probability", pa.float64())]
    fields += [(f"{letter}_{one.name}", kind) for one in comparisons for letter, kind in named]
    return pa.schema([*fields, ("veto", pa.bool_()), ("joined", pa.bool_())]).empty_table()


def _judged(
    scored: pa.Table, comparisons: Sequence[Comparison], known: _Known, files: Levels | None, *, whole: bool
) -> pa.Table:
    """Pairs with the level of each comparison, whether they are forbidden, and their probability."""
    model, vetoes = known.model, known.vetoes
    levels = {one.name: _levels(scored[f"w_{one.name}"].to_numpy(), one, model) for one in comparisons}
    stacked = np.column_stack(list(levels.values())) if scored.num_rows else np.zeros((0, len(levels)), np.int64)
    different, place = np.unique(stacked, axis=0, return_inverse=True)
    names = list(levels)
    forbidden = np.array(
        [vetoes.forbids(comparisons, dict(zip(names, row, strict=True))) for row in different.tolist()], bool
    )
    veto = forbidden[place.reshape(-1)] if len(different) else np.zeros(0, bool)
    weight = scored[WEIGHT].to_numpy()
    if whole and (~veto).any():
        prior = clusters.prior_of(weight[~veto], model.prior, known.total)
        weight = weight + np.log2(prior / (1 - prior)) - np.log2(model.prior / (1 - model.prior))
    left, right = scored[LEFT].to_numpy(), scored[RIGHT].to_numpy()
    chance = np.where(veto, 0.0, clusters.probability(weight))
    if files is not None:
        chance[~veto] = clusters.among_rivals(left[~veto], right[~veto], weight[~veto], files)
    result = scored.set_column(scored.column_names.index(WEIGHT), WEIGHT, pa.array(weight))
    for name, level in levels.items():
        result = result.append_column(f"l_{name}", pa.array(level, pa.int8()))
    return result.append_column("probability", pa.array(chance)).append_column("veto", pa.array(veto))


def _levels(weight: npt.NDArray[np.float64], one: Comparison, model: fitting.Model) -> Levels:
    """Which level a weight belongs to; 0, which no level has, is a missing value."""
    known = np.array([0.0, *(model.weight(one.name, k) for k in range(len(one.levels)))])
    return np.asarray(np.abs(weight[:, None] - known[None, :]).argmin(axis=1) - 1, np.int64)


def _decided(
    found: pa.Table, known: _Known, precision: float, files: Levels | None, *, whole: bool
) -> tuple[float, float, npt.NDArray[np.bool_]]:
    """From which probability on pairs are joined, the precision to expect of them, and which ones they are."""
    chance = found["probability"].to_numpy()
    if files is not None:
        kept = clusters.one_to_one(found[LEFT].to_numpy(), found[RIGHT].to_numpy(), chance, files)
        limit, expected = clusters.threshold(chance[kept], precision)
        return limit, expected, kept & (chance >= limit)
    if whole:
        limit, expected = clusters.threshold(chance, precision)
    else:  # a few new pairs say little about where to cut; what the model was learnt from says more
        limit, expected = clusters.threshold(known.model.chance, precision, known.model.pairs)
    return limit, expected, chance >= limit


def _grouped(
    found: pa.Table, rows: int, joined: npt.NDArray[np.bool_], limit: float, contradiction: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The smallest row of each row's person, and how sure it is; chains are cut where they contradict."""
    left, right = found[LEFT].to_numpy(), found[RIGHT].to_numpy()
    weight = np.where(found["veto"].to_numpy(), contradiction, np.maximum(found[WEIGHT].to_numpy(), clusters.MILD))
    groups, sure = np.arange(rows), np.zeros(rows)
    least = float(np.log2(limit / (1 - limit))) if limit < 1 else np.inf
    found_together = clusters.components(left[joined].tolist(), right[joined].tolist())
    large = [members for members in found_together if len(members) > 2]
    inside = _inside(large, left, right, weight, rows)
    for members in found_together:
        for group in clusters.cut(members, inside[members[0]], min(least, 20.0)) if len(members) > 2 else [members]:
            groups[group] = group[0]
    same = groups[left] == groups[right]
    chance = clusters.probability(weight)
    np.maximum.at(sure, left[same], chance[same])
    np.maximum.at(sure, right[same], chance[same])
    sure[sure == 0] = 1.0
    return groups, sure


def _inside(
    large: Sequence[Sequence[int]], left: Levels, right: Levels, weight: npt.NDArray[np.float64], rows: int
) -> Mapping[int, dict[tuple[int, int], float]]:
    """The pairs inside each component: first member -> {(row, row): weight}."""
    first = np.full(rows, -1, np.int64)
    for members in large:
        first[list(members)] = members[0]
    within = np.flatnonzero((first[left] >= 0) & (first[left] == first[right]))
    found: dict[int, dict[tuple[int, int], float]] = {members[0]: {} for members in large}
    for place in within:
        found[int(first[left[place]])][int(left[place]), int(right[place])] = float(weight[place])
    return found
