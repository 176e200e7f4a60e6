"""The demonstration's home folder and ports."""

import socket
from collections.abc import Mapping
from pathlib import Path

from dangol.base.errors import BadInput, Unavailable

MARK = "demo = true"
SETTINGS = f"""# Written by `dangol demo`. The purchases are real (The Complete Journey, American Eastern time,
# US dollars); names, phones, e-mail addresses, reps and branches are generated.
{MARK}
company = "Complete Journey"
currency = "USD"
time_zone = "America/New_York"
today = "2017-12-31"
language = "ko"
sender_name = "Complete Journey"
sender_contact = "080-000-0000"
mail_from = "news@journey.example"
"""
PORTS_TRIED = 50


def prepare(environment: Mapping[str, str]) -> Path:
    """Make (or find) the home folder of the demonstration. Raises BadInput where a real installation lives there."""
    home = Path(environment.get("DANGOL_HOME", "dangol-home")).expanduser().absolute()
    file = home / "dangol.toml"
    if file.exists() and MARK not in file.read_text("utf-8"):
        raise BadInput(
            "The folder {folder} holds an installation that is not a demonstration. Run the demo in another folder.",
            folder=home.name,
        )
    if not file.exists() and home.exists() and any(home.glob("*.sqlite3")):
        raise BadInput(
            "The folder {folder} holds an installation that is not a demonstration. Run the demo in another folder.",
            folder=home.name,
        )
    home.mkdir(parents=True, exist_ok=True)
    file.write_text(SETTINGS, "utf-8")
    return home


def free_port(wanted: int) -> int:
    """The wanted port on loopback, or the next one that is free. Raises Unavailable after 50 tries."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Unavailable("No free port was found from {wanted} on. Name one with --port.", wanted=wanted)
