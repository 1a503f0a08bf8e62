"""The only way to write: each action takes its actor first, is one transaction and leaves one ledger entry."""

from torihiki.exchange.partners.actions.agreements import agree_terms, decline_terms, propose_terms, set_external_terms
from torihiki.exchange.partners.actions.invitations import (
    accept_partner,
    decline_partner,
    invite_partner,
    reinvite_partner,
    withdraw_partner,
)
from torihiki.exchange.partners.actions.records import (
    add_external_partner,
    archive_partner,
    change_own_card,
    change_partner,
    restore_partner,
)
from torihiki.exchange.partners.actions.relationships import (
    end_relationship,
    resume_relationship,
    suspend_relationship,
)

__all__ = [
    "accept_partner",
    "add_external_partner",
    "agree_terms",
    "archive_partner",
    "change_own_card",
    "change_partner",
    "decline_partner",
    "decline_terms",
    "end_relationship",
    "invite_partner",
    "propose_terms",
    "reinvite_partner",
    "restore_partner",
    "resume_relationship",
    "set_external_terms",
    "suspend_relationship",
    "withdraw_partner",
]
