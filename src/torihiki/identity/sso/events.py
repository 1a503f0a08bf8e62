"""What single sign-on records in the ledger."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import Event


class SsoEvent(Event):
    PROVIDER_ADDED = "sso.provider_added", _("Identity provider added")
    PROVIDER_CHANGED = "sso.provider_changed", _("Identity provider changed")
    PROVIDER_TESTED = "sso.provider_tested", _("Identity provider tested")
    PROVIDER_SWITCHED_ON = "sso.provider_switched_on", _("Identity provider switched on")
    PROVIDER_SWITCHED_OFF = "sso.provider_switched_off", _("Identity provider switched off")
    METADATA_TAKEN = "sso.metadata_taken", _("Signed metadata of the identity provider taken over")
    METADATA_WAITS = "sso.metadata_waits", _("New metadata of the identity provider waits for an administrator")
    PROVIDER_REMOVED = "sso.provider_removed", _("Identity provider removed")
    ARRIVED = "sso.arrived", _("Arrived from the identity provider")
    MEMBER_CREATED = "sso.member_created", _("Member created at the first single sign-on")
    IDENTITY_LINKED = "sso.identity_linked", _("Identity linked")
    IDENTITY_UNLINKED = "sso.identity_unlinked", _("Link of an identity removed")
    ROLE_MAPPED = "sso.role_mapped", _("Role set by the identity provider’s groups")
    SCIM_TOKEN_MADE = "sso.scim_token_made", _("Token for provisioning made")
    USER_PROVISIONED = "sso.user_provisioned", _("Member provisioned by the identity provider")
    USER_CHANGED = "sso.user_changed", _("Provisioned member changed by the identity provider")
    USER_REMOVED = "sso.user_removed", _("Provisioned member removed by the identity provider")
    GROUP_PROVISIONED = "sso.group_provisioned", _("Group provisioned by the identity provider")
    GROUP_CHANGED = "sso.group_changed", _("Provisioned group changed by the identity provider")
    GROUP_REMOVED = "sso.group_removed", _("Provisioned group removed by the identity provider")
    LOGGED_OUT_BY_PROVIDER = "sso.logged_out_by_provider", _("Signed out by the identity provider")
    ENTRANCE_CHANGED = "sso.entrance_changed", _("Address for signing in changed")
    SSO_ONLY_ON = "sso.only_on", _("Sign-in with passwords closed")
    SSO_ONLY_OFF = "sso.only_off", _("Sign-in with passwords opened")
    EMERGENCY_ASKED = "sso.emergency_asked", _("Emergency access asked for")
    EMERGENCY_OPENED = "sso.emergency_opened", _("Emergency access approved by a second person")
    EMERGENCY_ENDED = "sso.emergency_ended", _("Emergency access ended")
