"""`dangol demo`: a company's real purchases in a browser, with one command."""

import argparse
import os
from typing import Any


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser("demo", help="load real purchases, run one full cycle and open the doors")
    parser.add_argument("--no-serve", action="store_true", help="load and run the cycle, then stop (for scripts)")
    parser.add_argument(
        "--port", type=int, default=8000, help="port of the web server (default 8000, or the next free)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run, needs_django=False)


def run(given: argparse.Namespace) -> int:
    """Prepare the home folder, load, run one cycle; then serve until Ctrl-C."""
    from dangol.demo import home, servers

    place = home.prepare(os.environ)
    port = home.free_port(given.port)
    with servers.mailbox(place) as smtp_port:
        os.environ |= {"DANGOL_HOME": str(place), "DANGOL_SMTP_PORT": str(smtp_port)}
        os.environ.setdefault("DANGOL_BASE_URL", f"http://127.0.0.1:{port}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
        return _tell(given, port)


def _tell(given: argparse.Namespace, port: int) -> int:
    import django

    django.setup()
    from dangol.cli import show
    from dangol.demo import servers, story

    report = story.tell(lambda title: show.progress(title, quiet=given.json))
    if given.no_serve:
        show.result(report, as_json=given.json)
        return 0
    return servers.serve(port, say=show.console.print)
