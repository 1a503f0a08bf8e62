"""The kernel's tables. Who sees a row is itself a row: `PartyView`, one per company and document."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

import torihiki.exchange.approvals.models
import torihiki.exchange.webhooks.models  # noqa: F401 - tables of this app, too
from torihiki.exchange import walls
from torihiki.identity.models import Company, Member, Unit
from torihiki.lib.ids import new_id


class Side(models.TextChoices):
    BUYER = "buyer", _("Buyer")
    SELLER = "seller", _("Seller")


class Party(models.Model):
    """A company as others meet it: a member's own card, or an external company that one member keeps (`owner`)."""

    row_security = walls.PARTY

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.OneToOneField(Company, on_delete=models.PROTECT, null=True)
    owner = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="external_parties")
    name = models.CharField(max_length=200)
    name_kana = models.CharField(max_length=200, blank=True)
    corporate_number = models.CharField(max_length=13, blank=True)
    registration_number = models.CharField(max_length=14, blank=True)
    email = models.EmailField(blank=True)
    details = models.JSONField()  # PartyDetails: everything that a document prints of a party
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "parties"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(company__isnull=True) ^ models.Q(owner__isnull=True), name="party_member_or_external"
            ),
            models.UniqueConstraint(fields=["id", "company"], name="party_of_company"),
        ]

    def __str__(self) -> str:
        return self.name


class Relationship(models.Model):
    """Two companies that trade: invited by mail, then accepted. Each keeps its own Partner row for the other."""

    row_security = walls.RELATIONSHIP

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACTIVE = "active", pgettext_lazy("relationship", "Active")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        SUSPENDED = "suspended", _("Suspended")
        ENDED = "ended", _("Ended")

    id = models.UUIDField(primary_key=True, default=new_id)
    inviter = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    invitee = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+")
    external_party = models.UUIDField(null=True)  # the inviter's own record, which the invitee takes over
    state = models.CharField(max_length=20, choices=State.choices, default=State.INVITED)
    email = models.EmailField()
    message = models.TextField(max_length=1_000, blank=True)
    token_hash = models.BinaryField(unique=True)
    invited_by = models.CharField(max_length=100)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    changed_by = models.UUIDField(null=True)  # the company that suspended or ended it

    class Meta:
        indexes = [models.Index(fields=["inviter", "state"]), models.Index(fields=["invitee", "state"])]

    def __str__(self) -> str:
        return f"{self.email} ({self.state})"


class Terms(models.Model):
    """What two companies agreed on closing, payment, rounding and tax: proposed by one, agreed by the other."""

    row_security = walls.TERMS

    id = models.UUIDField(primary_key=True, default=new_id)
    relationship = models.ForeignKey(Relationship, on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveIntegerField()
    body = models.JSONField()  # partners.TermsBody
    proposed_by = models.UUIDField()
    proposed_by_name = models.CharField(max_length=100)
    proposed_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    agreed_by_name = models.CharField(max_length=100, blank=True)
    declined_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "terms"
        constraints = [models.UniqueConstraint(fields=["relationship", "version"], name="terms_version_unique")]

    def __str__(self) -> str:
        return f"{self.relationship_id} v{self.version}"


class Partner(models.Model):
    """One company's own entry for a party it deals with: its code and name for it, never shown to the other side."""

    row_security = walls.PARTNER

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="partners")
    party = models.ForeignKey(Party, on_delete=models.PROTECT)
    relationship = models.ForeignKey(Relationship, on_delete=models.PROTECT, null=True)
    own_code = models.CharField(max_length=40, blank=True)
    own_name = models.CharField(max_length=200, blank=True)
    search = models.CharField(max_length=800)  # normalised names and codes
    note = models.TextField(max_length=2_000, blank=True)
    external_terms = models.JSONField(null=True)  # partners.TermsBody, kept for an external party
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="partner_of_company"),
            models.UniqueConstraint(fields=["company", "party"], name="partner_once"),
            models.UniqueConstraint(
                fields=["company", "own_code"], condition=~models.Q(own_code=""), name="partner_code_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.own_name or self.party.name


class Document(models.Model):
    """What both sides see of a document. An unsent or redrafted body is not here but in `Draft`.

    `owner` is the company that carries it: the issuer, or the receiver of a document taken in from outside.
    """

    row_security = walls.DOCUMENT

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=40)
    owner = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    issuer = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    issuer_side = models.CharField(max_length=10, choices=Side.choices)
    from_outside = models.BooleanField(default=False)
    number = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=30)
    state_since = models.DateTimeField()
    waits_for = models.CharField(max_length=10, blank=True)  # issuer, receiver or nobody
    version = models.PositiveIntegerField(default=0)  # the newest sent one; 0 before sending
    subject = models.CharField(max_length=200, blank=True)
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    currency = models.CharField(max_length=3, default="JPY")
    amount_minor = models.BigIntegerField(null=True)
    search = models.TextField(max_length=2_000, blank=True)  # normalised text of what was sent
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "owner"], name="document_of_owner"),
            models.UniqueConstraint(
                fields=["issuer", "kind", "number"],
                condition=~models.Q(number="") & models.Q(from_outside=False),
                name="document_number_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.id)


class Recipient(models.Model):
    """To whom a document was sent. Where it goes to several, each has a state of its own and sees no other's."""

    row_security = walls.RECIPIENT

    id = models.UUIDField(primary_key=True, default=new_id)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    owner = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=30, blank=True)  # empty: the document's own state holds
    state_since = models.DateTimeField(null=True)
    waits_for = models.CharField(max_length=10, blank=True)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "party"], name="recipient_once")]
        indexes = [models.Index(fields=["company", "document"])]

    def __str__(self) -> str:
        return f"{self.party_id} of {self.document_id}"


