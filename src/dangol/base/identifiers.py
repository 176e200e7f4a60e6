"""Identifiers nobody can guess, and fingerprints of content."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TOKEN_BYTES = 20  # 160 bits: above the 128 that ASVS 5.0 11.5.1 asks for
CHUNK_BYTES = 1 << 20


def token() -> str:
    """A new random token of 160 bits, safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a mapping of plain values; equal content gives an equal hash whatever its order."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
