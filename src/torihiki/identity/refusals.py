"""Why identity refuses, in words for the person who reads them."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotVisible, Refused


class SignInRefused(Refused):
    """One answer for an unknown id, a wrong password, a closed or locked account, a network that is not allowed, and a
    company that no password opens."""

    status = 422
    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Not signed in. Check login id, password and Caps Lock. After several wrong tries an account is locked"
                " for a while, and a company may allow its own networks only, or its own sign-in only."
            )
        )


class TooBusy(Refused):
    """Too many passwords are being checked in this process."""

    status = 503
    code = "too_busy"

    def __init__(self) -> None:
        super().__init__(_("Too many people are signing in at this moment. Please try again in a few seconds."))


class OutsideNetwork(Refused):
    """The company does not allow the address (clause 2-5-4)."""

    status = 403
    code = "outside_network"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Your company allows work from its own networks only, and you are outside of them."
                " Ask your administrator, or come back from an allowed network."
            )
        )


class CodeWrong(Refused):
    """Wrong, used, too old, or of another attempt: the answer is the same."""

    status = 422
    code = "code_wrong"

    def __init__(self) -> None:
        super().__init__(_("This code is not right or no longer works. Type the newest one."))


class PasskeyRefused(Refused):
    """Unknown, removed, of another site, answered late or twice, wrongly signed, not allowed, or the account locked:
    the answer is the same."""

    status = 422
    code = "passkey_refused"

    def __init__(self) -> None:
        super().__init__(_("This passkey was not accepted. Try once more, or go on without it."))


class PasskeyCloned(PasskeyRefused):
    """The authenticator's counter fell behind: somebody has a copy of the key (WebAuthn 7.2)."""

    code = "passkey_cloned"


class PasskeyTaken(Refused):
    code = "passkey_taken"

    def __init__(self) -> None:
        super().__init__(_("This passkey is set up already."))


class PasskeysOff(Refused):
    status = 403
    code = "passkeys_off"

    def __init__(self) -> None:
        super().__init__(_("Your company does not take passkeys. Sign in with your password."))


class TooManyPasskeys(Refused):
    code = "too_many_passkeys"

    def __init__(self) -> None:
        super().__init__(_("You have 20 passkeys. Remove one that you no longer use first."))


class TooManyCodes(Refused):
    status = 422
    code = "too_many_codes"

    def __init__(self) -> None:
        super().__init__(
            _("Several mails are on their way already. Look for them, also among unwanted ones, and wait.")
        )


class NoAppToRemove(Refused):
    code = "no_app_to_remove"

    def __init__(self) -> None:
        super().__init__(
            _("This member has no app or passkey that you may remove: there is none, or another company relies on it.")
        )


class LinkOver(Refused):
    """Unknown, used or too old: the answer is the same."""

    status = 404
    code = "link_over"

    def __init__(self) -> None:
        super().__init__(_("This link was used already or is older than an hour. Ask for a new one."))


class NeedsSecondStep(Refused):
    """The company to which somebody goes on demands a second step."""

    status = 403
    code = "needs_second_step"

    def __init__(self) -> None:
        super().__init__(_("This company asks for a second step or a passkey."))


class Locked(Refused):
    """After too many wrong tries (clause 2-5-3)."""

    status = 422
    code = "locked"

    def __init__(self) -> None:
        super().__init__(_("There were too many wrong tries. Wait a while, or ask an administrator to unlock you."))


class PolicyUnfit(Refused):
    """The values are not within the policy's bounds."""

    status = 422
    code = "policy_unfit"


class PolicyChangedMeanwhile(Refused):
    code = "policy_changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(_("Somebody else changed this meanwhile. Look at what holds now, and change it again."))


class NeedsConfirmation(Refused):
    """The change would shut somebody out; its author has not confirmed that."""

    code = "needs_confirmation"

    def __init__(self) -> None:
        super().__init__(_("This change has consequences. Read them and confirm."))


class AttemptOver(Refused):
    """The way in was left for too long, or went on in another tab."""

    status = 422
    code = "attempt_over"

    def __init__(self) -> None:
        super().__init__(_("This took too long, or was finished in another tab. Please sign in again."))


