"""One frozen dataclass per topic; each option has its label, its bounds and its default, which is the white paper's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from torihiki.identity.permissions import Role

Words = str | Promise
RANGES_MAX = 200


@dataclass(frozen=True)
class Option:
    """How one field of a policy is shown and bounded. Numbers have `lowest` and `highest`, words their `choices`, lists
    what an empty one means; `only_with` are name and value of the option without which this one decides nothing."""

    label: Words
    help: Words = ""
    unit: Words = ""
    lowest: int = 0
    highest: int = 0
    choices: tuple[tuple[str, Words], ...] = ()
    empty: Words = ""
    only_with: tuple[str, str] | None = None

    def show(self, value: Any) -> str:
        """`value` in words, as the history and the confirm page say it."""
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        if isinstance(value, list | tuple):
            return gettext(", ").join(self.show(each) for each in value) or str(self.empty or gettext("None"))
        words = dict(self.choices).get(str(value), value)
        return f"{words} {self.unit}" if self.unit else str(words)


def option(default: Any, label: Words, **more: Any) -> Any:
    """A field of a policy."""
    return field(default=default, metadata={"option": Option(label, **more)})


@dataclass(frozen=True)
class Policy:
    """`topic` names it in rows, addresses and the ledger; `clause` is the white paper's."""

    topic: ClassVar[str]
    clause: ClassVar[str]
    label: ClassVar[Words]
    lead: ClassVar[Words]

    @classmethod
    def options(cls) -> dict[str, Option]:
        return {each.name: each.metadata["option"] for each in fields(cls)}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """As it was stored; an option that came later has its default."""
        known = {name: values[name] for name in cls.options() if name in values}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})

    def values(self) -> dict[str, Any]:
        """As it is stored: JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def changes(self, former: "Policy") -> dict[str, tuple[Any, Any]]:
        """What is different: (before, after) by the option's name."""
        before, after = former.values(), self.values()
        return {name: (before[name], after[name]) for name in after if before[name] != after[name]}

    @classmethod
    def strictest(cls, policies: Iterable[Self]) -> Self:
        """What holds for a person of several companies: one credential, so the strictest of each option."""
        raise NotImplementedError


@dataclass(frozen=True)
class PasswordPolicy(Policy):
    """What a password must be and how long it lasts (2-6, 2-5-1)."""

    topic = "password"
    clause = "2-6, 2-5-1"
    label = _("Passwords")
    lead = _("What a password must be, and after how many days a new one has to be chosen.")

    profile: str = option(
        "standard",
        _("Passwords must be"),
        help=_("Holds for every password that is chosen from now on."),
        choices=(
            ("standard", _("Standard: 8 to 15 characters of at least 3 kinds")),
            ("strong", _("Strong: 15 to 128 characters, nothing common or easily guessed")),
        ),
    )
    expires: bool = option(
        False, _("Passwords expire"), help=_("Whose password is too old chooses a new one at sign-in.")
    )
    days: int = option(90, _("Expire after"), unit=_("days"), lowest=1, highest=3650)
    remind_days: int = option(
        7, _("Remind by mail before"), unit=_("days"), lowest=0, highest=90, help=_("0 for no reminder.")
    )

    @classmethod
    def strictest(cls, policies: Iterable["PasswordPolicy"]) -> "PasswordPolicy":
        all_of = list(policies) or [cls()]
        expiring = [each for each in all_of if each.expires]
        soonest = min(expiring, key=lambda each: each.days, default=all_of[0])
        strong = any(each.profile == "strong" for each in all_of)
        return cls(
            profile="strong" if strong else "standard",
            expires=bool(expiring),
            days=soonest.days,
            remind_days=soonest.remind_days,
        )


@dataclass(frozen=True)
class LockoutPolicy(Policy):
    """After how many wrong tries an account is locked, and for how long (2-5-3)."""

    topic = "lockout"
    clause = "2-5-3"
    label = _("Account lock")
    lead = _("After several wrong passwords in a row nobody can sign in to the account for a while.")

    on: bool = option(True, _("Lock accounts after wrong tries"))
    failures_max: int = option(5, _("Wrong tries"), unit=_("times"), lowest=3, highest=20)
    window_minutes: int = option(15, _("Within"), unit=_("minutes"), lowest=1, highest=1440)
    duration_minutes: int = option(15, _("Locked for"), unit=_("minutes"), lowest=1, highest=1440)

    @classmethod
    def strictest(cls, policies: Iterable["LockoutPolicy"]) -> "LockoutPolicy":
        all_of = list(policies) or [cls()]
        holding = [each for each in all_of if each.on] or all_of
        return cls(
            on=any(each.on for each in all_of),
            failures_max=min(each.failures_max for each in holding),
            window_minutes=max(each.window_minutes for each in holding),
            duration_minutes=max(each.duration_minutes for each in holding),
        )


