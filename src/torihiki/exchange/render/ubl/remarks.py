"""What the person who takes a document in should know of it, although it was taken in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.render.ubl.engine import Reading, prefixed
from torihiki.exchange.render.xml import line_of
from torihiki.lib.identifiers import Finding, check_corporate_number, check_registration_number

UNKNOWN_ELEMENT = _("%(element)s in line %(line)s is not part of %(format)s; it is kept as it is.")


@dataclass(frozen=True)
class Remark:
    """A warning about a document from outside, translated when it is shown."""

    message: str | Promise
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.message) % self.values


def remarks_on_unknown(reading: Reading) -> list[Remark]:
    return [
        Remark(
            UNKNOWN_ELEMENT,
            {"element": prefixed(element), "line": line_of(element), "format": reading.document.format},
        )
        for element in reading.unknown
    ]


def remarks_on_numbers(*parties: PartyDetails) -> list[Remark]:
    """A check digit that does not fit is worth a word: a typing error perhaps, or a sole proprietor."""
    remarks = []
    for party in parties:
        for number, finding, message in (
            (
                party.registration_number,
                check_registration_number(party.registration_number).finding,
                _("The check digit of the registration number %(number)s does not fit."),
            ),
            (
                party.corporate_number,
                check_corporate_number(party.corporate_number).finding,
                _("The corporate number %(number)s is not one that its check digit confirms."),
            ),
        ):
            if number and finding is not Finding.FINE:
                remarks.append(Remark(message, {"number": number}))
    return remarks
