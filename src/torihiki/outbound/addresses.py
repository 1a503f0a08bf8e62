"""Which addresses of the internet may be asked: those that the whole world can reach, and networks that the operator
named."""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WORLD_6 = ipaddress.ip_network("2000::/3")
"""The only IPv6 addresses ever given out. Loopback, link-local, unique local, multicast, mapped (::ffff:0:0/96), NAT64
(64:ff9b::/96, 64:ff9b:1::/48) and everything not yet given out lie beside it."""

SPECIAL = tuple(
    ipaddress.ip_network(text)
    for text in (
        # IPv4, by the IANA registry of special-purpose addresses (RFC 6890)
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, with the metadata services of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # inside WORLD_6: what carries an IPv4 address, is not routed, or is for papers only
        "2001::/23",  # with Teredo, ORCHID and benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)


def is_reachable(address: str, *, named: Iterable[Network] = ()) -> bool:
    """Whether `address` (as a resolver gives it) is of the public internet or in one of the operator's `named`
    networks. What is no address, or has a zone (`fe80::1%eth0`), is not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if getattr(found, "scope_id", None):
        return False
    if any(found in network for network in named):
        return True
    if isinstance(found, ipaddress.IPv6Address) and found not in WORLD_6:
        return False
    return found.is_global and not any(found in network for network in SPECIAL)


def read_networks(text: str) -> tuple[Network, ...]:
    """The networks (CIDR) in `text`, separated by commas. Raises ValueError for what is no network, so that a typing
    error stops the start and opens nothing."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
