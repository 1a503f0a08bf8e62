"""From where a request comes, and whether its company allows that (clause 2-5-4)."""

from ipaddress import IPv4Network, IPv6Network

from django.conf import settings
from django.http import HttpRequest

from torihiki.identity.policies import NetworkPolicy, rules_of
from torihiki.identity.policies.declared import read_address, read_ranges
from torihiki.identity.refusals import OutsideNetwork
from torihiki.tenancy.actor import Actor

HOPS_MAX = 20


def client_address(request: HttpRequest) -> str:
    """The address of whoever sent the request: of the connection itself, unless that is a proxy of our own
    (`TORIHIKI_TRUSTED_PROXIES`), which then says in X-Forwarded-For whom it speaks for.

    The header is read from its end, and only as far as our own proxies wrote it: whatever a client sends in it, or in
    Forwarded and X-Real-IP, changes nothing.
    """
    nearest = str(request.META.get("REMOTE_ADDR", ""))
    trusted = read_ranges(settings.TRUSTED_PROXIES)
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-HOPS_MAX:]
    while forwarded and _is_one_of(nearest, trusted):
        before = forwarded.pop().strip()
        if read_address(before) is None:
            break
        nearest = before
    return str(read_address(nearest) or "")


def refuse_outside(actor: Actor, address: str) -> None:
    """For doors without a session: raises OutsideNetwork where the actor's company does not allow `address`.
    In the actor's scope."""
    if not rules_of([actor.company]).of(actor.company, NetworkPolicy).lets_in(address):
        raise OutsideNetwork


def _is_one_of(address: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    where = read_address(address)
    return where is not None and any(where in network for network in networks)
