"""Who may see, change and write which row, said a second time and differently from the policies.

The policies go by `PartyView`; this goes by whose document it is and to whom it was sent. The tests hold one against
the other, as the superuser who sees everything against the role that serves.
"""

from torihiki.tenancy.row_security import ByFunctionOnly, FourEyes, OperatorOnly, Owned, Personal, TableClass

NONE = "false"
ALL = "true"
ME = "%(company)s::uuid"
PERSON = "%(account)s::uuid"

DOCUMENT = (
    "EXISTS (SELECT 1 FROM exchange_document d WHERE d.id = {id} AND (d.owner_id = " + ME + " OR (d.version > 0 AND"
    " EXISTS (SELECT 1 FROM exchange_recipient r WHERE r.document_id = d.id AND r.company_id = " + ME + "))))"
)
OWN_DOCUMENT = "EXISTS (SELECT 1 FROM exchange_document d WHERE d.id = {id} AND d.owner_id = " + ME + ")"
BETWEEN_US = (
    "EXISTS (SELECT 1 FROM exchange_relationship r WHERE r.id = t.relationship_id AND "
    + ME
    + " IN (r.inviter_id, r.invitee_id))"
)
SPOKEN = (
    f"t.company_id = {ME} OR (t.shared AND coalesce(t.audience_id, {ME}) = {ME}"
    f" AND {DOCUMENT.format(id='t.document_id')})"
)
SHARED_FILE = "t.company_id = " + ME + " OR (t.shared_from IS NOT NULL AND " + DOCUMENT.format(id="t.document_id") + ")"
MINE = f"t.company_id = {ME}"

SHOWN = f"{PERSON} IS NOT NULL AND t.released_at < now() AND t.withdrawn_at IS NULL AND t.starts_at < now()"

SEEN = {
    "announcements_announcement": SHOWN,
    "announcements_reading": MINE,
    "identity_company": f"t.id = {ME} OR EXISTS (SELECT 1 FROM identity_member m"
    f" WHERE m.company_id = t.id AND m.account_id = {PERSON})",
    "identity_member": f"t.company_id = {ME} OR t.account_id = {PERSON}",
    "identity_policyversion": f"t.company_id = {ME} OR EXISTS (SELECT 1 FROM identity_member m"
    f" WHERE m.company_id = t.company_id AND m.account_id = {PERSON})",
    "exchange_party": f"t.company_id = {ME} OR t.owner_id = {ME} OR EXISTS (SELECT 1 FROM exchange_relationship r"
    f" WHERE r.state NOT IN ('invited', 'declined', 'withdrawn')"
    f" AND {ME} IN (r.inviter_id, r.invitee_id) AND t.company_id IN (r.inviter_id, r.invitee_id))",
    "exchange_relationship": f"{ME} IN (t.inviter_id, t.invitee_id)",
    "exchange_terms": BETWEEN_US,
    "exchange_partner": MINE,
    "exchange_document": DOCUMENT.format(id="t.id"),
    "exchange_recipient": f"t.owner_id = {ME} OR t.company_id = {ME}",
    "exchange_partyview": MINE,
    "exchange_draft": MINE,
    "exchange_version": DOCUMENT.format(id="t.document_id"),
    "exchange_line": DOCUMENT.format(id="t.document_id"),
    "exchange_link": f"{DOCUMENT.format(id='t.source_id')} AND {DOCUMENT.format(id='t.target_id')}",
    "exchange_transition": SPOKEN,
    "exchange_comment": SPOKEN,
    "exchange_attachment": SHARED_FILE,
    "exchange_attachmentchunk": "EXISTS (SELECT 1 FROM exchange_attachment a WHERE a.id = t.attachment_id AND ("
    + SHARED_FILE.replace("t.", "a.")
    + "))",
    "exchange_attachmentkey": MINE,
    "exchange_outboxmessage": f"{ME} IN (t.company_id, t.target_id)",
    "ledger_entry": MINE,
}
"""What SELECT shows, by table; the rest follows from the table's class."""

