"""What a connection consists of: one typed schema for each protocol, with bounds; and its secrets, sealed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from torihiki.crypto.envelope import decrypt, encrypt
from torihiki.identity.keys import company_key
from torihiki.identity.permissions import Role
from torihiki.identity.sso.models import IdentityProvider, Protocol

URL_LENGTH_MAX = 1_000
CERTIFICATES_MAX = 5
CERTIFICATE_LENGTH_MAX = 10_000
GROUPS_MAX = 100
DOMAINS_MAX = 20
DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z")

Url = Annotated[str, StringConstraints(max_length=URL_LENGTH_MAX, pattern=r"^https://[!-~]+$")]
Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[!-~]+$")]
Group = Annotated[str, StringConstraints(min_length=1, max_length=200)]
GivenRole = Literal[Role.LIMITED, Role.VIEWER, Role.CLERK, Role.APPROVER, Role.ADMINISTRATOR]


class Rules(BaseModel):
    """What becomes of whom the provider vouches for, whatever the protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    creates_members: bool = False
    default_role: GivenRole = Role.VIEWER
    roles_by_group: dict[Group, GivenRole] = Field(default_factory=dict, max_length=GROUPS_MAX)
    """The highest role that one of the person's groups gives; set anew at each sign-in where any group is named."""
    groups_from: Name = "groups"
    provisioned_from: Annotated[str, StringConstraints(max_length=200, pattern=r"^[!-~]*$")] = ""
    """The claim or attribute that says which user of SCIM signs in; empty: the subject."""
    provisioned_as: Literal["externalId", "userName"] = "externalId"
    signs_out_there: bool = False
    """Whoever signs out here is led on to the provider's sign-out; else a link offers it."""

    def role_of(self, groups: tuple[str, ...]) -> str | None:
        """None where no group of the person gives a role."""
        given = {self.roles_by_group[group] for group in groups if group in self.roles_by_group}
        return max(given, key=list(Role).index) if given else None


class OidcSettings(Rules):
    """OpenID Connect: what discovery (Discovery 1.0) said when the administrator saved, pinned from then on; only the
    keys behind `jwks_uri` are fetched anew."""

    issuer: Url
    client_id: Name
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    end_session_endpoint: Url | None = None
    token_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"  # noqa: S105
    algorithm: Literal["RS256", "PS256", "ES256", "EdDSA", "Ed25519"] = "RS256"
    states_issuer: bool = False  # authorization_response_iss_parameter_supported (RFC 9207)
    scopes: Annotated[str, StringConstraints(max_length=300, pattern=r"^openid( [!-~]+)*$")] = "openid profile email"


class SamlSettings(Rules):
    """SAML 2.0: what the provider's metadata said. `certificates` are the only keys that ever verify anything."""

    entity_id: Annotated[str, StringConstraints(min_length=1, max_length=1_024, pattern=r"^[!-~]+$")]
    sso_url: Url
    slo_url: Url | None = None
    slo_response_url: Url | None = None  # where it is another one
    metadata_url: Url | None = None  # where it is read anew from; None for a file
    certificates: tuple[Annotated[str, StringConstraints(max_length=CERTIFICATE_LENGTH_MAX)], ...] = Field(
        min_length=1, max_length=CERTIFICATES_MAX
    )
    """PEM; several while the provider rolls over."""
    wants_encrypted: bool = False
    idp_initiated: bool = False
    email_from: Name = "email"
    name_from: Name = "name"

    @field_validator("email_from", "name_from", "groups_from", mode="before")
    @classmethod
    def _trimmed(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value


@dataclass(frozen=True)
class Connection:
    """A provider as it was read in its company's scope: its settings checked, its secrets open."""

    provider_id: UUID
    company_id: UUID
    name: str
    state: str
    protocol: str
    settings: OidcSettings | SamlSettings
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def oidc(self) -> OidcSettings:
        assert isinstance(self.settings, OidcSettings)
        return self.settings

    @property
    def saml(self) -> SamlSettings:
        assert isinstance(self.settings, SamlSettings)
        return self.settings


@dataclass(frozen=True)
class VerifiedIdentity:
    """Whom a provider vouches for. Only `(provider_id, subject)` says who it is; the rest are words about them."""

    provider_id: UUID
    subject: str
    email: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()
    sid: str = ""
    provisioned: str = ""  # what it is known by as a provisioned user
    proved_at: datetime | None = None  # when the person last showed the provider who they are; None: it does not say
    logout: Mapping[str, str] = field(default_factory=dict)


SCHEMAS: dict[str, type[OidcSettings] | type[SamlSettings]] = {
    Protocol.OIDC: OidcSettings,
    Protocol.SAML: SamlSettings,
}


def open_connection(provider: IdentityProvider) -> Connection:
    """In the company's scope. Raises DecryptionFailed where the secrets were moved or the key is another one."""
    sealed = decrypt(company_key(provider.company_id), bytes(provider.secrets), bound_to=_binding(provider.id))
    return Connection(
        provider_id=provider.id,
        company_id=provider.company_id,
        name=provider.name,
        state=provider.state,
        protocol=provider.protocol,
        settings=SCHEMAS[provider.protocol].model_validate(provider.settings),
        secrets=json.loads(sealed),
    )


def seal(company_id: UUID, provider_id: UUID, secrets: Mapping[str, str]) -> bytes:
    """In the company's scope."""
    return encrypt(company_key(company_id), json.dumps(dict(secrets)).encode(), bound_to=_binding(provider_id))


def read_domains(text: str) -> list[str]:
    """Domains of e-mail addresses, separated by spaces, commas or lines; in lower case, each once. Raises ValueError
    with the one that is none."""
    found: list[str] = []
    for word in re.split(r"[\s,、]+", text.strip().lower()):
        domain = word.removeprefix("@")
        if not domain:
            continue
        if not DOMAIN.match(domain):
            raise ValueError(domain)
        if domain not in found:
            found.append(domain)
    return found[:DOMAINS_MAX]


def _binding(provider_id: UUID) -> bytes:
    return b"identity provider " + provider_id.bytes
