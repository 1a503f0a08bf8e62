"""What identity records in the ledger."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import Event


class IdentityEvent(Event):
    SIGNED_IN = "identity.signed_in", _("Signed in")
    SIGNED_OUT = "identity.signed_out", _("Signed out")
    SIGN_IN_FAILED = "identity.sign_in_failed", _("Sign-in failed")
    ACCOUNT_LOCKED = "identity.account_locked", _("Account locked after wrong tries")
    ACCOUNT_UNLOCKED = "identity.account_unlocked", _("Account unlocked")
    OUTSIDE_NETWORK = "identity.outside_network", _("Session ended outside the allowed networks")
    POLICY_CHANGED = "identity.policy_changed", _("Security setting changed")
    PASSWORD_RESET_ASKED = "identity.password_reset_asked", _("Link for a new password mailed")
    PASSWORD_RESET = "identity.password_reset", _("New password by a mailed link")
    TWO_STEP_ON = "identity.two_step_on", _("Two-step sign-in switched on")
    TWO_STEP_OFF = "identity.two_step_off", _("Two-step sign-in switched off")
    AUTHENTICATOR_ADDED = "identity.authenticator_added", _("Authenticator app set up")
    AUTHENTICATOR_REMOVED = "identity.authenticator_removed", _("Authenticator app removed")
    RECOVERY_CODES_MADE = "identity.recovery_codes_made", _("New recovery codes")
    RECOVERY_CODE_USED = "identity.recovery_code_used", _("Recovery code used")
    CODE_SENT = "identity.code_sent", _("Sign-in code mailed")
    CODE_FAILED = "identity.code_failed", _("Wrong sign-in code")
    COMPANY_SWITCHED = "identity.company_switched", _("Went on to work for this company")
    PASSWORD_CHANGED = "identity.password_changed", _("Password changed")
    LANGUAGE_CHANGED = "identity.language_changed", _("Language changed")
    PROFILE_CHANGED = "identity.profile_changed", _("Own profile changed")
    COMPANY_CREATED = "identity.company_created", _("Company registered")
    APPROVALS_CHANGED = "identity.approvals_changed", _("Need of approval changed")
    MEMBER_INVITED = "identity.member_invited", _("Member invited")
    INVITATION_RESENT = "identity.invitation_resent", _("Invitation sent again")
    INVITATION_WITHDRAWN = "identity.invitation_withdrawn", _("Invitation withdrawn")
    MEMBER_JOINED = "identity.member_joined", _("Member joined")
    MEMBER_CHANGED = "identity.member_changed", _("Member changed")
    MEMBER_SUSPENDED = "identity.member_suspended", _("Member suspended")
    MEMBER_REACTIVATED = "identity.member_reactivated", _("Member reactivated")
    TOKEN_CREATED = "identity.token_created", _("API token created")
    TOKEN_REVOKED = "identity.token_revoked", _("API token revoked")
    UNIT_ADDED = "identity.unit_added", _("Unit added")
    UNIT_CHANGED = "identity.unit_changed", _("Unit changed")
    UNIT_CLOSED = "identity.unit_closed", _("Unit closed")
    UNIT_REOPENED = "identity.unit_reopened", _("Unit reopened")
