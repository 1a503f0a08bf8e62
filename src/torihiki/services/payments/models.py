"""Bank accounts, transfers to payees, and what came in and was matched: one company's own books, each row its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.exchange.models import Document, Partner
from torihiki.identity.models import Company
from torihiki.lib.ids import new_id
from torihiki.lib.zengin import AccountType
from torihiki.tenancy.row_security import Owned


class BankAccount(models.Model):
    """An own account, or a payee's. A payee's is used only after another person than who entered it has confirmed it;
    one that changes is a new one (a well-known way of fraud)."""

    row_security = Owned(
        commands=(
            "SELECT",
            "INSERT",
            "UPDATE (confirmed_by, confirmed_name, confirmed_at, stopped_at)",
        )
    )

    class Type(models.TextChoices):
        ORDINARY = AccountType.ORDINARY.value, _("Ordinary")
        CURRENT = AccountType.CURRENT.value, _("Current")
        SAVINGS = AccountType.SAVINGS.value, _("Savings")
        OTHER = AccountType.OTHER.value, _("Other")

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")  # null: an own account
    bank = models.CharField(max_length=4)
    bank_name = models.CharField(max_length=40, blank=True)
    branch = models.CharField(max_length=3)
    branch_name = models.CharField(max_length=40, blank=True)
    type = models.CharField(max_length=1, choices=Type.choices)
    number = models.CharField(max_length=7)
    holder = models.CharField(max_length=60)  # in kana, as the bank knows it
    consignor = models.CharField(max_length=10, blank=True)  # the bank's code for who pays; own accounts only
    made_by = models.UUIDField()
    made_name = models.CharField(max_length=100)
    made_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_name = models.CharField(max_length=100, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="account_of_company"),
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("made_by")),
                name="account_confirmed_by_another",
            ),
            models.UniqueConstraint(
                fields=["company", "partner"],
                condition=models.Q(partner__isnull=False, confirmed_at__isnull=False, stopped_at=None),
                name="one_account_in_use_per_payee",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank}-{self.branch} {self.get_type_display()} {self.number}"

    @property
    def is_ready(self) -> bool:
        """Whether money may go to or from it."""
        return self.stopped_at is None and (self.partner_id is None or self.confirmed_at is not None)


class TransferRun(models.Model):
    """One file for the bank (総合振込): made by one person, released by another, and then unchangeable."""

    row_security = Owned(
        commands=(
            "SELECT",
            "INSERT",
            "UPDATE (released_by, released_name, released_at, file, sha256, executed_at, executed_name, cancelled_at,"
            " cancelled_name, reason)",
        )
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    payees = models.PositiveIntegerField()
    yen = models.BigIntegerField()
    made_by = models.UUIDField()
    made_name = models.CharField(max_length=100)
    made_at = models.DateTimeField()
    released_by = models.UUIDField(null=True)
    released_name = models.CharField(max_length=100, blank=True)
    released_at = models.DateTimeField(null=True)
    file = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    executed_at = models.DateTimeField(null=True)
    executed_name = models.CharField(max_length=100, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_name = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="run_by_company")]
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="run_of_company"),
            models.CheckConstraint(
                condition=models.Q(released_by=None) | ~models.Q(released_by=models.F("made_by")),
                name="run_released_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(executed_at=None) | models.Q(released_at__isnull=False, cancelled_at=None),
                name="run_executed_after_release",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} ¥{self.yen:,}"

    @property
    def state(self) -> str:
        if self.cancelled_at:
            return "cancelled"
        return "executed" if self.executed_at else "released" if self.released_at else "made"


class RunLine(models.Model):
    """One document that a run pays, in whole; a credit note with a negative amount. No document is paid twice."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (is_live, failed_at)"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey(TransferRun, on_delete=models.PROTECT, related_name="lines")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    yen = models.BigIntegerField()
    is_live = models.BooleanField(default=True)  # false: cancelled, or refused by the bank
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "document"], condition=models.Q(is_live=True), name="document_paid_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} ¥{self.yen:,}"


class Statement(models.Model):
    """A bank's file that was taken in (入出金取引明細)."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (undone_at, undone_name)"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    entries = models.PositiveIntegerField()  # of these, receipts that were not known yet:
    taken = models.PositiveIntegerField()
    yen = models.BigIntegerField()
    taken_name = models.CharField(max_length=100)
    taken_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_name = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="statement_by_company")]
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="statement_of_company")]

    def __str__(self) -> str:
        return self.name


class BankLine(models.Model):
    """Money that came in. `key` tells it from all others of the account, so that a file taken in twice adds nothing."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE (is_live, used)"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=64)
    on = models.DateField()
    yen = models.BigIntegerField()
    used = models.BigIntegerField(default=0)  # matched so far
    payer = models.CharField(max_length=48, blank=True)
    note = models.CharField(max_length=48, blank=True)
    is_live = models.BooleanField(default=True)  # false: its statement was taken back

    class Meta:
        indexes = [
            models.Index(
                fields=["company", "-on", "-id"],
                condition=models.Q(is_live=True, used__lt=models.F("yen")),
                name="receipt_open",
            ),
            models.Index(fields=["company", "-on", "-id"], condition=models.Q(is_live=True), name="receipt_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="receipt_of_company"),
            models.UniqueConstraint(
                fields=["account", "key"], condition=models.Q(is_live=True), name="receipt_taken_once"
            ),
            models.CheckConstraint(
                condition=models.Q(yen__gt=0, used__gte=0, used__lte=models.F("yen")), name="receipt_used_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.payer} ¥{self.yen:,}"

    @property
    def left(self) -> int:
        return self.yen - self.used


class Allocation(models.Model):
    """So much of what is owed by a document is settled by a receipt, a fee that was deducted, or a write-off. Nothing
    is changed or removed: undoing is a row with the opposite sum."""

    row_security = Owned(commands=("SELECT", "INSERT"))

    class Kind(models.TextChoices):
        RECEIPT = "receipt", pgettext_lazy("payments", "Receipt")
        FEE = "fee", _("Fee deducted")
        WRITE_OFF = "write_off", _("Write-off")

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, null=True, related_name="allocations")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    yen = models.BigIntegerField()  # with the sign of the document
    reason = models.CharField(max_length=500, blank=True)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")
    made_by = models.UUIDField(null=True)
    made_name = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["company", "document"], name="allocation_of_document")]
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="allocation_of_company"),
            models.CheckConstraint(condition=~models.Q(yen=0), name="allocation_is_some"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.yen:,}"


class PayerName(models.Model):
    """Under which name a partner's money comes: learned when a receipt is matched by hand."""

    row_security = Owned(commands=("SELECT", "INSERT", "DELETE"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    payer = models.CharField(max_length=48)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "payer"], name="payer_known_once")]

    def __str__(self) -> str:
        return self.payer
