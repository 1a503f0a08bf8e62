"""What companies decide about sign-in, the counting of tries, and sessions that end by their company's policy.

Who is signed in while this migration runs signs in again.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, definer_function
from torihiki.tenancy.row_security import GRANTED, ME, ByFunctionOnly, PartyVisible

APPLICATION = "torihiki_application"
SESSION_COLUMNS = (
    "TABLE (account_id uuid, member_id uuid, company_id uuid, unit_id uuid, role text, member_name text,"
    " company_name text, language text, proved_at timestamptz, network text)"
)


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_sign_in_attempts")]

    operations = [
        migrations.AddField("account", "password_changed_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("topic", models.CharField(max_length=20)),
                ("number", models.PositiveIntegerField()),
                ("values", models.JSONField()),
                ("changed_by", models.CharField(max_length=100)),
                ("changed_at", models.DateTimeField()),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "topic", "number"), name="policy_version_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tries",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("subject", models.UUIDField()),
                ("secret", models.CharField(max_length=20)),
                (
                    "tried_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), default=list, size=None
                    ),
                ),
                (
                    "failed_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), default=list, size=None
                    ),
                ),
                ("locked_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["last_at"], name="identity_tries_last")],
                "constraints": [models.UniqueConstraint(fields=("subject", "secret"), name="tries_once_per_secret")],
            },
        ),
        migrations.RunSQL("DELETE FROM identity_session", reverse_sql="DELETE FROM identity_session"),
        migrations.AddField(
            "session", "id", models.UUIDField(unique=True, default=torihiki.lib.ids.new_id), preserve_default=False
        ),
        migrations.AddField("session", "address", models.GenericIPAddressField(null=True)),
        migrations.AddField("session", "browser", models.CharField(default="", max_length=300)),
        migrations.AddField("session", "proof", models.CharField(default="password", max_length=20)),
        migrations.AddField("session", "second_step", models.BooleanField(default=False)),
        migrations.AddField(
            "session",
            "proved_at",
            models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        Protect(
            "identity_policyversion",
            PartyVisible(
                commands=("SELECT", "INSERT"),
                read=f"company_id = {ME} OR EXISTS (SELECT 1 FROM identity_member m"  # noqa: S608 - our own constants
                " WHERE m.company_id = identity_policyversion.company_id AND m.account_id = actor_account())",
                insert=f"company_id = {ME}",
                granted=GRANTED.format(column="company_id"),
            ),
        ),
        Protect("identity_tries", ByFunctionOnly()),
        definer_function(
            "identity_try_count(who uuid, what text, moment timestamptz, failures_max integer, within interval,"
            " locked interval)",
            "boolean",
            """DECLARE
    counted identity_tries;
    recent timestamptz[];
BEGIN
    INSERT INTO identity_tries (id, subject, secret, tried_at, failed_at, last_at)
    VALUES (gen_random_uuid(), who, what, '{}', '{}', moment) ON CONFLICT (subject, secret) DO NOTHING;
    SELECT * INTO counted FROM identity_tries WHERE subject = who AND secret = what FOR UPDATE;
    IF counted.locked_at + locked > moment THEN
        RETURN false;
    END IF;
    recent := ARRAY(SELECT t FROM unnest(counted.tried_at) t WHERE t > moment - within ORDER BY t);
    IF cardinality(recent) >= failures_max THEN
        RETURN false;
    END IF;
    UPDATE identity_tries SET tried_at = recent || moment, locked_at = NULL, last_at = moment WHERE id = counted.id;
    RETURN true;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_try_failed(who uuid, what text, moment timestamptz, failures_max integer, within interval)",
            "boolean",
            """DECLARE
    counted identity_tries;
    recent timestamptz[];
BEGIN
    SELECT * INTO counted FROM identity_tries WHERE subject = who AND secret = what FOR UPDATE;
    recent := ARRAY(SELECT t FROM unnest(counted.failed_at) t WHERE t > moment - within ORDER BY t) || moment;
    IF cardinality(recent) < failures_max THEN
        UPDATE identity_tries SET failed_at = recent WHERE id = counted.id;
        RETURN false;
    END IF;
    UPDATE identity_tries SET tried_at = '{}', failed_at = '{}', locked_at = moment WHERE id = counted.id;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_try_right(who uuid, what text)",
            "void",
            "DELETE FROM identity_tries WHERE subject = who AND secret = what",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_unlock(member uuid)",
            "boolean",
            """BEGIN
    DELETE FROM identity_tries t USING identity_member m
    WHERE m.id = member AND m.company_id = actor_company() AND t.subject = m.account_id;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_tries_sweep(before timestamptz)",
            "void",
            "DELETE FROM identity_tries WHERE last_at < before",
            roles="torihiki_system",
        ),
        definer_function(
            "identity_standing()",
            "TABLE (member_id uuid, password_changed_at timestamptz, locked_at timestamptz)",
            """SELECT m.id, coalesce(a.password_changed_at, a.created_at), t.locked_at
FROM identity_member m JOIN identity_account a ON a.id = m.account_id
LEFT JOIN identity_tries t ON t.subject = m.account_id AND t.secret = 'password'
WHERE m.company_id = actor_company()""",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "identity_company_sessions()",
            "TABLE (member_id uuid, address inet, created_at timestamptz, last_seen_at timestamptz,"
            " proof text, second_step boolean)",
            """SELECT m.id, s.address, s.created_at, s.last_seen_at, s.proof, s.second_step
FROM identity_session s JOIN identity_member m ON m.id = s.member_id
WHERE m.company_id = actor_company()""",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        migrations.RunSQL("DROP FUNCTION identity_session_open", reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION identity_session_resume", reverse_sql=migrations.RunSQL.noop),
        definer_function(
            "identity_session_open(key bytea, member uuid, moment timestamptz, place inet, program text, proved text,"
            " twice boolean)",
            "boolean",
            """BEGIN
    INSERT INTO identity_session (key_hash, id, account_id, member_id, created_at, last_seen_at, proved_at, address,
        browser, proof, second_step)
    SELECT key, gen_random_uuid(), m.account_id, m.id, moment, moment, moment, place, program, proved, twice
    FROM identity_member m
    WHERE m.id = member AND m.account_id = actor_account() AND m.suspended_at IS NULL;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_session_proved(key bytea, moment timestamptz)",
            "void",
            "UPDATE identity_session SET proved_at = moment WHERE key_hash = key AND account_id = actor_account()",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_session_resume(key bytea, moment timestamptz, prolong boolean, defaults jsonb)",
            SESSION_COLUMNS,
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
    IF prolong AND held.last_seen_at < moment - interval '5 seconds' THEN
        UPDATE identity_session SET last_seen_at = moment WHERE key_hash = key;
    END IF;
    RETURN QUERY SELECT held.account_id, held.member_id, held.company_id, held.unit_id, held.role::text,
        held.member_name::text, held.company_name::text, held.language::text, held.proved_at,
        (rules -> 'network')::text;
END""",
            roles=APPLICATION,
        ),
    ]
