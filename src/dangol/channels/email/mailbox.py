"""A local mailbox for demonstrations: a real SMTP server that keeps every letter as a file and delivers none.

    python -m dangol.channels.email.mailbox --port 8025 --folder FOLDER

It is an honest stand-in: mails it takes have left no machine, and every page that shows them says so.
"""

import argparse
import asyncio
import email
import os
import secrets
import signal
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from dangol.base.process import follow

LARGEST = 20 * 2**20
HEAD_BYTES = 8192


@dataclass(frozen=True)
class Letter:
    """One kept mail. name: its file; to: the envelope's recipient."""

    name: str
    at: datetime
    to: str
    sender: str
    subject: str
    text: str
    refuse_link: str


class Keep:
    """Writes each mail to the folder, whole or not at all, before the client is told it was taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
        draft = self.folder / f".{name}"
        draft.write_bytes(head.encode() + envelope.content)
        os.replace(draft, self.folder / name)
        return f"250 OK kept as {name}"


def letters(folder: Path, *, limit: int = 50, start: int = 0, find: str = "") -> tuple[list[Letter], int]:
    """The newest letters of a mailbox folder, and how many there are; `find` keeps those to or about a text."""
    names = sorted((path.name for path in folder.glob("[!.]*.eml")), reverse=True)
    if not find:
        return [read(folder, name) for name in names[start : start + limit]], len(names)
    found = [letter for letter in (read(folder, name) for name in names) if find in f"{letter.to} {letter.subject}"]
    return found[start : start + limit], len(found)


def holding(folder: Path, token: str) -> str:
    """The file of the mail with this ledger token in its Message-ID, or an empty text. Half-written files are none."""
    mark = f"<{token}@".encode()
    for path in folder.glob("[!.]*.eml"):
        with path.open("rb") as file:
            head, _, _ = file.read(HEAD_BYTES).partition(b"\r\n\r\n")
        if mark in head:
            return path.name
    return ""


def read(folder: Path, name: str) -> Letter:
    """One letter. The name is one of `letters`; anything with a folder in it is refused."""
    path = folder / Path(name).name
    with path.open("rb") as file:
        mail: EmailMessage = email.message_from_bytes(file.read(), policy=default)
    body = mail.get_body(preferencelist=("plain",))
    refuse = str(mail.get("List-Unsubscribe", "")).strip("<>")
    return Letter(
        name=path.name,
        at=datetime.fromtimestamp(int(path.name.split("-")[0]) / 1e9, UTC),
        to=str(mail.get("X-Envelope-To", "")),
        sender=str(mail.get("From", "")),
        subject=str(mail.get("Subject", "")),
        text=body.get_content() if body is not None else "",
        refuse_link=refuse,
    )


def forget(folder: Path, addresses: Collection[str]) -> int:
    """Remove the letters to some addresses; returns how many."""
    wanted = {address.lower() for address in addresses if "@" in address}
    names = [path.name for path in folder.glob("[!.]*.eml")] if wanted else []
    gone = [name for name in names if wanted & {to.strip().lower() for to in read(folder, name).to.split(",")}]
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    return len(gone)


async def serve(port: int, folder: Path, stop: asyncio.Event, host: str = "127.0.0.1") -> None:
    """Take mail on a loopback port (0: any free one) until told to stop; the port is printed when it listens."""
    loop = asyncio.get_running_loop()
    keeper = Keep(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="mailbox.localhost", data_size_limit=LARGEST, loop=loop), host, port
    )
    async with server:
        print(server.sockets[0].getsockname()[1], flush=True)  # whoever started us waits for the port
        await stop.wait()


async def _run(port: int, folder: Path) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    await serve(port, folder, stop)


def main() -> None:
    """Run the mailbox from the command line."""
    parser = argparse.ArgumentParser(description="A local mailbox: keeps mail as files and delivers none.")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    follow(given.parent)
    asyncio.run(_run(given.port, given.folder))


if __name__ == "__main__":
    main()
