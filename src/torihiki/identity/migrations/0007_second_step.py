"""The second step, new passwords by mail, and sessions that end when their company demands a second step."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import Owned, Personal

APPLICATION = "torihiki_application"
ACTOR_COLUMNS = (
    "account_id uuid, member_id uuid, company_id uuid, unit_id uuid, role text, member_name text, company_name text"
)


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_tokens")]

    operations = [
        migrations.AddField("account", "two_step", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="Authenticator",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("secret", models.BinaryField()),
                ("last_step", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("code_hash", models.BinaryField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MailedSecret",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("purpose", models.CharField(max_length=20)),
                ("secret_hash", models.BinaryField()),
                ("attempt_hash", models.BinaryField(null=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="identity.company")),
                ("member", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="identity.member")),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["company", "member", "purpose", "-created_at"], name="mailed_secret_by_member"
                    ),
                    models.Index(fields=["secret_hash"], name="mailed_secret_by_hash"),
                ]
            },
        ),
        Protect("identity_authenticator", Personal(column="account_id")),
        Protect("identity_recoverycode", Personal(column="account_id")),
        Protect("identity_mailedsecret", Owned(commands=("SELECT", "INSERT", "UPDATE (used_at)"))),
        composite_key(
            "identity_mailedsecret", "member_id, company_id", "identity_member", "id, company_id", on_delete="CASCADE"
        ),
        definer_function(
            "identity_reset_of(token bytea, moment timestamptz)",
            f"TABLE ({ACTOR_COLUMNS})",
            """SELECT m.account_id, m.id, m.company_id, m.unit_id, m.role, m.name, c.name
FROM identity_mailedsecret s
JOIN identity_member m ON m.id = s.member_id
JOIN identity_company c ON c.id = m.company_id
JOIN identity_account a ON a.id = m.account_id
WHERE s.secret_hash = token AND s.purpose = 'reset' AND s.used_at IS NULL AND s.expires_at > moment
    AND m.suspended_at IS NULL AND c.suspended_at IS NULL AND a.is_active""",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "identity_mailed_sweep(before timestamptz)",
            "void",
            "DELETE FROM identity_mailedsecret WHERE expires_at < before",
            roles="torihiki_system",
        ),
        definer_function(
            "identity_two_step_reset(member uuid)",
            "boolean",
            """BEGIN
    DELETE FROM identity_recoverycode r USING identity_member m
    WHERE m.id = member AND m.company_id = actor_company() AND r.account_id = m.account_id
        AND NOT EXISTS (SELECT 1 FROM identity_member o WHERE o.account_id = m.account_id AND o.company_id <> m.company_id);
    DELETE FROM identity_authenticator r USING identity_member m
    WHERE m.id = member AND m.company_id = actor_company() AND r.account_id = m.account_id
        AND NOT EXISTS (SELECT 1 FROM identity_member o WHERE o.account_id = m.account_id AND o.company_id <> m.company_id);
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_passwords_expiring(moment timestamptz, defaults jsonb)",
            "TABLE (company_id uuid, member_id uuid)",
            """SELECT m.company_id, m.id
FROM identity_member m
JOIN identity_account a ON a.id = m.account_id
JOIN identity_company c ON c.id = m.company_id
LEFT JOIN LATERAL (
    SELECT v.values FROM identity_policyversion v
    WHERE v.company_id = m.company_id AND v.topic = 'password' ORDER BY v.number DESC LIMIT 1
) p ON true
CROSS JOIN LATERAL (SELECT defaults || coalesce(p.values, '{}') AS rules) r
CROSS JOIN LATERAL (
    SELECT coalesce(a.password_changed_at, a.created_at) + make_interval(days => (rules ->> 'days')::integer) AS ends,
        make_interval(days => (rules ->> 'remind_days')::integer) AS ahead
) e
WHERE (rules ->> 'expires')::boolean AND m.suspended_at IS NULL AND c.suspended_at IS NULL AND a.is_active
    AND ahead > interval '0' AND ends - ahead <= moment AND ends - ahead > moment - interval '1 day'""",
            roles="torihiki_system",
            volatility="STABLE",
        ),
        migrations.RunSQL("DROP FUNCTION identity_session_resume", reverse_sql=migrations.RunSQL.noop),
        definer_function(
            "identity_session_resume(key bytea, moment timestamptz, prolong boolean, defaults jsonb)",
            f"TABLE ({ACTOR_COLUMNS}, language text, proved_at timestamptz, proof text, second_step boolean, network text)",
            """DECLARE
    held record;
    rules jsonb;
BEGIN
    SELECT s.created_at, s.last_seen_at, s.proved_at, s.proof, s.second_step, m.account_id, m.id AS member_id,
        m.company_id, m.unit_id, m.role, m.name AS member_name, c.name AS company_name, a.language
    INTO held
    FROM identity_session s
    JOIN identity_member m ON m.id = s.member_id
    JOIN identity_company c ON c.id = m.company_id
    JOIN identity_account a ON a.id = s.account_id
    WHERE s.key_hash = key AND m.suspended_at IS NULL AND c.suspended_at IS NULL AND a.is_active;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT coalesce(jsonb_object_agg(d.topic, d.value || coalesce(p.values, '{}')), '{}') INTO rules
    FROM jsonb_each(defaults) AS d (topic, value) LEFT JOIN LATERAL (
        SELECT v.values FROM identity_policyversion v
        WHERE v.company_id = held.company_id AND v.topic = d.topic ORDER BY v.number DESC LIMIT 1
    ) p ON true;
    IF held.created_at <= moment - make_interval(hours => (rules #>> '{session,absolute_hours}')::integer)
        OR (rules #>> '{session,idle_on}')::boolean
        AND held.last_seen_at <= moment - make_interval(mins => (rules #>> '{session,idle_minutes}')::integer)
    THEN
        RETURN;
    END IF;
    IF rules #>> '{two-step,mode}' = 'required' AND NOT held.second_step AND held.proof <> 'sso'
        AND (rules #> '{two-step,roles}' = '[]' OR rules #> '{two-step,roles}' ? held.role)
    THEN
        RETURN;
    END IF;
    IF prolong AND held.last_seen_at < moment - interval '5 seconds' THEN
        UPDATE identity_session SET last_seen_at = moment WHERE key_hash = key;
    END IF;
    RETURN QUERY SELECT held.account_id, held.member_id, held.company_id, held.unit_id, held.role::text,
        held.member_name::text, held.company_name::text, held.language::text, held.proved_at, held.proof::text,
        held.second_step, (rules -> 'network')::text;
END""",
            roles=APPLICATION,
        ),
    ]
