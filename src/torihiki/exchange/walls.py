"""Who sees which row of the exchange tables: the policies that the models name and the migration applies.

`PartyView` is the root: one row per company and document. Everything else of a document is visible through it.
A change here needs a migration that protects the table anew; `tests/test_every_table.py` compares both.
"""

from torihiki.tenancy.row_security import GRANTED, ME, Owned, PartyVisible

VIEWED = (
    "EXISTS (SELECT 1 FROM exchange_partyview v WHERE v.company_id = " + ME + " AND v.document_id = {document}{more})"
)
OWN_DOCUMENT = "exchange_owns({document})"  # a function: the owner, too, has its view only after its document
GRANTED_VIEW = (
    "EXISTS (SELECT 1 FROM exchange_partyview v WHERE v.document_id = {document}{more} AND "
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
    insert=f"inviter_id = {ME} AND invitee_id IS NULL AND state = 'invited'",
)
BETWEEN_US = "EXISTS (SELECT 1 FROM exchange_relationship r WHERE r.id = exchange_terms.relationship_id)"
TERMS = PartyVisible(
    # Nobody agrees to an own proposal; what was answered stays as it was answered (trigger exchange_terms_kept).
    commands=("SELECT", "INSERT", "UPDATE (agreed_at, agreed_by_name, declined_at)"),
    read=BETWEEN_US,
    insert=f"proposed_by = {ME} AND agreed_at IS NULL AND declined_at IS NULL AND {BETWEEN_US}",
    updated=f"{BETWEEN_US} AND (agreed_at IS NULL OR proposed_by <> {ME})",
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
    # In its own name only: another company's party as issuer would use up that company's numbers and stand in its outbox.
    # Who does not own it moves its state and nothing else, and only alone with its owner (trigger exchange_document_kept).
    commands=("SELECT", "INSERT", f"UPDATE ({DOCUMENT_COURSE})"),
    read=VIEWED.format(document="exchange_document.id", more=""),
    insert=f"owner_id = {ME} AND CASE WHEN from_outside"
    f" THEN EXISTS (SELECT 1 FROM exchange_partner p WHERE p.company_id = {ME} AND p.party_id = exchange_document.issuer_id)"
    f" ELSE EXISTS (SELECT 1 FROM exchange_party p WHERE p.company_id = {ME} AND p.id = exchange_document.issuer_id) END",
    granted=GRANTED_VIEW.format(document="exchange_document.id", more=""),
)
RECIPIENT = PartyVisible(
    commands=("SELECT", "INSERT", "UPDATE (state, state_since, waits_for, opened_at)", "DELETE"),
    read=f"owner_id = {ME} OR company_id = {ME}",
    insert=f"owner_id = {ME} AND (company_id = {ME} OR EXISTS"
    f" (SELECT 1 FROM exchange_partner p WHERE p.company_id = {ME} AND p.party_id = exchange_recipient.party_id))",
    update=f"owner_id = {ME} OR company_id = {ME}",
    delete=f"owner_id = {ME}",
)
OWN_STATE = (
    "subject, issued_on, due_on, currency, amount_minor, counterparty_id, counterparty_name, counterparties, search,"
    " internal_state, changed_at, read_at, assignee_id, unit_id, settled_at"
)
KNOWN_PARTY = "(counterparty_id IS NULL OR EXISTS (SELECT 1 FROM exchange_party p WHERE p.id = exchange_partyview.counterparty_id))"
PARTY_VIEW = PartyVisible(
    # The view is the permission: a company gives itself one only of a document that it owns, and never moves it to another.
    commands=("SELECT", "INSERT", f"UPDATE ({OWN_STATE})"),
    read=f"company_id = {ME}",
    insert=f"company_id = {ME} AND {KNOWN_PARTY} AND " + OWN_DOCUMENT.format(document="document_id"),
    updated=f"company_id = {ME} AND {KNOWN_PARTY}",
    granted=GRANTED.format(column="company_id"),
)
HANDOVER = Owned(commands=("SELECT", "INSERT", "UPDATE (undone_at)"))
DRAFT = PartyVisible(
    # Of own documents only: there is one draft per document, so that another's could block it and tell that there is one.
    read=f"company_id = {ME}",
    insert=f"company_id = {ME} AND " + OWN_DOCUMENT.format(document="document_id"),
    updated=f"company_id = {ME} AND " + OWN_DOCUMENT.format(document="document_id"),
    delete=f"company_id = {ME}",
    granted=GRANTED.format(column="company_id"),
)
VERSION = PartyVisible(
    commands=("SELECT", "INSERT"),
    read=VIEWED.format(document="exchange_version.document_id", more=" AND v.version_shown >= exchange_version.number"),
    insert=OWN_DOCUMENT.format(document="document_id"),
    granted=GRANTED_VIEW.format(
        document="exchange_version.document_id", more=" AND v.version_shown >= exchange_version.number"
    ),
)
LINE = PartyVisible(
    commands=("SELECT", "INSERT"),
    read=VIEWED.format(
        document="exchange_line.document_id", more=" AND v.version_shown >= exchange_line.version_number"
    ),
    insert=OWN_DOCUMENT.format(document="document_id"),
    granted=GRANTED_VIEW.format(
        document="exchange_line.document_id", more=" AND v.version_shown >= exchange_line.version_number"
    ),
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
    granted=GRANTED.format(column="company_id")
    + " OR (shared AND "
    + GRANTED_VIEW.format(
        document="exchange_transition.document_id",
        more=" AND coalesce(exchange_transition.audience_id, v.company_id) = v.company_id",
    )
    + ")",
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
    insert=f"company_id = {ME} AND CASE WHEN shared_from IS NULL THEN "
    + VIEWED.format(document="exchange_attachment.document_id", more="")
    + f" ELSE {OWN_DOCUMENT.format(document='document_id')} END",
    update=f"company_id = {ME} AND shared_from IS NULL",
    updated=f"company_id = {ME} AND (shared_from IS NULL OR {OWN_DOCUMENT.format(document='document_id')})",
    delete=f"company_id = {ME} AND shared_from IS NULL",
)
UNSHARED = f" AND a.company_id = {ME} AND a.shared_from IS NULL"
ATTACHMENT_CHUNK = PartyVisible(
    commands=("SELECT", "INSERT", "DELETE"),
    read=ATTACHMENT_SEEN.format(attachment="exchange_attachmentchunk.attachment_id", more=""),
    # What was sent stays whole; only what came from outside is stored and shared at once.
    insert=f"company_id = {ME} AND "
    + ATTACHMENT_SEEN.format(
        attachment="exchange_attachmentchunk.attachment_id",
        more=f" AND a.company_id = {ME} AND (a.shared_from IS NULL OR a.purpose <> 'attachment')",
    ),
    delete=f"company_id = {ME} AND "
    + ATTACHMENT_SEEN.format(attachment="exchange_attachmentchunk.attachment_id", more=UNSHARED),
)
ATTACHMENT_KEY = PartyVisible(
    commands=("SELECT", "INSERT", "DELETE"),
    read=f"company_id = {ME}",
    insert=ATTACHMENT_SEEN.format(attachment="exchange_attachmentkey.attachment_id", more=f" AND a.company_id = {ME}"),
    delete=f"company_id = {ME}",
)
NUMBER_SERIES = Owned(commands=("SELECT", "INSERT", "UPDATE"))
WRITE_KEY = Owned(commands=("SELECT", "INSERT", "UPDATE (answer)"))
OUTBOX_MESSAGE = PartyVisible(
    commands=("SELECT", "INSERT", "UPDATE (delivered_at)"),
    read=f"company_id = {ME} OR target_id = {ME}",
    insert=f"company_id = {ME} AND " + VIEWED.format(document="exchange_outboxmessage.subject_id", more=""),
    update=f"coalesce(target_id, company_id) = {ME}",  # done when its addressee's members were told
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
