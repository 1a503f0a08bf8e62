"""Approvals along routes. A draft no longer keeps who approved it: a request does. What was in approval, or approved
and not sent, is submitted anew."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.exchange.approvals.models import ApprovalRequest, ApprovalRoute, ApprovalSeat
from torihiki.tenancy.operations import Protect, composite_key


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0012_in_charge"),
        ("identity", "0013_unit_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalRequest",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("route", models.CharField(blank=True, max_length=60)),
                ("steps", models.JSONField()),
                ("body", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("submitted_name", models.CharField(max_length=100)),
                ("submitted_at", models.DateTimeField()),
                ("stage", models.PositiveSmallIntegerField(default=0)),
                ("stage_since", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "In approval"),
                            ("approved", "Approved"),
                            ("returned", "Returned"),
                            ("taken_back", "Taken back"),
                            ("changed", "Changed before it was decided"),
                        ],
                        max_length=20,
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=100)),
                ("reason", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="ApprovalRoute",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("position", models.PositiveIntegerField()),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("amount_from", models.BigIntegerField(null=True)),
                ("amount_to", models.BigIntegerField(null=True)),
                ("steps", models.JSONField()),
                ("stopped_at", models.DateTimeField(null=True)),
                ("changed_by", models.CharField(max_length=100)),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ApprovalSeat",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("step", models.PositiveSmallIntegerField()),
                ("member_name", models.CharField(max_length=100)),
                ("is_deputy", models.BooleanField(default=False)),
                ("is_open", models.BooleanField(default=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("", "Not answered"), ("approved", "Approved"), ("returned", "Returned")],
                        max_length=10,
                    ),
                ),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_name", models.CharField(blank=True, max_length=100)),
                ("comment", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveField(
            model_name="draft",
            name="approved_by",
        ),
        migrations.RemoveField(
            model_name="draft",
            name="approved_sha256",
        ),
        migrations.RemoveField(
            model_name="draft",
            name="submitted_at",
        ),
        migrations.RemoveField(
            model_name="draft",
            name="submitted_by",
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="partner_of_company"),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="document",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="exchange.document"
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="submitted_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="identity.member",
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="partner",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exchange.partner"
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="unit",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.unit"
            ),
        ),
        migrations.AddField(
            model_name="approvalseat",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
            ),
        ),
        migrations.AddField(
            model_name="approvalseat",
            name="member",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="identity.member"
            ),
        ),
        migrations.AddField(
            model_name="approvalseat",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="seats",
                to="exchange.approvalrequest",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["document", "-id"], name="request_of_document"),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["company", "submitted_by", "-id"], name="request_by_author"),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="request_of_company"),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")), fields=("document",), name="request_open_once"
            ),
        ),
        migrations.AddIndex(
            model_name="approvalroute",
            index=models.Index(fields=["company", "position"], name="route_in_order"),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=models.UniqueConstraint(fields=("company", "name"), name="route_name_unique"),
        ),
        migrations.AddIndex(
            model_name="approvalseat",
            index=models.Index(
                condition=models.Q(("is_open", True)), fields=["company", "member", "-id"], name="seat_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalseat",
            constraint=models.UniqueConstraint(fields=("request", "step", "member"), name="seat_once"),
        ),
        migrations.AddConstraint(
            model_name="approvalseat",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_by__isnull", False)),
                fields=("request", "step", "decided_by"),
                name="person_decides_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalseat",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decision", "")),
                    models.Q(("decided_at__isnull", False), ("is_open", False)),
                    _connector="OR",
                ),
                name="seat_answered_is_closed",
            ),
        ),
        Protect("exchange_approvalroute", ApprovalRoute.row_security),
        Protect("exchange_approvalrequest", ApprovalRequest.row_security),
        Protect("exchange_approvalseat", ApprovalSeat.row_security),
        composite_key("exchange_approvalroute", "unit_id, company_id", "identity_unit", "id, company_id"),
        composite_key("exchange_approvalroute", "partner_id, company_id", "exchange_partner", "id, company_id"),
        # A draft that is thrown away takes its requests along (exchange_discard knows nothing of them).
        composite_key(
            "exchange_approvalrequest",
            "document_id, company_id",
            "exchange_document",
            "id, owner_id",
            on_delete="CASCADE",
        ),
        composite_key("exchange_approvalrequest", "submitted_by_id, company_id", "identity_member", "id, company_id"),
        composite_key(
            "exchange_approvalseat",
            "request_id, company_id",
            "exchange_approvalrequest",
            "id, company_id",
            on_delete="CASCADE",
        ),
        composite_key("exchange_approvalseat", "member_id, company_id", "identity_member", "id, company_id"),
        migrations.RunSQL(
            "UPDATE exchange_partyview SET internal_state = 'draft' WHERE internal_state IN ('in_approval', 'ready')",
            migrations.RunSQL.noop,
        ),
    ]
