"""Partners in words: their state, their card and their terms as a page shows them."""

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Partner, Relationship
from torihiki.exchange.partners.forms import ROUNDINGS, day_words, months_words
from torihiki.exchange.partners.terms import TermsBody
from torihiki.web.formats import format_number
from torihiki.web.parts import Fact, Tone

TONES = {
    Relationship.State.ACTIVE: Tone.SUCCESS,
    Relationship.State.SUSPENDED: Tone.WARNING,
    Relationship.State.ENDED: Tone.NEUTRAL,
}


def state_of(partner: Partner) -> tuple[str, str]:
    """The words of a badge and its tone."""
    if partner.archived_at:
        return gettext("Archived"), Tone.NEUTRAL
    if partner.relationship is None:
        return gettext("External"), Tone.NEUTRAL
    return partner.relationship.get_state_display(), TONES.get(
        Relationship.State(partner.relationship.state), Tone.NEUTRAL
    )


def card_facts(details: PartyDetails) -> Sequence[Fact]:
    """What is known of a party; empty facts are left out."""
    address, contact = details.address, details.contact
    lines = (address.postal_code, address.prefecture + address.city + address.street, address.building)
    facts = [
        Fact(gettext("Name"), details.name),
        Fact(gettext("Name in kana"), details.name_kana),
        Fact(gettext("Registration number (T number)"), details.registration_number, copy=True),
        Fact(gettext("Corporate number"), details.corporate_number, copy=True),
        Fact(gettext("Address"), " ".join(filter(None, lines))),
        Fact(gettext("Contact person"), contact.name if contact else ""),
        Fact(gettext("Telephone"), contact.phone if contact else ""),
        Fact(gettext("E-mail"), contact.email if contact else ""),
    ]
    return [fact for fact in facts if fact.value]


def terms_facts(body: TermsBody) -> Sequence[Fact]:
    deemed = body.deemed_acceptance_days
    facts = [
        Fact(gettext("Closing day"), day_words(body.closing_day)),
        Fact(
            gettext("Payment"),
            gettext("%(month)s, %(day)s")
            % {"month": months_words(body.due_months_after), "day": day_words(body.due_day)},
        ),
        Fact(gettext("Rounding of a line"), ROUNDINGS[body.line_rounding]),
        Fact(gettext("Rounding of tax"), ROUNDINGS[body.tax_rounding]),
        Fact(gettext("Prices"), gettext("with tax") if body.prices_include_tax else gettext("without tax")),
        Fact(gettext("Tolerated difference"), f"{format_number(body.tolerance_percent)}%"),
        Fact(
            gettext("Deemed accepted"),
            ngettext("after %(n)d day", "after %(n)d days", deemed) % {"n": deemed} if deemed else gettext("never"),
        ),
        Fact(gettext("Note"), body.note),
    ]
    return [fact for fact in facts if fact.value]
