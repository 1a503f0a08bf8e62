"""What JP PINT demands of every invoice, checked on the way in and on the way out, in words for people."""

import re
from typing import NoReturn

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.render.ubl.engine import UblRefused
from torihiki.services.invoices.parts import Flavour
from torihiki.services.invoices.pint.demands import PAYMENT_DEMANDS, REFERENCE_DEMANDS, Demand, Record

_REGISTRATION = re.compile(r"T[0-9]{13}", re.ASCII)
_QUALIFIED_INVOICES_SINCE = "2023-10-01"
_UNTAXED = ("E", "G", "O")


def check_complete(record: Record, flavour: Flavour) -> None:
    """Raises UblRefused for the first demand that `record` does not meet."""
    for demand in DEMANDS:
        if not demand.met(record, flavour):
            raise UblRefused(demand.message, element=demand.element)


def refuse_missing_rate(currency: str) -> NoReturn:
    raise UblRefused(
        _("The tax is to be stated in %(currency)s too. Enter the exchange rate."),
        element="cbc:TaxCurrencyCode",
        currency=currency,
    )


def _tax_schemes(party: Record) -> list[Record]:
    return list(party.get("tax_schemes") or ())


def _seller_identified(record: Record, _flavour: Flavour) -> bool:
    seller = record["seller"]
    return bool(_tax_schemes(seller) or seller.get("identifiers") or seller.get("legal_identifier"))


def _seller_registered(record: Record, flavour: Flavour) -> bool:
    return bool(_tax_schemes(record["seller"])) is (flavour is not Flavour.NON_REGISTERED)


def _registration_form(record: Record, flavour: Flavour) -> bool:
    """aligned-ibr-jp-01: from 2023-10-01 on, the seller's VAT number is a T number."""
    holders = [record, *record["lines"]]
    days = [str(holder.get(name) or "") for holder in holders for name in ("period_start", "period_end")]
    if flavour is Flavour.NON_REGISTERED or max(days) < _QUALIFIED_INVOICES_SINCE:
        return True
    return all(
        _REGISTRATION.fullmatch(scheme["value"])
        for scheme in _tax_schemes(record["seller"])
        if scheme["scheme"].upper() == "VAT"
    )


def _line_periods_inside(record: Record, _flavour: Flavour) -> bool:
    first, last = record.get("period_start"), record.get("period_end")
    return all(
        not (first and line.get("period_start") and str(line["period_start"]) < str(first))
        and not (last and line.get("period_end") and str(line["period_end"]) > str(last))
        for line in record["lines"]
    )


def _untaxed_rates(record: Record, _flavour: Flavour) -> bool:
    return not any(
        str(item["tax_category"]) in _UNTAXED and item.get("tax_rate")
        for item in [*record["lines"], *(record.get("adjustments") or ())]
    )


def _prices(record: Record, _flavour: Flavour) -> bool:
    return all(line["unit_price"] >= 0 and (line["gross_price"] or 0) >= 0 for line in record["lines"])


def _base_units(record: Record, _flavour: Flavour) -> bool:
    return all(line["price_base_unit"] in ("", line["unit_code"]) for line in record["lines"])


DEMANDS = (
    Demand(
        "ibr-081",
        "cac:AccountingSupplierParty/cac:Party/cbc:EndpointID",
        _("The seller has no electronic address. Enter a corporate number or a Peppol address for the seller."),
        lambda record, _flavour: bool((record["seller"].get("endpoint") or {}).get("scheme")),
    ),
    Demand(
        "ibr-080",
        "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID",
        _("The buyer has no electronic address. Enter a corporate number or a Peppol address for the buyer."),
        lambda record, _flavour: bool((record["buyer"].get("endpoint") or {}).get("scheme")),
    ),
    Demand(
        "ibr-co-26",
        "cac:AccountingSupplierParty/cac:Party",
        _("Nothing identifies the seller. Enter a corporate number, a registration number or another identifier."),
        _seller_identified,
    ),
    Demand(
        "aligned-ibr-jp-04",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID",
        _(
            "A registration number of the seller goes with every qualified invoice, and never with the invoice of a "
            "seller that is not registered. Correct the number, or the kind of invoice."
        ),
        _seller_registered,
    ),
    Demand(
        "aligned-ibr-jp-01",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID",
        _("The seller's registration number must be T and 13 digits for supplies since 2023-10-01."),
        _registration_form,
    ),
    Demand(
        "ibr-085, ibr-086",
        "cac:InvoiceLine/cac:InvoicePeriod",
        _("A line is dated outside the period of the invoice. Widen the period, or correct the date of the line."),
        _line_periods_inside,
    ),
    Demand(
        "aligned-ibrp-e-05, g-05, o-05",
        "cac:ClassifiedTaxCategory/cbc:Percent",
        _("A tax rate goes with an exempt, export or out-of-scope item. Clear the rate, or choose another category."),
        _untaxed_rates,
    ),
    Demand(
        "ibr-027, ibr-028",
        "cac:Price/cbc:PriceAmount",
        _("A price is negative. Make the quantity negative instead."),
        _prices,
    ),
    Demand(
        "ibr-088",
        "cac:Price/cbc:BaseQuantity",
        _("A price is for a quantity in another unit than the line. Use the unit of the line for both."),
        _base_units,
    ),
    Demand(
        "aligned-ibr-jp-05",
        "cbc:TaxCurrencyCode",
        _("Tax can be stated in yen only. Choose JPY as the tax currency, or none."),
        lambda record, _flavour: record["tax_currency"] in ("", "JPY"),
    ),
    *PAYMENT_DEMANDS,
    *REFERENCE_DEMANDS,
)
