"""Why the exchange refuses, in words for the person who reads them."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotPermitted, NotVisible, Refused


class DocumentNotVisible(NotVisible):
    """No such document, or none that this company may see: the answer is the same."""

    def __init__(self) -> None:
        super().__init__(_("There is no such document. Look for it by its number."))


class RoleMayNot(NotPermitted):
    def __init__(self) -> None:
        super().__init__(_("Your role does not allow this. Ask an administrator of your company."))


class StepNotOpen(Refused):
    """The document is in a state, or the actor on a side, from which this step cannot be taken."""

    code = "step_not_open"

    def __init__(self) -> None:
        super().__init__(
            _("This can no longer be done: the document has moved on. Reload the page to see where it stands.")
        )


class ChangedMeanwhile(Refused):
    """Somebody else saved or sent since the page was shown; nothing is overwritten."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(
            _("Somebody changed this document after you opened it. Reload the page, look at the change, and try again.")
        )


class ChargeUnfit(Refused):
    """This member cannot be in charge of it; the words say why."""

    status = 422
    code = "charge_unfit"


class ReasonMissing(Refused):
    status = 422
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(_("Say why: the other side reads your reason."))


class BodyInvalid(Refused):
    """The draft does not meet its kind's rules; `problems` are for the form."""

    status = 422
    code = "body_invalid"


class ApprovalMissing(Refused):
    code = "approval_missing"

    def __init__(self) -> None:
        super().__init__(
            _("This needs an approval first, and every change after one needs a new one. Submit it for approval.")
        )


class OwnApproval(Refused):
    status = 403
    code = "own_approval"

    def __init__(self) -> None:
        super().__init__(_("Another person has to approve what you submitted."))


class NotAsked(Refused):
    """Somebody else's approval is what the present step waits for."""

    code = "not_asked"

    def __init__(self) -> None:
        super().__init__(_("Others are asked for this step. The page shows who they are."))


class TooFewApprovers(Refused):
    """A step of the route could never be passed."""

    code = "too_few_approvers"

    def __init__(self, step: str, needed: int, found: int) -> None:
        words = _(
            "The step “%(step)s” needs %(needed)d approvers beside yourself, and there are %(found)d with the right to"
            " approve. Ask an administrator to change the route or the roles."
        )
        if not step:
            words = _("Nobody else may approve this document. Ask an administrator to give somebody the right.")
        super().__init__(words % {"step": step, "needed": needed, "found": found})


class RouteNameTaken(Refused):
    status = 422
    code = "route_name_taken"

    def __init__(self) -> None:
        super().__init__(_("Another route has this name. Choose another."))


class RecipientUnfit(Refused):
    """No recipient, too many, or one with whom there is no active relationship."""

    status = 422
    code = "recipient_unfit"


class SourceUnfit(Refused):
    code = "source_unfit"

    def __init__(self) -> None:
        super().__init__(_("A document of this kind cannot be made from that one, or was made from it already."))


class FileRefused(Refused):
    status = 422
    code = "file_refused"


class FileDamaged(Refused):
    """What is stored is no longer what was attached; nothing of it is handed out."""

    code = "file_damaged"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(name)s” is no longer as it was attached and is not handed out. Tell the operator.") % {"name": name}
        )


class KeyUsedElsewhere(Refused):
    status = 422
    code = "key_used_elsewhere"

    def __init__(self) -> None:
        super().__init__(_("This form was already used for something else. Reload the page and try again."))
