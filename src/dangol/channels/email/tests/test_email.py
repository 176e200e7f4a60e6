"""E-mail against real and broken SMTP servers."""

import socket
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput
from dangol.channels.email.adapter import Email, compose
from dangol.channels.email.rules import unfit
from dangol.channels.rules import Delivery, Outgoing

ATTACKS = [
    "b@x.kr\r\nRCPT TO:<evil@x.kr>", '"b\r\nRCPT TO:<evil@x.kr>"@x.kr', '"b b"@x.kr', "b@x.kr\n", "b@x.kr\u2028", "b\r@x.kr",
    "<b@x.kr>", "b@x.kr> SIZE=1", "b@x.kr,c@x.kr", "민아@x.kr", "b@한국.kr", "b@x", "@x.kr", "b@", "b", "", " b@x.kr", "b..c@x.kr",
    ".b@x.kr", "b@-x.kr", "b@x..kr", "a" * 65 + "@x.kr", "b@" + "x" * 64 + ".kr", "b@[127.0.0.1]", "b%c@x.kr\x00", "b@x.kr\u202e",
]  # fmt: skip


@pytest.mark.parametrize("address", ATTACKS)
def test_addresses_that_inject_or_confuse_are_refused_at_entry_and_at_send(address):
    assert unfit(address)
    with pytest.raises((Delivery, BadInput)):
        compose(Outgoing("t", address, "s", "b", ""), sender="a@x.kr", sender_name="A")


@pytest.mark.parametrize("address", ["mina@example.com", "a.b+c@x-y.co.kr", "o'neil@x.kr", "b@xn--3e0b707e.kr"])
def test_usual_addresses_pass(address):
    assert unfit(address) == ""


@pytest.mark.parametrize("text", ["a\r\nBcc: evil@x.kr", "a\nb", "a\u2028b", "a\x00b", "a\u202eb"])
def test_subjects_and_names_of_more_than_one_line_are_refused(text):
    with pytest.raises(BadInput):
        compose(Outgoing("t", "b@x.kr", text, "b", ""), sender="a@x.kr", sender_name="A")
    with pytest.raises(BadInput):
        compose(Outgoing("t", "b@x.kr", "s", "b", ""), sender="a@x.kr", sender_name=text)


class Server:
    """An SMTP server by script: a reply per command, and a transcript of what it was told."""

    def __init__(self, **replies):
        self.replies = {"HELO": "250 hi", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", ".": "250 taken",
                        "RSET": "250 ok", "QUIT": "221 bye"} | replies  # fmt: skip
        self.lines = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream):
        stream.write(b"220 here\r\n")
        stream.flush()
        in_data = False
        for raw in stream:
            line = raw.decode().rstrip("\r\n")
            self.lines.append(line)
            if in_data and line != ".":
                continue
            word = "." if in_data else line.split(" ")[0].split(":")[0].upper().replace("EHLO", "HELO")
            in_data = False
            answer = self.replies[word]
            if answer is None:
                return
            in_data = word == "DATA" and answer.startswith("354")
            stream.write(answer.encode() + b"\r\n")
            stream.flush()


@pytest.fixture
def server(settings):
    made = []

    def start(**replies):
        one = Server(**replies)
        made.append(one)
        settings.DANGOL = replace(settings.DANGOL, smtp_port=one.port, mail_from="a@x.kr")
        return one

    yield start
    for one in made:
        one.socket.close()


def _send(to="b@x.kr", text="Hello"):
    Email().send(Outgoing("token", to, "(광고) 안녕", text, "<p>x</p>", {"List-Unsubscribe": "<http://x/p/t>"}))


def test_the_transcript_shows_one_recipient_byte_for_byte(server):
    one = server()
    _send("o'neil+x@example.com")
    recipients = [line.partition(":") for line in one.lines if line.upper().startswith("RCPT")]
    assert [(verb.upper(), path) for verb, _colon, path in recipients] == [("RCPT TO", "<o'neil+x@example.com>")]


def test_a_line_of_one_dot_does_not_end_the_message(server):
    one = server()
    _send(text="before\n.\nafter")
    assert ".." in one.lines
    assert one.lines.count(".") == 1


@pytest.mark.parametrize(
    ("replies", "permanent", "doubtful", "counterpart"),
    [
        ({"RCPT": "550 no such user"}, True, False, False),
        ({"RCPT": "451 later"}, False, False, False),
        ({".": "554 refused"}, True, False, False),
        ({".": "452 full"}, False, False, False),
        ({"MAIL": "421 closing"}, False, False, True),
        ({"RCPT": None}, False, False, True),
        ({".": None}, False, True, False),
    ],
)  # fmt: skip
def test_each_way_to_fail_is_told_apart(server, replies, permanent, doubtful, counterpart):
    server(**replies)
    with pytest.raises(Delivery) as caught:
        _send()
    error = caught.value
    assert (error.permanent, error.doubtful, error.counterpart) == (permanent, doubtful, counterpart)


def test_no_server_is_the_counterparts_fault(settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.DANGOL = replace(settings.DANGOL, smtp_port=probe.getsockname()[1], mail_from="a@x.kr")
    with pytest.raises(Delivery) as caught:
        _send()
    assert caught.value.counterpart


def test_one_connection_serves_many_messages_also_after_a_refusal(server):
    one = server(RCPT="550 no")
    adapter = Email()
    for _turn in range(3):
        with pytest.raises(Delivery):
            adapter.send(Outgoing("t", "b@x.kr", "s", "b", ""))
    assert sum(line.upper().startswith(("EHLO", "HELO")) for line in one.lines) == 1


@given(st.text(max_size=40))
def test_whatever_an_address_is_it_is_either_refused_or_one_plain_word(address):
    if not unfit(address):
        assert address.isascii()
        assert not set(address) & set(' \r\n<>,;:"()[]\\')
        assert address.count("@") == 1
