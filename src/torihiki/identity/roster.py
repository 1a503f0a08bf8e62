"""The company's members as a CSV file: what is exported, and how a file that comes back is read (clause 2-4-1)."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from torihiki.identity.access import access_members, access_own_roles, access_units
from torihiki.identity.models import Member, OwnRole, Unit
from torihiki.identity.permissions import Role
from torihiki.identity.refusals import RosterUnfit
from torihiki.lib.csv import FORMULA_STARTS, inert
from torihiki.tenancy.actor import Actor

BYTES_MAX = 512 * 1024
ROWS_MAX = 500
CELL_LENGTH_MAX = 500
MEMBERS_MAX = 10_000  # in one export
ENCODINGS = ("utf-8", "cp932")
BOM = "\ufeff"
BETWEEN = ";"

COLUMNS: dict[str, str | Promise] = {
    "id": _("Member id"),
    "name": pgettext_lazy("person", "Name"),
    "email": _("E-mail"),
    "role": _("Role"),
    "own_roles": _("Own roles"),
    "unit": pgettext_lazy("organisation", "Unit"),
    "state": _("State"),
    "unit_only": _("Only this unit's documents"),
}
ONLY: dict[str, str | Promise] = {"yes": _("Yes"), "no": _("No")}
STATES: dict[str, str | Promise] = {"active": _("Active"), "suspended": _("Suspended")}


@dataclass(frozen=True)
class Line:
    """One line of a file, its words understood: `number` as a spreadsheet counts, the heading being 1."""

    number: int
    member_id: UUID | None
    name: str
    email: str
    role: str
    own_roles: tuple[UUID, ...]
    unit_id: UUID | None
    unit_only: bool | None  # None: as it is
    suspended: bool
    problem: str | Promise = ""  # why the line cannot be understood


@dataclass(frozen=True)
class Words:
    """What the cells of a company's file may say: codes and both languages, in any case."""

    roles: Mapping[str, str]
    states: Mapping[str, str]
    units: Mapping[str, UUID]
    only: Mapping[str, str]
    own_roles: Mapping[str, UUID]
    columns: Mapping[str, str] = field(default_factory=dict)


def write(actor: Actor, *, encoding: str) -> bytes:
    """All members with CRLF, UTF-8 with a byte order mark or cp932, cells that a spreadsheet would compute made inert.

    Raises RosterUnfit where cp932 lacks a character, naming it.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([str(label) for label in COLUMNS.values()])
    members = access_members(actor).select_related("unit").prefetch_related("grants__role").order_by("name", "id")
    for member in members[:MEMBERS_MAX]:
        rows.writerow([inert(cell) for cell in _cells(member)])
    text = out.getvalue()
    if encoding != "cp932":
        return (BOM + text).encode()
    try:
        return text.encode("cp932")
    except UnicodeEncodeError as error:
        raise RosterUnfit(
            _("Shift_JIS (cp932) has no character “%(character)s”. Choose UTF-8.") % {"character": text[error.start]}
        ) from error


def read(actor: Actor, content: bytes) -> tuple[str, list[Line]]:
    """The text of a file in UTF-8 or cp932, and its lines. Raises RosterUnfit for what is no such file."""
    if len(content) > BYTES_MAX:
        raise RosterUnfit(_("The file is larger than %(most)d KiB.") % {"most": BYTES_MAX >> 10})
    text = _decoded(content)
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise RosterUnfit(_("The file is no CSV: its quotation marks do not match.")) from error
    if not rows:
        raise RosterUnfit(_("The file is empty."))
    if len(rows) > ROWS_MAX + 1:
        raise RosterUnfit(_("The file has more than %(most)d lines. Divide it.") % {"most": ROWS_MAX})
    words = _words(actor)
    columns = [words.columns.get(_plain(cell).lower(), "") for cell in rows[0]]
    if missing := [str(COLUMNS[name]) for name in ("name", "email", "role") if name not in columns]:
        raise RosterUnfit(_("The first line lacks: %(columns)s.") % {"columns": ", ".join(missing)})
    return text, [_line(number, dict(zip(columns, row, strict=False)), words) for number, row in _filled(rows[1:])]


def _cells(member: Member) -> Iterator[str]:
    yield str(member.pk)
    yield member.name
    yield member.email
    yield str(Role(member.role).label)
    yield f"{BETWEEN} ".join(sorted(grant.role.name for grant in member.grants.all()))
    yield member.unit.name if member.unit else ""
    yield str(STATES["suspended" if member.suspended_at else "active"])
    yield str(ONLY["yes" if member.unit_only else "no"])


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RosterUnfit(_("The file is neither UTF-8 nor Shift_JIS (cp932)."))


def _words(actor: Actor) -> Words:
    """Two queries."""
    units: dict[str, UUID] = {}
    for unit in access_units(actor).filter(closed_at=None):
        units |= {word.lower(): unit.pk for word in _names(unit)}
    own: dict[str, UUID] = {role.name.lower(): role.pk for role in access_own_roles(actor)}
    return Words(
        roles=_in_every_language({role.value: role.label for role in Role}),
        states=_in_every_language(STATES),
        columns=_in_every_language(COLUMNS),
        only=_in_every_language(ONLY),
        units=units,
        own_roles=own,
    )


def _names(unit: Unit | OwnRole) -> list[str]:
    return [word for word in (getattr(unit, "code", ""), unit.name) if word]


def _in_every_language(labels: Mapping[str, str | Promise]) -> dict[str, str]:
    found = {code.lower(): code for code in labels}
    for language in ("ja", "en"):
        with override(language):
            found |= {str(label).lower(): code for code, label in labels.items()}
    return found


def _filled(rows: list[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            yield number, row


def _plain(cell: str) -> str:
    """Without the apostrophe that an export put before what a spreadsheet would compute."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _line(number: int, cells: Mapping[str, str], words: Words) -> Line:
    def cell(name: str) -> str:
        return _plain(cells.get(name, ""))

    problem: str | Promise = ""
    if any(len(text) > CELL_LENGTH_MAX or not text.isprintable() for text in cells.values()):
        problem = _("A cell is too long, or has characters that cannot be printed.")
    role, state = words.roles.get(cell("role").lower(), ""), words.states.get(cell("state").lower() or "active", "")
    named = [word.strip().lower() for word in cell("own_roles").split(BETWEEN) if word.strip()]
    unit = cell("unit").lower()
    try:
        member_id = UUID(cell("id")) if cell("id") else None
    except ValueError:
        member_id, problem = None, problem or _("The member id is none.")
    if not role:
        problem = problem or _("There is no role “%(name)s”.") % {"name": cell("role")[:60]}
    if not state:
        problem = problem or _("The state is neither active nor suspended.")
    if unit and unit not in words.units:
        problem = problem or _("There is no open unit “%(name)s”.") % {"name": cell("unit")[:100]}
    only = words.only.get(cell("unit_only").lower(), "")
    if cell("unit_only") and not only:
        problem = problem or _("“%(column)s” is neither yes nor no.") % {"column": COLUMNS["unit_only"]}
    if unknown := [name for name in named if name not in words.own_roles]:
        problem = problem or _("There is no own role “%(name)s”.") % {"name": unknown[0][:60]}
    return Line(
        number=number,
        member_id=member_id,
        name=cell("name"),
        email=cell("email"),
        role=role,
        own_roles=tuple(words.own_roles[name] for name in named if name in words.own_roles),
        unit_id=words.units.get(unit),
        unit_only=only == "yes" if only else None,
        suspended=state == "suspended",
        problem=problem,
    )