@dataclass(frozen=True)
class SessionPolicy(Policy):
    """When a session ends by itself (2-5-2)."""

    topic = "session"
    clause = "2-5-2"
    label = _("Session timeout")
    lead = _("Who does nothing for a while is signed out. What pages do by themselves does not count.")

    idle_on: bool = option(True, _("Sign out when nothing is done"))
    idle_minutes: int = option(60, _("After"), unit=_("minutes"), lowest=1, highest=1440)
    absolute_hours: int = option(
        12,
        _("Sign in again in any case after"),
        unit=_("hours"),
        lowest=1,
        highest=168,
    )


@dataclass(frozen=True)
class NetworkPolicy(Policy):
    """From where members may work (2-5-4)."""

    topic = "network"
    clause = "2-5-4"
    label = _("Allowed networks")
    lead = _("Members may sign in and work from these addresses only; elsewhere sessions end at the next request.")

    on: bool = option(False, _("Allow these networks only"))
    ranges: tuple[str, ...] = option(
        (),
        _("Networks"),
        help=_("One a line, such as 203.0.113.7, 198.51.100.0/24 or 2001:db8::/32: global addresses of your company."),
        highest=RANGES_MAX,
    )

    def lets_in(self, address: str) -> bool:
        """Whether somebody at `address` may come in; an address that cannot be read is outside."""
        if not self.on:
            return True
        where = read_address(address)
        return where is not None and any(where in network for network in read_ranges(self.ranges))


@dataclass(frozen=True)
class TwoStepPolicy(Policy):
    """Whether a second step follows the password (2-5-5)."""

    topic = "two-step"
    clause = "2-5-5"
    label = _("Two-step sign-in")
    lead = _(
        "After the password a code is asked for: from an authenticator app where a member has set one up, else by mail"
        " to the member's address."
    )

    mode: str = option(
        "off",
        _("Second step"),
        choices=(
            ("off", _("Off")),
            ("optional", _("For members who want it")),
            ("required", _("Required")),
        ),
    )
    roles: tuple[str, ...] = option(
        (),
        _("Required for"),
        help=_("None chosen: for everybody."),
        choices=tuple(Role.choices),
        empty=_("Everybody"),
        only_with=("mode", "required"),
    )

    def demands(self, role: str) -> bool:
        """Whether members of this role have no choice."""
        return self.mode == "required" and (not self.roles or role in self.roles)


@dataclass(frozen=True)
class PasskeyPolicy(Policy):
    """Whether members may or must use passkeys (2-5-5, 2-6)."""

    topic = "passkey"
    clause = "2-5-5, 2-6"
    label = _("Passkeys")
    lead = _(
        "A passkey is a key in a phone, computer or security key that opens by fingerprint, face or PIN. It takes the"
        " place of the password, or is the second step after it; no other site can ask for it."
    )

    mode: str = option(
        "allowed",
        _("Passkeys"),
        choices=(
            ("off", _("Not taken")),
            ("allowed", _("For members who want them")),
            ("required", _("Required")),
        ),
    )
    roles: tuple[str, ...] = option(
        (), _("Required for"), help=_("None chosen: for everybody."), choices=tuple(Role.choices)
    )

    def demands(self, role: str) -> bool:
        """Whether members of this role sign in with a passkey, alone or after the password."""
        return self.mode == "required" and (not self.roles or role in self.roles)


POLICIES: dict[str, type[Policy]] = {
    each.topic: each
    for each in (
        PasswordPolicy,
        LockoutPolicy,
        SessionPolicy,
        NetworkPolicy,
        TwoStepPolicy,
        PasskeyPolicy,
    )
}
"""Every topic, in the order in which pages show them."""


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is the IPv4 address. None for anything else."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def read_range(text: str) -> IPv4Network | IPv6Network:
    """A single address or a CIDR range. Raises ValueError for anything else, also for host bits that are set: who
    writes 192.0.2.7/24 may mean the one or the other."""
    network = ip_network(text.strip())
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        return IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - 96))
    return network


def read_ranges(texts: Sequence[str]) -> list[IPv4Network | IPv6Network]:
    return [read_range(text) for text in texts]
