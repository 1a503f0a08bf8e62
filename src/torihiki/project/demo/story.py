"""What happened in the demo's last months, told with the actions that its people would have used."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from torihiki.exchange.access import access_document, access_draft, access_recipients, access_versions
from torihiki.exchange.actions.drafts import save_draft, start_draft, start_revision, submit_draft
from torihiki.exchange.actions.intake import take_in
from torihiki.exchange.actions.remarks import comment
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import take_step
from torihiki.exchange.models import Party
from torihiki.exchange.papers import read_sent
from torihiki.exchange.partners.access import access_invitation_by_token
from torihiki.exchange.partners.actions import accept_partner, invite_partner
from torihiki.exchange.partners.actions.invitations import INVITATION
from torihiki.exchange.specs import KINDS
from torihiki.identity.actions import create_company
from torihiki.identity.actions.companies import NewPerson, make_account, set_approval_kinds
from torihiki.identity.actions.signing import actor_of
from torihiki.identity.keys import link_token
from torihiki.identity.models import Member
from torihiki.identity.permissions import PERMISSIONS, Role
from torihiki.lib.ids import new_id
from torihiki.project.demo import papers
from torihiki.project.demo.people import AOBA, COMPANIES, HIDAMARI, MINATO, PASSWORD, PRINTER, SATO, DemoCompany
from torihiki.tenancy.actor import NOBODY, Actor, scope

Staff = dict[str, Actor]  # by role


def load(*, now: datetime) -> None:
    """Make the companies and their documents, the oldest three months before `now`. On an empty database only."""
    begin = now - timedelta(days=100)
    staff = {company.key: _found(company, at=begin) for company in COMPANIES}
    hidamari, aoba, minato, sato = (staff[c.key] for c in (HIDAMARI, AOBA, MINATO, SATO))
    for seller in (aoba, minato, sato):
        _trade(hidamari[Role.ADMINISTRATOR], seller[Role.ADMINISTRATOR], at=begin + timedelta(days=1))
    _kitchen(hidamari, minato, aoba, start=now - timedelta(days=40))
    _open_request(hidamari, (aoba, minato), at=now - timedelta(days=2))
    for months_ago, ending in ((3, "accept"), (2, "accept"), (1, "query"), (0, "")):
        _monthly_invoice(aoba, hidamari, at=now - timedelta(days=30 * months_ago + 4), ending=ending)
    _send(sato[Role.ADMINISTRATOR], "invoice", papers.DESIGN, _party(hidamari), at=now - timedelta(days=6))
    _quote_waiting(aoba, hidamari, at=now - timedelta(days=1))
    with scope(hidamari[Role.CLERK]):
        take_in(
            hidamari[Role.CLERK],
            KINDS["invoice"],
            name="yamate-2026.xml",
            content=papers.printers_invoice(PRINTER, HIDAMARI.details, on=(now - timedelta(days=9)).date()),
            at=now - timedelta(days=8),
        )
    _drafts(aoba, hidamari, at=now - timedelta(hours=3))


def _found(company: DemoCompany, *, at: datetime) -> Staff:
    made = create_company(NOBODY, name=company.details.name, at=at, card=company.details.model_dump(mode="json"))
    staff: Staff = {}
    for role, name in company.people:
        login_id = company.key if role == Role.ADMINISTRATOR else f"{company.key}-{role}"
        member_id, founder = new_id(), Actor(company_id=made.pk, name=name, company_name=made.name)
        person = NewPerson(login_id, PASSWORD, name, f"{login_id}@{company.key}.example")
        actor = _with_account(founder, person, role, member_id, at)
        staff[role] = actor
    return staff


def _with_account(founder: Actor, person: NewPerson, role: Role, member_id: UUID, at: datetime) -> Actor:
    account_id = new_id()
    joining = Actor(
        company_id=founder.company_id,
        account_id=account_id,
        member_id=member_id,
        name=person.name,
        company_name=founder.company_name,
        role=role,
        permissions=PERMISSIONS[role],
    )
    with scope(joining):
        made = make_account(joining, person, at)
        member = Member.objects.create(
            id=member_id,
            company_id=joining.company,
            account_id=made,
            name=person.name,
            email=person.email,
            role=role,
            created_at=at,
        )
        return actor_of(member)


def _trade(inviter: Actor, invitee: Actor, *, at: datetime) -> None:
    with scope(inviter):
        relationship = invite_partner(inviter, email="office@partner.example", at=at)
    token = link_token(INVITATION, relationship.id, relationship.expires_at)
    accept_partner(invitee, access_invitation_by_token(token, at=at), token, at=at)


def _kitchen(buyer: Staff, maker: Staff, other: Staff, *, start: datetime) -> None:
    """A new shop's kitchen: asked of two, quoted, revised, accepted, billed, and a part of it given back."""
    clerk, seller = buyer[Role.CLERK], maker[Role.ADMINISTRATOR]
    day = timedelta(days=1)
    request = _send(clerk, "rfq", papers.KITCHEN_REQUEST, _party(maker), _party(other), at=start)
    _step(
        other[Role.CLERK],
        request,
        "decline",
        at=start + day,
        reason="厨房機器は取り扱っておりません。申し訳ございません。",
    )
    quote = _send_from(seller, "quote", request, papers.KITCHEN_QUOTE, at=start + 2 * day)
    _step(clerk, quote, "request_revision", at=start + 3 * day, reason="冷蔵庫を1台追加した金額でお願いします。")
    with scope(seller):
        start_revision(seller, quote, at=start + 4 * day)
        _resend(seller, quote, papers.KITCHEN_REVISED, reason="冷蔵庫を3台に変更しました。", at=start + 4 * day)
    _step(clerk, quote, "accept", at=start + 5 * day)
    invoice = _send_from(seller, "invoice", quote, None, at=start + 20 * day)
    _step(clerk, invoice, "query", at=start + 21 * day, reason="設置費の内訳を教えてください。")
    _step(seller, invoice, "answer", at=start + 22 * day, reason="搬入2名・設置2名、各1日分です。")
    _step(clerk, invoice, "accept", at=start + 23 * day)
    _send_from(seller, "credit_note", invoice, papers.KITCHEN_RETURN, at=start + 30 * day)