class PartyView(models.Model):
    """One company's view of one document: the permission to see it, the list index (電帳法: date, amount,
    counterparty) and this side's private state. The other side's row is written by `exchange_sync_views` only."""

    row_security = walls.PARTY_VIEW

    pk = models.CompositePrimaryKey("company_id", "document_id")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="views", db_index=False)
    role = models.CharField(max_length=10)  # issuer or receiver
    side = models.CharField(max_length=10, choices=Side.choices)
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=30)
    state_since = models.DateTimeField()
    waiting = models.CharField(max_length=10, blank=True)  # us, them or nobody
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    currency = models.CharField(max_length=3, default="JPY")
    amount_minor = models.BigIntegerField(null=True)
    counterparty = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+")
    counterparty_name = models.CharField(max_length=200, blank=True)
    counterparties = models.PositiveSmallIntegerField(default=0)
    search = models.TextField(blank=True)
    version_shown = models.PositiveIntegerField(default=0)
    internal_state = models.CharField(max_length=20, blank=True)  # draft, in_approval, ready; empty: nothing unsent
    changed_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    assignee = models.ForeignKey(  # the person in charge, 担当者
        Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)  # since when nothing of it is owed any more, by this side's own books

    class Meta:
        indexes = [
            models.Index(fields=["company", "role", "-changed_at", "-document"], name="view_by_role"),
            models.Index(fields=["company", "waiting", "-changed_at", "-document"], name="view_by_waiting"),
            models.Index(fields=["company", "internal_state", "-changed_at", "-document"], name="view_by_internal"),
            models.Index(fields=["company", "kind", "-changed_at", "-document"], name="view_by_kind"),
            # In the order of the list, with the date at the end: rows of other days are passed over inside the index.
            models.Index(fields=["company", "-changed_at", "-document", "issued_on"], name="view_by_last_change"),
            models.Index(fields=["company", "-issued_on", "-document"], name="view_by_date"),
            models.Index(
                fields=["company", "counterparty", "-changed_at", "-document", "issued_on"], name="view_by_partner"
            ),
            models.Index(fields=["company", "amount_minor", "-document"], name="view_by_amount"),
            models.Index(
                fields=["company", "assignee", "-changed_at", "-document"],
                name="view_by_assignee",
                condition=models.Q(assignee__isnull=False),
            ),
            models.Index(fields=["document"], name="view_by_document"),
            models.Index(  # what is owed: settled ones are passed over, however many there are
                fields=["company", "kind", "state", "due_on", "document"],
                name="view_owed",
                condition=models.Q(settled_at__isnull=True, amount_minor__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number or self.document_id} for {self.company_id}"


class Handover(models.Model):
    """One member's documents given into another's charge at once; exactly these go back when it is undone."""

    row_security = walls.HANDOVER

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    giver = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    taker = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    documents = ArrayField(models.UUIDField())
    done_by = models.CharField(max_length=100)
    done_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["company", "giver", "-id"], name="handover_by_giver")]
        constraints = [models.CheckConstraint(condition=~models.Q(giver=models.F("taker")), name="handover_to_another")]

    def __str__(self) -> str:
        return f"{len(self.documents)} documents of {self.giver_id} to {self.taker_id}"


class Draft(models.Model):
    """A body that was not sent: the first one, or the next version in the making. Only its own company sees it.

    `revision` counts saves, so that two people who edit at once are told instead of overwritten.
    """

    row_security = walls.DRAFT

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField(Document, on_delete=models.CASCADE)
    body = models.JSONField()
    recipients = ArrayField(models.UUIDField(), default=list)
    sources = models.JSONField(default=list)  # what it is made from: {"document": id, "link": name}
    reason = models.CharField(max_length=500, blank=True)  # why a new version
    revision = models.PositiveIntegerField(default=1)
    returned_reason = models.CharField(max_length=500, blank=True)
    edited_by = models.CharField(max_length=100)
    edited_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft of {self.document_id}"


class Version(models.Model):
    """What was sent, for ever: canonical JSON (RFC 8785), its SHA-256, and the hash of the version before."""

    row_security = walls.VERSION

    id = models.UUIDField(primary_key=True, default=new_id)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    payload = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="version_once"),
            models.UniqueConstraint(fields=["id", "document", "number"], name="version_of_document"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class Line(models.Model):
    """A line of a sent version, for links and open quantities; `line_id` is stable over the versions."""

    row_security = walls.LINE

    id = models.UUIDField(primary_key=True, default=new_id)
    # The key that carries all three columns along (migration 0002) holds for each of them.
    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="lines", db_index=False, db_constraint=False
    )
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    version_number = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    line_id = models.CharField(max_length=40)
    item_code = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    unit = models.CharField(max_length=20, blank=True)
    unit_price = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "position"], name="line_position_once")]
        indexes = [models.Index(fields=["document", "line_id"])]

    def __str__(self) -> str:
        return f"{self.position} {self.description}"


