"""Row-level security of the exchange tables, keys that carry the tenant along, and the functions that write for the
other side. A new service needs none of this: its documents live in these tables."""

from dataclasses import replace

from django.db import migrations

from torihiki.exchange.walls import PARTY_VIEW, TABLES
from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import Owned

APPLICATION = "torihiki_application"

VIEW = ("exchange_partyview", "company_id, document_id")
OWN_DOCUMENT = ("document_id, owner_id", "exchange_document", "id, owner_id")
OWN_ATTACHMENT = ("attachment_id, company_id", "exchange_attachment", "id, company_id")
TENANT_KEYS = [
    ("exchange_recipient", *OWN_DOCUMENT),
    ("exchange_recipient", "party_id, company_id", "exchange_party", "id, company_id"),
    ("exchange_draft", "company_id, document_id", *VIEW),
    ("exchange_transition", "company_id, document_id", *VIEW),
    ("exchange_comment", "company_id, document_id", *VIEW),
    ("exchange_attachment", "company_id, document_id", *VIEW),
    ("exchange_attachmentchunk", *OWN_ATTACHMENT),
    ("exchange_line", "version_id, document_id, version_number", "exchange_version", "id, document_id, number"),
    ("exchange_partyview", "unit_id, company_id", "identity_unit", "id, company_id"),
    ("exchange_partyview", "assignee_id, company_id", "identity_member", "id, company_id"),
]
DROPPED_WITH_PARENT = {"exchange_draft", "exchange_attachmentchunk", "exchange_line", "exchange_recipient"}

AS_THEY_STOOD = {
    **TABLES,
    "exchange_writekey": Owned(commands=("SELECT", "INSERT")),  # 0007 adds to it
    "exchange_partyview": replace(  # and 0014 to this
        PARTY_VIEW, commands=tuple(command.replace(", settled_at", "") for command in PARTY_VIEW.commands)
    ),
}

SEARCH = [
    # One fold for what is stored and what is asked: width, case, and hiragana as katakana.
    """CREATE FUNCTION exchange_fold(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT translate(lower(normalize(written, NFKC)),
    'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをん',
    'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲン')
$$""",
    """CREATE FUNCTION exchange_bigrams(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT coalesce(array_agg(DISTINCT substr(folded, i, 2)), '{}') FROM generate_series(1, length(folded) - 1) i
$$""",
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    "ALTER TABLE exchange_partyview ADD COLUMN folded text GENERATED ALWAYS AS (exchange_fold(search)) STORED,"
    " ADD COLUMN bigrams text[] GENERATED ALWAYS AS (exchange_bigrams(exchange_fold(search))) STORED",
    "CREATE INDEX view_by_words ON exchange_partyview USING gin (company_id, bigrams)",
]

# The index on words cannot be used under a policy (its operator is not leakproof): this function filters by company itself.
# It gives up beyond `most`: what is that common is found faster in the order of the list.
SEARCH_VIEWS = """DECLARE
    folded_words text := exchange_fold(wanted);
    grams text[] := exchange_bigrams(exchange_fold(wanted));
BEGIN
    RETURN QUERY SELECT v.document_id FROM exchange_partyview v
    WHERE v.company_id = actor_company() AND v.bigrams @> grams AND position(folded_words IN v.folded) > 0
    LIMIT most;
END"""

