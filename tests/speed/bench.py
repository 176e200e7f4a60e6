"""The speed bench: `python -m tests.speed.bench [--quick] [--only PART ...]`, by default all of PARTS.

Every run is a process of its own, measured whole: wall time, and the largest memory it ever held. What others do is
measured in the same run on the same machine, so that the ratio counts and not the machine. Every aim is printed with
`pass` or `FAIL`, reached or not. On two quiet cores the whole bench takes about half an hour and 5 GB of disc in
the temporary folder, `--quick` three minutes; what a killed bench leaves there is removed by the next one.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import temporary

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 3
RATIO_AIM, PAGE_AIM_MS, LOAD_AIM, LINEAR_AIM = 1.3, 150.0, 50_000, 1.3
PAGE_AIMS_MS = {"home": 300.0, "explorer": 300.0, "explorer, a new filter": 1000.0, "report of sales": 300.0}
PEOPLE_AIM, PEOPLE_MB = 5_000, 1024
MEMORY_AIM_MB = 6_144  # the engine's 4,096 and what Python holds of a million customers
STANDARD_AIM = 100_000
LTV_AIM, LTV_CUSTOMERS = 5, 1_000_000
OLAP_RATIO, OLAP_SECONDS = 1.5, 1.0
SEGMENT_AIM_MS = 300.0
PARTS = ("rfm", "load", "people", "standard", "cycle", "pages", "olap", "segments", "link", "ltv")
LINK_F1 = {"febrl1": 0.98, "febrl2": 0.98, "febrl3": 0.98, "febrl4": 0.99}
PEOPLE_F1, PEOPLE_PRECISION, LINK_SECONDS, LINK_MEGABYTES = 0.97, 0.995, 180.0, 4096.0


@dataclass
class Run:
    """One process: what it printed, wall seconds, peak memory in MB, processor seconds of all its cores."""

    said: Any
    seconds: float
    megabytes: float
    processor: float


def run(arguments: list[str], home: Path) -> Run:
    """Run a module of the bench in a home of its own. Raises where it fails."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = os.environ | {"DANGOL_HOME": str(home), "PYTHONPATH": paths, "DANGOL_HOSTS": "127.0.0.1,testserver",
                                "BENCH_PROCESS": str(os.getpid())}  # fmt: skip
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.PIPE, env=environment, cwd=ROOT)
    assert child.stdout is not None
    try:
        said = child.stdout.read()
    except BaseException:  # Ctrl-C, or the end of the bench: nothing goes on without it
        child.kill()
        child.wait()
        raise
    _pid, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    seconds = time.perf_counter() - start
    if child.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed with {child.returncode}")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(
        json.loads(said.decode().strip().splitlines()[-1]), seconds, kilobytes / 1024, used.ru_utime + used.ru_stime
    )


class Report:
    """Lines of figure, aim and verdict, printed as they come."""

    def __init__(self) -> None:
        self.failed = 0

    def title(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def line(self, what: str, figure: str, aim: str = "", met: bool | None = None) -> None:
        verdict = "" if met is None else "pass" if met else "FAIL"
        self.failed += met is False
        print(f"  {what:<34} {figure:<58} {aim:<22} {verdict}".rstrip(), flush=True)


def machine() -> str:
    """The facts figures depend on."""
    from importlib.metadata import version

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = " · ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "pandas", "ibis-framework", "django"))
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
            f"Python {platform.python_version()}, load {load}\n{parts}")  # fmt: skip


def rfm(report: Report, folder: Path, customers: int, lines: int) -> None:
    """RFM of all customers beside the peers, in turn, medians."""
    report.title(f"RFM of {customers:,} customers, {lines:,} lines (medians of {ROUNDS}; work, whole process, memory)")
    data = run(["tests.speed.generate", str(folder), str(customers), str(lines)], folder).said
    runs: dict[str, list[Run]] = {way: [] for way in ("duckdb", "dangol", "polars", "pandas")}
    for _ in range(ROUNDS):
        for way, done in runs.items():
            done.append(run(["tests.speed.rfm", way, str(data), str(folder / f"{way}.parquet")], folder / "rfm-home"))
    checks = {tuple(one.said["check"]) for done in runs.values() for one in done}
    work = {way: statistics.median(one.said["seconds"] for one in done) for way, done in runs.items()}
    for way, done in runs.items():
        whole = statistics.median(one.seconds for one in done)
        memory = statistics.median(one.megabytes for one in done)
        ratio = work[way] / work["duckdb"]
        mine = way == "dangol"
        report.line(f"{way}", f"{work[way]:6.2f} s  {whole:6.2f} s  {memory:6.0f} MB   {ratio:5.2f} × DuckDB SQL",
                    f"≤ {RATIO_AIM} ×" if mine else "", ratio <= RATIO_AIM if mine else None)  # fmt: skip
    report.line("all four agree", f"{len(checks)} result" + ("" if len(checks) == 1 else "s"), "1", len(checks) == 1)