class Link(models.Model):
    """From a document (or its line) to the one that it answers, bills, corrects …; seen by who sees both ends."""

    row_security = walls.LINK

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=20)  # responds, derives, fulfils, accepts, bills, settles, corrects …
    source = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="links_out", db_index=False)
    target = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="links_in", db_index=False)
    source_line = models.CharField(max_length=40, blank=True)
    target_line = models.CharField(max_length=40, blank=True)
    source_version = models.PositiveIntegerField(default=1)  # links of lines hold for that version of the source only
    quantity = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "name", "source_line", "target_line", "source_version"], name="link_once"
            )
        ]
        indexes = [models.Index(fields=["target"])]

    def __str__(self) -> str:
        return f"{self.source_id} {self.name} {self.target_id}"


class Transition(models.Model):
    """A step that was taken: the timeline. An internal one is seen by its own company only; one with an `audience`
    by that company too, so that sellers asked at the same time learn nothing of each other."""

    row_security = walls.TRANSITION

    id = models.UUIDField(primary_key=True, default=new_id)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="transitions", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    company_name = models.CharField(max_length=200)
    member_id = models.UUIDField(null=True)
    member_name = models.CharField(max_length=100)
    on_behalf_of = models.CharField(max_length=200, blank=True)  # an external party's name
    name = models.CharField(max_length=40)
    to_state = models.CharField(max_length=30)
    version = models.PositiveIntegerField()
    reason = models.TextField(max_length=2_000, blank=True)
    shared = models.BooleanField()
    audience = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["document", "at"])]

    def __str__(self) -> str:
        return f"{self.name} by {self.member_name}"


class Comment(models.Model):
    """A remark on a document or one of its lines: internal to one company, or shared with the other side."""

    row_security = walls.COMMENT

    id = models.UUIDField(primary_key=True, default=new_id)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="comments", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    company_name = models.CharField(max_length=200)
    member_name = models.CharField(max_length=100)
    text = models.TextField(max_length=4_000)
    line_id = models.CharField(max_length=40, blank=True)
    shared = models.BooleanField()
    audience = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["document", "at"])]

    def __str__(self) -> str:
        return self.text[:40]


class Attachment(models.Model):
    """A file on a document, encrypted under a data key of its own; shared from a version on, or still private."""

    row_security = walls.ATTACHMENT

    id = models.UUIDField(primary_key=True, default=new_id)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20, default="attachment")  # attachment, or original: as it came from outside
    shared_from = models.PositiveIntegerField(null=True)
    member_name = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="attachment_of_company")]
        indexes = [models.Index(fields=["document"])]

    def __str__(self) -> str:
        return self.name


class AttachmentChunk(models.Model):
    """At most 1 MiB of an attachment's ciphertext."""

    row_security = walls.ATTACHMENT_CHUNK

    id = models.UUIDField(primary_key=True, default=new_id)
    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    ciphertext = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attachment", "position"], name="chunk_once")]

    def __str__(self) -> str:
        return f"{self.attachment_id}#{self.position}"


class AttachmentKey(models.Model):
    """The attachment's data key, wrapped for one entitled company."""

    row_security = walls.ATTACHMENT_KEY

    id = models.UUIDField(primary_key=True, default=new_id)
    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="keys", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    wrapped = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attachment", "company"], name="attachment_key_once")]

    def __str__(self) -> str:
        return f"{self.attachment_id} for {self.company_id}"


class NumberSeries(models.Model):
    """The last number given, by issuer, kind, series and year. The row's lock makes the sequence gapless."""

    row_security = walls.NUMBER_SERIES

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "number series"
        constraints = [models.UniqueConstraint(fields=["company", "kind", "series", "year"], name="series_once")]

    def __str__(self) -> str:
        return f"{self.series}{self.year}-{self.last}"


class WriteKey(models.Model):
    """A write that was done, by the key that its sender gave: the same key does nothing twice (promise P3), and the API
    answers it with the same bytes."""

    row_security = walls.WRITE_KEY

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=100)
    action = models.CharField(max_length=60)
    document_id = models.UUIDField()
    at = models.DateTimeField()
    answer = models.TextField(blank=True, db_default="")  # JSON, where the API asked

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="write_key_once")]

    def __str__(self) -> str:
        return f"{self.action} {self.key}"


class OutboxMessage(models.Model):
    """Something to tell another company or an address after commit, at least once, under a stable id. Ids only."""

    row_security = walls.OUTBOX_MESSAGE

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")  # who says it
    target = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+")
    topic = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["at"], condition=models.Q(delivered_at__isnull=True), name="outbox_waiting")]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject_id}"
