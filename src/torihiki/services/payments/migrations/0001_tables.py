"""Bank accounts, transfers, receipts, and what each receipt settles."""

import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.services.payments import models as tables
from torihiki.tenancy.operations import Protect, composite_key


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("exchange", "0014_settled"),
        ("identity", "0013_unit_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("bank", models.CharField(max_length=4)),
                ("bank_name", models.CharField(blank=True, max_length=40)),
                ("branch", models.CharField(max_length=3)),
                ("branch_name", models.CharField(blank=True, max_length=40)),
                (
                    "type",
                    models.CharField(
                        choices=[("1", "Ordinary"), ("2", "Current"), ("4", "Savings"), ("9", "Other")], max_length=1
                    ),
                ),
                ("number", models.CharField(max_length=7)),
                ("holder", models.CharField(max_length=60)),
                ("consignor", models.CharField(blank=True, max_length=10)),
                ("made_by", models.UUIDField()),
                ("made_name", models.CharField(max_length=100)),
                ("made_at", models.DateTimeField()),
                ("confirmed_by", models.UUIDField(null=True)),
                ("confirmed_name", models.CharField(blank=True, max_length=100)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exchange.partner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BankLine",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=64)),
                ("on", models.DateField()),
                ("yen", models.BigIntegerField()),
                ("used", models.BigIntegerField(default=0)),
                ("payer", models.CharField(blank=True, max_length=48)),
                ("note", models.CharField(blank=True, max_length=48)),
                ("is_live", models.BooleanField(default=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.bankaccount",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.company",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("receipt", "Receipt"), ("fee", "Fee deducted"), ("write_off", "Write-off")],
                        max_length=10,
                    ),
                ),
                ("yen", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("made_by", models.UUIDField(null=True)),
                ("made_name", models.CharField(max_length=100)),
                ("at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.company",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exchange.document",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="payments.allocation",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="payments.bankline",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PayerName",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("payer", models.CharField(max_length=48)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.company",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="exchange.partner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("entries", models.PositiveIntegerField()),
                ("taken", models.PositiveIntegerField()),
                ("yen", models.BigIntegerField()),
                ("taken_name", models.CharField(max_length=100)),
                ("taken_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_name", models.CharField(blank=True, max_length=100)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.bankaccount"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.company",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="bankline",
            name="statement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="payments.statement"
            ),
        ),
        migrations.CreateModel(
            name="TransferRun",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("on", models.DateField()),
                ("payees", models.PositiveIntegerField()),
                ("yen", models.BigIntegerField()),
                ("made_by", models.UUIDField()),
                ("made_name", models.CharField(max_length=100)),
                ("made_at", models.DateTimeField()),
                ("released_by", models.UUIDField(null=True)),
                ("released_name", models.CharField(blank=True, max_length=100)),
                ("released_at", models.DateTimeField(null=True)),
                ("file", models.BinaryField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("executed_at", models.DateTimeField(null=True)),
                ("executed_name", models.CharField(blank=True, max_length=100)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("cancelled_name", models.CharField(blank=True, max_length=100)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.bankaccount"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.company",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunLine",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("yen", models.BigIntegerField()),
                ("is_live", models.BooleanField(default=True)),
                ("failed_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.bankaccount",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.company",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exchange.document",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exchange.partner",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="payments.transferrun"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="account_of_company"),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by", None),
                    models.Q(("confirmed_by", models.F("made_by")), _negated=True),
                    _connector="OR",
                ),
                name="account_confirmed_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("confirmed_at__isnull", False), ("partner__isnull", False), ("stopped_at", None)),
                fields=("company", "partner"),
                name="one_account_in_use_per_payee",
            ),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(fields=["company", "document"], name="allocation_of_document"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="allocation_of_company"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(condition=models.Q(("yen", 0), _negated=True), name="allocation_is_some"),
        ),
        migrations.AddConstraint(
            model_name="payername",
            constraint=models.UniqueConstraint(fields=("company", "payer"), name="payer_known_once"),
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(fields=["company", "-id"], name="statement_by_company"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="statement_of_company"),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(
                condition=models.Q(("is_live", True), ("used__lt", models.F("yen"))),
                fields=["company", "-on", "-id"],
                name="receipt_open",
            ),
        ),
        migrations.AddIndex(
            model_name="bankline",
            index=models.Index(
                condition=models.Q(("is_live", True)), fields=["company", "-on", "-id"], name="receipt_by_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="receipt_of_company"),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_live", True)), fields=("account", "key"), name="receipt_taken_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.CheckConstraint(
                condition=models.Q(("used__gte", 0), ("used__lte", models.F("yen")), ("yen__gt", 0)),
                name="receipt_used_within",
            ),
        ),
        migrations.AddIndex(
            model_name="transferrun",
            index=models.Index(fields=["company", "-id"], name="run_by_company"),
        ),
        migrations.AddConstraint(
            model_name="transferrun",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="run_of_company"),
        ),
        migrations.AddConstraint(
            model_name="transferrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by", None),
                    models.Q(("released_by", models.F("made_by")), _negated=True),
                    _connector="OR",
                ),
                name="run_released_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("executed_at", None),
                    models.Q(("cancelled_at", None), ("released_at__isnull", False)),
                    _connector="OR",
                ),
                name="run_executed_after_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="runline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_live", True)), fields=("company", "document"), name="document_paid_once"
            ),
        ),
        Protect("payments_bankaccount", tables.BankAccount.row_security),
        Protect("payments_transferrun", tables.TransferRun.row_security),
        Protect("payments_runline", tables.RunLine.row_security),
        Protect("payments_statement", tables.Statement.row_security),
        Protect("payments_bankline", tables.BankLine.row_security),
        Protect("payments_allocation", tables.Allocation.row_security),
        Protect("payments_payername", tables.PayerName.row_security),
        composite_key("payments_bankaccount", "partner_id, company_id", "exchange_partner", "id, company_id"),
        composite_key("payments_transferrun", "account_id, company_id", "payments_bankaccount", "id, company_id"),
        composite_key("payments_runline", "run_id, company_id", "payments_transferrun", "id, company_id"),
        composite_key("payments_runline", "partner_id, company_id", "exchange_partner", "id, company_id"),
        composite_key("payments_runline", "account_id, company_id", "payments_bankaccount", "id, company_id"),
        composite_key("payments_statement", "account_id, company_id", "payments_bankaccount", "id, company_id"),
        composite_key("payments_bankline", "statement_id, company_id", "payments_statement", "id, company_id"),
        composite_key("payments_bankline", "account_id, company_id", "payments_bankaccount", "id, company_id"),
        composite_key("payments_allocation", "line_id, company_id", "payments_bankline", "id, company_id"),
        composite_key("payments_allocation", "reverses_id, company_id", "payments_allocation", "id, company_id"),
        composite_key("payments_payername", "partner_id, company_id", "exchange_partner", "id, company_id"),
        composite_key("payments_runline", "company_id, document_id", "exchange_partyview", "company_id, document_id"),
        composite_key(
            "payments_allocation", "company_id, document_id", "exchange_partyview", "company_id, document_id"
        ),
    ]
