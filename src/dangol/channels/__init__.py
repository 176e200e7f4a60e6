"""How messages leave the house: one protocol, one ledger, one folder per channel."""

from typing import Protocol, runtime_checkable

from dangol.channels.rules import Limits, Outgoing, Receipt


class Channel(Protocol):
    """A way out of the house. Adapters are named in the setting CHANNELS."""

    name: str
    limits: Limits

    def unfit(self, address: str) -> str:
        """Why an address cannot be used on this channel, or an empty text."""

    def send(self, message: Outgoing) -> Receipt:
        """Hand one message over. Raises Delivery."""

    def close(self) -> None:
        """Give connections back."""


@runtime_checkable
class Answering(Protocol):
    """A channel whose counterpart can be asked afterwards what became of a message."""

    def ask(self, token: str) -> Receipt | None:
        """The receipt of a message that provably arrived; None where nothing is known, which proves nothing."""
