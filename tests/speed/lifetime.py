"""BG/NBD from purchases to parameters: `python -m tests.speed.lifetime dangol|lifetimes PURCHASES.parquet`.

`simulate PURCHASES.parquet CUSTOMERS` draws them first: customers who buy and leave as the model says, over two years.

The peer is the library `lifetimes` with its own summary and fitter. Prints the seconds of the work itself (imports and
reading left out), the parameters (weeks) and the log-likelihood.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TRUE = {"r": 0.6, "alpha": 8.0, "a": 0.8, "b": 2.5}  # weeks
FIRST, DAYS = np.datetime64("2024-11-01"), 730


def simulate(path: Path, customers: int) -> None:
    """Write customer_id and day of every purchase, the same for the same number of customers."""
    chance = np.random.default_rng(20261123)
    who = np.arange(customers)
    rate = chance.gamma(TRUE["r"], 1 / (7 * TRUE["alpha"]), customers)
    leaves = chance.beta(TRUE["a"], TRUE["b"], customers)
    now = chance.uniform(0, DAYS * 0.7, customers)
    found = [(who, now)]
    while len(who):
        now = now + chance.exponential(1 / np.maximum(rate[who], 1e-9))
        there = now < DAYS
        who, now = who[there], now[there]
        found.append((who, now))
        stays = chance.random(len(who)) >= leaves[who]
        who, now = who[stays], now[stays]
    ids, days = (np.concatenate([part[place] for part in found]) for place in (0, 1))
    pq.write_table(pa.table({"customer_id": ids, "day": pa.array(FIRST + days.astype("timedelta64[D]"))}), path)


def _histories(lines: pa.Table) -> Any:
    from dangol.insight.score.lifetime import plain
    from dangol.insight.score.lifetime.rules import valuation

    until = pc.max(lines["day"]).as_py()
    asked = valuation.Question(until, until, model="bg_nbd", with_amounts=False)
    _names, rows, _rhythm = plain.summaries(lines, asked)
    return valuation.grouped(rows)[0]


def dangol(lines: pa.Table) -> dict[str, float]:
    """Our own: distinct histories by the engine, the likelihood with its gradient."""
    from dangol.insight.score.lifetime.rules import valuation
    from dangol.insight.score.lifetime.rules.buying import BgNbd

    return valuation.fitted(BgNbd(), _histories(lines)).parameters


def lifetimes(lines: pa.Table) -> dict[str, float]:
    """The peer."""
    warnings.filterwarnings("ignore")
    from lifetimes import BetaGeoFitter
    from lifetimes.utils import summary_data_from_transaction_data

    found = summary_data_from_transaction_data(lines.to_pandas(), "customer", "day", freq="D")
    model = BetaGeoFitter()
    model.fit(found["frequency"], found["recency"] / 7, found["T"] / 7)
    return {name: float(value) for name, value in model.params_.items()}


def main() -> None:
    """Run one way and print what it took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    way, path = sys.argv[1], Path(sys.argv[2])
    if way == "simulate":
        simulate(path, int(sys.argv[3]))
        print(json.dumps(str(path)))
        return
    raw = pq.read_table(path, columns=["customer_id", "day"])
    lines = raw.rename_columns(["customer", "day"])
    work = {"dangol": dangol, "lifetimes": lifetimes}[way]
    work(lines.slice(0, 20_000))  # imports and first calls
    begun = time.perf_counter()
    parameters = work(lines)
    seconds = time.perf_counter() - begun
    from dangol.insight.score.lifetime.rules.buying import BgNbd

    # One likelihood judges both.
    likelihood, _slope = BgNbd().log_likelihood(np.array(list(parameters.values())), _histories(lines))
    print(json.dumps({"seconds": seconds, "parameters": parameters, "log_likelihood": likelihood}))


if __name__ == "__main__":
    main()