SYNC_VIEWS = """BEGIN
    INSERT INTO exchange_partyview AS view (company_id, document_id, role, side, kind, number, subject, state, state_since,
        waiting, issued_on, due_on, currency, amount_minor, counterparty_id, counterparty_name, counterparties, search,
        version_shown, internal_state, changed_at, read_at)
    SELECT c.company_id, d.id, c.role, c.side, d.kind, d.number, d.subject, c.state, c.state_since,
        CASE WHEN c.waits_for = c.role THEN 'us' WHEN c.waits_for IN ('issuer', 'receiver') THEN 'them' ELSE '' END,
        d.issued_on, d.due_on, d.currency, d.amount_minor, c.counterparty_id,
        coalesce(nullif(partner.own_name, ''), party.name, ''), c.counterparties,
        concat_ws(' ', d.number, d.search, party.name, partner.own_name, partner.own_code, d.amount_minor::text,
            to_char(d.amount_minor, 'FM999,999,999,999,999')),
        d.version, '', c.changed_at, CASE WHEN c.company_id = actor_company() THEN c.changed_at END
    FROM exchange_document d
    CROSS JOIN LATERAL (
        SELECT issuer.company_id, 'issuer' AS role, d.issuer_side AS side, d.state, d.state_since,
            CASE WHEN r.asked THEN 'issuer' ELSE d.waits_for END AS waits_for,
            r.party_id AS counterparty_id, r.parties AS counterparties,
            greatest(d.changed_at, r.changed_at) AS changed_at
        FROM exchange_party issuer, (
            SELECT (array_agg(party_id ORDER BY position))[1] AS party_id, count(*) AS parties,
                coalesce(bool_or(waits_for = 'issuer'), false) AS asked, max(state_since) AS changed_at
            FROM exchange_recipient WHERE document_id = d.id
        ) r
        WHERE issuer.id = d.issuer_id AND issuer.company_id IS NOT NULL AND NOT d.from_outside
        UNION ALL
        SELECT r.company_id, 'receiver', CASE d.issuer_side WHEN 'seller' THEN 'buyer' ELSE 'seller' END,
            coalesce(nullif(r.state, ''), d.state), coalesce(r.state_since, d.state_since),
            coalesce(nullif(r.waits_for, ''), d.waits_for), d.issuer_id, 1,
            greatest(d.changed_at, r.state_since)
        FROM exchange_recipient r WHERE r.document_id = d.id AND r.company_id IS NOT NULL
    ) c
    LEFT JOIN exchange_party party ON party.id = c.counterparty_id
    LEFT JOIN exchange_partner partner ON partner.company_id = c.company_id AND partner.party_id = c.counterparty_id
    WHERE d.id = ANY (documents) AND d.version > 0 AND EXISTS (
        SELECT 1 FROM exchange_partyview mine WHERE mine.document_id = d.id AND mine.company_id = actor_company())
    ON CONFLICT (company_id, document_id) DO UPDATE SET
        number = excluded.number, subject = excluded.subject, state = excluded.state, state_since = excluded.state_since,
        waiting = excluded.waiting, issued_on = excluded.issued_on, due_on = excluded.due_on, currency = excluded.currency,
        amount_minor = excluded.amount_minor, counterparty_id = excluded.counterparty_id,
        counterparty_name = excluded.counterparty_name, counterparties = excluded.counterparties, search = excluded.search,
        version_shown = excluded.version_shown, changed_at = excluded.changed_at,
        read_at = CASE WHEN view.company_id = actor_company() THEN excluded.changed_at
            WHEN excluded.changed_at > view.changed_at THEN NULL ELSE view.read_at END
    WHERE view.changed_at IS DISTINCT FROM excluded.changed_at OR view.state IS DISTINCT FROM excluded.state
        OR view.version_shown <> excluded.version_shown OR view.waiting <> excluded.waiting;
END"""

INVITATION = """SELECT r.id, r.inviter_id, c.name, r.email, r.message, r.invited_by, r.expires_at
FROM exchange_relationship r JOIN identity_company c ON c.id = r.inviter_id
WHERE r.token_hash = token AND r.state = 'invited' AND r.expires_at > moment AND c.suspended_at IS NULL"""

