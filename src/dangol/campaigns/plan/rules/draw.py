"""The draw of the control group."""

import hashlib

TARGET, CONTROL = "target", "control"


def drawn(seed: int, customer_id: int) -> float:
    """A customer's number of the draw, even in 0..1: the same for the same seed for ever, so anyone can draw again.

    Source: random assignment by hashing, Kohavi, Tang, Xu 2020, Trustworthy Online Controlled Experiments, ch. 4.
    """
    digest = hashlib.sha256(f"{seed}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def cell(seed: int, customer_id: int, control_percent: int) -> str:
    """The cell a customer falls into."""
    return CONTROL if drawn(seed, customer_id) < control_percent / 100 else TARGET
