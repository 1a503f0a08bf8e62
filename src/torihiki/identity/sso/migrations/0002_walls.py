"""Row-level security of single sign-on, and the few functions that it needs before there is an actor."""

from django.db import migrations

from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import ByFunctionOnly, Owned

APPLICATION = "torihiki_application"
SYSTEM = "torihiki_system"


class Migration(migrations.Migration):
    dependencies = [("sso", "0001_tables"), ("identity", "0002_walls")]

    operations = [
        Protect("sso_identityprovider", Owned()),
        Protect("sso_linkedidentity", Owned(commands=("SELECT", "INSERT", "UPDATE (last_used_at)", "DELETE"))),
        Protect("sso_entrance", Owned(commands=("SELECT", "INSERT", "UPDATE"))),
        Protect("sso_signinflow", ByFunctionOnly()),
        Protect("sso_usedonce", ByFunctionOnly()),
        Protect("sso_providersession", ByFunctionOnly()),
        composite_key("sso_linkedidentity", "provider_id, company_id", "sso_identityprovider", "id, company_id"),
        composite_key("sso_linkedidentity", "member_id, company_id", "identity_member", "id, company_id"),
        composite_key("sso_entrance", "asked_by_id, company_id", "identity_member", "id, company_id"),
        composite_key("sso_signinflow", "provider_id", "sso_identityprovider", "id", on_delete="CASCADE"),
        composite_key("sso_signinflow", "member_id", "identity_member", "id", on_delete="CASCADE"),
        composite_key("sso_usedonce", "provider_id", "sso_identityprovider", "id", on_delete="CASCADE"),
        composite_key("sso_providersession", "provider_id", "sso_identityprovider", "id", on_delete="CASCADE"),
        composite_key("sso_providersession", "member_id", "identity_member", "id", on_delete="CASCADE"),
        composite_key("sso_providersession", "session_id", "identity_session", "key_hash", on_delete="CASCADE"),
        definer_function(
            "sso_company_of(provider uuid)",
            "uuid",
            "SELECT p.company_id FROM sso_identityprovider p JOIN identity_company c ON c.id = p.company_id"
            " WHERE p.id = provider AND c.suspended_at IS NULL",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_entrance_of(wanted text)",
            "TABLE (company_id uuid, company_name text)",
            "SELECT c.id, c.name FROM sso_entrance e JOIN identity_company c ON c.id = e.company_id"
            " WHERE e.slug = wanted AND c.suspended_at IS NULL",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_by_domain(wanted text)",
            "TABLE (provider_id uuid, provider_name text, company_name text)",
            "SELECT p.id, p.name, c.name FROM sso_identityprovider p JOIN identity_company c ON c.id = p.company_id"
            " WHERE p.state = 'on' AND c.suspended_at IS NULL AND p.domains ? wanted ORDER BY c.name, p.name LIMIT 20",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_flow_begin(state_key bytea, browser_key bytea, provider uuid, purpose text, member uuid, after text,"
            " moment timestamptz, until timestamptz, most integer)",
            "boolean",
            """BEGIN
    DELETE FROM sso_signinflow f WHERE f.provider_id = provider AND f.expires_at <= moment;
    IF (SELECT count(*) FROM sso_signinflow f WHERE f.provider_id = provider) >= most THEN
        DELETE FROM sso_signinflow f WHERE f.state_hash = (SELECT o.state_hash FROM sso_signinflow o
            WHERE o.provider_id = provider ORDER BY o.expires_at LIMIT 1);
    END IF;
    INSERT INTO sso_signinflow (state_hash, browser_hash, provider_id, purpose, member_id, next, created_at, expires_at)
    SELECT state_key, browser_key, p.id, purpose, m.id, after, moment, until
    FROM sso_identityprovider p LEFT JOIN identity_member m
        ON m.id = member AND m.company_id = p.company_id AND m.account_id = actor_account()
    WHERE p.id = provider AND p.company_id = actor_company() AND (member IS NULL OR m.id IS NOT NULL);
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_flow_take(state_key bytea, browser_key bytea, provider uuid, moment timestamptz)",
            "TABLE (purpose text, member_id uuid, after text)",
            "DELETE FROM sso_signinflow f WHERE f.state_hash = state_key AND f.browser_hash = browser_key"
            " AND f.provider_id = provider AND f.expires_at > moment RETURNING f.purpose, f.member_id, f.next",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_use_once(provider uuid, token bytea, until timestamptz)",
            "boolean",
            """BEGIN
    INSERT INTO sso_usedonce (provider_id, token_hash, expires_at)
    SELECT p.id, token, until FROM sso_identityprovider p WHERE p.id = provider AND p.company_id = actor_company()
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_session_arrive(row_id uuid, provider uuid, member uuid, subject text, sid text, logout jsonb,"
            " moment timestamptz)",
            "boolean",
            """BEGIN
    DELETE FROM sso_providersession s WHERE s.member_id = member AND s.session_id IS NULL;
    INSERT INTO sso_providersession (id, provider_id, member_id, session_id, subject, sid, logout, arrived_at)
    SELECT row_id, p.id, m.id, NULL, subject, sid, logout, moment
    FROM sso_identityprovider p JOIN identity_member m ON m.company_id = p.company_id
    WHERE p.id = provider AND m.id = member AND p.company_id = actor_company();
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_session_bind(key bytea, earliest timestamptz)",
            "void",
            """UPDATE sso_providersession s SET session_id = key FROM identity_session i
WHERE i.key_hash = key AND s.member_id = i.member_id AND s.session_id IS NULL AND s.arrived_at >= earliest
    AND i.account_id = actor_account()""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_session_of(key bytea)",
            "TABLE (provider_id uuid, subject text, sid text, logout jsonb)",
            "SELECT s.provider_id, s.subject, s.sid, s.logout FROM sso_providersession s"
            " JOIN identity_session i ON i.key_hash = s.session_id"
            " WHERE s.session_id = key AND i.account_id = actor_account()",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_sessions_end(provider uuid, wanted_subject text, wanted_sid text)",
            "TABLE (member_id uuid)",
            """DELETE FROM identity_session i USING sso_providersession s, sso_identityprovider p
WHERE i.key_hash = s.session_id AND s.provider_id = p.id AND p.id = provider AND p.company_id = actor_company()
    AND (wanted_subject = '' OR s.subject = wanted_subject) AND (wanted_sid = '' OR s.sid = wanted_sid)
    AND (wanted_subject <> '' OR wanted_sid <> '')
RETURNING i.member_id""",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_password_sessions_end()",
            "void",
            "DELETE FROM identity_session i USING identity_member m WHERE m.id = i.member_id"
            " AND m.company_id = actor_company()"
            " AND NOT EXISTS (SELECT 1 FROM sso_providersession s WHERE s.session_id = i.key_hash)",
            roles=APPLICATION,
        ),
        definer_function(
            "sso_closed_to_passwords(moment timestamptz)",
            "SETOF uuid",
            "SELECT e.company_id FROM sso_entrance e JOIN identity_member m ON m.company_id = e.company_id"
            " WHERE m.account_id = actor_account() AND e.sso_only_since IS NOT NULL"
            " AND (e.open_until IS NULL OR e.open_until <= moment OR m.role <> 'administrator')",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "sso_sweep(before timestamptz)",
            "void",
            """BEGIN
    DELETE FROM sso_signinflow WHERE expires_at < before;
    DELETE FROM sso_usedonce WHERE expires_at < before;
    DELETE FROM sso_providersession WHERE session_id IS NULL AND arrived_at < before;
END""",
            roles=SYSTEM,
        ),
    ]
