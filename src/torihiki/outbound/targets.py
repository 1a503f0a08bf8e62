"""Reading an address that somebody typed: https, a name or a plain IP address, an allowed port, and nothing clever."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from torihiki.outbound.addresses import Network, is_reachable
from torihiki.outbound.failures import Failure, OutboundFailed

URL_LENGTH_MAX = 2_000
HOST_LENGTH_MAX = 253
PORT = 443
PLAIN = re.compile(r"[!-~]+\Z")
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
NUMBER = re.compile(r"[0-9]+\Z|0x[0-9a-f]*\Z")
READ_DIFFERENTLY = "ßς\u200c\u200d"
"""Letters that IDNA 2003, which is used here, and IDNA 2008 turn into different names: the name must be written in its
xn-- form, so that nobody is asked who was not meant."""


@dataclass(frozen=True)
class Target:
    """A checked address. `host` is an ASCII name or an IP address (IPv6 without brackets); `path` begins with `/`."""

    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}{'' if self.port == PORT else f':{self.port}'}{self.path}"


def read_target(url: str, *, ports: Iterable[int] | None = None, named: Iterable[Network] | None = None) -> Target:
    """The target of `url`, by the operator's settings where `ports` or `named` networks are not given. Names are not
    resolved here. Raises OutboundFailed, before anything is asked."""
    ports = settings.OUTBOUND_PORTS if ports is None else ports
    named = settings.OUTBOUND_NETWORKS if named is None else named
    if len(url) > URL_LENGTH_MAX or any(ord(sign) <= 32 or sign in '\\"<>^`{|}\x7f' for sign in url):
        raise OutboundFailed(Failure.MALFORMED_URL)
    try:
        parts = urlsplit(url)
        port = PORT if parts.port is None else parts.port
    except ValueError:
        raise OutboundFailed(Failure.MALFORMED_URL) from None
    if parts.scheme != "https":
        raise OutboundFailed(Failure.NOT_HTTPS if parts.scheme else Failure.MALFORMED_URL)
    if "@" in parts.netloc:
        raise OutboundFailed(Failure.CREDENTIALS)
    if parts.fragment or not parts.hostname:
        raise OutboundFailed(Failure.MALFORMED_URL)
    if port not in ports:
        raise OutboundFailed(Failure.PORT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not PLAIN.match(path):  # what is not ASCII is to be written with %, so that both sides read the same
        raise OutboundFailed(Failure.MALFORMED_URL)
    return Target(_host(parts.netloc, parts.hostname, named), port, path)


def _host(netloc: str, host: str, named: Iterable[Network]) -> str:
    if netloc.startswith("["):
        return _literal(host, ipaddress.IPv6Address, named)
    name = _ascii(host)
    labels = name.split(".")
    if NUMBER.match(labels[-1]):  # also 2130706433, 0x7f.1 and 127.1, which C libraries take for addresses
        return _literal(name, ipaddress.IPv4Address, named)
    if len(name) > HOST_LENGTH_MAX or not all(LABEL.match(label) for label in labels):
        raise OutboundFailed(Failure.HOST)
    return name


def _literal(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address], named: Iterable[Network]) -> str:
    """An IP address in its one plain form; others, such as octal, are refused."""
    try:
        address = str(kind(text))
    except ValueError:
        raise OutboundFailed(Failure.HOST) from None
    if kind is ipaddress.IPv4Address and address != text:
        raise OutboundFailed(Failure.HOST)
    if not is_reachable(address, named=named):
        raise OutboundFailed(Failure.PRIVATE)
    return address


def _ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    if any(sign in READ_DIFFERENTLY for sign in host):
        raise OutboundFailed(Failure.HOST)
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        raise OutboundFailed(Failure.HOST) from None
