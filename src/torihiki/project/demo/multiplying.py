"""The statements that multiply a few hundred documents: each takes a chunk from `load_chunk`, which CHUNK makes.

Ids, numbers, dates and choices follow from the seed and a document's place, so that the same seed makes the same load.
"""

STAGING = """
CREATE TEMPORARY TABLE load_party (party_id uuid PRIMARY KEY, name text, details text, company_id uuid, member_id uuid,
    account_id uuid, member_name text, member_json text, company_name text);
CREATE TEMPORARY TABLE load_template (template integer PRIMARY KEY, payload text, subject text, search text, currency text,
    amount_minor bigint);
CREATE TEMPORARY TABLE load_line (template integer, position integer, line_id text, item_code text, description text,
    quantity numeric, unit text, unit_price numeric, amount numeric);
CREATE TEMPORARY TABLE load_deal (deal integer PRIMARY KEY, kind text, prefix text, issuer_side text, issuer_id uuid,
    receiver_id uuid, template_first integer);
CREATE TEMPORARY TABLE load_course (kind text, course integer, state text, waits_for text, steps jsonb, of integer,
    PRIMARY KEY (kind, course));
CREATE INDEX ON load_line (template);
CREATE FUNCTION pg_temp.chance(i bigint, what integer, seed bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hashint8extended(i * 64 + what, seed) & 9007199254740991 $$;
CREATE FUNCTION pg_temp.id_at(at timestamptz, i bigint, what integer, seed bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || left(h, 3) || 'a' || substr(h, 4, 15))::uuid
    FROM md5(seed || ' ' || i || ' ' || what) h $$;
"""

CHUNK = """
CREATE TEMPORARY TABLE load_chunk ON COMMIT DROP AS
WITH spread AS (
    SELECT i, %(until)s - (%(count)s - i) * (%(span)s / %(count)s) - interval '1 hour' AS at,
        pg_temp.chance(i, 1, %(seed)s) AS a, pg_temp.chance(i, 2, %(seed)s) AS b, pg_temp.chance(i, 3, %(seed)s) AS c
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) i
), dealt AS (  -- the square of an even chance: some partners are much more frequent than others
    SELECT s.*, extract(year FROM s.at AT TIME ZONE 'Asia/Tokyo')::integer AS year, d.* FROM spread s
    JOIN load_deal d ON d.deal = floor(((s.a %% 1000003) / 1000003.0) ^ 2 * (SELECT count(*) FROM load_deal))::integer
), numbered AS (
    SELECT d.*, row_number() OVER (PARTITION BY issuer_id, kind, year ORDER BY i)
        + coalesce((SELECT n.last FROM exchange_numberseries n JOIN load_party p ON p.company_id = n.company_id
            WHERE p.party_id = d.issuer_id AND n.kind = d.kind AND n.series = '' AND n.year = d.year), 0) AS running
    FROM dealt d
), recent AS (  -- the last fiftieth still waits; what is older has ended somehow
    SELECT n.*, CASE WHEN i > %(count)s * 0.98 THEN 0
        ELSE (b %% (SELECT max(k.of) FROM load_course k WHERE k.kind = n.kind))::integer END AS course
    FROM numbered n
)
SELECT r.i, pg_temp.id_at(r.at, r.i, 0, %(seed)s) AS document_id, pg_temp.id_at(r.at, r.i, 1, %(seed)s) AS version_id, r.at,
    r.at + jsonb_array_length(k.steps) * interval '9 hours' AS changed_at, (r.at AT TIME ZONE 'Asia/Tokyo')::date AS issued_on,
    r.kind, r.issuer_side, r.issuer_id, r.receiver_id, r.running, r.year,
    concat_ws('-', r.prefix, r.year::text, lpad(r.running::text, greatest(6, length(r.running::text)), '0')) AS number,
    r.template_first + (r.c %% %(templates)s)::integer AS template, k.state, k.waits_for, k.steps,
    upper(substr(md5(%(seed)s || ' ' || r.i), 1, 7)) AS mark, NULL::bytea AS payload
FROM recent r JOIN load_course k ON k.kind = r.kind AND k.course = r.course
"""

PAYLOADS = """
UPDATE load_chunk c SET payload = convert_to(replace(replace(replace(replace(replace(t.payload,
    '"issued_on":"2026-01-15"', '"issued_on":"' || c.issued_on || '"'), '@NUMBER@', c.number), '@SUBJECT@', c.mark),
    '@ISSUER@', issuer.details), '@RECIPIENT@', receiver.details), 'UTF8')
FROM load_template t, load_party issuer, load_party receiver
WHERE t.template = c.template AND issuer.party_id = c.issuer_id AND receiver.party_id = c.receiver_id
"""

DOCUMENTS = """
INSERT INTO exchange_document (id, kind, owner_id, issuer_id, issuer_side, from_outside, number, state, state_since, waits_for,
    version, subject, issued_on, currency, amount_minor, search, created_at, changed_at)
SELECT c.document_id, c.kind, p.company_id, c.issuer_id, c.issuer_side, false, c.number, c.state, c.changed_at, c.waits_for, 1,
    replace(t.subject, '@SUBJECT@', c.mark), c.issued_on, t.currency, t.amount_minor, replace(t.search, '@SUBJECT@', c.mark),
    c.at, c.changed_at
FROM load_chunk c JOIN load_template t USING (template) JOIN load_party p ON p.party_id = c.issuer_id ORDER BY c.i
"""

