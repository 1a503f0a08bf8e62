"""What a service declares: kinds of document with their states, steps, sources and exports.

A service's `spec.py` calls `register(Kind(...))`; everything else (pages, forms, actions, tests) derives from it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.bodies import Body, PartyDetails, Totals
from torihiki.exchange.models import Document, Recipient, Side, Transition
from torihiki.identity.permissions import SERVICES, Action
from torihiki.tenancy.actor import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from torihiki.exchange.render.sheet import Sheet
    from torihiki.exchange.render.words import Language

Words = str | Promise
LineCounts = Mapping[str, Mapping[str, Decimal]]
"""Quantities by the name of a link and then by line id."""
Seat = Literal["issuer", "receiver", "system"]

DRAFT = "draft"
CODE_LENGTH_MAX = 30
OWN_STEPS = frozenset({"send", "revise", "submit", "approve", "return", "take_in"})
ISSUER, RECEIVER, SYSTEM = "issuer", "receiver", "system"


@dataclass(frozen=True)
class State:
    """A shared state; `waits_for` says whose turn it is."""

    code: str
    label: Words
    tone: str = "neutral"
    waits_for: Literal["", "issuer", "receiver"] = ""
    void: bool = False  # counts as if it had never been: what it was made from may be used again


@dataclass(frozen=True)
class Deed:
    """A step as it happens, for its effect: inside the transaction, in the actor's scope."""

    actor: Actor
    document: Document
    kind: "Kind"
    step: str
    at: "datetime"
    recipient: Recipient | None = None
    body: Body | None = None  # what was sent, where the step is a sending
    origins: "dict[str, Document]" = field(default_factory=dict)  # what that was made from, by link, locked
    followed: "list[Transition]" = field(default_factory=list)  # steps on other documents, for the act to write


@dataclass(frozen=True)
class Step:
    """A transition that one side may take. With `per_recipient` it moves that recipient's state only; one that is
    `for_outsiders` is taken on behalf of a receiver who is not on the platform, and by nobody else."""

    name: str
    label: Words  # what the button says
    done: Words  # what the timeline says
    by: Seat
    source: tuple[str, ...]
    target: str
    action: Action = Action.RESPOND
    needs_reason: bool = False
    primary: bool = False
    danger: bool = False
    icon: str = "check"
    per_recipient: bool = False
    for_outsiders: bool = False
    effect: Callable[[Deed], None] | None = None


