"""What both sides see of a document is derived in one place, for the first views of many documents as for every later
change of one; bigrams are cut in one pass over the text."""

from django.db import migrations

from torihiki.tenancy.operations import definer_function

APPLICATION = "torihiki_application"

COLUMNS = """company_id, document_id, role, side, kind, number, subject, state, state_since, waiting, issued_on, due_on,
    currency, amount_minor, counterparty_id, counterparty_name, counterparties, search, version_shown, changed_at"""

VIEWS_OF = """CREATE FUNCTION exchange_views_of(documents uuid[]) RETURNS TABLE (company_id uuid, document_id uuid,
    role text, side text, kind text, number text, subject text, state text, state_since timestamptz, waiting text,
    issued_on date, due_on date, currency text, amount_minor bigint, counterparty_id uuid, counterparty_name text,
    counterparties smallint, search text, version_shown integer, changed_at timestamptz)
LANGUAGE sql STABLE AS $function$
SELECT c.company_id, d.id, c.role, c.side, d.kind, d.number, d.subject, c.state, c.state_since,
    CASE WHEN c.waits_for = c.role THEN 'us' WHEN c.waits_for IN ('issuer', 'receiver') THEN 'them' ELSE '' END,
    d.issued_on, d.due_on, d.currency, d.amount_minor, c.counterparty_id,
    coalesce(nullif(partner.own_name, ''), party.name, ''), c.counterparties,
    concat_ws(' ', d.number, d.search, party.name, partner.own_name, partner.own_code, d.amount_minor::text,
        to_char(d.amount_minor, 'FM999,999,999,999,999')),
    d.version, c.changed_at
FROM exchange_document d
CROSS JOIN LATERAL (
    SELECT issuer.company_id, 'issuer' AS role, d.issuer_side AS side, d.state, d.state_since,
        CASE WHEN r.asked THEN 'issuer' ELSE d.waits_for END AS waits_for,
        r.party_id AS counterparty_id, r.parties::smallint AS counterparties,
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
        coalesce(nullif(r.waits_for, ''), d.waits_for), d.issuer_id, 1::smallint,
        greatest(d.changed_at, r.state_since)
    FROM exchange_recipient r WHERE r.document_id = d.id AND r.company_id IS NOT NULL
) c
LEFT JOIN exchange_party party ON party.id = c.counterparty_id
LEFT JOIN exchange_partner partner ON partner.company_id = c.company_id AND partner.party_id = c.counterparty_id
WHERE d.id = ANY (documents) AND d.version > 0
$function$"""

SYNC_VIEWS = f"""BEGIN
    INSERT INTO exchange_partyview AS view ({COLUMNS}, internal_state, read_at)
    SELECT c.*, '', CASE WHEN c.company_id = actor_company() THEN c.changed_at END
    FROM exchange_views_of(documents) c
    WHERE EXISTS (
        SELECT 1 FROM exchange_partyview mine WHERE mine.document_id = c.document_id AND mine.company_id = actor_company())
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
END"""  # noqa: S608 - made of our own constants

# A document that nobody has seen yet: the view of the company that owns it is written with the other side's.
FIRST_VIEWS = f"""BEGIN
    INSERT INTO exchange_partyview ({COLUMNS}, internal_state, read_at, assignee_id, unit_id)
    SELECT c.*, '', CASE WHEN c.company_id = actor_company() THEN c.changed_at END,
        CASE WHEN c.company_id = actor_company() THEN member END, CASE WHEN c.company_id = actor_company() THEN unit END
    FROM exchange_views_of(documents) c JOIN exchange_document d ON d.id = c.document_id
    WHERE d.owner_id = actor_company() AND NOT d.from_outside
        AND NOT EXISTS (SELECT 1 FROM exchange_partyview v WHERE v.document_id = c.document_id);
END"""  # noqa: S608 - made of our own constants

BIGRAMS = """CREATE OR REPLACE FUNCTION exchange_bigrams(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT ARRAY(SELECT DISTINCT a || b FROM ROWS FROM
    (string_to_table(left(folded, -1), NULL), string_to_table(substr(folded, 2), NULL)) pair (a, b) ORDER BY 1)
$$"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0003_one_index_each")]

    operations = [
        migrations.RunSQL(
            [VIEWS_OF, "REVOKE ALL ON FUNCTION exchange_views_of FROM PUBLIC"], "DROP FUNCTION exchange_views_of"
        ),
        migrations.RunSQL("DROP FUNCTION exchange_sync_views", migrations.RunSQL.noop),
        definer_function("exchange_sync_views(documents uuid[])", "void", SYNC_VIEWS, roles=APPLICATION),
        definer_function(
            "exchange_first_views(documents uuid[], member uuid, unit uuid)", "void", FIRST_VIEWS, roles=APPLICATION
        ),
        migrations.RunSQL(BIGRAMS, migrations.RunSQL.noop),
    ]
