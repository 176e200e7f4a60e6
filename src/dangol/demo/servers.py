"""The processes of a running demonstration: mailbox, web server, worker. None of them outlives this one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dangol.base.errors import Unavailable

MAILBOX = "dangol.channels.email.mailbox"
START_SECONDS = 30
STOP_SECONDS = 6
LOOK_SECONDS = 0.3


def _start(*arguments: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
    """A child of ours in a session of its own, so that a Ctrl-C reaches it once: from us."""
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        start_new_session=True, stdin=subprocess.DEVNULL, stdout=stdout, env=os.environ.copy(),
    )  # fmt: skip


def _await_port(port: int, child: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(LOOK_SECONDS / 3)
    raise Unavailable("The {what} did not start. See the lines above for the cause.", what=what)


def _stop(*children: subprocess.Popen[bytes]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def mailbox(home: Path) -> Iterator[int]:
    """The local mailbox: an SMTP server on this machine that keeps every mail in the home folder and sends none on.

    Yields its port, which it finds itself and tells on its output. Needs no settings, so that they can name the port.
    """
    folder = str(home / "mailbox")
    child = _start(MAILBOX, "--port", "0", "--folder", folder, "--parent", str(os.getpid()), stdout=subprocess.PIPE)
    try:
        told = child.stdout.readline().strip() if child.stdout else b""
        if not told.isdigit():
            raise Unavailable("The {what} did not start. See the lines above for the cause.", what="local mailbox")
        yield int(told)
    finally:
        _stop(child)


def serve(port: int, *, say: Callable[[str], None]) -> int:
    """Serve until Ctrl-C (or a termination signal); returns the exit code."""
    parent = str(os.getpid())
    web = _start("dangol", "serve", "--port", str(port), "--parent", parent)
    worker = _start("dangol", "worker", "--parent", parent)
    for sign in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with Ctrl-C ignored
        signal.signal(sign, signal.default_int_handler)
    try:
        _await_port(port, web, "web server")
        say(welcome(port))
        while web.poll() is None and worker.poll() is None:
            time.sleep(LOOK_SECONDS)
        say("A server ended by itself; see the lines above. Start again with the same command.")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. Everything is kept; the same command goes on from here.")
        return 0
    finally:
        _stop(web, worker)


def welcome(port: int) -> str:
    """Address, accounts and the first thing to click."""
    from dangol.demo.company import PASSWORD
    from dangol.staff import reads as staff

    lines = [
        "",
        f"  Dangol is open:  http://127.0.0.1:{port}/        (Ctrl-C stops it and leaves nothing behind)",
        "",
        f"  Demo accounts (generated people), password for all:  {PASSWORD}",
        "",
    ]
    lines += [f"    {member.email:<34} {member.role_name}" for member in staff.demo_members()]
    lines += [
        "",
        "  Click first: sign in as the marketer, open Insight to see the eight segments, then Campaigns:",
        "  27 real past campaigns, and one that was planned, approved, sent to the local mailbox and judged.",
        "",
    ]
    return "\n".join(lines)
