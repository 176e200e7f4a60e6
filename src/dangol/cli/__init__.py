"""The command-line door: one module a verb, each with `add(verbs)` and a function that returns the exit code."""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from dangol import __version__
from dangol.base.disk import FULL, is_full
from dangol.base.errors import BadInput, Cancelled, DangolError, Unavailable
from dangol.cli import upgrade

EXIT_OK, EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130


def _parser() -> argparse.ArgumentParser:
    from dangol.cli import check, cycle, demo, file, load, query, serve, star, worker

    parser = argparse.ArgumentParser(prog="dangol", description="A closed-loop CRM for companies that sell to people.")
    parser.add_argument("--version", action="version", version=f"dangol {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for module in (demo, load, cycle, query, star, file, serve, worker, check):
        module.add(verbs)
    return parser


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--order -NAME` as `--order=-NAME`: argparse would take the name for an option."""
    joined: list[str] = []
    for word in arguments:
        if joined and joined[-1] == "--order" and word.startswith("-"):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, 1 for a failure, 2 for bad input, 130 when interrupted."""
    given = _parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
    try:
        if getattr(given, "needs_django", True):
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
            import django

            django.setup()
        if getattr(given, "needs_database", False):
            upgrade.bring_up_to_date()
        return int(given.run(given) or EXIT_OK)
    except DangolError as error:
        return _say(error, as_json=getattr(given, "json", False))
    except (KeyboardInterrupt, Cancelled):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_OK
    except Exception as error:
        if not is_full(error):
            raise
        return _say(Unavailable(FULL), as_json=getattr(given, "json", False))


def _say(error: DangolError, *, as_json: bool) -> int:
    """An expected failure, told on the error stream (and as JSON where a script asked for it)."""
    if as_json:
        print(json.dumps({"error": {"title": type(error).__name__, "detail": str(error), "field": error.field}}))
    else:
        print(f"dangol: {error}", file=sys.stderr)
    return EXIT_BAD_INPUT if isinstance(error, BadInput) else EXIT_FAILED
