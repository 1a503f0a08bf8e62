"""Companies, their units and members, the accounts behind them, and their sessions."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from torihiki.identity.permissions import Role
from torihiki.lib.ids import new_id
from torihiki.tenancy.row_security import GRANTED, ME, ByFunctionOnly, Owned, PartyVisible, Personal

LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(login_id__iexact=username)


class Account(AbstractBaseUser):
    """One person's credential, unique on the platform by `login_id` (any case). E-mail is no identity here."""

    row_security = Personal()

    id = models.UUIDField(primary_key=True, default=new_id)
    login_id = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=5, choices=LANGUAGES, default="ja")
    created_at = models.DateTimeField()
    password_changed_at = models.DateTimeField(null=True)  # empty: since the account was made
    two_step = models.BooleanField(default=False)  # wants the second step wherever a company leaves it open
    sign_in_theme = models.CharField(max_length=40, blank=True, db_default="")  # see `identity.theme`; empty: none

    objects = AccountManager()
    USERNAME_FIELD = "login_id"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("login_id"), name="account_login_id_unique")]

    def __str__(self) -> str:
        return self.login_id


class Company(models.Model):
    """A member company of the platform. What its partners see of it is its Party, one floor up."""

    row_security = PartyVisible(
        commands=("SELECT", "INSERT", "UPDATE (name, approval_kinds)"),
        read=f"id = {ME} OR EXISTS (SELECT 1 FROM identity_member m"  # noqa: S608 - a policy of our own constants
        " WHERE m.company_id = identity_company.id AND m.account_id = actor_account())",
        insert=f"id = {ME}",
        update=f"id = {ME}",
        granted="true",  # the operator knows who its customers are
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=200)
    suspended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    approval_kinds = models.JSONField(default=list)  # document kinds that need an approval before they are sent

    class Meta:
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.name


class CompanyKey(models.Model):
    """A company's key, wrapped by the root key. Destroying it closes that company's copies, never another's."""

    row_security = Owned(commands=("SELECT", "INSERT"))

    company = models.OneToOneField(Company, on_delete=models.PROTECT, primary_key=True)
    wrapped = models.BinaryField()

    def __str__(self) -> str:
        return str(self.company_id)


class Unit(models.Model):
    """Head office, store or department: a tree inside one company."""

    row_security = Owned()

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    code = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=100)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="unit_of_company"),
            models.UniqueConstraint(fields=["company", "name"], name="unit_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person at work for a company. One account may be a member of several companies."""

    row_security = PartyVisible(
        # A person joins a company by an own act; nobody else's account can be made a member, nor a member another's.
        commands=("SELECT", "INSERT", "UPDATE (unit_id, unit_only, name, email, role, suspended_at)", "DELETE"),
        read=f"company_id = {ME} OR account_id = actor_account()",
        insert=f"company_id = {ME} AND account_id = actor_account()",
        update=f"company_id = {ME}",
        delete=f"company_id = {ME}",
        granted=GRANTED.format(column="company_id"),
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True)
    unit_only = models.BooleanField(default=False)  # rights about documents: in this unit and those below it
    name = models.CharField(max_length=100)
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    suspended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "account"], name="member_once_per_company"),
            models.CheckConstraint(
                condition=models.Q(unit_only=False) | (models.Q(unit__isnull=False) & ~models.Q(role="administrator")),
                name="unit_only_of_a_unit",
            ),
            models.UniqueConstraint(fields=["id", "company"], name="member_of_company"),
        ]
        indexes = [models.Index(fields=["account"])]

    def __str__(self) -> str:
        return self.name


class OwnRole(models.Model):
    """A role that a company made for itself. `permissions` are `service.action` or `*.action`."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (name, permissions)", "DELETE"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    name = models.CharField(max_length=60)
    permissions = ArrayField(models.CharField(max_length=60))
    created_by = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="own_role_name_unique"),
            models.UniqueConstraint(fields=["id", "company"], name="own_role_of_company"),
        ]

    def __str__(self) -> str:
        return self.name


class RoleGrant(models.Model):
    """A member holds one of the company's own roles, beside the built-in one."""

    row_security = Owned(commands=("SELECT", "INSERT", "DELETE"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="grants")
    role = models.ForeignKey(OwnRole, on_delete=models.PROTECT, related_name="grants")
    granted_by = models.CharField(max_length=100)
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "role"], name="role_granted_once")]

    def __str__(self) -> str:
        return f"{self.role_id} of {self.member_id}"


class Delegation(models.Model):
    """One member lets another act in their stead for some time. `permissions` are those lent; what the giver no longer
    holds on the day is not lent either."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (ended_at)"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    giver = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="given")
    taker = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="taken")
    permissions = ArrayField(models.CharField(max_length=60))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # before its time

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="delegation_lasts"),
            models.CheckConstraint(condition=~models.Q(giver=models.F("taker")), name="delegation_to_another"),
        ]
        indexes = [models.Index(fields=["company", "-ends_at", "-id"], name="delegation_by_company")]

    def __str__(self) -> str:
        return f"{self.giver_id} to {self.taker_id}"


class Invitation(models.Model):
    """Asks a person by mail to become a member of a company. The link's token is stored hashed."""

    row_security = Owned()

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    email = models.EmailField()
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20, choices=Role.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True)
    unit_only = models.BooleanField(default=False)
    own_roles = ArrayField(models.UUIDField(), default=list)  # those that still are there on the day of joining
    token_hash = models.BinaryField(unique=True)
    invited_by = models.CharField(max_length=100)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.email


