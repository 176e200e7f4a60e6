"""Installations for tests that need one of their own: a migrated SQLite file, and processes in it that may be killed."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ["DANGOL_HOME"])  # of the run, the same for every process of it; conftest.py sets it


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a process of the installation in this folder is started with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DANGOL_")}
    return kept | {
        "DANGOL_HOME": str(home), "DJANGO_SETTINGS_MODULE": "dangol.config.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    } | more  # fmt: skip


def install(home: Path) -> Path:
    """Lay an empty, migrated SQLite file into the folder. Migrating takes seconds, so it is done once a run."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_migrated(), home / "dangol.sqlite3")
    return home


def _migrated() -> Path:
    made = SHARED / "migrated" / "dangol.sqlite3"
    with (SHARED / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            half = SHARED / "migrated.half"
            command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
            subprocess.run(command, env=environment(half), cwd=ROOT, check=True)
            with sqlite3.connect(half / "dangol.sqlite3") as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            half.rename(made.parent)
    return made


class Forks:
    """Processes of one installation, one after the other, each running `main(*arguments)` of a module.

    Importing the house takes seconds: only the process they are forked from does it, and never opens the database.
    """

    def __init__(self, module: str, env: dict[str, str]) -> None:
        self.parent = subprocess.Popen(
            [sys.executable, "-m", "tests.installed", module], env=env, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.told: dict[str, Any] = {}

    def start(self, *arguments: Any) -> int:
        """Begin one; its process id."""
        assert self.parent.stdin is not None
        self.told = {}
        self.parent.stdin.write(json.dumps(arguments) + "\n")
        self.parent.stdin.flush()
        return int(self._hear("pid"))

    def ended(self) -> int:
        """How the one started last ended: 0, 1 after an error, or the signal that killed it, negative."""
        return int(self._hear("ended"))

    def run(self, *arguments: Any) -> int:
        """Run one to its end."""
        self.start(*arguments)
        return self.ended()

    def ask(self, *arguments: Any) -> Any:
        """What one returns that ends well."""
        assert self.run(*arguments) == 0
        return self.told["returned"]

    def _hear(self, word: str) -> Any:
        assert self.parent.stdout is not None
        while word not in self.told:
            line = self.parent.stdout.readline()
            assert line, "the process they are forked from is gone"
            self.told |= json.loads(line)
        return self.told[word]

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *_error: object) -> None:
        self.parent.communicate()


def _tell(**what: Any) -> None:
    """One line, written at once: both processes write."""
    os.write(1, (json.dumps(what) + "\n").encode())


def _child(act: Any, arguments: list[Any]) -> None:
    code = 1
    try:
        _tell(returned=act(*arguments))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _serve(module: str) -> None:
    import django

    django.setup()
    act = import_module(module).main
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _child(act, json.loads(line))
        _tell(pid=pid)
        _tell(ended=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    _serve(sys.argv[1])