CHANGED = {
    "identity_company": f"t.id = {ME}",
    "identity_member": MINE,
    "identity_policyversion": NONE,
    "exchange_party": f"t.company_id = {ME} OR t.owner_id = {ME}",
    "exchange_document": f"t.owner_id = {ME} OR {DOCUMENT.format(id='t.id')}"
    " AND (SELECT count(*) = 1 FROM exchange_recipient r WHERE r.document_id = t.id)",
    "exchange_terms": f"{BETWEEN_US} AND t.agreed_at IS NULL AND t.declined_at IS NULL",
    "exchange_attachment": f"{MINE} AND t.shared_from IS NULL",
    "exchange_outboxmessage": f"coalesce(t.target_id, t.company_id) = {ME}",
}
"""What UPDATE reaches, where it is not what SELECT shows."""

REMOVED = {
    "exchange_party": f"t.owner_id = {ME}",
    "exchange_recipient": f"t.owner_id = {ME}",
    "exchange_attachment": f"{MINE} AND t.shared_from IS NULL",
    "exchange_attachmentchunk": f"{MINE} AND EXISTS (SELECT 1 FROM exchange_attachment a"
    " WHERE a.id = t.attachment_id AND a.shared_from IS NULL)",
    "identity_member": MINE,
}
"""What DELETE reaches, where it is not what SELECT shows."""

WRITTEN = {
    "identity_account": f"t.id = {PERSON}",
    "identity_company": f"t.id = {ME}",
    "exchange_party": f"t.company_id = {ME} OR t.owner_id = {ME}",
    "exchange_relationship": f"t.inviter_id = {ME}",
    "exchange_terms": f"t.proposed_by = {ME}",
    "exchange_document": f"t.owner_id = {ME}",
    "identity_authenticator": f"t.account_id = {PERSON}",
    "identity_passkey": f"t.account_id = {PERSON}",
    "identity_recoverycode": f"t.account_id = {PERSON}",
    "exchange_recipient": f"t.owner_id = {ME}",
    "exchange_attachmentkey": "EXISTS (SELECT 1 FROM exchange_attachment a WHERE a.id = t.attachment_id"
    f" AND a.company_id = {ME})",
    "exchange_version": OWN_DOCUMENT.format(id="t.document_id"),
    "exchange_line": OWN_DOCUMENT.format(id="t.document_id"),
}
"""Whose row it is: who may have written it. Elsewhere it is `company_id`."""

ITSELF = {"identity_account", "identity_company"}
"""Tables whose row is the company or the person itself: a copy with a new id would be another's."""

SEEN_BY_STAFF = {
    "identity_company": ALL,
    "ledger_entry": f"t.company_id IS NULL OR {MINE}",
    "tenancy_accessgrant": ALL,
    "announcements_announcement": ALL,
    "announcements_reading": NONE,
    "operations_staff": ALL,
    "operations_staffsession": ALL,
    "operations_companyopening": ALL,
}
"""What the console shows under a grant for the company, where it is not what the company itself sees."""


def seen(table: str, table_class: TableClass) -> str:
    if table in SEEN:
        return SEEN[table]
    if isinstance(table_class, ByFunctionOnly | FourEyes | OperatorOnly):
        return NONE
    if isinstance(table_class, Personal):
        return f"t.{table_class.column} = {PERSON}"
    if isinstance(table_class, Owned):
        return f"t.{table_class.column} = {ME}"
    raise KeyError(f"say in tests/entitled.py who sees which rows of {table}")


def changed(table: str, table_class: TableClass) -> str:
    return CHANGED.get(table) or seen(table, table_class)


def removed(table: str, table_class: TableClass) -> str:
    return REMOVED.get(table) or seen(table, table_class)


def written(table: str) -> str:
    return WRITTEN.get(table, MINE)


def seen_by_staff(table: str, table_class: TableClass) -> str:
    return SEEN_BY_STAFF.get(table) or seen(table, table_class)
