"""What the console asks for and the application carries out."""

from uuid import UUID

from procrastinate.contrib.django import app

from torihiki.identity.access import access_invitations
from torihiki.identity.actions import create_company, invite_member, withdraw_invitation
from torihiki.identity.models import Company, Invitation, Member
from torihiki.identity.permissions import Role
from torihiki.tenancy.actor import Actor, scope
from torihiki.tenancy.system import system_rows

OPERATOR = "torihiki"


@app.task(name="operations.open_company", queue="operations", retry=5)
def open_company(*, opening_id: str) -> None:
    """Make the company unless it is there, and invite its first administrator unless somebody has joined or this very
    opening has invited already: it may run twice."""
    rows = system_rows("SELECT * FROM operations_opening(%s)", [opening_id])
    if not rows:
        return
    company_id, name, person, email, requested_at = rows[0]
    assert isinstance(company_id, UUID)
    with scope(Actor(company_id=company_id, name=OPERATOR, company_name=name)) as actor:
        if not Company.objects.filter(pk=company_id).exists():
            create_company(actor, name=name, at=requested_at, company_id=company_id)
        is_done = Invitation.objects.filter(company_id=company_id, invited_at__gte=requested_at).exists()
        if is_done or Member.objects.filter(company_id=company_id).exists():
            return
        for former in access_invitations(actor):
            withdraw_invitation(actor, former.id, at=requested_at)
        invite_member(actor, email=email, name=person, role=Role.ADMINISTRATOR, unit_id=None, at=requested_at)
