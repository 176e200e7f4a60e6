"""BG/NBD from purchase lines to parameters: `python -m tests.speed.lifetime dangol|lifetimes LINES.parquet`.

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


def _histories(lines: pa.Table) -> Any:
    from dangol.insight.score.lifetime import plain

    until = pc.max(lines["day"]).as_py()
    _keys, rows, _rhythm = plain._summaries(lines, until, until)
    return plain._grouped(rows)[0]


def dangol(lines: pa.Table) -> dict[str, float]:
    """Our own: distinct histories by the engine, the likelihood with its gradient."""
    from dangol.insight.score.lifetime import plain
    from dangol.insight.score.lifetime.rules.buying import BgNbd

    return plain._fit(BgNbd(), _histories(lines)).parameters


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
