"""Files on documents: unreadable in the tables, read by both sides once they were sent, and never changed unnoticed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from tests.portal import edit, internally, led_to, page_of, write
from tests.world import Desk
from torihiki.exchange.actions.attachments import FILES_PER_DOCUMENT_MAX, PLAIN_CHUNK
from torihiki.exchange.models import Attachment, AttachmentChunk, AttachmentKey
from torihiki.tenancy import roles

SECRET = b"confidential drawing 7f3a "
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def attach(desk: Desk, document_id: UUID, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content)
    return desk.post(reverse("document-add-file", args=[document_id]), {"file": file}, follow=True)


def files_of(desk: Desk, document_id: UUID) -> list[Attachment]:
    with desk.acting():
        return list(Attachment.objects.filter(document_id=document_id).order_by("at", "id"))


def address(document_id: UUID, file: Attachment) -> str:
    return reverse("document-file", args=[document_id, file.pk])


def test_a_file_is_read_by_both_sides_after_sending_and_not_before(
    issuer: Desk, receiver: Desk, stranger: Desk
) -> None:
    draft = write(issuer, "invoice", to=[receiver], do="save")
    content = SECRET * 100_000  # several chunks
    assert len(content) > PLAIN_CHUNK * 2
    attach(issuer, draft, "図面.pdf", content)
    (file,) = files_of(issuer, draft)
    assert issuer.get(address(draft, file)).content == content
    assert receiver.get(address(draft, file)).status_code == 404
    assert files_of(receiver, draft) == []

    led_to(edit(issuer, draft))
    for desk in (issuer, receiver, receiver.viewer):
        answer = desk.get(address(draft, file))
        assert answer.content == content
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert "図面.pdf" in page_of(receiver, draft)
    assert stranger.get(address(draft, file)).status_code == 404
    assert receiver.get(address(uuid4(), file)).status_code == 404
    named = receiver.get(reverse("document-json", args=[draft])).json()["files"]
    assert [(entry["name"], entry["sha256"]) for entry in named] == [("図面.pdf", file.sha256)]


def test_a_file_of_the_next_version_stays_here_until_it_is_sent(issuer: Desk, receiver: Desk) -> None:
    quote = write(issuer, "quote", to=[receiver])
    led_to(internally(issuer, quote, "revise"))
    attach(issuer, quote, "改訂.pdf", SECRET)
    (file,) = files_of(issuer, quote)
    assert receiver.get(address(quote, file)).status_code == 404
    assert "改訂.pdf" not in page_of(receiver, quote)
    assert internally(issuer, quote, "discard").status_code == 302
    assert files_of(issuer, quote) == []

    led_to(internally(issuer, quote, "revise"))
    attach(issuer, quote, "改訂.pdf", SECRET)
    led_to(edit(issuer, quote, reason="図面を追加"))
    (file,) = files_of(receiver, quote)
    assert receiver.get(address(quote, file)).content == SECRET
    drop = reverse("document-drop-file", args=[quote, file.pk])
    assert issuer.post(drop).status_code == 409  # what was sent stays
    assert receiver.post(drop).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_no_table_holds_a_file_in_the_clear(
    issuer: Desk, receiver: Desk, connect_as: Callable[[str], psycopg.Connection[Any]]
) -> None:
    draft = write(issuer, "invoice", to=[receiver], do="save")
    attach(issuer, draft, "秘密.txt", SECRET * 3)
    led_to(edit(issuer, draft))
    everything = connect_as(roles.MIGRATION)
    needles = [SECRET.decode(), SECRET.hex(), "\\x" + SECRET.hex()]
    looked_at = 0
    for (table,) in everything.execute(TABLES).fetchall():
        count = psycopg.sql.SQL("SELECT count(*), count(*) FILTER (WHERE t::text LIKE ANY (%s)) FROM {} t")
        row = everything.execute(
            count.format(psycopg.sql.Identifier(table)), [[f"%{needle.replace(chr(92), '')}%" for needle in needles]]
        ).fetchone()
        assert row is not None
        looked_at += row[0]
        assert row[1] == 0, table
    assert looked_at > 100
    assert everything.execute("SELECT count(*) FROM exchange_attachmentchunk").fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["first", "middle", "last", "moved", "cut off"])
def test_a_changed_byte_is_a_clear_failure_and_never_a_file(
    place: str, issuer: Desk, receiver: Desk, connect_as: Callable[[str], psycopg.Connection[Any]]
) -> None:
    draft = write(issuer, "invoice", to=[receiver], do="save")
    attach(issuer, draft, "a.txt", SECRET * 60_000)
    led_to(edit(issuer, draft))
    (file,) = files_of(receiver, draft)
    tamper = {
        "first": "SET ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1)",
        "middle": "SET ciphertext = set_byte(ciphertext, 500, get_byte(ciphertext, 500) # 1)",
        "last": "SET ciphertext = set_byte(ciphertext, length(ciphertext) - 1,"
        " get_byte(ciphertext, length(ciphertext) - 1) # 128)",
        "moved": "SET position = position + 7",
    }.get(place)
    with connect_as(roles.MIGRATION) as everything:
        if tamper:
            everything.execute(f"UPDATE exchange_attachmentchunk {tamper} WHERE position = 0")
        else:
            everything.execute("DELETE FROM exchange_attachmentchunk WHERE position = 1")
    for desk in (issuer, receiver):
        answer = desk.get(address(draft, file))
        assert answer.status_code == 409
        assert SECRET not in answer.content
        assert "a.txt" in answer.content.decode()


def test_what_is_no_document_file_is_refused_by_name(issuer: Desk, receiver: Desk) -> None:
    draft = write(issuer, "invoice", to=[receiver], do="save")
    for name, content in (
        ("page.html", b"<script>"),
        ("empty.pdf", b""),
        ("noending", b"x"),
        ("big.pdf", b"x" * 10_485_761),
    ):
        answer = attach(issuer, draft, name, content)
        assert files_of(issuer, draft) == []
        assert name in answer.content.decode()
    attach(issuer, draft, "../../etc/passwd.txt", b"x")
    assert [file.name for file in files_of(issuer, draft)] == ["passwd.txt"]
    for number in range(FILES_PER_DOCUMENT_MAX):
        attach(issuer, draft, f"{number}.txt", b"x")
    assert len(files_of(issuer, draft)) == FILES_PER_DOCUMENT_MAX


def test_the_tables_hand_nobody_a_key_or_a_chunk_of_a_file_unsent(issuer: Desk, receiver: Desk) -> None:
    draft = write(issuer, "invoice", to=[receiver], do="save")
    attach(issuer, draft, "a.txt", SECRET)
    (file,) = files_of(issuer, draft)
    with receiver.acting():
        assert AttachmentChunk.objects.count() == AttachmentKey.objects.count() == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            AttachmentKey.objects.create(attachment_id=file.pk, company_id=receiver.company, wrapped=b"mine now")
    led_to(edit(issuer, draft))
    with receiver.acting():
        assert AttachmentKey.objects.get().company_id == receiver.company