def ltv(report: Report, folder: Path, customers: int) -> None:
    """BG/NBD from purchases to parameters beside the library `lifetimes`."""
    report.title(f"BG/NBD of {customers:,} simulated customers (from purchases to parameters)")
    data = run(["tests.speed.lifetime", "simulate", str(folder / "buyers.parquet"), str(customers)], folder).said
    ours, peer = (run(["tests.speed.lifetime", way, str(data)], folder / "ltv-home") for way in ("dangol", "lifetimes"))
    ratio = peer.said["seconds"] / ours.said["seconds"]
    report.line("dangol", f"{ours.said['seconds']:6.2f} s  {ours.megabytes:6.0f} MB   {ratio:5.1f} × as fast", f"≥ {LTV_AIM} ×",
                ratio >= LTV_AIM)  # fmt: skip
    report.line("lifetimes", f"{peer.said['seconds']:6.2f} s  {peer.megabytes:6.0f} MB")
    least = ours.said["log_likelihood"] - peer.said["log_likelihood"]
    report.line("likelihood", f"ours is greater by {least:.3f}", "≥ -0.5", least >= -0.5)


def load(report: Report, folder: Path, rows: int) -> None:
    """Validated rows a second from a CSV file."""
    report.title("Loading a CSV file (validated, hashed, visible)")
    done = run(["tests.speed.cycle", "load", str(folder), str(rows)], folder / "load-home")
    rate = done.said["rate"]
    report.line(f"{done.said['rows']:,} rows", f"{rate:,.0f} rows/s, {done.megabytes:.0f} MB", f"≥ {LOAD_AIM:,} rows/s",
                rate >= LOAD_AIM)  # fmt: skip


def people(report: Report, folder: Path, rows: int) -> None:
    """Validated rows of customers a second, created and then changed, and the memory of it all."""
    report.title("Loading customers from CSV (judged, merged with what is known, in the operations database)")
    done = run(["tests.speed.cycle", "people", str(folder), str(rows)], folder / "people-home")
    for what in ("created", "updated"):
        found = done.said[what]
        report.line(f"{rows:,} rows, {found[what]:,} {what}", f"{found['rate']:,.0f} rows/s, {found['megabytes']:.0f} MB",
                    f"≥ {PEOPLE_AIM:,} rows/s", found["rate"] >= PEOPLE_AIM)  # fmt: skip
    report.line("most memory", f"{done.megabytes:.0f} MB", f"≤ {PEOPLE_MB:,} MB", done.megabytes <= PEOPLE_MB)


def standard(report: Report, folder: Path, rows: int) -> None:
    """Standard forms of names, numbers, mailboxes, addresses, birth days and genders, rows a second of one core."""
    report.title("Standard forms of every field (one core)")
    done = run(["tests.speed.standard", str(rows)], folder / "standard-home")
    parts = ", ".join(f"{name} {taken:.1f}" for name, taken in done.said["seconds"].items())
    rate = done.said["rate"]
    report.line(
        f"{rows:,} rows", f"{rate:,.0f} rows/s   ({parts} s)", f"≥ {STANDARD_AIM:,} rows/s", rate >= STANDARD_AIM
    )


