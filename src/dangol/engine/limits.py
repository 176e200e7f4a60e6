"""How long a question may take, and who may stop it before: the clock, a job's cancel, or a newer question.

A thread says what holds for the questions it asks: `patient` in a job, `asking` on a page. Both engines ask under
`watched`, which interrupts what is running the moment one of them says so.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dangol.base.errors import Cancelled, DangolError, TooMuch

POLL_SECONDS = 0.05


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show errors in their reader's language
    return text


STOPPED = "The work was stopped."  # a job that ends so shows its state, never this sentence
SUPERSEDED = N_("A newer question took the place of this one.")


@dataclass(eq=False)
class _Turn:
    """One question under a key. superseded: whether a newer one came."""

    superseded: bool = False


class _Asker(threading.local):
    """What holds for the questions of one thread."""

    patient = False
    stopping: Callable[[], bool] | None = None
    turns: tuple[_Turn, ...] = ()

    def watch(self) -> Callable[[], str]:
        """A function for any thread: the sentence why this one's question has to end, or an empty one."""
        stopping, turns = self.stopping, self.turns

        def stop() -> str:
            if stopping is not None and stopping():
                return STOPPED
            return SUPERSEDED if any(turn.superseded for turn in turns) else ""

        return stop


_asker = _Asker()
_asking: dict[str, _Turn] = {}
_lock = threading.Lock()


@contextmanager
def patient(stopping: Callable[[], bool] | None = None) -> Iterator[None]:
    """In here this thread's questions may take as long as they need; they raise Cancelled once `stopping()` is true.

    stopping: cheap and callable from another thread; None keeps what holds outside. The worker runs every job in here
    with the job's own cancel flag.
    """
    before = _asker.patient, _asker.stopping
    _asker.patient, _asker.stopping = True, stopping or _asker.stopping
    try:
        yield
    finally:
        _asker.patient, _asker.stopping = before


@contextmanager
def asking(key: str) -> Iterator[None]:
    """In here this thread's questions give way to a newer one: whoever enters with the same key interrupts them.

    key: who asks and where, such as member and browser tab, so that people only ever interrupt themselves. The
    interrupted one raises Cancelled. Holds within this process.
    """
    turn = _Turn()
    with _lock:
        before = _asking.get(key)
        again = before in _asker.turns
        if not again:
            _asking[key] = turn
    if again:  # the same thread, deeper down
        yield
        return
    if before is not None:
        before.superseded = True
    _asker.turns = (*_asker.turns, turn)
    try:
        yield
    finally:
        _asker.turns = _asker.turns[:-1]
        with _lock:
            if _asking.get(key) is turn:
                del _asking[key]


class Watch:
    """One running question: interrupted when its time is over or somebody stops it, again and again until it ends."""

    def __init__(self, interrupt: Callable[[], None], seconds: float | None) -> None:
        self.interrupt, self.seconds = interrupt, seconds
        self.error: DangolError | None = None
        self.over = threading.Event()

    def run(self, stop: Callable[[], str]) -> None:
        """Look at the clock and at who may stop it, until the question is over."""
        end = time.monotonic() + self.seconds if self.seconds else None
        while not self.over.wait(POLL_SECONDS):
            if self.error is None and (why := stop()):
                self.error = Cancelled(why)
            if self.error is None and end is not None and time.monotonic() >= end:
                self.error = TooMuch(
                    "The question took longer than {seconds} seconds and was stopped. Ask for a shorter period or "
                    "fewer groups.",
                    seconds=f"{self.seconds:g}",
                )
            if self.error is not None:
                self.interrupt()


@contextmanager
def watched(interrupt: Callable[[], None], seconds: float | None) -> Iterator[Watch]:
    """Run a question that may be interrupted. seconds: how long it may take, None for no limit.

    Where the engine then ends with an error of its own, `Watch.error` is the one to raise. Raises Cancelled where the
    question need not begin at all.
    """
    stop = _asker.watch()
    if why := stop():
        raise Cancelled(why)
    watch = Watch(interrupt, None if _asker.patient else seconds)
    if watch.seconds is None and _asker.stopping is None and not _asker.turns:
        yield watch
        return
    thread = threading.Thread(target=watch.run, args=[stop], name="question", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.over.set()
        thread.join()  # else it might interrupt the question after this one
