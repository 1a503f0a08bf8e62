"""Why single sign-on refuses, in words for the person who reads them."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotVisible, Refused


class NoProvider(NotVisible):
    """No such connection here, or it is switched off: one answer."""

    def __init__(self) -> None:
        super().__init__(_("There is nothing here."))


class SsoRefused(Refused):
    """Whatever was wrong with the provider's answer. People get one sentence; the ledger has the reason."""

    status = 403
    code = "sso_refused"

    def __init__(self, *, why: str) -> None:
        super().__init__(
            _(
                "The sign-in did not come about. Begin again at your company’s sign-in page; if it fails again, tell"
                " your administrator the time: the audit log says why."
            )
        )
        self.why = why


class SignOutRefused(Refused):
    """Whatever was wrong with a provider's message about signing out; the ledger has the reason."""

    status = 403
    code = "sso_sign_out_refused"
    heading = _("Not signed out")

    def __init__(self) -> None:
        super().__init__(
            _(
                "The message about signing out could not be used. If you are still signed in here or at your company’s"
                " sign-in, sign out in both places."
            )
        )


class NobodyKnown(Refused):
    """The provider vouches for somebody who stands for no member. The words are the same whatever the reason: just-in-
    time creation is off, the address is taken, or the member was suspended."""

    status = 403
    code = "sso_nobody_known"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Your company’s sign-in worked, but it opens no member’s account here. If you have an account, sign in"
                " with your password and link it in your profile; otherwise ask your administrator."
            )
        )


class ProviderUnfit(Refused):
    """The settings of a connection cannot be used; the message says which and why."""

    status = 422
    code = "sso_provider_unfit"


class MetadataMoved(Refused):
    code = "sso_metadata_moved"

    def __init__(self) -> None:
        super().__init__(_("The provider’s metadata is another one by now. Compare it once more."))


class ProviderNotTested(Refused):
    code = "sso_provider_not_tested"

    def __init__(self) -> None:
        super().__init__(_("Test the connection first: it is switched on once it has signed you in."))


class ProviderInUse(Refused):
    code = "sso_provider_in_use"

    def __init__(self) -> None:
        super().__init__(
            _("This is the only connection that is on, and passwords are closed. Open sign-in with passwords first.")
        )


class AlreadyLinked(Refused):
    code = "sso_already_linked"

    def __init__(self) -> None:
        super().__init__(
            _("This identity or this member is linked already. Remove the other link first, or choose another account.")
        )


class EntranceUnfit(Refused):
    status = 422
    code = "sso_entrance_unfit"


class PasswordsClosed(Refused):
    """The company lets its members in through its identity provider only. Who types a password at the sign-in page
    reads the answer to a wrong one instead: nobody learns there whether it was right."""

    status = 403
    code = "sso_passwords_closed"

    def __init__(self) -> None:
        super().__init__(
            _("This company lets its members in through its own sign-in only. Use its address for signing in.")
        )


class NeedsArrival(Refused):
    code = "sso_needs_arrival"

    def __init__(self) -> None:
        super().__init__(
            _("Sign in through the connection first, and come back within 10 minutes: then it certainly works.")
        )


class NeedsSecondPerson(Refused):
    code = "sso_needs_second_person"

    def __init__(self) -> None:
        super().__init__(
            _(
                "In an emergency nobody could open passwords again: that takes an administrator and a second person,"
                " each with a password. Make somebody administrator who has one."
            )
        )


class PreviewOld(Refused):
    code = "sso_preview_old"

    def __init__(self) -> None:
        super().__init__(_("Others would be shut out than those whom you saw. Read the list again."))


class EmergencyRefused(Refused):
    """One answer for a wrong password, another company, another role, and a company whose passwords are open."""

    status = 422
    code = "sso_emergency_refused"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This opens nothing. Check login id and password; only administrators of this company can do this, from"
                " its networks, and only while passwords are closed. After several wrong tries an account is locked for"
                " a while."
            )
        )


class EmergencyOver(Refused):
    """Answered, ended or too old meanwhile, or asked for by the same person."""

    code = "sso_emergency_over"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This cannot be done any more: it was answered or ended meanwhile, is older than an hour, or is your"
                " own request, which another person approves."
            )
        )
