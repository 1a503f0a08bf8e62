"""What partners record in the ledger."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import Event


class PartnerEvent(Event):
    CARD_CHANGED = "partners.card_changed", _("Own company details changed")
    ADDED = "partners.added", _("External partner added")
    CHANGED = "partners.changed", _("Partner changed")
    ARCHIVED = "partners.archived", _("Partner archived")
    RESTORED = "partners.restored", _("Partner taken out of the archive")
    INVITED = "partners.invited", _("Partner invited")
    INVITED_AGAIN = "partners.invited_again", _("Partner's invitation sent again")
    INVITATION_WITHDRAWN = "partners.invitation_withdrawn", _("Partner's invitation withdrawn")
    ACCEPTED = "partners.accepted", _("Partner's invitation accepted")
    DECLINED = "partners.declined", _("Partner's invitation declined")
    SUSPENDED = "partners.suspended", _("Trade with a partner suspended")
    RESUMED = "partners.resumed", _("Trade with a partner resumed")
    ENDED = "partners.ended", _("Trade with a partner ended")
    TERMS_SET = "partners.terms_set", _("Own terms for an external partner set")
    TERMS_PROPOSED = "partners.terms_proposed", _("Terms proposed")
    TERMS_AGREED = "partners.terms_agreed", _("Terms agreed")
    TERMS_DECLINED = "partners.terms_declined", _("Terms declined")