ANSWER_INVITATION = """DECLARE
    asked exchange_relationship;
    mine exchange_party;
    theirs exchange_party;
BEGIN
    SELECT * INTO asked FROM exchange_relationship
    WHERE token_hash = token AND state = 'invited' AND expires_at > moment FOR UPDATE;
    IF NOT FOUND OR asked.inviter_id = actor_company() THEN
        RETURN NULL;
    END IF;
    IF NOT accepted THEN  -- also by somebody who is no member of any company
        UPDATE exchange_relationship SET state = 'declined', answered_at = moment, invitee_id = actor_company()
        WHERE id = asked.id;
        RETURN asked.id;
    END IF;
    IF actor_company() IS NULL THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM exchange_relationship r WHERE r.state IN ('active', 'suspended')
            AND ((r.inviter_id = asked.inviter_id AND r.invitee_id = actor_company())
                OR (r.inviter_id = actor_company() AND r.invitee_id = asked.inviter_id))) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO STRICT mine FROM exchange_party WHERE company_id = actor_company();
    SELECT * INTO STRICT theirs FROM exchange_party WHERE company_id = asked.inviter_id;
    UPDATE exchange_relationship SET state = 'active', answered_at = moment, invitee_id = actor_company()
    WHERE id = asked.id;
    INSERT INTO exchange_partner AS p (id, company_id, party_id, relationship_id, own_code, own_name, search, note)
    VALUES (gen_random_uuid(), actor_company(), theirs.id, asked.id, '', '', exchange_fold(concat_ws(' ', theirs.name, theirs.name_kana, theirs.registration_number)), '')
    ON CONFLICT (company_id, party_id) DO UPDATE SET relationship_id = asked.id, archived_at = NULL;
    -- The external record that the inviter kept for this company becomes the member itself.
    UPDATE exchange_partner SET party_id = mine.id, relationship_id = asked.id, archived_at = NULL
    WHERE company_id = asked.inviter_id AND party_id = asked.external_party
        AND NOT EXISTS (SELECT 1 FROM exchange_partner q WHERE q.company_id = asked.inviter_id AND q.party_id = mine.id);
    INSERT INTO exchange_partner AS p (id, company_id, party_id, relationship_id, own_code, own_name, search, note)
    VALUES (gen_random_uuid(), asked.inviter_id, mine.id, asked.id, '', '', exchange_fold(concat_ws(' ', mine.name, mine.name_kana, mine.registration_number)), '')
    ON CONFLICT (company_id, party_id) DO UPDATE SET relationship_id = asked.id, archived_at = NULL;
    RETURN asked.id;
END"""

PARTNER_KEY = """SELECT k.wrapped FROM identity_companykey k
WHERE k.company_id = company AND (company = actor_company() OR EXISTS (
    SELECT 1 FROM exchange_partner p JOIN exchange_party party ON party.id = p.party_id
    WHERE p.company_id = actor_company() AND party.company_id = company))"""

TRADING = """SELECT EXISTS (SELECT 1 FROM exchange_party p JOIN identity_company c ON c.id = p.company_id
LEFT JOIN exchange_relationship r ON r.state = 'active'
    AND ((r.inviter_id = actor_company() AND r.invitee_id = c.id) OR (r.invitee_id = actor_company() AND r.inviter_id = c.id))
WHERE p.id = party AND c.suspended_at IS NULL AND r.id IS NOT NULL)"""

DUE = """SELECT d.id, d.owner_id FROM exchange_document d
WHERE d.kind = wanted_kind AND d.state = ANY (states) AND d.due_on < today ORDER BY d.id LIMIT most"""

DISCARD = """BEGIN
    PERFORM 1 FROM exchange_document d WHERE d.id = unsent AND d.owner_id = actor_company() AND d.version = 0 FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM exchange_attachmentchunk c USING exchange_attachment a WHERE a.id = c.attachment_id AND a.document_id = unsent;
    DELETE FROM exchange_attachmentkey k USING exchange_attachment a WHERE a.id = k.attachment_id AND a.document_id = unsent;
    DELETE FROM exchange_attachment WHERE document_id = unsent;
    DELETE FROM exchange_comment WHERE document_id = unsent;
    DELETE FROM exchange_transition WHERE document_id = unsent;
    DELETE FROM exchange_draft WHERE document_id = unsent;
    DELETE FROM exchange_partyview WHERE document_id = unsent;
    DELETE FROM exchange_document WHERE id = unsent;
END"""

