"""Answers kept while the data they came from are the newest: the same question costs its work once a process."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

MOST = 256
_kept: OrderedDict[Hashable, Any] = OrderedDict()
_lock = Lock()


def answered(key: Hashable, work: Callable[[], Any]) -> Any:
    """What was worked out under this key, or is now. The key must name the data, the scope and all that is asked."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = work()
    with _lock:
        _kept[key] = found
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found
