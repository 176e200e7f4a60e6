"""Secrets at rest: encrypted with keys derived from the installation's own, one for each purpose."""

import base64
import hashlib
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


def _cipher(keys: Iterable[str], purpose: str) -> MultiFernet:
    """The first key encrypts, all of them decrypt. The keys are long and random: one SHA-256 derives from them."""
    derived = (hashlib.sha256(f"dangol.{purpose}\0{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def seal(text: str, *, keys: Iterable[str], purpose: str) -> str:
    """A secret encrypted (AES-128-CBC with HMAC-SHA-256, the Fernet form)."""
    return _cipher(keys, purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, keys: Iterable[str], purpose: str) -> str | None:
    """The secret, or None where none of the keys fits."""
    try:
        return _cipher(keys, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
