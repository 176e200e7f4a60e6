"""Mails are signed as RFC 6376 says; an address that its own server does not know gets nothing more."""

import base64
import hashlib
import re
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings as configured

from dangol.base.errors import BadSetting
from dangol.channels import actions, letters, reads
from dangol.channels.email import dkim, rules
from dangol.channels.email.adapter import Email, compose
from dangol.channels.models import Message
from dangol.channels.rules import Delivery, Limits, Outgoing, Receipt
from dangol.customers.consent import actions as consent
from dangol.customers.consent.rules import Permit


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _mail():
    made = Outgoing(
        token="t1", to="mina@example.com", subject="(광고) 김민아 고객님, " + "감사합니다 " * 12, text="안녕하세요.\n\n\n",
        html="<p>안녕하세요.</p>", headers={"List-Unsubscribe": "<https://x.example/p/1>",
                                       "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )  # fmt: skip
    return compose(made, sender="news@shop.example", sender_name="한빛화장품").as_bytes()


def _verified(mail, public):
    """Check a signature by the letter of RFC 6376, apart from the code that made it."""
    head, body = mail.split(b"\r\n\r\n", 1)
    fields = re.findall(rb"(?:^|\r\n)([^ \t][^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head)
    signature = next(field for field in fields if field.lower().startswith(b"dkim-signature:"))
    tags = dict(re.findall(r"(\w+)=([^;]*)", re.sub(r"\s", "", signature.decode().split(":", 1)[1])))
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip() for line in body.split(b"\r\n")]
    plain = b"\r\n".join(lines).rstrip(b"\r\n") + b"\r\n"
    if tags["bh"] != base64.b64encode(hashlib.sha256(plain).digest()).decode():
        return False
    data = b""
    for name in tags["h"].split(":"):
        [field] = [one for one in fields if one.lower().startswith(name.encode() + b":")]
        value = re.sub(rb"\s+", b" ", re.sub(rb"\r\n", b"", field.split(b":", 1)[1])).strip()
        data += name.encode() + b":" + value + b"\r\n"
    own = re.sub(rb"\s+", b" ", re.sub(rb"\r\n", b"", re.sub(rb"b=[A-Za-z0-9+/=\s]+\Z", b"b=", signature)))
    data += b"dkim-signature:" + own.split(b":", 1)[1].strip()
    try:
        public.verify(base64.b64decode(tags["b"]), data, padding.PKCS1v15(), SHA256())
    except Exception:
        return False
    return {"from", "subject", "date", "list-unsubscribe", "list-unsubscribe-post"} <= set(tags["h"].split(":"))


def test_a_signed_mail_is_verified_with_the_public_key_and_any_change_is_noticed(key):
    signed = dkim.Signer("shop.example", "s1", key).sign(_mail())
    assert _verified(signed, key.public_key())
    assert _verified(signed.replace(b"\r\nTo: mina", b"\r\nTo:   mina"), key.public_key()), "relaxed form bears spaces"
    assert not _verified(signed.replace(b"mina@", b"mind@"), key.public_key())
    assert not _verified(signed[:-8] + b"x" + signed[-7:], key.public_key())
    assert not _verified(signed, rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key())
    assert max(map(len, signed.split(b"\r\n\r\n")[0].split(b"\r\n"))) < 998


def test_a_key_that_cannot_sign_is_refused_with_what_to_do(key, tmp_path):
    path = tmp_path / "dkim.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert dkim.signer("shop.example", "s1", str(path)).domain == "shop.example"
    assert dkim.signer("", "", "") is None
    with pytest.raises(BadSetting, match="dkim_domain"):
        dkim.signer("", "s1", str(path))
    path.write_text("no key")
    with pytest.raises(BadSetting, match="PEM"):
        dkim.signer("shop.example", "s1", str(path))


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [("550 5.1.1 <a@b.kr>: user unknown", True), ("550 no such user", True), ("553 mailbox name not allowed", True),
     ("550-5.2.1 disabled", True), ("550 5.7.1 blocked for spam", False), ("552 5.2.2 mailbox full", False),
     ("554 no", False), ("553 5.1.8 bad sender", False), ("450 4.1.1 try later", False)],
)  # fmt: skip
def test_only_answers_about_the_mailbox_make_an_address_undeliverable(answer, unknown):
    assert rules.unknown_here(answer) is unknown


class Refusing:
    """A channel whose counterpart does not know some addresses."""

    name, limits = "email", Limits(1000, 1000)

    def __init__(self, *unknown):
        self.unknown, self.taken = unknown, []

    def unfit(self, address):
        return ""

    def send(self, message):
        if message.to in self.unknown:
            raise Delivery(f"550 5.1.1 <{message.to}> unknown", permanent=True, unknown=True)
        self.taken.append(message.to)
        return Receipt("", "250 ok")

    def close(self):
        pass


def _send(cast, channel, key):
    people = [actions.Person(f"c{one}@example.com", {"name": "x"}, Permit(one, None, None, "1")) for one in (1, 2)]
    actions.queue(campaign_key=key, step="1", channel=channel, people=people)
    letter = letters.Letter(letters.Content("{{ name }}", "{{ link }}", "", "", "ko"))
    actions.Loop(
        campaign_key=key, channel=channel, purpose="marketing", sender="s", zone=configured.DANGOL.zone,
        make=lambda token, values, to: letter.fill(token=token, values=values, to=to),
    ).run(lambda: True)  # fmt: skip


def test_an_address_its_server_does_not_know_is_kept_with_the_reason_and_gets_nothing_more(cast, monkeypatch):
    consent.give(by=cast.marketer, customer_ids=[1, 2], purpose="marketing", channel="email",
                 at=datetime.now(UTC) - timedelta(days=3), text_version="1", proof="form")  # fmt: skip
    channel = Refusing("c1@example.com")
    _send(cast, channel, "first")
    assert reads.undeliverable("email", {1: "c1@example.com", 2: "c2@example.com"}) == {1}
    assert reads.undeliverable("email", {1: "new@example.com"}) == set(), "another address is another matter"
    [word] = reads.refused(1)
    assert word.answer == "550 5.1.1 <c•••@example.com> unknown"
    _send(cast, channel, "second")
    assert channel.taken == ["c2@example.com"] * 2
    assert list(Message.objects.filter(campaign_key="second", customer_id=1).values_list("state", "reason")) == [
        ("cancelled", "undeliverable")
    ]
    actions.forget(customer_ids=[1])
    assert reads.refused(1) == []


def test_the_end_of_a_mail_does_not_wait_for_its_text_to_be_acknowledged(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.DANGOL = replace(settings.DANGOL, smtp_port=server.getsockname()[1], smtp_tls="none", smtp_user="")

        def greet():
            peer, _address = server.accept()
            with peer:
                peer.sendall(b"220 here\r\n")
                peer.recv(100)
                peer.sendall(b"250 here\r\n")

        host = threading.Thread(target=greet)
        host.start()
        connection = Email()._connect()
        assert connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()
        host.join()