class PolicyVersion(models.Model):
    """What a company decided about one topic, and who did; the highest number holds. See `identity.policies`."""

    row_security = PartyVisible(
        # What a person's credential must be depends on every company that the person works for.
        commands=("SELECT", "INSERT"),
        read=f"company_id = {ME} OR EXISTS (SELECT 1 FROM identity_member m"  # noqa: S608 - our own constants
        " WHERE m.company_id = identity_policyversion.company_id AND m.account_id = actor_account())",
        insert=f"company_id = {ME}",
        granted=GRANTED.format(column="company_id"),
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    topic = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    values = models.JSONField()
    changed_by = models.CharField(max_length=100)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "topic", "number"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.topic} {self.number}"


class Tries(models.Model):
    """Tries at a secret of an account, or of a login id that nobody has: counted before they are verified."""

    row_security = ByFunctionOnly()

    id = models.UUIDField(primary_key=True, default=new_id)
    subject = models.UUIDField()  # no foreign key: unknown login ids are counted alike
    secret = models.CharField(max_length=20)
    tried_at = ArrayField(models.DateTimeField(), default=list)
    failed_at = ArrayField(models.DateTimeField(), default=list)
    locked_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "secret"], name="tries_once_per_secret")]
        indexes = [models.Index(fields=["last_at"], name="identity_tries_last")]

    def __str__(self) -> str:
        return f"{self.secret} of {self.subject}"


class ApiToken(models.Model):
    """What a program of the company signs in with. Its secret is shown once and stored hashed; `hint` are its first
    characters, by which people tell it from others. `scopes` are permissions, `service.action`."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (revoked_at)"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12)
    secret_hash = models.BinaryField(unique=True)
    scopes = ArrayField(models.CharField(max_length=60))
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["company", "-created_at", "-id"], name="token_by_company")]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """A signed-in browser. The cookie's secret is stored hashed; rows are reached by functions only."""

    row_security = ByFunctionOnly()

    key_hash = models.BinaryField(primary_key=True)
    id = models.UUIDField(unique=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=300, default="")
    proof = models.CharField(max_length=20, default="password")
    second_step = models.BooleanField(default=False)
    proved_at = models.DateTimeField()  # when the person last proved who they are
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["last_seen_at"])]

    def __str__(self) -> str:
        return f"{self.member_id} since {self.created_at:%Y-%m-%d %H:%M}"


class SignInAttempt(models.Model):
    """Somebody half signed in: proved, and asked for something more. The cookie's secret is stored hashed."""

    row_security = ByFunctionOnly()

    key_hash = models.BinaryField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    proof = models.CharField(max_length=20)
    passed = models.JSONField(default=list)  # names of the stages left behind
    next = models.CharField(max_length=2_000)  # the address to go to afterwards
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_attempt_expires")]

    def __str__(self) -> str:
        return f"{self.member_id} since {self.created_at:%Y-%m-%d %H:%M}"


class Authenticator(models.Model):
    """A person's authenticator app. The secret is encrypted; `last_step` is the last time step whose code was taken."""

    row_security = Personal(column="account_id")

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True)
    secret = models.BinaryField()
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)  # empty until a first code was right

    def __str__(self) -> str:
        return str(self.account_id)


class RecoveryCode(models.Model):
    """One of the codes for the day on which the app is gone; stored hashed, each serves once."""

    row_security = Personal(column="account_id")

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    code_hash = models.BinaryField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"of {self.account_id}"


class Passkey(models.Model):
    """A key that an authenticator of this person made for this site (WebAuthn); we hold its public half. `uses` is the
    authenticator's own counter: one that falls behind means a copy."""

    row_security = Personal(
        column="account_id", commands=("SELECT", "INSERT", "UPDATE (name, uses, last_used_at)", "DELETE")
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    uses = models.BigIntegerField(default=0)
    synced = models.BooleanField(default=False)  # kept by its provider on several devices
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "created_at"], name="passkey_by_account")]

    def __str__(self) -> str:
        return self.name


class UsedChallenge(models.Model):
    """A challenge that a passkey has answered: none is answered twice. Those that nobody answered leave no row."""

    row_security = ByFunctionOnly()

    challenge_hash = models.BinaryField(primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_challenge_expires")]

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"


class MailedSecret(models.Model):
    """A code or a link that was mailed to a member: stored hashed, serves once. A code is bound to its attempt."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (used_at)"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=20)  # code, reset
    secret_hash = models.BinaryField()
    attempt_hash = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["company", "member", "purpose", "-created_at"], name="mailed_secret_by_member"),
            models.Index(fields=["secret_hash"], name="mailed_secret_by_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} for {self.member_id}"
