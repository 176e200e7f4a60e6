"""How commands show themselves: progress bars with time left on a terminal, plain lines elsewhere, JSON for scripts."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dangol.work.actions import Quiet

console = Console(stderr=True, highlight=False)


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Quiet]:
    """A progress bar with the time left, as the `running` that actions report to."""
    if quiet:
        yield Quiet()
        return
    columns = (
        TextColumn("{task.description:<44}"),
        BarColumn(24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=False, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def show(done: int, total: int | None, note: str) -> None:
            words = f"{title}: {note}" if note else title
            bar.update(task, completed=done, total=total, description=words[:44])

        if not console.is_terminal:
            console.print(f"{title} ...")
        yield Quiet(show=show)
        bar.update(task, description=title[:44], total=1, completed=1)


def result(value: Any, *, as_json: bool) -> None:
    """Print a result: JSON on the output stream for scripts, readable lines otherwise."""
    if as_json:
        json.dump(value, sys.stdout, ensure_ascii=False, default=str)
        sys.stdout.write("\n")
    elif isinstance(value, dict):
        for name, part in value.items():
            print(f"{name:<14} {_words(part)}")
    else:
        print(value)


def _words(part: Any) -> str:
    if isinstance(part, dict):
        return ", ".join(f"{name} {_words(inner)}" for name, inner in part.items())
    return f"{part:,}" if isinstance(part, int) and not isinstance(part, bool) else str(part)
