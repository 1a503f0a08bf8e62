"""Sums as the totals box shows them."""

from django.utils.translation import gettext as _

from torihiki.exchange.bodies import TaxCategory, Totals
from torihiki.exchange.render.priced import tax_label
from torihiki.web.formats import format_amount
from torihiki.web.parts import Sum

TAXED = (TaxCategory.STANDARD, TaxCategory.REDUCED)


def sums_of(totals: Totals | None, currency: str) -> list[Sum]:
    """Net, each rate with its tax, and the total; empty where nothing can be summed yet."""
    if totals is None:
        return []
    rows = [Sum(_("Subtotal (excl. tax)"), format_amount(totals.net, currency))]
    for row in totals.subtotals:
        if row.category in TAXED and not totals.tax:
            continue  # a seller who is not registered states none
        if row.category in TAXED:
            words = _("Tax %(rate)s%% on %(taxable)s") % {
                "rate": f"{row.rate.normalize():f}",
                "taxable": format_amount(row.taxable, currency),
            }
            rows.append(Sum(words, format_amount(row.tax, currency)))
        else:
            rows.append(Sum(tax_label(row.category), format_amount(row.taxable, currency)))
    return [*rows, Sum(_("Total (incl. tax)"), format_amount(totals.gross, currency), strong=True)]
