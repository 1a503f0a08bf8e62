"""An invoice is queried, answered, accepted, given back; or rejected, cancelled and made anew; or approved first."""

import hashlib
import json
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from tests.portal import (
    act,
    deliver,
    does,
    edit,
    internally,
    led_to,
    number_of,
    page_of,
    remark,
    state_of,
    view_of,
    write,
    write_from,
)
from tests.world import Desk
from torihiki.exchange.bodies import Contact, PartyDetails
from torihiki.exchange.models import Draft, Transition, Version
from torihiki.exchange.partners.actions import add_external_partner
from torihiki.identity.models import Company


def test_an_invoice_is_queried_answered_and_accepted(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    invoice = write(issuer, "invoice", to=[receiver])
    number = number_of(issuer, invoice)
    assert stranger.get(reverse("document", args=[invoice])).status_code == 404
    assert "未開封" in page_of(issuer, invoice)
    assert number in page_of(receiver, invoice)
    with receiver.acting():
        opened = Version.objects.get(document_id=invoice).document.recipients.get().opened_at
    assert opened is not None
    assert receiver.events().count("document.opened") == 1
    assert not_opened() not in page_of(issuer, invoice)
    page_of(receiver, invoice)
    assert receiver.events().count("document.opened") == 1

    does(receiver, invoice, "query", "単価が見積と違うようです")
    assert (view_of(issuer, invoice).waiting, view_of(receiver, invoice).waiting) == ("us", "them")
    assert act(issuer, invoice, "withdraw", "理由").status_code == 409  # the other side has answered
    does(issuer, invoice, "answer", "10月改定の単価です")
    does(receiver, invoice, "accept")
    for desk in (issuer, receiver):
        page = page_of(desk, invoice)
        assert "単価が見積と違うようです" in page
        assert "10月改定の単価です" in page
    for step in ("reject", "query", "accept"):
        assert act(receiver, invoice, step, "理由").status_code == 409
    for step in ("withdraw", "cancel"):
        assert act(issuer, invoice, step, "理由").status_code == 409


def test_only_a_credit_note_gives_back_what_was_accepted(issuer: Desk, receiver: Desk) -> None:
    invoice = write(issuer, "invoice", to=[receiver])
    assert issuer.get(f"{reverse('document-new', args=['credit_note'])}?source={invoice}").status_code == 409
    does(receiver, invoice, "accept")
    assert receiver.get(f"{reverse('document-new', args=['credit_note'])}?source={invoice}").status_code == 409

    note = write_from(issuer, "credit_note", invoice)
    total, back = view_of(receiver, invoice).amount_minor, view_of(receiver, note).amount_minor
    assert total is not None
    assert back == -total  # all of it, to the yen
    assert number_of(issuer, invoice) in page_of(receiver, note)
    partly = write_from(issuer, "credit_note", invoice, **{"lines-0-quantity": "-1", "lines-1-DELETE": "on"})
    assert number_of(issuer, partly) != number_of(issuer, note)


def test_a_rejected_invoice_is_cancelled_and_made_anew(issuer: Desk, receiver: Desk) -> None:
    invoice = write(issuer, "invoice", to=[receiver])
    assert act(receiver, invoice, "reject", "  ").status_code == 422
    does(receiver, invoice, "reject", "数量が違います")
    does(issuer, invoice, "cancel", "訂正して発行します")
    corrected = write_from(issuer, "invoice", invoice, **{"lines-0-quantity": "19"})
    sent = receiver.get(reverse("document-json", args=[corrected])).json()
    assert sent["body"]["preceding"][0]["number"] == number_of(issuer, invoice)
    assert [line["line_id"] for line in sent["body"]["lines"]] == ["1", "2", "3"]
    assert number_of(issuer, corrected).endswith("000002")
    assert state_of(receiver, invoice) == "cancelled"
    assert number_of(issuer, invoice) in page_of(receiver, corrected)

    again = f"{reverse('document-new', args=['invoice'])}?source={invoice}"
    assert (issuer.get(again).status_code, issuer.post(again, {"do": "send"}).status_code) == (409, 409)  # once


def test_what_was_sent_never_changes_and_each_version_names_the_one_before(issuer: Desk, receiver: Desk) -> None:
    quote = write(issuer, "quote", to=[receiver])
    first = receiver.get(reverse("document-json", args=[quote])).content
    led_to(internally(issuer, quote, "revise"))
    led_to(edit(issuer, quote, do="save", subject="改訂中の秘密"))
    assert receiver.get(reverse("document-json", args=[quote])).content == first
    assert "改訂中の秘密" not in page_of(receiver, quote)
    answer = edit(issuer, quote, reason="値下げ", **{"lines-0-unit_price": "380000", "lines-1-DELETE": "on"})
    led_to(answer)

    assert receiver.get(reverse("document-json", args=[quote]), {"version": "1"}).content == first
    second = receiver.get(reverse("document-json", args=[quote])).content
    assert json.loads(second)["previous_sha256"] == hashlib.sha256(first).hexdigest()
    assert [line["line_id"] for line in json.loads(second)["body"]["lines"]] == ["1", "3"]
    with receiver.acting():
        for version in Version.objects.filter(document_id=quote):
            assert hashlib.sha256(bytes(version.payload)).hexdigest() == version.sha256
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Version.objects.filter(document_id=quote).update(reason="あとから")


def test_a_withdrawn_invoice_stays_readable_and_closed(issuer: Desk, receiver: Desk) -> None:
    invoice = write(issuer, "invoice", to=[receiver])
    does(issuer, invoice, "withdraw", "宛先違い")
    assert "宛先違い" in page_of(receiver, invoice)
    assert act(receiver, invoice, "accept").status_code == 409


def not_opened() -> str:
    with translation.override("ja"):
        return translation.gettext("not opened yet")


# ---- approval inside one company


@pytest.fixture
def careful(issuer: Desk) -> Desk:
    """The issuer, where invoices leave only after an approval."""
    with issuer.acting() as actor:
        Company.objects.filter(pk=actor.company).update(approval_kinds=["invoice"])
    return issuer


def shown_hash(desk: Desk, document_id: UUID) -> str:
    """The hash behind the button that this approver sees."""
    page = desk.get(reverse("document", args=[document_id]))
    return str(page.context["draft_sha256"])


def test_an_invoice_leaves_only_as_it_was_approved(careful: Desk, receiver: Desk) -> None:
    clerk, approver = careful.clerk, careful.approver
    draft = write(clerk, "invoice", to=[receiver], do="save")
    assert edit(clerk, draft).status_code == 409  # not without an approval
    led_to(edit(clerk, draft, do="submit"))
    assert view_of(clerk, draft).internal_state == "in_approval"
    for own in (clerk, careful.viewer):
        assert internally(own, draft, "approve", sha256=shown_hash(own, draft)).status_code == 403
    assert internally(approver, draft, "approve", sha256="0" * 64).status_code == 409
    assert internally(approver, draft, "approve", sha256=shown_hash(approver, draft)).status_code == 302
    assert view_of(clerk, draft).internal_state == "ready"

    led_to(edit(clerk, draft, do="save", subject="承認後の書き換え"))  # voids it
    assert view_of(clerk, draft).internal_state == "draft"
    revision = shown_revision(clerk, draft)
    assert clerk.post(reverse("document-send", args=[draft]), {"revision": revision}).status_code == 409
    led_to(edit(clerk, draft, do="submit"))
    approved = shown_hash(approver, draft)
    assert internally(approver, draft, "approve", sha256=approved).status_code == 302
    assert receiver.get(reverse("document", args=[draft])).status_code == 404
    data = {"revision": shown_revision(clerk, draft), "key": str(uuid4())}
    led_to(clerk.post(reverse("document-send", args=[draft]), data))
    assert "承認後の書き換え" in page_of(receiver, draft)
    for trace in ("submit", "approve", "承認 次郎"):
        assert trace not in receiver.get(reverse("document", args=[draft])).content.decode()
    with receiver.acting():
        assert set(Transition.objects.filter(document_id=draft).values_list("name", flat=True)) == {"send"}


def shown_revision(desk: Desk, document_id: UUID) -> int:
    with desk.acting():
        return Draft.objects.get(document_id=document_id).revision


def test_a_file_that_is_swapped_after_the_approval_voids_it(careful: Desk, receiver: Desk) -> None:
    clerk, approver = careful.clerk, careful.approver
    draft = write(clerk, "invoice", to=[receiver], do="save")
    add = reverse("document-add-file", args=[draft])
    clerk.post(add, {"file": SimpleUploadedFile("明細.txt", b"what the approver sees")})
    led_to(edit(clerk, draft, do="submit"))
    before = shown_hash(approver, draft)
    clerk.post(add, {"file": SimpleUploadedFile("追加.txt", b"what nobody approved")})
    assert internally(approver, draft, "approve", sha256=before).status_code == 409

    led_to(edit(clerk, draft, do="submit"))
    assert internally(approver, draft, "approve", sha256=shown_hash(approver, draft)).status_code == 302
    clerk.post(add, {"file": SimpleUploadedFile("後から.txt", b"what nobody approved either")})
    sent = clerk.post(reverse("document-send", args=[draft]), {"revision": shown_revision(clerk, draft)})
    assert sent.status_code == 409
    assert view_of(clerk, draft).internal_state == "draft"


def test_nobody_approves_what_they_submitted(careful: Desk, receiver: Desk) -> None:
    approver = careful.approver
    draft = write(approver, "invoice", to=[receiver], do="submit")
    own = internally(approver, draft, "approve", sha256=shown_hash(approver, draft))
    assert own.status_code == 403
    assert view_of(approver, draft).internal_state == "in_approval"
    assert internally(careful, draft, "approve", sha256=shown_hash(careful, draft)).status_code == 302


def test_a_return_says_why_and_its_author_alone_takes_back_without(careful: Desk, receiver: Desk) -> None:
    clerk, approver = careful.clerk, careful.approver
    draft = write(clerk, "invoice", to=[receiver], do="submit")
    assert internally(approver, draft, "return", reason=" ").status_code == 422
    assert internally(approver, draft, "return", reason="税区分を確認").status_code == 302
    assert "税区分を確認" in clerk.get(reverse("document-edit", args=[draft])).content.decode()
    led_to(edit(clerk, draft, do="submit"))
    shown = shown_hash(approver, draft)
    assert internally(clerk, draft, "return").status_code == 302
    assert view_of(clerk, draft).internal_state == "draft"
    assert internally(approver, draft, "approve", sha256=shown).status_code == 409


# ---- to a company that is not on the platform


@pytest.fixture
def outsider(issuer: Desk) -> UUID:
    details = PartyDetails(name="有限会社すずめ食堂", contact=Contact(name="鈴木", email="suzume@outside.example"))
    with issuer.acting() as actor:
        return add_external_partner(actor, details, at=timezone.now()).party_id


def test_an_invoice_to_an_outsider_leaves_by_mail_with_its_paper(issuer: Desk, outsider: UUID) -> None:
    invoice = write(issuer, "invoice", to=[outsider])
    assert mail.outbox == []  # after the commit, not in it
    (letter,) = deliver(issuer)
    assert letter.to == ["suzume@outside.example"]
    ((name, content, kind),) = letter.attachments
    assert (name, kind) == (f"{number_of(issuer, invoice)}.pdf", "application/pdf")
    reader = PdfReader(BytesIO(content))
    assert number_of(issuer, invoice) in "".join(page.extract_text() for page in reader.pages)
    assert deliver(issuer) == []

    does(issuer, invoice, "accept", "電話で確認")  # on its behalf
    assert "有限会社すずめ食堂" in page_of(issuer, invoice)
    with issuer.acting():
        step = Transition.objects.get(document_id=invoice, name="accept")
    assert step.on_behalf_of == "有限会社すずめ食堂"
    assert state_of(issuer, invoice) == "accepted"


def test_several_outsiders_each_get_one_mail(issuer: Desk, receiver: Desk, outsider: UUID) -> None:
    details = PartyDetails(name="つばめ食堂", contact=Contact(email="tsubame@outside.example"))
    with issuer.acting() as actor:
        other = add_external_partner(actor, details, at=timezone.now()).party_id
    write(issuer, "rfq", to=[outsider, other, receiver])
    mails = [letter for letter in deliver(issuer) if letter.to[0].endswith("@outside.example")]
    assert sorted(letter.to[0] for letter in mails) == ["suzume@outside.example", "tsubame@outside.example"]


def test_nobody_acts_for_a_member(issuer: Desk, receiver: Desk) -> None:
    invoice = write(issuer, "invoice", to=[receiver])
    for step in ("accept", "reject", "query"):
        assert act(issuer, invoice, step, "理由").status_code == 409
    assert state_of(issuer, invoice) == "issued"


def test_an_internal_remark_and_an_unsent_file_are_never_seen_over_there(issuer: Desk, receiver: Desk) -> None:
    draft = write(issuer, "invoice", to=[receiver], do="save")
    issuer.post(reverse("document-comment", args=[draft]), {"text": "ZQ-draft", "shared": "no"})
    led_to(edit(issuer, draft))
    remark(issuer, draft, "ZQ-issuer", shared=False)
    remark(receiver, draft, "ZQ-receiver", shared=False)
    remark(receiver, draft, "ZQ-shared", shared=True)
    marks = ("ZQ-draft", "ZQ-issuer", "ZQ-receiver", "ZQ-shared")
    heard = {desk.key: {mark for mark in marks if mark in page_of(desk, draft)} for desk in (issuer, receiver)}
    assert heard == {issuer.key: {"ZQ-draft", "ZQ-issuer", "ZQ-shared"}, receiver.key: {"ZQ-receiver", "ZQ-shared"}}
