"""What the bank says came in (入出金取引明細): taken in once however often the file comes, and taken back whole."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from torihiki.crypto.digest import sha256_hex
from torihiki.exchange.numbering import TOKYO
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.canonical import canonical_json
from torihiki.lib.ids import new_id
from torihiki.lib.zengin import Entry, Movements, NotZengin, read_statement
from torihiki.services.payments.access import access_own_accounts, access_receipts, access_statement
from torihiki.services.payments.events import PaymentEvent
from torihiki.services.payments.models import BankAccount, BankLine, Statement
from torihiki.services.payments.refusals import MovedOn, StatementUnfit
from torihiki.services.payments.spec import PREPARE, entitled
from torihiki.tenancy.actor import Actor

STATEMENT = "bank_statement"
BYTES_MAX = 4 * 2**20


def take_statement(actor: Actor, *, name: str, content: bytes, at: datetime) -> list[Statement]:
    """Every account of the file, all or none; receipts that are known already add nothing. Raises StatementUnfit,
    RoleMayNot."""
    with attempt(PaymentEvent.STATEMENT_TAKEN, actor, subject_type=STATEMENT):
        actor = entitled(actor, PREPARE)
        if len(content) > BYTES_MAX:
            raise StatementUnfit(_("The file is larger than 4 MiB. Ask the bank for a shorter period."))
        try:
            found = read_statement(content, near=at.astimezone(TOKYO).date())
        except NotZengin as problem:
            words = _(
                "This is no account statement in the Zengin format (200 bytes), or it is damaged."
                " Download it from the bank again."
            )
            raise StatementUnfit(words) from problem
        own = {(each.bank, each.branch, each.number): each for each in access_own_accounts(actor)}
        return [_take(actor, own, movements, name, at=at) for movements in found]


def take_back_statement(actor: Actor, statement_id: UUID, *, at: datetime) -> None:
    """As long as nothing of it is matched. Raises NothingHere, RoleMayNot, MovedOn, StatementUnfit."""
    with attempt(PaymentEvent.STATEMENT_UNDONE, actor, subject_type=STATEMENT, subject_id=statement_id):
        actor = entitled(actor, PREPARE)
        statement = access_statement(actor, statement_id)
        if statement.undone_at is not None:
            raise MovedOn
        lines = access_receipts(actor).filter(statement=statement).select_for_update(of=("self",))
        matched = sum(line.used > 0 for line in lines)
        if matched:
            words = ngettext(
                "%(n)d receipt of it is matched. Undo that first.",
                "%(n)d receipts of it are matched. Undo that first.",
                matched,
            )
            raise StatementUnfit(words % {"n": matched})
        BankLine.objects.filter(company_id=actor.company, statement=statement).update(is_live=False)
        statement.undone_at, statement.undone_name = at, actor.name
        statement.save(update_fields=["undone_at", "undone_name"])
        _note(PaymentEvent.STATEMENT_UNDONE, actor, statement, at=at)


def _take(
    actor: Actor, own: dict[tuple[str, str, str], BankAccount], movements: Movements, name: str, *, at: datetime
) -> Statement:
    account = own.get((movements.bank, movements.branch, movements.number))
    if account is None:
        where = {"bank": movements.bank, "branch": movements.branch, "number": movements.number}
        raise StatementUnfit(
            _("%(bank)s-%(branch)s %(number)s is none of your own accounts. Enter the account first.") % where
        )
    credits = [entry for entry in movements.entries if entry.is_credit and entry.yen > 0]
    keyed = dict(_keyed(credits))
    known = access_receipts(actor).filter(account=account, key__in=list(keyed)).values_list("key", flat=True)
    for key in list(known):
        del keyed[key]
    statement = Statement(
        company_id=actor.company,
        account=account,
        name=name[:200],
        entries=len(credits),
        taken=len(keyed),
        yen=sum(entry.yen for entry in keyed.values()),
        taken_name=actor.name,
        taken_at=at,
    )
    statement.save(force_insert=True)
    lines = [
        BankLine(
            id=new_id(),
            company_id=actor.company,
            statement=statement,
            account=account,
            key=key,
            on=entry.on,
            yen=entry.yen,
            payer=entry.payer[:48],
            note=" ".join(filter(None, (entry.note, entry.edi)))[:48],
        )
        for key, entry in keyed.items()
    ]
    BankLine.objects.bulk_create(lines, ignore_conflicts=True, batch_size=2_000)
    _note(PaymentEvent.STATEMENT_TAKEN, actor, statement, at=at)
    return statement


def _keyed(entries: list[Entry]) -> Iterator[tuple[str, Entry]]:
    """By what the bank says of each; two that are alike on one day are two, by their order."""
    met: Counter[bytes] = Counter()
    for entry in entries:
        said = canonical_json([entry.on.isoformat(), entry.yen, entry.payer, entry.reference, entry.note, entry.edi])
        met[said] += 1
        yield sha256_hex(said + str(met[said]).encode()), entry


def _note(event: PaymentEvent, actor: Actor, statement: Statement, *, at: datetime) -> None:
    record(
        event,
        actor,
        at=at,
        subject_type=STATEMENT,
        subject_id=statement.pk,
        subject_label=statement.name,
        data={"entries": statement.entries, "taken": statement.taken, "yen": statement.yen},
    )
