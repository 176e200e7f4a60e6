"""How commands show themselves: progress bars with time left on a terminal, plain lines elsewhere, JSON for scripts."""

import json
import sys
from collections.abc import Iterator, Mapping
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
        print("\n".join(_lines(value)))
    else:
        print(value)


def _lines(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A line for each part; parts made of parts stand below their name, and what is empty is left out."""
    for name, part in value.items():
        start = f"{'  ' * depth}{str(name).replace('_', ' ')}"
        if isinstance(part, dict) and any(isinstance(inner, dict) and inner for inner in part.values()):
            yield start
            yield from _lines(part, depth + 1)
        elif not _empty(part):
            yield f"{start:<24} {_words(part)}"


def _words(part: Any) -> str:
    if isinstance(part, dict) and "template" in part:  # a sentence of the house
        return str(part["template"]).format(**part.get("params", {}))
    if isinstance(part, dict):
        said = (f"{str(name).replace('_', ' ')} {_words(inner)}" for name, inner in part.items() if not _empty(inner))
        return ", ".join(said)
    if isinstance(part, (list, tuple)):
        return "; ".join(map(_words, part))
    return f"{part:,}" if isinstance(part, (int, float)) and not isinstance(part, bool) else str(part)


def _empty(part: Any) -> bool:
    return part in (None, "", [], {})
