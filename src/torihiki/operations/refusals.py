"""Why the console refuses, in words for the member of staff who reads them."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotVisible, Refused


class StaffSignInRefused(Refused):
    """One answer for an unknown id, a wrong password, a disabled account and too many tries."""

    status = 422
    code = "staff_sign_in_refused"

    def __init__(self) -> None:
        super().__init__(
            _("The login ID or the password is not right. After 5 wrong passwords an account is shut for 15 minutes.")
        )


class NotProven(Refused):
    """A dangerous action needs the password once more."""

    status = 422
    code = "not_proven"

    def __init__(self) -> None:
        super().__init__(
            _("This is not your password. After 5 wrong passwords your account stays shut for 15 minutes.")
        )


class StaffPasswordWeak(Refused):
    status = 422
    code = "staff_password_weak"


class StaffLoginIdTaken(Refused):
    status = 422
    code = "staff_login_id_taken"

    def __init__(self) -> None:
        super().__init__(_("This login id belongs to another member of staff. Choose another one."))


class NoSuchStaff(NotVisible):
    def __init__(self) -> None:
        super().__init__(_("There is no member of staff with this login id."))


class NoSuchCompany(NotVisible):
    def __init__(self) -> None:
        super().__init__(_("There is no such company."))


class NoSuchJob(NotVisible):
    def __init__(self) -> None:
        super().__init__(_("There is no such job any more: it may be done."))


class NoSuchAnnouncement(NotVisible):
    def __init__(self) -> None:
        super().__init__(_("There is no such announcement."))


class CompanyStateChanged(Refused):
    code = "company_state_changed"

    def __init__(self) -> None:
        super().__init__(_("The company was suspended or resumed meanwhile. Reload the page to see it."))


class CompanyHasMembers(Refused):
    code = "company_has_members"

    def __init__(self) -> None:
        super().__init__(_("The company has members already; its administrators invite the others themselves."))


class JobMoved(Refused):
    code = "job_moved"

    def __init__(self) -> None:
        super().__init__(_("The job has moved on meanwhile. Reload the page to see where it is."))


class AnnouncementMoved(Refused):
    code = "announcement_moved"

    def __init__(self) -> None:
        super().__init__(_("The announcement was released, has ended or was withdrawn. Reload the page to see it."))