@dataclass(frozen=True)
class File:
    """A file that came inside a document from outside, and goes out inside it again."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Sent:
    """A sent version, read back from its payload; what exports and new documents are made from.

    Where lines are counted, a build, rule or limit also gets what stands around it: `counted` against its lines by
    documents that count, what is still `open` by its own limits and by those of all it was made from, and the
    `others`: what it was made from, nearest first, and what answered those."""

    kind: str
    number: str
    version: int
    issued_on: date
    issuer: PartyDetails
    recipient: PartyDetails | None
    body: Body
    totals: Totals | None
    files: tuple[File, ...] = ()
    counted: LineCounts = field(default_factory=dict)
    open: LineCounts = field(default_factory=dict)
    others: tuple["Sent", ...] = ()

    def other(self, kind: str) -> "Sent | None":
        """The nearest of the others of that kind."""
        return next((sent for sent in self.others if sent.kind == kind), None)


@dataclass(frozen=True)
class Source:
    """What a kind can be made from: from a document of `kind` in one of `states`, by the company in that `seat`.

    `build` gives the first body. `counts` names, by link, the field of a line whose quantity counts against the
    source's line of the same `line_id`, and against the lines that this one counted against in turn. Whenever a version
    is sent, `settle` completes its body by what follows from the source, `rules` compares the two, and no line may
    count beyond the limits of their kinds. `effect` runs when it is sent first, with the source as its document.
    """

    kind: str
    states: tuple[str, ...]
    seat: Seat
    link: str
    label: Words
    build: Callable[[Sent], Mapping[str, Any]]
    effect: Callable[[Deed], None] | None = None
    many: bool = False  # may there be several, as partial invoices
    counts: Mapping[str, str] = field(default_factory=dict)
    settle: Callable[[Any, Sent], Body] | None = None
    rules: Callable[[Any, Sent], Sequence["Problem"]] | None = None


@dataclass(frozen=True)
class Export:
    """A machine-readable form of a sent document. `inside_pdf` also attaches it to the PDF. `write` raises a Refused
    of its own for a document that cannot take this form."""

    code: str
    label: Words
    media_type: str
    suffix: str
    write: Callable[[Sent], bytes]
    inside_pdf: bool = False


@dataclass(frozen=True)
class TakenIn:
    """A document from outside, as a reader understood it."""

    number: str
    issued_on: date
    issuer: PartyDetails
    recipient: PartyDetails
    body: Body
    files: Sequence[File] = ()
    kind: str = ""  # where the file decides; empty: the kind whose reader this is
    warnings: Sequence[Words] = ()
    issued_here: bool = False  # by the company that takes it in: its own, from a former system
    state: str = ""  # how far it had come there; empty: as just sent
    original: bytes = b""  # its part of a file that holds several; empty: the file as it is


@dataclass(frozen=True)
class Reader:
    """Takes documents of this kind in from a file that came from outside: one, or several and then all or none.

    `read` gets the file and the details of the company that takes it in. It raises a Refused of its own."""

    label: Words
    help: Words
    suffixes: tuple[str, ...]
    bytes_max: int
    read: Callable[[bytes, PartyDetails], Sequence[TakenIn]]


@dataclass(frozen=True)
class Problem:
    """A broken rule between fields: `field` names the header field, or none for the whole document."""

    text: Words
    field: str = ""


@dataclass(frozen=True)
class Track:
    """A column of the table that shows what became of each line: what links of this name count, and with `left` one
    more for what is still open of it."""

    link: str
    label: Words
    left: Words = ""


@dataclass(frozen=True)
class Further:
    """A page of the service's own about a sent document, for the company in that `seat`; `route` is the name of its
    address, which takes `document_id`."""

    label: Words
    icon: str
    route: str
    seat: Seat


@dataclass(frozen=True)
class Owed:
    """By such a document the buyer owes the seller its amount; one below nought, such as a credit note's, is taken
    off."""

    payable: tuple[str, ...]  # states in which the buyer has agreed to it
    expected: tuple[str, ...]  # states in which the seller counts on it


@dataclass(frozen=True)
class Samples:
    """A valid body, and refused ones by the name of what is wrong with them."""

    valid: Mapping[str, Any]
    refused: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """One kind of document. See docs/adding-a-service.md."""

    code: str
    service: str
    label: Words
    plural: Words
    icon: str
    prefix: str  # of its numbers: PREFIX-2026-000001
    issuer_side: Side
    body: type[Body]
    sent_state: str
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    samples: Samples
    sheet: "Callable[[Sent, Language], Sheet]"  # (sent, language) → PDF
    sources: tuple[Source, ...] = ()
    revise_from: tuple[str, ...] = ()  # states in which the issuer may send a new version
    kept_on_revision: tuple[str, ...] = ()  # recipients' own states that a new version leaves as they are
    several_recipients: bool = False
    free: bool = True  # may be started without a source
    totals: Callable[[Any, date], Totals] | None = None
    owed: Owed | None = None
    due: Callable[[Any], date | None] | None = None
    expiry: str = ""  # the step that the system takes once the due date has passed
    rules: Callable[[Any, date], Sequence[Problem]] | None = None
    settle: Callable[[Any, PartyDetails], Body] | None = None  # what follows from who issues it, such as its tax
    sending: Callable[[Deed], None] | None = None  # what else happens whenever a version goes out
    limits: Callable[[Sent], LineCounts] | None = None  # how much may count against each line, by link
    tracks: tuple[Track, ...] = ()
    exports: tuple[Export, ...] = ()
    further: tuple[Further, ...] = ()
    reader: Reader | None = None

    def state(self, code: str) -> State:
        """Raises KeyError for a state that this kind does not have."""
        return {state.code: state for state in (*self.states, DRAFT_STATE)}[code]

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def permission(self, action: Action) -> str:
        return f"{self.service}.{action}"

    @property
    def receiver_side(self) -> Side:
        return Side.BUYER if self.issuer_side == Side.SELLER else Side.SELLER


DRAFT_STATE = State(DRAFT, _("Draft"))
KINDS: dict[str, Kind] = {}
"""Every kind of document by its code, in the order in which the services were installed."""


def register(kind: Kind) -> Kind:
    """Add a kind. Raises ValueError for a declaration that contradicts itself, so that the start stops, not a user."""
    if problem := next(_contradictions(kind), ""):
        raise ValueError(f"{kind.code}: {problem}")
    KINDS[kind.code] = kind
    return kind


def check_kinds() -> None:
    """What can be told only of all kinds together: sources that exist, in states that exist. Raises ValueError."""
    for kind in KINDS.values():
        for source in kind.sources:
            if source.kind not in KINDS:
                raise ValueError(f"{kind.code}: is made from {source.kind}, a kind that no service declares")
            if unknown := set(source.states) - {state.code for state in KINDS[source.kind].states}:
                raise ValueError(f"{kind.code}: {source.kind} has no state {', '.join(sorted(unknown))}")


def register_services() -> None:
    """Tell identity what permissions can be about, by the words of each service's kinds."""
    for kind in KINDS.values():
        mine = [other.plural for other in KINDS.values() if other.service == kind.service]
        SERVICES[kind.service] = format_lazy(" / ".join(["{}"] * len(mine)), *mine)


def _contradictions(kind: Kind) -> Iterator[str]:
    codes = {state.code for state in kind.states}
    named = {kind.sent_state, *kind.revise_from, *kind.kept_on_revision, *(step.target for step in kind.steps)}
    named |= {source for step in kind.steps for source in step.source}
    names = [step.name for step in kind.steps]
    others = [other for other in KINDS.values() if other is not kind]
    if unknown := named - codes:
        yield f"no such state as {', '.join(sorted(unknown))}"
    if wrong := [state.code for state in kind.states if state.waits_for not in ("", ISSUER, RECEIVER)]:
        yield f"{wrong[0]} waits for somebody who is neither issuer nor receiver"
    if taken := OWN_STEPS.intersection(names):
        yield f"the step name {sorted(taken)[0]} is the kernel's own"
    if len(set(names)) < len(names):
        yield "two steps have one name"
    if not kind.several_recipients and any(step.per_recipient for step in kind.steps):
        yield "a step per recipient needs several recipients"
    if kind.expiry and kind.expiry not in names:
        yield f"its expiry names no step: {kind.expiry}"
    if any(len(code) > CODE_LENGTH_MAX for code in (kind.code, *codes, *names)):
        yield f"a code is longer than {CODE_LENGTH_MAX} characters"
    if any(other.code == kind.code for other in others):
        yield "two services declare this kind"
    if any(other.prefix == kind.prefix for other in others):
        yield f"another kind's numbers begin with {kind.prefix}"


def kind_of(document: Document) -> Kind:
    return KINDS[document.kind]