class NoCompanyOpen(Refused):
    """The password was right, but no company lets this person in."""

    status = 403
    code = "no_company_open"

    def __init__(self) -> None:
        super().__init__(_("No company is open to you: your membership was suspended. Ask your administrator."))


class CompanySuspended(Refused):
    """The password was right, but the operator has suspended the company."""

    status = 403
    code = "company_suspended"

    def __init__(self) -> None:
        super().__init__(
            _("The operator of this platform has suspended your company: nobody of it can sign in. Ask the operator.")
        )


class LoginIdTaken(Refused):
    status = 422
    code = "login_id_taken"

    def __init__(self) -> None:
        super().__init__(_("This login id belongs to somebody already. Choose another one."))


class PasswordWeak(Refused):
    status = 422
    code = "password_weak"


class SamePassword(Refused):
    status = 422
    code = "same_password"

    def __init__(self) -> None:
        super().__init__(_("This is the password that has expired. Choose another one."))


class PasswordWrong(Refused):
    status = 422
    code = "password_wrong"

    def __init__(self) -> None:
        super().__init__(_("This is not your present password."))


class NotHere(NotVisible):
    """No such member, unit or invitation in the actor's company."""

    def __init__(self) -> None:
        super().__init__(_("There is nothing here."))


class InvitationOver(Refused):
    """Unknown, used, withdrawn or too old: the answer is the same."""

    status = 404
    code = "invitation_over"

    def __init__(self) -> None:
        super().__init__(
            _("This invitation was used, withdrawn or is older than 7 days. Ask who invited you for a new one.")
        )


class InvitationClosed(Refused):
    code = "invitation_closed"

    def __init__(self) -> None:
        super().__init__(_("This invitation was accepted or withdrawn meanwhile. Reload the page to see it."))


class TooManyInvitations(Refused):
    code = "too_many_invitations"

    def __init__(self) -> None:
        super().__init__(_("Too many invitations are open. Withdraw those that nobody answers first."))


class AlreadyMember(Refused):
    code = "already_member"

    def __init__(self) -> None:
        super().__init__(_("You are a member of this company already. Go on to it by “Change company” in your menu."))


class LastAdministrator(Refused):
    code = "last_administrator"

    def __init__(self) -> None:
        super().__init__(_("This is the company’s last active administrator. Make another member administrator first."))


class OwnSuspension(Refused):
    code = "own_suspension"

    def __init__(self) -> None:
        super().__init__(_("Nobody suspends themselves. Ask another administrator to do it."))


class UnitUnfit(Refused):
    status = 422
    code = "unit_unfit"


class TokenUnfit(Refused):
    """Without scopes, with unknown ones, already over, or one too many."""

    status = 422
    code = "token_unfit"


class RoleUnfit(Refused):
    """An own role that cannot be as it was asked for; the words say why."""

    status = 422
    code = "role_unfit"


class OwnSight(Refused):
    """Nobody sees as themselves, or as who cannot sign in."""

    code = "own_sight"

    def __init__(self) -> None:
        super().__init__(_("Choose another member who is active."))


class SeeingOnly(Refused):
    """An administrator who looks with a member's rights changes nothing, and sees nothing personal."""

    status = 403
    code = "seeing_only"

    def __init__(self) -> None:
        super().__init__(
            _(
                "You see the portal as another member: nothing can be changed, and personal pages stay closed."
                " End it first, by the button at the top."
            )
        )


class UnitOnlyUnfit(Refused):
    """Rights cannot be limited to a unit this way; the words say why."""

    status = 422
    code = "unit_only_unfit"


class DelegationUnfit(Refused):
    """A delegation that cannot be as it was asked for; the words say why."""

    status = 422
    code = "delegation_unfit"


class RosterUnfit(Refused):
    """A file of members that cannot be read or written; the words say why."""

    status = 422
    code = "roster_unfit"


class BeyondOwnRights(Refused):
    """Who manages members gives and takes nothing that they may not do themselves, and changes nobody who may more:
    else a right to manage members would be every right."""

    status = 403
    code = "beyond_own_rights"

    def __init__(self) -> None:
        super().__init__(
            _(
                "You cannot give or take what you may not do yourself, nor change a member who may do more."
                " Ask an administrator."
            )
        )
