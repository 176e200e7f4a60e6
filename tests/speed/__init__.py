"""Benchmarks. A process that the bench started ends with it, also after a kill -9."""

import os

from dangol.base.process import follow

follow(int(os.environ["BENCH_PROCESS"]) if "BENCH_PROCESS" in os.environ else None)
