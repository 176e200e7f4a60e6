"""`dangol serve`: the web server."""

import argparse
from typing import Any

from dangol.base.process import follow


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser("serve", help="start the web server (and API) of this installation")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    parser.set_defaults(run=run, needs_database=True)


FIRST = "admin@localhost"


def _first_account() -> None:
    """In a new installation, an administrator with a random password, told once on this terminal."""
    from dangol.base.identifiers import token
    from dangol.staff import actions, reads
    from dangol.staff.rules import Role

    by = reads.system()
    if reads.count_members(by):
        return
    password = token()
    actions.create_member(by=by, email=FIRST, name="Administrator", role=Role.ADMINISTRATOR, password=password)
    print(f"The first account: {FIRST}, password {password}\nSign in and change it; it is not shown again.")


def run(given: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import uvicorn

    follow(given.parent)
    _first_account()
    uvicorn.run(
        "dangol.config.asgi:application",
        host=given.host,
        port=given.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # X-Forwarded-For is believed from the trusted proxy only: web.entry.address
        timeout_graceful_shutdown=3,
    )
    return 0
