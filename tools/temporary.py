"""Temporary folders that do not stay: removed at the end, and by the next run where a process was killed."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def folder(prefix: str) -> Path:
    """A new folder `<prefix><process>-…`, removed when this process ends; those of dead processes are removed now."""
    remove_left(prefix)
    made = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a forked child, which inherits this
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)
    return made


def remove_left(prefix: str) -> list[Path]:
    """Remove the folders under a prefix whose process is gone; returns them."""
    left = [one for one in Path(tempfile.gettempdir()).glob(f"{prefix}*-*") if _is_left(one, prefix)]
    for one in left:
        shutil.rmtree(one, ignore_errors=True)
    return left


def _is_left(found: Path, prefix: str) -> bool:
    process = found.name.removeprefix(prefix).partition("-")[0]
    if not process.isdecimal() or not found.is_dir():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
