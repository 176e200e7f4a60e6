"""Immutable snapshots: Parquet files, a manifest with the SHA-256 of each, and a pointer switched atomically.

    root/CURRENT               the id of the snapshot that is served
    root/<id>/manifest.json    files with table, rows, bytes and SHA-256; facts; the manifest's own SHA-256
    root/<id>/<table>-<n>.parquet
    root/<id>/READ             touched by readers; a snapshot read a short while ago is not removed
    root/LOCK                  held by the one process that writes

A snapshot holds its own copy of every file, so that damage to one never reaches another. Parquet does not protect
itself: DuckDB answers a flipped bit with wrong sums and no error, so no file is read before its hash has been checked.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dangol.base.errors import Conflict, Damaged, NotFound
from dangol.base.identifiers import CHUNK_BYTES, content_hash, file_hash

POINTER = "CURRENT"
MANIFEST = "manifest.json"
READ_MARK = "READ"
LOCK = "LOCK"
IN_USE_SECONDS = 15 * 60
RECHECK_SECONDS = 24 * 3600  # discs rot under unchanged time stamps, too
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
PLAIN_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\.parquet")
_checked: dict[tuple[str, int, int, int, int], tuple[str, float]] = {}


@dataclass(frozen=True)
class Snapshot:
    """One whole, checked state. files: table name -> its Parquet files. facts: what its maker wrote down."""

    id: str
    root: Path
    files: Mapping[str, tuple[Path, ...]]
    rows: Mapping[str, int]
    facts: Mapping[str, Any] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)  # file name -> hash
    file_rows: Mapping[str, int] = field(default_factory=dict)  # file name -> rows

    def paths(self, table: str) -> tuple[Path, ...]:
        """The Parquet files of a table. Raises NotFound."""
        try:
            return self.files[table]
        except KeyError:
            raise NotFound("The snapshot {id} has no table {table}.", id=self.id, table=table) from None


class Draft:
    """A snapshot being written; nothing of it is seen before it is published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}

    def place(self, table: str) -> Path:
        """Where to write the next file of a table."""
        return self.folder / f"{table}-{sum(entry['table'] == table for entry in self.files)}.parquet"

    def add(self, table: str, path: Path, rows: int) -> None:
        """Take a written file into the manifest."""
        self._enter(table, path, rows, file_hash(path))

    def copy(self, table: str, path: Path, rows: int, sha256: str) -> None:
        """Take over a file of an earlier snapshot: its bytes are hashed while they are copied. Raises Damaged."""
        target = self.place(table)
        digest = hashlib.sha256()
        with path.open("rb") as source, target.open("xb") as copy:
            while piece := source.read(CHUNK_BYTES):
                digest.update(piece)
                copy.write(piece)
        if digest.hexdigest() != sha256:
            raise Damaged("A file of snapshot {id} does not match its checksum.", id=path.parent.name)
        self._enter(table, target, rows, sha256)

    def _enter(self, table: str, path: Path, rows: int, sha256: str) -> None:
        _sync(path)
        self.files.append(
            {"table": table, "name": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": sha256}
        )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Store:
    """The snapshots under one folder."""

    def __init__(self, root: Path, *, keep: int = 3) -> None:
        self.root = root
        self.keep = keep

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store for writing. Raises Conflict when another process or thread holds it; a crash frees it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Conflict("This is being rebuilt at the moment. Try again when that has ended.") from None
            yield

    @contextmanager
    def draft(self, snapshot_id: str) -> Iterator[Draft]:
        """Write a new snapshot and publish it; a failure or crash leaves the served one as it was.

        Raises Conflict while another writer is at it.
        """
        _plain(snapshot_id)
        with self.writing():
            folder = self.root / f".{snapshot_id}.draft"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            draft = Draft(folder)
            try:
                yield draft
                self._publish(draft, snapshot_id)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def _publish(self, draft: Draft, snapshot_id: str) -> None:
        body = {"id": snapshot_id, "files": draft.files, "facts": draft.facts}
        manifest = draft.folder / MANIFEST
        manifest.write_text(json.dumps({"sha256": content_hash(body), "body": body}, indent=1))
        _sync(manifest)
        (draft.folder / READ_MARK).touch()
        _sync(draft.folder)
        target = self.root / snapshot_id
        shutil.rmtree(target, ignore_errors=True)
        os.replace(draft.folder, target)
        _sync(self.root)
        self._point(snapshot_id)
        self._prune()

    def _point(self, snapshot_id: str) -> None:
        fresh = self.root / f"{POINTER}.new"
        fresh.write_text(snapshot_id)
        _sync(fresh)
        os.replace(fresh, self.root / POINTER)
        _sync(self.root)

    def _prune(self) -> None:
        served = self.pointer()
        for old in [name for name in self.ids() if name != served][: -(self.keep - 1)]:
            if not self._in_use(old):
                shutil.rmtree(self.root / old, ignore_errors=True)
        for abandoned in self.root.glob(".*.draft"):
            shutil.rmtree(abandoned, ignore_errors=True)

    def _in_use(self, snapshot_id: str) -> bool:
        try:
            return time.time() - (self.root / snapshot_id / READ_MARK).stat().st_mtime < IN_USE_SECONDS
        except FileNotFoundError:
            return False

    def ids(self) -> list[str]:
        """Ids of the snapshots present, oldest first."""
        names = (path.parent.name for path in self.root.glob(f"*/{MANIFEST}"))
        return sorted(name for name in names if PLAIN_ID.fullmatch(name))

    def pointer(self) -> str | None:
        """The id the pointer names; None before the first snapshot, "" where the pointer itself is damaged."""
        try:
            named = (self.root / POINTER).read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            return ""
        return named if PLAIN_ID.fullmatch(named) and (self.root / named).is_dir() else ""

    def open(self, snapshot_id: str) -> Snapshot:
        """A snapshot with every file checked. Raises NotFound or Damaged."""
        folder = self.root / _plain(snapshot_id)
        body = _manifest(folder, snapshot_id)
        files: dict[str, list[Path]] = {}
        rows: dict[str, int] = {}
        for entry in body["files"]:
            if not PLAIN_FILE.fullmatch(entry["name"]):
                raise Damaged("The manifest of snapshot {id} is damaged.", id=snapshot_id)
            _check(folder / entry["name"], entry["bytes"], entry["sha256"], snapshot_id)
            files.setdefault(entry["table"], []).append(folder / entry["name"])
            rows[entry["table"]] = rows.get(entry["table"], 0) + entry["rows"]
        _mark_read(folder)
        return Snapshot(
            id=snapshot_id,
            root=folder,
            files={table: tuple(paths) for table, paths in files.items()},
            rows=rows,
            facts=body["facts"],
            sha256={entry["name"]: entry["sha256"] for entry in body["files"]},
            file_rows={entry["name"]: entry["rows"] for entry in body["files"]},
        )

    def current(self) -> tuple[Snapshot, bool]:
        """The served snapshot and whether it is the newest: False means the newest was refused as damaged.

        Raises NotFound when there is none at all, Damaged when none is whole.
        """
        served = self.pointer()
        if served is None:
            raise NotFound("There is no data yet. Load a source and run the cycle first.")
        older = [name for name in reversed(self.ids()) if not served or name < served]
        whole = bool(served)
        for candidate in [served, *older] if served else older:
            try:
                return self.open(candidate), whole
            except (Damaged, NotFound):
                whole = False
        raise Damaged("No whole snapshot is left. Run the cycle to rebuild it from the loaded data.")


def _plain(snapshot_id: str) -> str:
    """The id itself where it is a plain name, never a path. Raises NotFound."""
    if not PLAIN_ID.fullmatch(snapshot_id):
        raise NotFound("There is no snapshot {id}.", id=snapshot_id)
    return snapshot_id


def _manifest(folder: Path, snapshot_id: str) -> dict[str, Any]:
    """What a snapshot's manifest says. Raises NotFound or Damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        body: dict[str, Any] = manifest["body"]
        whole = manifest["sha256"] == content_hash(body) and body["id"] == snapshot_id
    except FileNotFoundError:
        raise NotFound("There is no snapshot {id}.", id=snapshot_id) from None
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise Damaged("The manifest of snapshot {id} is damaged.", id=snapshot_id)
    return body


def _mark_read(folder: Path) -> None:
    """Note that a snapshot is being read; at most twice a minute, and no error where the disc is read-only."""
    mark = folder / READ_MARK
    try:
        if not mark.exists() or time.time() - mark.stat().st_mtime > 30:
            mark.touch()
    except OSError:
        return


def _check(path: Path, size: int, sha256: str, snapshot_id: str) -> None:
    """Raises Damaged unless the file's bytes have this hash; asked again when the file changed, and once a day."""
    try:
        now = path.stat()
    except FileNotFoundError:
        raise Damaged("A file of snapshot {id} is missing.", id=snapshot_id) from None
    seen = (str(path), now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
    known, asked = _checked.get(seen, ("", 0.0))
    if not known or time.monotonic() - asked > RECHECK_SECONDS:
        known = file_hash(path)
        _checked[seen] = (known, time.monotonic())
    if now.st_size != size or known != sha256:
        raise Damaged("A file of snapshot {id} does not match its checksum.", id=snapshot_id)