RECIPIENTS = """
INSERT INTO exchange_recipient (id, document_id, owner_id, party_id, company_id, position, state, waits_for)
SELECT pg_temp.id_at(c.at, c.i, 2, %(seed)s), c.document_id, o.company_id, c.receiver_id, r.company_id, 0, '', ''
FROM load_chunk c JOIN load_party o ON o.party_id = c.issuer_id JOIN load_party r ON r.party_id = c.receiver_id ORDER BY c.i
"""

VERSIONS = """
INSERT INTO exchange_version (id, document_id, number, payload, sha256, previous_sha256, reason, sent_at)
SELECT c.version_id, c.document_id, 1, c.payload, encode(sha256(c.payload), 'hex'), '', '', c.at FROM load_chunk c ORDER BY c.i
"""

LINES = """
INSERT INTO exchange_line (id, version_id, document_id, version_number, position, line_id, item_code, description, quantity,
    unit, unit_price, amount)
SELECT pg_temp.id_at(c.at, c.i, 16 + l.position, %(seed)s), c.version_id, c.document_id, 1, l.position, l.line_id, l.item_code,
    l.description, l.quantity, l.unit, l.unit_price, l.amount
FROM load_chunk c JOIN load_line l USING (template) ORDER BY c.i, l.position
"""

VIEWS = """
INSERT INTO exchange_partyview (company_id, document_id, role, side, kind, number, subject, state, state_since, waiting,
    issued_on, due_on, currency, amount_minor, counterparty_id, counterparty_name, counterparties, search, version_shown,
    changed_at, internal_state, read_at, assignee_id)
SELECT v.*, '', CASE WHEN v.role = 'issuer' OR c.i <= %(count)s * 0.99 THEN v.changed_at END,
    CASE WHEN v.role = 'issuer' THEN p.member_id END
FROM exchange_views_of(ARRAY(SELECT document_id FROM load_chunk)) v
JOIN load_chunk c USING (document_id) JOIN load_party p ON p.company_id = v.company_id ORDER BY c.i
"""

TRANSITIONS = """
INSERT INTO exchange_transition (id, document_id, company_id, company_name, member_id, member_name, on_behalf_of, name, to_state,
    version, reason, shared, at)
SELECT pg_temp.id_at(c.at, c.i, 32 + s.place::integer, %(seed)s), c.document_id, p.company_id, p.company_name, p.member_id,
    p.member_name, CASE WHEN s.place > 0 AND s.step ->> 'by' = 'receiver' AND r.company_id IS NULL THEN r.name ELSE '' END,
    s.step ->> 'name', s.step ->> 'to', 1, CASE WHEN (s.step ->> 'ask')::boolean THEN '内容をご確認ください。' ELSE '' END, true,
    c.at + s.place * interval '9 hours'
FROM load_chunk c JOIN load_party r ON r.party_id = c.receiver_id
CROSS JOIN LATERAL (
    SELECT 0 AS place, jsonb_build_object('name', 'send', 'by', 'issuer', 'ask', false, 'to', k.state) AS step
    FROM load_course k WHERE k.kind = c.kind AND k.course = 0
    UNION ALL SELECT step.place, step.value FROM jsonb_array_elements(c.steps) WITH ORDINALITY step (value, place)
) s
JOIN load_party p
    ON p.party_id = CASE WHEN s.step ->> 'by' = 'receiver' AND r.company_id IS NOT NULL THEN c.receiver_id ELSE c.issuer_id END
ORDER BY c.i, s.place
"""

ENTRIES = """
WITH sent AS (
    SELECT c.*, p.company_id, p.account_id, p.member_name, pg_temp.id_at(c.at, c.i, 3, %(seed)s) AS entry_id,
        decode(md5(%(seed)s || ' salt ' || c.i), 'hex') AS salt,
        convert_to(concat('{"account":"', p.account_id, '","actor":', p.member_json, ',"at":"',
            to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), '","company":"', p.company_id,
            '","data":{"kind":"', c.kind, '","number":"', c.number, '","sha256":"', encode(sha256(c.payload), 'hex'),
            '","version":1},"event":"document.sent","format":', %(format)s, ',"id":"', pg_temp.id_at(c.at, c.i, 3, %(seed)s),
            '","subject":{"id":"', c.document_id, '","label":"', c.number, '","type":"document"}}'), 'UTF8') AS facts
    FROM load_chunk c JOIN load_party p ON p.party_id = c.issuer_id
)
INSERT INTO ledger_entry (id, at, event, company_id, account_id, actor_name, subject_type, subject_id, subject_label, format,
    payload, salt, leaf)
SELECT entry_id, at, 'document.sent', company_id, account_id, member_name, 'document', document_id, number, %(format)s,
    facts, salt, sha256(salt || facts)
FROM sent ORDER BY i
"""

SERIES = """
INSERT INTO exchange_numberseries AS n (id, company_id, kind, series, year, last)
SELECT gen_random_uuid(), p.company_id, c.kind, '', c.year, max(c.running)
FROM load_chunk c JOIN load_party p ON p.party_id = c.issuer_id GROUP BY p.company_id, c.kind, c.year
ON CONFLICT (company_id, kind, series, year) DO UPDATE SET last = excluded.last
"""

STATEMENTS = (CHUNK, PAYLOADS, DOCUMENTS, RECIPIENTS, VERSIONS, LINES, VIEWS, TRANSITIONS, ENTRIES, SERIES)
"""In their order, in one transaction."""
