"""Where collected files lie under the home folder, and how they get there whole or not at all."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from dangol.base.disk import is_full
from dangol.base.errors import Conflict, NotFound, TooMuch, Unavailable
from dangol.base.identifiers import token

UPLOAD_DAYS = 7
PIECE_BYTES = 1 << 20


def raw() -> Path:
    """The folder of validated batches."""
    return Path(settings.DANGOL.home) / "raw"


def uploads() -> Path:
    """The folder of files waiting to be loaded."""
    return Path(settings.DANGOL.home) / "uploads"


def scratch(name: str) -> Path:
    """An emptied folder for one piece of work."""
    folder = Path(settings.DANGOL.home) / "scratch" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def file_name(name: str) -> str:
    """A file's own name without its folders and without anything that is no plain text."""
    plain = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", name.replace("\\", "/"))
    return plain.rsplit("/", 1)[-1].strip()[-200:] or "file"


def keep_upload(pieces: Iterator[bytes]) -> tuple[str, int]:
    """Keep a file's bytes under a name of our own; returns that name and the size. Raises TooMuch."""
    folder = uploads()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name, size, limit = token(), 0, settings.DANGOL.upload_limit_mb << 20
    path = folder / name
    try:
        with disk(), path.open("xb") as file:
            for piece in pieces:
                size += len(piece)
                if size > limit:
                    raise TooMuch(
                        "The file is larger than {limit} MB. Split it, or raise the setting upload_limit_mb.",
                        field="file",
                        limit=settings.DANGOL.upload_limit_mb,
                    )
                file.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name, size


def kept(name: str) -> Path:
    """An upload by its name. Raises NotFound."""
    path = uploads() / name
    if "/" in name or name.startswith(".") or not path.is_file():
        raise NotFound("The uploaded file is no longer there. Upload it again.")
    return path


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file's bytes in pieces."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def sweep() -> None:
    """Remove uploads nobody loaded within a week."""
    oldest = time.time() - UPLOAD_DAYS * 86400
    for path in uploads().glob("*"):
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def publish(draft: Path, target: Path) -> None:
    """Move a written file to its place so that a crash leaves the whole file or none."""
    sync(draft)
    os.replace(draft, target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Have a file's or folder's bytes on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk() -> Iterator[None]:
    """Says in a sentence when the disk is full."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise Unavailable("The disk is full. Free some space, then start the load again: it continues.") from None
        raise


@contextmanager
def only_one(code: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Holds a source for this process; released by the system also when the process is killed.

    wait_seconds: for how long it may be tried. Raises Conflict.
    """
    folder = Path(settings.DANGOL.home) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"load-{code}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + wait_seconds
        while not _held(handle):
            if time.monotonic() >= until:
                raise Conflict("Another load of this source is running. Wait until it has ended.")
            time.sleep(0.1)
        yield
    finally:
        os.close(handle)


def _held(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
