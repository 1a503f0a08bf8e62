"""Who sees which row of the exchange tables: the policies that the models name and the migration applies.

`PartyView` is the root: one row per company and document. Everything else of a document is visible through it.
A change here needs a migration that protects the table anew; `tests/test_every_table.py` compares both.
"""

from torihiki.tenancy.row_security import GRANTED, ME, Owned, PartyVisible

VIEWED = (
    "EXISTS (SELECT 1 FROM exchange_partyview v WHERE v.company_id = " + ME + " AND v.document_id = {document}{more})"
)
GRANTED_VIEW = (
    "EXISTS (SELECT 1 FROM exchange_partyview v WHERE v.document_id = {document} AND "
    + GRANTED.format(column="v.company_id")
    + ")"
)
SPOKEN = "company_id = {me} OR (shared AND (audience_id IS NULL OR audience_id = {me}) AND {viewed})"
ATTACHMENT_SEEN = "EXISTS (SELECT 1 FROM exchange_attachment a WHERE a.id = {attachment}{more})"

PARTY_CARD = "name, name_kana, corporate_number, registration_number, email, details, updated_at"
PARTY = PartyVisible(
    commands=("SELECT", "INSERT", f"UPDATE ({PARTY_CARD})", "DELETE"),
    read=f"company_id = {ME} OR owner_id = {ME}"
    f" OR EXISTS (SELECT 1 FROM exchange_partner p WHERE p.company_id = {ME} AND p.party_id = exchange_party.id)",
    insert=f"(company_id = {ME} AND owner_id IS NULL) OR (owner_id = {ME} AND company_id IS NULL)",
    update=f"company_id = {ME} OR owner_id = {ME}",
    delete=f"owner_id = {ME}",
)
RELATIONSHIP = PartyVisible(
    commands=("SELECT", "INSERT", "UPDATE (state, answered_at, changed_by)"),
    read=f"inviter_id = {ME} OR invitee_id = {ME}",
    insert=f"inviter_id = {ME} AND invitee_id IS NULL",
)
TERMS = PartyVisible(
    commands=("SELECT", "INSERT", "UPDATE (agreed_at, agreed_by_name, declined_at)"),
    read="EXISTS (SELECT 1 FROM exchange_relationship r WHERE r.id = exchange_terms.relationship_id)",
    insert=f"proposed_by = {ME} AND EXISTS"
    " (SELECT 1 FROM exchange_relationship r WHERE r.id = exchange_terms.relationship_id)",
)
PARTNER = PartyVisible(
    # A member becomes a partner only by answering an invitation (exchange_answer_invitation); companies list outsiders freely.
    commands=(
        "SELECT",
        "INSERT",
        "UPDATE (own_code, own_name, search, note, external_terms, archived_at)",
    ),
    read=f"company_id = {ME}",
    insert=f"company_id = {ME} AND relationship_id IS NULL AND exchange_keeps(party_id)",
    granted=GRANTED.format(column="company_id"),
)
DOCUMENT_COURSE = "number, state, state_since, waits_for, version, subject, issued_on, due_on, currency, amount_minor, search, changed_at"
DOCUMENT = PartyVisible(
    commands=("SELECT", "INSERT", f"UPDATE ({DOCUMENT_COURSE})"),
    read=VIEWED.format(document="exchange_document.id", more=""),
    insert=f"owner_id = {ME}",
    granted=GRANTED_VIEW.format(document="exchange_document.id"),
)
RECIPIENT = PartyVisible(
    commands=("SELECT", "INSERT", "UPDATE (state, state_since, waits_for, opened_at)", "DELETE"),
    read=f"owner_id = {ME} OR company_id = {ME}",
    insert=f"owner_id = {ME}",
    update=f"owner_id = {ME} OR company_id = {ME}",
    delete=f"owner_id = {ME}",
)
OWN_STATE = (
    "subject, issued_on, due_on, currency, amount_minor, counterparty_id, counterparty_name, counterparties, search,"
    " internal_state, changed_at, read_at, assignee_id, unit_id"
)
PARTY_VIEW = PartyVisible(
    # The view is the permission: a company gives itself one only of a document that it owns, and never moves it to another.
    commands=("SELECT", "INSERT", f"UPDATE ({OWN_STATE})"),
    read=f"company_id = {ME}",
    insert=f"company_id = {ME} AND exchange_owns(document_id)",
    granted=GRANTED.format(column="company_id"),
)
DRAFT = Owned()
VERSION = PartyVisible(
    commands=("SELECT", "INSERT"),
    read=VIEWED.format(document="exchange_version.document_id", more=" AND v.version_shown >= exchange_version.number"),
    insert=VIEWED.format(document="exchange_version.document_id", more=""),
    granted=GRANTED_VIEW.format(document="exchange_version.document_id"),
)
LINE = PartyVisible(
    commands=("SELECT", "INSERT"),
    read=VIEWED.format(
        document="exchange_line.document_id", more=" AND v.version_shown >= exchange_line.version_number"
    ),
    insert=VIEWED.format(document="exchange_line.document_id", more=""),
    granted=GRANTED_VIEW.format(document="exchange_line.document_id"),
)
LINK = PartyVisible(
    commands=("SELECT", "INSERT"),
    read=VIEWED.format(document="exchange_link.source_id", more="")
    + " AND "
    + VIEWED.format(document="exchange_link.target_id", more=""),
    insert=f"company_id = {ME} AND "
    + VIEWED.format(document="exchange_link.source_id", more="")
    + " AND "
    + VIEWED.format(document="exchange_link.target_id", more=""),
)
TRANSITION = PartyVisible(
    commands=("SELECT", "INSERT"),
    read=SPOKEN.format(me=ME, viewed=VIEWED.format(document="exchange_transition.document_id", more="")),
    insert=f"company_id = {ME} AND " + VIEWED.format(document="exchange_transition.document_id", more=""),
    granted=GRANTED_VIEW.format(document="exchange_transition.document_id"),
)
COMMENT = PartyVisible(
    commands=("SELECT", "INSERT"),
    read=SPOKEN.format(me=ME, viewed=VIEWED.format(document="exchange_comment.document_id", more="")),
    insert=f"company_id = {ME} AND " + VIEWED.format(document="exchange_comment.document_id", more=""),
)
ATTACHMENT = PartyVisible(
    commands=("SELECT", "INSERT", "UPDATE (shared_from)", "DELETE"),
    read=f"company_id = {ME} OR (shared_from IS NOT NULL AND "
    + VIEWED.format(
        document="exchange_attachment.document_id", more=" AND v.version_shown >= exchange_attachment.shared_from"
    )
    + ")",
    insert=f"company_id = {ME} AND " + VIEWED.format(document="exchange_attachment.document_id", more=""),
    update=f"company_id = {ME}",
    delete=f"company_id = {ME} AND shared_from IS NULL",
)
ATTACHMENT_CHUNK = PartyVisible(
    commands=("SELECT", "INSERT", "DELETE"),
    read=ATTACHMENT_SEEN.format(attachment="exchange_attachmentchunk.attachment_id", more=""),
    insert=f"company_id = {ME}",
    delete=f"company_id = {ME}",
)
ATTACHMENT_KEY = PartyVisible(
    commands=("SELECT", "INSERT", "DELETE"),
    read=f"company_id = {ME}",
    insert=ATTACHMENT_SEEN.format(attachment="exchange_attachmentkey.attachment_id", more=f" AND a.company_id = {ME}"),
    delete=f"company_id = {ME}",
)
NUMBER_SERIES = Owned(commands=("SELECT", "INSERT", "UPDATE"))
WRITE_KEY = Owned(commands=("SELECT", "INSERT"))
OUTBOX_MESSAGE = PartyVisible(
    commands=("SELECT", "INSERT", "UPDATE (delivered_at)"),
    read=f"company_id = {ME} OR target_id = {ME}",
    insert=f"company_id = {ME}",
)

TABLES = {
    "exchange_party": PARTY,
    "exchange_relationship": RELATIONSHIP,
    "exchange_terms": TERMS,
    "exchange_partner": PARTNER,
    "exchange_document": DOCUMENT,
    "exchange_recipient": RECIPIENT,
    "exchange_partyview": PARTY_VIEW,
    "exchange_draft": DRAFT,
    "exchange_version": VERSION,
    "exchange_line": LINE,
    "exchange_link": LINK,
    "exchange_transition": TRANSITION,
    "exchange_comment": COMMENT,
    "exchange_attachment": ATTACHMENT,
    "exchange_attachmentchunk": ATTACHMENT_CHUNK,
    "exchange_attachmentkey": ATTACHMENT_KEY,
    "exchange_numberseries": NUMBER_SERIES,
    "exchange_writekey": WRITE_KEY,
    "exchange_outboxmessage": OUTBOX_MESSAGE,
}
