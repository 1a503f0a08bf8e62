"""What comes back: the authorization response, the ID token and the logout token, each checked claim by claim."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from torihiki.crypto.digest import same
from torihiki.crypto.jose import KeyUnknown, TokenRefused, half_hash, pkce_challenge, verified_claims
from torihiki.identity.sso.connections import Connection, VerifiedIdentity
from torihiki.identity.sso.flows import Begun
from torihiki.identity.sso.oidc.asking import keys_of, token_for
from torihiki.identity.sso.refusals import SsoRefused

LEEWAY = timedelta(seconds=60)
AGE_MAX = timedelta(minutes=10)  # of an ID or logout token when it comes
SUBJECT_LENGTH_MAX = 255  # Core 1.0, section 2
SID_LENGTH_MAX = 512
CODE_LENGTH_MAX = 4_096
GROUPS_MAX = 500
WORD_LENGTH_MAX = 200
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def authorization_url(connection: Connection, begun: Begun, *, redirect_uri: str, again: bool = False) -> str:
    """Where the browser goes; `again` makes the provider ask for its own password again, and say when it did so."""
    settings = connection.oidc
    query = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": redirect_uri,
        "scope": settings.scopes,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": pkce_challenge(begun.verifier),
        "code_challenge_method": "S256",
    } | ({"prompt": "login", "max_age": "0"} if again else {})
    return (
        f"{settings.authorization_endpoint}{'&' if '?' in settings.authorization_endpoint else '?'}{urlencode(query)}"
    )


def read_authorization(connection: Connection, query: Mapping[str, str]) -> str:
    """The code of an authorization response. An issuer that it names must be ours, and one that names itself always
    must do so (RFC 9207: mix-up). Raises SsoRefused."""
    settings = connection.oidc
    if "iss" in query and not same(query["iss"], settings.issuer):
        raise SsoRefused(why="other_issuer")
    if settings.states_issuer and "iss" not in query:
        raise SsoRefused(why="issuer_missing")
    if "error" in query:
        raise SsoRefused(why=f"provider_said_{query['error'][:60]}")
    code = query.get("code", "")
    if not 0 < len(code) <= CODE_LENGTH_MAX:
        raise SsoRefused(why="code_missing")
    return code


def identity_for(
    connection: Connection, code: str, begun: Begun, *, redirect_uri: str, at: datetime
) -> VerifiedIdentity:
    """Whom the code stands for, by the ID token that the provider gives for it. Call it outside any transaction.
    Raises SsoRefused."""
    answer = token_for(connection, code, redirect_uri=redirect_uri, verifier=begun.verifier)
    token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(token, str):
        raise SsoRefused(why="id_token_missing")
    claims = _claims(connection, token, at=at)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not same(nonce, begun.nonce):
        raise SsoRefused(why="nonce")
    if "at_hash" in claims and claims["at_hash"] != half_hash(access_token if isinstance(access_token, str) else ""):
        raise SsoRefused(why="at_hash")
    return VerifiedIdentity(
        provider_id=connection.provider_id,
        subject=_text(claims, "sub", SUBJECT_LENGTH_MAX, needed=True),
        email=_word(claims.get("email")),
        name=_word(claims.get("name")) or _word(claims.get("preferred_username")),
        groups=_groups(claims.get(connection.oidc.groups_from)),
        sid=_text(claims, "sid", SID_LENGTH_MAX),
        provisioned=_word(claims.get(connection.oidc.provisioned_from or "sub")),
        proved_at=_moment(claims, "auth_time"),
    )


class LogoutToken:
    """A checked logout token (Back-Channel Logout 1.0, section 2.6): of whom, or of which session, and its id."""

    def __init__(self, connection: Connection, token: str, *, at: datetime) -> None:
        """Raises SsoRefused."""
        claims = _claims(connection, token, at=at)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in claims:
            raise SsoRefused(why="no_logout_token")
        self.subject = _text(claims, "sub", SUBJECT_LENGTH_MAX)
        self.sid = _text(claims, "sid", SID_LENGTH_MAX)
        self.id = _text(claims, "jti", SID_LENGTH_MAX, needed=True)
        if not self.subject and not self.sid:
            raise SsoRefused(why="no_logout_token")
        self.expires_at = at + AGE_MAX + 2 * LEEWAY


def logout_url(connection: Connection, *, return_to: str) -> str:
    """Where a sign-out goes on (RP-Initiated Logout 1.0); empty where the provider has no such place. Without the ID
    token as a hint: it has personal data, is nowhere kept, and is a recommendation; the provider may ask the person."""
    endpoint = connection.oidc.end_session_endpoint
    if not endpoint:
        return ""
    query = {"client_id": connection.oidc.client_id, "post_logout_redirect_uri": return_to}
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def _claims(connection: Connection, token: str, *, at: datetime) -> dict[str, Any]:
    """Claims that hold for ID and logout tokens alike (Core 1.0, section 3.1.3.7)."""
    settings = connection.oidc
    try:
        try:
            claims = verified_claims(token, keys_of(connection), algorithm=settings.algorithm)
        except KeyUnknown:
            claims = verified_claims(token, keys_of(connection, anew=True), algorithm=settings.algorithm)
    except TokenRefused as error:
        raise SsoRefused(why="token_signature") from error
    if claims.get("iss") != settings.issuer:
        raise SsoRefused(why="issuer")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    if settings.client_id not in audiences:
        raise SsoRefused(why="audience")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != settings.client_id:
        raise SsoRefused(why="authorized_party")
    expires_at, issued_at = _moment(claims, "exp"), _moment(claims, "iat")
    if expires_at is None or expires_at + LEEWAY <= at:
        raise SsoRefused(why="expired")
    if issued_at is None or not at - AGE_MAX - LEEWAY <= issued_at <= at + LEEWAY:
        raise SsoRefused(why="issued_at")
    not_before = _moment(claims, "nbf")
    if "nbf" in claims and (not_before is None or not_before > at + LEEWAY):
        raise SsoRefused(why="not_yet")
    return claims


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(claims: Mapping[str, Any], name: str, length_max: int, *, needed: bool = False) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > length_max or (needed and not value) or not value.isprintable():
        raise SsoRefused(why=f"claim_{name}")
    return value


def _word(value: object) -> str:
    """A name or an address to show; nothing where it is unusable."""
    return value.strip() if isinstance(value, str) and len(value) <= WORD_LENGTH_MAX and value.isprintable() else ""


def _groups(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    found = value if isinstance(value, list) else []
    return tuple(word for word in found[:GROUPS_MAX] if isinstance(word, str) and len(word) <= WORD_LENGTH_MAX)
