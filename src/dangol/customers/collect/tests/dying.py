"""For tests that kill a process in the middle of its work."""

import os
import signal
from typing import Any


def die_at(points: dict[str, tuple[Any, str, bool]], point: str, times: int) -> None:
    """Kill this process with SIGKILL when a point is passed for the given time; 0: never.

    points: name -> (owner, name of its function, whether after the call rather than before it).
    """
    if not times:
        return
    owner, name, after = points[point]
    function = getattr(owner, name)
    left = times

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = function(*args, **kwargs)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(owner, name, wrapped)