def _open_request(buyer: Staff, sellers: Sequence[Staff], *, at: datetime) -> None:
    request = _send(buyer[Role.CLERK], "rfq", papers.UNIFORM_REQUEST, *map(_party, sellers), at=at)
    _step(
        sellers[0][Role.CLERK], request, "ask", at=at + timedelta(hours=5), reason="サイズの内訳はお決まりでしょうか。"
    )
    with scope(buyer[Role.CLERK]):
        comment(buyer[Role.CLERK], request, text="予算は本部と相談中。", shared=False, at=at + timedelta(hours=6))


def _monthly_invoice(seller: Staff, buyer: Staff, *, at: datetime, ending: str) -> None:
    invoice = _send(seller[Role.CLERK], "invoice", papers.monthly_food(at.month), _party(buyer), at=at)
    if ending:
        reason = "20日納品分の数量が当方の控えと合いません。" if ending == "query" else ""
        _step(buyer[Role.CLERK], invoice, ending, at=at + timedelta(days=2), reason=reason)


def _quote_waiting(seller: Staff, buyer: Staff, *, at: datetime) -> None:
    quote = _send(seller[Role.CLERK], "quote", papers.YEAR_END_QUOTE, _party(buyer), at=at)
    with scope(seller[Role.CLERK]):
        text = "数量がまとまればもう少し勉強できます。ご相談ください。"
        comment(seller[Role.CLERK], quote, text=text, shared=True, at=at + timedelta(hours=1))


def _drafts(seller: Staff, buyer: Staff, *, at: datetime) -> None:
    """Invoices of the wholesaler need an approval: one waits for it, another is still being written."""
    with scope(seller[Role.ADMINISTRATOR]):
        set_approval_kinds(seller[Role.ADMINISTRATOR], ["invoice"], at=at)
    clerk = seller[Role.CLERK]
    with scope(clerk):
        kind, party = KINDS["invoice"], _party(buyer).pk
        waiting = start_draft(clerk, kind, body=papers.monthly_food(at.month, extra=True), recipients=[party], at=at)
        submit_draft(clerk, waiting, revision=1, at=at)
        start_draft(clerk, kind, body={"subject": "年末ギフト 送料"}, recipients=[party], at=at)


def _send(actor: Actor, kind: str, body: Mapping[str, Any], *to: Party, at: datetime) -> UUID:
    with scope(actor):
        document = start_draft(actor, KINDS[kind], body=body, recipients=[party.pk for party in to], at=at)
        send_document(actor, document, revision=1, at=at)
    return document


def _send_from(actor: Actor, kind: str, source: UUID, body: Mapping[str, Any] | None, *, at: datetime) -> UUID:
    """A document made from another; without `body` it says what the source's rule makes of it."""
    with scope(actor):
        if body is not None:
            made = next(s for s in KINDS[kind].sources if s.kind == access_document(actor, source).document.kind)
            sent = read_sent(access_versions(access_document(actor, source))[0])
            body = {**made.build(sent), **body}
        document = start_draft(actor, KINDS[kind], body=body, source_id=source, at=at)
        send_document(actor, document, revision=1, at=at)
    return document


def _resend(actor: Actor, document: UUID, body: Mapping[str, Any], *, reason: str, at: datetime) -> None:
    draft = access_draft(access_document(actor, document))
    assert draft is not None, "a revision was just begun"
    revision = save_draft(
        actor, document, body={**draft.body, **body}, recipients=draft.recipients, revision=1, reason=reason, at=at
    )
    send_document(actor, document, revision=revision, at=at)


def _step(actor: Actor, document: UUID, name: str, *, at: datetime, reason: str = "") -> None:
    with scope(actor):
        seen = access_document(actor, document)
        recipient = access_recipients(seen)[0].pk
        take_step(actor, document, name, at=at, version=seen.document.version, reason=reason, recipient_id=recipient)


def _party(staff: Staff) -> Party:
    actor = staff[Role.ADMINISTRATOR]
    with scope(actor):
        return Party.objects.get(company_id=actor.company)
