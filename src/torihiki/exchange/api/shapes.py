"""What the API takes and gives, as JSON. Amounts and quantities are strings, so that no program rounds them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    WithJsonSchema,
)

from torihiki.api.paging import PAGE_ROWS, PAGE_ROWS_MAX
from torihiki.exchange.actions.drafts import RECIPIENTS_MAX
from torihiki.exchange.actions.remarks import COMMENT_LENGTH_MAX
from torihiki.exchange.bodies import LINES_MAX, Totals
from torihiki.exchange.searching import SEARCH_LENGTH_MAX
from torihiki.lib.keyset import CURSOR_LENGTH_MAX

AMOUNT_MAX = 10**15
LINE_ID_LENGTH_MAX = 40
REASON_LENGTH_MAX = 500
YEARS = range(1900, 9_999)


class Asked(BaseModel):
    """What comes in: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


def _this_era(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError("This moment lies too far away.")
    return moment.astimezone(UTC)  # the database takes fewer time zones than Python reads


def _shape_of_lines(body: dict[str, Any]) -> dict[str, Any]:
    """A draft may be incomplete, but its lines are objects and their ids are text."""
    lines = body.get("lines")
    if lines is None:
        return body
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise ValueError("“lines” is an array of objects.")
    if len(lines) > LINES_MAX:
        raise ValueError(f"At most {LINES_MAX} lines are possible.")
    ids = [line.get("line_id") for line in lines]
    if not all(found is None or (isinstance(found, str) and len(found) <= LINE_ID_LENGTH_MAX) for found in ids):
        raise ValueError(f"A “line_id” is text of at most {LINE_ID_LENGTH_MAX} characters.")
    return body


def _written(value: Any) -> Any:
    """Fractions as the text that came: a draft keeps what was written."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: _written(item) for name, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, list) else value


Moment = Annotated[AwareDatetime, AfterValidator(_this_era)]
Money = Annotated[
    Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str), WithJsonSchema({"type": "string"})
]
UnsentBody = Annotated[
    dict[str, Any],
    AfterValidator(_shape_of_lines),
    AfterValidator(_written),
    WithJsonSchema(
        {
            "type": "object",
            "description": "By the schema of its kind (see kinds). What is missing may follow until it is sent.",
            "properties": {
                "lines": {
                    "anyOf": [
                        {
                            "type": "array",
                            "maxItems": LINES_MAX,
                            "items": {
                                "type": "object",
                                "properties": {
                                    "line_id": {
                                        "anyOf": [
                                            {"type": "string", "maxLength": LINE_ID_LENGTH_MAX},
                                            {"type": "null"},
                                        ]
                                    }
                                },
                            },
                        },
                        {"type": "null"},
                    ]
                }
            },
        }
    ),
]
Text = Annotated[str, Field(max_length=REASON_LENGTH_MAX)]
FileName = Annotated[str, Field(min_length=1, max_length=200)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
VersionNumber = Annotated[StrictInt, Field(ge=0, le=10**6)]


# ---- kinds


class KindState(BaseModel):
    code: str
    label: str
    waits_for: Literal["", "issuer", "receiver"]
    void: bool = Field(description="Counts as if it had never been: what it was made from may be used again.")


class KindStep(BaseModel):
    name: str
    label: str
    by: Literal["issuer", "receiver", "system"]
    sources: list[str] = Field(description="The states in which it can be taken.")
    target: str
    needs_reason: bool
    per_recipient: bool = Field(description="Moves one recipient's state; an issuer names the recipient.")


class KindSource(BaseModel):
    kind: str
    link: str
    states: list[str]
    seat: Literal["issuer", "receiver", "system"]


class Export(BaseModel):
    code: str
    label: str
    media_type: str


class KindInfo(BaseModel):
    """One kind of document."""

    code: str
    service: str = Field(description="The first half of a scope: `service.read`, `service.send` …")
    label: str
    prefix: str = Field(description="Of its numbers: PREFIX-2026-000001.")
    issuer_side: Literal["buyer", "seller"]
    several_recipients: bool
    free: bool = Field(description="May be written without a source.")
    states: list[KindState]
    steps: list[KindStep]
    sources: list[KindSource]
    exports: list[Export]
    takes_in: bool = Field(description="Whether it is taken in from files.")
    body_schema: dict[str, Any] = Field(description="JSON Schema (2020-12) of a body that can be sent.")


class KindList(BaseModel):
    items: list[KindInfo]


# ---- documents


class Counterparty(BaseModel):
    party: UUID = Field(description="Name it as a recipient by this id.")
    name: str
    more: int = Field(description="How many further companies it went to.")


class Named(BaseModel):
    """Somebody or something of the own company."""

    id: UUID
    name: str


class DocumentSummary(BaseModel):
    """A document as this company sees it."""

    id: UUID
    kind: str
    role: Literal["issuer", "receiver"]
    number: str = Field(description="Empty before it is sent.")
    subject: str
    state: str
    state_since: datetime
    waiting: Literal["us", "them", ""] = Field(description="Who is waited for.")
    internal_state: Literal["draft", "in_approval", "ready", ""] = Field(description="Of what is not sent yet.")
    version: int = Field(description="The newest one sent; 0 before sending.")
    issued_on: date | None
    due_on: date | None
    currency: str
    amount: Money | None = Field(description="With tax, in the currency's decimals.")
    counterparty: Counterparty | None
    in_charge: Named | None = Field(description="The member in charge, on the own side.")
    unit: Named | None = Field(description="The own unit that it belongs to; null: the company as a whole.")
    unread: bool
    changed_at: datetime


class DocumentPage(BaseModel):
    items: list[DocumentSummary]
    cursor: str | None = Field(description="Of the next page; null on the last one.")


class RecipientState(BaseModel):
    id: UUID = Field(description="Name it in an action that concerns one recipient.")
    party: UUID
    name: str
    state: str
    state_since: datetime | None
    opened_at: datetime | None


class VersionInfo(BaseModel):
    number: int
    sha256: str = Field(description="Of the canonical JSON (RFC 8785) that versions/{number} gives.")
    previous_sha256: str
    reason: str
    sent_at: datetime


class ApprovalStep(BaseModel):
    name: str
    state: Literal["done", "current", "ahead"]
    needed: int = Field(description="0: all who were asked.")
    approvals: int
    waits_for: list[str] = Field(description="Names of those who are asked now.")


class ApprovalState(BaseModel):
    """How far an approval has come inside the own company."""

    route: str = Field(description="Its name; empty where no route fitted and one approval suffices.")
    outcome: Literal["open", "approved", "returned", "taken_back", "changed"]
    sha256: str = Field(description="Of the content that was submitted.")
    submitted_by: str
    submitted_at: datetime
    steps: list[ApprovalStep]


class DraftState(BaseModel):
    """What is not sent yet; no other company sees it."""

    revision: int
    body: dict[str, Any]
    recipients: list[UUID]
    reason: str
    sha256: str = Field(description="An approval is bound to it.")
    approval: ApprovalState | None = Field(description="The newest, of this content or of a former one.")
    returned_reason: str
    edited_by: str
    edited_at: datetime


class OpenAction(BaseModel):
    name: str
    label: str
    needs_reason: bool
    recipient: UUID | None = Field(description="The recipient that it concerns, where it concerns one.")


class FollowUp(BaseModel):
    kind: str = Field(description="A document of this kind can be made with this one as its source.")
    label: str
    link: str


class LinkedDocument(BaseModel):
    link: str
    direction: Literal["to", "from"]
    document: UUID
    kind: str
    number: str
    state: str


class DocumentState(DocumentSummary):
    """A document with all that one may do with it now."""

    from_outside: bool
    body: dict[str, Any] | None = Field(description="Of the newest version shown to this company.")
    totals: Totals | None
    issuer: dict[str, Any] | None
    recipient: dict[str, Any] | None
    recipients: list[RecipientState] = Field(description="All for the issuer; its own for a receiver.")
    versions: list[VersionInfo]
    draft: DraftState | None
    actions: list[OpenAction]
    follow_ups: list[FollowUp]
    links: list[LinkedDocument]
    exports: list[str]


class Receipt(BaseModel):
    """Where a document stands after a write."""

    id: UUID
    kind: str
    number: str
    state: str
    internal_state: str
    version: int
    revision: int = Field(description="Of its draft; 0 where nothing is unsent.")
    etag: str = Field(description="For If-Match.")


class DocumentQuery(Asked):
    """Filters are joined by *and*."""

    box: Literal["todo", "inbox", "outbox", "drafts"] | None = None
    role: Literal["issuer", "receiver"] | None = None
    kind: Annotated[str, Field(max_length=40)] | None = None
    state: Annotated[str, Field(max_length=30)] | None = None
    counterparty: UUID | None = Field(None, description="A party's id.")
    in_charge: UUID | None = Field(None, description="A member's id.")
    unit: UUID | None = Field(None, description="A unit's id; without those below it.")
    number: Annotated[str, Field(max_length=100)] | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    amount_from: Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)] | None = Field(
        None, description="With tax, in the currency's smallest unit."
    )
    amount_to: Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)] | None = None
    q: Annotated[str, Field(max_length=SEARCH_LENGTH_MAX)] | None = Field(
        None, description="Words of number, subject, lines and partner; each must occur."
    )
    changed_since: Moment | None = Field(None, description="Changed at this moment or later.")
    order: Literal["newest", "oldest"] = Field("newest", description="By the last change.")
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS
    cursor: Annotated[str, Field(max_length=CURSOR_LENGTH_MAX)] = ""


class NewDocument(Asked):
    """A draft, or with `send` a document that is sent in the same act."""

    kind: Annotated[str, Field(max_length=40)]
    body: UnsentBody | None = Field(None, description="Left out: what follows from the source.")
    recipients: Annotated[list[UUID], Field(max_length=RECIPIENTS_MAX)] = Field([], description="Ids of parties.")
    source: UUID | None = Field(None, description="The document that it is made from.")
    send: StrictBool = False


class DraftChange(Asked):
    """What is left out stays as it is."""

    body: UnsentBody | None = None
    recipients: Annotated[list[UUID], Field(max_length=RECIPIENTS_MAX)] | None = None
    reason: Text | None = Field(None, description="Why a new version is sent; the other side reads it.")


class ActionRequest(Asked):
    """What an action needs besides its name. If-Match may stand for `version` and `revision`."""

    version: VersionNumber | None = Field(None, description="The version that was seen; for steps.")
    revision: VersionNumber | None = Field(None, description="The draft that was seen; for send and submit.")
    sha256: Hash | None = Field(None, description="The draft that was seen; for approve.")
    reason: Annotated[str, Field(max_length=2_000)] = ""
    recipient: UUID | None = Field(None, description="Whom a step per recipient concerns; for issuers.")


# ---- comments and files


class NewComment(Asked):
    text: Annotated[str, Field(min_length=1, max_length=COMMENT_LENGTH_MAX)]
    shared: StrictBool = Field(False, description="Whether the other side reads it.")
    recipient: UUID | None = Field(
        None, description="Where there are several: the recipient who alone reads it besides the own company."
    )
    line: Annotated[str, Field(max_length=LINE_ID_LENGTH_MAX)] = ""


class CommentInfo(BaseModel):
    id: UUID
    company: str
    author: str
    own: bool
    text: str
    line: str
    shared: bool
    at: datetime


class CommentList(BaseModel):
    items: list[CommentInfo]


class FileInfo(BaseModel):
    id: UUID
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    purpose: Literal["attachment", "original", "embedded"]
    shared_from: int | None = Field(description="The first version that it was sent with; null while it is not.")
    at: datetime


class FileList(BaseModel):
    items: list[FileInfo]


class FileQuery(Asked):
    name: FileName


class ImportQuery(Asked):
    kind: Annotated[str, Field(max_length=40)] = Field(description="Of all the documents.")


class ImportReceipt(BaseModel):
    """What an import issued, numbered without a gap."""

    id: UUID = Field(description="Of the import, in the audit log.")
    kind: str
    documents: int
    first: str = Field(description="The first number.")
    last: str = Field(description="The last number.")


class VersionQuery(Asked):
    version: Annotated[int, Field(ge=1, le=10**6)] | None = Field(None, description="Left out: the newest.")


class PaperQuery(VersionQuery):
    language: Literal["ja", "en"] | None = Field(None, description="Left out: by Accept-Language.")


# ---- partners


class PartnerInfo(BaseModel):
    """A company of one's own list."""

    id: UUID
    party: UUID = Field(description="Name it as a recipient by this id.")
    name: str
    name_kana: str
    own_code: str
    own_name: str
    corporate_number: str
    registration_number: str
    email: str
    member: bool = Field(description="Whether it is on this platform; others get mail.")
    state: Literal["active", "suspended", "ended", "external"]
    archived: bool


class PartnerPage(BaseModel):
    items: list[PartnerInfo]
    cursor: str | None = Field(description="Of the next page; null on the last one.")


class PartnerQuery(Asked):
    q: Annotated[str, Field(max_length=SEARCH_LENGTH_MAX)] | None = None
    archived: bool = False
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS
    cursor: Annotated[str, Field(max_length=CURSOR_LENGTH_MAX)] = ""
