"""Sign mails so that receivers can tell they come from the domain they name: DKIM, rsa-sha256, relaxed/relaxed.

Source: RFC 6376; RFC 8301 3 for the algorithm and the length of the key; RFC 8058 4 for the headers to sign.
"""

import base64
import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dangol.base.errors import BadSetting

SIGNED = (
    "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding",
    "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
LEAST_BITS = 2048
FOLD = re.compile(rb"\r\n(?=[ \t])")
SPACES = re.compile(rb"[ \t]+")


@dataclass(frozen=True)
class Signer:
    """Whose signature: the domain, the selector under which DNS holds the public key, and the private key."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey

    def sign(self, mail: bytes, at: int | None = None) -> bytes:
        """The mail with a DKIM-Signature before its first header. mail: lines end in CRLF; at: seconds since 1970."""
        head, _gap, body = mail.partition(b"\r\n\r\n")
        headers = parse(head)
        names = [name for name in SIGNED if any(name == one for one, _raw in headers)]
        digest = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
        unsigned = (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector};\r\n"
            f"\tt={int(time.time()) if at is None else at}; h={':'.join(names)};\r\n\tbh={digest};\r\n\tb="
        )
        parts = [relaxed_header(_last(headers, name)) for name in names]
        data = b"\r\n".join([*parts, relaxed_header(unsigned.encode())])
        signature = base64.b64encode(self.key.sign(data, padding.PKCS1v15(), SHA256())).decode()
        folded = "\r\n\t".join(signature[start : start + 70] for start in range(0, len(signature), 70))
        return f"{unsigned}{folded}\r\n".encode() + mail


def parse(head: bytes) -> list[tuple[str, bytes]]:
    """The header fields of a mail in their order: lower-case name, and the field as it stands, folds and all."""
    fields = re.split(rb"\r\n(?![ \t])", head)
    return [(field.partition(b":")[0].strip().lower().decode("ascii", "replace"), field) for field in fields if field]


def _last(headers: list[tuple[str, bytes]], name: str) -> bytes:
    """The last field of a name: signatures count fields from below (RFC 6376 5.4.2)."""
    return [raw for one, raw in headers if one == name][-1]


def relaxed_header(field: bytes) -> bytes:
    """A header field in relaxed form. Source: RFC 6376 3.4.2."""
    name, _colon, value = FOLD.sub(b"", field).partition(b":")
    return name.strip().lower() + b":" + SPACES.sub(b" ", value).strip(b" \t\r\n")


def relaxed_body(body: bytes) -> bytes:
    """A body in relaxed form. Source: RFC 6376 3.4.4."""
    lines = [SPACES.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def signer(domain: str, selector: str, path: str) -> Signer | None:
    """Who signs by the settings; None where no key is named. Raises BadSetting for a key that cannot be used."""
    if not path:
        return None
    try:
        key = load_pem_private_key(Path(path).expanduser().read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise _unfit("it is no file with a private key in PEM form without a password.") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise _unfit("an RSA key of 2048 bits or more is needed.")
    if not domain or not selector:
        raise _unfit("name `dkim_domain` and `dkim_selector` too.")
    return Signer(domain, selector, key)


def _unfit(advice: str) -> BadSetting:
    return BadSetting(
        "The setting {name} cannot be “{value}”: {advice}", field="dkim_key", name="dkim_key", value="…", advice=advice
    )
