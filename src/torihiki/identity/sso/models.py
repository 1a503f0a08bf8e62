"""Connections to identity providers, whom each of their subjects stands for, and sign-ins that are under way."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from torihiki.identity.models import Company, Member, Session
from torihiki.lib.ids import new_id
from torihiki.tenancy.row_security import ByFunctionOnly, Owned


class Protocol(models.TextChoices):
    OIDC = "oidc", _("OpenID Connect")
    SAML = "saml", _("SAML 2.0")


class State(models.TextChoices):
    DRAFT = "draft", _("Not tested")
    TESTED = "tested", _("Tested")
    ON = "on", _("On")
    OFF = "off", _("Off")


class IdentityProvider(models.Model):
    """One connection of a company. `settings` follow the protocol's schema in `connections.py`; `secrets` are JSON,
    sealed under the company's key and bound to this row."""

    row_security = Owned()

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    protocol = models.CharField(max_length=4, choices=Protocol.choices)
    name = models.CharField(max_length=100)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    settings = models.JSONField(default=dict)
    secrets = models.BinaryField()
    domains = models.JSONField(default=list)  # of e-mail addresses that are led here, in lower case
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)  # the settings as they stand now signed somebody in then
    metadata_tried_at = models.DateTimeField(null=True)  # when it was last asked for at its address
    metadata_failed_since = models.DateTimeField(null=True)
    metadata_waiting = models.JSONField(null=True)  # what it says and nobody whom we trust has vouched for
    keys_changed_at = models.DateTimeField(null=True)  # by themselves

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="provider_of_company")]
        indexes = [models.Index(fields=["company", "name"], name="provider_by_company")]

    def __str__(self) -> str:
        return self.name


class LinkedIdentity(models.Model):
    """Whom a provider's subject stands for: the identity is (provider, subject), never the e-mail address."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (last_used_at)", "DELETE"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    subject = models.CharField(max_length=1024)
    how = models.CharField(max_length=12)  # linked, created, invited, provisioned
    linked_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="subject_once_per_provider"),
            models.UniqueConstraint(fields=["provider", "member"], name="member_once_per_provider"),
        ]

    def __str__(self) -> str:
        return self.subject


class ProvisionedUser(models.Model):
    """A user as a provider keeps it by SCIM (RFC 7643, 4.1), and the member it stands for. `adopted`: the member was
    here before, and keeps name, address and way in."""

    row_security = Owned(
        commands=(
            "SELECT",
            "INSERT",
            "UPDATE (user_name, external_id, attributes, version, changed_at, deleted_at)",
        )
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    adopted = models.BooleanField()
    user_name = models.CharField(max_length=200)  # in lower case: told apart without regard to case
    external_id = models.CharField(max_length=200, blank=True)
    attributes = models.JSONField()  # scim.resources.User as it was last said
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "user_name"], condition=models.Q(deleted_at=None), name="user_name_once"
            ),
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=models.Q(deleted_at=None) & ~models.Q(external_id=""),
                name="external_id_once",
            ),
            models.UniqueConstraint(fields=["provider", "member"], name="member_provisioned_once"),
            models.UniqueConstraint(fields=["id", "company"], name="user_of_company"),
        ]

    def __str__(self) -> str:
        return self.user_name


class ProvisionedGroup(models.Model):
    """A group as a provider keeps it by SCIM (RFC 7643, 4.2); its name or external id gives a role by the connection's
    rules."""

    row_security = Owned(
        commands=("SELECT", "INSERT", "UPDATE (display_name, external_id, version, changed_at)", "DELETE")
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE)
    display_name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "display_name"], name="group_name_once"),
            models.UniqueConstraint(fields=["id", "company"], name="group_of_company"),
        ]

    def __str__(self) -> str:
        return self.display_name


class Grouping(models.Model):
    """A provisioned user in a provisioned group."""

    row_security = Owned(commands=("SELECT", "INSERT", "DELETE"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    group = models.ForeignKey(ProvisionedGroup, on_delete=models.CASCADE, related_name="groupings", db_index=False)
    user = models.ForeignKey(ProvisionedUser, on_delete=models.CASCADE, related_name="groupings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="in_group_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"


class Entrance(models.Model):
    """A company's own address for signing in. Since `sso_only_since` no password opens the company, unless an
    EmergencyAccess does for a while."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE"))

    company = models.OneToOneField(Company, on_delete=models.PROTECT, primary_key=True)
    slug = models.SlugField(max_length=40, unique=True)
    sso_only_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.slug


class EmergencyAccess(models.Model):
    """Passwords open a company that closed them, for some hours: one administrator asks, another person approves.
    Written by functions only, which know who acts; it is over by itself at `open_until`."""

    row_security = Owned(commands=("SELECT",))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    asked_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    hours = models.PositiveSmallIntegerField()
    answer_until = models.DateTimeField()
    approved_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company"], condition=models.Q(ended_at=None), name="one_emergency"),
            models.CheckConstraint(condition=models.Q(hours__gte=1, hours__lte=8), name="emergency_hours"),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("asked_by")),
                name="emergency_by_two",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None, approved_at=None, open_until=None)
                | models.Q(approved_by__isnull=False, approved_at__isnull=False, open_until__isnull=False),
                name="emergency_approved_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"asked {self.asked_at:%Y-%m-%d %H:%M}"


class SignInFlow(models.Model):
    """A browser on its way to a provider and back: found once, by its state, in the same browser. Nonce, verifier and
    request id are derived from the state, so that no row has a secret."""

    row_security = ByFunctionOnly()

    state_hash = models.BinaryField(primary_key=True)
    browser_hash = models.BinaryField()
    provider = models.ForeignKey(IdentityProvider, on_delete=models.DO_NOTHING, db_constraint=False)
    purpose = models.CharField(max_length=8)
    member = models.ForeignKey(Member, on_delete=models.DO_NOTHING, db_constraint=False, null=True)
    next = models.CharField(max_length=2_000)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["provider", "expires_at"], name="flow_by_provider")]

    def __str__(self) -> str:
        return self.purpose


class UsedOnce(models.Model):
    """Ids of assertions and logout tokens that were accepted, until they are over by themselves."""

    row_security = ByFunctionOnly()

    provider = models.ForeignKey(IdentityProvider, on_delete=models.DO_NOTHING, db_constraint=False)
    token_hash = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "token_hash"], name="used_once")]
        indexes = [models.Index(fields=["expires_at"], name="used_by_end")]

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"


class ProviderSession(models.Model):
    """The provider's session behind one of ours: what it names when it signs somebody out, and what we name to it.
    Written when the provider has answered; `session` comes when all further stages are passed."""

    row_security = ByFunctionOnly()

    id = models.UUIDField(primary_key=True, default=new_id)
    provider = models.ForeignKey(IdentityProvider, on_delete=models.DO_NOTHING, db_constraint=False)
    member = models.ForeignKey(Member, on_delete=models.DO_NOTHING, db_constraint=False)
    session = models.OneToOneField(Session, on_delete=models.DO_NOTHING, db_constraint=False, null=True)
    subject = models.CharField(max_length=1024)
    sid = models.CharField(max_length=512)  # `sid` of OpenID Connect, SessionIndex of SAML
    logout = models.JSONField(default=dict)  # what a sign-out must repeat of the subject
    arrived_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["provider", "subject"], name="session_of_subject"),
            models.Index(fields=["member", "-arrived_at"], name="session_of_member"),
        ]

    def __str__(self) -> str:
        return self.subject
