"""The whole gate: format, lint, types, walls, texts, migrations, tests. `make test` runs it.

Says plainly what it did not run and why; returns 1 where anything failed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import postgres

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(sys.executable).parent
QUICK = "not browser and not cluster and not demo and not speed"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Outcome:
    """How one part of the gate ended: passed, failed or not run, with the reason."""

    name: str
    state: str
    seconds: float
    reason: str = ""


def _run(name: str, command: Sequence[str], **extra: str) -> Outcome:
    print(f"\n=== {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": "src"} | extra, check=False).returncode
    return Outcome(
        name, "passed" if code == 0 else "failed", time.monotonic() - began, f"exit code {code}" if code else ""
    )


def _skip(name: str, reason: str) -> Outcome:
    return Outcome(name, "not run", 0, reason)


def _pytest(*arguments: str) -> list[str]:
    return [PYTHON, "-m", "pytest", *arguments]


def _marked(*marks: str) -> list[str]:
    """The files with tests marked so: reading all the others takes longer than some of these tests."""
    files = (path for folder in ("src", "tests") for path in (ROOT / folder).rglob("test_*.py"))
    words = [f"mark.{mark}" for mark in marks]
    return sorted(str(path) for path in files if any(word in path.read_text("utf-8") for word in words))


def _static() -> list[Outcome]:
    return [
        _run("format", [str(BIN / "ruff"), "format", "--check", "."]),
        _run("lint", [str(BIN / "ruff"), "check", "."]),
        _run("types", [str(BIN / "mypy")]),
        _run("walls between rooms", [str(BIN / "lint-imports")]),
        _run("Korean texts", [PYTHON, "-m", "tools.messages", "check"]),
        _run("migrations", [PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run", "-v", "0"],
             DJANGO_SETTINGS_MODULE="dangol.config.settings"),
        _run("deployment check", [PYTHON, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
             DJANGO_SETTINGS_MODULE="dangol.config.settings", DANGOL_BASE_URL="https://dangol.example"),
    ]  # fmt: skip


def _unit() -> Outcome:
    return _run(
        "tests on SQLite and DuckDB",
        _pytest("-n", "2", "--dist", "loadgroup", "-m", QUICK),
    )


def _on_postgres() -> Outcome:
    name = "tests on PostgreSQL"
    if not postgres.available():
        return _skip(name, "PostgreSQL is not installed (initdb was not found)")
    with postgres.server() as address:
        return _run(
            name,
            _pytest("-n", "2", "--dist", "loadgroup", "-m", f"{QUICK} and not engine_only"),
            DANGOL_DATABASE=address,
        )


def _cluster() -> Outcome:
    name = "tests on a Spark cluster"
    if not shutil.which("java"):
        return _skip(name, "Java, which Spark needs, is not installed")
    return _run(name, _pytest("-m", "cluster", *_marked("cluster")))


def _browser() -> Outcome:
    name = "pages in Chromium"
    if not any(map(shutil.which, BROWSERS)):
        return _skip(name, "no Chromium is installed")
    return _run(name, _pytest("-n", "2", "--dist", "loadgroup", "-m", "browser", "tests/browser"))


def _demo() -> Outcome:
    return _run(
        "the demonstration on real purchases, and speed against its limits",
        _pytest("-m", "demo or speed", "-s", *_marked("demo", "speed")),
    )


PARTS: tuple[Callable[[], Outcome], ...] = (_unit, _on_postgres, _cluster, _browser, _demo)


def main() -> int:
    """Run every part and print how each ended; returns the exit code."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # it costs every process seconds of compiling
    with tempfile.TemporaryDirectory(prefix="dangol-gate-") as home:
        os.environ["DANGOL_HOME"] = home
        outcomes = _static() + [part() for part in PARTS]
    print("\n=== the gate")
    for outcome in outcomes:
        why = f"  ({outcome.reason})" if outcome.reason else ""
        print(f"{outcome.state:<8} {outcome.seconds:6.0f} s  {outcome.name}{why}")
    count = {state: sum(outcome.state == state for outcome in outcomes) for state in ("passed", "failed", "not run")}
    print(f"{count['passed']} passed, {count['failed']} failed, {count['not run']} skipped")
    return int(count["failed"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
