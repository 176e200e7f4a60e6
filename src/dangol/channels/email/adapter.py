"""E-mail through SMTP: one connection for many messages, each step's failure told apart."""

import re
import smtplib
import socket
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings
from django.utils import timezone

from dangol.channels.email import dkim, rules
from dangol.channels.rules import Delivery, Limits, Outgoing, Receipt, one_line

SECONDS = 30
POLICY = SMTP.clone(cte_type="7bit")  # no relay has to recode it, which would break a signature (RFC 6376 5.3)
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)  # RFC 5321 4.5.2


def compose(message: Outgoing, *, sender: str, sender_name: str) -> EmailMessage:
    """The mail of a message. Raises BadInput for a header that is not one line, Delivery for an unfit address."""
    for address in (message.to, sender):
        if problem := rules.unfit(address):
            raise Delivery(f"the address cannot be used ({problem})", permanent=True)
    mail = EmailMessage(policy=POLICY)
    local, _at, domain = sender.rpartition("@")
    mail["From"] = Address(one_line(sender_name, field="sender"), local, domain)
    mail["To"] = message.to
    mail["Subject"] = one_line(message.subject, field="subject")
    mail["Date"] = format_datetime(timezone.now())
    mail["Message-ID"] = f"<{message.token}@{domain}>"
    for name, value in message.headers.items():
        mail[name] = one_line(value, field=name)
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for one in message.attachments:
        kind, _slash, subtype = one.kind.partition(";")[0].partition("/")
        mail.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one_line(one.name, field="file"))
    return mail


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


class Email:
    """Sends over one connection until it is closed or its share of messages is used up."""

    name = "email"
    limits = Limits(per_second=500.0, per_connection=200)

    def __init__(self) -> None:
        self._connection: smtplib.SMTP | None = None
        self._used = 0
        options = settings.DANGOL
        self._signer = dkim.signer(options.dkim_domain, options.dkim_selector, options.dkim_key)

    def unfit(self, address: str) -> str:
        return rules.unfit(address)

    def send(self, message: Outgoing) -> Receipt:
        options = settings.DANGOL
        mail = compose(message, sender=options.mail_from, sender_name=options.sender_name)
        body = mail.as_bytes() if self._signer is None else self._signer.sign(mail.as_bytes())
        connection = self._connected()
        try:
            answer = self._transact(connection, options.mail_from, message.to, body)
        except Delivery as error:
            self._tidy(error)
            raise
        self._used += 1
        return Receipt(provider_id=str(mail["Message-ID"]), answer=answer[:300])

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()
        self._connection, self._used = None, 0

    def _tidy(self, error: Delivery) -> None:
        """After a refusal the connection is reset and kept; after a fault of the counterpart it is given up."""
        if error.counterpart or error.doubtful:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._used = None, 0
            return
        try:
            if self._connection is not None:
                self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._connection, self._used = None, 0

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None and self._used >= self.limits.per_connection:
            self.close()
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise Delivery(f"the mail server does not answer ({error})", counterpart=True) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        options = settings.DANGOL
        secure = ssl.create_default_context()
        if options.smtp_tls == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                options.smtp_host, options.smtp_port, timeout=SECONDS, context=secure
            )
        else:
            connection = smtplib.SMTP(options.smtp_host, options.smtp_port, timeout=SECONDS)
        if connection.sock is not None:  # else the final dot waits some 40 ms for the text before it to be acknowledged
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.ehlo_or_helo_if_needed()
        if options.smtp_tls == "starttls":
            connection.starttls(context=secure)
            connection.ehlo()
        if options.smtp_user:
            connection.login(options.smtp_user, options.smtp_password)
        return connection

    def _transact(self, connection: smtplib.SMTP, sender: str, to: str, body: bytes) -> str:
        """One mail transaction. Until the final dot nothing has been taken (RFC 5321 4.1.1.4); after it, who knows."""
        try:
            _expect(connection.mail(sender), 250)
            _recipient(connection.rcpt(to))
            _expect(connection.docmd("DATA"), 354)
            stuffed = LEADING_DOT.sub(b"..", body)
            connection.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
        except (smtplib.SMTPException, OSError) as error:
            raise Delivery(f"the connection broke ({error})", counterpart=True) from None
        try:
            connection.send(b".\r\n")
            answer = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise Delivery(f"no answer after the end of the message ({error})", doubtful=True) from None
        return _expect(answer, 250)


def _expect(answer: tuple[int, bytes], *codes: int) -> str:
    """The answer's text. Raises Delivery: 421 is the server's fault, other 4xx may pass later, 5xx never will."""
    code, text = answer
    said = f"{code} {_text(text)}"
    if code in codes:
        return said
    if code == 421 or code < 0:
        raise Delivery(said, counterpart=True)
    raise Delivery(said, permanent=500 <= code < 600)


def _recipient(answer: tuple[int, bytes]) -> None:
    """Raises Delivery, which tells an address that is not there from other refusals."""
    try:
        _expect(answer, 250, 251)
    except Delivery as error:
        if rules.unknown_here(error.answer):
            raise Delivery(error.answer, permanent=True, unknown=True) from None
        raise
