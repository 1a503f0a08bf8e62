"""The demo's companies come to be: cards, stores, people, and who trades with whom."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from torihiki.exchange.partners.access import access_invitation_by_token
from torihiki.exchange.partners.actions import accept_partner, invite_partner
from torihiki.exchange.partners.actions.invitations import INVITATION
from torihiki.identity.actions import add_unit, create_company
from torihiki.identity.actions.companies import NewPerson, make_account
from torihiki.identity.actions.signing import actor_of
from torihiki.identity.keys import link_token
from torihiki.identity.models import Member
from torihiki.identity.permissions import PERMISSIONS, Role
from torihiki.lib.ids import new_id
from torihiki.project.demo.people import PASSWORD, DemoCompany, Store
from torihiki.tenancy.actor import NOBODY, Actor, scope


@dataclass
class Staff:
    """The people of one company: by role in head office, and who keeps a store."""

    by_role: dict[Role, Actor] = field(default_factory=dict)
    stores: list[tuple[Store, Actor]] = field(default_factory=list)

    @property
    def head(self) -> Actor:
        return self.by_role[Role.ADMINISTRATOR]

    @property
    def clerk(self) -> Actor:
        return self.by_role.get(Role.CLERK, self.head)


def found(company: DemoCompany, *, at: datetime) -> Staff:
    made = create_company(NOBODY, name=company.details.name, at=at, card=company.details.model_dump(mode="json"))
    founder = Actor(company_id=made.pk, name=company.people[0][1], company_name=made.name)
    staff = Staff()
    for (role, name), login_id in zip(company.people, company.login_ids(), strict=False):
        staff.by_role[role] = _join(founder, company, login_id, name, role, at=at)
    for number, store in enumerate(company.stores, start=1):
        with scope(staff.head):
            unit = add_unit(staff.head, name=store.name, code=f"{number:02}", parent_id=None, at=at)
        keeper = _join(founder, company, f"{company.key}-{store.key}", store.keeper, Role.CLERK, at=at, unit=unit.pk)
        staff.stores.append((store, keeper))
    return staff


def befriend(inviter: Staff, invitee: Staff, *, at: datetime) -> None:
    with scope(inviter.head):
        relationship = invite_partner(inviter.head, email="office@partner.example", at=at)
    token = link_token(INVITATION, relationship.id, relationship.expires_at)
    accept_partner(invitee.head, access_invitation_by_token(token, at=at), token, at=at)


def _join(
    founder: Actor,
    company: DemoCompany,
    login_id: str,
    name: str,
    role: Role,
    *,
    at: datetime,
    unit: UUID | None = None,
) -> Actor:
    person = NewPerson(login_id, PASSWORD, name, f"{login_id}@{company.key}.example")
    member_id = new_id()
    joining = Actor(
        company_id=founder.company_id,
        account_id=new_id(),
        member_id=member_id,
        name=name,
        company_name=founder.company_name,
        role=role,
        permissions=PERMISSIONS[role],
    )
    with scope(joining):
        member = Member.objects.create(
            id=member_id,
            company_id=joining.company,
            account_id=make_account(joining, person, at),
            name=name,
            email=person.email,
            role=role,
            unit_id=unit,
            created_at=at,
        )
        return actor_of(member)