# What a policy cannot say, as it sees a row either before or after. Functions that write for both sides, and migrations,
# run as another role than the application's. The document's trigger counts recipients that its caller cannot see.
KEPT = {
    "exchange_document": """BEGIN
    IF coalesce(nullif(current_setting('role'), 'none'), session_user) <> 'torihiki_application' THEN
        RETURN NEW;
    END IF;
    IF OLD.number <> '' AND (NEW.number, NEW.issued_on) IS DISTINCT FROM (OLD.number, OLD.issued_on)
            AND NOT OLD.from_outside THEN
        RAISE 'a number that was given stays' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.owner_id <> actor_company() AND (
            (NEW.number, NEW.version, NEW.subject, NEW.issued_on, NEW.due_on, NEW.currency, NEW.amount_minor, NEW.search)
            IS DISTINCT FROM
            (OLD.number, OLD.version, OLD.subject, OLD.issued_on, OLD.due_on, OLD.currency, OLD.amount_minor, OLD.search)
            OR (SELECT count(*) > 1 FROM exchange_recipient r WHERE r.document_id = OLD.id)) THEN
        RAISE 'only its owner changes this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END""",
    "exchange_relationship": """BEGIN
    IF current_user <> 'torihiki_application' OR (CASE OLD.state
            WHEN 'invited' THEN NEW.state IN ('invited', 'withdrawn')
            WHEN 'active' THEN NEW.state IN ('active', 'suspended', 'ended')
            WHEN 'suspended' THEN NEW.state IN ('suspended', 'ended')
                OR NEW.state = 'active' AND OLD.changed_by = actor_company()
            ELSE NEW.state = OLD.state END) THEN
        RETURN NEW;
    END IF;
    RAISE 'not from % to % by this company', OLD.state, NEW.state USING ERRCODE = 'insufficient_privilege';
END""",
    "exchange_terms": """BEGIN
    IF current_user = 'torihiki_application' AND (OLD.agreed_at IS NOT NULL OR OLD.declined_at IS NOT NULL) THEN
        RAISE 'what was answered stays' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END""",
}

FUNCTIONS = [
    ("exchange_discard(unsent uuid)", "void", DISCARD, APPLICATION, "VOLATILE"),
    ("exchange_search_views(wanted text, most integer)", "SETOF uuid", SEARCH_VIEWS, APPLICATION, "STABLE"),
    ("exchange_sync_views(documents uuid[])", "void", SYNC_VIEWS, APPLICATION, "VOLATILE"),
    (
        "exchange_invitation(token bytea, moment timestamptz)",
        "TABLE (relationship_id uuid, inviter_id uuid, inviter_name text, email text, message text, invited_by text,"
        " expires_at timestamptz)",
        INVITATION,
        APPLICATION,
        "STABLE",
    ),
    (
        "exchange_answer_invitation(token bytea, accepted boolean, moment timestamptz)",
        "uuid",
        ANSWER_INVITATION,
        APPLICATION,
        "VOLATILE",
    ),
    ("exchange_partner_key(company uuid)", "bytea", PARTNER_KEY, APPLICATION, "STABLE"),
    ("exchange_trading_with(party uuid)", "boolean", TRADING, APPLICATION, "STABLE"),
    (
        "exchange_due(wanted_kind text, states text[], today date, most integer)",
        "TABLE (document_id uuid, owner_id uuid)",
        DUE,
        "torihiki_system",
        "STABLE",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_tables"), ("identity", "0002_walls")]

    operations = [
        definer_function(
            "exchange_owns(document uuid)",
            "boolean",
            "SELECT EXISTS (SELECT 1 FROM exchange_document d WHERE d.id = document AND d.owner_id = actor_company())",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "exchange_keeps(party uuid)",
            "boolean",
            "SELECT EXISTS (SELECT 1 FROM exchange_party p WHERE p.id = party AND p.owner_id = actor_company())",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        *(Protect(table, table_class) for table, table_class in AS_THEY_STOOD.items()),
        *(
            composite_key(
                child, columns, parent, keys, on_delete="CASCADE" if child in DROPPED_WITH_PARENT else "NO ACTION"
            )
            for child, columns, parent, keys in TENANT_KEYS
        ),
        migrations.RunSQL(SEARCH, migrations.RunSQL.noop),
        *(
            definer_function(signature, returns, body, roles=roles, volatility=volatility)
            for signature, returns, body, roles, volatility in FUNCTIONS
        ),
        *(
            migrations.RunSQL(
                [
                    f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql"
                    f" {'SECURITY DEFINER' if table == 'exchange_document' else 'SECURITY INVOKER'}"
                    f" SET search_path = pg_catalog, public, pg_temp AS $function$\n{body}\n$function$",
                    f"REVOKE ALL ON FUNCTION {table}_kept() FROM PUBLIC",
                    f"CREATE TRIGGER kept BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_kept()",
                ],
                [f"DROP TRIGGER kept ON {table}", f"DROP FUNCTION {table}_kept()"],
            )
            for table, body in KEPT.items()
        ),
        migrations.RunSQL(
            "CREATE INDEX document_due ON exchange_document (kind, state, due_on) WHERE due_on IS NOT NULL",
            "DROP INDEX document_due",
        ),
    ]
