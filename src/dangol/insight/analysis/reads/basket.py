"""What is bought together."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import basket as rules
from dangol.insight.analysis.rules.findings import N_, Block, Chart, Column, Found, Sentence, Tile, named
from dangol.insight.analysis.tables import basket as tables

MOST_ITEMS = 400
MOST_PAIRS = 50


def found(case: Case) -> Found:
    """The report. Pairs are counted by a sparse matrix product: baskets by items, transposed, times itself."""
    star, least = case.star(case.question), case.ask.numbers["least"]
    items = case.table(tables.items(star, case.question, case.now, MOST_ITEMS))
    names = items["item"].to_pylist()
    [whole] = case.arrow(tables.orders(star, case.unsplit, case.now))
    chosen = tables.items(star, case.question, case.now, MOST_ITEMS)
    rows = case.table(tables.pairs(star, case.question, case.now, chosen))
    single = dict(zip(names, items["baskets"].to_pylist(), strict=True))
    pairs = rules.pairs(together(rows, names), single, whole["orders"] or 0, least)
    return Found(
        rules.findings(pairs, least, case.split),
        [_pairs(case, pairs)],
        [
            Tile(N_("Orders"), "count", whole["orders"]),
            Tile(N_("Groups looked at"), "count", len(names)),
            Tile(N_("Pairs found often enough"), "count", len(pairs)),
        ],
    )


def together(rows: pa.Table, names: list[str]) -> dict[tuple[str, str], int]:
    """In how many baskets each pair of items lies. rows: basket int64, item; each item of a basket once."""
    if not rows.num_rows:
        return {}
    place = pc.index_in(rows["item"], value_set=pa.array(names)).to_numpy()
    baskets = np.unique(rows["basket"].to_numpy(), return_inverse=True)[1]
    held = sparse.csr_matrix((np.ones(len(place), np.int64), (baskets, place)), shape=(baskets.max() + 1, len(names)))
    both = sparse.triu(held.T @ held, k=1).tocoo()
    return {(names[one], names[other]): int(n) for one, other, n in zip(both.row, both.col, both.data, strict=True)}


def _pairs(case: Case, pairs: list[rules.Pair]) -> Block:
    rows = [
        {
            "pair": Sentence("{first} + {second}", {"first": ("text", one.first), "second": ("text", one.second)}),
            "first": named(one.first),
            "second": named(one.second),
            "both": one.both,
            "support": one.support,
            "confidence": one.confidence,
            "lift": one.lift,
        }
        for one in pairs[:MOST_PAIRS]
    ]
    item = case.view.known[case.split]
    return Block(
        "pairs",
        N_("Bought together"),
        [
            Column("first", item.label, "text", item.definition, dimension=case.split),
            Column("second", N_("Together with"), "text"),
            Column("both", N_("Orders with both"), "count"),
            Column("support", N_("Support"), "share"),
            Column("confidence", N_("Confidence"), "share"),
            Column("lift", N_("Lift"), "ratio"),
        ],
        rows,
        people=[rules.both(one, case.split) for one in pairs[:MOST_PAIRS]],
        chart=Chart(
            "bars",
            "lift",
            "pair",
            caption=Sentence(N_("How many times as often as expected two things lie in one order")),
        ),
    )
