"""The same star and the same figures on a Spark cluster: master and two workers on loopback, by settings alone."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engines import has_spark

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
import django
django.setup()
from pathlib import Path
from django.conf import settings
from dangol.insight.olap import reads
from dangol.insight.warehouse import actions
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale
from dangol import engine
opened = engine.current()
loaded = Loaded(settings.DANGOL.home)
actions.collect = actions.identify = loaded
loaded.customer("a", age_band="30s")
loaded.batch("sales", [sale(str(n), "abc"[n % 3], "pq"[n % 2], f"2026-0{1 + n % 5}-1{n % 9}T01:00:00", 100 * n)
                       for n in range(40)])
loaded.batch("sales", [sale("7", "b", "q", "2026-03-17T01:00:00", 7)])
loaded.batch("products", [{"product_key": key, "brand": key.upper()} for key in "pq"])
report = actions.refresh(Quiet())
answers = [reads.plain(reads.ask(None, measures, by))["rows"] for measures, by in (
    (["sales_amount", "orders", "buying_customers"], ["month", "brand"]), (["retention_rate"], ["month"]),
)]
master = opened.session.sparkContext.master if opened.name == "spark" else ""
print("ANSWER" + json.dumps([report["rows"], answers, opened.name, master]))
"""


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def cluster(tmp_path):
    """A standalone master and two workers; all of them are gone afterwards."""
    import pyspark

    home, port = Path(pyspark.__file__).parent, _free_port()
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m"}
    deploy = "org.apache.spark.deploy."
    commands = [
        ["master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"],
        *[["worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "700m",
           "--work-dir", str(tmp_path / f"work{n}"), f"spark://127.0.0.1:{port}"] for n in range(2)],
    ]  # fmt: skip
    processes = []
    try:
        for name, *arguments in commands:
            log = (tmp_path / f"{name}-{len(processes)}.log").open("w")
            processes.append(subprocess.Popen([home / "bin" / "spark-class", deploy + name, *arguments], stdout=log,
                                              stderr=log, env=environment))  # fmt: skip
            log.close()
            _wait_until(port)
        yield f"spark://127.0.0.1:{port}", [tmp_path / f"worker.Worker-{n}.log" for n in (1, 2)]
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def _wait_until(port):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the Spark master did not start")


def run(home, **settings):
    environment = os.environ | {
        "DANGOL_HOME": str(home), "DJANGO_SETTINGS_MODULE": "dangol.config.settings", "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "DANGOL_TIME_ZONE": "Asia/Seoul",
        "PYSPARK_SUBMIT_ARGS": "--conf spark.executor.memory=600m --conf spark.driver.memory=600m pyspark-shell",
        "PYSPARK_PYTHON": sys.executable, "PYTHONWARNINGS": "default", "PYTHONHASHSEED": "0", **settings,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=1500, check=False
    )
    [line] = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")] or [done.stderr[-3000:]]
    return json.loads(line.removeprefix("ANSWER"))


@pytest.mark.cluster
@pytest.mark.skipif(not has_spark() or shutil.which("java") is None, reason="PySpark or Java is not installed.")
def test_a_cluster_of_a_master_and_two_workers_gives_the_same_star_and_figures(tmp_path):
    alone = run(tmp_path / "alone")
    with cluster(tmp_path) as (master, _logs):
        together = run(tmp_path / "together", DANGOL_ENGINE="spark", DANGOL_SPARK_MASTER=master)
    assert together[:2] == alone[:2]
    assert (alone[2], together[2:]) == ("duckdb", ["spark", master])
    assert list((tmp_path / "work0").glob("app-*"))
    assert list((tmp_path / "work1").glob("app-*"))
