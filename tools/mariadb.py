"""A MariaDB server of its own on loopback for tests, in a temporary folder, gone at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

USER, PASSWORD, DATABASE = "dangol", "s3cret-pass", "shop"
START_SECONDS = 30


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def available() -> bool:
    """Whether MariaDB's server programs are installed."""
    return bool(_program("mariadbd") and _program("mariadb-install-db"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[int]:
    """Start a server with the account USER on the empty database DATABASE; yields its port."""
    root = Path(tempfile.mkdtemp(prefix="dangol-maria-"))
    data, port = root / "data", _free_port()
    owner = ["--user=mysql"] if os.geteuid() == 0 else []
    if owner:
        shutil.chown(root, "mysql")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": root}
    subprocess.run(
        [_program("mariadb-install-db"), "--no-defaults", *owner, f"--datadir={data}", "--skip-test-db",
         "--auth-root-authentication-method=normal"],
        check=True, **quiet,
    )  # fmt: skip
    (root / "init.sql").write_text(
        f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;\nCREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON {DATABASE}.* TO {USER}@'%';\n"
    )
    child = subprocess.Popen(
        [_program("mariadbd"), "--no-defaults", *owner, f"--datadir={data}", f"--port={port}",
         "--bind-address=127.0.0.1", f"--socket={root / 'socket'}", f"--init-file={root / 'init.sql'}",
         "--skip-log-bin", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", f"--pid-file={root / 'pid'}",
         "--innodb-buffer-pool-size=64M", "--performance-schema=OFF", "--sql-mode="],
        **quiet,
    )  # fmt: skip
    try:
        _await(port, child)
        yield port
    finally:
        child.kill()
        child.wait()
        shutil.rmtree(root, ignore_errors=True)


def _await(port: int, child: "subprocess.Popen[bytes]") -> None:
    import pymysql

    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and child.poll() is None:
        with suppress(pymysql.err.MySQLError):
            pymysql.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD, database=DATABASE).close()
            return
        time.sleep(0.05)
    raise RuntimeError("MariaDB did not start")
