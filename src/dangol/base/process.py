"""Processes that belong together."""

import os
import signal
import threading
import time

WATCH_SECONDS = 0.5


def follow(parent: int | None) -> None:
    """End this process when the one that started it is gone, so that nothing is left behind even after a kill -9.

    parent: that process's id; None follows nobody.
    """
    if parent is None:
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="follow-parent").start()
