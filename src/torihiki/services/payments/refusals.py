"""Why payments refuse, in words for the person who reads them."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotVisible, Refused


class NothingHere(NotVisible):
    def __init__(self) -> None:
        super().__init__(_("There is no such entry in your company's payments."))


class MovedOn(Refused):
    """Somebody else was faster, or this was done already."""

    code = "moved_on"

    def __init__(self) -> None:
        super().__init__(_("This can no longer be done: it has moved on. Reload the page to see where it stands."))


class AnotherPerson(Refused):
    """Four eyes."""

    status = 403
    code = "another_person"

    def __init__(self) -> None:
        super().__init__(_("Another person than the one who entered it has to do this."))


class TransferUnfit(Refused):
    """What was chosen cannot become transfers; the words say why."""

    status = 422
    code = "transfer_unfit"


class StatementUnfit(Refused):
    """The file was not taken in; the words say why."""

    status = 422
    code = "statement_unfit"


class MatchUnfit(Refused):
    """The sums do not go together; the words say why."""

    status = 422
    code = "match_unfit"


class ReasonNeeded(Refused):
    status = 422
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(_("Say why."))
