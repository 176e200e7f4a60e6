"""A worker in a process of its own for the tests: `python -m dangol.work.tests.desk SECONDS` on the database of the
environment, with short times and the handlers below."""

import os
import sys
import threading
import time
from pathlib import Path


def mark(running, folder, name="ran"):
    """Leaves one file per run, with the attempt in its name."""
    running.progress(0, 1)
    (Path(folder) / f"{name}-{os.getpid()}-{running.lease}-{time.monotonic_ns()}").touch()
    return {"pid": os.getpid()}


def crawl(running, folder, steps=200):
    """Runs for about ten seconds with a step every 50 ms and leaves a file when it begins and when it ends."""
    mark(running, folder, "began")
    for step in range(steps):
        running.progress(step, steps, "Crawling")
        time.sleep(0.05)
    mark(running, folder, "ended")
    return {"steps": steps}


def finish_if_second(running, folder):
    """Hangs at its first attempt, ends at the next."""
    mark(running, folder, "began")
    if running.lease < 2:
        time.sleep(60)
    return {"lease": running.lease}


def sleep_through(running, folder):
    """Does its work without a look at the job, then writes what it did: its final write alone must be refused."""
    mark(running, folder, "began")
    time.sleep(2)
    return {"lease": running.lease}


def die(running, folder):
    """Kills its own worker."""
    mark(running, folder, "began")
    os.kill(os.getpid(), 9)


JOBS = {
    f"test.{handler.__name__}": f"dangol.work.tests.desk.{handler.__name__}"
    for handler in (mark, crawl, finish_if_second, sleep_through, die)
}


def main(seconds: float) -> None:
    import django

    django.setup()
    from django.conf import settings

    from dangol.work.rules import Pace
    from dangol.work.worker import run_forever

    settings.JOBS = JOBS
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    run_forever(stop, pace=Pace(heartbeat=0.2, stale=1.0, poll=0.05))


if __name__ == "__main__":
    main(float(sys.argv[1]))
