"""A PostgreSQL server of its own on loopback for tests, in a temporary folder, gone at the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")


def _folder() -> Path | None:
    found = [path for place in PLACES for path in Path("/").glob(place.lstrip("/")) if (path / "initdb").exists()]
    on_path = shutil.which("initdb")
    return max(found) if found else Path(on_path).parent if on_path else None


def available() -> bool:
    """Whether PostgreSQL's server programs are installed."""
    return _folder() is not None


def _as_owner() -> list[str]:
    """PostgreSQL refuses to run as root: there it runs as the user its package made."""
    if os.geteuid() != 0:
        return []
    pwd.getpwnam("postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[str]:
    """Start a server; yields the address for the setting `database`."""
    programs = _folder()
    assert programs is not None
    root = Path(tempfile.mkdtemp(prefix="dangol-pg-"))
    if os.geteuid() == 0:
        shutil.chown(root, "postgres")
    data, port = root / "data", _free_port()
    quiet = {"stdout": subprocess.DEVNULL, "cwd": root, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}}
    subprocess.run(
        [*_as_owner(), str(programs / "initdb"), "-D", str(data), "-U", "dangol", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8"],
        check=True, **quiet,
    )  # fmt: skip
    options = f"-p {port} -h 127.0.0.1 -k {root} -c fsync=off -c max_connections=60"
    control = [*_as_owner(), str(programs / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-o", options, "-l", str(root / "log"), "start"], check=True, **quiet)
    try:
        subprocess.run(
            [*_as_owner(), str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "dangol", "dangol"],
            check=True, **quiet,
        )  # fmt: skip
        yield f"postgresql://dangol@127.0.0.1:{port}/dangol"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet)
        shutil.rmtree(root, ignore_errors=True)
