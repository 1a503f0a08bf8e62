"""The only way to write: each action takes its actor first, is one transaction and leaves one ledger entry."""

from torihiki.identity.actions.companies import NewPerson, create_company, register_company, set_approval_kinds
from torihiki.identity.actions.invitations import (
    accept_invitation,
    invite_member,
    resend_invitation,
    withdraw_invitation,
)
from torihiki.identity.actions.members import (
    change_member,
    end_sessions,
    reactivate_member,
    reset_two_step,
    suspend_member,
    unlock_member,
)
from torihiki.identity.actions.profile import change_language, change_password, change_profile, choose_theme
from torihiki.identity.actions.roles import add_role, change_role, remove_role
from torihiki.identity.actions.signing import sign_out, switch_company
from torihiki.identity.actions.tokens import create_token, revoke_token
from torihiki.identity.actions.units import add_unit, change_unit, close_unit, reopen_unit

__all__ = [
    "NewPerson",
    "accept_invitation",
    "add_role",
    "add_unit",
    "change_language",
    "change_member",
    "change_password",
    "change_profile",
    "change_role",
    "change_unit",
    "choose_theme",
    "close_unit",
    "create_company",
    "create_token",
    "end_sessions",
    "invite_member",
    "reactivate_member",
    "register_company",
    "remove_role",
    "reopen_unit",
    "resend_invitation",
    "reset_two_step",
    "revoke_token",
    "set_approval_kinds",
    "sign_out",
    "suspend_member",
    "switch_company",
    "unlock_member",
    "withdraw_invitation",
]
