"""Head office, stores and departments: a tree without cycles, bounded in depth and number."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from torihiki.identity.access import access_members, access_unit, access_units, lock_company
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Unit
from torihiki.identity.refusals import UnitUnfit
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

UNITS_MAX = 1_000
DEPTH_MAX = 6


def add_unit(actor: Actor, *, name: str, code: str, parent_id: UUID | None, at: datetime) -> Unit:
    """Raises NotHere for a foreign parent, or UnitUnfit."""
    with attempt(IdentityEvent.UNIT_ADDED, actor):
        lock_company(actor)
        if access_units(actor).count() >= UNITS_MAX:
            raise UnitUnfit(_("There are as many units as torihiki keeps for one company. Close what is not used."))
        unit = Unit(id=new_id(), company_id=actor.company, name=name, code=code)
        _put_under(actor, unit, parent_id)
        _save(unit, new=True)
        _record(IdentityEvent.UNIT_ADDED, actor, unit, at, parent=unit.parent_id)
    return unit


def change_unit(actor: Actor, unit_id: UUID, *, name: str, code: str, parent_id: UUID | None, at: datetime) -> Unit:
    """Rename and move. Raises NotHere or UnitUnfit."""
    with attempt(IdentityEvent.UNIT_CHANGED, actor, subject_type="unit", subject_id=unit_id):
        lock_company(actor)
        unit = access_unit(actor, unit_id)
        before = {"name": unit.name, "code": unit.code, "parent": unit.parent_id}
        unit.name, unit.code = name, code
        if parent_id != unit.parent_id:
            _put_under(actor, unit, parent_id)
        _save(unit)
        after = {"name": unit.name, "code": unit.code, "parent": unit.parent_id}
        _record(IdentityEvent.UNIT_CHANGED, actor, unit, at, before=before, after=after)
    return unit


def close_unit(actor: Actor, unit_id: UUID, *, at: datetime) -> Unit:
    """Raises NotHere, or UnitUnfit while units below it are open or members work in it."""
    with attempt(IdentityEvent.UNIT_CLOSED, actor, subject_type="unit", subject_id=unit_id):
        lock_company(actor)
        unit = access_unit(actor, unit_id)
        if access_units(actor).filter(parent=unit, closed_at=None).exists():
            raise UnitUnfit(_("Units below this one are open. Close or move them first."))
        if access_members(actor).filter(unit=unit, suspended_at=None).exists():
            raise UnitUnfit(_("Members work in this unit. Move them to another unit first."))
        unit.closed_at = unit.closed_at or at
        unit.save(update_fields=["closed_at"])
        _record(IdentityEvent.UNIT_CLOSED, actor, unit, at)
    return unit


def reopen_unit(actor: Actor, unit_id: UUID, *, at: datetime) -> Unit:
    """Raises NotHere, or UnitUnfit while the unit above it is closed."""
    with attempt(IdentityEvent.UNIT_REOPENED, actor, subject_type="unit", subject_id=unit_id):
        lock_company(actor)
        unit = access_unit(actor, unit_id)
        if unit.parent_id and access_unit(actor, unit.parent_id).closed_at:
            raise UnitUnfit(_("The unit above this one is closed. Reopen that one first, or move this unit."))
        unit.closed_at = None
        unit.save(update_fields=["closed_at"])
        _record(IdentityEvent.UNIT_REOPENED, actor, unit, at)
    return unit


def _put_under(actor: Actor, unit: Unit, parent_id: UUID | None) -> None:
    if parent_id is not None and access_unit(actor, parent_id).closed_at:
        raise UnitUnfit(_("A closed unit takes no others. Reopen it first."))
    parents: dict[UUID, UUID | None] = dict(access_units(actor).values_list("id", "parent_id"))
    above, step = 0, parent_id
    while step is not None:
        if step == unit.id:
            raise UnitUnfit(_("A unit cannot stand below itself. Choose another place."))
        above, step = above + 1, parents[step]
    if above + _height(unit.id, parents) > DEPTH_MAX:
        raise UnitUnfit(_("This would be too deep: a tree of units has at most %(max)d levels.") % {"max": DEPTH_MAX})
    unit.parent_id = parent_id


def _height(unit_id: UUID, parents: dict[UUID, UUID | None]) -> int:
    """Levels from this unit down, itself included."""
    below = [child for child, parent in parents.items() if parent == unit_id]
    return 1 + max((_height(child, parents) for child in below), default=0)


def _save(unit: Unit, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            unit.save(force_insert=new, update_fields=None if new else ["name", "code", "parent"])
    except IntegrityError as error:
        raise UnitUnfit(_("There is a unit of this name already. Choose another name.")) from error


def _record(event: Event, actor: Actor, unit: Unit, at: datetime, **data: Any) -> None:
    record(event, actor, subject_type="unit", subject_id=unit.id, subject_label=unit.name, at=at, data=data)
