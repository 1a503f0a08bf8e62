"""What two companies agreed on closing, payment, rounding and tax, and which agreement holds on a day."""

import calendar
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from torihiki.exchange.bodies import Body, Label, LongText
from torihiki.exchange.models import Partner, Terms
from torihiki.lib.money import Rounding
from torihiki.tenancy.actor import Actor

END_OF_MONTH = 31
MONTHS_AFTER_MAX = 6
DEEMED_DAYS_MAX = 90
PAYMENT_DAYS_MAX = 60  # 取適法 第3条: counted from the day of receipt, that day included
TOKYO = ZoneInfo("Asia/Tokyo")

Day = Annotated[int, Field(ge=1, le=31)]


class TermsBody(Body):
    """A day of 31 means the last of the month, whatever its length. The defaults hold where nothing was agreed."""

    closing_day: Annotated[Day, Label(_("Closing day"))] = END_OF_MONTH
    due_months_after: Annotated[int, Field(ge=0, le=MONTHS_AFTER_MAX), Label(_("Paid, months after closing"))] = 1
    due_day: Annotated[Day, Label(_("Payment day"))] = END_OF_MONTH
    line_rounding: Annotated[Rounding, Label(_("Rounding of a line"))] = Rounding.HALF_UP
    tax_rounding: Annotated[Rounding, Label(_("Rounding of tax"))] = Rounding.FLOOR
    prices_include_tax: Annotated[bool, Label(_("Prices include tax"))] = False
    tolerance_percent: Annotated[
        Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2), Label(_("Tolerated difference"))
    ] = Decimal(0)
    deemed_acceptance_days: Annotated[
        int | None, Field(ge=1, le=DEEMED_DAYS_MAX), Label(_("Deemed accepted after"))
    ] = None  # None: never without a word of the receiver
    note: Annotated[LongText, Label(_("Note"), widget="textarea")] = ""

    def closing_on(self, day: date) -> date:
        """The closing to which something of `day` belongs: the first closing day that is not before it."""
        closing = day_of_month(day.year, day.month, self.closing_day)
        return closing if day <= closing else day_of_month(day.year, day.month + 1, self.closing_day)

    def due_on(self, day: date) -> date:
        """When something of `day` is to be paid. A due day before the closing in the same month means the next one."""
        closing = self.closing_on(day)
        due = day_of_month(closing.year, closing.month + self.due_months_after, self.due_day)
        return due if due >= closing else day_of_month(due.year, due.month + 1, self.due_day)

    @property
    def payment_days_longest(self) -> int:
        """The most days from receipt to payment, the day of receipt included, over all days of two years."""
        first = date(2027, 1, 1).toordinal()
        days = (date.fromordinal(first + offset) for offset in range(731))
        return max((self.due_on(day) - day).days + 1 for day in days)

    @property
    def is_slow(self) -> bool:
        """Whether such payment can come later than the 60 days (as two months) that 取適法 allows."""
        return self.payment_days_longest > PAYMENT_DAYS_MAX + 2  # a month counts as a month, be it 30 or 31 days long


def current_terms(actor: Actor, party_id: UUID, on: date) -> TermsBody:
    """What holds between the actor's company and `party_id` for a document of that day (Asia/Tokyo): the newest
    agreed version, the own terms kept for an external party, or the defaults."""
    partner = Partner.objects.filter(company_id=actor.company, party_id=party_id).first()
    if partner is None:
        return TermsBody()
    if partner.relationship_id is None:
        return TermsBody.model_validate(partner.external_terms) if partner.external_terms else TermsBody()
    agreed = agreed_terms(partner.relationship_id)
    bodies = [terms.body for terms in agreed if terms.agreed_at and terms.agreed_at.astimezone(TOKYO).date() <= on]
    return TermsBody.model_validate(bodies[0]) if bodies else TermsBody()


def agreed_terms(relationship_id: UUID) -> list[Terms]:
    """Newest first."""
    return list(Terms.objects.filter(relationship_id=relationship_id, agreed_at__isnull=False).order_by("-version"))


def day_of_month(year: int, month: int, day: int) -> date:
    """That day, or the month's last where it is shorter; `month` may run past 12."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
