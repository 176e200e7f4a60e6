"""The one way out to an address somebody typed in: looked up once, checked, and connected to as looked up.

A name may answer differently the second time it is asked, and a resolver reads `0x7f.1` or `2130706433` as this very
machine: what is checked here is the address a connection is really made to.
"""

import ipaddress
import socket
from collections.abc import Sequence

from dangol.base.errors import BadInput, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
CONNECT_SECONDS = 10.0
# Global by the registry, but they lead elsewhere: NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380).
DISGUISES = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


def networks(text: str) -> list[Network]:
    """Networks and addresses from a text with commas. Raises BadInput for anything else."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise BadInput("“{text}” is no network. Write it like 10.0.0.0/8 or 127.0.0.1.", text=part) from None
    return found


def allowed(text: str, inside: Sequence[Network]) -> bool:
    """Whether an address is on the open internet, or in one of the networks `inside`."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in inside if network.version == address.version):
        return True
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in DISGUISES if network.version == address.version)
    )


def connect(host: str, port: int, *, inside: Sequence[Network], seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to a host, made only to an address that is allowed.

    Raises BadInput for a name nobody knows or an address that is not allowed, Unavailable where nobody answers.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadInput("There is no host called {host}. Check the name.", field="host", host=host) from None
    fit = [one for one in found if allowed(str(one[4][0]), inside)]
    if not fit:
        raise BadInput(
            "The host {host} lies in a private network, where sources may not go. An administrator can allow its "
            "network with the setting source_networks.", field="host", host=host,
        )  # fmt: skip
    for family, kind, protocol, _name, address in fit:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(seconds)
        try:
            connection.connect(address)
            return connection
        except TimeoutError:
            failure = Unavailable("{host} does not answer at port {port}. Check the firewall, or try again later.",
                                  host=host, port=port)  # fmt: skip
        except OSError:
            failure = Unavailable("Nothing listens at port {port} of {host}. Check the port and whether the server "
                                  "runs.", host=host, port=port)  # fmt: skip
        connection.close()
    raise failure
