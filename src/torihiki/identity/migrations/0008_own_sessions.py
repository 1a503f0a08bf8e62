"""Everybody sees the own sessions, and ends them."""

from django.db import migrations

from torihiki.tenancy.operations import definer_function

APPLICATION = "torihiki_application"


class Migration(migrations.Migration):
    dependencies = [("identity", "0007_second_step")]

    operations = [
        definer_function(
            "identity_own_sessions(present bytea)",
            "TABLE (id uuid, company_name text, address text, browser text, proof text, second_step boolean,"
            " created_at timestamptz, last_seen_at timestamptz, is_present boolean)",
            """SELECT s.id, c.name, coalesce(host(s.address), ''), s.browser, s.proof, s.second_step, s.created_at,
    s.last_seen_at, s.key_hash = present
FROM identity_session s JOIN identity_member m ON m.id = s.member_id JOIN identity_company c ON c.id = m.company_id
WHERE s.account_id = actor_account() ORDER BY s.last_seen_at DESC LIMIT 100""",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "identity_own_session_end(session uuid)",
            "boolean",
            """BEGIN
    DELETE FROM identity_session s WHERE s.id = session AND s.account_id = actor_account();
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
    ]
