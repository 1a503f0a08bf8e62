"""Why something about partners is refused, in words for the person who reads them."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotVisible, Refused


class PartnerNotVisible(NotVisible):
    def __init__(self) -> None:
        super().__init__(_("There is no such partner."))


class CodeTaken(Refused):
    status = 422
    code = "partner_code_taken"

    def __init__(self) -> None:
        super().__init__(_("Another partner has this code already. Choose another one."))


class NotExternal(Refused):
    code = "partner_not_external"

    def __init__(self) -> None:
        super().__init__(_("This partner keeps its own details on torihiki. Ask them to change what is wrong."))


class StillTrading(Refused):
    code = "partner_still_trading"

    def __init__(self) -> None:
        super().__init__(_("You trade with this partner. End the relationship before you archive it."))


class InvitedAlready(Refused):
    code = "partner_invited_already"

    def __init__(self) -> None:
        super().__init__(_("An invitation to this address is open. Send it again or withdraw it."))


class TooManyInvitations(Refused):
    code = "too_many_partner_invitations"

    def __init__(self) -> None:
        super().__init__(_("Too many invitations are open. Withdraw those that nobody answers first."))


class PartnerInvitationOver(Refused):
    """Unknown, answered, withdrawn, too old or the own one: the answer is the same."""

    status = 404
    code = "partner_invitation_over"

    def __init__(self) -> None:
        super().__init__(
            _("This invitation was answered, withdrawn or is older than 30 days. Ask the company for a new one.")
        )


class AcceptanceUnfit(Refused):
    code = "partner_acceptance_unfit"

    def __init__(self) -> None:
        super().__init__(_("Your company cannot accept this: it is your own invitation, or you are partners already."))


class StateMoved(Refused):
    """The relationship or the terms are in a state from which this cannot be done, or only by the other side."""

    code = "partner_state_moved"

    def __init__(self) -> None:
        super().__init__(_("This cannot be done now. Reload the page to see where things stand."))
