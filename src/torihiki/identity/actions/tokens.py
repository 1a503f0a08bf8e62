"""Tokens for the company's programs: made with their scopes, shown once, revoked for ever."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from torihiki.crypto.digest import token_hash
from torihiki.identity.access import access_token, access_tokens, lock_company
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import ApiToken
from torihiki.identity.permissions import MANAGE_PARTNERS, SERVICES, TOKEN_ACTIONS
from torihiki.identity.refusals import TokenUnfit
from torihiki.identity.rights import keep_within
from torihiki.identity.tokens import HINT_LENGTH, new_secret
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

LIVE_TOKENS_MAX = 100  # per company
NAME_LENGTH_MAX = 100


def create_token(
    actor: Actor, *, name: str, scopes: Collection[str], at: datetime, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A token and its secret, which nobody can read again. Raises TokenUnfit, or BeyondOwnRights."""
    with attempt(IdentityEvent.TOKEN_CREATED, actor, data={"scopes": sorted(scopes)[:LIVE_TOKENS_MAX]}):
        lock_company(actor)
        if not scopes or not set(scopes) <= grantable_scopes():
            raise TokenUnfit(_("Choose what the token may do."))
        keep_within(actor, scopes)
        if expires_at is not None and expires_at <= at:
            raise TokenUnfit(_("The token would be over already. Choose a later day."))
        if access_tokens(actor).filter(revoked_at=None).count() >= LIVE_TOKENS_MAX:
            raise TokenUnfit(_("There are as many tokens as a company may have. Revoke those that nobody uses."))
        assert actor.member_id is not None, "tokens are made by people"
        secret = new_secret()
        token = ApiToken.objects.create(
            id=new_id(),
            company_id=actor.company,
            name=name[:NAME_LENGTH_MAX],
            hint=secret[:HINT_LENGTH],
            secret_hash=token_hash(secret),
            scopes=sorted(scopes),
            created_by_id=actor.member_id,
            created_at=at,
            expires_at=expires_at,
        )
        _record(IdentityEvent.TOKEN_CREATED, actor, token, at)
    return token, secret


def revoke_token(actor: Actor, token_id: UUID, *, at: datetime) -> ApiToken:
    """It opens nothing from the next request on. Revoking twice changes nothing. Raises NotHere."""
    with attempt(IdentityEvent.TOKEN_REVOKED, actor, subject_type="token", subject_id=token_id):
        lock_company(actor)
        token = access_token(actor, token_id)
        if token.revoked_at is None:
            token.revoked_at = at
            token.save(update_fields=["revoked_at"])
            _record(IdentityEvent.TOKEN_REVOKED, actor, token, at)
    return token


def grantable_scopes() -> set[str]:
    """`service.action` for every service and for all of them, and the list of partners."""
    return {f"{service}.{action}" for service in ("*", *SERVICES) for action in TOKEN_ACTIONS} | {MANAGE_PARTNERS}


def _record(event: Event, actor: Actor, token: ApiToken, at: datetime) -> None:
    record(
        event,
        actor,
        subject_type="token",
        subject_id=token.pk,
        subject_label=token.name,
        at=at,
        data={"hint": token.hint, "scopes": token.scopes, "expires_at": token.expires_at},
    )