def cycle(report: Report, folder: Path, customers: int, sizes: list[int]) -> Path:
    """The full cycle at growing sizes; returns the home of the largest."""
    report.title("Full cycle: identify, warehouse, score and publish (wall time, peak memory)")
    seconds: dict[int, float] = {}
    for lines in sizes:
        home = folder / f"home-{lines}"
        run(["tests.speed.cycle", "company", str(max(1, customers * lines // sizes[-1])), str(lines)], home)
        done = run(["tests.speed.cycle", "cycle"], home)
        seconds[lines] = sum(done.said.values())
        parts = ", ".join(f"{name} {taken:.1f}" for name, taken in done.said.items())
        report.line(f"{lines:,} lines", f"{done.seconds:6.1f} s  {done.megabytes:6.0f} MB   ({parts})")
        if lines != sizes[-1]:
            shutil.rmtree(home)
        most = done.megabytes
    small, large = sizes[0], sizes[-1]
    growth = (seconds[large] / seconds[small]) / (large / small)
    report.line(f"growth {small:,} → {large:,}", f"{growth:.2f} × linear", f"≤ {LINEAR_AIM} ×", growth <= LINEAR_AIM)
    report.line(f"memory at {large:,}", f"{most:,.0f} MB", f"≤ {MEMORY_AIM_MB:,} MB", most <= MEMORY_AIM_MB)
    return folder / f"home-{large}"


def pages(report: Report, home: Path, customers: int) -> None:
    """Page times over the home the cycle left."""
    report.title(f"Pages at {customers:,} customers (server time)")
    for name, found in run(["tests.speed.cycle", "pages"], home).said.items():
        aim = PAGE_AIMS_MS.get(name, PAGE_AIM_MS)
        if "status" in found:
            report.line(name, f"answered {found['status']}", f"p95 ≤ {aim:.0f} ms", False)
            continue
        times = f"p50 {found['p50']:6.1f} ms   p95 {found['p95']:6.1f} ms   (processor p95 {found['cpu']:.0f} ms)"
        report.line(name, times, f"p95 ≤ {aim:.0f} ms", found["p95"] <= aim)


def olap(report: Report, home: Path, lines: int) -> None:
    """Questions over the home the cycle left, beside DuckDB SQL written by hand."""
    report.title(f"Questions to {lines:,} lines (medians; ours, DuckDB SQL by hand)")
    for name, found in run(["tests.speed.olap"], home).said.items():
        ratio = found["ours"] / found["theirs"]
        ours, theirs = found["processor"]
        report.line(name, f"{found['ours']:6.3f} s  {found['theirs']:6.3f} s   {ratio:5.2f} × by hand "
                    f"(processor {ours:.2f} s, {theirs:.2f} s)"
                    + ("" if found["same"] else "   FIGURES DIFFER"), f"≤ {OLAP_RATIO} ×, {OLAP_SECONDS:.0f} s",
                    found["same"] and ratio <= OLAP_RATIO and found["ours"] <= OLAP_SECONDS)  # fmt: skip


def segments(report: Report, home: Path, customers: int) -> None:
    """Live counts of segments after one edit, over the home the cycle left."""
    report.title(f"Segments at {customers:,} customers: exact count after an edit")
    for name, found in run(["tests.speed.segments"], home).said.items():
        if "seconds" in found:
            report.line(name, f"{found['seconds']:6.1f} s")
            continue
        figure = (f"p50 {found['p50']:6.1f} ms   p95 {found['p95']:6.1f} ms   (processor {found['cpu']:.0f} ms; "
                  f"{found['customers']:,})")  # fmt: skip
        report.line(name, figure, f"p95 ≤ {SEGMENT_AIM_MS:.0f} ms", found["p95"] <= SEGMENT_AIM_MS)


def link(report: Report, folder: Path, sizes: list[int]) -> None:
    """Quality of linkage on sets with known truth, and its time and memory beside plain splink in the same run."""
    report.title("Linkage without labels (pairs; nothing said about the columns)")
    for name, aim in LINK_F1.items():
        done = run(["tests.speed.link", name], folder / "link-home")
        report.line(name, _found(done), f"F1 ≥ {aim}", done.said["f1"] >= aim)
    for size in sizes:
        people = folder / f"people-{size}.parquet"
        run(["tests.speed.people", str(people), str(size)], folder / "link-home")
        peer, done = (run(["tests.speed.link", way, str(people)], folder / "link-home") for way in ("peer", "people"))
        report.line(f"{size:,} Korean, plain splink", _found(peer))
        said = done.said
        report.line(f"{size:,} Korean, dangol", _found(done), f"F1 ≥ {PEOPLE_F1}, P ≥ {PEOPLE_PRECISION}",
                    said["f1"] >= PEOPLE_F1 and said["precision"] >= PEOPLE_PRECISION)  # fmt: skip
        report.line("  time and memory", f"{said['seconds'] / peer.said['seconds']:.1f} × plain splink",
                    f"≤ {LINK_SECONDS:.0f} s, {LINK_MEGABYTES:.0f} MB",
                    said["seconds"] <= LINK_SECONDS and done.megabytes <= LINK_MEGABYTES)  # fmt: skip


def _found(done: Run) -> str:
    said = done.said
    return (f"F1 {said['f1']:.4f} P {said['precision']:.4f} R {said['recall']:.4f} {said['seconds']:6.1f} s "
            f"{done.megabytes:5.0f} MB ({done.processor:.0f} s of processor)")  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the parts asked for; returns 1 where an aim was missed."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="100,000 customers and 2 million lines at most")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--lines", type=int, help="most lines (default 20,000,000; quick 2,000,000)")
    given = parser.parse_args(arguments)
    lines = given.lines or (2_000_000 if given.quick else 20_000_000)
    customers = max(1000, lines // 20)
    print(machine())
    report = Report()
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _frame: sys.exit(128 + number))
    folder = temporary.folder("dangol-bench-")
    began = time.monotonic()
    try:
        if "rfm" in given.only:
            rfm(report, folder, customers, lines)
        if "load" in given.only:
            load(report, folder, min(lines, 1_000_000) // (4 if given.quick else 1))
        if "people" in given.only:
            people(report, folder, min(customers, 1_000_000))
        if "ltv" in given.only:
            ltv(report, folder, max(customers, LTV_CUSTOMERS))
        if "standard" in given.only:
            standard(report, folder, min(lines // 20, 1_000_000))
        if "link" in given.only:
            link(report, folder, [20_000, 200_000] if given.quick else [200_000, 1_000_000])
        if {"cycle", "pages", "olap", "segments"} & set(given.only):
            home = cycle(report, folder, customers, [lines // 10, lines // 2, lines])
            if "pages" in given.only:
                pages(report, home, customers)
            if "olap" in given.only:
                olap(report, home, lines)
            if "segments" in given.only:
                segments(report, home, customers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nThe bench took {(time.monotonic() - began) / 60:.1f} minutes.")
    print(f"{report.failed} aims missed." if report.failed else "Every aim is met.")
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
