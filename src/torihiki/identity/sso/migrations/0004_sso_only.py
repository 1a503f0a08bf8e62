"""Companies that no password opens, and the emergency in which one does for some hours: asked for by one administrator
and approved by another person, which the database sees to itself."""

import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import Owned

APPLICATION = "torihiki_application"
MEMBER = "id, company_id"
OPEN = (
    "EXISTS (SELECT 1 FROM sso_emergencyaccess x WHERE x.company_id = e.company_id AND x.ended_at IS NULL"
    " AND x.open_until > moment)"
)


class Migration(migrations.Migration):
    dependencies = [("sso", "0003_metadata"), ("identity", "0008_own_sessions")]

    operations = [
        migrations.RemoveField("entrance", "open_until"),
        migrations.RemoveField("entrance", "asked_by"),
        migrations.RemoveField("entrance", "asked_at"),
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("hours", models.PositiveSmallIntegerField()),
                ("answer_until", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("open_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.member"
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.member"
                    ),
                ),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("company",), name="one_emergency"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours__gte", 1), ("hours__lte", 8)), name="emergency_hours"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", None),
                            models.Q(("approved_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="emergency_by_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at", None), ("approved_by", None), ("open_until", None)),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                ("open_until__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="emergency_approved_whole",
                    ),
                ]
            },
        ),
        Protect("sso_emergencyaccess", Owned(commands=("SELECT",))),
        composite_key("sso_emergencyaccess", "asked_by_id, company_id", "identity_member", MEMBER),
        composite_key("sso_emergencyaccess", "approved_by_id, company_id", "identity_member", MEMBER),
        composite_key("sso_emergencyaccess", "ended_by_id, company_id", "identity_member", MEMBER),
        migrations.RunSQL(
            # Within the hour in which it was to be answered, and for no longer than was asked.
            "ALTER TABLE sso_emergencyaccess ADD CONSTRAINT emergency_bounded CHECK (answer_until <= asked_at"
            " + interval '1 hour' AND (approved_at IS NULL OR approved_at < answer_until"
            " AND open_until <= approved_at + make_interval(hours => hours)))",
            reverse_sql="ALTER TABLE sso_emergencyaccess DROP CONSTRAINT emergency_bounded",
        ),
        migrations.RunSQL("DROP FUNCTION sso_closed_to_passwords", reverse_sql=migrations.RunSQL.noop),
        definer_function(
            "sso_closed_to_passwords(moment timestamptz)",
            "SETOF uuid",
            "SELECT e.company_id FROM sso_entrance e JOIN identity_member m ON m.company_id = e.company_id"  # noqa: S608
            f" WHERE m.account_id = actor_account() AND e.sso_only_since IS NOT NULL AND NOT {OPEN}",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_session_shut(key bytea, moment timestamptz)",
            "boolean",
            "SELECT EXISTS (SELECT 1 FROM identity_session s JOIN identity_member m ON m.id = s.member_id"  # noqa: S608
            " JOIN sso_entrance e ON e.company_id = m.company_id"
            " WHERE s.key_hash = key AND e.sso_only_since IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM sso_providersession p JOIN sso_identityprovider i ON i.id = p.provider_id"
            f" WHERE p.session_id = key AND i.company_id = e.company_id) AND NOT {OPEN})",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_emergency_people()",
            "TABLE (member_id uuid, has_password boolean, has_app boolean)",
            """SELECT m.id, a.password NOT LIKE '!%', EXISTS (
    SELECT 1 FROM identity_authenticator t WHERE t.account_id = a.id AND t.confirmed_at IS NOT NULL)
FROM identity_member m JOIN identity_account a ON a.id = m.account_id
WHERE m.company_id = actor_company() AND m.suspended_at IS NULL AND a.is_active
    AND m.role IN ('administrator', 'approver')""",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_emergency_over(moment timestamptz)",
            "uuid",
            """UPDATE sso_emergencyaccess x SET ended_at = coalesce(x.open_until, x.answer_until)
WHERE x.company_id = actor_company() AND x.ended_at IS NULL AND coalesce(x.open_until, x.answer_until) <= moment
RETURNING x.id""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_emergency_ask(row_id uuid, why text, wanted integer, moment timestamptz, until timestamptz)",
            "boolean",
            """BEGIN
    INSERT INTO sso_emergencyaccess (id, company_id, asked_by_id, asked_at, reason, hours, answer_until)
    SELECT row_id, m.company_id, m.id, moment, why, wanted, until FROM identity_member m
    WHERE m.company_id = actor_company() AND m.account_id = actor_account() AND m.role = 'administrator'
        AND m.suspended_at IS NULL
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_emergency_approve(request uuid, moment timestamptz)",
            "timestamptz",
            """UPDATE sso_emergencyaccess x
SET approved_by_id = m.id, approved_at = moment, open_until = moment + make_interval(hours => x.hours)
FROM identity_member m, identity_member asker
WHERE x.id = request AND x.company_id = actor_company() AND x.approved_by_id IS NULL AND x.ended_at IS NULL
    AND x.answer_until > moment AND m.company_id = x.company_id AND m.account_id = actor_account()
    AND m.suspended_at IS NULL AND asker.id = x.asked_by_id AND asker.account_id <> m.account_id
    AND asker.role = 'administrator' AND asker.suspended_at IS NULL
    AND (m.role = 'administrator' OR m.role = 'approver' AND NOT EXISTS (
        SELECT 1 FROM identity_member o JOIN identity_account a ON a.id = o.account_id
        WHERE o.company_id = x.company_id AND o.role = 'administrator' AND o.suspended_at IS NULL AND a.is_active
            AND a.password NOT LIKE '!%' AND o.id <> asker.id))
RETURNING x.open_until""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_emergency_end(moment timestamptz)",
            "uuid",
            """UPDATE sso_emergencyaccess x SET ended_at = moment, ended_by_id = m.id FROM identity_member m
WHERE x.company_id = actor_company() AND x.ended_at IS NULL AND m.company_id = x.company_id
    AND m.account_id = actor_account() AND m.suspended_at IS NULL
RETURNING x.id""",
            roles=APPLICATION,
        ),
        migrations.RunSQL("DROP FUNCTION sso_session_of", reverse_sql=migrations.RunSQL.noop),
        definer_function(
            "sso_session_of(key bytea)",
            "TABLE (provider_id uuid, subject text, sid text, logout jsonb, arrived_at timestamptz)",
            "SELECT s.provider_id, s.subject, s.sid, s.logout, s.arrived_at FROM sso_providersession s"
            " JOIN identity_session i ON i.key_hash = s.session_id"
            " WHERE s.session_id = key AND i.account_id = actor_account()",
            roles=APPLICATION,
            volatility="STABLE",
        ),
    ]
